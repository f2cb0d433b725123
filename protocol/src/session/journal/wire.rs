//! Inputs and outputs as a journal writes them.

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::encoding::Written;
use crate::error::TransportFault;
use crate::id::{RequestId, SocketId};
use crate::input::{AppState, Frame, Input, Network, SocketClosed};
use crate::output::{Deadline, Output};
use crate::wire::http::{Body, HttpRequest, HttpResponse};

/// An input as it is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum WrittenInput {
    Response {
        request: RequestId,
        #[serde(flatten)]
        result: WrittenResult,
    },
    Progress {
        request: RequestId,
        done: u64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        total: Option<u64>,
    },
    SocketOpened {
        socket: SocketId,
    },
    Frame {
        socket: SocketId,
        frame: WrittenFrame,
    },
    SocketClosed {
        socket: SocketId,
        why: WrittenClose,
    },
    Woke,
    Online,
    Offline,
    Foreground,
    Background,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum WrittenResult {
    Answer(WrittenAnswer),
    Failed(TransportFault),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct WrittenAnswer {
    status: u16,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    headers: Vec<(String, Written)>,
    body: Written,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sunk: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum WrittenFrame {
    Text(String),
    Binary(Written),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum WrittenClose {
    ByPeer {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<u16>,
        reason: String,
    },
    Failed(TransportFault),
}

impl From<&Input> for WrittenInput {
    fn from(input: &Input) -> Self {
        match input {
            Input::Response { request, result } => Self::Response {
                request: *request,
                result: match result {
                    Ok(response) => WrittenResult::Answer(WrittenAnswer {
                        status: response.status.as_u16(),
                        headers: written_headers(&response.headers),
                        body: Written::new(&response.body),
                        sunk: response.sunk,
                    }),
                    Err(fault) => WrittenResult::Failed(fault.clone()),
                },
            },
            Input::Progress { request, done, total } => {
                Self::Progress { request: *request, done: *done, total: *total }
            }
            Input::SocketOpened { socket } => Self::SocketOpened { socket: *socket },
            Input::Frame { socket, frame } => Self::Frame { socket: *socket, frame: frame.into() },
            Input::SocketClosed { socket, why } => Self::SocketClosed {
                socket: *socket,
                why: match why {
                    SocketClosed::ByPeer { code, reason } => {
                        WrittenClose::ByPeer { code: *code, reason: reason.clone() }
                    }
                    SocketClosed::Failed(fault) => WrittenClose::Failed(fault.clone()),
                },
            },
            Input::Woke => Self::Woke,
            Input::Network(Network::Online) => Self::Online,
            Input::Network(Network::Offline) => Self::Offline,
            Input::App(AppState::Foreground) => Self::Foreground,
            Input::App(AppState::Background) => Self::Background,
        }
    }
}

impl From<&Frame> for WrittenFrame {
    fn from(frame: &Frame) -> Self {
        match frame {
            Frame::Text(text) => Self::Text(text.clone()),
            Frame::Binary(bytes) => Self::Binary(Written::new(bytes)),
        }
    }
}

impl WrittenInput {
    /// The input again. None where a status or a header is none.
    pub(super) fn input(&self) -> Option<Input> {
        Some(match self.clone() {
            Self::Response { request, result } => Input::Response {
                request,
                result: match result {
                    WrittenResult::Answer(answer) => Ok(answer.response()?),
                    WrittenResult::Failed(fault) => Err(fault),
                },
            },
            Self::Progress { request, done, total } => Input::Progress { request, done, total },
            Self::SocketOpened { socket } => Input::SocketOpened { socket },
            Self::Frame { socket, frame } => Input::Frame {
                socket,
                frame: match frame {
                    WrittenFrame::Text(text) => Frame::Text(text),
                    WrittenFrame::Binary(bytes) => Frame::Binary(bytes.into_bytes()),
                },
            },
            Self::SocketClosed { socket, why } => Input::SocketClosed {
                socket,
                why: match why {
                    WrittenClose::ByPeer { code, reason } => SocketClosed::ByPeer { code, reason },
                    WrittenClose::Failed(fault) => SocketClosed::Failed(fault),
                },
            },
            Self::Woke => Input::Woke,
            Self::Online => Input::Network(Network::Online),
            Self::Offline => Input::Network(Network::Offline),
            Self::Foreground => Input::App(AppState::Foreground),
            Self::Background => Input::App(AppState::Background),
        })
    }
}

impl WrittenAnswer {
    fn response(self) -> Option<HttpResponse> {
        let mut response = HttpResponse::new(StatusCode::from_u16(self.status).ok()?, self.body.into_bytes());
        for (name, value) in self.headers {
            let value = HeaderValue::from_maybe_shared(value.into_bytes()).ok()?;
            response.headers.append(HeaderName::from_bytes(name.as_bytes()).ok()?, value);
        }
        response.sunk = self.sunk;
        Some(response)
    }
}

fn written_headers(headers: &HeaderMap) -> Vec<(String, Written)> {
    let headers = headers.iter();
    headers.map(|(name, value)| (name.as_str().to_owned(), Written::new(value.as_bytes()))).collect()
}

/// An output as it is written, whole.
pub(super) fn written_output(output: &Output) -> Value {
    match output {
        Output::Request { id, request, operation, timeout, replay, priority, sink } => {
            let sink = sink.as_ref().map(|sink| json!({"key": sink.key, "limit": sink.limit}));
            let mut value = json!({
                "type": "request",
                "request": id,
                "operation": operation,
                "http": written_request(request),
                "timeout_micros": micros(*timeout),
                "replay": replay,
                "priority": priority,
            });
            if let (Some(sink), Some(fields)) = (sink, value.as_object_mut()) {
                fields.insert("sink".to_owned(), sink);
            }
            value
        }
        Output::CancelRequest { id } => json!({"type": "cancel_request", "request": id}),
        Output::OpenSocket { id, request, timeout } => json!({
            "type": "open_socket",
            "socket": id,
            "http": written_request(request),
            "timeout_micros": micros(*timeout),
        }),
        Output::SendFrame { socket, frame } => {
            json!({"type": "send_frame", "socket": socket, "frame": WrittenFrame::from(frame)})
        }
        Output::CloseSocket { id, code, reason } => {
            json!({"type": "close_socket", "socket": id, "code": code, "reason": reason})
        }
        Output::Event(event) => json!({"type": "event", "event": event}),
        Output::Checkpoint => json!({"type": "checkpoint"}),
    }
}

fn written_request(request: &HttpRequest) -> Value {
    let body = match &request.body {
        Body::Empty => Value::Null,
        Body::Bytes(bytes) => json!(Written::new(bytes)),
        Body::Source { source, size } => json!({"source": source, "size": size}),
        Body::Framed { before, source, size, after } => json!({
            "before": Written::new(before),
            "source": source,
            "size": size,
            "after": Written::new(after),
        }),
    };
    json!({
        "method": request.method.as_str(),
        "uri": request.uri.to_string(),
        "headers": written_headers(&request.headers),
        "body": body,
    })
}

pub(super) fn written_deadline(deadline: Deadline) -> Value {
    json!({"at": deadline.at, "why": deadline.why.to_string()})
}

fn micros(span: core::time::Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}
