//! What a session needs to know about a chat that a backend has started.

use core::fmt;

use serde::{Deserialize, Deserializer};

use crate::secret::Secret;
use crate::wire::json::{Text, object};

/// What the backend got from `StartChatContact` and hands to the client.
///
/// It can be read from JSON as that operation answers (`ParticipantToken`), as the vendor's SDKs write it
/// (`participantToken`), in snake case (`participant_token`), and inside the envelope of the vendor's sample
/// backend (`{"data":{"startChatResult":{…}}}`). Its token is never written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatDetails {
    pub(super) contact_id: Option<String>,
    pub(super) participant_id: Option<String>,
    pub(super) participant_token: Secret,
}

impl ChatDetails {
    /// From the `ParticipantToken`, of 1 to 1,000 characters. It is all that the service needs.
    #[must_use]
    pub fn new(participant_token: impl Into<Secret>) -> Self {
        Self { contact_id: None, participant_id: None, participant_token: participant_token.into() }
    }

    /// Sets the `ContactId`. With it, frames of another contact are told apart; a wrong one makes all frames
    /// `Unrecognized`.
    #[must_use]
    pub fn with_contact_id(mut self, contact_id: impl Into<String>) -> Self {
        self.contact_id = Some(contact_id.into()).filter(|id: &String| !id.is_empty());
        self
    }

    /// Sets the customer's own `ParticipantId`. With it, receipts of one's own are told apart.
    #[must_use]
    pub fn with_participant_id(mut self, participant_id: impl Into<String>) -> Self {
        self.participant_id = Some(participant_id.into()).filter(|id: &String| !id.is_empty());
        self
    }

    /// The `ContactId`, where it is known.
    #[must_use]
    pub fn contact_id(&self) -> Option<&str> {
        self.contact_id.as_deref()
    }

    /// The customer's own `ParticipantId`, where it is known.
    #[must_use]
    pub fn participant_id(&self) -> Option<&str> {
        self.participant_id.as_deref()
    }

    /// The `ParticipantToken`.
    #[must_use]
    pub const fn participant_token(&self) -> &Secret {
        &self.participant_token
    }
}

object! {
    /// All the forms in one.
    struct AnyDetails<'a> {
        contact_id: Text<'a> = "ContactId" | "contactId" | "contact_id",
        participant_id: Text<'a> = "ParticipantId" | "participantId" | "participant_id",
        participant_token: Text<'a> = "ParticipantToken" | "participantToken" | "participant_token",
        data: Box<AnyDetails<'a>> = "data",
        result: Box<AnyDetails<'a>> = "startChatResult" | "start_chat_result",
    }
}

impl<'a> AnyDetails<'a> {
    /// The innermost object of the envelopes around it.
    fn unwrapped(self) -> Self {
        let mut details = self;
        while details.participant_token.is_none() {
            let Some(inner) = details.data.take().or_else(|| details.result.take()) else {
                break;
            };
            details = *inner;
        }
        details
    }
}

impl<'de> Deserialize<'de> for ChatDetails {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let details = AnyDetails::deserialize(deserializer)?.unwrapped();
        let Some(token) = details.participant_token else {
            let problem = "no ParticipantToken: hand over what StartChatContact answered";
            return Err(serde::de::Error::custom(problem));
        };
        let mut read = Self::new(token.into_owned());
        read.contact_id = details.contact_id.map(Text::into_owned).filter(|id| !id.is_empty());
        read.participant_id = details.participant_id.map(Text::into_owned).filter(|id| !id.is_empty());
        Ok(read)
    }
}

/// Whom to talk to about which chat. Turn it into a [`Config`](crate::config::Config) to set timers and caps.
#[derive(Clone, PartialEq, Eq)]
pub struct Config {
    pub(super) chat: ChatDetails,
    pub(super) region: String,
    pub(super) fips: bool,
    pub(super) dual_stack: bool,
    pub(super) endpoint: Option<String>,
    pub(super) allow_plaintext: bool,
}

impl Config {
    /// A chat that a backend has started, in the region `us-west-2`, which is the default of the vendor's SDKs.
    #[must_use]
    pub fn new(chat: ChatDetails) -> Self {
        Self {
            chat,
            region: "us-west-2".to_owned(),
            fips: false,
            dual_stack: false,
            endpoint: None,
            allow_plaintext: false,
        }
    }

    /// Sets the AWS region of the Amazon Connect instance, such as `eu-central-1`. In a wrong one the service
    /// answers "access denied", as to a wrong token. Without effect where an endpoint is set.
    #[must_use]
    pub fn with_region(mut self, region: &str) -> Self {
        region.clone_into(&mut self.region);
        self
    }

    /// Whether to use the hosts with FIPS 140 validated cryptography. Default: no.
    #[must_use]
    pub const fn with_fips(mut self, fips: bool) -> Self {
        self.fips = fips;
        self
    }

    /// Whether to use the hosts that have IPv6 addresses too. Default: no.
    #[must_use]
    pub const fn with_dual_stack(mut self, dual_stack: bool) -> Self {
        self.dual_stack = dual_stack;
        self
    }

    /// Sets the address to which the operations' paths are added, instead of the region's: an emulator, a
    /// proxy, a private endpoint. `https://` unless it is on this machine. Not together with
    /// [`with_fips`](Self::with_fips) or [`with_dual_stack`](Self::with_dual_stack), which choose a host.
    #[must_use]
    pub fn with_endpoint(mut self, url: impl Into<String>) -> Self {
        self.endpoint = Some(url.into());
        self
    }

    /// Whether unencrypted addresses are allowed beyond this machine, for requests and sockets: everybody on
    /// the way can then read and change the chat, and take it over. Default: no.
    #[must_use]
    pub const fn dangerous_allow_plaintext(mut self, allow: bool) -> Self {
        self.allow_plaintext = allow;
        self
    }

    /// The chat.
    #[must_use]
    pub const fn chat(&self) -> &ChatDetails {
        &self.chat
    }
}

/// Shows whether there is an endpoint but not which: it may hold a password, and is not checked yet.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("chat", &self.chat)
            .field("region", &self.region)
            .field("fips", &self.fips)
            .field("dual_stack", &self.dual_stack)
            .field("endpoint", &self.endpoint.as_ref().map(|_| "[set]"))
            .field("allow_plaintext", &self.allow_plaintext)
            .finish()
    }
}

#[cfg(test)]
mod tests;
