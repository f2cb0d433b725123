//! Intents as requests, and the frames that go out.

mod extension;
mod files;
mod transcript;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderValue, Method, Uri};
use serde::Serialize;

use super::{AmazonConnect, PROBES};
use crate::dialect::{EncodeError, Intent, OutgoingReceipt};
use crate::error::CommandError;
use crate::input::Frame;
use crate::model::{OutgoingContent, ReceiptKind};
use crate::secret::Secret;
use crate::wire::http::{Body, HttpRequest};
use crate::wire::text::has_more_chars;
use crate::wire::url::{UrlKind, check as check_url, join};

pub(super) use transcript::check_query;

/// The whole authentication; requests are not signed.
const BEARER: HeaderName = HeaderName::from_static("x-amz-bearer");

/// Characters that `Content` may have (API model). The tighter limits of the documentation (1,024 for text,
/// 12,000 for JSON, 12,288 for interactive responses) are the server's to apply: they have grown before.
const CONTENT_CHARS: usize = 16_384;

/// Characters of an address (API model: `Websocket.Url`, `UploadMetadata.Url`, `Url` of GetAttachment).
pub(super) const URL_CHARS: usize = 2_000;

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
                content_type: content_type(content)?,
                content: Some(content.as_str()),
                client_token: token,
            };
            post(dialect, "/participant/message", connection_token()?, &body)
        }
        Intent::StartConversation { .. } | Intent::Poll => Err(error(
            "the service has one conversation, which a backend has started, and tells it over a socket",
        )),
        Intent::SendTyping { typing: false, .. } => Err(error("the service has no word for that")),
        Intent::SendTyping { typing: true, token } => {
            let content_type = "application/vnd.amazonaws.connect.event.typing";
            // The model wants at least one character of content where there is any.
            let body = Send { content_type, content: None, client_token: token };
            post(dialect, "/participant/event", connection_token()?, &body)
        }
        Intent::SendReceipts { receipts, token } => {
            let [OutgoingReceipt { kind, server_id }] = receipts else {
                return Err(error("the service takes one receipt at a time"));
            };
            let content_type = match kind {
                ReceiptKind::Delivered => "application/vnd.amazonaws.connect.event.message.delivered",
                ReceiptKind::Read => "application/vnd.amazonaws.connect.event.message.read",
            };
            let content = json(&ReceiptContent { message_id: server_id })?;
            let body = Send { content_type, content: Some(&content), client_token: token };
            post(dialect, "/participant/event", connection_token()?, &body)
        }
        Intent::Fetch(query) => {
            post(dialect, "/participant/transcript", connection_token()?, &transcript::page(query))
        }
        Intent::Query { query, start } => {
            let body = transcript::part(query, *start)?;
            post(dialect, "/participant/transcript", connection_token()?, &body)
        }
        Intent::Leave { token } => {
            post(dialect, "/participant/disconnect", connection_token()?, &Disconnect { client_token: token })
        }
        Intent::StartUpload { attachment, token } => {
            let body = files::start(attachment, token)?;
            post(dialect, "/participant/start-attachment-upload", connection_token()?, &body)
        }
        Intent::Upload { attachment, ticket, .. } => {
            let ticket = ticket.ok_or_else(|| error("the file was not announced"))?;
            files::upload(attachment, ticket, dialect.allow_plaintext)
        }
        Intent::CompleteUpload { attachment_id, token, .. } => {
            let body = files::complete(attachment_id, token);
            post(dialect, "/participant/complete-attachment-upload", connection_token()?, &body)
        }
        Intent::AttachmentUrl { attachment, expires_in } => {
            let body = files::address(attachment, *expires_in)?;
            post(dialect, "/participant/attachment", connection_token()?, &body)
        }
        Intent::Download { url } => files::download(url, dialect.allow_plaintext),
        Intent::BrightPattern { .. } => Err(error("this is no chat of Bright Pattern")),
        Intent::AmazonConnect { request, view_token, token } => {
            extension::request(dialect, request, *view_token, token, connection_token()?)
        }
    }
}

/// What kinds of messages there are.
const FORMS: &str =
    "the service takes messages as text, Markdown, JSON and answers of its own form: send one of these";

/// The content type of an outgoing message.
fn content_type(content: &OutgoingContent) -> Result<&'static str, EncodeError> {
    match content {
        OutgoingContent::Text { .. } => Ok("text/plain"),
        OutgoingContent::Markdown { .. } => Ok("text/markdown"),
        OutgoingContent::Json { .. } => Ok("application/json"),
        OutgoingContent::InteractiveResponse { .. } => {
            Ok("application/vnd.amazonaws.connect.message.interactive.response")
        }
        OutgoingContent::Html { .. } | OutgoingContent::Reply { .. } => Err(error(FORMS)),
    }
}

fn post(
    dialect: &AmazonConnect,
    path: &str,
    bearer: &Secret,
    body: &impl Serialize,
) -> Result<HttpRequest, EncodeError> {
    let mut request = with_bearer(dialect, Method::POST, path, bearer)?;
    request.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    request.body = Body::from(Bytes::from(json(body)?));
    Ok(request)
}

/// A request with no body yet.
fn with_bearer(
    dialect: &AmazonConnect,
    method: Method,
    path: &str,
    bearer: &Secret,
) -> Result<HttpRequest, EncodeError> {
    let uri = join(&dialect.endpoint, path).map_err(|problem| error(&problem.to_string()))?;
    let mut request = HttpRequest::new(method, uri);
    let mut value = HeaderValue::from_str(bearer.expose())
        .map_err(|_| error("the token has characters that no header can carry"))?;
    value.set_sensitive(true);
    request.headers.insert(BEARER, value);
    Ok(request)
}

fn json(value: &impl Serialize) -> Result<String, EncodeError> {
    serde_json::to_string(value).map_err(|problem| error(&format!("it cannot be written as JSON: {problem}")))
}

fn error(problem: &str) -> EncodeError {
    EncodeError { problem: problem.to_owned() }
}

/// Checks an address that the provider gave. `whose` says in an error which it is; it itself is as good as a
/// credential.
fn given_url(url: &str, kind: UrlKind, allow_plaintext: bool, whose: &str) -> Result<Uri, EncodeError> {
    if has_more_chars(url, URL_CHARS) {
        return Err(error(&format!("{whose} address has more than {URL_CHARS} characters")));
    }
    check_url(url, kind, allow_plaintext)
        .map_err(|problem| error(&format!("{whose} address cannot be used: {problem}")))
}

/// Whether a text has as many characters as the API model allows.
fn has_chars(text: &str, most: usize) -> bool {
    !text.is_empty() && !has_more_chars(text, most)
}

/// The upgrade request; the address carries its own ticket, and no header is wanted.
pub(super) fn socket(url: &Secret, allow_plaintext: bool) -> Result<HttpRequest, EncodeError> {
    let uri = given_url(url.expose(), UrlKind::Socket, allow_plaintext, "the socket's")?;
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
    if content_type(content).is_err() {
        let (command, hint) = ("send_message".to_owned(), FORMS.to_owned());
        return Err(CommandError::InvalidArgument { command, hint });
    }
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
