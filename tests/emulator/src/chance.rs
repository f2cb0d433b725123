//! How often and how much: what the switches of every provider are made of. All of it is drawn from the server's seed.

use crate::rng::Rng;

/// A number drawn evenly from `from..=to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Smallest.
    pub from: u64,
    /// Largest.
    pub to: u64,
}

impl Span {
    /// Always the same number.
    #[must_use]
    pub const fn fixed(value: u64) -> Self {
        Self { from: value, to: value }
    }

    pub(crate) const fn draw(self, rng: &mut Rng) -> u64 {
        rng.range(self.from, self.to)
    }
}

/// How often something happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Chance {
    /// Not at all.
    #[default]
    Never,
    /// So many times in a thousand, by lot.
    PerMille(u16),
    /// Every Nth time exactly, the Nth being the first.
    Every(u64),
    /// The next N times, then no more.
    Next(u64),
    /// The Nth time alone, the first being 1.
    Only(u64),
}

impl Chance {
    /// `seen` counts the occasions, this one included.
    pub(crate) const fn strikes(&mut self, seen: u64, rng: &mut Rng) -> bool {
        match self {
            Self::Never => false,
            Self::PerMille(share) => rng.range(0, 999) < *share as u64,
            Self::Every(n) => *n > 0 && seen.is_multiple_of(*n),
            Self::Only(n) => seen == *n,
            Self::Next(left) => {
                let strikes = *left > 0;
                *left = left.saturating_sub(1);
                strikes
            }
        }
    }
}

/// A chance for one operation `O` of a provider, or for all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChanceRule<O> {
    /// `None`: every operation.
    pub operation: Option<O>,
    /// How often.
    pub chance: Chance,
    /// Occasions so far; start with 0.
    pub seen: u64,
}

impl<O> ChanceRule<O> {
    /// A rule that has seen nothing yet.
    #[must_use]
    pub const fn new(operation: Option<O>, chance: Chance) -> Self {
        Self { operation, chance, seen: 0 }
    }
}

/// Calls of one operation `O` of a provider, or of all, answered with an error status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusRule<O> {
    /// `None`: every operation.
    pub operation: Option<O>,
    /// The HTTP status.
    pub status: u16,
    /// How many calls; `None`: all from now on.
    pub times: Option<u32>,
    /// Seconds for a `Retry-After` header.
    pub retry_after: Option<u32>,
}

impl<O> StatusRule<O> {
    /// The next `times` calls of an operation get this status.
    #[must_use]
    pub const fn next(operation: O, status: u16, times: u32) -> Self {
        Self { operation: Some(operation), status, times: Some(times), retry_after: None }
    }
}

/// The rule that answers this call, used up by one.
pub(crate) fn status_for<O: Copy + PartialEq>(
    rules: &mut [StatusRule<O>],
    operation: O,
) -> Option<StatusRule<O>> {
    let fits = |rule: &&mut StatusRule<O>| {
        rule.times != Some(0) && rule.operation.is_none_or(|only| only == operation)
    };
    let rule = rules.iter_mut().find(fits)?;
    if let Some(times) = &mut rule.times {
        *times -= 1;
    }
    Some(rule.clone())
}

/// Whether any of the rules strikes this call. Each rule that fits counts it.
pub(crate) fn strikes<O: Copy + PartialEq>(rules: &mut [ChanceRule<O>], operation: O, rng: &mut Rng) -> bool {
    let mut struck = false;
    for rule in rules {
        if rule.operation.is_none_or(|only| only == operation) {
            rule.seen += 1;
            struck |= rule.chance.strikes(rule.seen, rng);
        }
    }
    struck
}
