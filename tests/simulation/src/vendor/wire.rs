//! The traffic of a host as the emulators have it, and back. All of them share it.

use helpline_emulator::io::{self, Output};
use helpline_protocol::{HttpRequest, HttpResponse, TransportFault};

/// What a server's output means for the client.
#[derive(Clone, Debug)]
pub enum Effect {
    /// An answer.
    Answer {
        /// To which request.
        exchange: u64,
        /// The answer, or what the client's host makes of there being none.
        result: Result<HttpResponse, TransportFault>,
    },
    /// There will be no answer, and nothing that shows it.
    Hang,
    /// A socket is open.
    Opened {
        /// Which.
        socket: u64,
    },
    /// A socket is refused.
    Refused {
        /// Which.
        socket: u64,
        /// With which status.
        status: u16,
    },
    /// A frame.
    Frame {
        /// On which socket.
        socket: u64,
        /// What.
        text: String,
    },
    /// A socket is closed.
    Closed {
        /// Which.
        socket: u64,
        /// With which code.
        code: u16,
        /// With which words.
        reason: String,
    },
    /// A socket is reset: what is on its way on it is lost.
    Cut {
        /// Which.
        socket: u64,
    },
}

impl From<Output> for Effect {
    fn from(output: Output) -> Self {
        match output {
            Output::Answer { exchange, response } if response.cut_at.is_none() => {
                Self::Answer { exchange, result: Ok(from_server(response)) }
            }
            Output::Answer { exchange, .. } | Output::NoAnswer { exchange } => {
                Self::Answer { exchange, result: Err(TransportFault::ConnectionLost) }
            }
            Output::Hang { .. } => Self::Hang,
            Output::AcceptSocket { socket } => Self::Opened { socket },
            Output::RefuseSocket { socket, status } => Self::Refused { socket, status },
            Output::Send { socket, text } => Self::Frame { socket, text },
            Output::Close { socket, code, reason } => Self::Closed { socket, code, reason },
            Output::Cut { socket } => Self::Cut { socket },
        }
    }
}

pub(crate) fn to_server(request: HttpRequest, target: String) -> io::HttpRequest {
    let headers = request
        .headers
        .iter()
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.to_string(), value)
        })
        .collect();
    io::HttpRequest {
        method: request.method.to_string(),
        target,
        headers,
        body: request.into_http().into_body().to_vec(),
    }
}

fn from_server(response: io::HttpResponse) -> HttpResponse {
    let status = http::StatusCode::from_u16(response.status).unwrap_or(http::StatusCode::BAD_GATEWAY);
    let mut converted = HttpResponse::new(status, response.body);
    for (name, value) in response.headers {
        let name = http::HeaderName::from_bytes(name.as_bytes()).expect("a header name");
        converted.headers.append(name, value.parse().expect("a header value"));
    }
    converted
}
