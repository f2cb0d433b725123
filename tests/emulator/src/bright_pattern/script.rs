//! How the agent behaves by itself.

use super::agent::AgentAction;
use super::machine::{Server, Timer};
use super::receipts::Which;
use super::replies;
use crate::words;

/// A plan for one chat. Every delay is in milliseconds; `None` means: not at all.
#[derive(Debug, Clone, PartialEq)]
pub struct AgentScript {
    /// The agents; the first one starts, each transfer goes to the next.
    pub agents: Vec<AgentName>,
    /// When the agent joins, after the chat was requested.
    pub join_after_ms: Option<u64>,
    /// What the agent says on joining.
    pub greeting: Option<String>,
    /// When a customer's message is confirmed as delivered. None means that the entry does not tell.
    pub delivered_after_ms: Option<u64>,
    /// When it is confirmed as read.
    pub read_after_ms: Option<u64>,
    /// When the agent starts to type.
    pub typing_after_ms: Option<u64>,
    /// When the agent answers, counted from the message.
    pub reply_after_ms: u64,
    /// What the agent answers.
    pub reply: Reply,
    /// Messages that the agent sends without being asked, from the joining on.
    pub rate: Option<Rate>,
    /// What else happens, and why.
    pub rules: Vec<Rule>,
}

/// The names of an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentName {
    /// First name.
    pub first: String,
    /// Last name.
    pub last: String,
    /// What customers see.
    pub display: String,
}

impl AgentName {
    /// A name in its three forms.
    #[must_use]
    pub fn new(first: &str, last: &str, display: &str) -> Self {
        Self { first: first.to_owned(), last: last.to_owned(), display: display.to_owned() }
    }
}

/// What the agent answers to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// Nothing.
    Nothing,
    /// `echo: <text>`.
    Echo,
    /// Friendly words, and what the keywords ask for.
    Helpful,
}

/// Messages at a rate: `tick 1`, `tick 2`, ...
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Milliseconds from one to the next, 1 at least.
    pub every_ms: u64,
    /// How many.
    pub count: u64,
}

/// What happens when something happens.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// The cause.
    pub on: Trigger,
    /// Only this time, counted from 1; `None`: each time.
    pub nth: Option<u32>,
    /// The effects, each with its delay.
    pub then: Vec<(u64, AgentAction)>,
}

impl Rule {
    /// The first time only.
    #[must_use]
    pub const fn once(on: Trigger, then: Vec<(u64, AgentAction)>) -> Self {
        Self { on, nth: Some(1), then }
    }
}

/// Something that the customer has done.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trigger {
    /// Requested the chat.
    Started,
    /// Came back to a chat that runs already; see [`ServerConfig::running`](super::ServerConfig::running).
    Found,
    /// Sent a message.
    Message,
    /// Sent this message, in lower case.
    Said(String),
    /// Sent a file.
    File,
    /// Told a place.
    Location,
    /// Filled in a form, secure or not.
    Form,
    /// Did not want to.
    FormCancelled,
    /// Let the time for one pass.
    FormTimedOut,
    /// Signalled something of a call, by its `type`.
    Signal(String),
    /// `rejected`, `started` or `ended` co-browsing.
    Cobrowsing(String),
    /// Closed the case.
    CaseClosed,
    /// Left, and the scenario goes on.
    Disconnected,
}

impl AgentScript {
    /// Does nothing at all: for tests that drive the agent by hand.
    #[must_use]
    pub fn silent() -> Self {
        Self {
            agents: vec![
                AgentName::new("Marek", "Nowak", "Marek N."),
                AgentName::new("Lea", "Kim", "Lea Kim"),
                AgentName::new("Jonas", "Berg", "Jonas B."),
            ],
            join_after_ms: None,
            greeting: None,
            delivered_after_ms: None,
            read_after_ms: None,
            typing_after_ms: None,
            reply_after_ms: 0,
            reply: Reply::Nothing,
            rate: None,
            rules: Vec::new(),
        }
    }

    /// Joins at once, answers each message with `echo: <text>` at once, and does nothing else.
    #[must_use]
    pub fn echo() -> Self {
        Self { join_after_ms: Some(0), reply: Reply::Echo, ..Self::silent() }
    }

