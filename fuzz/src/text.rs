//! Small texts with rules of their own.

use helpline_protocol::{HttpResponse, Input, Operation, WallTime};
use serde_json::json;

use crate::amazon_connect::{chat, fresh, greeted};
use crate::choices::{Choices, text};

/// The longest wait that a server is obeyed for, and the longest of our own.
const LONGEST_WAIT: u64 = 16 * 60 * 1_000_000;

/// Whatever a server says of waiting: the next try is neither never nor at once for ever.
pub(crate) fn retry_after(data: &[u8]) {
    let mut bench = fresh();
    bench.command(helpline_protocol::Command::Connect).expect("a fresh session connects");
    let Some(request) = bench.pending.keys().next().copied() else { return };
    let mut choices = Choices::new(data);
    let status = if choices.byte() & 1 == 0 { 429 } else { 503 };
    let mut response = HttpResponse::new(http::StatusCode::from_u16(status).unwrap_or_default(), "");
    if let Ok(value) = http::HeaderValue::from_bytes(choices.rest()) {
        response.headers.insert(http::header::RETRY_AFTER, value);
    }
    let date = http::HeaderValue::from_static("Sat, 14 Mar 2026 09:26:40 GMT");
    response.headers.insert(http::header::DATE, date);
    bench.tell(Input::Response { request, result: Ok(response) });
    let next = bench.session.deadline().expect("it is tried again");
    assert!(next.at.as_micros() <= LONGEST_WAIT, "a wait until {next}");
    bench.wake(1);
    assert!(bench.pending.values().any(|of| *of == Operation::Authorise), "it was not tried again");
}

/// A time of an item: read or not, the item is there.
pub(crate) fn timestamps(data: &[u8]) {
    let time = text(data);
    if let Ok(read) = serde_json::from_value::<WallTime>(json!(time)) {
        let again =
            serde_json::from_value::<WallTime>(json!(read)).expect("a time that was written can be read");
        assert_eq!(read, again, "{time:?}");
    }
    let mut bench = greeted();
    bench.answer(Operation::CatchUp, 200, r#"{"Transcript":[]}"#);
    let item = json!({
        "AbsoluteTime": time, "Content": "Hello", "ContentType": "text/plain", "Id": "a1", "Type": "MESSAGE",
        "ParticipantId": "agent", "ParticipantRole": "AGENT",
    });
    bench.frame(chat(&item.to_string()));
    assert!(bench.added().count() == 1, "{time:?}");
}
