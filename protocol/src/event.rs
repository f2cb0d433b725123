//! What a session tells its user. As JSON, one of these a line is what the example client writes.

mod display;

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::dialect::{amazon_connect, bright_pattern};
use crate::error::{Failure, ProviderFault, Retry, TransportFault};
use crate::id::{CommandId, ConversationKey, MessageKey};
use crate::model::{
    ConversationEnd, ConversationState, Origin, Participant, ReceiptKind, TranscriptChange, TranscriptPage,
};
use crate::secret::DownloadUrl;
use crate::time::WallTime;

/// What a session tells its user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// The connection is in another state.
    ConnectionChanged {
        /// The state it is in now.
        #[serde(flatten)]
        state: ConnectionState,
    },
    /// The link was lost; a [`Event::ConnectionChanged`] says what happens next.
    ConnectionLost {
        /// Why.
        reason: LostReason,
    },
    /// A new socket could not be made while the old one still lives; it is tried again.
    ConnectionRenewalFailed {
        /// Why.
        reason: LostReason,
    },
    /// The link moved to a new socket before the old one's time was up; nothing was missed.
    ConnectionRenewed,
    /// New credentials are in use.
    CredentialsRenewed {
        /// When they end.
        expires_at: WallTime,
    },
    /// An accepted command has come to its end.
    CommandFinished {
        /// Which.
        command: CommandId,
        /// How.
        #[serde(flatten)]
        result: CommandResult,
    },
    /// A message was taken into the outbox under this key.
    MessageQueued {
        /// The command that handed it over.
        command: CommandId,
        /// Where to.
        conversation: ConversationKey,
        /// The message.
        message: MessageKey,
    },
    /// A transcript changed. One input makes at most one of these a conversation and origin, however many
    /// items it brought.
    TranscriptChanged {
        /// Whose.
        conversation: ConversationKey,
        /// How it came about.
        origin: Origin,
        /// What changed, in order.
        changes: Vec<TranscriptChange>,
    },
    /// A receipt of somebody else's set a new mark. The item carries it too, in its own change.
    ReceiptReceived {
        /// Where.
        conversation: ConversationKey,
        /// On what.
        message: MessageKey,
        /// Which mark.
        receipt: ReceiptKind,
        /// The provider's id of whose it is, where it says.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
        /// The provider's time of it.
        at: WallTime,
    },
    /// Somebody else began to type.
    TypingStarted {
        /// Where.
        conversation: ConversationKey,
        /// Who.
        participant: Participant,
    },
    /// They stopped, or sent what they typed.
    TypingStopped {
        /// Where.
        conversation: ConversationKey,
        /// Who.
        participant: Participant,
    },
    /// What was missed while the link was away has been fetched: the transcript has no gap.
    GapClosed {
        /// Whose.
        conversation: ConversationKey,
        /// The provider's time of the last item known before; none where nothing was.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<WallTime>,
        /// The provider's time of the newest item known now; none where there is none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<WallTime>,
        /// How many items had been missed.
        recovered: u32,
    },
    /// What was missed could not be fetched: there may be a gap. It is tried again every minute and at the next connect,
    /// until [`Event::GapClosed`] says that all is here; this is said once until then.
    HistoryUnavailable {
        /// Whose.
        conversation: ConversationKey,
        /// Why.
        failure: Failure,
    },
    /// A file is on its way.
    TransferProgress {
        /// The command that sends or fetches it.
        command: CommandId,
        /// The message, where one is sent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<MessageKey>,
        /// Bytes so far.
        done: u64,
        /// Bytes in all, where that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        total: Option<u64>,
    },
    /// A conversation has begun, where a session has several.
    ConversationStarted {
        /// Which.
        conversation: ConversationKey,
        /// The provider's id of it.
        id: String,
        /// It went on already: what was said in it so far is being fetched.
        resumed: bool,
    },
    /// A conversation has got further, or is expected to.
    ConversationChanged {
        /// Which.
        conversation: ConversationKey,
        /// How far it has got.
        progress: ConversationState,
        /// How many seconds the provider expects it to take until somebody is there, where it says.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        wait_seconds: Option<u64>,
    },
    /// The conversation is over.
    ConversationEnded {
        /// Which.
        conversation: ConversationKey,
        /// How it came to that, where the provider says.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<ConversationEnd>,
    },
    /// A probe found something wrong with a link that still answers (Amazon Connect `aws/ping` with
    /// another status than 200).
    ProbeFailed {
        /// Which probe, by the provider's name for it.
        probe: String,
        /// The provider's status.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        status: Option<i64>,
        /// The provider's words, cut to a limit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
    },
    /// The provider refused something or sent what cannot be read. The session lives on unless a
    /// [`ConnectionState::Ended`] follows.
    ProviderFault {
        /// What.
        #[serde(flatten)]
        fault: ProviderFault,
    },
    /// A request did not get through. It is tried again where that is safe.
    TransportFault {
        /// What for.
        operation: crate::output::Operation,
        /// How.
        #[serde(flatten)]
        fault: TransportFault,
        /// Who does what next.
        #[serde(flatten)]
        retry: Retry,
    },
    /// What only Bright Pattern tells.
    BrightPattern {
        /// In which conversation.
        conversation: ConversationKey,
        /// How it came: what came with the history happened before.
        origin: Origin,
        /// What.
        #[serde(flatten)]
        event: bright_pattern::Event,
    },
    /// The provider sent something whose kind we do not know. Nothing is done with it.
    Unrecognized {
        /// What it is of: a topic, a type, a content type.
        what: String,
        /// The thing itself, cut to `Limits::raw_bytes`.
        raw: String,
    },
}