    /// A chat as one would have it: a bot, a queue, an agent who types, confirms and answers, and keywords that show
    /// every kind of event.
    #[must_use]
    pub fn demo() -> Self {
        let bot = "Welcome to Acme Support. Please hold on.";
        Self {
            join_after_ms: Some(1500),
            greeting: Some("Hello, how can I help? (Say \"help\" to see what I can do.)".to_owned()),
            delivered_after_ms: Some(300),
            read_after_ms: Some(800),
            typing_after_ms: Some(900),
            reply_after_ms: 1500,
            reply: Reply::Helpful,
            rules: vec![
                Rule::once(
                    Trigger::Started,
                    vec![
                        (100, AgentAction::Info),
                        (100, AgentAction::BotJoin),
                        (200, AgentAction::BotSay(bot.to_owned())),
                        (400, AgentAction::Status { state: "queued".to_owned(), ewt: Some(3) }),
                        (1400, AgentAction::Status { state: "connecting".to_owned(), ewt: Some(0) }),
                    ],
                ),
                Rule {
                    on: Trigger::Disconnected,
                    nth: None,
                    then: vec![
                        (200, AgentAction::BotSay("How did we do?".to_owned())),
                        (200, AgentAction::Form { name: "Survey".to_owned(), timeout_s: 120 }),
                    ],
                },
            ],
            ..Self::silent()
        }
    }

    /// The same with messages that nobody asked for.
    #[must_use]
    pub const fn with_rate(mut self, every_ms: u64, count: u64) -> Self {
        self.rate = Some(Rate { every_ms, count });
        self
    }

    /// The same with one more rule.
    #[must_use]
    pub fn with_rule(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }
}

impl Server {
    fn plan(&mut self, due_ms: u64, chat: usize, action: AgentAction) {
        self.after(due_ms, Timer::Act { chat, action });
    }

    /// The customer has done something.
    pub(super) fn react(&mut self, now_ms: u64, chat: usize, what: &Trigger, text: Option<String>) {
        let state = &mut self.chats[chat];
        if !state.alive() {
            return;
        }
        let mut times = vec![(what.clone(), state.happens(what))];
        if let (Trigger::Message, Some(text)) = (what, &text) {
            let said = Trigger::Said(words::keyword(text));
            let time = state.happens(&said);
            times.push((said, time));
        }
        let mut plan = Vec::new();
        if *what == Trigger::Started {
            plan.extend(starting(&state.script));
        }
        for rule in &state.script.rules {
            let fits =
                |(what, time): &(Trigger, u32)| rule.on == *what && rule.nth.is_none_or(|nth| nth == *time);
            if times.iter().any(fits) {
                plan.extend(rule.then.iter().cloned());
            }
        }
        let script = &state.script;
        if *what == Trigger::Message {
            let confirm = |wait: Option<u64>, action: AgentAction| wait.map(|wait| (wait, action));
            plan.extend(confirm(script.delivered_after_ms, AgentAction::MarkDelivered(Which::All)));
            plan.extend(confirm(script.read_after_ms, AgentAction::MarkRead(Which::All)));
        }
        let answers = match script.reply {
            Reply::Nothing => Vec::new(),
            Reply::Echo => match (what, &text) {
                (Trigger::Message, Some(text)) => vec![(0, AgentAction::Say(format!("echo: {text}")))],
                _ => Vec::new(),
            },
            Reply::Helpful => {
                let replies = state.replies;
                state.replies += u64::from(*what == Trigger::Message);
                replies::reply(what, text.as_deref().unwrap_or_default(), replies)
            }
        };
        let script = &state.script;
        let wait = script.reply_after_ms;
        let typing = script.typing_after_ms.filter(|typing| *typing < wait && !answers.is_empty());
        plan.extend(typing.map(|typing| (typing, AgentAction::Typing)));
        plan.extend(answers.into_iter().map(|(more, action)| (wait + more, action)));
        for (wait, action) in plan {
            self.plan(now_ms + wait, chat, action);
        }
    }
}

/// What a script does at the start of a chat.
fn starting(script: &AgentScript) -> Vec<(u64, AgentAction)> {
    let mut plan = Vec::new();
    let joined = script.join_after_ms.unwrap_or(0);
    if let Some(wait) = script.join_after_ms {
        plan.push((wait, AgentAction::Join));
    }
    if let Some(text) = &script.greeting {
        plan.push((joined + 400, AgentAction::Say(text.clone())));
    }
    if let Some(rate) = script.rate {
        let every_ms = rate.every_ms.max(1);
        let many = AgentAction::SayMany { prefix: "tick".to_owned(), first: 1, last: rate.count, every_ms };
        plan.push((joined + 400 + every_ms, many));
    }
    plan
}
