//! What only Bright Pattern has: what can be asked of it, and what it answers.

use core::fmt;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::config::Coordinates;
use super::signal::CallSignal;
use crate::model::{ConversationState, SinkKey};
use crate::output::Operation;
use crate::secret::Secret;
use crate::time::WallTime;

/// What can be asked of Bright Pattern alone; the `request` of [`Command::BrightPattern`](crate::Command).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Request {
    /// The server's version (`GET version`); API v2 only.
    ServerVersion,
    /// Whether the service is open, and how long the wait is (`GET availability`).
    Availability,
    /// What a form before the chat may ask for (`GET parameters`).
    ExpectedParameters,
    /// The chat that this client has at present (`GET chats/active`).
    ActiveChat,
    /// All chats of the case that this one belongs to (`GET casehistory`). Refused until there is a case.
    CaseHistory,
    /// Closes the case (`POST closecase`). Refused until there is one.
    CloseCase,
    /// Leaves the conversation but not the session (`chat_session_disconnect`): the scenario goes on, perhaps with
    /// a survey. [`Command::Leave`](crate::Command::Leave) ends both.
    Disconnect,
    /// Asks for push notifications of this chat (`POST notifications`). To be repeated for each chat, and when the
    /// device's token changes.
    Subscribe {
        /// By which service, for which device.
        #[serde(flatten)]
        service: PushService,
    },
    /// Asks for no push notifications any more.
    Unsubscribe,
    /// Tells what the user has typed so far, which the agent sees (`chat_session_typing` with `msg`).
    TypingPreview {
        /// The text so far.
        text: String,
    },
    /// Tells where the user is (`chat_session_location`).
    SendLocation {
        /// Where.
        #[serde(flatten)]
        place: Coordinates,
        /// A map of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        url: Option<String>,
    },
    /// Tells which page the user is on (`chat_session_navigation`).
    SendNavigation {
        /// The page's title.
        title: String,
        /// Its address.
        page: String,
    },
    /// Answers a form (`chat_session_form_data`).
    SubmitForm {
        /// The `id` of the [`Event::FormRequested`](super::Event::FormRequested).
        id: String,
        /// Its name.
        name: String,
        /// The values.
        data: BTreeMap<String, String>,
    },
    /// Puts a form away without an answer (`chat_form_data_cancel`).
    CancelForm {
        /// The `id` of the form.
        id: String,
        /// Its name.
        name: String,
    },
    /// Answers a secure form (`chat_session_secure_form_data`). The values are written nowhere else, and are not
    /// kept over a restart.
    SubmitSecureForm {
        /// The `id` of the [`Event::SecureFormRequested`](super::Event::SecureFormRequested).
        id: String,
        /// Its `form`.
        name: String,
        /// The values.
        #[serde(default, skip_serializing)]
        data: BTreeMap<String, Secret>,
    },
    /// Puts a secure form away without an answer (`chat_session_secure_form_cancel`).
    CancelSecureForm {
        /// The `id` of the form.
        id: String,
        /// Its `form`.
        name: String,
    },
    /// Refuses to browse together (`chat_session_cobrowsing_rejected`).
    RejectCobrowsing,
    /// Tells that browsing together has begun (`chat_session_cobrowsing_started`).
    StartCobrowsing {
        /// Whose product it is, such as `SURFLY`.
        provider: String,
        /// Where the agent can join.
        url: String,
        /// The provider's id of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<String>,
    },
    /// Tells that it is over (`chat_session_cobrowsing_ended`).
    EndCobrowsing,
    /// Tells the agent the code of a browsing session (`chat_session_message` of type `cobrowsing`).
    CobrowsingCode {
        /// The code.
        code: String,
    },
    /// Signals about a call (`chat_session_signaling`). Sound and picture are the host's.
    Signal {
        /// The agent's party id.
        to: String,
        /// What.
        signal: CallSignal,
    },
    /// The servers through which calls find their way (`GET iceservers`).
    IceServers {
        /// The host of the page that asks; newer servers want one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        domain: Option<String>,
    },
    /// Look and rules of the vendor's web page (`GET configuration`).
    Configuration,
    /// Fetches an agent's picture (`GET profilephotos`).
    ProfilePhoto {
        /// The party id of the one who joined.
        party: String,
        /// Where to put it.
        sink: SinkKey,
    },
    /// Fetches the picture of the scenario entry (`GET chaticon`).
    ChatIcon {
        /// Where to put it.
        sink: SinkKey,
    },
    /// Invites by SMS (`POST requestsms`); API v1 only.
    RequestSms {
        /// The number to write to.
        phone_number: String,
        /// From whom.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<String>,
        /// What the scenario is to know.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        parameters: BTreeMap<String, String>,
    },
}

