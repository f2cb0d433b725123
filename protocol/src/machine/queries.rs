//! Questions that a user puts to the provider, each for itself: they have no order among each other unless who
//! holds them keeps one, and may be taken back. One that may be answered later is asked again a few times.

mod snapshot;

use core::time::Duration;
use std::collections::BTreeMap;

pub(crate) use snapshot::SavedQuery;

use super::Alarms;
use super::backoff::Backoff;
use crate::error::Failure;
use crate::id::CommandId;
use crate::output::DeadlineReason;
use crate::rng::Rng;
use crate::time::Timestamp;

/// How a try ended without an answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Outcome {
    /// It may be answered later.
    TryAgain { failure: Failure, retry_after: Option<Duration> },
    /// The credential was not taken.
    Denied { failure: Failure },
    /// It would be refused again.
    Refused { failure: Failure },
}

/// How often a question may be refused for its credential.
const MOST_DENIALS: u32 = 3;

#[derive(Clone, Debug, PartialEq)]
struct Query<Q> {
    question: Q,
    backoff: Backoff,
    tries: u32,
    denials: u32,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// To be asked as soon as requests may go out.
    Wanted,
    /// Asked.
    Asked,
    /// To be asked again then.
    Waiting { until: Timestamp },
}

/// The questions under way.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Queries<Q> {
    tries: u32,
    backoff: Backoff,
    queries: BTreeMap<CommandId, Query<Q>>,
    open: bool,
}

impl<Q> Queries<Q> {
    /// Each is tried this often, with waits as `backoff` says.
    pub(crate) const fn new(tries: u32, backoff: Backoff) -> Self {
        Self { tries, backoff, queries: BTreeMap::new(), open: false }
    }

    /// Takes a question, or puts another in the place of one that was answered.
    pub(crate) fn put(&mut self, command: CommandId, question: Q) {
        let query =
            Query { question, backoff: self.backoff.clone(), tries: 0, denials: 0, state: State::Wanted };
        self.queries.insert(command, query);
    }

    /// Whether requests may go out.
    pub(crate) const fn set_open(&mut self, open: bool) {
        self.open = open;
    }

    /// All questions, in the order in which they came.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (CommandId, &Q)> {
        self.queries.iter().map(|(command, query)| (*command, &query.question))
    }

    /// A question to be asked now, if any, of those that may be asked. It counts as asked.
    pub(crate) fn next(
        &mut self,
        now: Timestamp,
        may: impl Fn(CommandId, &Q) -> bool,
    ) -> Option<(CommandId, &Q)> {
        if !self.open {
            return None;
        }
        let due = self.queries.iter_mut().find(|(command, query)| {
            let due = match query.state {
                State::Wanted => true,
                State::Waiting { until } => until <= now,
                State::Asked => false,
            };
            due && may(**command, &query.question)
        });
        let (command, query) = due?;
        query.state = State::Asked;
        query.tries = query.tries.saturating_add(1);
        Some((*command, &query.question))
    }

    /// It is answered. Returns the question, if it is still here.
    pub(crate) fn answered(&mut self, command: CommandId) -> Option<Q> {
        self.queries.remove(&command).map(|query| query.question)
    }

    /// A try ended without an answer. Something comes back if that is final.
    pub(crate) fn settle(
        &mut self,
        now: Timestamp,
        rng: &mut Rng,
        command: CommandId,
        outcome: Outcome,
    ) -> Option<Failure> {
        let query = self.queries.get_mut(&command)?;
        match outcome {
            Outcome::TryAgain { retry_after, .. } if query.tries < self.tries => {
                let until = query.backoff.next(now, rng, retry_after);
                query.state = State::Waiting { until };
                None
            }
            Outcome::Denied { .. } if query.denials < MOST_DENIALS => {
                query.denials = query.denials.saturating_add(1);
                query.tries = query.tries.saturating_sub(1);
                query.state = State::Wanted;
                None
            }
            Outcome::TryAgain { failure, .. }
            | Outcome::Denied { failure }
            | Outcome::Refused { failure } => {
                self.queries.remove(&command);
                Some(failure)
            }
        }
    }

    /// A question under way.
    pub(crate) fn peek(&self, command: CommandId) -> Option<&Q> {
        self.queries.get(&command).map(|query| &query.question)
    }

    /// When this question is asked again, if it waits for that.
    pub(crate) fn retry_at(&self, command: CommandId) -> Option<Timestamp> {
        match self.queries.get(&command)?.state {
            State::Waiting { until } => Some(until),
            State::Wanted | State::Asked => None,
        }
    }

    /// Takes a question back.
    pub(crate) fn cancel(&mut self, command: CommandId) -> bool {
        self.queries.remove(&command).is_some()
    }

    /// Whether this question is under way.
    pub(crate) fn contains(&self, command: CommandId) -> bool {
        self.queries.contains_key(&command)
    }

    /// The session is over.
    pub(crate) fn clear(&mut self) {
        self.queries.clear();
    }
}

impl<Q> Alarms for Queries<Q> {
    fn alarms(&self, alarm: &mut dyn FnMut(Timestamp, DeadlineReason)) {
        let waiting = self.queries.values().filter_map(|query| match query.state {
            State::Waiting { until } => Some(until),
            State::Wanted | State::Asked => None,
        });
        if self.open
            && let Some(until) = waiting.min()
        {
            alarm(until, DeadlineReason::QueryRetry);
        }
    }
}

#[cfg(test)]
mod tests;
