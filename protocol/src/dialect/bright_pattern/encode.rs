//! Intents as requests.

mod chat;
mod event;
mod extension;
mod files;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, USER_AGENT};
use http::{HeaderValue, Method};
use serde::Serialize;

pub(super) use event::SignalData;
use event::{Events, Outgoing};
pub(super) use files::address as file_address;

use super::BrightPattern;
use super::identity::usable;
use crate::dialect::{EncodeError, Intent, OutgoingReceipt, Scope};
use crate::error::CommandError;
use crate::model::{OutgoingContent, ReceiptKind, TranscriptQuery};
use crate::wire::html::{to_html, to_text};
use crate::wire::http::{Body, HttpRequest};
use crate::wire::percent::escape;
use crate::wire::text::has_more_chars;
use crate::wire::url::join;

/// Characters of a message. The service states no limit; its servers take at least that.
const CONTENT_CHARS: usize = 32_768;

/// The request that says `intent`.
pub(super) fn request(
    dialect: &BrightPattern,
    intent: &Intent<'_>,
    scope: Scope<'_>,
) -> Result<HttpRequest, EncodeError> {
    let chat = || scope.conversation.ok_or_else(|| error("there is no chat: start one first"));
    match intent {
        Intent::StartConversation { introduction } => chat::start(dialect, *introduction),
        Intent::Poll => get(dialect, &["chats", chat()?, "events"]),
        Intent::SendMessage { content, token } => send(dialect, chat()?, &[message(content, token)?]),
        Intent::SendTyping { typing, .. } => {
            let name = if *typing { "chat_session_typing" } else { "chat_session_not_typing" };
            send(dialect, chat()?, &[Outgoing::new(name)])
        }
        Intent::SendReceipts { receipts, .. } => {
            let events: Vec<_> = receipts.iter().map(receipt).collect();
            send(dialect, chat()?, &events)
        }
        Intent::Fetch(_) => get(dialect, &["chats", chat()?, "history"]),
        Intent::Query { query, .. } => {
            check_query(query)?;
            get(dialect, &["chats", chat()?, "history"])
        }
        Intent::Leave { .. } => send(dialect, chat()?, &[Outgoing::new("chat_session_end")]),
        Intent::Upload { attachment, ticket: None, token } => files::upload(dialect, attachment, token),
        Intent::CompleteUpload { attachment, attachment_id, token } => {
            let event = files::shown(dialect.version, attachment, attachment_id, token);
            send(dialect, chat()?, &[event])
        }
        Intent::Download { url } => files::download(dialect, url),
        Intent::BrightPattern { request, token } => {
            extension::request(dialect, request, token, scope.conversation)
        }
        Intent::Authorise { .. } => Err(error("the service has no credentials to obtain")),
        Intent::StartUpload { .. } | Intent::Upload { ticket: Some(_), .. } => {
            Err(error("the service takes files as they are"))
        }
        Intent::AttachmentUrl { .. } => Err(error("the address of a file follows from its id")),
        Intent::AmazonConnect { .. } => Err(error("this is no chat of Amazon Connect")),
    }
}

/// A message as an event.
fn message<'a>(content: &'a OutgoingContent, id: &'a str) -> Result<Outgoing<'a>, EncodeError> {
    let event = Outgoing { id: Some(id), ..Outgoing::new("chat_session_message") };
    Ok(match content {
        OutgoingContent::Text { text } => {
            Outgoing { html: Some(to_html(text).into()), text: Some(text.into()), ..event }
        }
        OutgoingContent::Html { html } => {
            Outgoing { html: Some(html.into()), text: Some(to_text(html)), ..event }
        }
        OutgoingContent::Reply { text, question } => Outgoing {
            html: Some(to_html(text).into()),
            text: Some(text.into()),
            directive: Some(question),
            ..event
        },
        OutgoingContent::Markdown { .. }
        | OutgoingContent::Json { .. }
        | OutgoingContent::InteractiveResponse { .. } => return Err(error(FORMS)),
    })
}

/// What kinds of messages there are.
const FORMS: &str = "the service takes messages as text or HTML: send one of these";

