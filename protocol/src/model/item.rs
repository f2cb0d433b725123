use serde::{Deserialize, Serialize};

use super::{Attachment, Interactive, Notice, Participant, Receipt};
use crate::error::Failure;
use crate::id::MessageKey;
use crate::time::WallTime;

/// One entry of a transcript: a message, or something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TranscriptItem {
    /// Ours, and for ever the same.
    pub key: MessageKey,
    /// The provider's id, once it is known (Amazon Connect `Id`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_id: Option<String>,
    /// The provider's time; before it is known, the wall time at which the user handed the message over.
    pub at: WallTime,
    /// Who it is from, or whom it is about.
    pub sender: Participant,
    /// Which way it went.
    pub direction: Direction,
    /// What it says.
    pub body: ItemBody,
    /// How far an own message has got; none for what others sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<DeliveryStatus>,
    /// How far each recipient has got.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub receipts: Vec<Receipt>,
    /// More of this message is to come: a bot is still writing it (Amazon Connect `MessageCompleted: false`).
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub partial: bool,
    /// What the provider's own processing made of it (Amazon Connect `MessageProcessingStatus`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processing: Option<ProcessingStatus>,
    /// The part of the conversation it belongs to; changes with a transfer (Amazon Connect `ContactId`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment: Option<String>,
    /// It belongs to an earlier conversation that this one continues (Amazon Connect `RelatedContactId`).
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub from_past: bool,
}

/// Which way an item went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Direction {
    /// From us.
    Outgoing,
    /// To us.
    Incoming,
    /// Neither: something that happened.
    Common,
}

/// What an item says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ItemBody {
    /// Plain text.
    Text {
        /// The text.
        text: String,
    },
    /// Text with Markdown.
    Markdown {
        /// The text.
        text: String,
    },
    /// Text as HTML (Bright Pattern `msg`). From the provider, unchecked: sanitise it before it is shown as HTML.
    Html {
        /// The fragment.
        html: String,
        /// Its text, as the provider gives it (`msg_text`), or what is left of the fragment without its tags.
        text: String,
    },
    /// A JSON document.
    Json {
        /// The document, as text.
        text: String,
    },
    /// A question with choices.
    Interactive {
        /// The question.
        interactive: Interactive,
    },
    /// An answer to a question, in the provider's own form.
    InteractiveResponse {
        /// The document, as text.
        text: String,
    },
    /// Files.
    Attachments {
        /// In practice one; may be none where the provider sent an empty list.
        attachments: Vec<Attachment>,
    },
    /// Something that happened.
    Notice {
        /// What.
        #[serde(flatten)]
        notice: Notice,
    },
    /// A message of a content type that we do not know.
    Other {
        /// Its content type, where there was one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        content_type: Option<String>,
        /// Its content, as it came.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        content: Option<String>,
    },
}

impl ItemBody {
    /// The text to show, where the item is a message with text.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text { text }
            | Self::Markdown { text }
            | Self::Html { text, .. }
            | Self::Json { text }
            | Self::InteractiveResponse { text } => Some(text),
            Self::Other { content, .. } => content.as_deref(),
            Self::Interactive { .. } | Self::Attachments { .. } | Self::Notice { .. } => None,
        }
    }

    /// Whether someone said it, as opposed to something having happened.
    #[must_use]
    pub const fn is_message(&self) -> bool {
        !matches!(self, Self::Notice { .. })
    }
}

/// How far an own message has got. Up to [`Sent`](Self::Sent) it goes back and forth with its tries; from there it
/// only moves on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
#[non_exhaustive]
pub enum DeliveryStatus {
    /// Handed over; waits for its turn, or for a connection.
    Queued,
    /// On its way; the provider has not answered yet.
    Sending,
    /// The provider has it.
    Sent,
    /// It reached someone.
    Delivered,
    /// Someone looked at it.
    Read,
    /// The provider does not have it, and it will not be tried again by itself.
    Failed {
        /// Why, and what to do.
        failure: Failure,
    },
    /// It may or may not have arrived, and the transcript did not tell. [`Command::Resend`] sends it again
    /// under the same idempotency token, having looked for it in the transcript where the provider may have
    /// forgotten that token. Only after [`Failure::OutOfSight`] it goes out unlooked for, as looking was in vain.
    ///
    /// [`Command::Resend`]: crate::Command::Resend
    Uncertain {
        /// What happened to its last try.
        failure: Failure,
    },
}

/// What the provider's own processing made of a message (Amazon Connect `MessageProcessingStatus`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ProcessingStatus {
    /// Accepted, not yet visible to others.
    Processing,
    /// Processing failed.
    Failed,
    /// Refused by a rule of the company's.
    Rejected,
    /// A status that we do not know.
    Other(String),
}

/// How a transcript came to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Origin {
    /// Our own doing: a message was handed over or moved on.
    Local,
    /// It came over the link.
    Live,
    /// It was missed, and fetched after a reconnect.
    CatchUp,
    /// It is older, and was fetched at the start or on request.
    History,
    /// It stood in the snapshot that the session was restored from. Told once, all of it, by the restoring.
    Restored,
}

/// One change of a transcript. Applied in order, changes keep a list equal to the session's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
#[non_exhaustive]
pub enum TranscriptChange {
    /// An item appeared.
    Added {
        /// The item.
        item: Box<TranscriptItem>,
        /// The item that stands before it; none where it is the first.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<MessageKey>,
    },
    /// An item changed, and perhaps its place.
    Changed {
        /// The item as it is now.
        item: Box<TranscriptItem>,
        /// The item that stands before it now; none where it is the first.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<MessageKey>,
    },
    /// An item left the window that is kept (see `Limits::transcript_items`), or proved to be another one.
    Removed {
        /// Which.
        key: MessageKey,
    },
}
