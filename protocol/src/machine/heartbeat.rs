//! Whether the other side is still there. One machine for one kind of probe: probe, wait, and either an
//! answer or a loss. A socket is alive only by the answer to a probe that was sent on it, and at most one
//! probe is outstanding, because on most wires an answer cannot be matched to its probe: with two outstanding,
//! the answer to an old one would vouch for a dead socket. Probes are spaced from send to send, so a link that
//! falls silent is noticed within `interval + wait` however slowly it used to answer.
//!
//! A process that was frozen wakes with overdue timers and, perhaps, with the answers still in its buffers. So
//! a timeout that fires much too late proves nothing: a fresh probe is sent and waited for instead. One late
//! wake costs one probe, however many intervals it slept over.

use core::time::Duration;

use crate::machine::Alarms;
use crate::output::DeadlineReason;
use crate::time::Timestamp;

/// A policy of zeroes would wake the host without end; nothing is timed shorter than this.
const SHORTEST: Duration = Duration::from_millis(1);

/// Timeouts in a row that may be put down to a host that woke late. One is a process that was frozen, two one
/// that was frozen again at once; a host that is always so late would otherwise never notice a loss.
const LATE_WAKES: u32 = 3;

/// How a link is probed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HeartbeatPolicy {
    /// From one probe to the next; for [`ProbeWhen::AfterSilence`], the silence that calls for a probe.
    pub(crate) interval: Duration,
    /// How long the answer may take.
    pub(crate) wait: Duration,
    /// What calls for a probe.
    pub(crate) probe_when: ProbeWhen,
    /// When a new socket is probed first.
    pub(crate) first: FirstProbe,
    /// Answers in a row that may say "unhealthy" without the link counting as lost; Amazon Connect: 1.
    pub(crate) tolerated_failures: u32,
}

/// What calls for a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProbeWhen {
    /// Each interval does, whatever else is received.
    Every,
    /// Only an interval in which nothing at all was received.
    #[cfg_attr(not(test), expect(dead_code, reason = "Kustomer probes after silence only"))]
    AfterSilence,
}

/// When a new socket is probed first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FirstProbe {
    /// As soon as it is live.
    AtOnce,
    /// An interval later.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "LiveChat sends its first ping an interval after the login")
    )]
    AfterInterval,
}

/// What is to be done when an alarm has gone off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Send a probe now.
    Probe,
    /// The link is dead: no answer came in time. The machine has stopped.
    Lost,
}

/// What an answer that says "unhealthy" amounts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// There was no probe to answer; it changes nothing.
    Unasked,
    /// It is noted, and the next probe decides.
    Tolerated,
    /// It was one too many: the link is to be replaced. The machine has stopped.
    Lost,
}

/// Probes one socket at a time with one kind of probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Heartbeat {
    policy: HeartbeatPolicy,
    state: State,
    /// Unhealthy answers in a row.
    failures: u32,
    /// Timeouts in a row that were put down to a late wake.
    late: u32,
    /// Probes of this socket that no answer has come to. More than one where it was asked once more.
    unanswered: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// No socket to probe.
    Stopped,
    /// Nothing is outstanding; the next probe is for `next`.
    Resting { next: Timestamp, doubted: bool },
    /// One probe is outstanding. Where it was `doubted` whether the link lives, frames that were received may
    /// have sat in a buffer since before, so that only an answer counts.
    Waiting { sent: Timestamp, doubted: bool },
}

impl Heartbeat {
    /// Stopped.
    pub(crate) const fn new(policy: HeartbeatPolicy) -> Self {
        Self { policy, state: State::Stopped, failures: 0, late: 0, unanswered: 0 }
    }

    /// A new socket is live; all that was known of the one before is forgotten.
    pub(crate) fn start(&mut self, now: Timestamp) {
        self.stop();
        let next = match self.policy.first {
            FirstProbe::AtOnce => now,
            FirstProbe::AfterInterval => now + self.interval(),
        };
        self.state = State::Resting { next, doubted: false };
    }

    /// There is no socket to probe any more.
    pub(crate) const fn stop(&mut self) {
        self.state = State::Stopped;
        self.failures = 0;
        self.late = 0;
        self.unanswered = 0;
    }