fn receipt(receipt: &OutgoingReceipt) -> Outgoing<'_> {
    let name = match receipt.kind {
        ReceiptKind::Delivered => "chat_session_message_delivered",
        ReceiptKind::Read => "chat_session_message_read",
    };
    Outgoing { meant: Some(&receipt.server_id), ..Outgoing::new(name) }
}

/// A request that sends events.
fn send(dialect: &BrightPattern, chat: &str, events: &[Outgoing<'_>]) -> Result<HttpRequest, EncodeError> {
    post(dialect, &["chats", chat, "events"], &Events { events })
}

fn get(dialect: &BrightPattern, path: &[&str]) -> Result<HttpRequest, EncodeError> {
    bare(dialect, Method::GET, path, &[])
}

fn post(dialect: &BrightPattern, path: &[&str], body: &impl Serialize) -> Result<HttpRequest, EncodeError> {
    let mut request = bare(dialect, Method::POST, path, &[])?;
    let json = serde_json::to_string(body)
        .map_err(|problem| error(&format!("it cannot be written as JSON: {problem}")))?;
    request.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    request.body = Body::from(Bytes::from(json));
    Ok(request)
}

/// A request with no body: `path` below the version, each part a segment of its own; the tenant is added to `query`.
fn bare(
    dialect: &BrightPattern,
    method: Method,
    path: &[&str],
    query: &[(&str, &str)],
) -> Result<HttpRequest, EncodeError> {
    let mut address = format!("/clientweb/api/{}", dialect.version.name());
    for segment in path {
        address.push('/');
        add_segment(segment, &mut address)?;
    }
    address.push_str("?tenantUrl=");
    escape(&dialect.tenant, &mut address);
    for (name, value) in query {
        address.push('&');
        address.push_str(name);
        address.push('=');
        escape(value, &mut address);
    }
    addressed(dialect, method, &address)
}

/// A request to the service itself, with what tells it who we are.
fn addressed(dialect: &BrightPattern, method: Method, address: &str) -> Result<HttpRequest, EncodeError> {
    let uri = join(&dialect.endpoint, address).map_err(|problem| error(&problem.to_string()))?;
    let mut request = HttpRequest::new(method, uri);
    request.headers.insert(AUTHORIZATION, dialect.authorization.clone());
    request.headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    request.headers.insert(USER_AGENT, HeaderValue::from_static("MobileClient"));
    Ok(request)
}

/// Adds an id as one segment of a path. What would climb out of its place even escaped is refused.
fn add_segment(segment: &str, address: &mut String) -> Result<(), EncodeError> {
    if segment.is_empty() || segment == "." || segment == ".." || segment.contains(char::is_control) {
        return Err(error("an id is empty, or no segment of an address: give one as the service gave it"));
    }
    escape(segment, address);
    Ok(())
}

fn error(problem: &str) -> EncodeError {
    EncodeError { problem: problem.to_owned() }
}

/// Whether a message may be handed over: not empty, of a form that there is, and of a bearable size.
pub(super) fn check(content: &OutgoingContent) -> Result<(), CommandError> {
    let refuse = |hint: &str| {
        Err(CommandError::InvalidArgument { command: "send_message".to_owned(), hint: hint.to_owned() })
    };
    let text = match content {
        OutgoingContent::Text { text } | OutgoingContent::Html { html: text } => text,
        OutgoingContent::Reply { question, .. } if !usable(question) => {
            return refuse("a reply names the question that it answers: give its id");
        }
        OutgoingContent::Reply { text, .. } => text,
        OutgoingContent::Markdown { .. }
        | OutgoingContent::Json { .. }
        | OutgoingContent::InteractiveResponse { .. } => return refuse(FORMS),
    };
    if text.is_empty() {
        return Err(CommandError::Empty);
    }
    if has_more_chars(text, CONTENT_CHARS) {
        let (size, unit) = (text.chars().count(), "characters".to_owned());
        return Err(CommandError::TooLarge { size, limit: CONTENT_CHARS, unit });
    }
    Ok(())
}

/// Refuses what the service has no way to ask for: it gives the whole history or none of it.
pub(super) fn check_query(query: &TranscriptQuery) -> Result<(), EncodeError> {
    if query.cursor.is_some() || query.from.is_some() || query.segment.is_some() {
        return Err(error(
            "the service gives a chat's history as a whole: ask without `cursor`, `from` and `segment`",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