/// How an accepted command ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "snake_case")]
#[non_exhaustive]
pub enum CommandResult {
    /// Done.
    Done,
    /// The message has been sent, and the provider has it.
    Sent {
        /// Which.
        message: MessageKey,
    },
    /// Older items have been fetched.
    Loaded {
        /// How many of them are new here.
        items: u32,
        /// Nothing older exists.
        complete: bool,
    },
    /// The address of a file.
    AttachmentUrl {
        /// The address. Whoever has it can fetch the file: it is shown nowhere else.
        url: DownloadUrl,
        /// Until when, where the provider says.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires_at: Option<WallTime>,
        /// The file's size in bytes, where the provider says.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        size: Option<u64>,
    },
    /// The file has been fetched, whole.
    Downloaded {
        /// Its size in bytes.
        size: u64,
    },
    /// A part of the transcript.
    Page {
        /// The part.
        page: TranscriptPage,
    },
    /// What only Amazon Connect answers.
    AmazonConnect {
        /// The answer.
        reply: amazon_connect::Reply,
    },
    /// What only Bright Pattern answers.
    BrightPattern {
        /// The answer.
        reply: bright_pattern::Reply,
    },
    /// The push was not the provider's: somebody else's to deal with.
    NotOurs,
    /// It did not work out.
    Failed {
        /// Why.
        failure: Failure,
    },
    /// Another command took it back.
    Withdrawn,
}

impl CommandResult {
    /// Whether it worked out.
    #[must_use]
    pub const fn is_ok(&self) -> bool {
        !matches!(self, Self::Failed { .. } | Self::Withdrawn)
    }
}

/// Where a session's connection stands. Every state but [`ConnectionState::Ended`] has a way out by a
/// deadline or by a named input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ConnectionState {
    /// Not connected yet, or nothing is left to be connected to as all conversations are over;
    /// [`Command::Connect`](crate::Command::Connect) leads out.
    Idle,
    /// The first connect is under way.
    Connecting,
    /// Connected: what is sent arrives, what arrives is told.
    Live,
    /// The link was lost, or could not be made at first, and is being made again.
    Reconnecting {
        /// The number of this try, from 1.
        attempt: u32,
        /// When it will be made; none while it is under way.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_at: Option<WallTime>,
    },
    /// Held on purpose; [`Command::Resume`](crate::Command::Resume) or the foreground leads out.
    Suspended {
        /// Who holds it.
        by: SuspendedBy,
    },
    /// The host says that there is no network; it will say when there is.
    Offline,
    /// Over, for good.
    Ended {
        /// Why, and what to do next.
        #[serde(flatten)]
        reason: EndReason,
    },
}

impl ConnectionState {
    /// The name it has in JSON.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Connecting => "connecting",
            Self::Live => "live",
            Self::Reconnecting { .. } => "reconnecting",
            Self::Suspended { .. } => "suspended",
            Self::Offline => "offline",
            Self::Ended { .. } => "ended",
        }
    }
}

