//! Frames as facts: one frame, one fact.

use std::borrow::Cow;

use super::PROBES;
use super::item::{self, Item};
use crate::dialect::Fact;
use crate::error::{FaultKind, ProviderFault, Retry};
use crate::input::Frame;
use crate::limits::Limits;
use crate::wire::json::{Int, Loose, Text, object, read};
use crate::wire::text::{cut_bytes, cut_chars};

object! {
    /// What the socket carries; the gateway's own errors have a message and no topic.
    struct Envelope<'a> {
        topic: Text<'a> = "topic",
        content: Loose<'a> = "content",
        status_code: Int = "statusCode",
        status_content: Loose<'a> = "statusContent",
        message: Loose<'a> = "message",
    }
}

/// What a frame says. `contact_id` is ours, where it is known.
pub(super) fn frame(frame: &Frame, contact_id: Option<&str>, limits: &Limits) -> Fact {
    let text = match frame {
        Frame::Text(text) => text,
        Frame::Binary(bytes) => {
            return malformed("a text frame", format!("a binary frame of {} bytes", bytes.len()));
        }
    };
    let limit = limits.frame_bytes();
    if text.len() > limit {
        return malformed(
            &format!("a frame of at most {limit} bytes"),
            format!("one of {} bytes", text.len()),
        );
    }
    let mut spare = String::new();
    match read(text, &mut spare, limits) {
        Ok(envelope) => fact(envelope, text, contact_id, limits),
        Err(problem) => malformed(&format!("a frame that is a JSON object: {problem}"), shown(text, limits)),
    }
}

fn fact(envelope: Envelope<'_>, text: &str, contact_id: Option<&str>, limits: &Limits) -> Fact {
    let Some(topic) = &envelope.topic else {
        return without_topic(envelope, text, limits);
    };
    let [heartbeat, ping] = PROBES;
    match topic.as_str() {
        "aws/chat" => chat(envelope.content, text, contact_id, limits),
        "aws/subscribe" => match envelope.content {
            Some(Loose::Object { status: Some(status) }) if status == "success" => Fact::Greeted,
            Some(Loose::Object { status: Some(_) }) => Fact::GreetingRefused,
            Some(Loose::Object { status: None } | Loose::Text(_) | Loose::Other) | None => {
                malformed("content with a status", shown(text, limits))
            }
        },
        topic if topic == heartbeat => Fact::ProbeAnswered { probe: 0 },
        topic if topic == ping => match envelope.status_code.and_then(|status| status.0) {
            // The text beside it should be "OK"; the number is what counts.
            Some(200) => Fact::ProbeAnswered { probe: 1 },
            status => {
                let message = said(envelope.status_content, limits);
                Fact::ProbeRefused { probe: 1, status, message }
            }
        },
        topic => {
            let what = format!("topic {}", cut_chars(topic, limits.id_chars()));
            Fact::Unrecognized { what, raw: shown(text, limits) }
        }
    }
}

/// The gateway in front of the chat service refused a frame of ours, or could not hand it on.
fn without_topic(envelope: Envelope<'_>, text: &str, limits: &Limits) -> Fact {
    let Some(message) = said(envelope.message, limits) else {
        return Fact::Unrecognized { what: "frame without a topic".to_owned(), raw: shown(text, limits) };
    };
    let mut fault = ProviderFault::new(FaultKind::Refused, Retry::Never);
    fault.message = Some(message);
    Fact::Fault(fault)
}

/// A text of the gateway's, cut to the limit.
fn said(value: Option<Loose<'_>>, limits: &Limits) -> Option<String> {
    match value? {
        Loose::Text(text) => Some(cut_bytes(&text, limits.raw_bytes()).to_owned()),
        Loose::Object { .. } | Loose::Other => None,
    }
}

fn chat(content: Option<Loose<'_>>, text: &str, contact_id: Option<&str>, limits: &Limits) -> Fact {
    let Some(Loose::Text(content)) = content else {
        return malformed("content that is a text", shown(text, limits));
    };
    let mut spare = String::new();
    match read::<Item<'_>>(&content, &mut spare, limits) {
        Ok(item) => item::Reader { limits, contact_id }.fact(item, &content),
        Err(problem) => {
            malformed(&format!("content that holds a JSON object: {problem}"), shown(&content, limits))
        }
    }
}

/// The fault of something that cannot be read. It came by itself, so there is nothing to try again.
pub(super) fn malformed(expected: &str, found: String) -> Fact {
    let mut fault = ProviderFault::new(FaultKind::Malformed, Retry::Never);
    (fault.expected, fault.found) = (Some(expected.to_owned()), Some(found));
    Fact::Fault(fault)
}

/// What came, for the user to see: cut to the limit, and before the token of a view, if it has one.
pub(super) fn shown(text: &str, limits: &Limits) -> String {
    without_view_token(cut_bytes(text, limits.raw_bytes())).into_owned()
}

/// A text without what follows the name of a view's token. That token is the only secret that the service
/// sends in a frame.
pub(super) fn without_view_token(text: &str) -> Cow<'_, str> {
    match text.split_once("viewToken") {
        Some((before, _)) => Cow::Owned(format!("{before}viewToken[redacted from here]")),
        None => Cow::Borrowed(text),
    }
}
