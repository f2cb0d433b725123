//! Reads a scenario. Its language is described in the README of the folder of scenarios.

use std::fmt;

use helpline_emulator::amazon_connect::{
    AgentAction, AgentScript, Faults, InteractiveKind, ServerConfig, Which,
};
use helpline_protocol::model::Choice;
use helpline_protocol::{AppState, Input, Limits, Network, Policy};
use helpline_simulation::Latency;
use serde_json::{Value, json};

use crate::scenario::{Act, Expectation, Far, Scenario, Step, Target, Times, User};

/// What is wrong with a scenario, where, and what to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    file: String,
    line: usize,
    problem: String,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.problem)
    }
}

impl std::error::Error for ParseError {}

/// What is wrong, and what to write.
type Parsed<T> = Result<T, String>;

/// Reads a scenario. `file` is only for errors.
///
/// # Errors
/// With file, line and what to write, when it cannot be understood.
pub fn parse(file: &str, text: &str) -> Result<Scenario, ParseError> {
    let mut scenario = Scenario {
        shows: String::new(),
        seed: 1,
        policy: Policy::amazon_connect(),
        limits: Limits::default(),
        server: ServerConfig::default(),
        latency: Latency::default(),
        steps: Vec::new(),
        until: 0,
        expected: Vec::new(),
    };
    let wrong = |line: usize, problem: String| ParseError { file: file.to_owned(), line, problem };
    let mut last = 0;
    for (index, line) in text.lines().enumerate() {
        last = index + 1;
        read_line(&mut scenario, line.trim()).map_err(|problem| wrong(last, problem))?;
    }
    if scenario.shows.is_empty() {
        return Err(wrong(1, "begin with a comment that says what it shows: `# ...`".to_owned()));
    }
    if scenario.until == 0 {
        return Err(wrong(last, "end with a line such as `until 60s`".to_owned()));
    }
    Ok(scenario)
}

fn read_line(scenario: &mut Scenario, line: &str) -> Parsed<()> {
    if let Some(comment) = line.strip_prefix('#') {
        if scenario.steps.is_empty() && scenario.until == 0 {
            scenario.shows.push_str(comment.trim());
            scenario.shows.push('\n');
        }
        return Ok(());
    }
    if line.is_empty() {
        return Ok(());
    }
    let (word, rest) = split(line);
    if scenario.until > 0 {
        scenario.expected.push(read_expectation(word, rest)?);
        return Ok(());
    }
    match word {
        "at" => {
            let (time, what) = split(rest);
            let at = millis(time)?;
            if scenario.steps.last().is_some_and(|step| step.at > at) {
                return Err("it is earlier than the line before: write lines in their order".to_owned());
            }
            let act = read_act(what)?;
            let text = what.to_owned();
            scenario.steps.push(Step { at, text, act });
        }
        "until" => {
            scenario.until = millis(rest)?;
            if scenario.steps.last().is_some_and(|step| step.at > scenario.until) {
                return Err("`until` is before the last step".to_owned());
            }
        }
        _ if scenario.steps.is_empty() => read_setting(scenario, word, rest)?,
        _ => return Err(format!("`{word}` is no step: write `at 2s {line}`")),
    }
    Ok(())
}

fn read_expectation(word: &str, rest: &str) -> Parsed<Expectation> {
    let (times, rest) = match word {
        "expect" => (Times::Some, rest),
        "once" => (Times::Exactly(1), rest),
        "never" => (Times::Exactly(0), rest),
        _ => {
            return Err(format!(
                "`{word}`: behind `until` there may be expect TEXT, once TEXT or never TEXT"
            ));
        }
    };
    let text = text(rest)?;
    Ok(Expectation { text, times })
}

fn read_setting(scenario: &mut Scenario, word: &str, rest: &str) -> Parsed<()> {
    match word {
        "seed" => scenario.seed = number(rest)?,
        "policy" => {
            let (name, value) = assignment(rest)?;
            scenario.policy = set_field(&scenario.policy, name, value)?;
        }
        "limit" => {
            let (name, value) = assignment(rest)?;
            scenario.limits = set_field(&scenario.limits, name, value)?;
        }
        "agent" => {
            scenario.server.script = match rest {
                "silent" => AgentScript::silent(),
                "echo" => AgentScript::echo(),
                "demo" => AgentScript::demo(),
                _ => return Err(format!("`{rest}` is no script: write silent, echo or demo")),
            };
        }
        "latency" => {
            let (name, value) = assignment(rest)?;
            match name {
                "http" => scenario.latency.http = millis(value)?,
                "socket" => scenario.latency.socket = millis(value)?,
                _ => return Err("write `latency http=20ms` or `latency socket=15ms`".to_owned()),
            }
        }
        "fault" => set_fault(&mut scenario.server.faults, rest)?,
        _ => {
            return Err(format!(
                "`{word}` is no setting: write seed, policy, limit, agent, latency or fault, or `at 2s ...`"
            ));
        }
    }
    Ok(())
}

