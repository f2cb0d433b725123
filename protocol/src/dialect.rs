//! The translation between the vendor-neutral model and one provider's wire.
//!
//! A dialect turns an [`Intent`] into a request or frame, and an answer or frame into [`Answer`]s and
//! [`Fact`]s. It is handed no session, no generator and no queue: it cannot decide anything, and it
//! cannot remember anything but its configuration.

pub mod amazon_connect;
mod policy;
mod rate;

use core::time::Duration;

use serde::{Deserialize, Serialize};

pub use policy::Policy;
pub use rate::Rate;

use crate::error::ProviderFault;
use crate::input::Frame;
use crate::limits::Limits;
use crate::model::{
    Choice, Interactive, ItemBody, OutgoingAttachment, OutgoingContent, Participant, ProcessingStatus,
    Receipt, ReceiptKind, TranscriptQuery,
};
use crate::output::Operation;
use crate::secret::{DownloadUrl, Secret};
use crate::time::WallTime;
use crate::wire::http::{HttpRequest, HttpResponse};

/// A vendor's service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Provider {
    /// Amazon Connect Chat, the participant's side.
    AmazonConnect,
}

impl Provider {
    /// The name it has in JSON and on command lines.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AmazonConnect => "amazon-connect",
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
    /// Whether a session can have several conversations.
    pub many_conversations: bool,
}

/// What the session wants to say to the provider over HTTP.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Intent<'a> {
    /// Obtain credentials; with `socket`, also the address of a socket.
    Authorise { socket: bool },
    /// Send a message; `token` makes a second try the same message.
    SendMessage { content: &'a OutgoingContent, token: &'a str },
    /// Say that the user types.
    SendTyping { token: &'a str },
    /// Mark a message.
    SendReceipt { kind: ReceiptKind, server_id: &'a str, token: &'a str },
    /// Fetch a page of the transcript, newest first.
    Fetch(FetchQuery<'a>),
    /// Leave the chat.
    Leave { token: &'a str },
    /// Fetch any part of the transcript. `start` is the provider's id of the item that the query begins at.
    Query { query: &'a TranscriptQuery, start: Option<&'a str> },
    /// Announce a file. Its content type is known by now.
    StartUpload { attachment: &'a OutgoingAttachment, token: &'a str },
    /// Upload its bytes to where the ticket says.
    Upload { attachment: &'a OutgoingAttachment, ticket: &'a UploadTicket },
    /// Say that all of it is there.
    CompleteUpload { attachment_id: &'a str, token: &'a str },
    /// Obtain the address of a file.
    AttachmentUrl { attachment: &'a str, expires_in: Option<u32> },
    /// Fetch what is at an address that the provider gave.
    Download { url: &'a str },
    /// What only Amazon Connect has. `view_token` is that of the message named, for a view.
    AmazonConnect { request: &'a amazon_connect::Request, view_token: Option<&'a Secret>, token: &'a str },
}

/// Where and how the bytes of a file are uploaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UploadTicket {
    /// The provider's id of the file.
    pub(crate) attachment_id: String,
    /// The address; carries its own signature.
    pub(crate) url: Secret,
    /// Until when; none where the provider did not say or cannot be read.
    pub(crate) expires: Option<WallTime>,
    /// Headers that the signature covers, each to be sent just as it is.
    pub(crate) headers: Vec<(String, Secret)>,
}

/// Which page of a transcript to fetch. All pages go back in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FetchQuery<'a> {
    /// Where to begin.
    pub(crate) from: FetchFrom<'a>,
    /// How many items at the most.
    pub(crate) limit: u32,
}

/// Where a page of a transcript begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FetchFrom<'a> {
    /// At the newest item.
    Newest,
    /// Where the page that gave this cursor ended. A cursor belongs to its query: `start` is the item at which
    /// that began, if it did at one.
    Cursor { cursor: &'a str, start: Option<&'a str> },
    /// At this item of the present conversation, which may come again.
    Item { server_id: &'a str },
}

/// What a granted request brought.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answer {
    /// Credentials.
    Granted(Grant),
    /// The provider took what was sent.
    Accepted(Acceptance),
    /// A page of the transcript.
    Page(Page),
    /// Where to upload a file.
    Ticket(UploadTicket),
    /// The address of a file.
    Address { url: DownloadUrl, expires: Option<WallTime>, size: Option<u64> },
    /// What only Amazon Connect answers.
    AmazonConnect(amazon_connect::Reply),
    /// It is done, and there is nothing to say.
    Done,
}

/// Credentials, as a provider gives them.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct Grant {
    /// Where to dial; carries its own ticket.
    pub(crate) socket_url: Option<Secret>,
    /// Until when that socket may live; none where the provider did not say or cannot be read.
    pub(crate) socket_expires: Option<WallTime>,
    /// What further requests carry.
    pub(crate) token: Option<Secret>,
    /// Until when.
    pub(crate) token_expires: Option<WallTime>,
}

/// What the provider says of something it took.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct Acceptance {
    /// The id it gave.
    pub(crate) server_id: Option<String>,
    /// Its time of it.
    pub(crate) at: Option<WallTime>,
    /// What its own processing makes of it.
    pub(crate) processing: Option<ProcessingStatus>,
}

