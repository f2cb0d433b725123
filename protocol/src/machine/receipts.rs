//! The receipts we owe for one conversation: what the user received and read, collected and sent together.
//! A window opens with the first mark and is never pushed back, so that a stream of messages cannot postpone
//! it. A delivered mark waits a little longer than a read one, as the user is often looking already, and a read
//! mark covers it. What is "latest" is decided by the transcript's order, not by the order of the calls.
//! Marks only ever rise: a mark at or below one that is sent, on its way or waiting is not sent again. None is
//! lost: one that failed goes with a later window, one that came too late for a window gets its own. At most
//! one flight is out, and nothing is due while the link is down, or ever after the end.

use core::time::Duration;
use std::collections::BTreeMap;

use crate::id::MessageKey;
use crate::machine::Alarms;
use crate::model::ReceiptKind;
use crate::output::DeadlineReason;
use crate::time::Timestamp;

mod covered;
mod snapshot;

use covered::Covered;
pub(crate) use snapshot::SavedReceipts;

/// A failed receipt waits at least this long, or else a window of zero would repeat it without end.
const SHORTEST_RETRY: Duration = Duration::from_secs(1);

/// Delivered marks that may wait for their delay at once where only the latest counts. More marks within one
/// delay share the last place: sixteen steps in three seconds are as fine as a receipt needs to be.
const STEPS: usize = 16;

/// Receipts in one flight where each is sent; the rest follows as soon as that one is settled. It keeps a
/// thousand marks from taking every place that requests have.
const FLIGHT: usize = 8;

/// How receipts are collected and sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReceiptPolicy {
    /// Whether any are sent at all. Default true.
    pub(crate) enabled: bool,
    /// Whether a message that arrives is marked as delivered without the user's doing. Default true.
    pub(crate) automatic_delivered: bool,
    /// How long marks are collected, from the first on. Default 5 s.
    pub(crate) window: Duration,
    /// How long a delivered mark gives a read one the chance to cover it. Default 3 s.
    pub(crate) delivered_delay: Duration,
    /// What the provider wants. It does not change after birth.
    pub(crate) style: ReceiptStyle,
}

impl Default for ReceiptPolicy {
    fn default() -> Self {
        Self {
            enabled: true,
            automatic_delivered: true,
            window: Duration::from_secs(5),
            delivered_delay: Duration::from_secs(3),
            style: ReceiptStyle::LatestOfKind,
        }
    }
}

/// What the provider wants to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReceiptStyle {
    /// The latest of each kind; it stands for all before it.
    LatestOfKind,
    /// Each message for itself.
    Each,
}

/// A message to be marked, and its place in the transcript.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark<K> {
    /// Its place in the transcript's order; each message has its own.
    pub(crate) position: K,
    /// Its name.
    pub(crate) message: MessageKey,
}

/// A receipt to be sent now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Send {
    /// Which mark it sets.
    pub(crate) kind: ReceiptKind,
    /// On which message.
    pub(crate) message: MessageKey,
}

/// What became of a receipt that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The provider has it.
    Sent,
    /// It may work later: keep it, unless a higher mark covers it.
    TryAgain {
        /// The server does not want to hear from us before this.
        not_before: Option<Timestamp>,
    },
    /// It would never work (Amazon Connect: 400 and 409). It counts as done.
    Drop,
}

