//! A catch-up in a snapshot. A run ends with the link, so only what was held back is written, as the provider may
//! not show it again, and the look that is owed.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::look::{Look, SavedLook};
use super::{CatchUp, CatchUpPolicy};
use crate::machine::backoff::{Backoff, BackoffPolicy};
use crate::machine::saved::{SavedBackoff, Thaw};
use crate::time::Timestamp;

/// A catch-up as it is written. `T` is what is held back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SavedCatchUp<T> {
    #[serde(default)]
    run: u32,
    #[serde(default)]
    backoff: SavedBackoff,
    #[serde(default = "VecDeque::new", skip_serializing_if = "VecDeque::is_empty")]
    held: VecDeque<T>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    look: Option<SavedLook>,
}

impl<T> SavedCatchUp<T> {
    pub(crate) fn held(&self) -> usize {
        self.held.len()
    }
}

impl<T: Clone> CatchUp<T> {
    pub(crate) fn save(&self, now: Timestamp) -> SavedCatchUp<T> {
        let look = self.look.save(now);
        SavedCatchUp { run: self.run, backoff: self.backoff.save(now), held: self.held.clone(), look }
    }

    pub(crate) const fn policy(&self) -> &CatchUpPolicy {
        &self.policy
    }

    pub(crate) fn restore(
        policy: CatchUpPolicy,
        backoff: BackoffPolicy,
        saved: SavedCatchUp<T>,
        thaw: Thaw,
    ) -> Self {
        let mut catch_up = Self::new(policy, Backoff::restore(backoff, saved.backoff, thaw));
        catch_up.run = saved.run;
        catch_up.held = saved.held;
        catch_up.look = Look::restore(saved.look, thaw);
        catch_up
    }
}
