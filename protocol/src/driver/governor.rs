//! The rate budget of an account, in front of all its sessions' requests and sockets.
//!
//! A provider counts what an account asks for, over all of its chats; a session knows only itself. So the
//! governor stands between sessions and runtime, and one is shared by all drivers of an account
//! ([`Driver::with_governor`](super::Driver::with_governor), [`Hub::with_governor`](super::Hub::with_governor)).
//! Each budget of its [`Rates`] is a token bucket with a queue in front, served by
//! [`Priority`]: what the link needs, then messages, history, receipts and typing.
//!
//! # What a session notices
//! That an answer came later, and nothing else. The time that it allows for a request begins when the request
//! goes out: while it waits, and when it goes, the driver says that there is headway. A session that takes a
//! request back frees its place. Three things do not wait for ever:
//! - Typing that could not be told within [`STALE_TYPING`] is out of date, and fails.
//! - Where too many wait ([`Rates::with_waiting`]) the one that came last of the least important fails.
//! - A socket has to be open within the session's own time, waiting included; so authorisations are never let
//!   through faster than sockets are.
//!
//! The first two fail with [`TransportFault::RateLimited`], after which a session tries again as after any
//! other fault, or gives the typing up.
//!
//! # When the provider says no
//! An answer with status 429 holds the budget of its operation for as long as the answer's `Retry-After` says,
//! or for [`HOLD`] without one, and lets no burst through after that.
//!
//! # How it waits
//! No task of its own: of those who wait for a budget the one whose turn is next sleeps until there is a
//! token, and everybody who comes by lets those go whose turn has come. A driver that nobody polls therefore
//! delays others by some seconds at the most.

mod admission;
mod budget;
mod rates;

#[allow(
    clippy::disallowed_types,
    reason = "a session belongs to one caller, but the budget of an account to all of its sessions"
)]
use std::sync::Mutex;
use std::sync::{MutexGuard, PoisonError};

use core::task::Waker;
use core::time::Duration;
use std::collections::BTreeMap;

use http::StatusCode;
use serde::{Deserialize, Serialize};

pub(super) use admission::{Admission, admitted};
use budget::{Budget, Entered, Ticket};
pub use rates::Rates;

use crate::output::{Operation, Priority};
use crate::time::Timestamp;
use crate::wire::http::HttpResponse;
use crate::wire::retry_after::retry_after;

/// Typing that waited for longer is not worth telling any more: by then the user has sent it, or stopped.
pub const STALE_TYPING: Duration = Duration::from_secs(5);

/// How long a budget is held after a 429 that says nothing of it.
pub const HOLD: Duration = Duration::from_secs(1);

/// The rate budget of one account. All drivers that share it must be of one clock, as those of one runtime are.
pub struct Governor {
    #[allow(
        clippy::disallowed_types,
        reason = "as above; it is held for a few steps and never over an await"
    )]
    state: Mutex<State>,
}

/// What a governor did so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GovernorStats {
    /// Requests and sockets that went out.
    pub admitted: u64,
    /// Those among them that had to wait.
    pub delayed: u64,
    /// Those that found no room to wait, or gave it up to something more important.
    pub refused: u64,
    /// Typing that was out of date before its turn.
    pub stale: u64,
    /// Places that were given up, as the session or the user took the wish back.
    pub cancelled: u64,
    /// Answers with status 429.
    pub throttled: u64,
    /// How many wait just now.
    pub waiting: usize,
}

struct State {
    rates: Rates,
    /// Made with the first look at a clock.
    budgets: Vec<Lane>,
    lanes: BTreeMap<Wish, usize>,
    began: bool,
    tickets: Ticket,
    waiters: BTreeMap<Ticket, Waiter>,
    /// Whom to wake, as something was decided about them.
    decided: Vec<Waker>,
    stats: GovernorStats,
}

/// A budget, and who sleeps for it.
struct Lane {
    budget: Budget,
    sleeper: Option<Ticket>,
}

struct Waiter {
    lane: usize,
    verdict: Option<Verdict>,
    /// Not worth having after this.
    stale_at: Option<Timestamp>,
    waker: Option<Waker>,
}

/// What is wished for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Wish {
    Request(Operation),
    Dial,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Go,
    Refused,
    Stale,
}

