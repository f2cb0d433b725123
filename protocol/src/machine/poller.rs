//! Asking again and again what has happened in one conversation, where a provider tells it only when asked.
//!
//! The provider holds a poll until there is something to tell, and tells each thing once: what was in an answer
//! that did not arrive, no later poll brings. So a poll is never taken back, not even in the background, and after
//! one that was lost the history is fetched before the next. There is one exchange at a time, a poll or the
//! history: with two, either might be told what the other should have been.
//!
//! An answer with news, or one that was held, is followed by the next poll at once. One that brings nothing and
//! comes at once was not held, or is a page that something on the way repeats: then polls keep a distance, which
//! grows. What fails is tried again after a backoff, and what the provider says of an earlier poll that it still
//! holds is waited out.
//!
//! Every conversation has a poller of its own, so that none waits for another.

use core::time::Duration;

use super::Alarms;
use super::backoff::Backoff;
use crate::output::DeadlineReason;
use crate::rng::Rng;
use crate::time::Timestamp;

/// The numbers of a poller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PollPolicy {
    /// An answer that brings nothing sooner than this was not held; and the first distance that polls keep then.
    pub(crate) gap: Duration,
    /// The longest distance that doubling leads to.
    pub(crate) gap_cap: Duration,
    /// What is added to the wait each time the provider says that it holds a poll already.
    pub(crate) busy_wait: Duration,
    /// After so long without an answer, whoever wakes the poller makes it look at the history first.
    pub(crate) stale_after: Duration,
    /// How often in a row the history is tried before polls go on without it.
    pub(crate) history_tries: u32,
}

/// The wait for an earlier poll grows to so many times its first length.
const MOST_BUSY_STEPS: u32 = 3;

/// How often in a row a conversation must be said to be missing for it to be believed: a proxy says that too.
const MISSING_BELIEVED: u32 = 2;

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// Ask what has happened.
    Poll,
    /// Fetch the history.
    History,
}

/// What the answer to a poll turned out to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Brought {
    /// Something that was not known.
    News,
    /// Only what was known, as where the history had it first.
    Known,
    /// The same, to the byte, as the answer before.
    Repeated,
    /// Nothing.
    Nothing,
}

/// What a failure means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failed {
    /// It is tried again; `first` if it is news that the conversation is out of reach.
    Again { first: bool },
    /// The history was tried too often: polls go on without it.
    WithoutHistory { first: bool },
    /// The conversation is over.
    Over,
    /// Nothing was under way.
    Stale,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// There is nothing to ask: the conversation has not begun, or is over.
    Off,
    /// The next exchange begins as soon as it may.
    Ready,
    /// It begins then.
    Waiting { until: Timestamp },
    /// A poll is under way.
    Polling { since: Timestamp },
    /// The history is under way.
    Catching,
}

/// The poller of one conversation.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Poller {
    policy: PollPolicy,
    state: State,
    backoff: Backoff,
    /// Nothing holds it: not the background, nor the want of a network.
    open: bool,
    /// Something may have been missed.
    history_wanted: bool,
    /// What there was before the poller began is known, or known to be out of reach.
    ready: bool,
    /// Out of reach since the last answer.
    failing: bool,
    history_failures: u32,
    busy: u32,
    missing: u32,
    /// The distance that polls keep; none while they need not.
    gap: Option<Duration>,
    /// The last answer brought only what was known.
    barren: bool,
    heard_at: Timestamp,
}

impl Poller {
    pub(crate) const fn new(policy: PollPolicy, backoff: Backoff) -> Self {
        Self {
            policy,
            state: State::Off,
            backoff,
            open: false,
            history_wanted: false,
            ready: false,
            failing: false,
            history_failures: 0,
            busy: 0,
            missing: 0,
            gap: None,
            barren: false,
            heard_at: Timestamp::ZERO,
        }
    }

    /// The conversation is there. If it was before, its history comes first.
    pub(crate) fn start(&mut self, now: Timestamp, resumed: bool) {
        if self.state != State::Off {
            return;
        }
        self.state = State::Ready;
        self.history_wanted = resumed;
        self.ready = !resumed;
        self.heard_at = now;
    }

    /// The conversation is over.
    pub(crate) const fn stop(&mut self) {
        self.state = State::Off;
        self.history_wanted = false;
        self.failing = false;
    }

    /// Whether there is anything to ask.
    pub(crate) fn is_on(&self) -> bool {
        self.state != State::Off
    }

    /// Whether what there was before is known, and the provider answers.
    pub(crate) fn is_well(&self) -> bool {
        self.is_on() && self.ready && !self.failing
    }

    /// Whether something may have been missed and is still to be fetched.
    pub(crate) fn wants_history(&self) -> bool {
        self.history_wanted || self.state == State::Catching
    }

    /// Whether new exchanges may begin. One that is under way goes on in any case.
    pub(crate) const fn set_open(&mut self, open: bool) {
        self.open = open;
    }

    /// The history is to be fetched before the next poll.
    pub(crate) fn want_history(&mut self) {
        if self.is_on() {
            self.history_wanted = true;
        }
    }

    /// What is to be done now, if anything. It counts as begun.
    pub(crate) fn next(&mut self, now: Timestamp) -> Option<Work> {
        let due = match self.state {
            State::Ready => true,
            State::Waiting { until } => until <= now,
            State::Off | State::Polling { .. } | State::Catching => false,
        };
        if !due || !self.open {
            return None;
        }
        if self.history_wanted {
            self.state = State::Catching;
            self.history_wanted = false;
            return Some(Work::History);
        }
        self.state = State::Polling { since: now };
        Some(Work::Poll)
    }

