//! What a session asks of its host: requests, sockets, frames; and what it tells: events.

use core::fmt;
use core::time::Duration;

use serde::{Deserialize, Serialize};

use crate::event::Event;
use crate::id::{RequestId, SocketId};
use crate::input::Frame;
use crate::model::SinkKey;
use crate::time::Timestamp;
use crate::wire::http::HttpRequest;

/// What a session asks of its host, or tells it. Complete when the call that made it returns.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Output {
    /// Send this HTTP request and answer with [`Input::Response`](crate::Input::Response), whatever comes.
    Request {
        /// Its name.
        id: RequestId,
        /// What to send. Redirects are not followed.
        request: HttpRequest,
        /// What it is for, so that a host can route or rewrite by operation.
        operation: Operation,
        /// The session gives up after this long by itself; a host may use it for its own timeouts.
        timeout: Duration,
        /// Whether it may be sent more than once.
        replay: Replay,
        /// What goes first where a host limits its rate.
        priority: Priority,
        /// Where the body of a successful answer goes, instead of into the answer.
        sink: Option<Sink>,
    },
    /// Drop this request; its answer is not wanted any more.
    CancelRequest {
        /// Which.
        id: RequestId,
    },
    /// Open a WebSocket to this address and answer with `SocketOpened` or `SocketClosed`.
    OpenSocket {
        /// Its name.
        id: SocketId,
        /// The address and headers of the upgrade; `ws` or `wss`.
        request: HttpRequest,
        /// Give up after this long.
        timeout: Duration,
    },
    /// Send this on a socket that is open. What is sent to one that is gone may be dropped.
    SendFrame {
        /// Which socket.
        socket: SocketId,
        /// What.
        frame: Frame,
    },
    /// Close this socket, whatever state it is in. No `SocketClosed` is needed for it.
    CloseSocket {
        /// Which.
        id: SocketId,
        /// The WebSocket close code.
        code: u16,
        /// The words with it.
        reason: String,
    },
    /// Tell the user.
    Event(Event),
    /// What a [snapshot](crate::Snapshot) is taken for has changed: an accepted command that is still open or has
    /// just ended, the transcript, a message's or file's progress, marks, credentials, the end. Timers, requests
    /// and sockets are no reason, nor is a key that is held back. It comes once a call at the most, after all other
    /// outputs.
    ///
    /// A host that keeps a snapshot writes it *before* it carries out the other outputs of the call: so a message
    /// is on disk before its user hears that it was taken, and a try before its request goes out.
    Checkpoint,
}

/// Where the body of an answer goes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sink {
    /// What the host knows the place by.
    pub key: SinkKey,
    /// Bytes at the most; beyond, the request has failed with `TooLarge`.
    pub limit: u64,
}

impl Sink {
    pub(crate) const fn new(key: SinkKey, limit: u64) -> Self {
        Self { key, limit }
    }
}

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Operation {
    /// Obtains credentials and the address of a socket (Amazon Connect CreateParticipantConnection).
    Authorise,
    /// Begins a conversation, or takes up the one that goes on (Bright Pattern request chat).
    StartConversation,
    /// Asks what has happened, and is held until something has (Bright Pattern poll new events).
    Poll,
    /// Sends a message (Amazon Connect SendMessage, Bright Pattern send events).
    SendMessage,
    /// Tells that the user types, or has stopped (Amazon Connect SendEvent, Bright Pattern send events).
    SendTyping,
    /// Tells what the user received or read (Amazon Connect SendEvent, Bright Pattern send events).
    SendReceipt,
    /// Fetches items that were missed (Amazon Connect GetTranscript, Bright Pattern chat history).
    CatchUp,
    /// Fetches older items (Amazon Connect GetTranscript).
    LoadHistory,
    /// Leaves the chat (Amazon Connect DisconnectParticipant).
    Leave,
    /// Fetches a part of the transcript (Amazon Connect GetTranscript).
    LoadTranscript,
    /// Announces a file (Amazon Connect StartAttachmentUpload).
    StartUpload,
    /// Uploads its bytes to the provider's storage.
    Upload,
    /// Says that all of it is there (Amazon Connect CompleteAttachmentUpload).
    CompleteUpload,
    /// Obtains the address of a file (Amazon Connect GetAttachment).
    AttachmentUrl,
    /// Fetches its bytes from the provider's storage.
    Download,
    /// Fetches the description of a form (Amazon Connect DescribeView).
    DescribeView,
    /// Obtains the address of a log-in page (Amazon Connect GetAuthenticationUrl).
    AuthenticationUrl,
    /// Gives a log-in up (Amazon Connect CancelParticipantAuthentication).
    CancelAuthentication,
    /// Tells the others of something (Amazon Connect SendEvent, Bright Pattern send events).
    SendEvent,
    /// Asks for the server's version (Bright Pattern get version).
    ServerVersion,
    /// Asks whether the service is open (Bright Pattern check availability).
    Availability,
    /// Asks what a form before the chat may ask for (Bright Pattern expected parameters).
    ExpectedParameters,
    /// Asks for the conversation that goes on (Bright Pattern active chat).
    ActiveConversation,
    /// Fetches all conversations of a case (Bright Pattern case history).
    CaseHistory,
    /// Closes a case (Bright Pattern close case).
    CloseCase,
    /// Asks for push notifications, or for none any more (Bright Pattern notifications).
    Notifications,
    /// Asks for the servers through which calls find their way (Bright Pattern ICE servers).
    IceServers,
    /// Fetches look and rules of the provider's web page (Bright Pattern widget configuration).
    Configuration,
    /// Has an invitation sent by SMS (Bright Pattern request SMS).
    RequestSms,
}

