//! What must hold at every step, whatever happens: the numbers are those of the design's properties.
//!
//! None of the checks looks at the whole transcript, so that a step costs the same in a long chat.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use helpline_protocol::model::ReceiptKind;
use helpline_protocol::{
    AppState, CommandId, ConnectionState, DeadlineReason, Event, HttpRequest, Input, Limits, MessageKey,
    Network, Now, Operation, Output, Session, Timestamp, Usage,
};

/// What was seen of a session so far, as far as the checks need it.
#[derive(Clone, Debug)]
pub struct Watch {
    steps: u64,
    /// Requests that neither were answered nor taken back.
    requests: BTreeMap<u64, Operation>,
    /// Of those that a session which polls does one at a time: in which chat.
    asking: BTreeMap<u64, String>,
    last_request: u64,
    last_socket: u64,
    opening: BTreeSet<u64>,
    commands: BTreeMap<CommandId, bool>,
    receipts: BTreeSet<(MessageKey, ReceiptKind, Option<String>)>,
    /// The content that goes with each idempotency token.
    tokens: BTreeMap<String, String>,
    /// The conversation is over.
    over: bool,
    /// It is, and nothing is done any more but what was asked for by name, such as files; another could be begun.
    rests: bool,
    ended: bool,
    link: LinkWatch,
}

/// How long the link was up, and how often it was tried.
#[derive(Clone, Debug)]
struct LinkWatch {
    /// A dead line is to be noticed within this; none where clocks jumped or the machine stood still.
    bound: Option<Duration>,
    reset_after: Duration,
    live_since: Option<Timestamp>,
    /// The last moment at which something came on a socket, or one went live.
    heard: Timestamp,
    attempt: u32,
    healthy: bool,
    /// It is made of polls: an answer is a sign of life, and a poll that worked makes the waits short again.
    polls: bool,
}

impl Watch {
    /// Of a session that has done nothing, with its heartbeat's interval and wait together, and with the time after
    /// which a link counts as healthy.
    #[must_use]
    pub const fn new(bound: Duration, reset_after: Duration) -> Self {
        Self {
            steps: 0,
            requests: BTreeMap::new(),
            asking: BTreeMap::new(),
            last_request: 0,
            last_socket: 0,
            opening: BTreeSet::new(),
            commands: BTreeMap::new(),
            receipts: BTreeSet::new(),
            tokens: BTreeMap::new(),
            over: false,
            rests: false,
            ended: false,
            link: LinkWatch {
                bound: Some(bound),
                reset_after,
                live_since: None,
                heard: Timestamp::ZERO,
                attempt: 0,
                healthy: true,
                polls: false,
            },
        }
    }

    /// The same of a session that polls, with the longest time that it may go without an answer.
    #[must_use]
    pub const fn of_polls(bound: Duration) -> Self {
        let mut watch = Self::new(bound, Duration::MAX);
        watch.link.polls = true;
        watch
    }

