//! The system under test, put through the acts of a plan.

use std::collections::BTreeMap;

use bytes::Bytes;
use helpline_protocol::model::{
    Choice, DeliveryStatus, Direction, ItemBody, OutgoingAttachment, ReceiptSettings, SinkKey, SourceKey,
    TranscriptItem, TranscriptQuery,
};
use helpline_protocol::{
    AppState, Command, CommandError, CommandId, Event, Frame, HttpResponse, Input, MessageKey, Network,
    RequestId, Secrets, SocketId,
};

use crate::alphabet::{Act, Agent, Host, ServerFault, User};
use crate::life::Restarts;
use crate::network::{Flow, Weather};
use crate::reference::Reference;
use crate::setup::Setup;
use crate::story::Story;
use crate::vendor::Stage;
use crate::world::{ONLY, World};

/// A world, and what was asked of it.
pub struct System<V: Stage> {
    /// The world.
    pub world: World<V>,
    /// What was handed over.
    pub reference: Reference,
    /// What was done to it, by kind.
    pub tally: BTreeMap<&'static str, u64>,
    /// The user left.
    pub left: bool,
}

impl<V: Stage> System<V> {
    /// A session that connects, in a chat that may have had a few words before.
    ///
    /// # Panics
    /// When the session does not take the setup.
    #[must_use]
    pub fn begin(seed: u64, setup: &Setup, story: Story, prepare: impl FnOnce(&mut World<V>)) -> Self {
        let mut provider = V::begin(seed, setup);
        if setup.before > 0 {
            let before = Agent::SayMany { prefix: "before".to_owned(), count: setup.before, every_ms: 0 };
            V::act(&mut provider, 0, &before);
        }
        let config = V::config(&provider);
        let policy = setup.policy(config.policy().clone());
        let config = config.with_policy(policy).with_limits(setup.limits.clone());
        let mut world = World::around(seed, provider, config);
        world.story = story;
        prepare(&mut world);
        world.story.tell(0, "user", "connects");
        world.execute(Command::Connect).expect("a new session connects");
        Self { world, reference: Reference::default(), tally: BTreeMap::new(), left: false }
    }

    /// One thing happens.
    ///
    /// # Panics
    /// When the session refuses what it may not refuse.
    pub fn act(&mut self, act: &Act) {
        let now = self.world.now();
        self.world.story.tell(now, act.actor(), act);
        match act {
            // Nobody can use a machine that stands still.
            Act::User(_) if self.world.is_still() => {}
            Act::User(user) => self.user(user),
            Act::Agent(agent) => {
                match agent {
                    Agent::Garbage(_) => self.count("floods of garbage"),
                    Agent::SayMany { count: 100.., .. } => self.count("floods of messages"),
                    _ => {}
                }
                V::act(&mut self.world.provider, now, agent);
            }
            Act::Host(host) => self.host(*host),
            Act::Weather(weather) => self.weather(*weather),
            // A token that is refused as soon as it was renewed is the end by the vendor's rule (wire 6.2), and one that
            // is on its way would be.
            Act::Server(ServerFault::Expire) if self.world.watch.is_authorising() => {}
            Act::Server(fault) => {
                self.count(V::name_of(fault));
                V::strike(&mut self.world.provider, now, fault);
            }
        }
    }

    /// Whatever was done to it, it is well again.
    pub fn heal(&mut self) {
        let now = self.world.now();
        self.world.story.tell(now, "host", "everything heals");
        V::heal(&mut self.world.provider);
        self.world.provider.set_weather(now, Weather::default());
        self.world.stand_still_no_more();
        self.world.tell(Input::Network(Network::Online));
        self.world.tell(Input::App(AppState::Foreground));
        // It is refused where the user does not hold the link.
        let _ = self.world.execute(Command::Resume);
    }

    /// The session's process dies, and another one takes it up. A machine that stands still cannot.
    pub fn restart(&mut self, how: Restarts, secrets: Secrets) {
        if self.world.is_still() {
            return;
        }
        self.count("processes that died");
        match how {
            Restarts::Never => {}
            Restarts::Here => self.world.restart(secrets),
            Restarts::FromCheckpoint => self.world.restart_from_checkpoint(),
        }
    }

    /// The newest own message that failed or is uncertain.
    #[must_use]
    pub fn stuck(&self) -> Option<MessageKey> {
        let stuck = |item: &&TranscriptItem| {
            matches!(item.status, Some(DeliveryStatus::Failed { .. } | DeliveryStatus::Uncertain { .. }))
        };
        self.world.session.transcript(ONLY).find(stuck).map(|item| item.key)
    }

