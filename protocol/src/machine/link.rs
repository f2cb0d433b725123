//! The live channel of a session: how it comes up, stays up, and comes up again.
//!
//! Every connect runs through the same three stages: obtain an address (*authorising*), dial it
//! (*opening*), and say what we want (*greeting*). An [`Attempt`] is one such run, and there is at most
//! one at a time by construction: there is one field for it. With no live socket an attempt is a connect
//! or a reconnect; beside a live socket it is a *rotation*, which moves the session to a new socket
//! before the old one's time is up.
//!
//! After a rotation the old socket stays open for a short while. The provider acknowledged the new one,
//! but what it had written to the old one before may still be on its way, and would otherwise be lost. The old
//! one is probed once more: if that is answered, all before it has arrived; if not, something may be missing.
//!
//! Three gates hold the link: the user suspended it, the app is in the background, there is no network.
//! A closed gate drops attempt and sockets; the last one to open plans an attempt within a short random
//! wait, because many clients come back at once.
//!
//! A provider that is polled has no socket: [`socketless`] tells how its link is up all the same.
//!
//! The phases and what leads from one to the next are the table in [`chart`]. Nothing else changes one.

pub mod chart;
mod socketless;
mod step;

use core::time::Duration;

use chart::{Phase, Trigger};
pub(crate) use step::{Closing, Gates, LinkPolicy, Overdue, SocketRole, Step, Tries};

use super::Alarms;
use super::backoff::Backoff;
use crate::id::{Counter, SocketId};
use crate::output::DeadlineReason;
use crate::rng::Rng;
use crate::time::Timestamp;

/// One run towards a live socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attempt {
    Authorising,
    Opening { socket: SocketId, until: Timestamp },
    Greeting { socket: SocketId, sends: u32, refusals: u32, until: Timestamp },
}

impl Attempt {
    const fn socket(self) -> Option<SocketId> {
        match self {
            Self::Authorising => None,
            Self::Opening { socket, .. } | Self::Greeting { socket, .. } => Some(socket),
        }
    }

    /// What has moved it from waiting to where it is.
    const fn so_far(self) -> &'static [Trigger] {
        match self {
            Self::Authorising => &[Trigger::RetryDue],
            Self::Opening { .. } => &[Trigger::RetryDue, Trigger::Authorised],
            Self::Greeting { .. } => &[Trigger::RetryDue, Trigger::Authorised, Trigger::Opened],
        }
    }
}

/// A socket that another has replaced, while it is still listened to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Retiring {
    socket: SocketId,
    until: Timestamp,
    /// Answers to come before all that was written to it is known to have arrived.
    owed: u8,
}

/// The link of a session.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Link {
    policy: LinkPolicy,
    phase: Phase,
    gates: Gates,
    backoff: Backoff,
    sockets: Counter,
    attempt: Option<Attempt>,
    live: Option<SocketId>,
    /// The socket before the live one.
    retiring: Option<Retiring>,
    /// When the next attempt begins: a reconnect, or a rotation that failed before.
    retry_at: Option<Timestamp>,
    /// Whether the link was ever up.
    been_live: bool,
    /// Where there is no socket: the tries that are made elsewhere while nothing gets through.
    tries: Option<Tries>,
}

impl Link {
    pub(crate) fn new(policy: LinkPolicy, backoff: Backoff) -> Self {
        Self {
            policy,
            phase: Phase::Idle,
            gates: Gates::default(),
            backoff,
            sockets: Counter::new(),
            attempt: None,
            live: None,
            retiring: None,
            retry_at: None,
            been_live: false,
            tries: None,
        }
    }

    pub(crate) const fn phase(&self) -> Phase {
        self.phase
    }

    pub(crate) const fn gates(&self) -> Gates {
        self.gates
    }

    pub(crate) const fn been_live(&self) -> bool {
        self.been_live
    }

    /// Whether an attempt has failed since there was no link at all.
    pub(crate) fn has_failed(&self) -> bool {
        self.backoff.attempt() > 0 || self.tries.is_some()
    }

    /// Whether the link is up.
    pub(crate) fn is_live(&self) -> bool {
        self.phase == Phase::Live
    }

    /// When the next attempt begins, be it a reconnect or a rotation.
    pub(crate) const fn next_attempt(&self) -> Option<Timestamp> {
        self.retry_at
    }

