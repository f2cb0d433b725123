//! Sockets: of any kind, and over tungstenite.

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use futures_core::Stream;
use futures_util::{Sink, SinkExt as _, StreamExt as _};
use http::Request;
use tungstenite::client::IntoClientRequest as _;
use tungstenite::handshake::client::Request as Upgrade;
use tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tungstenite::{Error, Message, Utf8Bytes};

use super::fault;
use crate::driver::Socket;
use crate::error::TransportFault;
use crate::input::{Frame, SocketClosed};

/// The buffer that is allocated for a socket and zeroed with every read: chat frames are small.
const READ_BUFFER: usize = 8 * 1024;
/// Frames are written out when so much has gathered, and with every flush.
const WRITE_BUFFER: usize = 8 * 1024;
/// What may wait in the library for a server that does not read; the driver has a bound of its own before it.
const WRITE_BUFFER_LIMIT: usize = 2 * 1024 * 1024;
/// Control frames handled in one poll, so that a flood of pings leaves others their turn.
const CONTROL_FRAMES_PER_POLL: usize = 32;
/// A close frame has room for 125 bytes, two of them for the code.
const REASON_BYTES: usize = 123;

/// The largest frame to accept where no [`FrameLimit`] says otherwise.
const DEFAULT_LIMIT: usize = 1024 * 1024;

/// The largest frame that a socket may accept, in bytes; in the extensions of each upgrade's request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "it is one number")]
pub struct FrameLimit(pub usize);

impl FrameLimit {
    /// That of a request.
    #[must_use]
    pub fn of<B>(request: &Request<B>) -> usize {
        request.extensions().get().map_or(DEFAULT_LIMIT, |Self(limit)| *limit)
    }
}

/// An open socket, whoever opened it.
pub struct BoxSocket(Box<dyn AnySocket>);

impl BoxSocket {
    /// Any socket.
    #[must_use]
    pub fn new(socket: impl Socket) -> Self {
        Self(Box::new(socket))
    }
}

/// A [`Socket`] that can be put behind a pointer.
trait AnySocket: Send {
    fn poll_recv(&mut self, context: &mut Context<'_>) -> Poll<Result<Frame, SocketClosed>>;
    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), TransportFault>>;
    fn start_send(&mut self, frame: Frame) -> Result<(), TransportFault>;
    fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<Result<(), TransportFault>>;
    fn close(self: Box<Self>, code: u16, reason: String) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}

impl<S: Socket> AnySocket for S {
    fn poll_recv(&mut self, context: &mut Context<'_>) -> Poll<Result<Frame, SocketClosed>> {
        Socket::poll_recv(self, context)
    }

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), TransportFault>> {
        Socket::poll_ready(self, context)
    }

    fn start_send(&mut self, frame: Frame) -> Result<(), TransportFault> {
        Socket::start_send(self, frame)
    }

    fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<Result<(), TransportFault>> {
        Socket::poll_flush(self, context)
    }

    fn close(self: Box<Self>, code: u16, reason: String) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(Socket::close(*self, code, reason))
    }
}

impl Socket for BoxSocket {
    fn poll_recv(&mut self, context: &mut Context<'_>) -> Poll<Result<Frame, SocketClosed>> {
        self.0.poll_recv(context)
    }

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), TransportFault>> {
        self.0.poll_ready(context)
    }

    fn start_send(&mut self, frame: Frame) -> Result<(), TransportFault> {
        self.0.start_send(frame)
    }

    fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<Result<(), TransportFault>> {
        self.0.poll_flush(context)
    }

    async fn close(self, code: u16, reason: String) {
        self.0.close(code, reason).await;
    }
}

impl fmt::Debug for BoxSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoxSocket").finish_non_exhaustive()
    }
}

/// A WebSocket over a stream and sink of tungstenite's messages, as `tokio-tungstenite` and `async-tungstenite`
/// have them.
pub struct WebSocket<S> {
    stream: S,
    frame_limit: usize,
}