    fn count(&mut self, what: &'static str) {
        *self.tally.entry(what).or_insert(0) += 1;
    }

    fn user(&mut self, user: &User) {
        match user {
            User::Say(texts) => {
                for text in texts {
                    self.hand_over(Command::send_text(text));
                }
            }
            User::Type(keys) => {
                for _ in 0..*keys {
                    self.try_to(Command::SendTyping { conversation: None });
                }
            }
            User::Read(back) => self.mark(*back, |message| Command::MarkRead { message }),
            User::Confirm(back) => self.mark(*back, |message| Command::MarkDelivered { message }),
            User::LoadHistory(count) => {
                self.try_to(Command::LoadHistory { conversation: None, limit: Some(*count) });
            }
            User::LoadTranscript => {
                let query = TranscriptQuery::default();
                self.try_to(Command::LoadTranscript { conversation: None, query });
            }
            User::Resend => {
                if let Some(message) = self.stuck() {
                    self.try_to(Command::Resend { message });
                }
            }
            User::Discard => self.discard(),
            User::SendFile { name, size } => self.send_file(name, *size),
            User::FetchFile => self.fetch_file(),
            User::Answer => {
                let question = |item: &&TranscriptItem| matches!(item.body, ItemBody::Interactive { .. });
                let newest = self.world.session.transcript(ONLY).rev().find(question).map(|item| item.key);
                if let Some(message) = newest {
                    self.hand_over(Command::Answer { message, choice: Choice::Element { index: 0 } });
                }
            }
            User::Receipts(on) => {
                let settings = ReceiptSettings { enabled: Some(*on), ..ReceiptSettings::default() };
                self.try_to(Command::ConfigureReceipts { settings });
            }
            User::Suspend => self.try_to(Command::Suspend),
            User::Resume => self.try_to(Command::Resume),
            User::Leave => {
                self.left = true;
                self.try_to(Command::Leave);
            }
        }
    }

    /// What makes a message. It may be refused at the cap, after the end, and where a question has no such choice.
    fn hand_over(&mut self, command: Command) {
        match self.world.execute(command) {
            Ok(command) => {
                if let Some((message, text)) = self.queued(command) {
                    self.reference.wrote(command, message, &text);
                }
            }
            Err(
                CommandError::LimitReached { .. }
                | CommandError::Ended { .. }
                | CommandError::InvalidChoice { .. },
            ) => {}
            // Having left, there is nobody to write to.
            Err(CommandError::NotNow { .. }) if self.left => {}
            // After the chat there is none to write into, until another is begun.
            Err(CommandError::NotConnected | CommandError::ConversationOver { .. })
                if self.world.is_over() => {}
            Err(other) => panic!("P7: a message is refused: {other}"),
        }
    }

    /// The message that a command made, and what it says.
    fn queued(&self, command: CommandId) -> Option<(MessageKey, String)> {
        let message = self.world.lines.iter().rev().find_map(|line| match line.event {
            Event::MessageQueued { command: of, message, .. } if of == command => Some(message),
            _ => None,
        })?;
        let item = self.world.session.item(message)?;
        Some((message, item.body.text().unwrap_or_default().to_owned()))
    }

    /// Something that may be refused, as it depends on the moment whether it makes sense.
    fn try_to(&mut self, command: Command) {
        let _ = self.world.execute(command);
    }

    fn mark(&mut self, back: usize, command: fn(MessageKey) -> Command) {
        let theirs = |item: &&TranscriptItem| item.direction == Direction::Incoming && item.body.is_message();
        let message = self.world.session.transcript(ONLY).rev().filter(theirs).nth(back).map(|item| item.key);
        if let Some(message) = message {
            self.try_to(command(message));
        }
    }

    fn discard(&mut self) {
        let waits = |item: &&TranscriptItem| {
            matches!(
                item.status,
                Some(
                    DeliveryStatus::Queued | DeliveryStatus::Failed { .. } | DeliveryStatus::Uncertain { .. }
                )
            )
        };
        let newest = self.world.session.transcript(ONLY).rev().find(waits).map(|item| item.key);
        if let Some(message) = newest
            && self.world.execute(Command::Discard { message }).is_ok()
        {
            self.reference.discarded(message);
        }
    }