    pub(crate) const fn live_socket(&self) -> Option<SocketId> {
        self.live
    }

    /// When the next attempt begins, while one is planned and there is no live socket.
    pub(crate) fn planned(&self) -> Option<Timestamp> {
        let elsewhere = self.tries.map(|tries| tries.next_at);
        self.retry_at.or(elsewhere).filter(|_| self.phase == Phase::Waiting)
    }

    /// The number of the present try, from 1.
    pub(crate) fn attempt_number(&self) -> u32 {
        self.tries.map_or_else(|| self.backoff.attempt(), |tries| tries.failed).max(1)
    }

    /// Whether what comes on this socket counts.
    pub(crate) fn listens_to(&self, socket: SocketId) -> bool {
        self.live == Some(socket)
            || self.retiring.is_some_and(|retiring| retiring.socket == socket)
            || matches!(self.attempt, Some(Attempt::Greeting { socket: greeted, .. }) if greeted == socket)
    }

    /// The user wants the link. Nothing happens but in the idle phase.
    pub(crate) fn connect(&mut self, steps: &mut Vec<Step>) {
        if !self.step(Trigger::Connect) {
            return;
        }
        match self.gates.trigger() {
            Some(gate) => {
                self.step(gate);
            }
            None => self.authorise(steps),
        }
    }

    /// An address is at hand.
    pub(crate) fn authorised(&mut self, now: Timestamp, steps: &mut Vec<Step>) {
        if self.attempt != Some(Attempt::Authorising) {
            return;
        }
        let socket = SocketId::from_u64(self.sockets.next());
        self.attempt = Some(Attempt::Opening { socket, until: now + self.policy.open_timeout });
        self.follow_attempt(Trigger::Authorised);
        steps.push(Step::Open(socket));
    }

    /// A socket is open.
    pub(crate) fn opened(&mut self, now: Timestamp, socket: SocketId, steps: &mut Vec<Step>) -> bool {
        if !matches!(self.attempt, Some(Attempt::Opening { socket: dialled, .. }) if dialled == socket) {
            return false;
        }
        let until = now + self.policy.greeting_wait;
        self.attempt = Some(Attempt::Greeting { socket, sends: 1, refusals: 0, until });
        self.follow_attempt(Trigger::Opened);
        steps.push(Step::Greet(socket));
        true
    }

    /// The greeting is acknowledged, or something came that only a greeted socket gets. `unanswered` probes are on
    /// their way on the socket that this one replaces, if any.
    pub(crate) fn greeted(
        &mut self,
        now: Timestamp,
        socket: SocketId,
        unanswered: u8,
        steps: &mut Vec<Step>,
    ) {
        if !matches!(self.attempt, Some(Attempt::Greeting { socket: greeted, .. }) if greeted == socket) {
            return;
        }
        self.attempt = None;
        self.retry_at = None;
        let missed = self.close_replaced(steps);
        let before = self.live.replace(socket);
        self.follow_attempt(Trigger::Greeted);
        self.been_live = true;
        self.backoff.went_live(now);
        if let Some(before) = before {
            let owed = unanswered.saturating_add(1);
            self.retiring = Some(Retiring { socket: before, until: now + self.policy.overlap, owed });
            steps.push(Step::Probe(before));
        }
        steps.push(Step::Live { socket, renewed: before.is_some() });
        steps.extend(missed);
    }

    /// A probe was answered on a socket that was replaced.
    pub(crate) fn retired_answered(&mut self, socket: SocketId) {
        if let Some(retiring) = self.retiring.as_mut().filter(|retiring| retiring.socket == socket) {
            retiring.owed = retiring.owed.saturating_sub(1);
        }
    }

    /// The greeting is refused for now.
    pub(crate) fn greeting_refused(
        &mut self,
        now: Timestamp,
        rng: &mut Rng,
        socket: SocketId,
        steps: &mut Vec<Step>,
    ) -> bool {
        let Some(Attempt::Greeting { socket: greeted, refusals, .. }) = self.attempt else {
            return false;
        };
        if greeted != socket {
            return false;
        }
        let refusals = refusals.saturating_add(1);
        if refusals >= self.policy.greeting_refusals {
            self.fail(now, rng, None, steps);
            return true;
        }
        let until = now + self.policy.greeting_refused_wait;
        self.attempt = Some(Attempt::Greeting { socket, sends: 0, refusals, until });
        false
    }

