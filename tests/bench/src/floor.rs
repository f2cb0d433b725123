//! The least that one can do with a chat frame: read it once, envelope and item, into borrowed fields.

use std::borrow::Cow;

use serde::Deserialize;

/// The outer document.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    topic: Cow<'a, str>,
    #[serde(borrow)]
    content: Cow<'a, str>,
}

/// The inner one.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Item<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    content: Cow<'a, str>,
    #[serde(borrow)]
    content_type: Cow<'a, str>,
    #[serde(borrow)]
    absolute_time: Cow<'a, str>,
    #[serde(borrow)]
    participant_role: Cow<'a, str>,
}

/// Reads a frame, and returns something that depends on all of it.
///
/// # Panics
/// When the frame is no chat frame.
#[must_use]
pub fn read(frame: &str) -> usize {
    let envelope: Envelope<'_> = serde_json::from_str(frame).expect("an envelope");
    let item: Item<'_> = serde_json::from_str(&envelope.content).expect("an item");
    let lengths = [&envelope.topic, &item.id, &item.content, &item.content_type, &item.absolute_time];
    lengths.iter().map(|text| text.len()).sum::<usize>() + item.participant_role.len()
}
