//! The dialect against the vendor's wire, as the fixtures hold it.

mod describe;
mod events;
mod malformed;
mod properties;
mod requests;
mod responses;

use std::collections::BTreeSet;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::Value;

use super::*;
use crate::dialect::Fact;
use crate::output::Operation;

/// What all fixtures have in common.
pub(super) const TENANT: &str = "acme.brightpattern.example";
pub(super) const APP: &str = "7f3c1e52a9b04d6c8e15d2a7c0b94f61";
pub(super) const CLIENT: &str = "0B9D1C3E-52F7-4A86-9E41-3C7D8A5F2B10";
pub(super) const CHAT: &str = "4d2f6a1e-9c3b-4e57-8a10-6b7f0c2d9e35";
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/bright-pattern");

pub(super) fn config() -> Config {
    Config::new(TENANT, APP, CLIENT)
}

pub(super) fn dialect() -> BrightPattern {
    BrightPattern::new(&config()).unwrap()
}

#[expect(clippy::disallowed_methods, reason = "a test may read the fixtures; the dialect may not")]
fn bytes_of(name: &str) -> Vec<u8> {
    std::fs::read(format!("{FOLDER}/{name}")).unwrap()
}

pub(super) fn fixture(name: &str) -> String {
    String::from_utf8(bytes_of(name)).unwrap()
}

/// The names of all fixtures in a folder.
fn fixtures(folder: &str) -> BTreeSet<String> {
    std::fs::read_dir(format!("{FOLDER}/{folder}"))
        .unwrap()
        .map(|entry| format!("{folder}/{}", entry.unwrap().file_name().into_string().unwrap()))
        .collect()
}

pub(super) fn json(name: &str) -> Value {
    serde_json::from_str(&fixture(name)).unwrap()
}

/// An answer about the fixtures' chat.
pub(super) fn asked(operation: Operation, limits: &Limits) -> Asked<'_> {
    Asked { operation, conversation: Some(CHAT), limits }
}

fn reply(status: u16, body: impl Into<Bytes>) -> HttpResponse {
    HttpResponse::new(StatusCode::from_u16(status).unwrap(), body)
}

/// What an answer with this body says.
pub(super) fn answer(operation: Operation, status: u16, body: impl Into<Bytes>) -> Result<Answer, Refusal> {
    dialect().answer(asked(operation, &Limits::default()), &reply(status, body))
}

/// The facts of a poll, or of a history in its own order.
fn facts(operation: Operation, body: impl Into<Bytes>) -> Vec<Fact> {
    let answer = answer(operation, 200, body).unwrap();
    if let Answer::Polled(facts) = answer {
        return facts;
    }
    let Answer::Page(mut page) = answer else { panic!("{answer:?}") };
    page.facts.reverse();
    page.facts
}

/// The answer that an HTTP fixture holds.
fn response(fixture: &Value) -> HttpResponse {
    let response = &fixture["response"];
    let status = u16::try_from(response["status"].as_u64().unwrap()).unwrap();
    let body = match (response.get("body"), response.get("body_text"), response.get("body_base64")) {
        (Some(body), ..) => body.to_string(),
        (_, Some(text), _) => text.as_str().unwrap().to_owned(),
        (.., Some(base64)) => base64.as_str().unwrap().to_owned(),
        (None, None, None) => String::new(),
    };
    let mut answer = HttpResponse::new(StatusCode::from_u16(status).unwrap(), Bytes::from(body));
    for (name, value) in response["headers"].as_object().into_iter().flatten() {
        let value = HeaderValue::from_str(value.as_str().unwrap()).unwrap();
        answer.headers.insert(name.parse::<HeaderName>().unwrap(), value);
    }
    answer
}

/// Compares what the fixtures say with a table of lines `name: what is expected`. Every fixture must have a
/// line, and every line a fixture.
fn check_table(table: &str, fixtures: &BTreeSet<String>, describe: impl Fn(&str) -> String) {
    let expected: Vec<_> = table.lines().filter(|line| !line.trim().is_empty()).collect();
    let found: Vec<_> = fixtures.iter().map(|name| format!("{name}: {}", describe(name))).collect();
    for line in &found {
        assert!(
            expected.contains(&line.as_str()),
            "not in the table:\n{line}\nThe whole:\n{}",
            found.join("\n")
        );
    }
    assert_eq!(expected.len(), found.len(), "the table has lines without a fixture:\n{}", found.join("\n"));
}
