//! Intents as requests, and the frames that go out.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderValue, Method};
use serde::Serialize;

use super::{AmazonConnect, PROBES};
use crate::dialect::{EncodeError, FetchFrom, FetchQuery, Intent};
use crate::error::CommandError;
use crate::input::Frame;
use crate::model::{OutgoingContent, ReceiptKind};
use crate::secret::Secret;
use crate::wire::http::{Body, HttpRequest};
use crate::wire::text::has_more_chars;
use crate::wire::url::{UrlKind, check as check_url, join};

/// The whole authentication; requests are not signed.
const BEARER: HeaderName = HeaderName::from_static("x-amz-bearer");

/// Characters that `Content` may have (API model). The tighter limits of the documentation (1,024 for text,
/// 12,000 for JSON, 12,288 for interactive responses) are the server's to apply: they have grown before.
const CONTENT_CHARS: usize = 16_384;

/// Items of a page (API model: `MaxResults`).
const PAGE_ITEMS: u32 = 100;

/// Characters of a socket's address (API model: `Websocket.Url`).
const URL_CHARS: usize = 2_000;

/// CreateParticipantConnection.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Connection {
    r#type: &'static [&'static str],
}

/// SendMessage and SendEvent.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Send<'a> {
    content_type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<&'a str>,
    client_token: &'a str,
}

/// The content of a receipt.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReceiptContent<'a> {
    message_id: &'a str,
}

/// GetTranscript.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct GetTranscript<'a> {
    scan_direction: &'static str,
    sort_order: &'static str,
    max_results: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_position: Option<StartPosition<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct StartPosition<'a> {
    id: &'a str,
}

/// DisconnectParticipant.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Disconnect<'a> {
    client_token: &'a str,
}

/// The request that says `intent`.
pub(super) fn request(
    dialect: &AmazonConnect,
    intent: &Intent<'_>,
    credential: Option<&Secret>,
) -> Result<HttpRequest, EncodeError> {
    let connection_token = || credential.ok_or_else(|| error("there is no connection token yet"));
    match intent {
        Intent::Authorise { socket } => {
            let both: &[&str] = &["WEBSOCKET", "CONNECTION_CREDENTIALS"];
            let r#type = if *socket { both } else { &["CONNECTION_CREDENTIALS"] };
            post(dialect, "/participant/connection", &dialect.participant_token, &Connection { r#type })
        }
        Intent::SendMessage { content, token } => {
            let body = Send {
                content_type: content_type(content),
                content: Some(content.as_str()),
                client_token: token,
            };
            post(dialect, "/participant/message", connection_token()?, &body)
        }
        Intent::SendTyping { token } => {
            let content_type = "application/vnd.amazonaws.connect.event.typing";
            // The model wants at least one character of content where there is any.
            let body = Send { content_type, content: None, client_token: token };
            post(dialect, "/participant/event", connection_token()?, &body)
        }
        Intent::SendReceipt { kind, server_id, token } => {
            let content_type = match kind {
                ReceiptKind::Delivered => "application/vnd.amazonaws.connect.event.message.delivered",
                ReceiptKind::Read => "application/vnd.amazonaws.connect.event.message.read",
            };
            let content = json(&ReceiptContent { message_id: server_id })?;
            let body = Send { content_type, content: Some(&content), client_token: token };
            post(dialect, "/participant/event", connection_token()?, &body)
        }
        Intent::Fetch(query) => {
            post(dialect, "/participant/transcript", connection_token()?, &transcript(query))
        }
        Intent::Leave { token } => {
            post(dialect, "/participant/disconnect", connection_token()?, &Disconnect { client_token: token })
        }
    }
}

/// Always backwards from the newest: forwards needs a start position, which the service refuses where it is of
/// a past contact, and which may have been forgotten.
fn transcript<'a>(query: &FetchQuery<'a>) -> GetTranscript<'a> {
    let (next_token, start_position) = match query.from {
        FetchFrom::Newest => (None, None),
        FetchFrom::Cursor { cursor, start } => (Some(cursor), start),
        FetchFrom::Item { server_id } => (None, Some(server_id)),
    };
    GetTranscript {
        scan_direction: "BACKWARD",
        sort_order: "DESCENDING",
        max_results: query.limit.clamp(1, PAGE_ITEMS),
        next_token,
        start_position: start_position.map(|id| StartPosition { id }),
    }
}

/// The content type of an outgoing message.
const fn content_type(content: &OutgoingContent) -> &'static str {
    match content {
        OutgoingContent::Text { .. } => "text/plain",
        OutgoingContent::Markdown { .. } => "text/markdown",
        OutgoingContent::Json { .. } => "application/json",
        OutgoingContent::InteractiveResponse { .. } => {
            "application/vnd.amazonaws.connect.message.interactive.response"
        }
    }
}

fn post(
    dialect: &AmazonConnect,
    path: &str,
    bearer: &Secret,
    body: &impl Serialize,
) -> Result<HttpRequest, EncodeError> {
    let uri = join(&dialect.endpoint, path).map_err(|problem| error(&problem.to_string()))?;
    let mut request = HttpRequest::new(Method::POST, uri);
    let mut value = HeaderValue::from_str(bearer.expose())
        .map_err(|_| error("the token has characters that no header can carry"))?;
    value.set_sensitive(true);
    request.headers.insert(BEARER, value);
    request.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    request.body = Body::from(Bytes::from(json(body)?));
    Ok(request)
}

fn json(value: &impl Serialize) -> Result<String, EncodeError> {
    serde_json::to_string(value).map_err(|problem| error(&format!("it cannot be written as JSON: {problem}")))
}

fn error(problem: &str) -> EncodeError {
    EncodeError { problem: problem.to_owned() }
}

/// The upgrade request; the address carries its own ticket, and no header is wanted.
pub(super) fn socket(url: &Secret, allow_plaintext: bool) -> Result<HttpRequest, EncodeError> {
    if has_more_chars(url.expose(), URL_CHARS) {
        return Err(error("the socket's address has more than 2000 characters"));
    }
    let uri = check_url(url.expose(), UrlKind::Socket, allow_plaintext)
        .map_err(|problem| error(&format!("the socket's address cannot be used: {problem}")))?;
    Ok(HttpRequest::new(Method::GET, uri))
}

/// Subscribes to the chat.
pub(super) fn greeting() -> Frame {
    Frame::Text(r#"{"topic":"aws/subscribe","content":{"topics":["aws/chat"]}}"#.to_owned())
}

/// A probe by its place in [`PROBES`].
pub(super) fn probe(probe: usize) -> Option<Frame> {
    PROBES.get(probe).map(|topic| Frame::Text(format!(r#"{{"topic":"{topic}"}}"#)))
}

/// Whether a message may be handed over: not empty, and not above what the model can carry at all.
pub(super) fn check(content: &OutgoingContent) -> Result<(), CommandError> {
    let text = content.as_str();
    if text.is_empty() {
        return Err(CommandError::Empty);
    }
    if has_more_chars(text, CONTENT_CHARS) {
        let (size, unit) = (text.chars().count(), "characters".to_owned());
        return Err(CommandError::TooLarge { size, limit: CONTENT_CHARS, unit });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
