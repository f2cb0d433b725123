//! One WebSocket.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::{OnUpgrade, Parts};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::Shared;
use super::dispatch::{ToSocket, kind};
use crate::Machine;
use crate::io::Input;

/// How long a close frame may go unanswered.
const CLOSE_WAIT: Duration = Duration::from_secs(2);

/// How a socket came to its end.
enum End {
    /// The client closed it, or its connection is gone.
    Client(Option<u16>),
    /// The server closes it.
    Closed,
    /// Reset it.
    Cut,
}

pub(super) async fn run<M: Machine>(
    shared: Arc<Shared<M>>,
    name: u64,
    upgraded: OnUpgrade,
    mut orders: UnboundedReceiver<ToSocket>,
) {
    let mut cut = shared.cut.subscribe();
    let end = match open(upgraded).await {
        None => End::Client(None),
        Some(mut socket) => {
            let end = tokio::select! {
                end = serve(&shared, name, &mut socket, &mut orders) => end,
                _ = cut.changed() => End::Cut,
            };
            match end {
                End::Closed => {
                    let answered = async { while let Some(Ok(_)) = socket.next().await {} };
                    let _ = tokio::time::timeout(CLOSE_WAIT, answered).await;
                }
                End::Cut => {
                    let _ = socket.get_ref().set_zero_linger();
                }
                End::Client(_) => {
                    // Lets the answer to the close frame leave.
                    let _ = socket.flush().await;
                }
            }
            end
        }
    };
    let code = match end {
        End::Client(code) => code,
        End::Closed | End::Cut => None,
    };
    let mut state = shared.lock();
    state.forget_socket(name);
    state.log(|| format!("socket {name} <- closed {code:?}"));
    shared.input(&mut state, Input::SocketClosed { socket: name, code });
}

async fn open(upgraded: OnUpgrade) -> Option<WebSocketStream<TcpStream>> {
    let upgraded = upgraded.await.ok()?;
    let Parts { io, read_buf, .. } = upgraded.downcast::<TokioIo<TcpStream>>().ok()?;
    let config = WebSocketConfig::default()
        .read_buffer_size(8 << 10)
        .write_buffer_size(16 << 10)
        .max_write_buffer_size(8 << 20)
        .max_message_size(Some(1 << 20))
        .max_frame_size(Some(1 << 20));
    let stream = io.into_inner();
    Some(WebSocketStream::from_partially_read(stream, read_buf.to_vec(), Role::Server, Some(config)).await)
}

/// Carries frames both ways until the socket ends. Pings are answered by the library.
async fn serve<M: Machine>(
    shared: &Shared<M>,
    name: u64,
    socket: &mut WebSocketStream<TcpStream>,
    orders: &mut UnboundedReceiver<ToSocket>,
) -> End {
    loop {
        tokio::select! {
            order = orders.recv() => {
                if let Some(end) = obey(socket, orders, order).await {
                    return end;
                }
            }
            message = socket.next() => {
                let input = match message {
                    Some(Ok(Message::Text(text))) => Input::Frame { socket: name, text: text.to_string() },
                    Some(Ok(Message::Binary(bytes))) => Input::Binary { socket: name, bytes: bytes.to_vec() },
                    Some(Ok(Message::Close(frame))) => {
                        return End::Client(frame.map(|frame| frame.code.into()));
                    }
                    Some(Ok(_)) => continue,
                    Some(Err(_)) | None => return End::Client(None),
                };
                let mut state = shared.lock();
                if let Input::Frame { text, .. } = &input {
                    state.log(|| format!("socket {name} <- {}", kind(text)));
                }
                shared.input(&mut state, input);
            }
        }
    }
}

/// Does an order and all that stand behind it, with one flush.
async fn obey(
    socket: &mut WebSocketStream<TcpStream>,
    orders: &mut UnboundedReceiver<ToSocket>,
    first: Option<ToSocket>,
) -> Option<End> {
    let mut order = first;
    loop {
        match order {
            // The machine has forgotten the socket.
            None | Some(ToSocket::Cut) => return Some(End::Cut),
            Some(ToSocket::Send(text)) => {
                if gone(&socket.feed(Message::text(text)).await) {
                    return Some(End::Client(None));
                }
            }
            Some(ToSocket::Close(code, reason)) => {
                let frame = CloseFrame { code: CloseCode::from(code), reason: reason.into() };
                let _ = socket.close(Some(frame)).await;
                return Some(End::Closed);
            }
        }
        match orders.try_recv() {
            Ok(next) => order = Some(next),
            Err(_) => break,
        }
    }
    gone(&socket.flush().await).then_some(End::Client(None))
}

const fn gone(result: &Result<(), Error>) -> bool {
    result.is_err()
}
