//! What tells one event from all others of its chat, so that the same one is known again however it comes: in a
//! poll, in a history, twice.
//!
//! Ids are worth no more than they are: the customer's and those of the other side come from two counters that may
//! meet, and events without an id have only what they say.

/// The id that the Android SDK sends where it has none.
const NO_ID: &str = "null";

/// Makes identities.
pub(super) struct Identity;

impl Identity {
    /// Of what has an id of its own; `kind` is none for what the customer said, whose ids count all kinds together.
    pub(super) fn of(kind: Option<&str>, id: &str) -> String {
        match kind {
            Some(kind) => format!("{kind}:{id}"),
            None => format!("own:{id}"),
        }
    }

    /// Of what has none: all that matters of it.
    pub(super) fn whole(kind: &str, parts: &[&str]) -> String {
        let mut identity = kind.to_owned();
        for part in parts {
            // The length keeps two parts from reading as one.
            identity.push_str(&format!("|{}:{part}", part.len()));
        }
        identity
    }
}

/// An id that is worth its name.
pub(super) fn usable(id: &str) -> bool {
    !id.is_empty() && id != NO_ID
}
