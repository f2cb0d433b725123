//! The other end: a session with a service, or with the emulator in this process.

use helpline_emulator::amazon_connect::{AgentScript, ServerConfig};
use helpline_emulator::loopback::Loopback;
use helpline_protocol::amazon_connect::{ChatDetails, Config};
use helpline_protocol::{Command, CommandId, Network};
use helpline_tokio::{Chat, ChatError, Events, TokioRuntime};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::Instant;

use crate::args::{Remote, Target};

/// A session that runs, not connected yet.
pub(crate) struct Service {
    pub(crate) chat: Chat,
    pub(crate) events: Events,
    pub(crate) network: Wire,
    /// What it is, in words.
    pub(crate) label: String,
}

/// What the client can do to the network.
pub(crate) enum Wire {
    /// Everything: it ends in this process.
    Emulator(Loopback),
    /// Nothing.
    Remote,
}

impl Service {
    /// Starts a session, and the emulator where nothing else is asked for.
    pub(crate) async fn start(target: Target, name: &str) -> Result<Self, String> {
        let (config, network, label) = match target {
            Target::Emulator => {
                let server = ServerConfig::with_script(AgentScript::demo());
                let emulator =
                    Loopback::start(server).await.map_err(|error| format!("no emulator: {error}"))?;
                // What a backend does with StartChatContact, and hands to its app.
                let started = emulator.start_chat(name);
                let details = ChatDetails::new(started.participant_token)
                    .with_contact_id(started.contact_id)
                    .with_participant_id(started.participant_id);
                let endpoint = emulator.endpoint();
                let label = format!("Amazon Connect, emulated on {}", endpoint.trim_start_matches("http://"));
                (Config::new(details).with_endpoint(endpoint), Wire::Emulator(emulator), label)
            }
            Target::AmazonConnect(remote) => {
                let label = label(&remote);
                (config(*remote), Wire::Remote, label)
            }
        };
        let started = helpline_protocol::driver::start(TokioRuntime::new(), config);
        let (chat, events) = started.map_err(|error| error.to_string())?;
        Ok(Self { chat, events, network, label })
    }
}

fn label(remote: &Remote) -> String {
    match (&remote.endpoint, &remote.region) {
        // An address may hold a password before its host.
        (Some(url), _) => {
            let host = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
            let host = host.split(['/', '?', '#']).next().unwrap_or_default();
            format!("Amazon Connect at {}", host.rsplit('@').next().unwrap_or_default())
        }
        (None, Some(region)) => format!("Amazon Connect in {region}"),
        (None, None) => "Amazon Connect".to_owned(),
    }
}

fn config(remote: Remote) -> Config {
    let mut details = ChatDetails::new(remote.token);
    if let Some(id) = remote.contact_id {
        details = details.with_contact_id(id);
    }
    if let Some(id) = remote.participant_id {
        details = details.with_participant_id(id);
    }
    let mut config = Config::new(details);
    if let Some(region) = remote.region {
        config = config.with_region(&region);
    }
    match remote.endpoint {
        Some(endpoint) => config.with_endpoint(endpoint),
        None => config,
    }
}

/// Something to be done, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Command(Command),
    /// Says that the network is there or not; with the emulator, makes it so.
    Network(Network),
    /// Cuts the connections, without a word to the session; with a number, for so many seconds.
    Cut(Option<u64>),
}

/// What became of an order that was a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Report {
    pub(crate) command: Command,
    pub(crate) result: Result<CommandId, ChatError>,
}

/// Carries out orders in a task of its own, so that the screen never waits.
pub(crate) fn carry_out(chat: Chat, network: Wire) -> (UnboundedSender<Order>, UnboundedReceiver<Report>) {
    let (orders, mut wanted) = unbounded_channel();
    let (reports, done) = unbounded_channel();
    let mut hands = Hands { chat, network, reports, offline: false, outage: None };
    tokio::spawn(async move {
        loop {
            let outage = hands.outage;
            let over = async {
                match outage {
                    Some(until) => tokio::time::sleep_until(until).await,
                    None => core::future::pending().await,
                }
            };
            tokio::select! {
                order = wanted.recv() => match order {
                    Some(order) => hands.carry_out(order).await,
                    None => break,
                },
                () = over => {
                    hands.outage = None;
                    hands.connect_cables();
                }
            }
        }
    });
    (orders, done)
}

struct Hands {
    chat: Chat,
    network: Wire,
    reports: UnboundedSender<Report>,
    /// The user wants no network.
    offline: bool,
    /// Until when there is none, as nobody knows.
    outage: Option<Instant>,
}

impl Hands {
    /// What cannot be done any more, as the session's task is gone, is told by the end of its events.
    async fn carry_out(&mut self, order: Order) {
        match order {
            Order::Command(command) => {
                let result = self.chat.execute(command.clone()).await;
                drop(self.reports.send(Report { command, result }));
            }
            Order::Network(state) => {
                self.offline = state == Network::Offline;
                self.connect_cables();
                let _ = self.chat.network(state).await;
            }
            Order::Cut(seconds) => {
                let seconds = seconds.map(core::time::Duration::from_secs);
                self.outage = seconds.map(|seconds| Instant::now() + seconds).or(self.outage);
                self.connect_cables();
                if let Wire::Emulator(emulator) = &self.network {
                    emulator.cut_sockets();
                }
            }
        }
    }

    fn connect_cables(&self) {
        if let Wire::Emulator(emulator) = &self.network {
            emulator.set_online(!self.offline && self.outage.is_none());
        }
    }
}
