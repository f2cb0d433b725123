//! The clock: tokio's, so that a paused one works, plus the time for which the machine was suspended.
//!
//! Tokio counts by [`std::time::Instant`], which on Linux stands still while the machine is suspended. There the
//! difference between two of the system's clocks says for how long that was, and it is added. A session then
//! finds its deadlines past as soon as anything wakes it; its own timers do that after the rest of a wait,
//! since they stand still as well: on a live link within one heartbeat interval. Elsewhere time is what the
//! standard library says.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use helpline_protocol::{Now, Timestamp, WallTime};
use tokio::time::Instant;

/// What time it is, since the runtime was built.
pub(crate) struct Clock {
    origin: Instant,
    wall: WallTime,
    suspended: Suspended,
}

impl Clock {
    pub(crate) fn new() -> Self {
        let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let suspended = Suspended::since(system::reading());
        Self { origin: Instant::now(), wall: WallTime::EPOCH + since_epoch, suspended }
    }

    /// The wall is the system's at the start plus what has passed.
    pub(crate) fn now(&self) -> Now {
        let passed = self.origin.elapsed() + self.suspended.until(system::reading());
        Now::new(Timestamp::ZERO + passed, self.wall + passed)
    }

    /// When tokio's clock shows a time of ours; none beyond the end of its time.
    pub(crate) fn instant(&self, at: Timestamp) -> Option<Instant> {
        let since_origin = at.saturating_since(Timestamp::ZERO);
        self.origin.checked_add(since_origin.saturating_sub(self.suspended.so_far()))
    }
}

/// For how long the machine has been suspended since the system started: no less than `least` and no more than
/// `most`. The clocks are read one after the other, and a thread may be held up between them.
#[derive(Clone, Copy, Debug, Default)]
struct Reading {
    least: Duration,
    most: Duration,
}

/// For how long the machine has been suspended since a first reading. Never more than it was: time must not
/// move where only a thread was held up.
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

#[cfg(any(target_os = "linux", target_os = "android"))]
mod system {
    use std::time::Duration;

    use rustix::time::{ClockId, clock_gettime};

    use super::Reading;

    pub(super) fn reading() -> Reading {
        let (before, all, after) =
            (time(ClockId::Monotonic), time(ClockId::Boottime), time(ClockId::Monotonic));
        Reading { least: all.saturating_sub(after), most: all.saturating_sub(before) }
    }

    fn time(clock: ClockId) -> Duration {
        let time = clock_gettime(clock);
        let (secs, nanos) = (u64::try_from(time.tv_sec), u32::try_from(time.tv_nsec));
        Duration::new(secs.unwrap_or_default(), nanos.unwrap_or_default())
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod system {
    /// The system has no such pair of clocks, or we do not know them.
    pub(super) fn reading() -> super::Reading {
        super::Reading::default()
    }
}

#[cfg(test)]
mod tests;
