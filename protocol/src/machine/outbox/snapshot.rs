//! An outbox in a snapshot: every message with its token, its command and how far it had got.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Entry, Outbox, OutboxPolicy, Parked, Progress};
use crate::error::Failure;
use crate::id::{CommandId, MessageKey};
use crate::machine::backoff::BackoffPolicy;
use crate::machine::saved::{Left, SavedBackoff, Thaw};
use crate::model::OutgoingContent;
use crate::time::Timestamp;

/// An outbox as it is written.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct SavedOutbox {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    line: Vec<SavedMessage>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parked: Vec<SavedParked>,
    backoff: SavedBackoff,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_in: Option<Left>,
    /// For how long the provider may still be at work on the last try.
    #[serde(skip_serializing_if = "Option::is_none")]
    check_in: Option<Left>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct SavedMessage {
    key: MessageKey,
    content: OutgoingContent,
    token: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    command: Option<CommandId>,
    progress: SavedProgress,
    #[serde(default)]
    tries: u32,
    #[serde(default)]
    denials: u32,
    /// For how long the provider can be expected to remember the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    remembered_in: Option<Left>,
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    unknown: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    given_up: Option<Failure>,
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    out_of_sight: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct SavedParked {
    message: SavedMessage,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    behind: Option<MessageKey>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SavedProgress {
    Waiting,
    Sending,
    Checking,
}

impl SavedOutbox {
    /// The messages that wait or are on their way.
    pub(crate) fn line(&self) -> impl Iterator<Item = MessageKey> {
        self.line.iter().map(|message| message.key)
    }

    /// All messages.
    pub(crate) fn keys(&self) -> impl Iterator<Item = MessageKey> {
        self.line().chain(self.parked.iter().map(|parked| parked.message.key))
    }

    /// The commands that wait for one.
    pub(crate) fn commands(&self) -> impl Iterator<Item = CommandId> {
        let messages = self.line.iter().chain(self.parked.iter().map(|parked| &parked.message));
        messages.filter_map(|message| message.command)
    }

    /// Bytes of its texts.
    pub(crate) fn bytes(&self) -> usize {
        let messages = self.line.iter().chain(self.parked.iter().map(|parked| &parked.message));
        messages.map(|message| message.content.as_str().len()).sum()
    }

    /// What cannot be, if anything.
    pub(crate) fn contradiction(&self) -> Option<&'static str> {
        let mut seen = BTreeSet::new();
        if !self.keys().all(|key| seen.insert(key)) {
            return Some("a message stands in the outbox twice");
        }
        let on_their_way = self.line.iter().skip(1).any(|entry| entry.progress != SavedProgress::Waiting);
        on_their_way.then_some("a message is on its way that is not the first in its line")
    }
}

impl Outbox {
    pub(crate) fn save(&self, now: Timestamp) -> SavedOutbox {
        let parked = self
            .parked
            .values()
            .map(|parked| SavedParked { message: save_entry(&parked.entry, now), behind: parked.behind });
        SavedOutbox {
            line: self.line.iter().map(|entry| save_entry(entry, now)).collect(),
            parked: parked.collect(),
            backoff: self.backoff.save(now),
            retry_in: self.retry_at.map(|at| Left::until(now, at)),
            check_in: (self.check_from > now).then(|| Left::until(now, self.check_from)),
        }
    }

    pub(crate) fn restore(
        policy: OutboxPolicy,
        backoff: BackoffPolicy,
        saved: SavedOutbox,
        thaw: Thaw,
    ) -> Self {
        let backoff = super::Backoff::restore(backoff, saved.backoff, thaw);
        let mut outbox = Self::new(policy, backoff);
        outbox.line = saved.line.into_iter().map(|message| message.entry(thaw)).collect();
        outbox.parked = saved.parked.into_iter().map(|parked| parked.parked(thaw)).collect();
        outbox.retry_at = saved.retry_in.map(|left| thaw.timer(left));
        outbox.check_from = saved.check_in.map_or(Timestamp::ZERO, |left| thaw.timer(left));
        let entries = outbox.line.iter().chain(outbox.parked.values().map(|parked| &parked.entry));
        outbox.bytes = entries.map(|entry| entry.content.as_str().len()).sum();
        outbox
    }

    pub(crate) const fn policy(&self) -> &OutboxPolicy {
        &self.policy
    }

    /// The message that is on its way, if there is one.
    pub(crate) fn sending(&self) -> Option<MessageKey> {
        self.line.front().filter(|head| head.progress == Progress::Sending).map(|head| head.key)
    }
}

fn save_entry(entry: &Entry, now: Timestamp) -> SavedMessage {
    SavedMessage {
        key: entry.key,
        content: entry.content.clone(),
        token: entry.token.clone(),
        command: entry.command,
        progress: match entry.progress {
            Progress::Waiting => SavedProgress::Waiting,
            Progress::Sending => SavedProgress::Sending,
            Progress::Checking => SavedProgress::Checking,
        },
        tries: entry.tries,
        denials: entry.denials,
        remembered_in: entry.replay_until.map(|until| Left::until(now, until)),
        unknown: entry.unknown,
        given_up: entry.given_up.clone(),
        out_of_sight: entry.out_of_sight,
    }
}

impl SavedMessage {
    fn entry(self, thaw: Thaw) -> Entry {
        Entry {
            key: self.key,
            content: self.content,
            token: self.token,
            command: self.command,
            progress: match self.progress {
                SavedProgress::Waiting => Progress::Waiting,
                SavedProgress::Sending => Progress::Sending,
                SavedProgress::Checking => Progress::Checking,
            },
            tries: self.tries,
            denials: self.denials,
            replay_until: self.remembered_in.map(|left| thaw.trust(left)),
            unknown: self.unknown,
            given_up: self.given_up,
            out_of_sight: self.out_of_sight,
        }
    }
}

impl SavedParked {
    fn parked(self, thaw: Thaw) -> (MessageKey, Parked) {
        (self.message.key, Parked { behind: self.behind, entry: self.message.entry(thaw) })
    }
}
