//! How often a provider lets an account ask.

use core::time::Duration;

/// So many in so long, and so many at once after a rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rate {
    /// How many, in the long run; zero counts as one.
    pub count: u32,
    /// In how long; less than a microsecond counts as one.
    pub per: Duration,
    /// How many may go out at once after a rest; zero counts as one.
    pub burst: u32,
}

impl Rate {
    /// `count` a second, and up to `burst` at once.
    #[must_use]
    pub const fn per_second(count: u32, burst: u32) -> Self {
        Self { count, per: Duration::from_secs(1), burst }
    }

    /// `count` a minute, and up to `burst` at once.
    #[must_use]
    pub const fn per_minute(count: u32, burst: u32) -> Self {
        Self { count, per: Duration::from_secs(60), burst }
    }

    /// Whether it lets less through than another, in the long run.
    #[cfg(feature = "driver")]
    pub(crate) fn is_slower_than(self, other: Self) -> bool {
        let speed = |one: Self, by: Self| u128::from(one.count.max(1)) * by.per.as_micros().max(1);
        speed(self, other) < speed(other, self)
    }
}
