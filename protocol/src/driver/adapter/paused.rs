//! A clock that stands still until it is told to move.

#![allow(clippy::disallowed_types, reason = "a clock belongs to all who look at it: it is locked for a look")]

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::time::{Now, Timestamp, WallTime};

/// A clock that stands still until it is told to move, for tests of programs: what tokio's clock can by itself, and
/// those of other runtimes cannot. A runtime that goes by it has the timers of sessions by it, and the timeouts of
/// their requests. Connections that are made are made in real time.
///
/// Clones are the same clock. It begins at [`Timestamp::ZERO`].
#[derive(Clone, Debug)]
pub struct PausedClock {
    wall: WallTime,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    now: Timestamp,
    sleepers: u64,
    /// Who is to be woken, and when.
    waiting: BTreeMap<(Timestamp, u64), Waker>,
}

impl PausedClock {
    /// A clock that begins at a time of the wall's.
    #[must_use]
    pub fn new(wall: WallTime) -> Self {
        Self { wall, state: Arc::default() }
    }

    /// What time it is.
    #[must_use]
    pub fn now(&self) -> Now {
        let now = self.lock().now;
        Now::new(now, self.wall + now.saturating_since(Timestamp::ZERO))
    }

    /// The first time at which somebody wants to be woken, if anybody does.
    #[must_use]
    pub fn next(&self) -> Option<Timestamp> {
        self.lock().waiting.keys().next().map(|(at, _)| *at)
    }

    /// Moves to a time, and wakes whoever waited for it. It never goes back.
    pub fn advance_to(&self, at: Timestamp) {
        let mut state = self.lock();
        state.now = state.now.max(at);
        let later = state.waiting.split_off(&(Timestamp::from_micros(at.as_micros().saturating_add(1)), 0));
        let due = core::mem::replace(&mut state.waiting, later);
        drop(state);
        due.into_values().for_each(Waker::wake);
    }

    /// Ends when it has been moved to `at`.
    pub fn sleep_until(&self, at: Timestamp) -> impl Future<Output = ()> + Send + use<> {
        let mut state = self.lock();
        state.sleepers += 1;
        Sleep { clock: self.clone(), name: (at, state.sleepers) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Sleep {
    clock: PausedClock,
    name: (Timestamp, u64),
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.clock.lock();
        if self.name.0 <= state.now {
            return Poll::Ready(());
        }
        state.waiting.insert(self.name, context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.clock.lock().waiting.remove(&self.name);
    }
}

#[cfg(test)]
mod tests;
