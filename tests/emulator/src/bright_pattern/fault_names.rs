//! Faults by name, as the command line gives them.

use super::codes::{ErrorCode, ErrorForm};
use super::faults::{
    ChanceRule, DelayRule, ErrorRule, Faults, Flood, IdleForm, MalformedRule, TimeForm, WaitForm,
};
use super::malformed::BODIES;
use super::operation::Operation;
use crate::fault_values::{
    Parsed, chance, chance_rule, flag, needed, number, one_of, operation, span, status_code, status_rule,
    unknown, wrong,
};

/// Every fault by name, for `--help`.
pub const FAULT_HELP: &str = "\
Faults (--fault NAME[=VALUE], repeatable). OP is one of version, availability, parameters, request-chat, active-chat,
events, poll, history, case-history, close-case, notifications, upload, download, photo, icon, ice, configuration and
sms; without it a fault holds for all calls. N..M is drawn evenly. CHANCE is `1/N` for every Nth time, `only:N` for the
Nth alone, `next:N` for the next N times, or a number for so many in a thousand.

  status=CODE[,op=OP][,times=N][,retry-after=SECONDS]
                            answer calls with a proxy's page and this status (an empty body with errors=empty)
  error=CODE[,op=OP][,times=N][,status=CODE][,retry-after=SECONDS]
                            answer calls with one of the server's own codes, 1000 to 5955
  errors=FORM               write those as json, number, code-only, extra, unknown, nested, text, html or empty
  lost-request=CHANCE[,op=OP]  cut the connection before acting
  lost-answer=CHANCE[,op=OP]   cut the connection after acting
  lost-poll=CHANCE          cut the connection of a poll after draining its events
  hang=CHANCE[,op=OP]          act, and never answer
  garbage-answer=CHANCE[,op=OP]  act, and answer with something that is no JSON
  cut-half=CHANCE[,op=OP]      cut the connection in the middle of an answer, or of an upload
  wrong-type=CHANCE[,op=OP]    answer with a content type that does not fit
  malformed=NAME|all[,op=OP][,chance=CHANCE]
                            act, and answer with a malformed body; an unknown NAME lists them
  answer-delay=MS|MS..MS[,op=OP]
                            answers come later
  drip=BYTES                answers come out, and uploads are taken in, at so many bytes a second
  replayed-post=CHANCE      posted events are acted upon twice
  lost-session=CHANCE[,op=OP]  the caller's chat is gone, without a word
  cached-poll=CHANCE        a cache answers a poll with what the last one was answered
  repeated-batch=CHANCE     a batch comes again with the next one
  refused-poll=CHANCE       a poll is refused (5509) though none is held
  concurrent-status=CODE    the status of 5509 (429)
  idle=FORM                 an idle poll is answered with an empty array, object or body (empty), or with 5511
  no-hold                   an idle poll is answered at once
  endless-hold              an idle poll is held until something happens
  flood=EVENTS[,times=N]    the next N batches (1) are swollen by so many events
  strange=N                 an event that nobody knows before every Nth
  read-first                read receipts come before those for delivery
  doubled-receipts          each receipt comes twice
  legacy-receipts           receipts name their message in msg_id
  echo-own                  the customer's own events come back with the polls
  times=FORM                write times as seconds, ms, number, number-ms, fraction, garbage or absent
  ewt=FORM                  write estimated waits as text, number, garbage or absent
  word-booleans             is_new_chat is a word
  number-forms              ids and timeouts of forms are numbers
  omit=MEMBER               leave a member out of the server's events; repeatable
  misspelt                  the end for inactivity has the name that the documents misspell
  closed-word=WORD          the word for being closed (notAvailable)
  file-delay=MS             a file can be fetched only so long after its upload
  clock-skew=MS             the server's clock is wrong; may be negative";

