//! A session on the bench: a host that does what it is told, and watches that promises are kept.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use helpline_protocol::model::{TranscriptChange, TranscriptItem};
use helpline_protocol::{
    Command, CommandError, CommandId, Config, ConnectionState, ConversationKey, Event, Frame, HttpResponse,
    Input, MessageKey, Now, Operation, Output, RequestId, Session, Snapshot, SnapshotError, SocketId,
    Timestamp, TransportFault, WallTime,
};
use helpline_simulation::Mirror;

/// What one input may make at the most: a page of 100 items with everything that each can cause has under this.
const MOST_OUTPUTS: usize = 1_000;

/// The wall's time at the origin of a session's.
const WALL: i64 = 1_773_480_400_000;

/// A session and its host.
pub struct Bench {
    /// The session, to look at.
    pub session: Session,
    /// Requests that have no answer yet.
    pub pending: BTreeMap<RequestId, Operation>,
    /// Messages that were named.
    pub messages: Vec<MessageKey>,
    at: u64,
    sockets: BTreeSet<SocketId>,
    dialled: Option<SocketId>,
    last_request: Option<RequestId>,
    out: Vec<Output>,
    mirrors: BTreeMap<ConversationKey, Mirror>,
    /// The events of the last call.
    pub events: Vec<Event>,
}

impl Bench {
    /// A session that has done nothing.
    ///
    /// # Panics
    /// When the configuration cannot work.
    #[must_use]
    pub fn new(config: impl Into<Config>) -> Self {
        Self::with(Session::new(config, [7; 32], now(0)).expect("a configuration that works"))
    }

    /// A session that was restored.
    ///
    /// # Errors
    /// As the session says.
    ///
    /// # Panics
    /// When a promise is broken.
    pub fn restored(config: Config, snapshot: &Snapshot) -> Result<Self, SnapshotError> {
        let mut out = Vec::new();
        let session = Session::restore(config, snapshot, [8; 32], now(0), &mut out)?;
        let mut bench = Self::with(session);
        bench.out = out;
        bench.watch();
        Ok(bench)
    }

    const fn with(session: Session) -> Self {
        Self {
            session,
            pending: BTreeMap::new(),
            messages: Vec::new(),
            at: 0,
            sockets: BTreeSet::new(),
            dialled: None,
            last_request: None,
            out: Vec::new(),
            mirrors: BTreeMap::new(),
            events: Vec::new(),
        }
    }

    /// Moves the host's clock; it may go back.
    pub const fn set_time(&mut self, micros: u64) {
        self.at = micros;
    }

    /// The host's clock.
    #[must_use]
    pub const fn time(&self) -> u64 {
        self.at
    }

    /// Gives a command.
    ///
    /// # Errors
    /// As the session says.
    ///
    /// # Panics
    /// When a promise is broken.
    pub fn command(&mut self, command: Command) -> Result<CommandId, CommandError> {
        let result = self.session.execute(now(self.at), command, &mut self.out);
        assert!(result.is_ok() || self.out.is_empty(), "a refused command put out {:?}", self.out);
        self.watch();
        result
    }

    /// Tells the session something.
    ///
    /// # Panics
    /// When a promise is broken.
    pub fn tell(&mut self, input: Input) {
        match &input {
            Input::Response { request, .. } => drop(self.pending.remove(request)),
            Input::SocketClosed { socket, .. } => drop(self.sockets.remove(socket)),
            _ => {}
        }
        self.session.handle(now(self.at), input, &mut self.out);
        self.watch();
    }

    /// Answers the oldest request of this operation, if there is one.
    pub fn answer(&mut self, operation: Operation, status: u16, body: &str) {
        let oldest = self.pending.iter().find(|(_, of)| **of == operation).map(|(id, _)| *id);
        if let Some(request) = oldest {
            self.respond(request, status, body.to_owned());
        }
    }

    /// Answers a request; a status that HTTP does not have becomes 500.
    pub fn respond(&mut self, request: RequestId, status: u16, body: impl Into<bytes::Bytes>) {
        let status = http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
        self.tell(Input::Response { request, result: Ok(HttpResponse::new(status, body)) });
    }

    /// A request fails.
    pub fn fail(&mut self, request: RequestId, fault: TransportFault) {
        self.tell(Input::Response { request, result: Err(fault) });
    }

    /// The socket that was asked for last opens.
    pub fn open(&mut self) {
        if let Some(socket) = self.dialled.take() {
            self.sockets.insert(socket);
            self.tell(Input::SocketOpened { socket });
        }
    }

