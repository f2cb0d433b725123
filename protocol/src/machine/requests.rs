//! What was asked and is not answered yet. What an answer is for is kept as data, never as a closure, so that
//! it can be compared, printed and cancelled by what it is. Each exchange ends exactly once: by an answer, by
//! its timeout, or by being taken back; whatever comes for it afterwards finds nothing, and the caller counts
//! it. The machine is the same for HTTP and for frames that carry an id.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use crate::id::{Counter, RequestId};
use crate::machine::Alarms;
use crate::output::DeadlineReason;
use crate::time::Timestamp;

/// The exchanges under way, each with its purpose `P` and its deadline.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Requests<P> {
    ids: Counter,
    pending: BTreeMap<RequestId, Pending<P>>,
    /// The deadlines of `pending` in order of time: the next is asked for after every input.
    deadlines: BTreeSet<(Timestamp, RequestId)>,
}

#[derive(Clone, Debug, PartialEq)]
struct Pending<P> {
    purpose: P,
    timeout: Duration,
    deadline: Timestamp,
}

impl<P> Requests<P> {
    /// With nothing under way.
    pub(crate) const fn new() -> Self {
        Self { ids: Counter::new(), pending: BTreeMap::new(), deadlines: BTreeSet::new() }
    }

    /// The number of the exchange that was begun last; zero before the first.
    pub(crate) const fn last_id(&self) -> u64 {
        self.ids.last()
    }

    /// With nothing under way, going on after this number.
    pub(crate) const fn after(last: u64) -> Self {
        Self { ids: Counter::from_last(last), pending: BTreeMap::new(), deadlines: BTreeSet::new() }
    }

    /// Notes an exchange that begins now and may take `timeout`. The caller sees to it that there
    /// is room.
    pub(crate) fn begin(&mut self, now: Timestamp, purpose: P, timeout: Duration) -> RequestId {
        let id = RequestId::from_u64(self.ids.next());
        let deadline = now + timeout;
        self.deadlines.insert((deadline, id));
        self.pending.insert(id, Pending { purpose, timeout, deadline });
        id
    }

    /// Ends an exchange and says what it was for. None if it is not under way: late, repeated or not ours.
    pub(crate) fn settle(&mut self, id: RequestId) -> Option<P> {
        let pending = self.pending.remove(&id)?;
        self.deadlines.remove(&(pending.deadline, id));
        Some(pending.purpose)
    }

    /// A part of the answer came, so the time allowed starts anew. False if it is not under way.
    pub(crate) fn progress(&mut self, now: Timestamp, id: RequestId) -> bool {
        let Some(pending) = self.pending.get_mut(&id) else {
            return false;
        };
        self.deadlines.remove(&(pending.deadline, id));
        pending.deadline = now + pending.timeout;
        self.deadlines.insert((pending.deadline, id));
        true
    }

    /// Ends what has taken too long, in the order in which it was begun: that of the deadlines would depend on
    /// how late the host woke.
    pub(crate) fn due(&mut self, now: Timestamp) -> Vec<(RequestId, P)> {
        let mut late: Vec<RequestId> =
            self.deadlines.iter().take_while(|(at, _)| *at <= now).map(|(_, id)| *id).collect();
        late.sort_unstable();
        self.settle_all(late)
    }

    /// Takes back those whose purpose is so, in the order in which they were begun.
    pub(crate) fn cancel_where(&mut self, mut unwanted: impl FnMut(&P) -> bool) -> Vec<(RequestId, P)> {
        let ids = self.iter().filter(|(_, purpose)| unwanted(purpose)).map(|(id, _)| id).collect();
        self.settle_all(ids)
    }

    /// What an exchange is for, while it is under way.
    pub(crate) fn get(&self, id: RequestId) -> Option<&P> {
        self.pending.get(&id).map(|pending| &pending.purpose)
    }

    /// All that is under way, in the order in which it was begun.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (RequestId, &P)> {
        self.pending.iter().map(|(id, pending)| (*id, &pending.purpose))
    }

    /// How many are under way.
    pub(crate) fn len(&self) -> usize {
        self.pending.len()
    }

    fn settle_all(&mut self, ids: Vec<RequestId>) -> Vec<(RequestId, P)> {
        ids.into_iter().filter_map(|id| self.settle(id).map(|purpose| (id, purpose))).collect()
    }
}

impl<P> Alarms for Requests<P> {
    /// The first only, as the others cannot come before it.
    fn alarms(&self, alarm: &mut dyn FnMut(Timestamp, DeadlineReason)) {
        if let Some((at, id)) = self.deadlines.first() {
            alarm(*at, DeadlineReason::RequestTimeout(*id));
        }
    }
}

#[cfg(test)]
mod tests;