    /// Whether the conversation that there was is over.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.over
    }

    /// How many inputs and commands the session was given.
    #[must_use]
    pub const fn steps(&self) -> u64 {
        self.steps
    }

    /// The machine's time jumped or stood still: what was heard when says nothing any more.
    pub const fn forget_time(&mut self) {
        self.link.bound = None;
    }

    /// Whether credentials are being asked for.
    #[must_use]
    pub fn is_authorising(&self) -> bool {
        self.requests.values().any(|operation| *operation == Operation::Authorise)
    }

    /// The number of the last request.
    #[must_use]
    pub const fn last_request(&self) -> u64 {
        self.last_request
    }

    /// The number of the last socket.
    #[must_use]
    pub const fn last_socket(&self) -> u64 {
        self.last_socket
    }

    /// The session's process is gone, with all that was under way.
    pub fn process_died(&mut self) {
        self.steps += 1;
        self.requests.clear();
        self.asking.clear();
        self.opening.clear();
        if let Some(since) = self.link.live_since.take() {
            // Whether it was up for long enough is judged by the clock of the process that is gone.
            self.link.healthy |= self.link.heard.saturating_since(since) >= self.link.reset_after;
        }
        // Of its attempts so far only those count that were written down.
        (self.link.attempt, self.link.healthy) = (0, true);
    }

    /// The session is about to be told something.
    pub fn told(&mut self, now: Now, input: &Input) {
        self.steps += 1;
        match input {
            Input::Response { request, result } => {
                let operation = self.requests.remove(&request.as_u64());
                self.asking.remove(&request.as_u64());
                let begins_anew = matches!(operation, Some(Operation::Poll | Operation::StartConversation));
                if let Some(answer) = result.as_ref().ok().filter(|_| self.link.polls) {
                    // An idle poll may be answered with "no events".
                    let no_events = || answer.body.windows(4).any(|part| part == b"5511");
                    self.link.healthy |= begins_anew && (answer.status.is_success() || no_events());
                    if operation.is_some_and(asks) {
                        self.link.heard = self.link.heard.max(now.at);
                    }
                }
            }
            // Nobody waits when somebody looks, or when there is a network again.
            Input::Network(Network::Online) | Input::App(AppState::Foreground) if self.link.polls => {
                self.link.healthy = true;
            }
            Input::SocketOpened { socket } => {
                self.opening.remove(&socket.as_u64());
            }
            Input::SocketClosed { socket, .. } => {
                self.opening.remove(&socket.as_u64());
            }
            Input::Frame { .. } => self.link.heard = self.link.heard.max(now.at),
            _ => {}
        }
    }

    /// A command was accepted.
    pub fn accepted(&mut self, command: CommandId) {
        self.steps += 1;
        // It may have finished in the same call.
        self.commands.entry(command).or_insert(false);
    }

    /// The session put something out.
    ///
    /// # Panics
    /// When it breaks what it promises.
    pub fn seen(&mut self, now: Now, output: &Output) {
        if self.ended {
            let harmless = matches!(
                output,
                Output::CloseSocket { .. }
                    | Output::CancelRequest { .. }
                    | Output::Checkpoint
                    | Output::Event(_)
            );
            assert!(harmless, "P18: after the end came {output:?}");
        }
        if let (true, Output::Request { operation, .. }) = (self.rests, output) {
            let asked = matches!(operation, Operation::Download | Operation::LoadTranscript);
            assert!(asked, "P18: after the end of the chat came {output:?}");
        }
        match output {
            Output::Request { id, operation, request, .. } => {
                self.requested(id.as_u64(), *operation);
                self.asks(id.as_u64(), *operation, request.uri.path());
            }
            Output::CancelRequest { id } => {
                self.asking.remove(&id.as_u64());
                let known = self.requests.remove(&id.as_u64());
                assert!(known.is_some(), "P6: {id} is taken back, and was not under way");
            }
            Output::OpenSocket { id, .. } => {
                assert!(id.as_u64() > self.last_socket, "P6: {id} after s{}", self.last_socket);
                self.last_socket = id.as_u64();
                assert!(self.opening.is_empty(), "P10: {id} is opened beside {:?}", self.opening);
                self.opening.insert(id.as_u64());
            }
            Output::CloseSocket { id, .. } => {
                self.opening.remove(&id.as_u64());
            }
            Output::Event(event) => self.event(now, event),
            _ => {}
        }
    }

    /// A message goes out under a token.
    ///
    /// # Panics
    /// When the token stood for another message before.
    pub fn message(&mut self, token: String, content: String) {
        if let Some(before) = self.tokens.get(&token) {
            assert!(*before == content, "P7: the token of {before:?} is used for {content:?}");
            return;
        }
        self.tokens.insert(token, content);
    }

    /// All outputs of a step were seen.
    ///
    /// # Panics
    /// When the session is not as it must be between two steps.
    pub fn after(&mut self, now: Now, session: &Session) {
        let deadline = session.deadline();
        if let Some(deadline) = deadline {
            assert!(deadline.at > now.at, "P3: at {} due {deadline}", now.at);
        }
        let usage = session.usage();
        if let Some((cap, used)) = over_limits(self.counted(usage), session.limits()) {
            panic!("P9: there are {used} {cap}: {usage:?}");
        }
        if self.over && session.state() == ConnectionState::Idle {
            self.rests = true;
            let why = deadline.map(|deadline| deadline.why);
            let asked =
                matches!(why, None | Some(DeadlineReason::QueryRetry | DeadlineReason::RequestTimeout(_)));
            assert!(asked, "P18: after the end of the chat due {deadline:?}");
        }
        if matches!(session.state(), ConnectionState::Ended { .. }) {
            self.ended = true;
            assert!(deadline.is_none(), "P18: after the end due {deadline:?}");
            return;
        }
        assert!(
            usage.requests == self.requests.len(),
            "P6: {} requests have no end yet, and the session knows of {}",
            self.requests.len(),
            usage.requests
        );
        self.link.check(now);
    }

    /// What the link needs to be of use does not wait for anything else.
    fn counted(&self, mut usage: Usage) -> Usage {
        let first = |operation: &&Operation| matches!(operation, Operation::Authorise | Operation::CatchUp);
        usage.requests = usage.requests.saturating_sub(self.requests.values().filter(first).count());
        usage
    }

    /// The commands that were accepted, and whether each has finished.
    pub fn commands(&self) -> impl Iterator<Item = (CommandId, bool)> + '_ {
        self.commands.iter().map(|(command, finished)| (*command, *finished))
    }

    fn requested(&mut self, id: u64, operation: Operation) {
        assert!(id > self.last_request, "P6: r{id} after r{}", self.last_request);
        self.last_request = id;
        if operation == Operation::Authorise {
            let under_way = self.requests.values().filter(|other| **other == operation).count();
            assert!(under_way == 0, "P10: credentials are asked for twice at once");
        }
        self.requests.insert(id, operation);
    }

    /// What a session asks that polls: in each chat one thing at a time.
    fn asks(&mut self, id: u64, operation: Operation, path: &str) {
        if self.link.polls && asks(operation) {
            let (chat, _) = path.rsplit_once('/').unwrap_or((path, ""));
            let beside = self.asking.values().any(|other| other == chat);
            assert!(!beside, "P10: {operation:?} beside another of the same chat");
            self.asking.insert(id, chat.to_owned());
        }
    }

    fn event(&mut self, now: Now, event: &Event) {
        match event {
            Event::CommandFinished { command, .. } => {
                let before = self.commands.insert(*command, true);
                assert!(before != Some(true), "P7: {command} finishes twice");
            }
            Event::ReceiptReceived { message, receipt, by, .. } => {
                let first = self.receipts.insert((*message, *receipt, by.clone()));
                assert!(first, "P8: {message} is told to be {receipt:?} twice");
            }
            Event::ConnectionChanged { state } => self.link.changed(now, state),
            Event::ConversationEnded { .. } => self.over = true,
            _ => {}
        }
    }
}

