//! A budget and who waits for it: a token bucket with a queue in front.
//!
//! The bucket is exact: it counts in whole parts of a token, so that over any span no more go out than its rate
//! and one burst allow, however often it is asked.
//!
//! Who waits is served by [`Priority`], and within one in the order of arrival. Nobody starves for it: a
//! priority that was passed over [`PASSED_OVER`] times has the next turn, so the first of any priority goes out
//! with the twelfth grant at the latest, and the one behind it with the twenty-fourth.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use crate::dialect::Rate;
use crate::output::Priority;
use crate::time::Timestamp;

/// How often those of one priority are passed over before one of them has the turn.
pub(super) const PASSED_OVER: u32 = 8;

/// Who waits: the order of their arrival.
pub(super) type Ticket = u64;

/// A token bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Bucket {
    /// What a token is made of; a microsecond brings `gain` of it.
    token: u128,
    gain: u128,
    full: u128,
    level: u128,
    /// Up to when it has been filled. Later than now while it is held.
    at: Timestamp,
}

impl Bucket {
    fn new(rate: Rate, now: Timestamp) -> Self {
        let token = rate.per.as_micros().max(1);
        let full = token * u128::from(rate.burst.max(1));
        Self { token, gain: u128::from(rate.count.max(1)), full, level: full, at: now }
    }

    fn fill(&mut self, now: Timestamp) {
        if now > self.at {
            let gained = now.saturating_since(self.at).as_micros().saturating_mul(self.gain);
            self.level = self.level.saturating_add(gained).min(self.full);
            self.at = now;
        }
    }

    fn take(&mut self, now: Timestamp) -> bool {
        self.fill(now);
        let there = now >= self.at && self.level >= self.token;
        if there {
            self.level -= self.token;
        }
        there
    }

    /// When there is a whole token, unless somebody takes one before.
    fn next(&self) -> Timestamp {
        let missing = self.token.saturating_sub(self.level).div_ceil(self.gain);
        self.at + Duration::from_micros(u64::try_from(missing).unwrap_or(u64::MAX))
    }

    /// Nothing before this time, and then no more than one at once.
    fn hold(&mut self, until: Timestamp) {
        self.at = self.at.max(until);
        self.level = self.level.min(self.token);
    }
}

/// Those of one priority.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Queue {
    tickets: BTreeSet<Ticket>,
    /// How often others had the turn since one of these did.
    passed: u32,
}

/// A budget and who waits for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Budget {
    bucket: Bucket,
    queues: BTreeMap<Priority, Queue>,
    waiting: usize,
    most: usize,
}

/// What came of the wish to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entered {
    Waits,
    /// It waits in the place of this one, which has lost its own.
    InPlaceOf(Ticket),
    /// All who wait are as important, and there is no room.
    Full,
}

impl Budget {
    /// A full bucket, and nobody waits. `most` may.
    pub(super) fn new(rate: Rate, most: usize, now: Timestamp) -> Self {
        Self { bucket: Bucket::new(rate, now), queues: BTreeMap::new(), waiting: 0, most: most.max(1) }
    }

    /// Joins the queue. Tickets must come in ascending order.
    pub(super) fn enter(&mut self, ticket: Ticket, priority: Priority) -> Entered {
        let mut entered = Entered::Waits;
        if self.waiting >= self.most {
            let Some(last) = self.least_after(priority) else { return Entered::Full };
            self.leave(last);
            entered = Entered::InPlaceOf(last);
        }
        self.queues.entry(priority).or_default().tickets.insert(ticket);
        self.waiting += 1;
        entered
    }

    /// The one that came last of the least important, if less important than this.
    fn least_after(&self, priority: Priority) -> Option<Ticket> {
        let mut less = self.queues.range(priority..).filter(|(queued, _)| **queued > priority);
        less.rfind(|(_, queue)| !queue.tickets.is_empty())
            .and_then(|(_, queue)| queue.tickets.last().copied())
    }

    /// Gives a place up. Whether there was one.
    pub(super) fn leave(&mut self, ticket: Ticket) -> bool {
        for queue in self.queues.values_mut() {
            if queue.tickets.remove(&ticket) {
                self.waiting -= 1;
                if queue.tickets.is_empty() {
                    queue.passed = 0;
                }
                return true;
            }
        }
        false
    }

    /// Who has the next turn, if anybody waits.
    pub(super) fn front(&self) -> Option<(Ticket, Priority)> {
        let waiting = || self.queues.iter().filter(|(_, queue)| !queue.tickets.is_empty());
        let overdue = waiting()
            .filter(|(_, queue)| queue.passed >= PASSED_OVER)
            // Of those passed over as often the more important, which comes first.
            .reduce(|one, other| if other.1.passed > one.1.passed { other } else { one });
        let (priority, queue) = overdue.or_else(|| waiting().next())?;
        queue.tickets.first().map(|ticket| (*ticket, *priority))
    }

    /// Lets the next one go if there is a token for it.
    pub(super) fn grant(&mut self, now: Timestamp) -> Option<Ticket> {
        let (ticket, priority) = self.front()?;
        if !self.bucket.take(now) {
            return None;
        }
        self.leave(ticket);
        for (other, queue) in &mut self.queues {
            if *other == priority {
                queue.passed = 0;
            } else if !queue.tickets.is_empty() {
                queue.passed = queue.passed.saturating_add(1);
            }
        }
        Some(ticket)
    }

    /// When the next one can go, if anybody waits.
    pub(super) fn next(&self) -> Option<Timestamp> {
        (self.waiting > 0).then(|| self.bucket.next())
    }

    /// Lets nobody go before this time: the provider wants to be left alone.
    pub(super) fn hold(&mut self, now: Timestamp, until: Timestamp) {
        self.bucket.fill(now);
        self.bucket.hold(until);
    }

    pub(super) const fn waiting(&self) -> usize {
        self.waiting
    }
}

#[cfg(test)]
mod tests;