impl fmt::Display for ConnectionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Idle => f.write_str("idle"),
            Self::Connecting => f.write_str("connecting"),
            Self::Live => f.write_str("live"),
            Self::Reconnecting { attempt, retry_at: None } => write!(f, "reconnecting, try {attempt}"),
            Self::Reconnecting { attempt, retry_at: Some(at) } => {
                write!(f, "reconnecting, try {attempt} at {at}")
            }
            Self::Suspended { by: SuspendedBy::User } => f.write_str("suspended"),
            Self::Suspended { by: SuspendedBy::Background } => f.write_str("suspended in the background"),
            Self::Offline => f.write_str("offline"),
            Self::Ended { reason } => write!(f, "ended: {reason}"),
        }
    }
}

/// Who holds a suspended link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SuspendedBy {
    /// [`Command::Suspend`](crate::Command::Suspend).
    User,
    /// [`Input::App`](crate::Input::App): the app is in the background.
    Background,
}

/// Why a session is over, and so what to do next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
#[non_exhaustive]
pub enum EndReason {
    /// The provider ended the chat: start a new one.
    ChatEnded,
    /// We left.
    Left,
    /// The credentials were good until they ran out: obtain new ones.
    CredentialExpired,
    /// The provider does not take the credentials. Amazon Connect answers 403 and says no more, be it for
    /// a token that is wrong, one of another region, or a chat that is over.
    CredentialRejected {
        /// The provider's code, as far as there was one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<String>,
        /// They had been taken before, so most likely the chat ended while the link was away.
        chat_may_have_ended: bool,
    },
    /// The account lives in another region of the provider.
    WrongRegion {
        /// Which, where the provider says.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        region: Option<String>,
    },
    /// The same customer has too many connections open.
    TooManyConnections,
    /// The session was put away by [`Command::Reset`](crate::Command::Reset); the chat goes on at the provider.
    Reset,
    /// The session's own configuration cannot reach the provider.
    Misconfigured {
        /// What is wrong.
        problem: String,
    },
    /// The provider gave a reason that we do not know.
    Unrecognized {
        /// What it said, cut to a limit.
        raw: String,
    },
}

impl fmt::Display for EndReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ChatEnded => f.write_str("the chat is over"),
            Self::Left => f.write_str("you left the chat"),
            Self::CredentialExpired => f.write_str("the credentials ran out: obtain new ones"),
            Self::CredentialRejected { chat_may_have_ended: true, .. } => {
                f.write_str("the credentials are no longer taken: the chat has most likely ended")
            }
            Self::CredentialRejected { chat_may_have_ended: false, .. } => {
                f.write_str("the credentials are not taken: check token and region, or the chat is over")
            }
            Self::WrongRegion { region: Some(region) } => write!(f, "the account lives in region {region}"),
            Self::WrongRegion { region: None } => f.write_str("the account lives in another region"),
            Self::TooManyConnections => f.write_str("the customer has too many connections open"),
            Self::Reset => f.write_str("the session was put away; the chat goes on without it"),
            Self::Misconfigured { problem } => f.write_str(problem),
            Self::Unrecognized { raw } => write!(f, "the provider said {raw:?}"),
        }
    }
}

/// Why a link was lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "lost", rename_all = "snake_case")]
#[non_exhaustive]
pub enum LostReason {
    /// The other side closed the socket.
    Closed {
        /// The WebSocket close code, where a close frame came.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<u16>,
        /// The words with it, cut to a limit.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        text: String,
    },
    /// A probe was not answered in time.
    Silent {
        /// Which probe, by the provider's name for it.
        probe: String,
    },
    /// A probe was answered, but with a failure, twice in a row.
    Unhealthy {
        /// Which probe, by the provider's name for it.
        probe: String,
    },
    /// The transport failed.
    Transport {
        /// How.
        #[serde(flatten)]
        fault: TransportFault,
    },
    /// The provider refused to say what has happened, or said what cannot be read.
    Refused {
        /// How.
        #[serde(flatten)]
        fault: ProviderFault,
    },
    /// The provider did not acknowledge the greeting.
    NotGreeted,
}
