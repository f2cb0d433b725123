//! A session's durable state, to be kept and restored in another process.
//!
//! A snapshot holds the session as it stands, whatever step it is in: messages and files with their tokens and
//! how far they have got, the transcript with its keys, gaps and marks, receipts, questions, open commands, and
//! counters. It does not hold what dies with the host: requests under way, sockets, who types. A snapshot is not
//! taken apart by anyone but [`Session::restore`]; its JSON is stable, and every version that was ever written
//! stays readable.

mod check;
mod error;
mod parts;
mod restore;

use core::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use error::SnapshotError;
use parts::{SavedConversation, SavedIds, SavedSecrets, SavedSession};

use super::Session;
use crate::config::{Config, ConfigRecord};
use crate::secret::Secret;
use crate::time::{Now, WallTime};

/// The version that is written.
const VERSION: u64 = 1;

/// Whether secrets are written out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Secrets {
    /// None is: no token, no address that carries one.
    Omit,
    /// All are. Who has what is written can take over the chat: keep it as one keeps a password.
    Include,
}

/// A session's durable state. `Debug` shows no content.
///
/// As JSON it is one object, with `helpline_snapshot` for its version.
///
/// *Size.* About that of the session's transcript and outbox as JSON: at the most
/// `transcript_items` and `held_items` items, `outbox_bytes` of text and `uploads` files a conversation, and
/// `commands` commands (see [`Limits`](crate::Limits)); some 400 bytes an item where texts are short.
///
/// *Secrets.* With [`Secrets::Omit`] there is none in it: whoever restores it provides the configuration's token
/// again, forms have to be fetched again with the transcript, and files that were announced are announced anew.
/// With [`Secrets::Include`] it has the configuration's token, the token in use, those of forms, and tickets of
/// uploads under way. The address of a socket is never in it: it is good for one dial.
#[derive(Clone, PartialEq)]
pub struct Snapshot(Box<SavedSession>);

impl Snapshot {
    /// The bytes of text that [`Snapshot::parse`] takes at the most, 512 MiB: above what one has that was taken under
    /// the default [`Limits`](crate::Limits), even if every item is as large as can be.
    pub const MOST_BYTES: usize = 512 * 1024 * 1024;

    /// Reads a snapshot.
    ///
    /// # Errors
    /// When the text is cut off, damaged, something else, too large, or of a version to come. No error shows any of
    /// it.
    pub fn parse(text: &str) -> Result<Self, SnapshotError> {
        Self::parse_within(text, Self::MOST_BYTES)
    }

    /// Reads a snapshot of at most so many bytes of text, which take several times as many of memory.
    ///
    /// # Errors
    /// As of [`Snapshot::parse`].
    pub fn parse_within(text: &str, most: usize) -> Result<Self, SnapshotError> {
        if text.len() > most {
            return Err(SnapshotError::TooLarge { bytes: text.len(), most });
        }
        let version: Header = serde_json::from_str(text).map_err(|error| SnapshotError::json(&error))?;
        match version.helpline_snapshot {
            None => return Err(SnapshotError::Foreign),
            Some(VERSION) => {}
            Some(found) => return Err(SnapshotError::UnknownVersion { found, newest: VERSION }),
        }
        let saved = serde_json::from_str(text).map_err(|error| SnapshotError::json(&error))?;
        Ok(Self(saved))
    }

    /// Writes it, as one line of JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        // There is nothing in it that cannot be written.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// When it was taken, by the host's wall clock.
    #[must_use]
    pub const fn taken_at(&self) -> WallTime {
        self.0.taken_at
    }

    /// Whether secrets are in it.
    #[must_use]
    pub const fn has_secrets(&self) -> bool {
        self.0.secrets.is_some()
    }

    /// Every secret in it.
    pub(in crate::session) fn secret_texts(&self) -> impl Iterator<Item = &str> {
        self.0.secrets.iter().flat_map(SavedSecrets::texts)
    }

    /// The configuration that the session had, where the secrets are in it; without them, see
    /// [`Snapshot::config_with_token`].
    #[must_use]
    pub fn config(&self) -> Option<Config> {
        let token = self.0.secrets.as_ref()?.credential.clone().unwrap_or_default();
        self.0.config.config(Secret::new(token))
    }

    /// The configuration that the session had, with this token (Amazon Connect: the participant token). None where
    /// a timer in it cannot be read.
    #[must_use]
    pub fn config_with_token(&self, token: impl Into<Secret>) -> Option<Config> {
        self.0.config.config(token.into())
    }
}

#[derive(Deserialize)]
struct Header {
    #[serde(default)]
    helpline_snapshot: Option<u64>,
}

#[derive(Serialize)]
struct Versioned<'a> {
    helpline_snapshot: u64,
    #[serde(flatten)]
    saved: &'a SavedSession,
}

impl Serialize for Snapshot {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Versioned { helpline_snapshot: VERSION, saved: &self.0 }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Snapshot {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<serde_json::value::RawValue>::deserialize(deserializer)?;
        Self::parse(raw.get()).map_err(serde::de::Error::custom)
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let items: usize = self.0.conversations.values().map(SavedConversation::items).sum();
        f.debug_struct("Snapshot")
            .field("taken_at", &self.0.taken_at)
            .field("items", &items)
            .field("secrets", &self.has_secrets())
            .finish_non_exhaustive()
    }
}

impl Session {
    /// The session's durable state, at any step. It changes nothing; every
    /// [`Output::Checkpoint`](crate::Output::Checkpoint) says that a new one is worth taking.
    #[must_use]
    pub fn snapshot(&self, now: Now, secrets: Secrets) -> Snapshot {
        let at = self.clock.last.at.max(now.at);
        let conversations = self.conversations.iter().map(|(key, it)| (*key, it.save(at)));
        let saved = SavedSession {
            taken_at: now.wall,
            config: ConfigRecord::new(&self.dialect, &self.policy, &self.limits),
            ids: SavedIds {
                messages: self.message_keys.last(),
                commands: self.command_ids.last(),
                requests: self.requests.last_id(),
                credentials: self.credentials.generation(),
            },
            link: self.link.save(at),
            own_id: self.own_id.clone(),
            ended: self.ended.clone(),
            leaving: self.leaving.as_ref().map(|leaving| leaving.save(at)),
            open_commands: self.open_commands.iter().copied().collect(),
            awaiting_live: self.awaiting_live.clone(),
            questions: self.questions.save(at, parts::save_question),
            conversations: conversations.collect(),
            current: self.dialect.get().shape().several.then_some(self.current),
            secrets: (secrets == Secrets::Include).then(|| self.saved_secrets(at)),
        };
        Snapshot(Box::new(saved))
    }
}

#[cfg(test)]
mod tests;
