//! The dialect against the vendor's wire, as the fixtures hold it.

pub(super) mod describe;
mod frames;
mod properties;
mod refusals;
mod requests;
mod responses;

use std::collections::BTreeSet;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::Value;

use super::*;
use crate::output::Operation;

/// The customer of all fixtures.
const TOKEN: &str = "invented-participant-token-7Qd2x";
const CONTACT: &str = "6d1f0c8a-4b7e-4f39-9a52-1e0c7b5d9f10";
const PARTICIPANT: &str = "c0a5b1de-7f42-4f0b-8e6d-52b9d3a1e7f4";
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/amazon-connect");

fn details() -> ChatDetails {
    ChatDetails::new(TOKEN).with_contact_id(CONTACT).with_participant_id(PARTICIPANT)
}

fn dialect() -> AmazonConnect {
    AmazonConnect::new(&Config::new(details())).unwrap()
}

#[expect(clippy::disallowed_methods, reason = "a test may read the fixtures; the dialect may not")]
pub(super) fn fixture(name: &str) -> String {
    std::fs::read_to_string(format!("{FOLDER}/{name}")).unwrap()
}

/// The names of all fixtures that begin and end so.
pub(super) fn fixtures(begin: &str, end: &str) -> BTreeSet<String> {
    std::fs::read_dir(FOLDER)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with(begin) && name.ends_with(end))
        .collect()
}

pub(super) fn json(name: &str) -> Value {
    serde_json::from_str(&fixture(name)).unwrap()
}

/// The body of an HTTP fixture.
fn body(fixture: &Value) -> String {
    match fixture.get("rawBody") {
        Some(raw) => raw.as_str().unwrap().to_owned(),
        None => fixture["body"].to_string(),
    }
}

fn response(fixture: &Value) -> HttpResponse {
    let status = u16::try_from(fixture["status"].as_u64().unwrap()).unwrap();
    let mut response = HttpResponse::new(StatusCode::from_u16(status).unwrap(), Bytes::from(body(fixture)));
    for (name, value) in fixture["headers"].as_object().unwrap() {
        let value = HeaderValue::from_str(value.as_str().unwrap()).unwrap();
        response.headers.insert(name.parse::<HeaderName>().unwrap(), value);
    }
    response
}

fn request_of(
    dialect: &AmazonConnect,
    intent: &Intent<'_>,
    credential: Option<&Secret>,
) -> Result<HttpRequest, EncodeError> {
    dialect.request(intent, Scope { credential, ..Scope::default() })
}

fn answer_of(
    dialect: &AmazonConnect,
    operation: Operation,
    response: &HttpResponse,
    limits: &Limits,
) -> Result<Answer, Refusal> {
    dialect.answer(Asked { operation, conversation: None, limits }, response)
}

/// The one fact of a text frame.
fn decode(text: &str) -> Fact {
    decode_with(&dialect(), text, &Limits::default())
}

fn decode_with(dialect: &AmazonConnect, text: &str, limits: &Limits) -> Fact {
    let mut facts = Vec::new();
    dialect.frame(&Frame::Text(text.to_owned()), limits, &mut facts);
    assert_eq!(facts.len(), 1);
    facts.remove(0)
}

/// Compares what the fixtures say with a table of lines `name: what is expected`. Every fixture must have a
/// line, and every line a fixture.
fn check_table(table: &str, fixtures: &BTreeSet<String>, describe: impl Fn(&str) -> String) {
    let lines = |text: &str| {
        text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect::<Vec<_>>()
    };
    let found: Vec<_> = fixtures.iter().map(|name| format!("{name}: {}", describe(name))).collect();
    let expected = lines(table);
    for line in &found {
        assert!(expected.contains(line), "not in the table:\n{line}\nThe whole:\n{}", found.join("\n"));
    }
    assert_eq!(expected.len(), found.len(), "the table has lines without a fixture:\n{}", found.join("\n"));
}
