//! Fetching what was missed, page by page from the newest item back, until a page reaches what was known
//! before; and holding back what comes live meanwhile, so that the user sees things in their order.
//!
//! Three things are fetched this way. The *first* page, at the first connect, when nothing is known and one
//! page is enough. A *gap*, after each reconnect. And a *check*, when the outbox must know whether a message
//! of unknown outcome has arrived: the same as a gap, though nothing was missed.
//!
//! What came live and could not be read may have been an item. The run is in *doubt* then: a look at the newest
//! pages follows, a stated time later, so that a flood of garbage costs one look in that time. Other looks are *owed*
//! ([`look`]), one of them whenever a run fails: as long as the link is up, nothing else would fetch what is missing.
//!
//! A page that holds nothing and yet promises more, or that leads back to itself, would go on for ever: it
//! ends the run. So does the number of pages, and then the gap is said to remain.

mod look;
mod snapshot;

use core::time::Duration;
use std::collections::VecDeque;

use look::Look;
pub(crate) use snapshot::SavedCatchUp;

use super::Alarms;
use super::backoff::Backoff;
use crate::output::DeadlineReason;
use crate::rng::Rng;
use crate::time::{Timestamp, WallTime};

/// The numbers of a catch-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CatchUpPolicy {
    pub(crate) pages: usize,
    pub(crate) tries: u32,
    pub(crate) held: usize,
}

/// What is fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Goal {
    /// One page, to begin with.
    First,
    /// All that was missed.
    Gap,
    /// All since a message of unknown outcome was handed over.
    Check,
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Fetch a page: the newest, or the one after this cursor.
    Fetch { goal: Goal, cursor: Option<String> },
    /// Nothing is missing any more.
    Closed { goal: Goal },
    /// There is more than may be fetched.
    Incomplete { goal: Goal },
    /// It failed too often.
    Unavailable { goal: Goal },
    /// Wait.
    Nothing,
}

/// What a page turned out to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    /// It reaches what was known before.
    pub(crate) overlap: bool,
    /// How many items it holds.
    pub(crate) items: usize,
    /// How many of them were new.
    pub(crate) added: usize,
    /// How to go on.
    pub(crate) next: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    Idle,
    Fetching { goal: Goal, cursor: Option<String> },
    Waiting { goal: Goal, cursor: Option<String>, until: Timestamp },
}

/// The catch-up of a conversation; `T` is what is held back.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CatchUp<T> {
    policy: CatchUpPolicy,
    state: State,
    backoff: Backoff,
    /// Counts runs, so that the answer to a page of an earlier run is known as such.
    run: u32,
    pages: usize,
    tries: u32,
    recovered: usize,
    held: VecDeque<T>,
    overflowed: bool,
    /// When to look for what may have been in something that could not be read.
    doubted: Option<Timestamp>,
    look: Look,
}

/// How long after something that could not be read what was missed is looked for.
const DOUBT_WAIT: Duration = Duration::from_secs(2);

/// How long after a run that failed another one is made, while the link is up.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

impl<T> CatchUp<T> {
    pub(crate) fn new(policy: CatchUpPolicy, backoff: Backoff) -> Self {
        Self {
            policy,
            state: State::Idle,
            backoff,
            run: 0,
            pages: 0,
            tries: 0,
            recovered: 0,
            held: VecDeque::new(),
            overflowed: false,
            doubted: None,
            look: Look::default(),
        }
    }

    /// The number of the present run.
    pub(crate) const fn run(&self) -> u32 {
        self.run
    }

    pub(crate) fn is_running(&self) -> bool {
        self.state != State::Idle
    }

    /// What the present run is for.
    pub(crate) const fn goal(&self) -> Option<Goal> {
        match self.state {
            State::Idle => None,
            State::Fetching { goal, .. } | State::Waiting { goal, .. } => Some(goal),
        }
    }

    /// When the present page is asked for again, if it waits for that, or the run that failed is made again.
    pub(crate) fn retry_at(&self) -> Option<Timestamp> {
        match self.state {
            State::Waiting { until, .. } => Some(until).filter(|until| *until < Timestamp::MAX),
            State::Idle => self.look.due_at(),
            State::Fetching { .. } => None,
        }
    }

    /// How many items this run has brought.
    pub(crate) const fn recovered(&self) -> usize {
        self.recovered
    }

    /// How many items are held back.
    pub(crate) fn held(&self) -> usize {
        self.held.len()
    }

    /// Begins a run. One that is under way begins anew: its pages may be older than what is wanted now.
    pub(crate) fn begin(&mut self, now: Timestamp, goal: Goal) -> Step {
        self.look.begin(now);
        self.run = self.run.saturating_add(1);
        (self.pages, self.tries, self.recovered, self.overflowed) = (0, 0, 0, false);
        self.doubted = None;
        self.backoff.reset();
        self.fetch(goal, None)
    }

    /// Begins a run that was owed. It is tried once: what comes live is held back meanwhile, and there is another look
    /// should it fail.
    pub(crate) fn begin_look(&mut self, now: Timestamp, goal: Goal) -> Step {
        let step = self.begin(now, goal);
        self.tries = self.policy.tries;
        step
    }

    /// A page came.
    pub(crate) fn page(&mut self, seen: Seen) -> Step {
        let State::Fetching { goal, cursor } = &self.state else {
            return Step::Nothing;
        };
        let (goal, stuck) = (*goal, seen.items == 0 || seen.next == *cursor);
        self.pages = self.pages.saturating_add(1);
        self.tries = 0;
        self.recovered = self.recovered.saturating_add(seen.added);
        let onwards = seen.next.filter(|_| goal != Goal::First && !seen.overlap && !stuck);
        if onwards.is_none() && !self.overflowed {
            self.over();
            return Step::Closed { goal };
        }
        if self.pages >= self.policy.pages {
            self.over();
            return Step::Incomplete { goal };
        }
        if onwards.is_none() {
            // What was dropped meanwhile is missing again.
            self.overflowed = false;
            return self.fetch(Goal::Gap, None);
        }
        self.fetch(goal, onwards)
    }

