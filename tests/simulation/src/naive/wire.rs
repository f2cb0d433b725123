//! The wire as the naive client knows it: written by hand, and read in good faith.

use bytes::Bytes;
use helpline_protocol::{Body, HttpRequest};
use http::{HeaderValue, Method, Uri};
use serde_json::{Value, json};

pub(super) const SUBSCRIBE: &str = r#"{"topic":"aws/subscribe","content":{"topics":["aws/chat"]}}"#;
pub(super) const HEARTBEAT: &str = r#"{"topic":"aws/heartbeat"}"#;

/// What came on the socket.
pub(super) enum Heard {
    Message { id: String, text: String },
    Ended,
    Nothing,
    Unexpected,
}

pub(super) fn connection(participant_token: &str) -> HttpRequest {
    post("connection", participant_token, &json!({ "Type": ["WEBSOCKET", "CONNECTION_CREDENTIALS"] }))
}

pub(super) fn transcript(token: &str, limit: u32) -> HttpRequest {
    post("transcript", token, &json!({ "MaxResults": limit, "SortOrder": "ASCENDING" }))
}

pub(super) fn message(token: &str, text: &str, client_token: &str) -> HttpRequest {
    let body = json!({ "ContentType": "text/plain", "Content": text, "ClientToken": client_token });
    post("message", token, &body)
}

pub(super) fn event(token: &str, name: &str, about: Option<&str>) -> HttpRequest {
    let mut body = json!({ "ContentType": format!("application/vnd.amazonaws.connect.event.{name}") });
    if let Some(id) = about {
        body["Content"] = json!({ "messageId": id }).to_string().into();
    }
    post("event", token, &body)
}

/// The token and the request for the socket.
pub(super) fn credentials(body: &[u8]) -> Option<(String, HttpRequest)> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let token = body.pointer("/ConnectionCredentials/ConnectionToken")?.as_str()?;
    let url = body.pointer("/Websocket/Url")?.as_str()?;
    Some((token.to_owned(), HttpRequest::new(Method::GET, url.parse().ok()?)))
}

/// The texts of a page, the customer's own among them.
pub(super) fn page(body: &[u8]) -> Vec<String> {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let items = body["Transcript"].as_array().cloned().unwrap_or_default();
    items
        .iter()
        .filter(|item| item["Type"] == "MESSAGE")
        .filter_map(|item| item["Content"].as_str().map(str::to_owned))
        .collect()
}

/// In good faith: what must be there is expected to be.
pub(super) fn read(text: &str) -> Heard {
    let Ok(frame) = serde_json::from_str::<Value>(text) else { return Heard::Nothing };
    if frame["topic"] != "aws/chat" {
        return Heard::Nothing;
    }
    let content = frame["content"].as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
    let Some(item) = content else { return Heard::Unexpected };
    let kind = item["ContentType"].as_str().unwrap_or_default();
    match item["Type"].as_str() {
        Some("MESSAGE") if item["ParticipantRole"] == "CUSTOMER" => Heard::Nothing,
        Some("MESSAGE") => {
            match (item["Id"].as_str(), item["Content"].as_str(), item["ParticipantId"].as_str()) {
                (Some(id), Some(text), Some(_)) => {
                    Heard::Message { id: id.to_owned(), text: text.to_owned() }
                }
                _ => Heard::Unexpected,
            }
        }
        Some("EVENT") if kind.ends_with("chat.ended") => Heard::Ended,
        _ => Heard::Nothing,
    }
}

fn post(operation: &str, bearer: &str, body: &Value) -> HttpRequest {
    let uri = format!("http://127.0.0.1:80/participant/{operation}");
    let mut request = HttpRequest::new(Method::POST, uri.parse().unwrap_or_else(|_| Uri::from_static("/")));
    request.headers.insert("content-type", HeaderValue::from_static("application/json"));
    if let Ok(bearer) = HeaderValue::from_str(bearer) {
        request.headers.insert("x-amz-bearer", bearer);
    }
    request.body = Body::from(Bytes::from(body.to_string()));
    request
}