    /// A frame comes on the newest socket.
    pub fn frame(&mut self, frame: Frame) {
        let socket = self.sockets.last().copied().unwrap_or(SocketId::from_u64(1));
        self.tell(Input::Frame { socket, frame });
    }

    /// The newest open socket.
    #[must_use]
    pub fn socket(&self) -> Option<SocketId> {
        self.sockets.last().copied()
    }

    /// Whether the chat is over.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        matches!(self.session.state(), ConnectionState::Ended { .. })
    }

    /// Wakes at so many deadlines, each at its time.
    pub fn wake(&mut self, times: usize) {
        for _ in 0..times {
            let Some(deadline) = self.session.deadline() else { return };
            self.at = self.at.max(deadline.at.as_micros());
            self.tell(Input::Woke);
        }
    }

    /// The items that came with the last call.
    pub fn added(&self) -> impl Iterator<Item = &TranscriptItem> {
        let changes = self.events.iter().filter_map(|event| match event {
            Event::TranscriptChanged { changes, .. } => Some(changes),
            _ => None,
        });
        changes.flatten().filter_map(|change| match change {
            TranscriptChange::Added { item, .. } => Some(&**item),
            _ => None,
        })
    }

    /// Checks what the last call put out, and does it.
    fn watch(&mut self) {
        assert!(self.out.len() <= MOST_OUTPUTS, "one input made {} outputs", self.out.len());
        self.events.clear();
        let out = std::mem::take(&mut self.out);
        for output in &out {
            self.perform(output);
        }
        if let Some(deadline) = self.session.deadline() {
            assert!(deadline.at.as_micros() > 0, "a deadline at the origin");
            assert!(!self.has_ended(), "a deadline after the end: {deadline}");
        }
        self.watch_limits();
        let changed = self.events.iter().filter_map(|event| match event {
            Event::TranscriptChanged { conversation, .. } => Some(*conversation),
            _ => None,
        });
        for conversation in changed.collect::<BTreeSet<_>>() {
            let mirror = self.mirrors.entry(conversation).or_default();
            let difference = mirror.difference(self.session.transcript(conversation));
            assert_eq!(difference, None, "the changes that were told do not add up");
        }
    }

    fn perform(&mut self, output: &Output) {
        match output {
            Output::Request { id, operation, .. } => {
                assert!(self.last_request < Some(*id), "{id} comes again");
                self.last_request = Some(*id);
                self.pending.insert(*id, *operation);
            }
            Output::CancelRequest { id } => drop(self.pending.remove(id)),
            Output::OpenSocket { id, .. } => self.dialled = Some(*id),
            Output::SendFrame { socket, .. } => {
                assert!(self.sockets.contains(socket), "a frame for {socket}, which is not open");
            }
            Output::CloseSocket { id, .. } => {
                self.sockets.remove(id);
                self.dialled = self.dialled.filter(|dialled| dialled != id);
            }
            Output::Event(event) => {
                let mut shown = String::new();
                write!(shown, "{event}").expect("an event has words");
                if let Event::MessageQueued { message, .. } = event {
                    self.messages.push(*message);
                }
                if let Event::TranscriptChanged { conversation, .. } = event {
                    self.mirrors.entry(*conversation).or_default().apply(event);
                }
                self.events.push(event.clone());
            }
            _ => {}
        }
    }

    fn watch_limits(&self) {
        let (usage, limits) = (self.session.usage(), self.session.limits());
        // What a conversation may have is counted over all of them.
        let all = self.session.conversations().count().max(1);
        let held = [
            ("requests", usage.requests, limits.requests()),
            ("outbox_items", usage.outbox_items, limits.outbox_items() * all),
            ("outbox_bytes", usage.outbox_bytes, limits.outbox_bytes() * all),
            ("uploads", usage.uploads, limits.uploads() * all),
            ("transcript_items", usage.transcript_items, limits.transcript_items() * all),
            ("held_items", usage.held_items, limits.held_items() * all),
            ("participants", usage.participants, limits.participants() * all),
            ("pending_receipts", usage.pending_receipts, limits.pending_receipts() * all),
            ("commands", usage.commands, limits.commands()),
        ];
        for (name, used, most) in held {
            assert!(used <= most, "{name}: {used} of {most}, in {all} conversations");
        }
    }
}

/// This many microseconds after the origin.
#[must_use]
pub fn now(micros: u64) -> Now {
    let millis = i64::try_from(micros / 1_000).unwrap_or(i64::MAX);
    Now::new(Timestamp::from_micros(micros), WallTime::from_unix_millis(WALL.saturating_add(millis)))
}
