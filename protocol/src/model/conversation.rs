use core::fmt;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What the customer says of themselves when a conversation is started. All of it is optional, and goes to whoever
/// answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(clippy::exhaustive_structs, reason = "the user builds it, with the rest as default")]
pub struct Introduction {
    /// A name, or whatever else they are known by (Bright Pattern `from`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where they can be called back (Bright Pattern `phone_number`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
    /// Whatever else is to be said, by name (Bright Pattern `parameters`).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
}

/// How far a conversation has got, where the provider says (Bright Pattern `state`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ConversationState {
    /// It waits for an agent (`queued`).
    Queued,
    /// An agent is found and has not accepted yet (`connecting`).
    Connecting,
    /// An agent is there (`connected`).
    Connected,
    /// The company's own flow is talking (`ivr`).
    Automated,
    /// It could not be held (`failed`).
    Failed,
    /// It has been held to its end (`completed`).
    Completed,
    /// A state with a name that we do not know.
    Other(String),
}

impl fmt::Display for ConversationState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Queued => "queued",
            Self::Connecting => "connecting",
            Self::Connected => "connected",
            Self::Automated => "automated",
            Self::Failed => "failed",
            Self::Completed => "completed",
            Self::Other(name) => name,
        })
    }
}

/// How a conversation came to its end, where the provider says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ConversationEnd {
    /// The other side ended it (Bright Pattern `chat_session_ended`).
    Ended,
    /// Nothing was said for too long (`chat_session_inactivity_timeout`).
    Inactivity,
    /// It could not be held (state `failed`).
    Failed,
    /// It has been held to its end (state `completed`).
    Completed,
    /// The provider does not know it, or not any more (code 5005).
    NotFound,
    /// We ended it.
    Left,
}

impl fmt::Display for ConversationEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ended => "the other side ended it",
            Self::Inactivity => "nothing was said for too long",
            Self::Failed => "it failed",
            Self::Completed => "it is completed",
            Self::NotFound => "the provider does not know it any more",
            Self::Left => "we ended it",
        })
    }
}