/// What a look at the governor brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    Decided(Verdict),
    /// Its turn is next, at this time.
    SleepUntil(Timestamp),
    /// Others are before it, and one of them sees to it.
    Wait,
}

impl Governor {
    /// With full buckets.
    #[must_use]
    #[allow(clippy::disallowed_types, reason = "as above")]
    pub const fn new(rates: Rates) -> Self {
        let state = State {
            rates,
            budgets: Vec::new(),
            lanes: BTreeMap::new(),
            began: false,
            tickets: 0,
            waiters: BTreeMap::new(),
            decided: Vec::new(),
            stats: GovernorStats {
                admitted: 0,
                delayed: 0,
                refused: 0,
                stale: 0,
                cancelled: 0,
                throttled: 0,
                waiting: 0,
            },
        };
        Self { state: Mutex::new(state) }
    }

    /// What it did so far.
    #[must_use]
    pub fn stats(&self) -> GovernorStats {
        let state = self.lock();
        GovernorStats { waiting: state.waiting(), ..state.stats }
    }

    /// An answer came. One that says "too often" holds its budget.
    pub(super) fn answered(&self, now: Timestamp, operation: Operation, response: &HttpResponse) {
        if response.status == StatusCode::TOO_MANY_REQUESTS {
            let wait = retry_after(&response.headers).unwrap_or(HOLD);
            self.lock().hold(now, operation, wait);
        }
    }

    /// Joins the queue; none where nothing limits the wish, or its turn is at once.
    fn enter(&self, now: Timestamp, wish: Wish, priority: Priority) -> Result<Option<Ticket>, Verdict> {
        let (entered, wakers) = self.with(|state| {
            state.begin(now);
            state.enter(now, wish, priority)
        });
        wakers.into_iter().for_each(Waker::wake);
        entered
    }

    fn look(&self, now: Timestamp, ticket: Ticket, waker: &Waker) -> Look {
        let (look, wakers) = self.with(|state| {
            state.pump(now);
            state.look(now, ticket, waker)
        });
        wakers.into_iter().for_each(Waker::wake);
        look
    }

    /// Lets those go whose turn has come: whoever should see to it may not be polled.
    pub(super) fn nudge(&self, now: Timestamp) {
        let ((), wakers) = self.with(|state| state.pump(now));
        wakers.into_iter().for_each(Waker::wake);
    }

