//! A clock that counts through suspend, over one that does not.
//!
//! What a runtime counts by, on Linux stands still while the machine is suspended. There the difference between
//! two of the system's clocks says for how long that was, and it is added. A session then finds its deadlines past
//! as soon as anything wakes it; its own timers do that after the rest of a wait, since they stand still as well:
//! on a live link within one heartbeat interval. Elsewhere time is what the runtime says.

use core::time::Duration;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::time::{Now, Timestamp, WallTime};

/// What time it is, from what an adapter reads of its clocks.
#[derive(Debug)]
pub struct Clock {
    wall: WallTime,
    suspended: Suspended,
}

impl Clock {
    /// Begins to count. `since_epoch` is the system's time, since the start of 1970.
    #[must_use]
    pub fn new(since_epoch: Duration, reading: Reading) -> Self {
        Self { wall: WallTime::EPOCH + since_epoch, suspended: Suspended::since(reading) }
    }

    /// What time it is when the runtime's own clock has counted `elapsed` since the start. The wall is the system's
    /// at the start plus what has passed.
    #[must_use]
    pub fn now(&self, elapsed: Duration, reading: Reading) -> Now {
        let passed = elapsed + self.suspended.until(reading);
        Now::new(Timestamp::ZERO + passed, self.wall + passed)
    }

    /// How much the runtime's own clock has to count since the start until a time of ours is there.
    #[must_use]
    pub fn elapsed_at(&self, at: Timestamp) -> Duration {
        at.saturating_since(Timestamp::ZERO).saturating_sub(self.suspended.so_far())
    }
}

/// For how long the machine has been suspended since the system started: no less than `least` and no more than
/// `most`. The default is that of a system which does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reading {
    /// No less than this.
    pub least: Duration,
    /// And no more.
    pub most: Duration,
}

impl Reading {
    /// From a clock that stands still in suspend, read `before` and `after` one that does not. A thread may be
    /// held up between them.
    #[must_use]
    pub const fn new(before: Duration, all: Duration, after: Duration) -> Self {
        Self { least: all.saturating_sub(after), most: all.saturating_sub(before) }
    }
}

/// For how long the machine has been suspended since a first reading. Never more than it was: time must not
/// move where only a thread was held up.
#[derive(Debug)]
struct Suspended {
    before: Duration,
    micros: AtomicU64,
}

impl Suspended {
    const fn since(first: Reading) -> Self {
        Self { before: first.most, micros: AtomicU64::new(0) }
    }

    fn until(&self, reading: Reading) -> Duration {
        let micros = reading.least.saturating_sub(self.before).as_micros();
        let micros = u64::try_from(micros).unwrap_or(u64::MAX);
        Duration::from_micros(self.micros.fetch_max(micros, Ordering::Relaxed).max(micros))
    }

    fn so_far(&self) -> Duration {
        Duration::from_micros(self.micros.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests;
