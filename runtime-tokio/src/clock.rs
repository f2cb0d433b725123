//! The clock: tokio's, so that a paused one works, plus the time for which the machine was suspended.

use std::time::SystemTime;

use helpline_protocol::driver::adapter;
use helpline_protocol::{Now, Timestamp};
use tokio::time::Instant;

/// What time it is, since the runtime was built.
pub(crate) struct Clock {
    origin: Instant,
    counted: adapter::Clock,
}

impl Clock {
    pub(crate) fn new() -> Self {
        let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self { origin: Instant::now(), counted: adapter::Clock::new(since_epoch, system::reading()) }
    }

    pub(crate) fn now(&self) -> Now {
        self.counted.now(self.origin.elapsed(), system::reading())
    }

    /// When tokio's clock shows a time of ours; none beyond the end of its time.
    pub(crate) fn instant(&self, at: Timestamp) -> Option<Instant> {
        self.origin.checked_add(self.counted.elapsed_at(at))
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
mod system {
    use std::time::Duration;

    use helpline_protocol::driver::adapter::Reading;
    use rustix::time::{ClockId, clock_gettime};

    pub(super) fn reading() -> Reading {
        Reading::new(time(ClockId::Monotonic), time(ClockId::Boottime), time(ClockId::Monotonic))
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
    pub(super) fn reading() -> helpline_protocol::driver::adapter::Reading {
        helpline_protocol::driver::adapter::Reading::default()
    }
}

#[cfg(test)]
mod tests;
