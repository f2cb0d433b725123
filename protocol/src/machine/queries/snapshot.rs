//! Questions under way, in a snapshot.

use serde::{Deserialize, Serialize};

use super::{Queries, Query, State};
use crate::id::CommandId;
use crate::machine::backoff::{Backoff, BackoffPolicy};
use crate::machine::saved::{Left, SavedBackoff, Thaw};
use crate::time::Timestamp;

/// A question as it is written. `Q` is what it asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SavedQuery<Q> {
    pub(crate) command: CommandId,
    question: Q,
    #[serde(default)]
    tries: u32,
    #[serde(default)]
    denials: u32,
    state: SavedState,
    #[serde(default)]
    backoff: SavedBackoff,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SavedState {
    Wanted,
    Asked,
    WaitingFor(Left),
}

impl<Q> Queries<Q> {
    pub(crate) fn save<S>(&self, now: Timestamp, question: impl Fn(&Q) -> S) -> Vec<SavedQuery<S>> {
        let queries = self.queries.iter().map(|(command, query)| SavedQuery {
            command: *command,
            question: question(&query.question),
            tries: query.tries,
            denials: query.denials,
            state: match query.state {
                State::Wanted => SavedState::Wanted,
                State::Asked => SavedState::Asked,
                State::Waiting { until } => SavedState::WaitingFor(Left::until(now, until)),
            },
            backoff: query.backoff.save(now),
        });
        queries.collect()
    }

    pub(crate) fn restore<S>(
        &mut self,
        policy: &BackoffPolicy,
        saved: Vec<SavedQuery<S>>,
        thaw: Thaw,
        question: impl Fn(S) -> Q,
    ) {
        for saved in saved {
            let query = Query {
                question: question(saved.question),
                backoff: Backoff::restore(policy.clone(), saved.backoff, thaw),
                tries: saved.tries,
                denials: saved.denials,
                state: match saved.state {
                    SavedState::Wanted => State::Wanted,
                    SavedState::Asked => State::Asked,
                    SavedState::WaitingFor(left) => State::Waiting { until: thaw.timer(left) },
                },
            };
            self.queries.insert(saved.command, query);
        }
    }

    /// Those that are asked and not answered.
    pub(crate) fn asked(&self) -> Vec<CommandId> {
        let asked = self.queries.iter().filter(|(_, query)| query.state == State::Asked);
        asked.map(|(command, _)| *command).collect()
    }
}