    fn leave(&self, ticket: Ticket) {
        let ((), wakers) = self.with(|state| state.leave(ticket));
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Does something, and says whom to wake for it, with the lock given back.
    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> (T, Vec<Waker>) {
        let mut state = self.lock();
        let result = act(&mut state);
        let wakers = state.whom_to_wake();
        (result, wakers)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn begin(&mut self, now: Timestamp) {
        if core::mem::replace(&mut self.began, true) {
            return;
        }
        let most = self.rates.waiting();
        let requests = self.rates.budgets().map(|(operations, rate)| {
            let wishes = operations.iter().copied().map(Wish::Request).collect::<Vec<_>>();
            (wishes, rate)
        });
        let alone = self.rates.authorises_at_dials_alone();
        let alone = alone.map(|rate| (vec![Wish::Request(Operation::Authorise)], rate));
        let dials = self.rates.dials().map(|rate| (vec![Wish::Dial], rate));
        for (wishes, rate) in requests.chain(alone).chain(dials) {
            let lane = self.budgets.len();
            self.budgets.push(Lane { budget: Budget::new(rate, most, now), sleeper: None });
            self.lanes.extend(wishes.into_iter().map(|wish| (wish, lane)));
        }
    }

    fn waiting(&self) -> usize {
        self.budgets.iter().map(|lane| lane.budget.waiting()).sum()
    }

    fn enter(&mut self, now: Timestamp, wish: Wish, priority: Priority) -> Result<Option<Ticket>, Verdict> {
        let Some(index) = self.lanes.get(&wish).copied() else {
            self.stats.admitted += 1;
            return Ok(None);
        };
        self.pump(now);
        self.tickets += 1;
        let ticket = self.tickets;
        let Some(lane) = self.budgets.get_mut(index) else { return Ok(None) };
        match lane.budget.enter(ticket, priority) {
            Entered::Waits => {}
            Entered::InPlaceOf(other) => self.decide(other, Verdict::Refused),
            Entered::Full => {
                self.stats.refused += 1;
                return Err(Verdict::Refused);
            }
        }
        let stale_at = (wish == Wish::Request(Operation::SendTyping)).then(|| now + STALE_TYPING);
        self.waiters.insert(ticket, Waiter { lane: index, verdict: None, stale_at, waker: None });
        self.pump(now);
        if self.waiters.get(&ticket).is_some_and(|waiter| waiter.verdict == Some(Verdict::Go)) {
            self.waiters.remove(&ticket);
            return Ok(None);
        }
        self.stats.delayed += 1;
        Ok(Some(ticket))
    }

    /// Lets go whose turn has come.
    fn pump(&mut self, now: Timestamp) {
        for index in 0..self.budgets.len() {
            while let Some(lane) = self.budgets.get_mut(index) {
                let Some((front, _)) = lane.budget.front() else { break };
                let stale_at = self.waiters.get(&front).and_then(|waiter| waiter.stale_at);
                if stale_at.is_some_and(|stale_at| stale_at <= now) {
                    lane.budget.leave(front);
                    self.decide(front, Verdict::Stale);
                    continue;
                }
                let Some(granted) = lane.budget.grant(now) else { break };
                self.decide(granted, Verdict::Go);
            }
        }
    }

    fn decide(&mut self, ticket: Ticket, verdict: Verdict) {
        match verdict {
            Verdict::Go => self.stats.admitted += 1,
            Verdict::Refused => self.stats.refused += 1,
            Verdict::Stale => self.stats.stale += 1,
        }
        if let Some(waiter) = self.waiters.get_mut(&ticket) {
            waiter.verdict = Some(verdict);
            self.decided.extend(waiter.waker.take());
        }
    }

    fn look(&mut self, now: Timestamp, ticket: Ticket, waker: &Waker) -> Look {
        let Some(waiter) = self.waiters.get_mut(&ticket) else { return Look::Decided(Verdict::Refused) };
        if let Some(verdict) = waiter.verdict {
            self.waiters.remove(&ticket);
            return Look::Decided(verdict);
        }
        if waiter.stale_at.is_some_and(|stale_at| stale_at <= now) {
            let lane = waiter.lane;
            self.waiters.remove(&ticket);
            self.stats.stale += 1;
            if let Some(lane) = self.budgets.get_mut(lane) {
                lane.budget.leave(ticket);
            }
            return Look::Decided(Verdict::Stale);
        }
        waiter.waker = Some(waker.clone());
        let Some(lane) = self.budgets.get_mut(waiter.lane) else { return Look::Wait };
        let first = lane.budget.front().is_some_and(|(front, _)| front == ticket);
        if !first {
            return Look::Wait;
        }
        lane.sleeper = Some(ticket);
        lane.budget.next().map_or(Look::Wait, Look::SleepUntil)
    }

    fn leave(&mut self, ticket: Ticket) {
        if let Some(waiter) = self.waiters.remove(&ticket) {
            self.stats.cancelled += 1;
            if let Some(lane) = self.budgets.get_mut(waiter.lane) {
                lane.budget.leave(ticket);
            }
        }
    }

    fn hold(&mut self, now: Timestamp, operation: Operation, wait: Duration) {
        self.stats.throttled += 1;
        let lane = self.lanes.get(&Wish::Request(operation));
        if let Some(lane) = lane.and_then(|lane| self.budgets.get_mut(*lane)) {
            // The sleeper wakes too early, asks, and sleeps on.
            lane.budget.hold(now, now + wait);
        }
    }

    /// Those about whom something was decided, and whoever has to sleep from now on.
    fn whom_to_wake(&mut self) -> Vec<Waker> {
        let mut wakers = Vec::new();
        for lane in &mut self.budgets {
            let front = lane.budget.front().map(|(ticket, _)| ticket);
            if front != lane.sleeper {
                lane.sleeper = front;
                let waiter = front.and_then(|front| self.waiters.get_mut(&front));
                wakers.extend(waiter.and_then(|waiter| waiter.waker.take()));
            }
        }
        wakers.append(&mut self.decided);
        wakers
    }
}

impl core::fmt::Debug for Governor {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Governor").field("stats", &self.stats()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