    /// The attempt under way did not work out; `retry_after` is the provider's own word on when to come back.
    pub(crate) fn fail(
        &mut self,
        now: Timestamp,
        rng: &mut Rng,
        retry_after: Option<Duration>,
        steps: &mut Vec<Step>,
    ) {
        let Some(attempt) = self.attempt.take() else {
            return;
        };
        if let Some(socket) = attempt.socket() {
            steps.push(Step::Close(socket, Closing::Faulty));
        }
        self.retry_at = Some(self.backoff.next(now, rng, retry_after));
        self.follow_attempt(Trigger::Failed);
    }

    /// The live socket is no good any more: it is closed, silent or unhealthy. An attempt that was going to
    /// replace it goes on as the reconnect.
    pub(crate) fn lost(&mut self, now: Timestamp, rng: &mut Rng, steps: &mut Vec<Step>) {
        let Some(socket) = self.live.take() else { return };
        steps.push(Step::Close(socket, Closing::Faulty));
        self.close_retiring(Closing::Faulty, steps);
        self.backoff.lost(now);
        steps.push(Step::Down);
        self.step(Trigger::Failed);
        match self.attempt {
            Some(attempt) => {
                for trigger in attempt.so_far() {
                    self.step(*trigger);
                }
            }
            None => {
                // A rotation that failed before planned its next try by the same backoff.
                let planned = self.retry_at.take();
                let next = self.backoff.next(now, rng, None);
                self.retry_at = Some(planned.map_or(next, |planned| planned.min(next)));
            }
        }
    }

    /// A socket is closed, not by us. No step closes it again.
    pub(crate) fn closed(
        &mut self,
        now: Timestamp,
        rng: &mut Rng,
        socket: SocketId,
        steps: &mut Vec<Step>,
    ) -> SocketRole {
        let role = self.closed_role(now, rng, socket, steps);
        steps.retain(|step| !matches!(step, Step::Close(closed, _) if *closed == socket));
        role
    }

    fn closed_role(
        &mut self,
        now: Timestamp,
        rng: &mut Rng,
        socket: SocketId,
        steps: &mut Vec<Step>,
    ) -> SocketRole {
        if self.live == Some(socket) {
            self.lost(now, rng, steps);
            return SocketRole::Live;
        }
        if self.retiring.is_some_and(|retiring| retiring.socket == socket) {
            self.retiring = None;
            steps.push(Step::Gap);
            return SocketRole::Retiring;
        }
        if self.attempt.and_then(Attempt::socket) == Some(socket) {
            self.fail(now, rng, None, steps);
            return SocketRole::Attempted;
        }
        SocketRole::Unknown
    }

    /// It is time to move to a new socket. Where that failed before, the next try is planned already, and no
    /// sooner than the provider asked for.
    pub(crate) fn rotate(&mut self, steps: &mut Vec<Step>) {
        if self.live.is_some() && self.attempt.is_none() && self.retry_at.is_none() {
            self.authorise(steps);
        }
    }

    /// A gate opens or closes. What the user holds themselves is dialled as soon as they let go; what the network
    /// or the background held comes back after a short random wait, as it does for many at once.
    pub(crate) fn gate(&mut self, now: Timestamp, rng: &mut Rng, gates: Gates, steps: &mut Vec<Step>) {
        let before = core::mem::replace(&mut self.gates, gates);
        if before == gates || matches!(self.phase, Phase::Idle | Phase::Ended) {
            return;
        }
        if let Some(gate) = gates.trigger() {
            if self.step(gate) {
                self.drop_all(now, Closing::Held, steps);
            }
        } else if self.step(Trigger::Release) {
            self.retry_at = Some(if before.suspended {
                self.backoff.soonest(now, Timestamp::MAX)
            } else {
                self.backoff.hurry(now, rng, Timestamp::MAX)
            });
        }
    }

    /// The network is back, or another one, or the user is: a planned wait is cut short.
    pub(crate) fn hurry(&mut self, now: Timestamp, rng: &mut Rng) {
        if self.phase == Phase::Waiting
            && let Some(planned) = self.retry_at
        {
            self.retry_at = Some(self.backoff.hurry(now, rng, planned));
        }
    }

