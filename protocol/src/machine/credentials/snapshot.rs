//! Credentials in a snapshot: without the token only the count of them, so that generations go on.

use serde::{Deserialize, Serialize};

use super::{CredentialPolicy, Credentials, State, Trust};
use crate::machine::saved::{Left, Thaw};
use crate::secret::Secret;
use crate::time::Timestamp;

/// A token as it is written, where that was asked for.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct SavedToken {
    pub(crate) token: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    renew_in: Option<Left>,
    #[serde(default)]
    trust: SavedTrust,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    probation_in: Option<Left>,
    /// The one before it, which never worked, was refused as well.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    again: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SavedTrust {
    #[default]
    Full,
    Refused,
    Probation,
}

impl Credentials {
    pub(crate) fn save(&self, now: Timestamp) -> Option<SavedToken> {
        let token = self.token.as_ref()?.expose().to_owned();
        let (trust, probation, again) = match self.trust {
            Trust::Full => (SavedTrust::Full, None, false),
            Trust::Refused { again } => (SavedTrust::Refused, None, again),
            Trust::Probation { until, last } => (SavedTrust::Probation, Some(until), last),
        };
        let [renew_in, probation_in] = [self.token_at, probation].map(|at| at.map(|at| Left::until(now, at)));
        Some(SavedToken { token, renew_in, trust, probation_in, again })
    }

    pub(crate) fn restore(
        policy: CredentialPolicy,
        generation: u64,
        saved: Option<&SavedToken>,
        thaw: Thaw,
    ) -> Self {
        let mut credentials = Self::new(policy);
        credentials.generation = generation;
        let Some(saved) = saved else { return credentials };
        credentials.state = State::Held;
        credentials.token = Some(Secret::new(saved.token.as_str()));
        credentials.token_at = saved.renew_in.map(|left| thaw.timer(left));
        credentials.trust = match saved.trust {
            SavedTrust::Full => Trust::Full,
            SavedTrust::Refused => Trust::Refused { again: saved.again },
            SavedTrust::Probation => {
                let until = thaw.timer(saved.probation_in.unwrap_or_default());
                Trust::Probation { until, last: saved.again }
            }
        };
        credentials
    }
}
