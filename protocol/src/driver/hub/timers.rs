//! The one table of deadlines of a shard.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use std::collections::BTreeMap;
#[allow(
    clippy::disallowed_types,
    reason = "a session belongs to one caller, but those who sleep in a shard and the shard share a table"
)]
use std::sync::Mutex;
use std::sync::{Arc, MutexGuard, PoisonError};

use futures_util::task::AtomicWaker;

use crate::time::Timestamp;

/// Who sleeps in a shard, by when.
pub(super) struct Timers {
    #[allow(
        clippy::disallowed_types,
        reason = "as above; it is held for a few steps and never over an await"
    )]
    table: Mutex<Table>,
    /// Wakes the shard when its next deadline comes sooner than it thinks. None while the shard is at work.
    shard: AtomicWaker,
}

#[derive(Default)]
struct Table {
    /// Time passed up to here, as the shard saw it.
    now: Timestamp,
    names: u64,
    sleepers: BTreeMap<(Timestamp, u64), Waker>,
}

impl Timers {
    #[allow(clippy::disallowed_types, reason = "as above")]
    pub(super) fn new() -> Self {
        Self { table: Mutex::default(), shard: AtomicWaker::new() }
    }

    /// Wakes those whose time has come, `most` of them at the most. When the next is due, if anybody sleeps.
    pub(super) fn fire(&self, now: Timestamp, most: usize) -> Option<Timestamp> {
        let mut due = Vec::new();
        let next = {
            let mut table = self.lock();
            table.now = table.now.max(now);
            while due.len() < most
                && let Some(first) = table.sleepers.first_entry().filter(|first| first.key().0 <= now)
            {
                due.push(first.remove());
            }
            table.sleepers.first_key_value().map(|((at, _), _)| *at)
        };
        due.into_iter().for_each(Waker::wake);
        next
    }

    /// When the next is due, if anybody sleeps.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.lock().sleepers.first_key_value().map(|((at, _), _)| *at)
    }

    /// Whom to wake when a deadline comes sooner than [`Timers::next`] said.
    pub(super) const fn shard(&self) -> &AtomicWaker {
        &self.shard
    }

    fn sleep(&self, at: Timestamp, name: Option<u64>, waker: &Waker) -> u64 {
        let (name, is_first) = {
            let mut table = self.lock();
            let name = name.unwrap_or_else(|| {
                table.names += 1;
                table.names
            });
            match table.sleepers.get_mut(&(at, name)) {
                Some(known) => known.clone_from(waker),
                None => drop(table.sleepers.insert((at, name), waker.clone())),
            }
            (name, table.sleepers.first_key_value().is_some_and(|(key, _)| *key == (at, name)))
        };
        if is_first {
            self.shard.wake();
        }
        name
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A sleep in the table.
pub(super) struct Sleep {
    timers: Arc<Timers>,
    at: Timestamp,
    name: Option<u64>,
}

impl Sleep {
    pub(super) const fn new(timers: Arc<Timers>, at: Timestamp) -> Self {
        Self { timers, at, name: None }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.timers.lock().now >= self.at {
            return Poll::Ready(());
        }
        let name = self.timers.sleep(self.at, self.name, context.waker());
        self.name = Some(name);
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(name) = self.name {
            self.timers.lock().sleepers.remove(&(self.at, name));
        }
    }
}

#[cfg(test)]
mod tests;