    /// Doubt from outside (the network changed, the app came to the front): a probe is due at once. One that
    /// is outstanding already will do, and its time runs out sooner.
    pub(crate) const fn probe_now(&mut self, now: Timestamp) {
        self.state = match self.state {
            State::Stopped => State::Stopped,
            State::Resting { .. } => State::Resting { next: now, doubted: true },
            State::Waiting { sent, .. } => State::Waiting { sent, doubted: true },
        };
    }

    /// How many probes have not been answered: so many answers come before that to one that is sent now.
    pub(crate) const fn unanswered(&self) -> u8 {
        self.unanswered
    }

    /// An answer that says all is well. False if there was no probe to answer: it then vouches for nothing.
    pub(crate) fn answered(&mut self, now: Timestamp) -> bool {
        self.unanswered = self.unanswered.saturating_sub(1);
        let asked = self.settle(now);
        if asked {
            self.failures = 0;
        }
        asked
    }

    /// An answer that says all is not well on the other side. The socket itself works, so it is a loss only
    /// when the policy has no more patience.
    pub(crate) fn refused(&mut self, now: Timestamp) -> Refusal {
        self.unanswered = self.unanswered.saturating_sub(1);
        if !self.settle(now) {
            return Refusal::Unasked;
        }
        self.failures = self.failures.saturating_add(1);
        if self.failures > self.policy.tolerated_failures {
            self.stop();
            return Refusal::Lost;
        }
        Refusal::Tolerated
    }

    /// Something was received, whatever it is. It matters only where probes are for silence: there it puts the
    /// next one off, and ends the wait for one that nothing but silence had called for.
    pub(crate) fn activity(&mut self, now: Timestamp) {
        if self.policy.probe_when == ProbeWhen::Every {
            return;
        }
        match self.state {
            // A probe that is due already is not put off: after a freeze, what arrives may be old.
            State::Resting { next, doubted: false } if now < next => {
                self.state = State::Resting { next: now + self.interval(), doubted: false };
            }
            State::Waiting { doubted: false, .. } => {
                self.settle(now);
            }
            State::Stopped | State::Resting { .. } | State::Waiting { .. } => {}
        }
    }

    /// What is to be done now, if an alarm has gone off. Once for any number of intervals slept over.
    pub(crate) fn due(&mut self, now: Timestamp) -> Option<Decision> {
        let (at, _) = self.alarm()?;
        if now < at {
            return None;
        }
        let overslept = now.saturating_since(at) > self.wait();
        match self.state {
            State::Stopped => None,
            State::Resting { doubted, .. } => {
                self.state = State::Waiting { sent: now, doubted: doubted || overslept };
                self.unanswered = self.unanswered.saturating_add(1);
                Some(Decision::Probe)
            }
            // The answer may sit in a buffer: ask once more before the socket is thrown away.
            State::Waiting { .. } if overslept && self.late < LATE_WAKES => {
                self.late = self.late.saturating_add(1);
                self.state = State::Waiting { sent: now, doubted: true };
                self.unanswered = self.unanswered.saturating_add(1);
                Some(Decision::Probe)
            }
            State::Waiting { .. } => {
                self.stop();
                Some(Decision::Lost)
            }
        }
    }

    /// Ends the wait for an answer, if there is one.
    fn settle(&mut self, now: Timestamp) -> bool {
        let State::Waiting { sent, .. } = self.state else {
            return false;
        };
        let from = match self.policy.probe_when {
            ProbeWhen::Every => sent,
            ProbeWhen::AfterSilence => now,
        };
        self.state = State::Resting { next: from + self.interval(), doubted: false };
        self.late = 0;
        true
    }

    fn alarm(&self) -> Option<(Timestamp, DeadlineReason)> {
        match self.state {
            State::Stopped => None,
            State::Resting { next, .. } => Some((next, DeadlineReason::Heartbeat)),
            State::Waiting { sent, .. } => Some((sent + self.wait(), DeadlineReason::HeartbeatLost)),
        }
    }

    fn interval(&self) -> Duration {
        self.policy.interval.max(SHORTEST)
    }

    fn wait(&self) -> Duration {
        self.policy.wait.max(SHORTEST)
    }
}

impl Alarms for Heartbeat {
    fn alarms(&self, alarm: &mut dyn FnMut(Timestamp, DeadlineReason)) {
        if let Some((at, why)) = self.alarm() {
            alarm(at, why);
        }
    }
}

#[cfg(test)]
mod tests;
