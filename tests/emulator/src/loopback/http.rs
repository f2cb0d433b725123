//! Requests from real connections, and answers to them.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, UPGRADE};
use hyper::{Request, Response, StatusCode};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::body::Outgoing;
use super::dispatch::Upgrade;
use super::{Shared, body, socket};
use crate::Machine;
use crate::io::{HttpRequest, HttpResponse, Input};

/// The connection is to be cut without an answer.
#[derive(Debug)]
pub(super) struct Cut;

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cut without an answer")
    }
}

impl std::error::Error for Cut {}

pub(super) async fn answer<M: Machine>(
    shared: Arc<Shared<M>>,
    request: Request<Incoming>,
) -> Result<Response<Outgoing>, Cut> {
    if request.headers().contains_key(SEC_WEBSOCKET_KEY) {
        return upgrade(shared, request).await;
    }
    let (parts, body) = request.into_parts();
    let (waiting, answer, reception) = {
        let mut state = shared.lock();
        let (exchange, answer) = state.expect_answer();
        let target = parts.uri.to_string();
        let reception = state.server.begin_upload(exchange, parts.method.as_str(), &target);
        (Waiting(Arc::clone(&shared), exchange), answer, reception)
    };
    let Some(body) = body::read(body, reception).await? else {
        return Ok(plain(StatusCode::PAYLOAD_TOO_LARGE));
    };
    let request = HttpRequest {
        method: parts.method.as_str().to_owned(),
        target: parts.uri.to_string(),
        headers: parts
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into()))
            .collect(),
        body,
    };
    {
        let mut state = shared.lock();
        let exchange = waiting.1;
        state.log(|| format!("#{exchange} <- {} {}", request.method, request.path()));
        shared.input(&mut state, Input::Http { exchange, request });
    }
    match answer.await {
        Ok(Some(response)) => Ok(written(response)),
        Ok(None) | Err(_) => Err(Cut),
    }
}

/// Someone waits for an answer, or has gone away.
struct Waiting<M: Machine>(Arc<Shared<M>>, u64);

impl<M: Machine> Drop for Waiting<M> {
    fn drop(&mut self) {
        let exchange = self.1;
        let mut state = self.0.lock();
        if state.forget_answer(exchange) {
            state.log(|| format!("#{exchange} <- gone"));
            self.0.input(&mut state, Input::Gone { exchange });
        }
    }
}

fn written(response: HttpResponse) -> Response<Outgoing> {
    let mut written = Response::new(Outgoing::of(&response));
    *written.status_mut() = StatusCode::from_u16(response.status).unwrap_or_default();
    for (name, value) in response.headers {
        if let (Ok(name), Ok(value)) =
            (http::HeaderName::from_bytes(name.as_bytes()), http::HeaderValue::from_str(&value))
        {
            written.headers_mut().append(name, value);
        }
    }
    written
}

fn plain(status: StatusCode) -> Response<Outgoing> {
    written(HttpResponse {
        status: status.as_u16(),
        headers: vec![("Content-Type".to_owned(), "application/json".to_owned())],
        body: Bytes::from_static(br#"{"message":"Forbidden"}"#),
        ..HttpResponse::default()
    })
}

async fn upgrade<M: Machine>(
    shared: Arc<Shared<M>>,
    mut request: Request<Incoming>,
) -> Result<Response<Outgoing>, Cut> {
    let key = request.headers().get(SEC_WEBSOCKET_KEY).map(|key| derive_accept_key(key.as_bytes()));
    let Some(accept) = key.and_then(|key| http::HeaderValue::from_str(&key).ok()) else {
        return Ok(plain(StatusCode::BAD_REQUEST));
    };
    let (name, decision, orders) = {
        let mut state = shared.lock();
        let (socket, decision, orders) = state.expect_socket();
        state.log(|| format!("socket {socket} <- upgrade {}", request.uri().path()));
        let target = request.uri().to_string();
        shared.input(&mut state, Input::SocketRequested { socket, target });
        (socket, decision, orders)
    };
    match decision.await {
        Ok(Upgrade::Accepted) => {}
        Ok(Upgrade::Refused(status)) => {
            return Ok(plain(StatusCode::from_u16(status).unwrap_or(StatusCode::FORBIDDEN)));
        }
        Err(_) => return Err(Cut),
    }
    let upgraded = hyper::upgrade::on(&mut request);
    tokio::spawn(socket::run(shared, name, upgraded, orders));
    let mut response = Response::new(Outgoing::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(CONNECTION, http::HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, http::HeaderValue::from_static("websocket"));
    headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
    Ok(response)
}