    /// A page did not come.
    pub(crate) fn failed(&mut self, now: Timestamp, rng: &mut Rng, retry_after: Option<Duration>) -> Step {
        let State::Fetching { goal, cursor } = &self.state else {
            return Step::Nothing;
        };
        let (goal, cursor) = (*goal, cursor.clone());
        self.tries = self.tries.saturating_add(1);
        if self.tries >= self.policy.tries {
            return self.unavailable(now, goal);
        }
        let until = self.backoff.next(now, rng, retry_after);
        self.state = State::Waiting { goal, cursor, until };
        Step::Nothing
    }

    /// A page did not come because the credential was not taken; it is asked for again with the next one.
    pub(crate) fn paused(&mut self, now: Timestamp) -> Step {
        let State::Fetching { goal, cursor } = &self.state else {
            return Step::Nothing;
        };
        let (goal, cursor) = (*goal, cursor.clone());
        self.tries = self.tries.saturating_add(1);
        if self.tries >= self.policy.tries {
            return self.unavailable(now, goal);
        }
        self.state = State::Waiting { goal, cursor, until: Timestamp::MAX };
        Step::Nothing
    }

    /// There is another credential.
    pub(crate) fn unpaused(&mut self, now: Timestamp) {
        if let State::Waiting { until, .. } = &mut self.state
            && *until == Timestamp::MAX
        {
            *until = now;
        }
    }

    /// The provider would never give this page.
    pub(crate) fn refused(&mut self) -> Step {
        let State::Fetching { goal, .. } = self.state else {
            return Step::Nothing;
        };
        self.over();
        Step::Unavailable { goal }
    }

    /// Does what is due, once there is a credential to do it with.
    pub(crate) fn due(&mut self, now: Timestamp) -> Step {
        match &self.state {
            State::Waiting { goal, cursor, until } if *until <= now => {
                let (goal, cursor) = (*goal, cursor.clone());
                self.fetch(goal, cursor)
            }
            State::Idle | State::Fetching { .. } | State::Waiting { .. } => Step::Nothing,
        }
    }

    /// Something came live that could not be read: it may have been an item.
    pub(crate) fn doubt(&mut self, now: Timestamp) {
        self.doubted.get_or_insert(now + DOUBT_WAIT);
    }

    /// Another look is owed, not before `at`, which reaches back to `since`: the provider may have by then what it
    /// does not show now.
    pub(crate) fn owe(&mut self, at: Timestamp, since: WallTime) {
        self.look.owe(at, Some(since));
    }

    /// Whether another look is owed.
    pub(crate) const fn is_owed(&self) -> bool {
        self.look.is_owed()
    }

    /// How far back the pages must reach besides.
    pub(crate) fn since(&self) -> Option<WallTime> {
        self.look.since()
    }

    /// Whether it is time to look for what could not be read.
    pub(crate) fn is_doubt_due(&self, now: Timestamp) -> bool {
        self.state == State::Idle && self.doubted.is_some_and(|at| at <= now)
    }

    /// Whether it is time for a look that is owed.
    pub(crate) fn is_look_due(&self, now: Timestamp) -> bool {
        self.state == State::Idle && self.look.due_at().is_some_and(|at| at <= now)
    }

    /// The conversation is over: nothing is fetched any more.
    pub(crate) fn end(&mut self) {
        self.abort();
        self.look = Look::default();
    }

    /// The link is away: the run is of no use any more.
    pub(crate) fn abort(&mut self) -> VecDeque<T> {
        self.state = State::Idle;
        self.doubted = None;
        self.look.cut();
        self.release()
    }

    /// Holds an item back while a run is under way; gives it back otherwise. Beyond the limit it is dropped,
    /// and the run begins anew at its end.
    pub(crate) fn hold(&mut self, item: T) -> Option<T> {
        if !self.is_running() {
            return Some(item);
        }
        if self.held.len() < self.policy.held {
            self.held.push_back(item);
        } else {
            self.overflowed = true;
        }
        None
    }

    /// Whether something that came live was dropped, and has not been fetched since.
    pub(crate) const fn has_overflowed(&self) -> bool {
        self.overflowed
    }

    /// What was held back, in the order it came.
    pub(crate) fn release(&mut self) -> VecDeque<T> {
        core::mem::take(&mut self.held)
    }

    fn over(&mut self) {
        self.state = State::Idle;
        self.look.paid();
    }

    fn unavailable(&mut self, now: Timestamp, goal: Goal) -> Step {
        self.state = State::Idle;
        self.look.owe(now + LOOK_AGAIN, None);
        Step::Unavailable { goal }
    }

    fn fetch(&mut self, goal: Goal, cursor: Option<String>) -> Step {
        self.state = State::Fetching { goal, cursor: cursor.clone() };
        Step::Fetch { goal, cursor }
    }
}

impl<T> Alarms for CatchUp<T> {
    fn alarms(&self, alarm: &mut dyn FnMut(Timestamp, DeadlineReason)) {
        if let State::Waiting { until, .. } = self.state
            && until < Timestamp::MAX
        {
            alarm(until, DeadlineReason::CatchUpRetry);
        }
        if self.state == State::Idle
            && let Some(at) = self.doubted.into_iter().chain(self.look.due_at()).min()
        {
            alarm(at, DeadlineReason::CatchUpRetry);
        }
    }
}

#[cfg(test)]
mod tests;