/// Collects marks and says when to send which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Receipts<K> {
    policy: ReceiptPolicy,
    /// The most that may wait or fly.
    cap: usize,
    /// What is done.
    covered: Covered<K>,
    /// What is to be sent; a message waits for its highest mark only.
    waiting: BTreeMap<K, Waiting>,
    /// What is sent and not settled.
    flight: Vec<Flying<K>>,
    /// When the collecting ends; none while nothing waits.
    window: Option<Timestamp>,
    /// Before this the server does not want to hear from us.
    not_before: Timestamp,
    held: bool,
    ended: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Waiting {
    kind: ReceiptKind,
    message: MessageKey,
    /// It is not sent before this.
    ready: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Flying<K> {
    position: K,
    kind: ReceiptKind,
    message: MessageKey,
}

impl<K: Ord + Clone> Receipts<K> {
    /// With nothing marked. `cap` is the most marks that may wait or fly; beyond it the oldest of the transcript are
    /// dropped where each is sent, and where only the latest counts those that it does not need.
    pub(crate) const fn new(policy: ReceiptPolicy, cap: usize) -> Self {
        Self {
            covered: Covered::new(policy.style, cap),
            policy,
            cap,
            waiting: BTreeMap::new(),
            flight: Vec::new(),
            window: None,
            not_before: Timestamp::ZERO,
            held: false,
            ended: false,
        }
    }

    /// A message arrived: marks it as delivered where that needs no call of the user's.
    pub(crate) fn arrived(&mut self, now: Timestamp, mark: Mark<K>) -> bool {
        self.policy.automatic_delivered && self.delivered(now, mark)
    }

    /// The message reached the user. False if it makes no difference: off, ended, or covered already.
    pub(crate) fn delivered(&mut self, now: Timestamp, mark: Mark<K>) -> bool {
        let ready = now + self.policy.delivered_delay;
        self.note(now, ready, ReceiptKind::Delivered, mark)
    }

    /// The user looked at the message. False if it makes no difference: off, ended, or covered already.
    pub(crate) fn read(&mut self, now: Timestamp, mark: Mark<K>) -> bool {
        self.note(now, now, ReceiptKind::Read, mark)
    }

    /// What is to be sent now, read before delivered where only the latest counts, else in the transcript's
    /// order. Each is to be settled. Empty unless the alarm has gone off.
    pub(crate) fn due(&mut self, now: Timestamp) -> Vec<Send> {
        if self.alarm().is_none_or(|at| now < at) {
            return Vec::new();
        }
        self.flight = match self.policy.style {
            ReceiptStyle::LatestOfKind => self.take_latest(now),
            ReceiptStyle::Each => self.take_each(now),
        };
        // What is ready and had no place goes with the next flight, what is not ready gets its own window.
        let ready_left = self.waiting.values().any(|waiting| waiting.ready <= now);
        self.window = match (self.waiting.is_empty(), ready_left) {
            (true, _) => None,
            (false, true) => Some(now),
            (false, false) => Some(now + self.policy.window),
        };
        self.flight.iter().map(|flying| Send { kind: flying.kind, message: flying.message }).collect()
    }

    /// The provider has this mark of ours already, from an earlier life of the session. Whether that is news.
    pub(crate) fn is_set(&mut self, kind: ReceiptKind, position: K) -> bool {
        if self.covered.contains(kind, &position) {
            return false;
        }
        if self.waiting.get(&position).is_some_and(|waiting| waiting.kind <= kind) {
            self.waiting.remove(&position);
        }
        self.covered.insert(kind, position);
        true
    }

    /// What became of a receipt that `due` handed out. False if it is not on its way.
    pub(crate) fn settled(&mut self, now: Timestamp, sent: Send, outcome: Outcome) -> bool {
        let found =
            self.flight.iter().position(|flying| flying.kind == sent.kind && flying.message == sent.message);
        let Some(place) = found else {
            return false;
        };
        let flying = self.flight.remove(place);
        match outcome {
            Outcome::Sent | Outcome::Drop => self.covered.insert(flying.kind, flying.position),
            Outcome::TryAgain { not_before } => {
                self.not_before = self.not_before.max(not_before.unwrap_or_default());
                let ready = now + self.policy.window.max(SHORTEST_RETRY);
                let mark = Mark { position: flying.position, message: flying.message };
                self.note(now, ready, flying.kind, mark);
            }
        }
        true
    }

    /// The link is down: nothing is due until [`Receipts::release`]. Marks are still noted.
    pub(crate) const fn hold(&mut self) {
        self.held = true;
    }

    /// The link is up again. What has waited for its window long enough is due at once.
    pub(crate) const fn release(&mut self) {
        self.held = false;
    }

    /// The conversation is over: all is dropped, and nothing is noted or due any more.
    pub(crate) fn end(&mut self) {
        self.ended = true;
        self.flight.clear();
        self.forget_waiting();
    }

    /// Other numbers from now on; those that wait keep their times. Where receipts are turned off, what waits
    /// is dropped, so that it may be marked again should they be turned on.
    pub(crate) fn set_policy(&mut self, policy: ReceiptPolicy) {
        self.policy = ReceiptPolicy { style: self.policy.style, ..policy };
        if !self.policy.enabled {
            self.forget_waiting();
        }
    }

    /// The policy in force.
    pub(crate) const fn policy(&self) -> &ReceiptPolicy {
        &self.policy
    }

    /// How many wait or are on their way.
    pub(crate) fn len(&self) -> usize {
        self.waiting.len().saturating_add(self.flight.len())
    }

    fn note(&mut self, now: Timestamp, ready: Timestamp, kind: ReceiptKind, mark: Mark<K>) -> bool {
        if !self.policy.enabled || self.ended || self.is_covered(kind, &mark.position) {
            return false;
        }
        let Mark { position, message } = mark;
        let waiting = Waiting { kind, message, ready };
        match self.policy.style {
            ReceiptStyle::LatestOfKind => self.wait_for_latest(position.clone(), waiting),
            ReceiptStyle::Each => self.wait_for_each(position.clone(), waiting),
        }
        if self.waiting.is_empty() {
            self.window = None;
        } else {
            self.window.get_or_insert(now + self.policy.window);
        }
        self.waiting.contains_key(&position)
    }

    /// Whether a mark says nothing new, given what is done, on its way or waiting.
    fn is_covered(&self, kind: ReceiptKind, position: &K) -> bool {
        if self.covered.contains(kind, position) {
            return true;
        }
        let same_or_later = |other: &K| match self.policy.style {
            ReceiptStyle::LatestOfKind => other >= position,
            ReceiptStyle::Each => other == position,
        };
        let flies = self.flight.iter().any(|flying| flying.kind >= kind && same_or_later(&flying.position));
        flies
            || self
                .waiting
                .range(position..)
                .take_while(|(other, _)| same_or_later(other))
                .any(|(_, waiting)| waiting.kind >= kind)
    }

    fn wait_for_latest(&mut self, position: K, waiting: Waiting) {
        let room = self.cap.saturating_sub(self.flight.len());
        match waiting.kind {
            ReceiptKind::Read => {
                // Read implies delivered, for this message and all before it.
                let later = self.waiting.split_off(&position);
                self.waiting = later;
                // One that is delivered later covers those before it.
                while self.waiting.len() >= room.max(1) {
                    self.waiting.pop_first();
                }
            }
            ReceiptKind::Delivered => {
                // The last, not the first: dropping the first would let a flood postpone all for ever.
                if self.waiting.len() >= STEPS {
                    self.waiting.pop_last();
                }
                while self.waiting.len() >= room.max(1) {
                    self.waiting.pop_last();
                }
            }
        }
        if room > 0 {
            self.waiting.insert(position, waiting);
        }
    }

    fn wait_for_each(&mut self, position: K, waiting: Waiting) {
        self.waiting.insert(position, waiting);
        for _ in self.cap..self.len() {
            self.waiting.pop_first();
        }
    }

    fn take_latest(&mut self, now: Timestamp) -> Vec<Flying<K>> {
        let kinds = [ReceiptKind::Read, ReceiptKind::Delivered].into_iter();
        let flight: Vec<Flying<K>> =
            kinds.filter_map(|kind| self.ready(now).filter(|flying| flying.kind == kind).last()).collect();
        self.waiting.retain(|position, waiting| {
            !flight.iter().any(|flying| flying.kind >= waiting.kind && flying.position >= *position)
        });
        flight
    }

    fn take_each(&mut self, now: Timestamp) -> Vec<Flying<K>> {
        let flight: Vec<Flying<K>> = self.ready(now).take(FLIGHT).collect();
        for flying in &flight {
            self.waiting.remove(&flying.position);
        }
        flight
    }

    /// What waits and may be sent, in the transcript's order.
    fn ready(&self, now: Timestamp) -> impl Iterator<Item = Flying<K>> {
        self.waiting.iter().filter(move |(_, waiting)| waiting.ready <= now).map(|(position, waiting)| {
            Flying { position: position.clone(), kind: waiting.kind, message: waiting.message }
        })
    }

    fn forget_waiting(&mut self) {
        self.waiting.clear();
        self.window = None;
    }
}

impl<K> Receipts<K> {
    /// When something is to be sent: not before the window ends, nor before the first mark is ready.
    fn alarm(&self) -> Option<Timestamp> {
        if self.held || self.ended || !self.flight.is_empty() {
            return None;
        }
        let ready = self.waiting.values().map(|waiting| waiting.ready).min()?;
        self.window.map(|window| window.max(ready).max(self.not_before))
    }
}

impl<K> Alarms for Receipts<K> {
    fn alarms(&self, alarm: &mut dyn FnMut(Timestamp, DeadlineReason)) {
        if let Some(at) = self.alarm() {
            alarm(at, DeadlineReason::ReceiptFlush);
        }
    }
}

#[cfg(test)]
mod tests;
