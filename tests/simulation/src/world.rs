//! A session, its provider, and time.

use helpline_emulator::amazon_connect::{AgentAction, ChatDetails, ServerConfig};
use helpline_protocol::model::TranscriptItem;
use helpline_protocol::{
    Command, CommandError, CommandId, Config, ConversationKey, Event, Input, Limits, Output, Policy, Session,
    Usage,
};

use crate::files::Files;
use crate::mirror::Mirror;
use crate::network::Latency;
use crate::provider::{Provider, at, session_seed};

/// What a world is made of.
#[derive(Clone, Debug)]
pub struct WorldConfig {
    /// Decides the chance of both sides.
    pub seed: u64,
    /// The provider.
    pub server: ServerConfig,
    /// The session's timers.
    pub policy: Policy,
    /// The session's caps.
    pub limits: Limits,
    /// The network.
    pub latency: Latency,
    /// Whether all outputs are kept, for those who look at them.
    pub keep_outputs: bool,
}

impl Default for WorldConfig {
    fn default() -> Self {
        Self {
            seed: 1,
            server: ServerConfig::default(),
            policy: Policy::amazon_connect(),
            limits: Limits::default(),
            latency: Latency::default(),
            keep_outputs: false,
        }
    }
}

/// One thing the user was told, and when.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Milliseconds since the start.
    pub at: u64,
    /// What.
    pub event: Event,
}

/// A session, its provider, and time.
///
/// At every step it holds the session to what it promises: the deadline moves on, nothing is sent on a closed
/// socket, no cap is passed, and the changes told make up the transcript.
pub struct World {
    /// The core.
    pub session: Session,
    /// The far side.
    pub provider: Provider,
    /// What the user was told.
    pub lines: Vec<Line>,
    /// Requests that were made, by operation's name.
    pub requests: Vec<(u64, &'static str)>,
    /// All outputs, where the configuration says so.
    pub outputs: Vec<(u64, Output)>,
    /// The transcript as the user's own list, made of what was told.
    pub mirror: Mirror,
    /// The files of the host.
    pub files: Files,
    now: u64,
    keep_outputs: bool,
    out: Vec<Output>,
}

/// The conversation that there is.
pub const ONLY: ConversationKey = ConversationKey::from_u64(1);

impl World {
    /// A chat that was just started, and a session that has not connected.
    #[must_use]
    pub fn new(config: WorldConfig) -> Self {
        let provider = Provider::new(config.seed, config.server, config.latency);
        let session_config =
            Config::from(provider.session_config()).with_policy(config.policy).with_limits(config.limits);
        let session =
            Session::new(session_config, session_seed(config.seed), at(0)).expect("the configuration works");
        Self {
            session,
            provider,
            lines: Vec::new(),
            requests: Vec::new(),
            outputs: Vec::new(),
            mirror: Mirror::default(),
            files: Files::default(),
            now: 0,
            keep_outputs: config.keep_outputs,
            out: Vec::new(),
        }
    }

    /// Milliseconds since the start.
    #[must_use]
    pub const fn now(&self) -> u64 {
        self.now
    }

    /// The transcript that the session has.
    #[must_use]
    pub fn transcript(&self) -> Vec<&TranscriptItem> {
        self.session.transcript(ONLY).collect()
    }

    /// The user asks for something.
    ///
    /// # Errors
    /// When the session refuses it.
    pub fn execute(&mut self, command: Command) -> Result<CommandId, CommandError> {
        let result = self.session.execute(at(self.now), command, &mut self.out);
        self.carry_out();
        result
    }

    /// The host tells the session something.
    pub fn tell(&mut self, input: Input) {
        let input = match input {
            Input::Response { request, result } => {
                Input::Response { request, result: self.files.store(request, result) }
            }
            other => other,
        };
        self.session.handle(at(self.now), input, &mut self.out);
        self.carry_out();
    }

    /// Another session in the place of the one there is, in another chat at the same provider.
    pub fn begin_anew(&mut self, chat: ChatDetails) {
        self.provider.chat = chat;
        let old = self.session.limits().clone();
        let config = Config::from(self.provider.session_config()).with_limits(old);
        self.replace_session(config);
    }

