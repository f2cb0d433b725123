//! The clock: the standard library's, plus the time for which the machine was suspended; or one that stands still.

use std::time::{Instant, SystemTime};

use helpline_protocol::driver::adapter;
use helpline_protocol::{Now, Timestamp};
use smol::Timer;

/// What time it is.
pub(crate) enum Clock {
    Real(Real),
    #[cfg(feature = "test-util")]
    Paused(adapter::PausedClock),
}

/// Time since the runtime was built.
pub(crate) struct Real {
    origin: Instant,
    counted: adapter::Clock,
}

impl Clock {
    pub(crate) fn new() -> Self {
        let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let counted = adapter::Clock::new(since_epoch, system::reading());
        Self::Real(Real { origin: Instant::now(), counted })
    }

    pub(crate) fn now(&self) -> Now {
        match self {
            Self::Real(real) => real.counted.now(real.origin.elapsed(), system::reading()),
            #[cfg(feature = "test-util")]
            Self::Paused(clock) => clock.now(),
        }
    }

    pub(crate) async fn sleep_until(&self, at: Timestamp) {
        match self {
            Self::Real(real) => match real.origin.checked_add(real.counted.elapsed_at(at)) {
                Some(at) => drop(Timer::at(at).await),
                // Beyond the end of time.
                None => std::future::pending().await,
            },
            #[cfg(feature = "test-util")]
            Self::Paused(clock) => clock.sleep_until(at).await,
        }
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
