//! A link in a snapshot. Sockets and attempts do not outlive their host, so what is written is only what the
//! user wants and what the provider asked for.

use serde::{Deserialize, Serialize};

use super::chart::Phase;
use super::{Gates, Link, LinkPolicy};
use crate::id::Counter;
use crate::machine::backoff::{Backoff, BackoffPolicy};
use crate::machine::saved::{SavedBackoff, Thaw};
use crate::time::Timestamp;

/// A link as it is written.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct SavedLink {
    /// The user asked for it.
    wanted: bool,
    /// It was up once.
    been_live: bool,
    /// The user holds it.
    suspended: bool,
    sockets: u64,
    backoff: SavedBackoff,
}

impl SavedLink {
    /// What cannot be, if anything. A link rests where all conversations of the session are over.
    pub(crate) const fn contradiction(&self, may_rest: bool) -> Option<&'static str> {
        if self.been_live && !self.wanted && !may_rest {
            return Some("the link was up, and nobody asked for it");
        }
        None
    }
}

impl Link {
    pub(crate) fn save(&self, now: Timestamp) -> SavedLink {
        SavedLink {
            wanted: self.phase != Phase::Idle,
            been_live: self.been_live,
            suspended: self.gates.suspended,
            sockets: self.sockets.last(),
            backoff: self.backoff.save(now),
        }
    }

    /// A link that is wanted comes back as one without a network: the caller opens that gate. Whether the app is in
    /// the background the new host says itself.
    pub(crate) fn restore(
        policy: LinkPolicy,
        backoff: BackoffPolicy,
        saved: &SavedLink,
        ended: bool,
        thaw: Thaw,
    ) -> Self {
        let mut link = Self::new(policy, Backoff::restore(backoff, saved.backoff, thaw));
        link.sockets = Counter::from_last(saved.sockets);
        link.been_live = saved.been_live;
        link.gates = Gates { suspended: saved.suspended, background: false, offline: saved.wanted && !ended };
        link.phase = match (ended, saved.wanted, saved.suspended) {
            (true, ..) => Phase::Ended,
            (false, false, _) => Phase::Idle,
            (false, true, true) => Phase::Suspended,
            (false, true, false) => Phase::Offline,
        };
        link
    }

    /// Somebody has just started the host, and waits: a planned attempt is made as soon as the provider allows.
    pub(crate) fn dial_soonest(&mut self, now: Timestamp) {
        if self.phase == Phase::Waiting {
            self.retry_at = self.retry_at.map(|planned| self.backoff.soonest(now, planned));
        }
    }
}
