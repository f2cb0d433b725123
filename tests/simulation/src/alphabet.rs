//! Everything that can happen in a simulated chat, in words that fit every provider.

use std::fmt;

use crate::network::{Flow, Weather};

/// One thing that happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// The user does something.
    User(User),
    /// The company's side does something.
    Agent(Agent),
    /// The user's machine does something.
    Host(Host),
    /// The network does something to traffic from now on.
    Weather(Weather),
    /// The server does something wrong.
    Server(ServerFault),
}

/// What a user does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum User {
    /// Writes messages, all in one tick.
    Say(Vec<String>),
    /// Presses so many keys, 50 ms apart in the user's hands, all within one tick here.
    Type(u32),
    /// Reads the message of somebody else that is so many from the newest.
    Read(usize),
    /// Confirms by hand that this one arrived.
    Confirm(usize),
    /// Wants so many older items.
    LoadHistory(u32),
    /// Wants a part of the transcript.
    LoadTranscript,
    /// Sends what failed or is uncertain again, if there is such a message.
    Resend,
    /// Takes back the newest own message that waits or failed, if there is one.
    Discard,
    /// Sends a file of this name and size.
    SendFile {
        /// Its name.
        name: String,
        /// Its size in bytes.
        size: usize,
    },
    /// Fetches the newest file of somebody else, if there is one.
    FetchFile,
    /// Answers the newest question, if there is one.
    Answer,
    /// Turns receipts off or on.
    Receipts(bool),
    /// Holds the link.
    Suspend,
    /// Lets go of it.
    Resume,
    /// Leaves for good.
    Leave,
}

/// What the company's side does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Agent {
    /// The agent comes.
    Join,
    /// The agent goes; the chat goes on.
    Leave,
    /// The agent writes.
    Say(String),
    /// The agent writes with markup.
    SayRich(String),
    /// A number of messages under one name.
    SayMany {
        /// What stands before the number.
        prefix: String,
        /// How many.
        count: u64,
        /// Milliseconds from one to the next.
        every_ms: u64,
    },
    /// The flow writes.
    System(String),
    /// A bot writes in pieces.
    Stream(Vec<String>),
    /// The agent asks for a choice; which form is up to the number.
    Ask(u64),
    /// The agent sends a file.
    SendFile {
        /// Its name.
        name: String,
        /// Its size in bytes.
        size: usize,
    },
    /// The agent types.
    Type,
    /// The agent's device has all messages.
    Deliver,
    /// The agent has read all messages.
    Read,
    /// Another agent takes over.
    Transfer,
    /// A transfer comes to nothing.
    TransferFailed,
    /// A third person comes.
    SupervisorJoin,
    /// The third person goes.
    SupervisorLeave,
    /// The third person writes.
    SupervisorSay(String),
    /// The customer counts as idle, or as back.
    Idle(bool),
    /// The customer has another name.
    Rename(String),
    /// Something that nobody knows.
    Unknown,
    /// A frame that is nothing at all, so many times.
    Garbage(u32),
    /// The chat ends.
    End,
}

/// What the user's machine does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host {
    /// It has no network, or has one again.
    Online(bool),
    /// The app is in front, or not.
    Foreground(bool),
    /// It stands still for so many milliseconds: nothing is told to the session, and then all of it at once.
    Freeze(u64),
    /// Its clock jumps forward by so many milliseconds; timers go with it.
    Forward(u64),
    /// Its clock jumps back by so many milliseconds.
    Back(u64),
    /// Somebody sets the wall clock, so many milliseconds off.
    SetWall(i64),
    /// The process dies, and another takes the session up from the snapshot of that moment, with secrets in it or not.
    Restart(bool),
    /// It wakes the session for nothing, and tells it of requests and sockets that never were.
    Fidget,
}

/// What a server does wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerFault {
    /// Resets all sockets.
    Cut,
    /// Closes all sockets with this code.
    Close(u16),
    /// Neither hears nor says anything on the sockets that there are.
    HalfOpen,
    /// Makes credentials invalid that are in use.
    Expire,
    /// From now on this happens, instead of what happened before.
    Mixture(Box<Mixture>),
}

