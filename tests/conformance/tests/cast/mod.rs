//! The customers of a thousand chats.

use std::time::Duration;

use helpline_emulator::amazon_connect::{AgentAction, ChatDetails, Role};
use helpline_emulator::loopback::Loopback;
use helpline_protocol::driver::{Chat, Events, Hub, Runtime};
use helpline_protocol::model::{DeliveryStatus, Direction, TranscriptItem};
use helpline_protocol::{CommandResult, Config, ConnectionState, Event, Policy, amazon_connect};
use helpline_simulation::{Mirror, compare};

use super::MESSAGES;

/// Messages that are on their way at a time.
const WINDOW: usize = 4;

/// One customer, with all that they have seen.
pub(crate) struct Customer {
    number: u64,
    details: ChatDetails,
    chat: Chat,
    events: Events,
    mirror: Mirror,
    live: bool,
    sent: usize,
    /// What was not sent, or was not meant for this one.
    failed: Vec<String>,
}

impl Customer {
    /// A session in a chat of its own, connecting.
    pub(crate) fn join<R: Runtime>(hub: &Hub<R>, server: &Loopback, number: u64) -> Self {
        let details = server.start_chat(&format!("Customer {number}"));
        let provider = amazon_connect::ChatDetails::new(details.participant_token.as_str())
            .with_contact_id(&details.contact_id)
            .with_participant_id(&details.participant_id);
        // Short waits between tries: the governor sees to it that the server is not overrun.
        let policy = Policy::amazon_connect()
            .with_backoff_base(Duration::from_millis(20))
            .with_backoff_cap(Duration::from_millis(200))
            .with_first_page(100);
        let config = amazon_connect::Config::new(provider).with_endpoint(server.endpoint());
        let (chat, events) =
            hub.connect(Config::from(config).with_policy(policy)).expect("the configuration works");
        let (mirror, failed) = (Mirror::default(), Vec::new());
        Self { number, details, chat, events, mirror, live: false, sent: 0, failed }
    }

    /// Both sides talk as soon as the link is live. Before the message `cut` the socket is cut.
    pub(crate) async fn talk<R: Runtime>(&mut self, runtime: &R, server: &Loopback, cut: Option<usize>) {
        while !self.live {
            self.read().await;
        }
        // What comes while the first page is fetched could be part of it.
        while !self.chat.is_settled().await.expect("the session lives") {
            runtime.sleep_until(runtime.now().at + Duration::from_millis(20)).await;
        }
        let contact = self.details.contact_id.clone();
        let prefix = format!("agent of {} says", self.number);
        let many = AgentAction::SayMany { prefix, count: MESSAGES as u64, every_ms: 50 };
        server.with(|server, now, out| server.agent(now, &contact, many, out));
        let mut next = 0;
        while self.sent + self.failed.len() < MESSAGES || self.heard() < MESSAGES {
            if next < MESSAGES && next < self.sent + self.failed.len() + WINDOW {
                if cut == Some(next) {
                    server.with(|server, now, out| server.cut_sockets(now, &contact, out));
                }
                let text = format!("customer {} says {next}", self.number);
                self.chat.queue_text(text).await.expect("the outbox has room");
                next += 1;
            } else {
                self.read().await;
            }
        }
    }

    async fn read(&mut self) {
        let event = self.events.next().await.expect("the session lives");
        match &event {
            Event::ConnectionChanged { state: ConnectionState::Live } => self.live = true,
            Event::CommandFinished { result: CommandResult::Sent { .. }, .. } => self.sent += 1,
            Event::CommandFinished { result: CommandResult::Failed { failure }, .. } => {
                self.failed.push(failure.to_string());
            }
            Event::Unrecognized { .. } | Event::ProviderFault { .. } => self.failed.push(event.to_string()),
            event => self.mirror.apply(event),
        }
    }

    fn heard(&self) -> usize {
        let incoming =
            |item: &&TranscriptItem| item.direction == Direction::Incoming && item.body.is_message();
        self.mirror.items().iter().filter(incoming).count()
    }

    /// What this customer has is what the server has of this chat, and nothing else.
    pub(crate) async fn judge(&mut self, server: &Loopback) {
        let number = self.number;
        let truth = server.with(|server, _, _| server.transcript(&self.details.contact_id));
        let transcript = loop {
            let transcript = self.chat.transcript().await.expect("the session lives");
            let verdict = compare(transcript.iter(), &truth);
            if verdict.is_equal() && verdict.older == 0 && self.mirror.difference(transcript.iter()).is_none()
            {
                break transcript;
            }
            // There are events that were not read yet, or an answer is on its way.
            self.read().await;
        };
        assert_eq!(self.failed, Vec::<String>::new(), "{number}");
        let by = |role: Role| -> Vec<&str> {
            let of_role = truth.iter().filter(|entry| entry.kind == "MESSAGE" && entry.role == Some(role));
            of_role.filter_map(|entry| entry.content.as_deref()).collect()
        };
        let own: Vec<String> =
            (0..MESSAGES).map(|message| format!("customer {number} says {message}")).collect();
        assert_eq!(by(Role::Customer), own, "what the server got, in order, each once");
        assert_eq!(by(Role::Agent).len(), MESSAGES);
        for item in transcript.iter().filter(|item| item.direction == Direction::Outgoing) {
            assert_eq!(item.status, Some(DeliveryStatus::Sent), "{item}");
        }
    }
}
