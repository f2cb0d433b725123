//! What a scenario says.

use helpline_emulator::amazon_connect::{AgentAction, ServerConfig};
use helpline_protocol::model::Choice;
use helpline_protocol::{Input, Limits, MessageKey, Policy};
use helpline_simulation::Latency;

/// A scenario: settings, and who does what when.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// What it shows, in prose.
    pub shows: String,
    /// Decides the chance of both sides.
    pub seed: u64,
    /// The session's timers.
    pub policy: Policy,
    /// The session's caps.
    pub limits: Limits,
    /// The provider, its agent and its faults.
    pub server: ServerConfig,
    /// How long things take on their way.
    pub latency: Latency,
    /// Who does what when, in order.
    pub steps: Vec<Step>,
    /// When it is over, in milliseconds.
    pub until: u64,
    /// What the transcript must show, and must not: the point of the scenario.
    pub expected: Vec<Expectation>,
}

/// A demand on the transcript, which holds whatever the snapshot says.
#[derive(Clone, Debug)]
pub struct Expectation {
    /// A part of a line.
    pub text: String,
    /// How many lines may have it.
    pub times: Times,
}

/// How often something stands in a transcript.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    /// Once or more.
    Some,
    /// So often exactly.
    Exactly(usize),
}

impl Scenario {
    /// The demands that a transcript does not meet, in words.
    #[must_use]
    pub fn unmet(&self, transcript: &str) -> Vec<String> {
        let count = |text: &str| transcript.lines().filter(|line| line.contains(text)).count();
        self.expected
            .iter()
            .filter_map(|Expectation { text, times }| match (times, count(text)) {
                (Times::Some, 0) => Some(format!("no line has {text:?}")),
                (Times::Exactly(times), found) if found != *times => {
                    Some(format!("{found} lines instead of {times} have {text:?}"))
                }
                _ => None,
            })
            .collect()
    }
}

/// One timed line.
#[derive(Clone, Debug)]
pub struct Step {
    /// When, in milliseconds.
    pub at: u64,
    /// What, as it was written.
    pub text: String,
    /// What.
    pub act: Act,
}

/// What somebody does.
#[derive(Clone, Debug)]
pub enum Act {
    /// The user asks the session for something.
    User(User),
    /// The host tells the session something.
    Host(Input),
    /// Something happens beyond the session.
    Far(Far),
}

/// A command; where it names a message that may be the last one.
#[derive(Clone, Debug)]
pub enum User {
    /// `connect`
    Connect,
    /// `send TEXT`
    Send(String),
    /// `answer LAST element 1`
    Answer(Target, Choice),
    /// `resend m5`
    Resend(Target),
    /// `discard m5`
    Discard(Target),
    /// `typing`
    Typing,
    /// `read LAST`
    Read(Target),
    /// `delivered LAST`
    Delivered(Target),
    /// `history 20`
    History(Option<u32>),
    /// `suspend`
    Suspend,
    /// `resume`
    Resume,
    /// `leave`
    Leave,
}

/// Which message.
#[derive(Clone, Copy, Debug)]
pub enum Target {
    /// The newest one that the command can be about.
    Last,
    /// The one of this key.
    Key(MessageKey),
}

/// What happens beyond the session.
#[derive(Clone, Debug)]
pub enum Far {
    /// The agent, the flow or the instance does something.
    Agent(AgentAction),
    /// All sockets are reset.
    Cut,
    /// All sockets are half open from now on.
    Silence,
    /// All sockets are closed by the server.
    Close(u16, String),
    /// All connection tokens are invalid.
    ExpireTokens,
    /// A fault, by the emulator's name for it.
    Fault(String),
    /// No faults any more.
    Heal,
    /// The line is dead (`true`), or lives again. Nobody is told.
    LineDown(bool),
}
