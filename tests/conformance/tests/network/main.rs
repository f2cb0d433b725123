//! What lies between a session and its provider: certificates, proxies, and servers that are not what they should be;
//! the same on each runtime.

mod certificates;
mod chats;
mod proxies;
mod servers;

use std::time::Duration;

use helpline_conformance::servers::SOON;
use helpline_emulator::amazon_connect::{AgentScript, ChatDetails, Role, ServerConfig};
use helpline_emulator::front::Front;
use helpline_emulator::loopback::Loopback;
use helpline_protocol::driver::{self, Chat, Events, Runtime};
use helpline_protocol::{Config, Event, LostReason, Policy, TransportFault, amazon_connect};
use tokio::time::timeout;

/// An emulator with a chat in it, and where a client finds it.
struct Provider {
    host: Loopback,
    front: Option<Front>,
    started: ChatDetails,
    endpoint: String,
}

impl Provider {
    /// In plain text.
    async fn start() -> Self {
        let host = Loopback::start(ServerConfig::with_script(AgentScript::echo())).await.unwrap();
        let started = host.start_chat("Ines");
        let endpoint = host.endpoint();
        Self { host, front: None, started, endpoint }
    }

    /// Behind TLS.
    async fn start_secure(identity: rustls::ServerConfig) -> Self {
        let mut provider = Self::start().await;
        let front = Front::start(identity, 0, ([127, 0, 0, 1], provider.host.port()).into()).await.unwrap();
        provider.host.with(|server, _, _| server.set_socket_base(&front.socket_base()));
        provider.endpoint = front.endpoint();
        provider.front = Some(front);
        provider
    }

    /// A session of the chat, with little patience.
    fn connect(&self, runtime: impl Runtime) -> (Chat, Events) {
        let details = amazon_connect::ChatDetails::new(self.started.participant_token.clone());
        let config = amazon_connect::Config::new(details).with_endpoint(&self.endpoint);
        driver::connect(runtime, Config::from(config).with_policy(impatient())).unwrap()
    }

    /// What the customer has said, as the provider has it.
    fn said(&self) -> Vec<String> {
        self.host.with(|server, _, _| {
            let transcript = server.transcript(&self.started.contact_id);
            let customers = transcript.iter().filter(|item| item.role == Some(Role::Customer));
            customers.filter_map(|item| item.content.clone()).collect()
        })
    }
}

fn impatient() -> Policy {
    Policy::amazon_connect()
        .with_backoff_base(Duration::from_millis(20))
        .with_backoff_cap(Duration::from_millis(100))
}

/// The next event that is wanted.
async fn until<T>(events: &mut Events, wanted: impl Fn(Event) -> Option<T>) -> T {
    let found = async {
        loop {
            let event = events.next().await.expect("the session goes on");
            if let Some(found) = wanted(event) {
                return found;
            }
        }
    };
    timeout(SOON, found).await.expect("the event that is waited for")
}

/// What stopped a connection.
fn fault_of(event: Event) -> Option<TransportFault> {
    match event {
        Event::TransportFault { fault, .. }
        | Event::ConnectionLost { reason: LostReason::Transport { fault } } => Some(fault),
        _ => None,
    }
}
