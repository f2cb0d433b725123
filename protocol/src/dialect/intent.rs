//! What a session wants to say to a provider.

use super::{amazon_connect, bright_pattern};
use crate::model::{Introduction, OutgoingAttachment, OutgoingContent, ReceiptKind, TranscriptQuery};
use crate::secret::Secret;
use crate::time::WallTime;

/// What a request is about, beside what it says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Scope<'a> {
    /// The session's token, where it has one.
    pub(crate) credential: Option<&'a Secret>,
    /// The provider's id of the conversation, where it has several and it is about one.
    pub(crate) conversation: Option<&'a str>,
}

/// A receipt to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OutgoingReceipt {
    /// Which mark it sets.
    pub(crate) kind: ReceiptKind,
    /// The provider's id of the message.
    pub(crate) server_id: String,
}

/// What the session wants to say to the provider over HTTP.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Intent<'a> {
    /// Obtain credentials; with `socket`, also the address of a socket.
    Authorise { socket: bool },
    /// Begin a conversation, or take up the one that goes on for the same customer. Without an introduction the
    /// configuration says what there is to say.
    StartConversation { introduction: Option<&'a Introduction> },
    /// Ask what has happened in a conversation since the last time, and wait for it.
    Poll,
    /// Send a message; `token` makes a second try the same message. Where ids are ours it is the message's id.
    SendMessage { content: &'a OutgoingContent, token: &'a str },
    /// Say that the user types, or does not any more.
    SendTyping { typing: bool, token: &'a str },
    /// Mark messages: one, or several where [`Shape::receipts_together`](super::Shape) says so.
    SendReceipts { receipts: &'a [OutgoingReceipt], token: &'a str },
    /// Fetch a page of the transcript, newest first; or all of it, where there are no pages.
    Fetch(FetchQuery<'a>),
    /// Leave the chat, and end it where that ends it.
    Leave { token: &'a str },
    /// Fetch any part of the transcript. `start` is the provider's id of the item that the query begins at.
    Query { query: &'a TranscriptQuery, start: Option<&'a str> },
    /// Announce a file. Its content type is known by now.
    StartUpload { attachment: &'a OutgoingAttachment, token: &'a str },
    /// Upload its bytes to where the ticket says, or where files are not announced, to the provider itself.
    Upload { attachment: &'a OutgoingAttachment, ticket: Option<&'a UploadTicket>, token: &'a str },
    /// Say that all of it is there, and show it to the others.
    CompleteUpload { attachment: &'a OutgoingAttachment, attachment_id: &'a str, token: &'a str },
    /// Obtain the address of a file.
    AttachmentUrl { attachment: &'a str, expires_in: Option<u32> },
    /// Fetch what is at an address that the provider gave.
    Download { url: &'a str },
    /// What only Amazon Connect has. `view_token` is that of the message named, for a view.
    AmazonConnect { request: &'a amazon_connect::Request, view_token: Option<&'a Secret>, token: &'a str },
    /// What only Bright Pattern has.
    BrightPattern { request: &'a bright_pattern::Request, token: &'a str },
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