impl<S> WebSocket<S>
where
    S: Stream<Item = Result<Message, Error>> + Sink<Message, Error = Error> + Send + Unpin + 'static,
{
    /// A socket whose upgrade is done, asked for as [`upgrade`] says.
    #[must_use]
    pub const fn new(stream: S, frame_limit: usize) -> Self {
        Self { stream, frame_limit }
    }
}

/// The request of an upgrade as tungstenite wants it, and the limits to ask for it with.
///
/// # Errors
/// Where the address cannot be dialled.
pub fn upgrade(
    request: Request<()>,
    frame_limit: usize,
) -> Result<(Upgrade, WebSocketConfig), TransportFault> {
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .max_write_buffer_size(WRITE_BUFFER_LIMIT)
        .max_message_size(Some(frame_limit))
        .max_frame_size(Some(frame_limit));
    let (parts, ()) = request.into_parts();
    // The key and the headers of the handshake come from the library, the rest from us.
    let upgrade = parts.uri.into_client_request();
    let mut upgrade = upgrade.map_err(|error| fault::socket(error, frame_limit))?;
    upgrade.headers_mut().extend(parts.headers);
    Ok((upgrade, config))
}

impl<S> Socket for WebSocket<S>
where
    S: Stream<Item = Result<Message, Error>> + Sink<Message, Error = Error> + Send + Unpin + 'static,
{
    fn poll_recv(&mut self, context: &mut Context<'_>) -> Poll<Result<Frame, SocketClosed>> {
        for _ in 0..CONTROL_FRAMES_PER_POLL {
            let message = match ready!(self.stream.poll_next_unpin(context)) {
                Some(Ok(message)) => message,
                Some(Err(error)) => {
                    return Poll::Ready(Err(SocketClosed::Failed(fault::socket(error, self.frame_limit))));
                }
                None => return Poll::Ready(Err(SocketClosed::Failed(TransportFault::ConnectionLost))),
            };
            match message {
                Message::Text(text) => return Poll::Ready(Ok(Frame::Text(text.as_str().to_owned()))),
                Message::Binary(bytes) => return Poll::Ready(Ok(Frame::Binary(bytes))),
                Message::Close(frame) => {
                    let (code, reason) = frame.map_or((None, String::new()), |frame| {
                        (Some(frame.code.into()), frame.reason.to_string())
                    });
                    return Poll::Ready(Err(SocketClosed::ByPeer { code, reason }));
                }
                // The library has put the pong in its buffer; the next read writes it out.
                Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), TransportFault>> {
        let limit = self.frame_limit;
        Pin::new(&mut self.stream).poll_ready(context).map_err(|error| fault::socket(error, limit))
    }

    fn start_send(&mut self, frame: Frame) -> Result<(), TransportFault> {
        let message = match frame {
            Frame::Text(text) => Message::Text(text.into()),
            Frame::Binary(bytes) => Message::Binary(bytes),
        };
        let limit = self.frame_limit;
        Pin::new(&mut self.stream).start_send(message).map_err(|error| fault::socket(error, limit))
    }

    fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<Result<(), TransportFault>> {
        let limit = self.frame_limit;
        Pin::new(&mut self.stream).poll_flush(context).map_err(|error| fault::socket(error, limit))
    }

    async fn close(mut self, code: u16, reason: String) {
        let reason = Utf8Bytes::from(cut(reason, REASON_BYTES));
        let goodbye = CloseFrame { code: code.into(), reason };
        // Where the other side was first this sends nothing, and the reading below writes out the answer.
        drop(self.stream.send(Message::Close(Some(goodbye))).await);
        while let Some(Ok(_)) = self.stream.next().await {}
    }
}

impl<S> fmt::Debug for WebSocket<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocket").field("frame_limit", &self.frame_limit).finish_non_exhaustive()
    }
}

fn cut(mut text: String, bytes: usize) -> String {
    if text.len() > bytes {
        let end = (0..=bytes).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        text.truncate(end);
    }
    text
}
