//! A configuration as it is written, without its token.

use serde::{Deserialize, Serialize};

use super::{AmazonConnect, ChatDetails, Config};
use crate::secret::Secret;

/// Whom to talk to about which chat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    endpoint: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    contact_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    participant_id: Option<String>,
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    allow_plaintext: bool,
}

impl AmazonConnect {
    /// Without the token.
    pub(crate) fn record(&self) -> Record {
        Record {
            endpoint: self.endpoint.to_string(),
            contact_id: self.contact_id.clone(),
            participant_id: self.participant_id.clone(),
            allow_plaintext: self.allow_plaintext,
        }
    }
}

impl Record {
    /// The configuration, with the token. It is checked as any other when a session is made of it.
    pub(crate) fn config(&self, token: Secret) -> Config {
        let chat = ChatDetails {
            contact_id: self.contact_id.clone(),
            participant_id: self.participant_id.clone(),
            participant_token: token,
        };
        Config::new(chat)
            .with_endpoint(self.endpoint.as_str())
            .dangerous_allow_plaintext(self.allow_plaintext)
    }

    /// Whether both are of one chat, as far as both say.
    pub(crate) fn is_same_chat(&self, other: &Self) -> bool {
        let same = |one: &Option<String>, two: &Option<String>| one.is_none() || two.is_none() || one == two;
        same(&self.contact_id, &other.contact_id) && same(&self.participant_id, &other.participant_id)
    }
}