/// A page of a transcript.
#[derive(Clone, Debug, PartialEq, Default)]
pub(crate) struct Page {
    /// Its items, in the order they came, and what else stood among them.
    pub(crate) facts: Vec<Fact>,
    /// How to go on; none at the end.
    pub(crate) next: Option<String>,
    /// The first part of the conversation, where the provider says.
    pub(crate) initial_segment: Option<String>,
}

/// Why a request was not granted.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refusal {
    /// What the provider said. Its `retry` is what holds if nothing else is decided.
    pub(crate) fault: ProviderFault,
    /// What follows from it.
    pub(crate) class: RefusalClass,
    /// Not before this has passed.
    pub(crate) retry_after: Option<Duration>,
}

/// What follows from a refusal; one table a dialect decides it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RefusalClass {
    /// The same request may work later: the provider is throttled, broken, or what it said made no sense.
    TryAgain,
    /// The credential is not taken.
    Credential,
    /// It does not fit the state of the conversation; what was asked for has no point any more.
    Conflict,
    /// It would be refused again.
    Invalid,
}

/// Something that the provider said.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Fact {
    /// The greeting is acknowledged.
    Greeted,
    /// The greeting is refused for now.
    GreetingRefused,
    /// A probe is answered, by its place in [`Translate::probes`].
    ProbeAnswered { probe: usize },
    /// A probe is answered, but with a failure.
    ProbeRefused { probe: usize, status: Option<i64>, message: Option<String> },
    /// An item of the transcript.
    Item(Box<WireItem>),
    /// Marks on a message.
    Receipts { server_id: String, receipts: Vec<Receipt> },
    /// Somebody types.
    Typing { participant: Participant },
    /// Something of a kind that we do not know.
    Unrecognized { what: String, raw: String },
    /// Something that cannot be read.
    Fault(ProviderFault),
}

/// An item as it came, before it has a key and a place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct WireItem {
    pub(crate) server_id: Option<String>,
    pub(crate) at: Option<WallTime>,
    pub(crate) sender: Participant,
    pub(crate) body: ItemBody,
    pub(crate) receipts: Vec<Receipt>,
    /// A part of a message that is still being written.
    pub(crate) chunk: Option<Chunk>,
    pub(crate) processing: Option<ProcessingStatus>,
    pub(crate) segment: Option<String>,
    pub(crate) from_past: bool,
}

/// Which part of a message that comes in parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Chunk {
    /// Counted from 1.
    pub(crate) number: u64,
    /// It is the whole text, and nothing follows.
    pub(crate) completed: bool,
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

/// One provider's translation.
pub(crate) trait Translate: sealed::Sealed {
    /// What it can do.
    fn capabilities(&self) -> Capabilities;
    /// The request that says `intent`. `credential` is the session's token, where it has one.
    fn request(&self, intent: &Intent<'_>, credential: Option<&Secret>) -> Result<HttpRequest, EncodeError>;
    /// The upgrade request for a socket address that the provider gave; refused where that is not safe.
    fn socket(&self, url: &Secret) -> Result<HttpRequest, EncodeError>;
    /// The frame that greets, after a socket opened.
    fn greeting(&self) -> Frame;
    /// The frame that probes; none where there is no such probe.
    fn probe(&self, probe: usize) -> Option<Frame>;
    /// What an answer to an `operation` says.
    fn answer(
        &self,
        operation: Operation,
        response: &HttpResponse,
        limits: &Limits,
    ) -> Result<Answer, Refusal>;
    /// What a frame says. Never nothing: what is not understood is a fault or unrecognized.
    fn frame(&self, frame: &Frame, limits: &Limits, facts: &mut Vec<Fact>);
    /// The message that answers a question.
    fn choose(&self, question: &Interactive, choice: &Choice) -> Result<OutgoingContent, EncodeError>;
    /// Whether a message may be handed over at all: empty, too large.
    fn check(&self, content: &OutgoingContent) -> Result<(), crate::error::CommandError>;
    /// Whether a file may be handed over at all: its name, its type, its size. Returns its content type.
    fn check_attachment(
        &self,
        attachment: &OutgoingAttachment,
        limits: &Limits,
    ) -> Result<String, crate::error::CommandError>;
    /// Whether a part of the transcript can be asked for so.
    fn check_query(&self, query: &TranscriptQuery) -> Result<(), EncodeError>;
    /// The names of the probes; what is probed is told by its place here.
    fn probes(&self) -> &'static [&'static str];
    /// What the configuration proves itself with; none where the provider wants nothing of the kind.
    fn credential(&self) -> Option<&Secret>;
    /// Our own id at the provider, where the configuration says.
    fn own_id(&self) -> Option<String>;
    /// Whether a participant is the session's own customer.
    fn is_own(&self, participant: &Participant) -> bool;
}

/// The dialects there are: closed, so that a session is one nameable type.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Dialect {
    AmazonConnect(amazon_connect::AmazonConnect),
}

impl Dialect {
    /// The one in use, as what they have in common.
    pub(crate) fn get(&self) -> &dyn Translate {
        match self {
            Self::AmazonConnect(dialect) => dialect,
        }
    }
}