impl LinkWatch {
    fn changed(&mut self, now: Now, state: &ConnectionState) {
        match state {
            ConnectionState::Live => {
                self.live_since = Some(now.at);
                self.heard = now.at;
            }
            ConnectionState::Reconnecting { attempt, .. } => {
                self.down(now);
                // Only a link that was up for long enough makes the waits short again.
                assert!(
                    self.healthy || self.bound.is_none() || *attempt >= self.attempt,
                    "P12: try {attempt} after try {}, and the link was not healthy between",
                    self.attempt
                );
                self.attempt = *attempt;
                self.healthy = false;
            }
            ConnectionState::Suspended { .. } | ConnectionState::Offline if self.polls => {
                self.down(now);
                self.healthy = true;
            }
            _ => self.down(now),
        }
    }

    fn down(&mut self, now: Now) {
        if let Some(since) = self.live_since.take() {
            self.healthy |= now.at.saturating_since(since) >= self.reset_after;
        }
    }

    fn check(&self, now: Now) {
        let (Some(bound), Some(_)) = (self.bound, self.live_since) else { return };
        let silent = now.at.saturating_since(self.heard);
        assert!(silent <= bound, "P11: live, and nothing was heard for {silent:?}");
    }
}

/// Whether an operation is one of those that a session which polls does one at a time.
const fn asks(operation: Operation) -> bool {
    matches!(operation, Operation::Poll | Operation::CatchUp | Operation::LoadHistory)
}

/// The first cap that is passed, by its name, and the use of it.
fn over_limits(usage: Usage, limits: &Limits) -> Option<(&'static str, usize)> {
    [
        ("requests", usage.requests, limits.requests()),
        ("outbox_items", usage.outbox_items, limits.outbox_items()),
        ("outbox_bytes", usage.outbox_bytes, limits.outbox_bytes()),
        ("uploads", usage.uploads, limits.uploads()),
        ("held_items", usage.held_items, limits.held_items()),
        ("participants", usage.participants, limits.participants()),
        ("pending_receipts", usage.pending_receipts, limits.pending_receipts()),
        ("commands", usage.commands, limits.commands()),
    ]
    .into_iter()
    .find(|(_, used, cap)| used > cap)
    .map(|(name, used, _)| (name, used))
}

/// The idempotency token and the content of a message, where a request is one.
pub(crate) type MessageOf = fn(&HttpRequest) -> Option<(String, String)>;
