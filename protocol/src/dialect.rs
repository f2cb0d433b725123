//! The translation between the vendor-neutral model and one provider's wire.
//!
//! A dialect turns an [`Intent`] into a request or frame, and an answer or frame into [`Answer`]s and
//! [`Fact`]s. It is handed no session, no generator and no queue: it cannot decide anything, and it
//! cannot remember anything but its configuration.

pub mod amazon_connect;
mod answer;
mod attachment;
pub mod bright_pattern;
mod fact;
mod intent;
mod policy;
mod rate;

use serde::{Deserialize, Serialize};

pub(crate) use answer::{Acceptance, Answer, Grant, Page, Refusal, RefusalClass, RefusalDetail, Started};
pub(crate) use fact::{Chunk, Extension, Fact, WireItem};
pub(crate) use intent::{FetchFrom, FetchQuery, Intent, OutgoingReceipt, Scope, UploadTicket};
pub use policy::Policy;
pub use rate::Rate;

use crate::error::CommandError;
use crate::input::Frame;
use crate::limits::Limits;
use crate::model::{
    Choice, Interactive, Introduction, OutgoingAttachment, OutgoingContent, Participant, TranscriptQuery,
};
use crate::output::Operation;
use crate::secret::{DownloadUrl, Secret};
use crate::wire::http::{HttpRequest, HttpResponse};

/// A vendor's service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Provider {
    /// Amazon Connect Chat, the participant's side.
    AmazonConnect,
    /// Bright Pattern, the customer's side of its chat for mobile and web clients.
    BrightPattern,
}

impl Provider {
    /// The name it has in JSON and on command lines.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AmazonConnect => "amazon-connect",
            Self::BrightPattern => "bright-pattern",
        }
    }
}

/// What a provider can do, so that a user interface can show just that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Capabilities {
    /// Whose they are.
    pub provider: Provider,
    /// Whether the others can be told that the user types.
    pub typing: bool,
    /// Whether messages can be marked as delivered.
    pub delivered_receipts: bool,
    /// Whether messages can be marked as read.
    pub read_receipts: bool,
    /// Whether older items can be fetched.
    pub history: bool,
    /// Whether interactive messages come and can be answered.
    pub interactive: bool,
    /// Whether a session can have several conversations: where one has ended, another can be started.
    pub many_conversations: bool,
    /// Whether the others can be told that the user has stopped typing.
    pub stopped_typing: bool,
    /// Whether files can be sent and fetched.
    pub attachments: bool,
    /// Whether the provider's push notifications are understood.
    pub push: bool,
    /// How what the others say gets here.
    pub link: LinkKind,
}

/// How what the others say gets to a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LinkKind {
    /// Over a socket, at once.
    Socket,
    /// The session asks again and again; the provider holds each request until there is something to tell.
    Poll,
}

/// How a provider's chat works, as far as a session's machines have to know. What a provider lacks does not show
/// to the user as an error but as another way to the same end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    /// How what the others say gets here.
    pub(crate) link: LinkKind,
    /// Requests carry a token that is obtained first and renewed in time. Otherwise the configuration has all.
    pub(crate) tokens: bool,
    /// A session has several conversations, each with an id of the provider's, and outlives them. Otherwise it has
    /// one, and ends with it.
    pub(crate) several: bool,
    /// The id of a message is ours to choose: [`Translate::message_id`].
    pub(crate) own_ids: bool,
    /// The order of items is that in which the provider tells them, as its times are too coarse or missing.
    /// Otherwise it is that of its times.
    pub(crate) told_order: bool,
    /// All that was said in a conversation comes in one page. Otherwise it comes page by page.
    pub(crate) whole_history: bool,
    /// Each message is marked for itself. Otherwise the latest mark of a kind stands for all before it.
    pub(crate) each_receipt: bool,
    /// Several receipts go in one request.
    pub(crate) receipts_together: bool,
    /// Any answer may bring news, as an answer to a poll does, so that one that is lost may be as bad.
    pub(crate) told_by_all: bool,
    /// Files are announced, and uploaded to where the provider then says. Otherwise they are uploaded at once.
    pub(crate) announced_files: bool,
}

/// An intent that cannot be put on the wire. The session refuses the command, or ends.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub(crate) struct EncodeError {
    /// What is wrong. Holds no secret.
    pub(crate) problem: String,
}

mod sealed {
    /// Dialects live in this crate.
    pub(crate) trait Sealed {}
}

