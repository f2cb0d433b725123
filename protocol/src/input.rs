//! What a host tells a session: answers, frames, and the state of the world.

use crate::error::TransportFault;
use crate::id::{RequestId, SocketId};
use crate::wire::http::HttpResponse;

/// What a host tells a session. None of them can fail: what is late, foreign or repeated is counted and
/// otherwise ignored.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Input {
    /// How a request ended. Exactly one for each [`Output::Request`](crate::Output::Request) that was not
    /// cancelled.
    Response {
        /// Which request.
        request: RequestId,
        /// The answer, or why there is none.
        result: Result<HttpResponse, TransportFault>,
    },
    /// A request is making headway: the time allowed for it starts anew.
    Progress {
        /// Which request.
        request: RequestId,
        /// Bytes of its body, or of its answer's, so far.
        done: u64,
        /// Bytes in all, where that is known.
        total: Option<u64>,
    },
    /// A socket is open.
    SocketOpened {
        /// Which.
        socket: SocketId,
    },
    /// A frame came.
    Frame {
        /// On which socket.
        socket: SocketId,
        /// What.
        frame: Frame,
    },
    /// A socket is closed, or could not be opened. Nothing more comes on it.
    SocketClosed {
        /// Which.
        socket: SocketId,
        /// Why.
        why: SocketClosed,
    },
    /// The deadline has passed. Harmless at any other time.
    Woke,
    /// Whether the machine has a network.
    Network(Network),
    /// Whether the app is in front of the user.
    App(AppState),
}

/// One WebSocket message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Frame {
    /// Text.
    Text(String),
    /// Bytes.
    Binary(bytes::Bytes),
}

/// Why a socket is closed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SocketClosed {
    /// The other side said goodbye.
    ByPeer {
        /// The WebSocket close code, where there was one.
        code: Option<u16>,
        /// The words with it.
        reason: String,
    },
    /// It broke, or never opened.
    Failed(TransportFault),
}

/// Whether the machine has a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Network {
    /// It has, or has another one than before.
    Online,
    /// It has none.
    Offline,
}

/// Whether the app is in front of the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AppState {
    /// It is.
    Foreground,
    /// It is not.
    Background,
}