impl Operation {
    /// Whether its answer says no more than that it was done.
    pub(crate) const fn only_confirms(self) -> bool {
        matches!(self, Self::CloseCase | Self::Notifications)
    }

    /// The name it has in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Authorise => "authorise",
            Self::StartConversation => "start_conversation",
            Self::Poll => "poll",
            Self::SendMessage => "send_message",
            Self::SendTyping => "send_typing",
            Self::SendReceipt => "send_receipt",
            Self::CatchUp => "catch_up",
            Self::LoadHistory => "load_history",
            Self::Leave => "leave",
            Self::LoadTranscript => "load_transcript",
            Self::StartUpload => "start_upload",
            Self::Upload => "upload",
            Self::CompleteUpload => "complete_upload",
            Self::AttachmentUrl => "attachment_url",
            Self::Download => "download",
            Self::DescribeView => "describe_view",
            Self::AuthenticationUrl => "authentication_url",
            Self::CancelAuthentication => "cancel_authentication",
            Self::SendEvent => "send_event",
            Self::ServerVersion => "server_version",
            Self::Availability => "availability",
            Self::ExpectedParameters => "expected_parameters",
            Self::ActiveConversation => "active_conversation",
            Self::CaseHistory => "case_history",
            Self::CloseCase => "close_case",
            Self::Notifications => "notifications",
            Self::IceServers => "ice_servers",
            Self::Configuration => "configuration",
            Self::RequestSms => "request_sms",
        }
    }
}

/// Whether a request may be sent more than once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Replay {
    /// It changes nothing, or nothing more the second time.
    Safe,
    /// The provider recognises the second by a token in it.
    WithSameToken,
    /// A second would act again.
    Never,
}

/// What goes first where a host limits its rate; the smaller first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Priority {
    /// Without it nothing else works.
    Link,
    /// What the user said.
    Message,
    /// What the user waits to see.
    History,
    /// What the user read.
    Receipt,
    /// That the user types.
    Typing,
}

/// When a session wants to be called next, if nothing happens before, and what for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Deadline {
    /// When; later than the time of the last call.
    pub at: Timestamp,
    /// What for.
    pub why: DeadlineReason,
}

impl Deadline {
    pub(crate) const fn new(at: Timestamp, why: DeadlineReason) -> Self {
        Self { at, why }
    }
}

impl fmt::Display for Deadline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} for {}", self.at, self.why)
    }
}

/// What a deadline is for. The order breaks ties: what is due at the same time happens in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum DeadlineReason {
    /// A request has not been answered in time.
    RequestTimeout(RequestId),
    /// A socket has not opened in time.
    OpenTimeout,
    /// A greeting has not been acknowledged in time, or is to be repeated.
    Greeting,
    /// It is time for a probe.
    Heartbeat,
    /// A probe has not been answered in time.
    HeartbeatLost,
    /// It is time for the next try to connect.
    Reconnect,
    /// The link has been up for long enough to call it healthy.
    Healthy,
    /// The credentials, or the socket, are to be renewed before they run out.
    Renew,
    /// A message is to be tried again.
    OutboxRetry,
    /// A file is to be tried again.
    UploadRetry,
    /// A question of the user's is to be asked again.
    QueryRetry,
    /// The fetching of what was missed is to be tried again.
    CatchUpRetry,
    /// It is time for the next poll.
    Poll,
    /// Receipts that were collected are to be sent.
    ReceiptFlush,
    /// Somebody who typed has not done so for a while.
    TypingExpiry,
    /// Having left, the provider's goodbye is not waited for any longer.
    LeaveTimeout,
}

impl fmt::Display for DeadlineReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RequestTimeout(request) => write!(f, "request_timeout({request})"),
            Self::OpenTimeout => f.write_str("open_timeout"),
            Self::Greeting => f.write_str("greeting"),
            Self::Heartbeat => f.write_str("heartbeat"),
            Self::HeartbeatLost => f.write_str("heartbeat_lost"),
            Self::Reconnect => f.write_str("reconnect"),
            Self::Healthy => f.write_str("healthy"),
            Self::Renew => f.write_str("renew"),
            Self::OutboxRetry => f.write_str("outbox_retry"),
            Self::QueryRetry => f.write_str("query_retry"),
            Self::UploadRetry => f.write_str("upload_retry"),
            Self::CatchUpRetry => f.write_str("catch_up_retry"),
            Self::Poll => f.write_str("poll"),
            Self::ReceiptFlush => f.write_str("receipt_flush"),
            Self::TypingExpiry => f.write_str("typing_expiry"),
            Self::LeaveTimeout => f.write_str("leave_timeout"),
        }
    }
}
