//! When to try again. Exponential with *full* jitter: the wait is drawn evenly from zero to a ceiling that
//! doubles up to a cap, because after an outage many clients start at the same moment, and any fixed share of
//! the wait would bring them back together. The count of tries falls back to zero only after the link has been
//! up for a stated time, or else a server that accepts and drops would be called as fast as it can answer.
//! What a server asks for (`Retry-After`) is a floor that nothing shortens, not even the user's return.
//! The same machine serves the link, the outbox and the catch-up; only the link tells when it was up.

use core::time::Duration;

use crate::machine::Alarms;
use crate::output::DeadlineReason;
use crate::rng::Rng;
use crate::time::Timestamp;

/// How long to wait between tries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BackoffPolicy {
    /// The longest first wait. Default 1 s.
    pub(crate) base: Duration,
    /// What the ceiling is multiplied by with each try; zero counts as one. Default 2.
    pub(crate) factor: u32,
    /// No ceiling is above this; a server's `Retry-After` may be. Default 30 s.
    pub(crate) cap: Duration,
    /// How long a link must have been up for its next loss to count as the first. Default 30 s.
    pub(crate) reset_after: Duration,
    /// The longest wait that is left when the network or the user comes back; not zero, since many come back
    /// at once. Default 1 s.
    pub(crate) wake_jitter: Duration,
}

impl Default for BackoffPolicy {
    fn default() -> Self {
        Self {
            base: Duration::from_secs(1),
            factor: 2,
            cap: Duration::from_secs(30),
            reset_after: Duration::from_secs(30),
            wake_jitter: Duration::from_secs(1),
        }
    }
}

/// Counts tries and says when the next one is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Backoff {
    policy: BackoffPolicy,
    /// Tries since the last reset.
    attempt: u32,
    /// Since when the link is up, as long as it is not yet known to be healthy.
    live_since: Option<Timestamp>,
    /// Before this the server does not want to hear from us. It outlives a reset: health is our judgement, the
    /// floor is the server's.
    floor: Timestamp,
}

impl Backoff {
    /// With no try made yet.
    pub(crate) const fn new(policy: BackoffPolicy) -> Self {
        Self { policy, attempt: 0, live_since: None, floor: Timestamp::ZERO }
    }

    /// With so many tries made, and a server that does not want to hear from us before `floor`.
    pub(crate) const fn resumed(policy: BackoffPolicy, attempt: u32, floor: Timestamp) -> Self {
        Self { policy, attempt, live_since: None, floor }
    }

    /// Before this the server does not want to hear from us.
    pub(crate) const fn floor(&self) -> Timestamp {
        self.floor
    }

    /// When to try next, counted as a try. `retry_after` is what the server asked for, from `now` on.
    pub(crate) fn next(&mut self, now: Timestamp, rng: &mut Rng, retry_after: Option<Duration>) -> Timestamp {
        let wait = rng.span_up_to(self.ceiling());
        self.attempt = self.attempt.saturating_add(1);
        if let Some(span) = retry_after {
            // An earlier floor may reach further, when requests were refused with different waits.
            self.floor = self.floor.max(now + span);
        }
        (now + wait).max(self.floor)
    }

    /// Tries since the last reset; zero before the first.
    pub(crate) const fn attempt(&self) -> u32 {
        self.attempt
    }

    /// The longest that the next wait can be, `Retry-After` aside.
    pub(crate) fn ceiling(&self) -> Duration {
        let growth = u128::from(self.policy.factor.max(1)).saturating_pow(self.attempt);
        let micros = self.policy.base.as_micros().saturating_mul(growth).min(self.policy.cap.as_micros());
        Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
    }

    /// The link is up. Said again while it is up, as after a change of sockets, it changes nothing.
    pub(crate) fn went_live(&mut self, now: Timestamp) {
        self.live_since.get_or_insert(now);
    }

    /// The link is down. Only a link that had been up for long enough makes the next wait short again.
    pub(crate) fn lost(&mut self, now: Timestamp) {
        self.due(now);
        self.live_since = None;
    }

    /// Resets the count if the link has been up for long enough by now, and says whether it did.
    pub(crate) fn due(&mut self, now: Timestamp) -> bool {
        let healthy = self.healthy_at().is_some_and(|at| at <= now);
        if healthy {
            self.reset();
        }
        healthy
    }

    /// Starts the count afresh, for those who know success when they see it. A floor of the server's stays.
    pub(crate) const fn reset(&mut self) {
        self.attempt = 0;
        self.live_since = None;
    }

    /// A planned try, brought forward as the network or the user came back: soon, though not at once; never
    /// later than planned, never before the time that the server asked for.
    pub(crate) fn hurry(&self, now: Timestamp, rng: &mut Rng, planned: Timestamp) -> Timestamp {
        let soon = now + rng.span_up_to(self.policy.wake_jitter);
        planned.min(soon.max(self.floor))
    }

    /// A planned try, brought forward as far as the server lets us: whatever stood in the way is known to be gone.
    pub(crate) fn soonest(&self, now: Timestamp, planned: Timestamp) -> Timestamp {
        planned.min(now.max(self.floor))
    }

    fn healthy_at(&self) -> Option<Timestamp> {
        self.live_since.map(|since| since + self.policy.reset_after)
    }
}

impl Alarms for Backoff {
    fn alarms(&self, alarm: &mut dyn FnMut(Timestamp, DeadlineReason)) {
        if let Some(at) = self.healthy_at() {
            alarm(at, DeadlineReason::Healthy);
        }
    }
}

#[cfg(test)]
mod tests;