/// What a server may do wrong at the same time. A share is so many in a thousand, a span milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mixture {
    /// Connections cut before it acts.
    pub lost_requests: u16,
    /// Connections cut after it acted.
    pub lost_answers: u16,
    /// Requests acted upon and never answered.
    pub hung: u16,
    /// Answers that cannot be read.
    pub garbled: u16,
    /// Answers cut in the middle.
    pub halved: u16,
    /// The next calls get this status: status, how many, seconds to wait.
    pub status: Option<(u16, u32, Option<u32>)>,
    /// Answers come later by up to this.
    pub answer_delay: u64,
    /// Frames come later by up to this.
    pub frame_delay: u64,
    /// Pushes that come twice.
    pub doubled: u16,
    /// Pushes overtake each other by up to this.
    pub reorder: u64,
    /// A socket is cut after so many frames.
    pub cut_after: Option<(u64, u64)>,
    /// A socket is half open after so many frames.
    pub deaf_after: Option<(u64, u64)>,
    /// Before every Nth push comes garbage. 0: never.
    pub garbage_every: u64,
    /// Every Nth push is cut in the middle. 0: never.
    pub truncate_every: u64,
    /// Before every Nth push comes one that is for somebody else. 0: never.
    pub foreign_every: u64,
    /// So many sockets are refused with this status.
    pub refuse: Option<(u16, u32)>,
    /// Greetings are not acknowledged.
    pub no_ack: bool,
    /// Probes are answered with a failure.
    pub sick: bool,
    /// The echo of a message comes so much after its answer, before it (negative), or not at all (none).
    pub echo: Option<i64>,
    /// Its rates are enforced.
    pub throttle: bool,
}

impl Act {
    /// Who does it, for the story.
    #[must_use]
    pub const fn actor(&self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::Agent(_) => "agent",
            Self::Host(_) => "host",
            Self::Weather(_) => "network",
            Self::Server(_) => "server",
        }
    }
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(user) => user.fmt(f),
            Self::Agent(agent) => agent.fmt(f),
            Self::Host(host) => host.fmt(f),
            Self::Weather(weather) => weather.fmt(f),
            Self::Server(fault) => fault.fmt(f),
        }
    }
}

impl fmt::Display for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Say(texts) => write!(f, "writes {}", texts.join(" | ")),
            Self::Type(keys) => write!(f, "types, {keys} keys"),
            Self::Read(back) => write!(f, "reads no. {back} from the end"),
            Self::Confirm(back) => write!(f, "confirms no. {back} from the end"),
            Self::LoadHistory(count) => write!(f, "wants {count} older items"),
            Self::LoadTranscript => f.write_str("wants a part of the transcript"),
            Self::Resend => f.write_str("sends again what failed"),
            Self::Discard => f.write_str("takes back what waits"),
            Self::SendFile { name, size } => write!(f, "sends {name}, {size} bytes"),
            Self::FetchFile => f.write_str("fetches a file"),
            Self::Answer => f.write_str("answers a question"),
            Self::Receipts(on) => write!(f, "turns receipts {}", if *on { "on" } else { "off" }),
            Self::Suspend => f.write_str("suspends"),
            Self::Resume => f.write_str("resumes"),
            Self::Leave => f.write_str("leaves"),
        }
    }
}

