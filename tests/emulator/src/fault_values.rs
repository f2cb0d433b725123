//! Values of faults as the command line gives them. Every provider reads its own names, and these values.

use std::fmt;
use std::str::FromStr;

use crate::chance::{Chance, ChanceRule, Span, StatusRule};

/// A fault that could not be understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultError(String);

impl fmt::Display for FaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for FaultError {}

pub(crate) type Parsed<T> = Result<T, FaultError>;

/// Operations by their names on the command line.
pub(crate) type Names<O> = [(&'static str, O)];

pub(crate) fn wrong(name: &str, value: &str, expected: &str) -> FaultError {
    FaultError(format!("fault `{name}`: `{value}` is not {expected}"))
}

pub(crate) fn unknown(name: &str) -> FaultError {
    FaultError(format!("there is no fault `{name}`"))
}

/// The value of a fault that needs one.
pub(crate) fn needed<'a>(name: &str, value: Option<&'a str>) -> Parsed<&'a str> {
    value.ok_or_else(|| FaultError(format!("fault `{name}` needs a value")))
}

/// A fault that takes no value.
pub(crate) fn flag(name: &str, value: Option<&str>) -> Parsed<bool> {
    match value {
        None => Ok(true),
        Some(value) => Err(wrong(name, value, "wanted: it takes no value")),
    }
}

pub(crate) fn number<T: FromStr>(name: &str, value: &str) -> Parsed<T> {
    value.parse().map_err(|_| wrong(name, value, "a fitting number"))
}

pub(crate) fn seconds(name: &str, value: &str) -> Parsed<u64> {
    number::<u64>(name, value).map(|seconds| seconds.saturating_mul(1000))
}

pub(crate) fn status_code(name: &str, value: &str) -> Parsed<u16> {
    let status: u16 = number(name, value)?;
    if (400..600).contains(&status) {
        return Ok(status);
    }
    Err(wrong(name, value, "an error status, 400 to 599"))
}

pub(crate) fn span(name: &str, value: &str) -> Parsed<Span> {
    let (from, to) = value.split_once("..").unwrap_or((value, value));
    let (from, to) = (number(name, from)?, number(name, to)?);
    if from > to {
        return Err(wrong(name, value, "a range from small to large"));
    }
    Ok(Span { from, to })
}

pub(crate) fn chance(name: &str, value: &str) -> Parsed<Chance> {
    if let Some(every) = value.strip_prefix("1/") {
        return number(name, every).map(Chance::Every);
    }
    if let Some(next) = value.strip_prefix("next:") {
        return number(name, next).map(Chance::Next);
    }
    if let Some(nth) = value.strip_prefix("only:") {
        return number(name, nth).map(Chance::Only);
    }
    match number(name, value)? {
        share @ 0..=1000 => Ok(Chance::PerMille(share)),
        _ => Err(wrong(name, value, "a share of a thousand")),
    }
}

/// One of several words, each with what it stands for.
pub(crate) fn one_of<T: Copy>(name: &str, value: &str, known: &Names<T>, expected: &str) -> Parsed<T> {
    let found = known.iter().find(|(word, _)| *word == value);
    found.map(|(_, meant)| *meant).ok_or_else(|| wrong(name, value, expected))
}

pub(crate) fn operation<O: Copy>(name: &str, value: &str, known: &Names<O>) -> Parsed<O> {
    one_of(name, value, known, "an operation")
}

/// `CHANCE[,op=OP]`.
pub(crate) fn chance_rule<O: Copy>(name: &str, value: &str, known: &Names<O>) -> Parsed<ChanceRule<O>> {
    let (often, rest) = value.split_once(',').unwrap_or((value, ""));
    let only = match rest.split_once('=') {
        Some(("op", wanted)) => Some(operation(name, wanted, known)?),
        None if rest.is_empty() => None,
        _ => return Err(wrong(name, rest, "`op=OP`")),
    };
    Ok(ChanceRule::new(only, chance(name, often)?))
}

/// `CODE[,op=OP][,times=N][,retry-after=SECONDS]`.
pub(crate) fn status_rule<O: Copy>(name: &str, value: &str, known: &Names<O>) -> Parsed<StatusRule<O>> {
    let mut parts = value.split(',');
    let mut rule = StatusRule {
        operation: None,
        status: status_code(name, parts.next().unwrap_or(""))?,
        times: None,
        retry_after: None,
    };
    for part in parts {
        match part.split_once('=') {
            Some(("op", wanted)) => rule.operation = Some(operation(name, wanted, known)?),
            Some(("times", times)) => rule.times = Some(number(name, times)?),
            Some(("retry-after", wait)) => rule.retry_after = Some(number(name, wait)?),
            _ => return Err(wrong(name, part, "one of op=, times=, retry-after=")),
        }
    }
    Ok(rule)
}
