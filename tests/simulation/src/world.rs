//! A session, its provider, and time.

use helpline_emulator::amazon_connect::{AgentAction, ChatDetails, ServerConfig};
use helpline_protocol::model::TranscriptItem;
use helpline_protocol::{
    Command, CommandError, CommandId, CommandResult, Config, ConnectionState, ConversationKey, Deadline,
    Event, Input, Limits, Now, Operation, Output, Policy, Recorder, Secrets,
};

use crate::clock::Clock;
use crate::files::Files;
use crate::mirror::Mirror;
use crate::network::Latency;
use crate::provider::{Provider, at, session_seed};
use crate::restart::{Lines, Scribe};
use crate::story::Story;
use crate::vendor::amazon_connect::AmazonConnect;
use crate::vendor::{Stage, Vendor};
use crate::watch::{MessageOf, Watch};

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
/// At every step it holds the session to what it promises (see [`Watch`]), and the changes told make up the
/// transcript.
pub struct World<V: Vendor = AmazonConnect> {
    /// The core.
    pub session: Recorder<Lines>,
    /// The far side.
    pub provider: Provider<V>,
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
    /// What happened, where it is wanted.
    pub story: Story,
    /// What must hold at every step.
    pub watch: Watch,
    now: u64,
    clock: Clock,
    /// Until when the machine stands still, and what has come meanwhile.
    still: Option<(u64, Vec<Input>)>,
    message_of: MessageOf,
    config: Config,
    scribe: Scribe,
    /// What was written at the last checkpoint, where that is wanted.
    kept: Option<String>,
    keeps: bool,
    keep_outputs: bool,
    restless: bool,
    out: Vec<Output>,
}

/// The conversation that there is.
pub const ONLY: ConversationKey = ConversationKey::from_u64(1);

impl World {
    /// A chat that was just started, and a session that has not connected.
    #[must_use]
    pub fn new(config: WorldConfig) -> Self {
        let provider = Provider::new(config.seed, config.server, config.latency);
        let session =
            Config::from(provider.session_config()).with_policy(config.policy).with_limits(config.limits);
        let mut world = Self::around(config.seed, provider, session);
        world.keep_outputs = config.keep_outputs;
        world
    }

    /// Another session in the place of the one there is, in another chat at the same provider.
    pub fn begin_anew(&mut self, chat: ChatDetails) {
        self.provider.chat = chat;
        let old = self.session.limits().clone();
        let config = Config::from(self.provider.session_config()).with_limits(old);
        self.replace_session(config);
    }

    /// The agent does something.
    pub fn agent(&mut self, action: AgentAction) {
        self.provider.agent(self.now, action);
    }

    /// Resets all sockets, as a broken line does: what is on its way on them is lost.
    pub fn cut(&mut self) {
        self.provider.cut(self.now);
    }
}

impl<V: Stage> World<V> {
    /// A provider, and a session that has not connected.
    ///
    /// # Panics
    /// When the configuration cannot work.
    #[must_use]
    pub fn around(seed: u64, provider: Provider<V>, config: Config) -> Self {
        let watch = V::watch(&config);
        let scribe = Scribe::default();
        let session = scribe.session(config.clone(), None, session_seed(seed), at(0), &mut Vec::new());
        Self {
            session,
            provider,
            config,
            scribe,
            kept: None,
            keeps: false,
            lines: Vec::new(),
            requests: Vec::new(),
            outputs: Vec::new(),
            mirror: Mirror::default(),
            files: Files::default(),
            story: Story::default(),
            watch,
            now: 0,
            clock: Clock::default(),
            still: None,
            message_of: V::message_of,
            keep_outputs: false,
            restless: false,
            out: Vec::new(),
        }
    }

    /// A journal is written of the session, which has not done anything yet: see [`World::journal`].
    pub fn write_journal(&mut self, seed: u64) {
        self.scribe = Scribe::wanted();
        let config = self.config.clone();
        self.session = self.scribe.session(config, None, session_seed(seed), at(0), &mut Vec::new());
    }

    /// The journal of the session's present process, where one is written.
    #[must_use]
    pub fn journal(&self) -> Option<String> {
        self.scribe.text()
    }

