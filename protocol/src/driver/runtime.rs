//! What the driver needs of a runtime: a clock, a sleep, HTTP, WebSockets, a task and a seed.

use core::future::Future;
use core::task::{Context, Poll};
use core::time::Duration;
use std::sync::Arc;

use super::files::unregistered;
use super::transfer::{ByteSink, ByteSource, Download, Upload};
use crate::error::TransportFault;
use crate::input::{Frame, SocketClosed};
use crate::model::{SinkKey, SourceKey};
use crate::output::{Operation, Priority, Replay};
use crate::time::{Now, Timestamp};
use crate::wire::http::{HttpRequest, HttpResponse};

/// A runtime: the few things that differ between tokio, smol and a simulator. Cloning is cheap, and clones
/// share their connections.
///
/// An adapter decides nothing: no redirects, no retries, no timeouts but those it is given.
pub trait Runtime: Clone + Send + Sync + 'static {
    /// An open WebSocket.
    type Socket: Socket;

    /// What time it is. `at` never goes back and counts through suspend where the system lets it.
    fn now(&self) -> Now;

    /// Ends when [`Runtime::now`] has reached `at`. The driver asks the clock afterwards, so a sleep that
    /// ends too early or too late costs nothing but a wake.
    fn sleep_until(&self, at: Timestamp) -> impl Future<Output = ()> + Send;

    /// Sends a request and reads the whole answer, which is a success whatever its status.
    ///
    /// With an [`Exchange::upload`] the body is [`Upload::open`], sent with a `Content-Length` and not in
    /// chunks. With an [`Exchange::download`] the body of a successful answer goes there piece by piece, and
    /// [`HttpResponse::sunk`] says how many bytes that were; that of any other answer is read as usual.
    ///
    /// Dropping the future abandons the exchange.
    ///
    /// # Errors
    /// When there is no whole answer within [`Exchange::timeout`] and [`Exchange::body_limit`].
    fn exchange(
        &self,
        exchange: Exchange,
    ) -> impl Future<Output = Result<HttpResponse, TransportFault>> + Send;

    /// Opens a WebSocket. Dropping the future abandons it.
    ///
    /// # Errors
    /// When none is open within [`Dial::timeout`]; [`TransportFault::UpgradeRefused`] where the server
    /// answered, but not with an upgrade.
    fn open(&self, dial: Dial) -> impl Future<Output = Result<Self::Socket, TransportFault>> + Send;

    /// Runs a task to its end in the background. The driver itself spawns nothing; [`start`](super::start)
    /// spawns one task a session.
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static);

    /// The bytes that a command names by this key, where no source is registered under it. By default there are
    /// none.
    ///
    /// # Errors
    /// Why there is no such source.
    fn source(&self, key: &SourceKey) -> Result<Arc<dyn ByteSource>, TransportFault> {
        Err(unregistered("source", key.as_str()))
    }

    /// The place that a command names by this key, where no sink is registered under it. By default there is
    /// none.
    ///
    /// # Errors
    /// Why there is no such sink.
    fn sink(&self, key: &SinkKey) -> Result<Arc<dyn ByteSink>, TransportFault> {
        Err(unregistered("sink", key.as_str()))
    }

    /// 32 bytes from the system's source of randomness, for jitter, ids and idempotency tokens.
    fn seed(&self) -> [u8; 32];
}

/// An open WebSocket, in the shape of a stream of frames and a sink for them. Pings, pongs and masks are the
/// adapter's own affair: a ping is answered while the driver does nothing but read.
///
/// Every method but [`Socket::close`] only polls: what is half done is kept inside, nothing is lost when the
/// caller goes away, and nothing waits for a server that does not read.
pub trait Socket: Send + Unpin + 'static {
    /// The next frame. An error is the end: nothing is read or written after it.
    ///
    /// # Errors
    /// Why the socket is closed. A frame beyond [`Dial::frame_limit`] is a
    /// [`TransportFault::TooLarge`], noticed before the frame is held in memory.
    fn poll_recv(&mut self, context: &mut Context<'_>) -> Poll<Result<Frame, SocketClosed>>;

    /// Whether there is room for one more frame.
    ///
    /// # Errors
    /// When the socket broke.
    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), TransportFault>>;

    /// Takes a frame, after [`Socket::poll_ready`] said that there is room.
    ///
    /// # Errors
    /// When the socket broke.
    fn start_send(&mut self, frame: Frame) -> Result<(), TransportFault>;

    /// Gives all that was taken to the network.
    ///
    /// # Errors
    /// When the socket broke.
    fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<Result<(), TransportFault>>;

    /// Says goodbye, or answers the other side's goodbye, and waits until the socket is closed. The driver
    /// bounds the time and drops the future, so an adapter need not.
    fn close(self, code: u16, reason: String) -> impl Future<Output = ()> + Send;
}

/// An HTTP request to send, and within what bounds.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Exchange {
    /// What to send.
    pub request: HttpRequest,
    /// What it is for.
    pub operation: Operation,
    /// Give up after this long, with [`TransportFault::TimedOut`]. With an upload or a download, after this long
    /// without headway: the session keeps that time as well, so an adapter may be generous.
    pub timeout: Duration,
    /// Stop reading the answer's body beyond so many bytes, with [`TransportFault::TooLarge`].
    pub body_limit: usize,
    /// Whether it may be sent more than once.
    pub replay: Replay,
    /// What goes first where a host limits its rate.
    pub priority: Priority,
    /// What is sent where the request's body is a [`Body::Source`](crate::Body::Source) or a
    /// [`Body::Framed`](crate::Body::Framed): the whole body, with what stands around the host's bytes.
    pub upload: Option<Upload>,
    /// Where the body of a successful answer goes, instead of into the answer.
    pub download: Option<Download>,
}

impl Exchange {
    /// A request that may not be repeated and goes out as a user's message would.
    #[must_use]
    pub const fn new(
        request: HttpRequest,
        operation: Operation,
        timeout: Duration,
        body_limit: usize,
    ) -> Self {
        let (replay, priority) = (Replay::Never, Priority::Message);
        Self { request, operation, timeout, body_limit, replay, priority, upload: None, download: None }
    }
}

/// A WebSocket to open, and within what bounds.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Dial {
    /// Address and headers of the upgrade; `ws` or `wss`.
    pub request: HttpRequest,
    /// Give up after this long, with [`TransportFault::TimedOut`].
    pub timeout: Duration,
    /// The largest frame to accept, in bytes.
    pub frame_limit: usize,
}

impl Dial {
    /// An address within bounds.
    #[must_use]
    pub const fn new(request: HttpRequest, timeout: Duration, frame_limit: usize) -> Self {
        Self { request, timeout, frame_limit }
    }
}