impl Request {
    /// What the request for it is for.
    pub(crate) const fn operation(&self) -> Operation {
        match self {
            Self::ServerVersion => Operation::ServerVersion,
            Self::Availability => Operation::Availability,
            Self::ExpectedParameters => Operation::ExpectedParameters,
            Self::ActiveChat => Operation::ActiveConversation,
            Self::CaseHistory => Operation::CaseHistory,
            Self::CloseCase => Operation::CloseCase,
            Self::Subscribe { .. } | Self::Unsubscribe => Operation::Notifications,
            Self::IceServers { .. } => Operation::IceServers,
            Self::Configuration => Operation::Configuration,
            Self::ProfilePhoto { .. } | Self::ChatIcon { .. } => Operation::Download,
            Self::RequestSms { .. } => Operation::RequestSms,
            Self::Disconnect
            | Self::TypingPreview { .. }
            | Self::SendLocation { .. }
            | Self::SendNavigation { .. }
            | Self::SubmitForm { .. }
            | Self::CancelForm { .. }
            | Self::SubmitSecureForm { .. }
            | Self::CancelSecureForm { .. }
            | Self::RejectCobrowsing
            | Self::StartCobrowsing { .. }
            | Self::EndCobrowsing
            | Self::CobrowsingCode { .. }
            | Self::Signal { .. } => Operation::SendEvent,
        }
    }

    /// Where its answer goes, where that is a picture.
    pub(crate) const fn sink(&self) -> Option<&SinkKey> {
        if let Self::ProfilePhoto { sink, .. } | Self::ChatIcon { sink } = self { Some(sink) } else { None }
    }

    /// Whether it changes nothing at the provider, or nothing more the second time.
    pub(crate) const fn only_asks(&self) -> bool {
        !matches!(self.operation(), Operation::SendEvent | Operation::CloseCase | Operation::RequestSms)
    }

    /// Whether it is about a chat, and so needs one.
    pub(crate) const fn needs_chat(&self) -> bool {
        !matches!(
            self,
            Self::ServerVersion
                | Self::Availability
                | Self::ExpectedParameters
                | Self::ActiveChat
                | Self::IceServers { .. }
                | Self::Configuration
                | Self::RequestSms { .. }
        )
    }
}

/// A push service, and a device there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "service", rename_all = "snake_case")]
#[non_exhaustive]
pub enum PushService {
    /// Apple's own.
    Apns {
        /// The device's token, as lower-case hexadecimal.
        #[serde(default, skip_serializing)]
        token: Secret,
        /// The app's bundle id, which is the topic.
        bundle_id: String,
    },
    /// Firebase on iOS.
    FirebaseIos {
        /// The device's token.
        #[serde(default, skip_serializing)]
        token: Secret,
    },
    /// Firebase on Android.
    FirebaseAndroid {
        /// The device's token.
        #[serde(default, skip_serializing)]
        token: Secret,
    },
}

/// What Bright Pattern answers to a [`Request`]. What only confirms ends in
/// [`CommandResult::Done`](crate::CommandResult::Done), a picture in
/// [`CommandResult::Downloaded`](crate::CommandResult::Downloaded).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reply {
    /// The server's version.
    ServerVersion {
        /// Free text, such as `5.5.6.12345 (Stable)`.
        version: String,
    },
    /// Whether the service is open.
    Availability {
        /// Its opening hours say so. Whether an agent is there, they do not.
        availability: Availability,
        /// The estimated wait in seconds, where the server has one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        wait_seconds: Option<u64>,
    },
    /// What a form before the chat may ask for, in order.
    ExpectedParameters {
        /// The parameters.
        parameters: Vec<ExpectedParameter>,
    },
    /// The chat that this client has.
    ActiveChat {
        /// It; none where there is none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        chat: Option<ChatProperties>,
    },
    /// The chats of a case, in the server's order.
    CaseHistory {
        /// The chats.
        sessions: Vec<CaseSession>,
    },
    /// The servers for calls.
    IceServers {
        /// The servers.
        servers: IceServers,
    },
    /// Look and rules of the web page.
    Configuration {
        /// As it came, as JSON text.
        json: String,
    },
    /// The invitation's outcome.
    SmsRequested {
        /// The provider's code; `0` where it went out.
        code: String,
        /// Its words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
    },
}