    /// Another session in the place of the one there is. Its host and the provider stay as they are.
    ///
    /// # Panics
    /// When the configuration cannot work.
    pub fn replace_session(&mut self, config: impl Into<Config>) {
        let seed = session_seed(self.now ^ 0x5eed);
        self.session = Session::new(config, seed, at(self.now)).expect("the configuration works");
        self.provider.forget_client();
        self.mirror = Mirror::default();
        self.lines.clear();
        self.requests.clear();
        self.outputs.clear();
    }

    /// The agent does something.
    pub fn agent(&mut self, action: AgentAction) {
        self.provider.agent(self.now, action);
    }

    /// Resets all sockets, as a broken line does: what is on its way on them is lost.
    pub fn cut(&mut self) {
        self.provider.cut(self.now);
    }

    /// The line goes dead, or lives again. Nothing tells the session.
    pub fn set_line_down(&mut self, down: bool) {
        self.provider.set_line_down(self.now, down);
    }

    /// Runs until this many milliseconds since the start, waking the session at its deadlines only.
    pub fn run_until(&mut self, end: u64) {
        while let Some(next) = self.next_step().filter(|next| *next <= end) {
            self.now = self.now.max(next);
            self.step();
        }
        self.now = self.now.max(end);
    }

    /// Runs for so many milliseconds.
    pub fn run_for(&mut self, span: u64) {
        self.run_until(self.now + span);
    }

    /// As [`World::run_until`], with a needless wake every millisecond.
    pub fn crawl_until(&mut self, end: u64) {
        while self.now < end {
            self.now += 1;
            self.step();
            self.tell(Input::Woke);
        }
    }

    /// When the next thing happens.
    #[must_use]
    pub fn next_step(&self) -> Option<u64> {
        let deadline = self.session.deadline();
        let deadline = deadline.map(|deadline| deadline.at.as_micros().div_ceil(1_000));
        deadline.into_iter().chain(self.provider.next()).min()
    }

    fn step(&mut self) {
        while let Some(input) = self.provider.advance(self.now) {
            self.tell(input);
        }
        let due = |world: &Self| {
            let deadline = world.session.deadline();
            deadline.filter(|deadline| deadline.at <= at(world.now).at)
        };
        if due(self).is_some() {
            self.tell(Input::Woke);
            let left = due(self);
            assert!(left.is_none(), "woken at {}, and still due: {left:?}", self.now);
        }
    }

    fn carry_out(&mut self) {
        let mut out = std::mem::take(&mut self.out);
        for output in out.drain(..) {
            if self.keep_outputs {
                self.outputs.push((self.now, output.clone()));
            }
            self.carry(output);
        }
        self.out = out;
        if let Some((cap, used)) = over_limits(self.session.usage(), self.session.limits()) {
            panic!("at {} there are {used} {cap}: {:?}", self.now, self.session.usage());
        }
    }

    fn carry(&mut self, output: Output) {
        match output {
            Output::Request { id, mut request, operation, sink, .. } => {
                self.requests.push((self.now, operation.name()));
                match self.files.load(id, &mut request, sink) {
                    Ok(()) => self.provider.request(self.now, id, request),
                    Err(fault) => self.provider.fail(self.now, id, fault),
                }
            }
            Output::CancelRequest { .. } | Output::Checkpoint => {}
            Output::OpenSocket { id, request, .. } => self.provider.open(self.now, id, &request),
            Output::SendFrame { socket, frame } => self.provider.frame(self.now, socket, frame),
            Output::CloseSocket { id, code, .. } => {
                let open = self.provider.close(self.now, id, Some(code));
                assert!(open, "{id} is closed, and was not open");
            }
            Output::Event(event) => {
                self.mirror.apply(&event);
                self.lines.push(Line { at: self.now, event });
            }
            other => panic!("the simulator does not know {other:?}"),
        }
    }
}

/// The first cap that is passed, by its name, and the use of it.
fn over_limits(usage: Usage, limits: &Limits) -> Option<(&'static str, usize)> {
    [
        ("requests", usage.requests, limits.requests()),
        ("outbox_items", usage.outbox_items, limits.outbox_items()),
        ("outbox_bytes", usage.outbox_bytes, limits.outbox_bytes()),
        ("held_items", usage.held_items, limits.held_items()),
        ("participants", usage.participants, limits.participants()),
        ("pending_receipts", usage.pending_receipts, limits.pending_receipts()),
        ("commands", usage.commands, limits.commands()),
    ]
    .into_iter()
    .find(|(_, used, cap)| used > cap)
    .map(|(name, used, _)| (name, used))
}