    fn send_file(&mut self, name: &str, size: usize) {
        self.world.files.add(name, Bytes::from(vec![b'x'; size]));
        let attachment = OutgoingAttachment {
            name: name.to_owned(),
            content_type: None,
            size: size as u64,
            source: SourceKey::new(name),
        };
        match self.world.execute(Command::SendAttachment { conversation: None, attachment }) {
            Ok(command) => {
                if let Some((message, _)) = self.queued(command) {
                    self.reference.sent_file(command, message, name);
                }
            }
            Err(CommandError::LimitReached { .. } | CommandError::Ended { .. }) => {}
            Err(CommandError::NotNow { .. }) if self.left => {}
            // After the chat there is none to write into, until another is begun.
            Err(CommandError::NotConnected | CommandError::ConversationOver { .. })
                if self.world.is_over() => {}
            Err(other) => panic!("P7: a file is refused: {other}"),
        }
    }

    fn fetch_file(&mut self) {
        let newest = self.world.session.transcript(ONLY).rev().find_map(|item| match &item.body {
            ItemBody::Attachments { attachments } if item.direction == Direction::Incoming => {
                attachments.first().and_then(|attachment| attachment.id.clone())
            }
            _ => None,
        });
        if let Some(attachment) = newest {
            let sink = SinkKey::new(format!("fetched {}", self.world.now()));
            self.try_to(Command::DownloadAttachment { attachment, sink });
        }
    }

    fn host(&mut self, host: Host) {
        match host {
            Host::Online(on) => {
                self.count(if on { "words that the network is there" } else { "times offline" });
                self.world.tell(Input::Network(if on { Network::Online } else { Network::Offline }));
            }
            Host::Foreground(front) => {
                self.count(if front { "times in front" } else { "times in the background" });
                self.world.tell(Input::App(if front { AppState::Foreground } else { AppState::Background }));
            }
            Host::Freeze(span) => {
                self.count("machine stood still");
                self.world.stand_still(span);
            }
            Host::Forward(span) => {
                self.count("clock jumped forward");
                self.world.jump_clock(i64::try_from(span).unwrap_or(i64::MAX));
            }
            Host::Back(span) => {
                self.count("clock jumped back");
                self.world.jump_clock(-i64::try_from(span).unwrap_or(i64::MAX));
            }
            Host::SetWall(off) => {
                self.count("wall clock set");
                self.world.set_wall_clock(off);
            }
            Host::Restart(secrets) => {
                self.restart(Restarts::Here, if secrets { Secrets::Include } else { Secrets::Omit });
            }
            Host::Fidget => self.fidget(),
        }
    }

    /// Stale and foreign inputs change nothing but a counter.
    fn fidget(&mut self) {
        self.count("stale inputs");
        if self.world.is_still() {
            return;
        }
        let before = (self.world.lines.len(), self.world.session.deadline(), self.world.session.state());
        let stale = self.world.session.usage().stale_inputs;
        let (request, socket) = (RequestId::from_u64(1_000_000), SocketId::from_u64(1_000_000));
        let inputs = [
            Input::Response { request, result: Ok(HttpResponse::new(http::StatusCode::OK, "{}")) },
            Input::Progress { request, done: 1, total: None },
            Input::SocketOpened { socket },
            Input::Frame { socket, frame: Frame::Text("{}".to_owned()) },
            Input::Woke,
        ];
        for input in inputs {
            self.world.tell(input);
        }
        let after = (self.world.lines.len(), self.world.session.deadline(), self.world.session.state());
        let due = before.1.is_some_and(|deadline| deadline.at <= self.world.machine_time().at);
        assert!(due || before == after, "P13: stale inputs made {before:?} into {after:?}");
        let counted = self.world.session.usage().stale_inputs > stale;
        assert!(counted, "P13: stale inputs are not counted");
    }

    fn weather(&mut self, weather: Weather) {
        self.count(match weather {
            Weather { up: Flow::Frozen, down: Flow::Frozen, .. } => "line frozen, then flushed",
            Weather { up: Flow::Frozen, .. } | Weather { down: Flow::Frozen, .. } => "one direction frozen",
            Weather { up: Flow::Dead, down: Flow::Dead, .. } => "line dead",
            Weather { up: Flow::Dead, .. } | Weather { down: Flow::Dead, .. } => "one direction dead",
            Weather { refusing: true, .. } => "connections refused",
            Weather { jitter: 1.., .. } => "jitter",
            _ => "other weather",
        });
        self.world.provider.set_weather(self.world.now(), weather);
    }
}
