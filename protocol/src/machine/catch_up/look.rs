//! A look at the transcript that is owed: not now, as it would tell nothing yet, but at a stated time.
//!
//! A message of unknown outcome that its sender took back may have arrived, and the provider may still be at work on
//! it. And what could not be fetched while the link stayed up would be missing for as long as that lasts.

use serde::{Deserialize, Serialize};

use crate::machine::saved::{Left, Thaw};
use crate::time::{Timestamp, WallTime};

/// What is owed, and whether it can be paid.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Look {
    owed: Option<Owed>,
    /// The run under way is late enough to be that look.
    paying: bool,
    /// The link is up; else a look follows when it is up again.
    linked: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Owed {
    /// Not before this.
    at: Timestamp,
    /// It must reach back to here; none where it need only reach what is known.
    since: Option<WallTime>,
}

/// An owed look as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SavedLook {
    due_in: Left,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    since: Option<WallTime>,
}

impl Look {
    /// One is owed; with one that is owed already, both in one.
    pub(super) fn owe(&mut self, at: Timestamp, since: Option<WallTime>) {
        let owed = self.owed.get_or_insert(Owed { at, since });
        owed.at = owed.at.max(at);
        owed.since = owed.since.into_iter().chain(since).min();
        self.paying = false;
    }

    /// A run begins.
    pub(super) fn begin(&mut self, now: Timestamp) {
        self.linked = true;
        self.paying = self.owed.is_some_and(|owed| owed.at <= now);
    }

    /// The run has come to its end, whatever it found. What was owed for a run that failed is paid by any.
    pub(super) fn paid(&mut self) {
        let paying = core::mem::take(&mut self.paying);
        self.owed = self.owed.filter(|owed| !paying && owed.since.is_some());
    }

    /// The link is away.
    pub(super) const fn cut(&mut self) {
        (self.paying, self.linked) = (false, false);
    }

    pub(super) const fn is_owed(&self) -> bool {
        self.owed.is_some()
    }

    /// When it is due, while the link is up.
    pub(super) fn due_at(&self) -> Option<Timestamp> {
        self.owed.filter(|_| self.linked).map(|owed| owed.at)
    }

    /// How far back it must reach.
    pub(super) fn since(&self) -> Option<WallTime> {
        self.owed.and_then(|owed| owed.since)
    }

    pub(super) fn save(&self, now: Timestamp) -> Option<SavedLook> {
        self.owed.map(|owed| SavedLook { due_in: Left::until(now, owed.at), since: owed.since })
    }

    pub(super) fn restore(saved: Option<SavedLook>, thaw: Thaw) -> Self {
        let owed = saved.map(|saved| Owed { at: thaw.timer(saved.due_in), since: saved.since });
        Self { owed, ..Self::default() }
    }
}
