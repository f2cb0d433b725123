//! A chat over loopback: the emulator, the handles, and a user who waits for things.

use std::future::Future;
use std::time::Duration;

use helpline_emulator::amazon_connect::{AgentAction, ChatDetails, Operation, ServerConfig, Stats};
use helpline_emulator::loopback::Loopback;
use helpline_protocol::driver;
use helpline_protocol::model::TranscriptItem;
use helpline_protocol::{Config, Event, Policy, amazon_connect};
use tokio::time::timeout;

use crate::adapter::{Builder, Chat, Events};

const SOON: Duration = Duration::from_secs(20);

pub(crate) struct Desk {
    pub(crate) server: Loopback,
    pub(crate) details: ChatDetails,
    pub(crate) chat: Chat,
    pub(crate) events: Events,
}

/// Runs an exercise on a runtime of its own.
pub(crate) fn block_on(exercise: impl Future<Output = ()>) {
    let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    tokio.block_on(exercise);
}

/// Waits, but not for ever.
pub(crate) async fn soon<T>(what: impl Future<Output = T>) -> T {
    timeout(SOON, what).await.expect("it comes to an end")
}

/// The vendor's numbers, where waiting would be in vain on loopback made short.
pub(crate) fn brisk() -> Policy {
    Policy::amazon_connect()
        .with_backoff_base(Duration::from_millis(20))
        .with_backoff_cap(Duration::from_millis(50))
        .with_receipt_window(Duration::from_millis(20))
        .with_delivered_delay(Duration::from_millis(10))
        .with_leave_wait(Duration::from_millis(100))
}

pub(crate) async fn serve() -> (Loopback, ChatDetails) {
    let server = Loopback::start(ServerConfig::default()).await.expect("a port is free");
    let details = server.start_chat("Ines");
    (server, details)
}

/// What a backend hands over, for the emulator's address.
pub(crate) fn config(server: &Loopback, details: &ChatDetails) -> amazon_connect::Config {
    let chat = amazon_connect::ChatDetails::new(details.participant_token.as_str())
        .with_contact_id(&details.contact_id)
        .with_participant_id(&details.participant_id);
    amazon_connect::Config::new(chat).with_endpoint(server.endpoint())
}

impl Desk {
    /// Connected, with nothing in between.
    pub(crate) async fn open() -> Self {
        Self::open_by(|builder| builder).await
    }

    /// Connected by a runtime that is put together so.
    pub(crate) async fn open_by(build: impl FnOnce(Builder) -> Builder) -> Self {
        let (server, details) = serve().await;
        let config = config(&server, &details);
        Self::with(server, details, config, build).await
    }

    pub(crate) async fn with(
        server: Loopback,
        details: ChatDetails,
        config: amazon_connect::Config,
        build: impl FnOnce(Builder) -> Builder,
    ) -> Self {
        let config = Config::from(config).with_policy(brisk());
        let runtime = build(Builder::new()).build();
        let (chat, events) = driver::start(runtime, config).expect("the configuration works");
        soon(chat.connect()).await.expect("a live link");
        Self { server, details, chat, events }
    }

    /// The agent does something.
    pub(crate) fn agent(&self, action: AgentAction) {
        self.server.with(|server, now, out| server.agent(now, &self.details.contact_id, action, out));
    }

    pub(crate) fn say(&self, text: &str) {
        self.agent(AgentAction::Say(text.to_owned()));
    }

    pub(crate) fn stats(&self) -> Stats {
        self.server.with(|server, _, _| server.stats().clone())
    }

    pub(crate) fn calls(&self, operation: Operation) -> u64 {
        self.stats().calls_of(operation)
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.server.with(|server, _, _| server.has_ended(&self.details.contact_id)).expect("the chat")
    }

    /// What the agent sees of the customer's messages.
    pub(crate) fn arrived(&self) -> Vec<String> {
        let truth = self.server.with(|server, _, _| server.transcript(&self.details.contact_id));
        truth.into_iter().filter(|entry| entry.kind == "MESSAGE").filter_map(|entry| entry.content).collect()
    }

    /// Reads events up to the one that is wanted.
    pub(crate) async fn until(&mut self, wanted: impl Fn(&Event) -> bool) -> Event {
        let found = async {
            loop {
                let event = self.events.next().await.expect("an event more");
                if wanted(&event) {
                    return event;
                }
            }
        };
        soon(found).await
    }

    /// Waits until nothing is under way any more.
    pub(crate) async fn settled(&self) {
        let settled = async {
            while !self.chat.is_settled().await.expect("the session lives") {
                tokio::task::yield_now().await;
            }
        };
        soon(settled).await;
    }

    /// Waits for an item that fits.
    pub(crate) async fn item(&mut self, wanted: impl Fn(&TranscriptItem) -> bool) -> TranscriptItem {
        loop {
            let transcript = self.chat.transcript().await.expect("the session lives");
            if let Some(item) = transcript.into_iter().find(&wanted) {
                return item;
            }
            self.until(|event| matches!(event, Event::TranscriptChanged { .. })).await;
        }
    }
}
