//! Push notifications: which chat one is about.

use serde::Deserialize;

use crate::limits::Limits;
use crate::wire::json::{Loose, object, read};
use crate::wire::text::{cut_bytes, has_more_chars};

/// What a push notification is about.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Push {
    /// A chat of this provider's: take it up (see [`Config::with_resume_only`](super::Config::with_resume_only)) and
    /// what happened there comes with it. The notification itself says no more.
    Chat {
        /// The chat's id.
        chat_id: String,
    },
    /// Something else: none of ours.
    Foreign,
}

/// A push notification that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PushError {
    /// It is no JSON object.
    #[error(
        "the notification is no JSON object: {problem}. Hand over its payload (APNs `userInfo`, Firebase `data`)"
    )]
    NotJson {
        /// Why not.
        problem: String,
    },
    /// Its chat id is none.
    #[error("the notification's chatID is {found}, where a text of 1 to {limit} characters belongs")]
    ChatId {
        /// What there is.
        found: String,
        /// Characters at the most.
        limit: usize,
    },
}

object! {
    /// The one member that matters, here or in the data of a whole Firebase message.
    struct Payload<'a> {
        chat_id: Loose<'a> = "chatID",
        data: Inner<'a> = "data",
    }
}

/// A data map; anything else in its place is none.
struct Inner<'a>(Option<Loose<'a>>);

impl<'de: 'a, 'a> Deserialize<'de> for Inner<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw: &serde_json::value::RawValue = Deserialize::deserialize(deserializer)?;
        let map = serde_json::from_str::<Data<'a>>(raw.get());
        Ok(Self(map.ok().and_then(|data| data.chat_id)))
    }
}

object! {
    struct Data<'a> {
        chat_id: Loose<'a> = "chatID",
    }
}

/// Reads a push notification: the payload of APNs, the data map of Firebase, or a whole Firebase message, as JSON.
///
/// # Errors
/// When it is no JSON object, or its `chatID` is no id. One without a `chatID` is no error but [`Push::Foreign`].
pub fn read_push(payload: &str) -> Result<Push, PushError> {
    let limits = Limits::default();
    let mut spare = String::new();
    let read: Payload<'_> = read(payload, &mut spare, &limits)
        .map_err(|problem| PushError::NotJson { problem: problem.to_string() })?;
    let limit = limits.id_chars();
    let refuse = |found: String| Err(PushError::ChatId { found, limit });
    match read.chat_id.or_else(|| read.data.and_then(|data| data.0)) {
        None => Ok(Push::Foreign),
        Some(Loose::Text(id)) if id.is_empty() => refuse("empty".to_owned()),
        Some(Loose::Text(id)) if has_more_chars(&id, limit) => refuse(format!("{:?}…", cut_bytes(&id, 64))),
        Some(Loose::Text(chat_id)) => Ok(Push::Chat { chat_id: chat_id.into_owned() }),
        Some(Loose::Object { .. } | Loose::Other) => refuse("no text".to_owned()),
    }
}

#[cfg(test)]
mod tests;
