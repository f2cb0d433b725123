//! What a provider's answers say.

use core::time::Duration;

use super::{Fact, UploadTicket, amazon_connect, bright_pattern};
use crate::error::ProviderFault;
use crate::model::ProcessingStatus;
use crate::secret::{DownloadUrl, Secret};
use crate::time::WallTime;

/// What a granted request brought.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answer {
    /// Credentials.
    Granted(Grant),
    /// The provider took what was sent.
    Accepted(Acceptance),
    /// A page of the transcript.
    Page(Page),
    /// A conversation has begun, or goes on.
    Started(Started),
    /// What has happened since the last poll, in the order in which it came; nothing if nothing has.
    Polled(Vec<Fact>),
    /// The file is there, under this id, and is to be shown to the others.
    Uploaded { attachment_id: String },
    /// Where to upload a file.
    Ticket(UploadTicket),
    /// The address of a file.
    Address { url: DownloadUrl, expires: Option<WallTime>, size: Option<u64> },
    /// What only Amazon Connect answers.
    AmazonConnect(amazon_connect::Reply),
    /// What only Bright Pattern answers.
    BrightPattern(bright_pattern::Reply),
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
#[derive(Clone, Debug, PartialEq, Default)]
pub(crate) struct Acceptance {
    /// The id it gave.
    pub(crate) server_id: Option<String>,
    /// What tells it from all others of its conversation, where that id alone does not.
    pub(crate) identity: Option<String>,
    /// Its time of it.
    pub(crate) at: Option<WallTime>,
    /// What its own processing makes of it.
    pub(crate) processing: Option<ProcessingStatus>,
    /// What it says besides: some hand out with any answer what waits for the next poll.
    pub(crate) facts: Vec<Fact>,
}

/// A conversation that has begun, or goes on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Started {
    /// The provider's id of it.
    pub(crate) conversation: String,
    /// It went on already: what was said in it is to be fetched first.
    pub(crate) resumed: bool,
    /// What else the provider says of it.
    pub(crate) facts: Vec<Fact>,
}

/// A page of a transcript.
#[derive(Clone, Debug, PartialEq, Default)]
pub(crate) struct Page {
    /// Its items, the newest first, and what else stood among them.
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
    /// What else follows from it.
    pub(crate) detail: Option<RefusalDetail>,
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

/// What else follows, for conversations and polls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RefusalDetail {
    /// The conversation is over, as far as the provider knows of it at all.
    Gone,
    /// There may be no such conversation any more, or something between us and the provider says so: it is over if
    /// a poll hears that twice in a row.
    Missing,
    /// Another poll of ours is still held.
    Busy,
    /// The session's own configuration is at fault: nothing will ever work.
    Misconfigured,
}
