//! What a user asks of a session. As JSON, one of these a line is what the example client reads.

use serde::{Deserialize, Serialize};

use crate::dialect::{amazon_connect, bright_pattern};
use crate::id::{CommandId, ConversationKey, MessageKey};
use crate::model::{
    Choice, Introduction, OutgoingAttachment, OutgoingContent, ReceiptSettings, SinkKey, TranscriptQuery,
};

/// What a user asks of a session: accepted with an id, or refused with a [`CommandError`] and no effect.
/// Each accepted command ends in exactly one [`Event::CommandFinished`].
///
/// Where a command names a conversation, none stands for the session's only one, or the one that was begun last.
///
/// [`CommandError`]: crate::CommandError
/// [`Event::CommandFinished`]: crate::Event::CommandFinished
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Command {
    /// Obtains credentials, opens the link, and keeps it open. Finishes when the link is live. Given once, or where
    /// a session has several conversations, again when all of them are over: it begins another one then.
    Connect,
    /// Connects as [`Command::Connect`] does, and says this of the customer instead of what the configuration says.
    /// For providers with several conversations in a session.
    StartConversation {
        /// What to say.
        #[serde(flatten)]
        introduction: Introduction,
    },
    /// Ends a conversation for good, and not the session. Finishes when the provider has confirmed it. For providers
    /// with several conversations in a session.
    EndConversation {
        /// Which.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        conversation: Option<ConversationKey>,
    },
    /// A push notification came: what it announces is fetched at once, and where the session does not know the
    /// conversation it takes it up. Finishes at once; with [`CommandResult::NotOurs`] where it is somebody else's.
    /// Connects a session that was not connected yet.
    ///
    /// [`CommandResult::NotOurs`]: crate::CommandResult::NotOurs
    PushReceived {
        /// The payload as it came, as JSON text.
        payload: String,
    },
    /// Hands over a message. It stays in the outbox until the provider has it: offline, through
    /// reconnects, for as long as it takes. Finishes when it is sent, has failed, or is uncertain.
    SendMessage {
        /// Where to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        conversation: Option<ConversationKey>,
        /// What.
        content: OutgoingContent,
    },
    /// Answers an interactive message by a choice; the answer is a message like any other.
    Answer {
        /// The question.
        message: MessageKey,
        /// The choice.
        choice: Choice,
    },
    /// Sends a failed or uncertain message again, under the token it always had. What was held up behind
    /// it follows.
    Resend {
        /// Which.
        message: MessageKey,
    },
    /// Takes a message that waits, has failed or is uncertain out of the outbox and the transcript. One that may have
    /// arrived is looked for, and shows again if it did. One on its way, or that the transcript shows to have arrived,
    /// is refused with [`CommandError::NotFailed`](crate::CommandError::NotFailed).
    Discard {
        /// Which.
        message: MessageKey,
    },
    /// Tells the others that the user is typing. Give it at every key: it is throttled here, and a call
    /// that is held back finishes at once.
    SendTyping {
        /// Where.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        conversation: Option<ConversationKey>,
    },
    /// Tells the others that the user has stopped typing, where the provider has a word for that. It is told by
    /// itself after a while, and needless where a message is sent. Finishes at once where there is nothing to tell.
    StopTyping {
        /// Where.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        conversation: Option<ConversationKey>,
    },
    /// Marks a message, and with it all before it, as read by the user. Marks are collected and sent
    /// together: it finishes as soon as it is noted.
    MarkRead {
        /// Which.
        message: MessageKey,
    },
    /// Marks a message as delivered to the user, where that is not done automatically.
    MarkDelivered {
        /// Which.
        message: MessageKey,
    },
    /// Fetches items older than those at hand.
    LoadHistory {
        /// Of which conversation.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        conversation: Option<ConversationKey>,
        /// How many at the most; the provider's default page where none is said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        limit: Option<u32>,
    },
    /// Sends a file: announces it, uploads it, and completes it. It appears in the transcript at once, and
    /// moves on as a message does. Finishes when the provider has all of it. [`Command::Discard`] takes it back
    /// while it is under way, [`Command::Resend`] sends it again when it failed.
    SendAttachment {
        /// Where to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        conversation: Option<ConversationKey>,
        /// What.
        attachment: OutgoingAttachment,
    },
    /// Obtains an address from which a file can be fetched for a while, without credentials: treat it as one.
    AttachmentUrl {
        /// The provider's id of the file.
        attachment: String,
        /// For how many seconds it should be good (Amazon Connect: 5 to 300).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires_in: Option<u32>,
    },
    /// Fetches a file into a place of the host's.
    DownloadAttachment {
        /// The provider's id of the file.
        attachment: String,
        /// Where to put it.
        sink: SinkKey,
    },
    /// Takes back a command that fetches something and has not finished.
    Cancel {
        /// Which.
        command: CommandId,
    },
    /// Fetches any part of the provider's transcript, in either direction.
    LoadTranscript {
        /// Of which conversation.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        conversation: Option<ConversationKey>,
        /// Which part.
        #[serde(flatten)]
        query: TranscriptQuery,
    },
    /// Changes how receipts are sent, from now on.
    ConfigureReceipts {
        /// What to change.
        #[serde(flatten)]
        settings: ReceiptSettings,
    },
    /// Asks for what only Amazon Connect has.
    AmazonConnect {
        /// What.
        #[serde(flatten)]
        request: amazon_connect::Request,
    },
    /// Asks for what only Bright Pattern has.
    BrightPattern {
        /// About which conversation, where it is about one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        conversation: Option<ConversationKey>,
        /// What.
        #[serde(flatten)]
        request: bright_pattern::Request,
    },
    /// Puts the session away without a word to the provider: the chat goes on there, and another session can
    /// take it up.
    Reset,
    /// Closes the link and holds everything until [`Command::Resume`].
    Suspend,
    /// Opens the link again and fetches what was missed.
    Resume,
    /// Leaves the chat for good. Finishes when the provider has confirmed it.
    Leave,
}

impl Command {
    /// The name it has in JSON.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::StartConversation { .. } => "start_conversation",
            Self::EndConversation { .. } => "end_conversation",
            Self::PushReceived { .. } => "push_received",
            Self::StopTyping { .. } => "stop_typing",
            Self::SendMessage { .. } => "send_message",
            Self::Answer { .. } => "answer",
            Self::Resend { .. } => "resend",
            Self::Discard { .. } => "discard",
            Self::SendTyping { .. } => "send_typing",
            Self::MarkRead { .. } => "mark_read",
            Self::MarkDelivered { .. } => "mark_delivered",
            Self::LoadHistory { .. } => "load_history",
            Self::Suspend => "suspend",
            Self::Resume => "resume",
            Self::Leave => "leave",
            Self::SendAttachment { .. } => "send_attachment",
            Self::AttachmentUrl { .. } => "attachment_url",
            Self::DownloadAttachment { .. } => "download_attachment",
            Self::Cancel { .. } => "cancel",
            Self::LoadTranscript { .. } => "load_transcript",
            Self::ConfigureReceipts { .. } => "configure_receipts",
            Self::AmazonConnect { .. } => "amazon_connect",
            Self::BrightPattern { .. } => "bright_pattern",
            Self::Reset => "reset",
        }
    }

    /// A plain text message to the session's only conversation.
    #[must_use]
    pub fn send_text(text: impl Into<String>) -> Self {
        Self::SendMessage { conversation: None, content: OutgoingContent::text(text) }
    }
}