impl Reply {
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::ServerVersion { .. } => "server_version",
            Self::Availability { .. } => "availability",
            Self::ExpectedParameters { .. } => "expected_parameters",
            Self::ActiveChat { .. } => "active_chat",
            Self::CaseHistory { .. } => "case_history",
            Self::IceServers { .. } => "ice_servers",
            Self::Configuration { .. } => "configuration",
            Self::SmsRequested { .. } => "sms_requested",
        }
    }
}

/// Whether a service is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Availability {
    /// It is.
    Available,
    /// It is not (`notAvailable`, or `unavailable`).
    Unavailable,
    /// A word that we do not know, cut to a limit.
    Other(String),
}

/// What a form before the chat may ask for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ExpectedParameter {
    /// Its name in [`Introduction::attributes`](crate::model::Introduction::attributes).
    pub name: String,
    /// What it is: `PHONE`, `TEXT`, `EMAIL`, `FIRST_NAME`, `LAST_NAME`, `ACCOUNT`, `COMPANY`.
    pub kind: String,
}

/// What the service says of a chat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ChatProperties {
    /// The chat's id.
    pub chat_id: String,
    /// Where it stands.
    pub state: ConversationState,
    /// The estimated wait in seconds, where the server has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_seconds: Option<u64>,
    /// Whether it began with this request; none where the server does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_new: Option<bool>,
    /// The number that the chat was asked for with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
}

/// One chat of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CaseSession {
    /// Its id, where the server says; also the party id of the customer in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chat_id: Option<String>,
    /// When it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<WallTime>,
    /// What happened in it, in order.
    pub entries: Vec<CaseEntry>,
}

/// Something that happened in a chat of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "snake_case")]
#[non_exhaustive]
pub enum CaseEntry {
    /// What would stand in a transcript.
    Item {
        /// The provider's id of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        server_id: Option<String>,
        /// The provider's time of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<WallTime>,
        /// Who.
        sender: crate::model::Participant,
        /// What.
        body: Box<crate::model::ItemBody>,
    },
    /// A mark on a message.
    Receipt {
        /// The provider's id of the message.
        message: String,
        /// Which mark.
        kind: crate::model::ReceiptKind,
        /// By whom and when, where the provider says.
        receipt: crate::model::Receipt,
    },
    /// A message says something else now, or was taken back.
    Changed {
        /// The provider's id of the message.
        message: String,
        /// What it says; none where it was taken back.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body: Option<Box<crate::model::ItemBody>>,
    },
    /// What only this provider has.
    Event {
        /// What.
        #[serde(flatten)]
        event: Box<super::Event>,
    },
    /// What is not understood.
    Unrecognized {
        /// What it is of.
        what: String,
        /// As it came, cut to a limit.
        raw: String,
    },
}

/// The servers through which calls find their way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "form", rename_all = "snake_case")]
#[non_exhaustive]
pub enum IceServers {
    /// As they are.
    Clear {
        /// The servers.
        servers: Vec<IceServer>,
    },
    /// Encrypted, as newer servers send them to browsers. The base64 text holds 16 bytes of salt, 12 of
    /// initialisation vector, and the AES-256-GCM ciphertext with its tag; the key is PBKDF2-HMAC-SHA256 of the chat
    /// id with 65,536 rounds. Opened, it is a JSON array of `{url, username?, credential?}`. To open it is left to
    /// the host, which has the cryptography of its WebRTC library at hand.
    Encrypted {
        /// The base64 text.
        base64: String,
    },
}

impl IceServers {
    /// The passwords in it.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &str> {
        let servers = match self {
            Self::Clear { servers } => servers.as_slice(),
            Self::Encrypted { .. } => &[],
        };
        let sealed = if let Self::Encrypted { base64 } = self { Some(base64.as_str()) } else { None };
        servers.iter().filter_map(|server| server.credential.as_deref()).chain(sealed)
    }
}

/// A STUN or TURN server. Its password is written for who asked for it, and shown in no `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct IceServer {
    /// Its address (`url` or `urls`).
    pub url: String,
    /// The user's name there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
}

impl fmt::Debug for IceServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IceServer")
            .field("url", &self.url)
            .field("username", &self.username)
            .field("credential", &self.credential.as_ref().map(|_| "[redacted]"))
            .finish()
    }
}