    /// A snapshot is written at each checkpoint, before anything else is done.
    pub const fn keep_checkpoints(&mut self) {
        self.keeps = true;
    }

    pub(crate) fn kept(&self) -> Option<&str> {
        self.kept.as_deref()
    }

    pub(crate) const fn scribe(&self) -> &Scribe {
        &self.scribe
    }

    pub(crate) const fn config(&self) -> &Config {
        &self.config
    }

    /// Milliseconds since the start.
    #[must_use]
    pub const fn now(&self) -> u64 {
        self.now
    }

    /// What the clocks of the session's machine show.
    #[must_use]
    pub fn machine_time(&self) -> Now {
        self.clock.at(self.now)
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
        let now = self.machine_time();
        let result = self.session.execute(now, command, &mut self.out);
        if let Ok(command) = &result {
            self.watch.accepted(*command);
        }
        self.carry_out();
        result
    }

    /// The host tells the session something. One that stands still does so later.
    pub fn tell(&mut self, input: Input) {
        if let Some((_, waiting)) = &mut self.still {
            waiting.push(input);
            return;
        }
        self.story.input(self.now, &input);
        let input = match input {
            Input::Response { request, result } => {
                Input::Response { request, result: self.files.store(request, result) }
            }
            other => other,
        };
        let now = self.machine_time();
        self.watch.told(now, &input);
        self.session.handle(now, input, &mut self.out);
        self.carry_out();
    }

    /// Another session in the place of the one there is. Its host and the provider stay as they are.
    ///
    /// # Panics
    /// When the configuration cannot work.
    pub fn replace_session(&mut self, config: impl Into<Config>) {
        let seed = session_seed(self.now ^ 0x5eed);
        self.config = config.into();
        self.watch = V::watch(&self.config);
        self.kept = None;
        let config = self.config.clone();
        self.session = self.scribe.session(config, None, seed, at(self.now), &mut Vec::new());
        self.provider.forget_client();
        self.mirror = Mirror::default();
        self.lines.clear();
        self.requests.clear();
        self.outputs.clear();
    }

    /// The line goes dead, or lives again. Nothing tells the session.
    pub fn set_line_down(&mut self, down: bool) {
        self.provider.set_line_down(self.now, down);
    }

    /// The machine stands still for so many milliseconds.
    pub fn stand_still(&mut self, span: u64) {
        self.watch.forget_time();
        let until = self.now.saturating_add(span);
        let waiting = self.still.take().map(|(_, waiting)| waiting).unwrap_or_default();
        self.still = Some((until, waiting));
    }

    /// The machine goes on at once, if it stands still.
    pub fn stand_still_no_more(&mut self) {
        if let Some((until, _)) = &mut self.still {
            *until = self.now;
            self.step();
        }
    }

    /// Whether the link is live and everything that was handed over has come to its end.
    #[must_use]
    pub fn is_at_rest(&self) -> bool {
        self.session.state() == ConnectionState::Live && self.session.is_settled()
    }

    /// Whether the chat is over for the session: it has ended, or waits for another chat to be begun.
    #[must_use]
    pub fn is_over(&self) -> bool {
        match self.session.state() {
            ConnectionState::Ended { .. } => true,
            ConnectionState::Idle => self.watch.is_over(),
            _ => false,
        }
    }

    /// Whether it is, and nothing that was asked for is still to come.
    #[must_use]
    pub fn is_over_and_done(&self) -> bool {
        self.is_over() && self.watch.commands().all(|(_, finished)| finished)
    }

    /// Whether the machine stands still.
    #[must_use]
    pub const fn is_still(&self) -> bool {
        self.still.is_some()
    }

    /// Whether the session is woken for nothing after every step.
    pub const fn set_restless(&mut self, restless: bool) {
        self.restless = restless;
    }

    /// Whether a command has come to its end.
    #[must_use]
    pub fn has_finished(&self, command: CommandId) -> bool {
        self.watch.commands().any(|(of, finished)| of == command && finished)
    }