impl fmt::Display for Agent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Join => f.write_str("joins"),
            Self::Leave => f.write_str("goes"),
            Self::Say(text) | Self::SayRich(text) => write!(f, "writes {text}"),
            Self::SayMany { prefix, count, every_ms } => {
                write!(f, "writes {count} times {prefix}, {every_ms} ms apart")
            }
            Self::System(text) => write!(f, "flow writes {text}"),
            Self::Stream(pieces) => write!(f, "bot writes in {} pieces", pieces.len()),
            Self::Ask(_) => f.write_str("asks for a choice"),
            Self::SendFile { name, size } => write!(f, "sends {name}, {size} bytes"),
            Self::Type => f.write_str("types"),
            Self::Deliver => f.write_str("has received all"),
            Self::Read => f.write_str("has read all"),
            Self::Transfer => f.write_str("hands over to another"),
            Self::TransferFailed => f.write_str("cannot hand over"),
            Self::SupervisorJoin => f.write_str("supervisor joins"),
            Self::SupervisorLeave => f.write_str("supervisor goes"),
            Self::SupervisorSay(text) => write!(f, "supervisor writes {text}"),
            Self::Idle(true) => f.write_str("customer counts as idle"),
            Self::Idle(false) => f.write_str("customer counts as back"),
            Self::Rename(name) => write!(f, "customer is called {name}"),
            Self::Unknown => f.write_str("sends what nobody knows"),
            Self::Garbage(count) => write!(f, "sends {count} frames of garbage"),
            Self::End => f.write_str("ends the chat"),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Online(true) => f.write_str("is online"),
            Self::Online(false) => f.write_str("is offline"),
            Self::Foreground(true) => f.write_str("has the app in front"),
            Self::Foreground(false) => f.write_str("has the app in the background"),
            Self::Freeze(span) => write!(f, "stands still for {span} ms"),
            Self::Forward(span) => write!(f, "clock jumps {span} ms forward"),
            Self::Back(span) => write!(f, "clock jumps {span} ms back"),
            Self::SetWall(off) => write!(f, "wall clock is {off} ms off"),
            Self::Restart(true) => f.write_str("dies, and begins again from a snapshot with secrets"),
            Self::Restart(false) => f.write_str("dies, and begins again from a snapshot without secrets"),
            Self::Fidget => f.write_str("wakes for nothing"),
        }
    }
}

impl fmt::Display for ServerFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cut => f.write_str("cuts all sockets"),
            Self::Close(code) => write!(f, "closes all sockets with {code}"),
            Self::HalfOpen => f.write_str("leaves all sockets half open"),
            Self::Expire => f.write_str("takes no token any more"),
            Self::Mixture(mixture) => mixture.fmt(f),
        }
    }
}

/// Writes the fields that differ from the default, by name.
macro_rules! differing {
    ($f:expr, $self:expr, $calm:expr, $($field:ident),*) => {{
        let mut some = false;
        $(if $self.$field != $calm.$field {
            write!($f, "{}{}={}", if some { " " } else { "" }, stringify!($field), Plain(&$self.$field))?;
            some = true;
        })*
        if some { Ok(()) } else { $f.write_str("behaves") }
    }};
}

/// `Debug` without `Some(…)` around it.
struct Plain<'a, T>(&'a T);

impl<T: fmt::Debug> fmt::Display for Plain<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{:?}", self.0);
        let inner = text.strip_prefix("Some(").and_then(|text| text.strip_suffix(')'));
        f.write_str(&inner.unwrap_or(&text).to_lowercase())
    }
}

impl fmt::Display for Weather {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let calm = Self::default();
        differing!(f, self, calm, jitter, lost_up, lost_down, doubled, refusing, up, down)
    }
}

impl fmt::Display for Mixture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let calm = Self { echo: Some(0), ..Self::default() };
        #[rustfmt::skip]
        let written = differing!(
            f, self, calm, lost_requests, lost_answers, hung, garbled, halved, status, answer_delay, frame_delay,
            doubled, reorder, cut_after, deaf_after, garbage_every, truncate_every, foreign_every, refuse, no_ack,
            sick, echo, throttle
        );
        written
    }
}

impl Weather {
    /// Nothing passes in one direction.
    #[must_use]
    pub fn dead(up: bool, down: bool) -> Self {
        let flow = |dead| if dead { Flow::Dead } else { Flow::Open };
        Self { up: flow(up), down: flow(down), ..Self::default() }
    }
}