/// Sets a fault by the emulator's name for it.
pub(crate) fn set_fault(faults: &mut Faults, text: &str) -> Parsed<()> {
    faults.set(text).map_err(|error| error.to_string())
}

/// Sets a field by its name, through what it is in JSON.
fn set_field<T>(old: &T, name: &str, value: &str) -> Parsed<T>
where
    T: serde::Serialize + serde::de::DeserializeOwned,
{
    let mut fields = serde_json::to_value(old).map_err(|error| error.to_string())?;
    let Some(field) = fields.get_mut(name) else {
        let known: Vec<&String> = fields.as_object().into_iter().flat_map(|it| it.keys()).collect();
        return Err(format!("there is no `{name}`, there are {known:?}"));
    };
    *field = match field {
        Value::Bool(_) => match value {
            "on" => json!(true),
            "off" => json!(false),
            _ => return Err(format!("`{value}`: write on or off")),
        },
        Value::Number(_) => json!(number::<u64>(value)?),
        _ => {
            let span = millis(value)?;
            json!({ "secs": span / 1000, "nanos": span % 1000 * 1_000_000 })
        }
    };
    serde_json::from_value(fields).map_err(|error| error.to_string())
}

fn read_act(what: &str) -> Parsed<Act> {
    let (word, rest) = split(what);
    let user = |user| Ok(Act::User(user));
    let far = |far| Ok(Act::Far(far));
    match word {
        "connect" => user(User::Connect),
        "send" => user(User::Send(text(rest)?)),
        "typing" => user(User::Typing),
        "read" => user(User::Read(target(rest)?)),
        "delivered" => user(User::Delivered(target(rest)?)),
        "resend" => user(User::Resend(target(rest)?)),
        "discard" => user(User::Discard(target(rest)?)),
        "answer" => {
            let (which, choice) = split(rest);
            user(User::Answer(target(which)?, read_choice(choice)?))
        }
        "history" if rest.is_empty() => user(User::History(None)),
        "history" => user(User::History(Some(number(rest)?))),
        "suspend" => user(User::Suspend),
        "resume" => user(User::Resume),
        "leave" => user(User::Leave),
        "network" => Ok(Act::Host(Input::Network(match rest {
            "online" => Network::Online,
            "offline" => Network::Offline,
            _ => return Err("write `network online` or `network offline`".to_owned()),
        }))),
        "app" => Ok(Act::Host(Input::App(match rest {
            "foreground" => AppState::Foreground,
            "background" => AppState::Background,
            _ => return Err("write `app foreground` or `app background`".to_owned()),
        }))),
        "line" => match rest {
            "down" => far(Far::LineDown(true)),
            "up" => far(Far::LineDown(false)),
            _ => Err("write `line down` or `line up`".to_owned()),
        },
        "cut" => far(Far::Cut),
        "silence" => far(Far::Silence),
        "close" => {
            let (code, reason) = split(rest);
            far(Far::Close(number(code)?, reason.to_owned()))
        }
        "expire" if rest == "tokens" => far(Far::ExpireTokens),
        "fault" => {
            set_fault(&mut Faults::default(), rest)?;
            far(Far::Fault(rest.to_owned()))
        }
        "heal" => far(Far::Heal),
        "end" => far(Far::Agent(AgentAction::End)),
        "agent" => far(Far::Agent(read_agent(rest)?)),
        _ => Err(format!(
            "`{word}` is nothing one can do: write connect, send, typing, read, delivered, resend, discard, \
             answer, history, suspend, resume, leave, network, app, line, cut, silence, close, expire tokens, \
             fault, heal, end or agent"
        )),
    }
}

