//! The link of a provider that is asked again and again, and has no socket to open or lose. It is up once the
//! provider answers, and down while nothing gets through. Gates hold it and attempts begin as ever; but the tries to
//! get through again are not its own: each conversation makes them for itself, and the link shows the next of them.

use super::chart::{Phase, Trigger};
use super::{Closing, Link, Step, Tries};
use crate::time::Timestamp;

impl Link {
    /// Where there is no socket: whether tries may be made elsewhere.
    pub(crate) fn lets_try(&self) -> bool {
        match self.phase {
            Phase::Authorising | Phase::Live => true,
            Phase::Waiting => self.retry_at.is_none(),
            Phase::Idle
            | Phase::Opening
            | Phase::Greeting
            | Phase::Suspended
            | Phase::Offline
            | Phase::Ended => false,
        }
    }

    /// There is no socket, and the provider answers: the link is up. The stages that a socket has are passed at
    /// once. Whether it was not up before.
    pub(crate) fn reached(&mut self) -> bool {
        if !matches!(self.phase, Phase::Authorising | Phase::Waiting) {
            return false;
        }
        (self.attempt, self.retry_at, self.tries) = (None, None, None);
        for trigger in [Trigger::RetryDue, Trigger::Authorised, Trigger::Opened, Trigger::Greeted] {
            self.step(trigger);
        }
        self.backoff.reset();
        self.been_live = true;
        true
    }

    /// There is no socket, and the provider answers, though it is not known yet what there was before. The tries to learn
    /// that begin anew, and until one has failed those that it took so far are shown.
    pub(crate) fn answered(&mut self, now: Timestamp) {
        if self.has_failed() {
            self.tries = Some(Tries { failed: self.attempt_number(), next_at: now });
        }
        self.backoff.reset();
    }

    /// There is no socket, and nothing gets through any more; tries are made elsewhere. Whether it was up before.
    pub(crate) fn unreached(&mut self, tries: Tries) -> bool {
        if !self.lets_try() {
            return false;
        }
        let was_live = self.is_live();
        (self.attempt, self.retry_at, self.tries) = (None, None, Some(tries));
        self.step(Trigger::Failed);
        was_live
    }

    /// Nothing is left that the link would be for.
    pub(crate) fn rest(&mut self, now: Timestamp, steps: &mut Vec<Step>) {
        if self.step(Trigger::Rest) {
            self.drop_all(now, Closing::Over, steps);
            self.backoff.reset();
        }
    }
}