/// What an answer is an answer to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    /// What was asked.
    pub(crate) operation: Operation,
    /// The provider's id of the conversation it was about, if it was about one.
    pub(crate) conversation: Option<&'a str>,
    /// The session's caps.
    pub(crate) limits: &'a Limits,
}

/// One provider's translation. What only some providers have has an answer here for those that have not.
pub(crate) trait Translate: sealed::Sealed {
    /// What it can do.
    fn capabilities(&self) -> Capabilities;
    /// How it works.
    fn shape(&self) -> Shape;
    /// The request that says `intent`.
    fn request(&self, intent: &Intent<'_>, scope: Scope<'_>) -> Result<HttpRequest, EncodeError>;
    /// What an answer says.
    fn answer(&self, asked: Asked<'_>, response: &HttpResponse) -> Result<Answer, Refusal>;
    /// The message that answers a question.
    fn choose(&self, question: &Interactive, choice: &Choice) -> Result<OutgoingContent, EncodeError>;
    /// Whether a message may be handed over at all: empty, too large.
    fn check(&self, content: &OutgoingContent) -> Result<(), CommandError>;
    /// Whether a file may be handed over at all: its name, its type, its size. Returns its content type.
    fn check_attachment(
        &self,
        attachment: &OutgoingAttachment,
        limits: &Limits,
    ) -> Result<String, CommandError>;
    /// Whether a part of the transcript can be asked for so.
    fn check_query(&self, query: &TranscriptQuery) -> Result<(), EncodeError>;
    /// What the configuration proves itself with; none where the provider wants nothing of the kind.
    fn credential(&self) -> Option<&Secret> {
        None
    }

    /// Our own id at the provider, where the configuration says.
    fn own_id(&self) -> Option<String>;
    /// Whether a participant is the session's own customer.
    fn is_own(&self, participant: &Participant) -> bool;

    /// The upgrade request for a socket address that the provider gave; refused where that is not safe.
    fn socket(&self, _url: &Secret) -> Result<HttpRequest, EncodeError> {
        Err(EncodeError { problem: "the provider has no sockets".to_owned() })
    }

    /// The frame that greets, after a socket opened.
    fn greeting(&self) -> Option<Frame> {
        None
    }

    /// The names of the probes; what is probed is told by its place here.
    fn probes(&self) -> &'static [&'static str] {
        &[]
    }

    /// The frame that probes; none where there is no such probe.
    fn probe(&self, _probe: usize) -> Option<Frame> {
        None
    }

    /// What a frame says. Never nothing: what is not understood is a fault or unrecognized.
    fn frame(&self, _frame: &Frame, _limits: &Limits, _facts: &mut Vec<Fact>) {}

    /// Where ids are ours: that of the message of this number, from 1, in a conversation.
    fn message_id(&self, _conversation: &str, _number: u64) -> Option<String> {
        None
    }

    /// The number of a message with this id, if [`Translate::message_id`] made it for this conversation.
    fn message_number(&self, _conversation: &str, _id: &str) -> Option<u64> {
        None
    }

    /// What tells an own message with this id from all items of its conversation: the identity that its echo will
    /// have.
    fn own_identity(&self, id: &str) -> String {
        id.to_owned()
    }

    /// Whether an introduction can be put to the provider.
    fn check_introduction(&self, _introduction: &Introduction) -> Result<(), EncodeError> {
        Err(EncodeError {
            problem: "the chat was started before the session: there is nobody to tell".to_owned(),
        })
    }

    /// The address of a file, where the provider need not be asked for it. It is fetched by
    /// [`Intent::Download`] like any other.
    fn file_address(&self, _conversation: Option<&str>, _attachment: &str) -> Option<DownloadUrl> {
        None
    }

    /// The provider's id of the conversation that a push notification is about; none if the push is not the
    /// provider's.
    fn push(&self, _payload: &str, _limits: &Limits) -> Result<Option<String>, EncodeError> {
        Err(EncodeError { problem: "the provider's pushes are not known".to_owned() })
    }
}

/// The dialects there are: closed, so that a session is one nameable type.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Dialect {
    AmazonConnect(amazon_connect::AmazonConnect),
    BrightPattern(Box<bright_pattern::BrightPattern>),
}

impl Dialect {
    /// The one in use, as what they have in common.
    pub(crate) fn get(&self) -> &dyn Translate {
        match self {
            Self::AmazonConnect(dialect) => dialect,
            Self::BrightPattern(dialect) => &**dialect,
        }
    }
}