fn read_agent(what: &str) -> Parsed<AgentAction> {
    let (word, rest) = split(what);
    Ok(match word {
        "say" => AgentAction::Say(text(rest)?),
        "markdown" => AgentAction::SayMarkdown(text(rest)?),
        "says-many" => {
            let (count, rest) = split(rest);
            let (every, prefix) = split(rest);
            AgentAction::SayMany { count: number(count)?, every_ms: millis(every)?, prefix: text(prefix)? }
        }
        "types" => AgentAction::Typing,
        "joins" => AgentAction::Join,
        "leaves" => AgentAction::Leave,
        "read" if rest == "all" => AgentAction::MarkRead(Which::All),
        "delivered" if rest == "all" => AgentAction::MarkDelivered(Which::All),
        "asks" => AgentAction::Interactive(kind(rest)?),
        "streams" => AgentAction::StreamBot(rest.split('|').map(str::to_owned).collect()),
        "transfers" => AgentAction::Transfer,
        "transfer-fails" => AgentAction::TransferFailed,
        "supervisor-joins" => AgentAction::SupervisorJoin,
        "supervisor-says" => AgentAction::SupervisorSay(text(rest)?),
        "supervisor-leaves" => AgentAction::SupervisorLeave,
        "flow-says" => AgentAction::System(text(rest)?),
        "renames-me" => AgentAction::Rename(text(rest)?),
        "idle" => AgentAction::Idle,
        "auto-disconnects" => AgentAction::AutoDisconnect,
        "event" => AgentAction::Event { name: text(rest)?, content: None },
        "frame" => AgentAction::RawFrame(text(rest)?),
        _ => {
            return Err(format!(
                "`{word}` is nothing an agent does: write say, markdown, says-many COUNT EVERY TEXT, types, \
                 joins, leaves, read all, delivered all, asks KIND, streams A | B, transfers, transfer-fails, \
                 supervisor-joins, supervisor-says, supervisor-leaves, flow-says, renames-me, idle, \
                 auto-disconnects, event NAME or frame TEXT"
            ));
        }
    })
}

fn kind(text: &str) -> Parsed<InteractiveKind> {
    Ok(match text {
        "list" => InteractiveKind::ListPicker,
        "list-with-actions" => InteractiveKind::ListPickerActions,
        "time" => InteractiveKind::TimePicker,
        "panel" => InteractiveKind::Panel,
        "quick-reply" => InteractiveKind::QuickReply,
        "carousel" => InteractiveKind::Carousel,
        "view" => InteractiveKind::View,
        "unknown" => InteractiveKind::Unknown,
        _ => {
            return Err(format!(
                "`{text}` is no question: write list, list-with-actions, time, panel, quick-reply, carousel, \
                 view or unknown"
            ));
        }
    })
}

fn read_choice(text: &str) -> Parsed<Choice> {
    let parts: Vec<&str> = text.split_whitespace().collect();
    match parts[..] {
        ["element", index] => Ok(Choice::Element { index: number(index)? }),
        ["card", card, "element", element] => {
            Ok(Choice::CardElement { card: number(card)?, element: number(element)? })
        }
        _ => Err("write `answer LAST element 1` or `answer LAST card 0 element 1`".to_owned()),
    }
}

fn target(text: &str) -> Parsed<Target> {
    if text == "LAST" {
        return Ok(Target::Last);
    }
    let key = text.parse().map(Target::Key);
    key.map_err(|_| format!("`{text}` is no message: write LAST, or a key such as m5"))
}

fn text(rest: &str) -> Parsed<String> {
    if rest.is_empty() {
        return Err("something must be said: write a text".to_owned());
    }
    Ok(rest.to_owned())
}

fn split(line: &str) -> (&str, &str) {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    (word, rest.trim())
}

fn assignment(text: &str) -> Parsed<(&str, &str)> {
    text.split_once('=').ok_or_else(|| format!("`{text}`: write NAME=VALUE"))
}

fn number<T: std::str::FromStr>(text: &str) -> Parsed<T> {
    text.parse().map_err(|_| format!("`{text}`: write a number that fits"))
}

/// A time such as `2s`, `1.5s`, `300ms`, `59m` or `1h`, in milliseconds.
fn millis(text: &str) -> Parsed<u64> {
    let wrong = || format!("`{text}`: write a time such as 2s, 1.5s, 300ms, 59m or 1h");
    let unit = text.find(|c: char| c.is_ascii_alphabetic()).ok_or_else(wrong)?;
    let (amount, unit) = text.split_at(unit);
    let unit = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(wrong()),
    };
    let (whole, part) = amount.split_once('.').unwrap_or((amount, ""));
    let whole: u64 = whole.parse().map_err(|_| wrong())?;
    let thousandths: u64 =
        if part.is_empty() { 0 } else { format!("{part:0<3}").parse().map_err(|_| wrong())? };
    if part.len() > 3 || !(thousandths * unit).is_multiple_of(1_000) {
        return Err(wrong());
    }
    Ok(whole * unit + thousandths * unit / 1_000)
}

#[cfg(test)]
mod tests;
