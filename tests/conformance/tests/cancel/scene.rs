//! A chat with something of everything in it, in which one call is made.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt as _;
use helpline_conformance::new;
use helpline_emulator::amazon_connect::{
    AgentAction, ChatDetails, InteractiveKind, Operation, ServerConfig, StatusRule,
};
use helpline_emulator::loopback::Loopback;
use helpline_protocol::driver::adapter::Adapter;
use helpline_protocol::driver::{self, Chat, ChatError, Events};
use helpline_protocol::model::{ItemBody, SinkKey, SourceKey};
use helpline_protocol::{Config, ConnectionState, Event, MessageKey, Policy, amazon_connect};
use helpline_simulation::{Mirror, compare};
use tokio::time::{sleep, timeout};

/// Waits, but not for ever.
pub(crate) async fn soon<T>(what: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(20), what).await.expect("it comes to an end")
}

/// The server and the runtime, for all scenes.
pub(crate) struct Stage<A: Adapter> {
    pub(crate) server: Arc<Loopback>,
    pub(crate) runtime: A::Runtime,
}

impl<A: Adapter> Stage<A> {
    pub(crate) async fn open() -> Self {
        let server = Loopback::start(ServerConfig::default()).await.expect("a port is free");
        Self { server: Arc::new(server), runtime: new::<A>() }
    }

    /// A chat that was just started, and what a session needs to know of it.
    pub(crate) fn chat(&self) -> (ChatDetails, Config) {
        config_at(&self.server)
    }

    /// The server has seen every socket's end.
    pub(crate) async fn all_sockets_are_closed(&self) {
        let open = || self.server.with(|server, _, _| server.stats().sockets_open);
        let closed = async {
            while open() > 0 {
                sleep(Duration::from_millis(5)).await;
            }
        };
        let in_time = timeout(Duration::from_secs(10), closed).await;
        assert!(in_time.is_ok(), "{} sockets are open", open());
    }
}

/// A chat that was just started, and what a session needs to know of it.
pub(crate) fn config_at(server: &Loopback) -> (ChatDetails, Config) {
    let details = server.start_chat("Ines");
    let chat = amazon_connect::ChatDetails::new(details.participant_token.as_str())
        .with_contact_id(&details.contact_id)
        .with_participant_id(&details.participant_id);
    let policy = Policy::amazon_connect()
        .with_backoff_base(Duration::from_millis(20))
        .with_backoff_cap(Duration::from_millis(50))
        .with_receipt_window(Duration::from_millis(20))
        .with_delivered_delay(Duration::from_millis(10))
        .with_leave_wait(Duration::from_millis(100))
        .with_query_tries(1)
        .with_first_page(100);
    let config = amazon_connect::Config::new(chat).with_endpoint(server.endpoint());
    (details, Config::from(config).with_policy(policy))
}

/// A live chat, with something of everything in it.
pub(crate) struct Scene {
    server: Arc<Loopback>,
    details: ChatDetails,
    pub(crate) chat: Chat,
    pub(crate) events: Events,
    pub(crate) mirror: Mirror,
    /// A message of the agent's.
    pub(crate) heard: MessageKey,
    /// A list to choose from.
    pub(crate) question: MessageKey,
    /// A form.
    pub(crate) form: MessageKey,
    /// A message of ours that failed.
    pub(crate) failed: MessageKey,
    /// The provider's id of a file of the agent's.
    pub(crate) file: String,
}

pub(crate) const SOURCE: &str = "source";
pub(crate) const SINK: &str = "sink";

impl Scene {
    pub(crate) async fn open<A: Adapter>(stage: &Stage<A>) -> Self {
        let (details, config) = stage.chat();
        let (chat, events) = driver::start(stage.runtime.clone(), config).expect("it works");
        soon(chat.connect()).await.expect("a live link");
        let (name, content_type) = ("invoice.txt".to_owned(), "text/plain".to_owned());
        let file =
            AgentAction::SendAttachment { name, content_type, bytes: Bytes::from_static(b"an invoice") };
        for action in [
            AgentAction::Join,
            AgentAction::Say("Good morning".to_owned()),
            AgentAction::Interactive(InteractiveKind::ListPicker),
            AgentAction::Interactive(InteractiveKind::View),
            file,
        ] {
            stage.server.with(|server, now, out| server.agent(now, &details.contact_id, action, out));
        }
        stage.server.with(|server, _, _| {
            server.faults_mut().statuses.push(StatusRule::next(Operation::SendMessage, 400, 1));
        });
        let failed = match soon(chat.send_text("refused at first")).await {
            Err(ChatError::Failed { message: Some(message), .. }) => message,
            other => panic!("it is refused, and not {other:?}"),
        };
        let nobody = MessageKey::from_u64(0);
        let mut scene = Self {
            server: stage.server.clone(),
            details,
            chat,
            events,
            mirror: Mirror::default(),
            heard: nobody,
            question: nobody,
            form: nobody,
            failed,
            file: String::new(),
        };
        while !scene.has_all() {
            let event = soon(scene.events.next()).await.expect("the session lives");
            scene.mirror.apply(&event);
        }
        scene
    }

