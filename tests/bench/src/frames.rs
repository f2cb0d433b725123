//! Frames as Amazon Connect sends them.

/// An agent's message, the `number`th, with an id and a time of its own.
#[must_use]
pub fn agent_message(number: u64) -> String {
    let (seconds, millis) = (number / 1_000 % 60, number % 1_000);
    let (hours, minutes) = (10 + number / 3_600_000, number / 60_000 % 60);
    let item = serde_json::json!({
        "AbsoluteTime": format!("2026-03-14T{hours:02}:{minutes:02}:{seconds:02}.{millis:03}Z"),
        "Content": format!("Message {number}: your parcel has left the depot, and should be with you tomorrow."),
        "ContentType": "text/plain",
        "Id": format!("40b1c00a-7c1d-4e52-9b0a-{number:012}"),
        "Type": "MESSAGE",
        "ParticipantId": "a97e34d0-18c5-4b6a-b0fd-6c2f8e51d3a8",
        "DisplayName": "Tomasz",
        "ParticipantRole": "AGENT",
    });
    let content = item.to_string();
    serde_json::json!({ "topic": "aws/chat", "contentType": "application/json", "content": content })
        .to_string()
}