impl Faults {
    /// Sets one fault from `NAME` or `NAME=VALUE`.
    ///
    /// # Errors
    /// When the name is unknown or the value does not fit.
    pub fn set(&mut self, text: &str) -> Parsed<()> {
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (text, None),
        };
        if self.set_flag(name, value)? || self.set_call(name, value)? || self.set_event(name, value)? {
            return Ok(());
        }
        Err(unknown(name))
    }

    /// Those without a value.
    fn set_flag(&mut self, name: &str, value: Option<&str>) -> Parsed<bool> {
        let switch = match name {
            "no-hold" => &mut self.no_hold,
            "endless-hold" => &mut self.endless_hold,
            "read-first" => &mut self.read_first,
            "doubled-receipts" => &mut self.doubled_receipts,
            "legacy-receipts" => &mut self.legacy_receipts,
            "echo-own" => &mut self.echo_own,
            "word-booleans" => &mut self.word_booleans,
            "number-forms" => &mut self.number_forms,
            "misspelt" => &mut self.misspelt,
            _ => return Ok(false),
        };
        *switch = flag(name, value)?;
        Ok(true)
    }

    /// Those of calls and their answers.
    fn set_call(&mut self, name: &str, value: Option<&str>) -> Parsed<bool> {
        let rules = match name {
            "lost-request" => &mut self.lost_requests,
            "lost-answer" => &mut self.lost_answers,
            "hang" => &mut self.hang,
            "garbage-answer" => &mut self.garbage_answers,
            "cut-half" => &mut self.cut_half,
            "wrong-type" => &mut self.wrong_types,
            "lost-session" => &mut self.lost_sessions,
            _ => return self.set_other_call(name, value),
        };
        let rule: ChanceRule = chance_rule(name, needed(name, value)?, &Operation::ALL)?;
        rules.push(rule);
        Ok(true)
    }

    fn set_other_call(&mut self, name: &str, value: Option<&str>) -> Parsed<bool> {
        let needed = || needed(name, value);
        match name {
            "status" => self.statuses.push(status_rule(name, needed()?, &Operation::ALL)?),
            "error" => self.errors.push(error_rule(name, needed()?)?),
            "errors" => self.error_form = one_of(name, needed()?, &ErrorForm::ALL, "a form of errors")?,
            "malformed" => self.malformed.push(malformed_rule(name, needed()?)?),
            "answer-delay" => self.answer_delays.push(delay_rule(name, needed()?)?),
            "drip" => self.bytes_per_second = Some(number::<u64>(name, needed()?)?.max(1)),
            "lost-poll" => self.lost_polls = chance(name, needed()?)?,
            "replayed-post" => self.replayed_posts = chance(name, needed()?)?,
            "cached-poll" => self.cached_polls = chance(name, needed()?)?,
            "repeated-batch" => self.repeated_batches = chance(name, needed()?)?,
            "refused-poll" => self.refused_polls = chance(name, needed()?)?,
            "concurrent-status" => self.concurrent_status = Some(status_code(name, needed()?)?),
            "idle" => self.idle = one_of(name, needed()?, &IdleForm::ALL, "a form of idle answers")?,
            "flood" => self.flood = Some(flood(name, needed()?)?),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Those of events and how they are written.
    fn set_event(&mut self, name: &str, value: Option<&str>) -> Parsed<bool> {
        let needed = || needed(name, value);
        match name {
            "strange" => self.strange_every = number(name, needed()?)?,
            "times" => self.times = one_of(name, needed()?, &TimeForm::ALL, "a form of times")?,
            "ewt" => self.waits = one_of(name, needed()?, &WaitForm::ALL, "a form of waits")?,
            "omit" => self.omitted.push(needed()?.to_owned()),
            "closed-word" => self.closed_word = Some(needed()?.to_owned()),
            "file-delay" => self.file_delay_ms = number(name, needed()?)?,
            "clock-skew" => self.clock_skew_ms = number(name, needed()?)?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// `CODE[,op=OP][,times=N][,status=CODE][,retry-after=SECONDS]`.
fn error_rule(name: &str, value: &str) -> Parsed<ErrorRule> {
    let mut parts = value.split(',');
    let told = parts.next().unwrap_or("");
    let code = ErrorCode::of(number(name, told)?);
    let code = code.ok_or_else(|| wrong(name, told, "a code of the server"))?;
    let mut rule = ErrorRule { operation: None, code, times: None, status: None, retry_after: None };
    for part in parts {
        match part.split_once('=') {
            Some(("op", wanted)) => rule.operation = Some(operation(name, wanted, &Operation::ALL)?),
            Some(("times", times)) => rule.times = Some(number(name, times)?),
            Some(("status", status)) => rule.status = Some(status_code(name, status)?),
            Some(("retry-after", wait)) => rule.retry_after = Some(number(name, wait)?),
            _ => return Err(wrong(name, part, "one of op=, times=, status=, retry-after=")),
        }
    }
    Ok(rule)
}

/// `NAME|all[,op=OP][,chance=CHANCE]`.
fn malformed_rule(name: &str, value: &str) -> Parsed<MalformedRule> {
    let mut parts = value.split(',');
    let wanted = parts.next().unwrap_or("");
    let known = BODIES.iter().any(|body| body.name == wanted);
    if !known && wanted != "all" {
        let names: Vec<&str> = BODIES.iter().map(|body| body.name).collect();
        return Err(wrong(name, wanted, &format!("`all` or one of {}", names.join(", "))));
    }
    let mut rule = MalformedRule {
        operation: None,
        name: known.then(|| wanted.to_owned()),
        chance: crate::chance::Chance::Every(1),
        seen: 0,
        sent: 0,
    };
    for part in parts {
        match part.split_once('=') {
            Some(("op", wanted)) => rule.operation = Some(operation(name, wanted, &Operation::ALL)?),
            Some(("chance", often)) => rule.chance = chance(name, often)?,
            _ => return Err(wrong(name, part, "one of op=, chance=")),
        }
    }
    Ok(rule)
}

/// `MS|MS..MS[,op=OP]`.
fn delay_rule(name: &str, value: &str) -> Parsed<DelayRule> {
    let (delay, rest) = value.split_once(',').unwrap_or((value, ""));
    let only = match rest.split_once('=') {
        Some(("op", wanted)) => Some(operation(name, wanted, &Operation::ALL)?),
        None if rest.is_empty() => None,
        _ => return Err(wrong(name, rest, "`op=OP`")),
    };
    Ok(DelayRule { operation: only, delay: span(name, delay)? })
}

/// `EVENTS[,times=N]`.
fn flood(name: &str, value: &str) -> Parsed<Flood> {
    let (events, rest) = value.split_once(',').unwrap_or((value, "times=1"));
    let times = rest.strip_prefix("times=").ok_or_else(|| wrong(name, rest, "`times=N`"))?;
    Ok(Flood { events: number(name, events)?, times: number(name, times)? })
}