    /// It is over.
    pub(crate) fn end(&mut self, now: Timestamp, steps: &mut Vec<Step>) {
        self.step(Trigger::End);
        self.drop_all(now, Closing::Over, steps);
    }

    /// Does what is due.
    pub(crate) fn due(&mut self, now: Timestamp, rng: &mut Rng, steps: &mut Vec<Step>) -> Option<Overdue> {
        self.backoff.due(now);
        if self.retiring.is_some_and(|retiring| retiring.until <= now) {
            let missed = self.close_replaced(steps);
            steps.extend(missed);
        }
        if let Some(at) = self.retry_at
            && at <= now
            && self.attempt.is_none()
        {
            self.retry_at = None;
            self.follow_attempt(Trigger::RetryDue);
            self.authorise(steps);
        }
        match self.attempt {
            Some(Attempt::Opening { until, .. }) if until <= now => {
                self.fail(now, rng, None, steps);
                Some(Overdue::Opening)
            }
            Some(Attempt::Greeting { socket, sends, refusals, until }) if until <= now => {
                if sends >= self.policy.greeting_tries {
                    self.fail(now, rng, None, steps);
                    return Some(Overdue::Greeting);
                }
                let (sends, until) = (sends.saturating_add(1), now + self.policy.greeting_wait);
                self.attempt = Some(Attempt::Greeting { socket, sends, refusals, until });
                steps.push(Step::Greet(socket));
                None
            }
            _ => None,
        }
    }

    fn authorise(&mut self, steps: &mut Vec<Step>) {
        self.attempt = Some(Attempt::Authorising);
        self.retry_at = None;
        steps.push(Step::Authorise);
    }

    fn drop_all(&mut self, now: Timestamp, why: Closing, steps: &mut Vec<Step>) {
        match self.attempt.take() {
            Some(Attempt::Authorising) => steps.push(Step::CancelAuthorise),
            Some(attempt) => steps.extend(attempt.socket().map(|socket| Step::Close(socket, why))),
            None => {}
        }
        self.close_retiring(why, steps);
        self.retry_at = None;
        self.tries = None;
        if let Some(socket) = self.live.take() {
            self.backoff.lost(now);
            steps.push(Step::Close(socket, why));
            steps.push(Step::Down);
        }
    }

    /// Closes the replaced socket while the live one goes on. Returns what is to be done if it still owes answers.
    fn close_replaced(&mut self, steps: &mut Vec<Step>) -> Option<Step> {
        let owes = self.retiring.is_some_and(|retiring| retiring.owed > 0);
        self.close_retiring(Closing::Replaced, steps);
        owes.then_some(Step::Gap)
    }

    fn close_retiring(&mut self, why: Closing, steps: &mut Vec<Step>) {
        if let Some(Retiring { socket, .. }) = self.retiring.take() {
            steps.push(Step::Close(socket, why));
        }
    }

    /// An attempt beside a live socket does not move the phase: the link is live meanwhile.
    fn follow_attempt(&mut self, trigger: Trigger) {
        if self.phase != Phase::Live {
            self.step(trigger);
        }
    }

    fn step(&mut self, trigger: Trigger) -> bool {
        match chart::next(self.phase, trigger) {
            Some(next) => {
                self.phase = next;
                true
            }
            None => false,
        }
    }
}

impl Alarms for Link {
    fn alarms(&self, alarm: &mut dyn FnMut(Timestamp, DeadlineReason)) {
        self.backoff.alarms(alarm);
        match self.attempt {
            Some(Attempt::Opening { until, .. }) => alarm(until, DeadlineReason::OpenTimeout),
            Some(Attempt::Greeting { until, .. }) => alarm(until, DeadlineReason::Greeting),
            Some(Attempt::Authorising) | None => {}
        }
        if let Some(Retiring { until, .. }) = self.retiring {
            alarm(until, DeadlineReason::Renew);
        }
        if let Some(at) = self.retry_at
            && self.attempt.is_none()
        {
            alarm(at, DeadlineReason::Reconnect);
        }
    }
}

#[cfg(test)]
mod tests;
