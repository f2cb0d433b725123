//! A WebSocket over tokio-tungstenite.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_util::{Sink as _, SinkExt as _, StreamExt as _};
use helpline_protocol::driver::Socket;
use helpline_protocol::{Frame, SocketClosed, TransportFault};
use hyper_util::rt::TokioIo;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use crate::connector::Stream;
use crate::fault;

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

/// An open WebSocket.
pub struct TokioSocket {
    stream: WebSocketStream<TokioIo<Stream>>,
    frame_limit: usize,
}

impl TokioSocket {
    /// Asks for the upgrade on a connection that stands.
    pub(crate) async fn upgrade(
        stream: Stream,
        request: http::Request<()>,
        frame_limit: usize,
    ) -> Result<Self, TransportFault> {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            .write_buffer_size(WRITE_BUFFER)
            .max_write_buffer_size(WRITE_BUFFER_LIMIT)
            .max_message_size(Some(frame_limit))
            .max_frame_size(Some(frame_limit));
        let (parts, ()) = request.into_parts();
        // The key and the headers of the handshake come from the library, the rest from us.
        let mut request =
            parts.uri.into_client_request().map_err(|error| fault::socket(error, frame_limit))?;
        request.headers_mut().extend(parts.headers);
        let upgrade = client_async_with_config(request, TokioIo::new(stream), Some(config));
        let (stream, _answer) = upgrade.await.map_err(|error| fault::socket(error, frame_limit))?;
        Ok(Self { stream, frame_limit })
    }
}

impl Socket for TokioSocket {
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
            _ => {
                return Err(TransportFault::Other { reason: "a frame of an unknown kind".to_owned() });
            }
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

impl fmt::Debug for TokioSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokioSocket").finish_non_exhaustive()
    }
}

fn cut(mut text: String, bytes: usize) -> String {
    if text.len() > bytes {
        let end = (0..=bytes).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        text.truncate(end);
    }
    text
}