    /// Whether a command that fetches older items has found that there are no more.
    #[must_use]
    pub fn is_complete_after(&self, command: CommandId) -> bool {
        self.lines.iter().rev().any(|line| {
            matches!(
                &line.event,
                Event::CommandFinished { command: of, result: CommandResult::Loaded { complete: true, .. } }
                    if *of == command
            )
        })
    }

    /// The machine's clocks jump.
    pub fn jump_clock(&mut self, by: i64) {
        self.watch.forget_time();
        self.clock.jump(by);
    }

    /// The machine's wall clock is set so many milliseconds off.
    pub fn set_wall_clock(&mut self, off: i64) {
        self.clock.set_wall(off);
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

    /// Runs until this holds after a step, or until the time given. Whether it held.
    pub fn run_until_holds(&mut self, end: u64, holds: impl Fn(&Self) -> bool) -> bool {
        while !holds(self) {
            let Some(next) = self.next_step().filter(|next| *next <= end) else {
                self.now = self.now.max(end);
                return false;
            };
            self.now = self.now.max(next);
            self.step();
        }
        true
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
        let session = match &self.still {
            Some((until, _)) => Some(*until),
            None => self.session.deadline().map(|deadline| self.clock.when(deadline.at)),
        };
        session.into_iter().chain(self.provider.next()).min()
    }

    fn step(&mut self) {
        while let Some(input) = self.provider.arrival(self.now) {
            match &mut self.still {
                Some((_, waiting)) => waiting.push(input),
                None => self.arrived(input),
            }
        }
        if let Some((until, _)) = &self.still {
            if *until > self.now {
                return;
            }
            let waiting = self.still.take().map(|(_, waiting)| waiting).unwrap_or_default();
            for input in waiting {
                self.arrived(input);
            }
        }
        if self.due().is_some() {
            self.tell(Input::Woke);
            let left = self.due();
            assert!(left.is_none(), "P3: woken at {}, and still due: {left:?}", self.now);
        }
        if self.restless {
            self.tell(Input::Woke);
        }
    }

    fn arrived(&mut self, input: Input) {
        if self.provider.is_wanted(&input) {
            self.tell(input);
        }
    }

    fn due(&self) -> Option<Deadline> {
        let now = self.machine_time().at;
        self.session.deadline().filter(|deadline| deadline.at <= now)
    }

    pub(crate) fn carry_out_all(&mut self, out: Vec<Output>) {
        self.out = out;
        self.carry_out();
    }

    fn carry_out(&mut self) {
        let mut out = std::mem::take(&mut self.out);
        if self.keeps && out.contains(&Output::Checkpoint) {
            self.kept = Some(self.session.snapshot(self.machine_time(), Secrets::Omit).to_json());
        }
        let now = self.machine_time();
        for output in out.drain(..) {
            self.watch.seen(now, &output);
            self.story.output(self.now, &output);
            if self.keep_outputs {
                self.outputs.push((self.now, output.clone()));
            }
            self.carry(output);
        }
        self.out = out;
        self.watch.after(now, &self.session);
    }

    fn carry(&mut self, output: Output) {
        match output {
            Output::Request { id, mut request, operation, sink, .. } => {
                self.requests.push((self.now, operation.name()));
                if operation == Operation::SendMessage
                    && let Some((token, content)) = (self.message_of)(&request)
                {
                    self.watch.message(token, content);
                }
                match self.files.load(id, &mut request, sink) {
                    Ok(()) => self.provider.request(self.now, id, request),
                    Err(fault) => self.provider.fail(self.now, id, fault),
                }
            }
            Output::CancelRequest { id } => self.provider.cancel(self.now, id),
            Output::Checkpoint => {}
            Output::OpenSocket { id, request, .. } => self.provider.open(self.now, id, &request),
            Output::SendFrame { socket, frame } => self.provider.frame(self.now, socket, frame),
            Output::CloseSocket { id, code, .. } => {
                let open = self.provider.close(self.now, id, Some(code));
                assert!(open, "P6: {id} is closed, and was not open");
            }
            Output::Event(event) => {
                self.mirror.apply(&event);
                self.lines.push(Line { at: self.now, event });
            }
            other => panic!("the simulator does not know {other:?}"),
        }
    }
}
