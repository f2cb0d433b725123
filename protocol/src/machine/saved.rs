//! What machines write down for a snapshot, and how they come back from it: times as what is left of them.
//!
//! Another process has another origin of time, so no [`Timestamp`] is written: only how long it is until then,
//! zero for what is past. While the session is away that time goes on, as far as the wall clock can tell.

use core::time::Duration;

use serde::{Deserialize, Serialize};

use super::backoff::{Backoff, BackoffPolicy};
use crate::time::{Now, Timestamp, WallTime};

/// Microseconds that are left; zero where the time is past.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Left(u64);

impl Left {
    /// What is left until `at`.
    pub(crate) fn until(now: Timestamp, at: Timestamp) -> Self {
        Self(u64::try_from(at.saturating_since(now).as_micros()).unwrap_or(u64::MAX))
    }
}

/// The moment at which a session is restored.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Thaw {
    now: Timestamp,
    /// How long the session was away; none where the wall clock says that it came back before it went.
    away: Option<Duration>,
}

impl Thaw {
    /// Restored `now` from what was written at `taken_at`.
    pub(crate) fn new(now: Now, taken_at: WallTime) -> Self {
        let away = (now.wall >= taken_at).then(|| now.wall.saturating_since(taken_at));
        Self { now: now.at, away }
    }

    /// When that is.
    pub(crate) const fn now(self) -> Timestamp {
        self.now
    }

    /// When a timer goes off. Where nobody can tell how long the session was away, all of it is still to come.
    pub(crate) fn timer(self, left: Left) -> Timestamp {
        self.now + Duration::from_micros(left.0).saturating_sub(self.away.unwrap_or_default())
    }

    /// When a span is over that began no later than what is read was written.
    pub(crate) fn after(self, span: Duration) -> Timestamp {
        self.now + span.saturating_sub(self.away.unwrap_or_default())
    }

    /// Until when something may be relied on. Where nobody can tell how long the session was away, it is over.
    pub(crate) fn trust(self, left: Left) -> Timestamp {
        let left = Duration::from_micros(left.0);
        self.now + self.away.map_or(Duration::ZERO, |away| left.saturating_sub(away))
    }
}

/// A backoff, without its numbers, which are the configuration's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct SavedBackoff {
    /// Tries since the last reset.
    #[serde(skip_serializing_if = "is_zero")]
    tries: u32,
    /// How long the server still does not want to hear from us.
    #[serde(skip_serializing_if = "is_none_left")]
    floor_in: Left,
}

impl Backoff {
    /// The link that it waits for is not up in the process that reads this.
    pub(crate) fn save(&self, now: Timestamp) -> SavedBackoff {
        let mut down = self.clone();
        down.lost(now);
        SavedBackoff { tries: down.attempt(), floor_in: Left::until(now, down.floor()) }
    }

    pub(crate) fn restore(policy: BackoffPolicy, saved: SavedBackoff, thaw: Thaw) -> Self {
        Self::resumed(policy, saved.tries, thaw.timer(saved.floor_in))
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
const fn is_zero(count: &u32) -> bool {
    *count == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
const fn is_none_left(left: &Left) -> bool {
    left.0 == 0
}

#[cfg(test)]
mod tests;