    /// Notes what has arrived. Whether that is all.
    fn has_all(&mut self) -> bool {
        let nobody = MessageKey::from_u64(0);
        let mut questions = Vec::new();
        for item in self.mirror.items() {
            match &item.body {
                ItemBody::Interactive { .. } => questions.push(item.key),
                ItemBody::Attachments { attachments } => {
                    self.file = attachments.iter().find_map(|file| file.id.clone()).unwrap_or_default();
                }
                body if body.text() == Some("Good morning") => self.heard = item.key,
                _ => {}
            }
        }
        if let [question, form] = questions.as_slice() {
            (self.question, self.form) = (*question, *form);
        }
        self.heard != nobody && self.form != nobody && !self.file.is_empty()
    }

    pub(crate) fn source() -> SourceKey {
        SourceKey::new(SOURCE)
    }

    pub(crate) fn sink() -> SinkKey {
        SinkKey::new(SINK)
    }

    /// How often the provider has a message or file of ours.
    pub(crate) fn count(&self, text: &str) -> usize {
        let truth = self.server.with(|server, _, _| server.transcript(&self.details.contact_id));
        let fits = |entry: &&helpline_emulator::amazon_connect::TranscriptEntry| {
            entry.content.as_deref() == Some(text) || format!("{entry:?}").contains(&format!("\"{text}\""))
        };
        truth.iter().filter(fits).count()
    }

    /// Waits until the provider has it as often.
    pub(crate) async fn wait_for(&self, text: &str, times: usize) {
        let there = async {
            while self.count(text) < times {
                sleep(Duration::from_millis(1)).await;
            }
        };
        assert!(timeout(Duration::from_secs(10), there).await.is_ok(), "{text:?} never arrives");
    }

    /// The session is as good as before.
    pub(crate) async fn goes_on(&mut self, name: &str) {
        // A link that was held may be opened again; where it was not, that is no news.
        drop(soon(self.chat.resume()).await);
        let sent = soon(self.chat.send_text("and it goes on")).await;
        assert!(sent.is_ok(), "after {name}: {sent:?}");
        assert_eq!(self.count("and it goes on"), 1, "after {name}");
    }

    /// The session comes to its end.
    pub(crate) async fn is_over(&mut self, name: &str) {
        let ended = async {
            while !matches!(self.chat.state().await, Ok(ConnectionState::Ended { .. }) | Err(_)) {
                sleep(Duration::from_millis(1)).await;
            }
        };
        assert!(timeout(Duration::from_secs(10), ended).await.is_ok(), "after {name} it goes on");
    }

    /// What was told makes up the transcript, and that is the provider's.
    pub(crate) async fn adds_up(&mut self, name: &str) {
        let mut verdict = String::new();
        for _ in 0..2_000 {
            while let Some(Some(event)) = self.events.next().now_or_never() {
                self.mirror.apply(&event);
                assert!(!matches!(event, Event::Unrecognized { .. }), "after {name}: {event}");
            }
            let truth = self.server.with(|server, _, _| server.transcript(&self.details.contact_id));
            let Ok(transcript) = self.chat.transcript().await else { return };
            let ours = compare(transcript.iter(), &truth);
            let told = self.mirror.difference(transcript.iter());
            // The message that was refused stands here only, until it is sent again or discarded.
            let alone = ours.only_here.iter().all(|item| item.contains("refused at first"));
            if ours.differences.is_empty() && alone && told.is_none() {
                return;
            }
            verdict = format!("{ours}, {told:?}");
            sleep(Duration::from_millis(5)).await;
        }
        panic!("after {name}: {verdict}");
    }
}
