//! What goes into a server machine and what comes out of it. All providers share it.

use bytes::Bytes;

/// One thing that happened at the server's side of the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A whole HTTP request arrived. `exchange` is the host's name for it and comes back with the answer.
    Http {
        /// The host's name for this request.
        exchange: u64,
        /// The request.
        request: HttpRequest,
    },
    /// A client asks for a WebSocket upgrade.
    SocketRequested {
        /// The host's name for this socket.
        socket: u64,
        /// Path and query, or the whole address.
        target: String,
    },
    /// A text frame arrived.
    Frame {
        /// Which socket.
        socket: u64,
        /// The whole text.
        text: String,
    },
    /// A binary frame arrived; the protocol knows none.
    Binary {
        /// Which socket.
        socket: u64,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// The client closed the socket, or its connection went away (`code` is `None`).
    SocketClosed {
        /// Which socket.
        socket: u64,
        /// The code of the close frame, if there was one.
        code: Option<u16>,
    },
    /// The client of a request that is still to be answered has gone away.
    Gone {
        /// Which request.
        exchange: u64,
    },
    /// The time that [`Machine::next_wakeup`](crate::Machine::next_wakeup) named has come.
    Wakeup,
}

/// One thing the host has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Answer a request.
    Answer {
        /// Which request.
        exchange: u64,
        /// The answer.
        response: HttpResponse,
    },
    /// Cut the connection of a request without an answer. The server may have acted on it.
    NoAnswer {
        /// Which request.
        exchange: u64,
    },
    /// Never answer this request, and keep its connection.
    Hang {
        /// Which request.
        exchange: u64,
    },
    /// Complete the upgrade.
    AcceptSocket {
        /// Which socket.
        socket: u64,
    },
    /// Answer the upgrade with this HTTP status; there is no socket.
    RefuseSocket {
        /// Which socket.
        socket: u64,
        /// The HTTP status.
        status: u16,
    },
    /// Send a text frame.
    Send {
        /// Which socket.
        socket: u64,
        /// The whole text.
        text: String,
    },
    /// Send a close frame and close.
    Close {
        /// Which socket.
        socket: u64,
        /// The close code.
        code: u16,
        /// The close reason.
        reason: String,
    },
    /// Reset the connection under a socket: no close frame.
    Cut {
        /// Which socket.
        socket: u64,
    },
}

/// An HTTP request, whole.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HttpRequest {
    /// `GET`, `POST`, ...
    pub method: String,
    /// Path and query as sent, still percent-encoded; or the whole address.
    pub target: String,
    /// Names in any case.
    pub headers: Vec<(String, String)>,
    /// The body, empty if there was none.
    pub body: Vec<u8>,
}

impl HttpRequest {
    /// The value of a header, whatever the case of its name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        find_header(&self.headers, name)
    }

    /// The target without scheme, host and query.
    #[must_use]
    pub fn path(&self) -> &str {
        split_target(&self.target).0
    }
}

/// Path and query of a target, which may be a whole address.
pub(crate) fn split_target(target: &str) -> (&str, &str) {
    let rest = match target.split_once("://") {
        // An address in a query is none of the target.
        Some((scheme, rest)) if !scheme.contains(['/', '?']) => rest.find('/').map_or("/", |at| &rest[at..]),
        _ => target,
    };
    let rest = rest.split('#').next().unwrap_or("");
    rest.split_once('?').unwrap_or((rest, ""))
}

/// An HTTP response, whole.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HttpResponse {
    /// The status code.
    pub status: u16,
    /// Headers; the host adds the length.
    pub headers: Vec<(String, String)>,
    /// The body. A file is shared with the storage, not copied.
    pub body: Bytes,
    /// Only so many bytes of the body get out, and then the connection is cut; its length is told in full. A host that
    /// delivers answers whole has to treat such a one as a connection lost.
    pub cut_at: Option<usize>,
    /// No more than so many bytes of the body get out in a second.
    pub bytes_per_second: Option<u64>,
}

impl HttpResponse {
    /// The value of a header, whatever the case of its name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        find_header(&self.headers, name)
    }

    /// The body as JSON; `Null` if it is none.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

fn find_header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// How a host is to take in the body of an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reception {
    /// Cut the connection when this share of a thousand has come, and hand in nothing.
    pub cut_at_permille: Option<u16>,
    /// Take no more than so many bytes a second.
    pub bytes_per_second: Option<u64>,
}