    /// A poll was answered. Whether the conversation had been out of reach until then.
    pub(crate) fn answered(&mut self, now: Timestamp, brought: Brought) -> bool {
        let State::Polling { since } = self.state else {
            return false;
        };
        let held = now.saturating_since(since) >= self.policy.gap;
        let (was_barren, known) = (self.barren, brought == Brought::Known);
        self.barren = known;
        let onwards = match brought {
            Brought::News => true,
            Brought::Known => !was_barren,
            Brought::Nothing => held,
            Brought::Repeated => false,
        };
        if onwards {
            self.gap = None;
            self.backoff.reset();
            self.state = State::Ready;
        } else {
            let longer = |gap: Duration| gap.saturating_mul(2).min(self.policy.gap_cap);
            let gap = self.gap.map_or(self.policy.gap, longer);
            self.gap = Some(gap);
            self.state = State::Waiting { until: since + gap };
        }
        self.busy = 0;
        self.heard(now)
    }

    /// The history came. Whether the conversation had been out of reach until then.
    pub(crate) fn history_came(&mut self, now: Timestamp) -> bool {
        if self.state != State::Catching {
            return false;
        }
        self.state = State::Ready;
        self.history_failures = 0;
        self.ready = true;
        self.heard(now)
    }

    /// An exchange did not work out. After a poll the history is wanted.
    pub(crate) fn failed(&mut self, now: Timestamp, rng: &mut Rng, retry_after: Option<Duration>) -> Failed {
        let catching = match self.state {
            State::Polling { .. } => false,
            State::Catching => true,
            State::Off | State::Ready | State::Waiting { .. } => return Failed::Stale,
        };
        let first = !core::mem::replace(&mut self.failing, true);
        self.state = State::Waiting { until: self.backoff.next(now, rng, retry_after) };
        self.history_wanted = true;
        if !catching {
            return Failed::Again { first };
        }
        self.history_failures = self.history_failures.saturating_add(1);
        if self.history_failures < self.policy.history_tries {
            return Failed::Again { first };
        }
        self.go_on_without_history();
        Failed::WithoutHistory { first }
    }

    /// The provider would never give the history: polls go on without it.
    pub(crate) fn history_refused(&mut self) {
        if self.state == State::Catching {
            self.state = State::Ready;
            self.go_on_without_history();
        }
    }

    /// The history was taken back, as the session is held: it is still wanted.
    pub(crate) fn history_cut(&mut self) {
        if self.state == State::Catching {
            self.state = State::Ready;
            self.history_wanted = true;
        }
    }

    /// The provider holds an earlier poll of ours. What that one is told may never arrive.
    pub(crate) fn busy(&mut self, now: Timestamp) {
        if let State::Polling { .. } = self.state {
            self.busy = self.busy.saturating_add(1).min(MOST_BUSY_STEPS);
            self.state = State::Waiting { until: now + self.policy.busy_wait.saturating_mul(self.busy) };
            self.history_wanted = true;
        }
    }

    /// Somebody says that there is no such conversation: the provider, or something on the way to it.
    pub(crate) fn missing(&mut self, now: Timestamp, rng: &mut Rng) -> Failed {
        if !matches!(self.state, State::Polling { .. } | State::Catching) {
            return Failed::Stale;
        }
        self.missing = self.missing.saturating_add(1);
        if self.missing < MISSING_BELIEVED {
            return self.failed(now, rng, None);
        }
        self.stop();
        Failed::Over
    }

    /// The user or the network is back, or a push says that there is something: do not wait any longer than the
    /// provider asked for.
    pub(crate) fn wake(&mut self, now: Timestamp, rng: &mut Rng) {
        let idle = matches!(self.state, State::Ready | State::Waiting { .. });
        if idle && now.saturating_since(self.heard_at) > self.policy.stale_after {
            self.history_wanted = true;
        }
        if let State::Waiting { until } = self.state
            && self.failing
        {
            self.state = State::Waiting { until: self.backoff.hurry(now, rng, until) };
            self.backoff.reset();
        }
    }

    /// When the next exchange begins, where one failed.
    pub(crate) const fn retry_at(&self) -> Option<Timestamp> {
        match self.state {
            State::Waiting { until } if self.failing => Some(until),
            State::Waiting { .. } | State::Off | State::Ready | State::Polling { .. } | State::Catching => {
                None
            }
        }
    }

    /// How many tries have failed since the last that did not.
    pub(crate) const fn attempt(&self) -> u32 {
        self.backoff.attempt()
    }

    fn heard(&mut self, now: Timestamp) -> bool {
        self.heard_at = now;
        self.missing = 0;
        core::mem::take(&mut self.failing)
    }

    fn go_on_without_history(&mut self) {
        self.history_wanted = false;
        self.history_failures = 0;
        self.ready = true;
    }
}

impl Alarms for Poller {
    fn alarms(&self, alarm: &mut dyn FnMut(Timestamp, DeadlineReason)) {
        if let State::Waiting { until } = self.state
            && self.open
        {
            alarm(until, DeadlineReason::Poll);
        }
    }
}

#[cfg(test)]
mod tests;
