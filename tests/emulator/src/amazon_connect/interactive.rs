//! Interactive messages, one of each kind, and what the agent says to each choice.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::views;

/// The kinds of interactive messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum InteractiveKind {
    /// A list to choose from, with pictures.
    ListPicker,
    /// A list with "show more" and a link.
    ListPickerActions,
    /// Appointments.
    TimePicker,
    /// A picture with choices.
    Panel,
    /// Two words to tap.
    QuickReply,
    /// Panels side by side.
    Carousel,
    /// A form that the client has to fetch.
    View,
    /// A template that no client knows.
    Unknown,
}

/// A message, and its choices with their answers.
pub(super) struct Interactive {
    pub(super) content: String,
    pub(super) offers: Vec<(String, String)>,
}

/// `view_token` is for the view alone.
pub(super) fn content(kind: InteractiveKind, now_ms: u64, view_token: &str) -> Interactive {
    let (template, data) = match kind {
        InteractiveKind::ListPicker => ("ListPicker", list()),
        InteractiveKind::ListPickerActions => ("ListPicker", list_with_actions()),
        InteractiveKind::TimePicker => ("TimePicker", times(now_ms)),
        InteractiveKind::Panel => ("Panel", panel()),
        InteractiveKind::QuickReply => ("QuickReply", quick()),
        InteractiveKind::Carousel => ("Carousel", carousel()),
        InteractiveKind::View => ("ViewResource", view(view_token)),
        InteractiveKind::Unknown => ("ApplePayRequest", json!({ "content": { "anything": [1, 2] } })),
    };
    let offers = offers(&data);
    let mut message = json!({ "templateType": template, "version": "1.0", "data": data });
    if kind == InteractiveKind::ListPicker {
        message["templateIdentifier"] = "lp-1".into();
    }
    Interactive { content: message.to_string(), offers }
}

/// The titles and times that can be chosen, and a fitting answer to each.
fn offers(data: &Value) -> Vec<(String, String)> {
    let list = |name: &str| {
        data.pointer(&format!("/content/{name}")).and_then(Value::as_array).cloned().unwrap_or_default()
    };
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let titles = list("elements");
    let titles = titles.iter().filter_map(|element| text(element, "title"));
    let slots = list("timeslots");
    let slots = slots.iter().filter_map(|slot| text(slot, "date"));
    titles
        .map(|title| {
            let answer = format!("You chose \"{title}\". Good, I am on it.");
            (title, answer)
        })
        .chain(slots.map(|slot| {
            let answer = format!("Booked: {slot}. See you then.");
            (slot, answer)
        }))
        .collect()
}

fn list() -> Value {
    json!({
        "replyMessage": { "title": "Thanks", "subtitle": "We noted your choice" },
        "content": {
            "title": "What is it about?",
            "subtitle": "Tap one",
            "imageType": "URL",
            "imageData": "https://img.shop.example/q.png",
            "imageDescription": "question mark",
            "elements": [
                {
                    "title": "Delivery",
                    "subtitle": "late or lost",
                    "imageType": "URL",
                    "imageData": "https://img.shop.example/d.png",
                },
                { "title": "Refund", "subtitle": "money back" },
                { "title": "Something else" },
            ],
        },
    })
}

fn list_with_actions() -> Value {
    json!({
        "content": {
            "title": "Pick a store",
            "subtitle": "3 of 9",
            "referenceId": "ref-stores-1",
            "listId": "stores",
            "preIndex": 0,
            "nextIndex": 3,
            "elements": [
                { "title": "Harbour store", "subtitle": "1.2 km" },
                { "title": "Show more", "actionDetail": "SHOW_MORE", "type": "action" },
                { "title": "Open the map", "type": "hyperlink", "url": "https://shop.example/map" },
            ],
        },
    })
}

fn times(now_ms: u64) -> Value {
    const HOUR_MS: u64 = 3600 * 1000;
    let tomorrow = now_ms - now_ms % HOUR_MS + 24 * HOUR_MS;
    let slot = |at: u64, duration: u32| {
        let at = i64::try_from(at).unwrap_or(i64::MAX);
        let at = Timestamp::from_millisecond(at).unwrap_or(Timestamp::MAX);
        let date = at.strftime("%Y-%m-%dT%H:%M+00:00").to_string();
        json!({ "date": date, "duration": duration })
    };
    json!({
        "replyMessage": { "title": "Booked", "subtitle": "See you then" },
        "content": {
            "title": "Choose a slot",
            "subtitle": "Workshop",
            "timeZoneOffset": -60,
            "location": {
                "latitude": 52.52,
                "longitude": 13.405,
                "title": "Berlin workshop",
                "radius": 1,
            },
            "timeslots": [
                slot(tomorrow, 30),
                slot(tomorrow + HOUR_MS, 30),
                slot(tomorrow + 20 * HOUR_MS, 60),
            ],
        },
    })
}

fn panel() -> Value {
    json!({
        "replyMessage": { "title": "Got it" },
        "content": {
            "title": "How can we help?",
            "subtitle": "Tap to choose",
            "imageType": "URL",
            "imageData": "https://img.shop.example/help.png",
            "imageDescription": "a desk",
            "elements": [{ "title": "Track" }, { "title": "Return" }, { "title": "Talk to a person" }],
        },
    })
}

fn quick() -> Value {
    json!({
        "content": {
            "title": "Was this helpful?",
            "subtitle": "One tap",
            "elements": [{ "title": "Yes" }, { "title": "No" }],
        },
    })
}

fn carousel() -> Value {
    let element = |number: u32, title: &str, subtitle: &str| {
        json!({
            "templateIdentifier": format!("carousel-el-{number}"),
            "templateType": "Panel",
            "version": "1.0",
            "data": {
                "content": {
                    "title": title,
                    "subtitle": subtitle,
                    "elements": [{ "title": "Choose" }, { "title": "Call" }],
                },
            },
        })
    };
    json!({
        "content": {
            "title": "Stores near you",
            "elements": [
                element(1, "City store", "open till 20:00"),
                element(2, "Harbour store", "open on Sundays"),
            ],
        },
    })
}

fn view(token: &str) -> Value {
    json!({
        "content": {
            "viewId": views::ARN,
            "viewToken": token,
            "viewData": "{\"Heading\":\"Return form\",\"OrderNumber\":\"A-20417\"}",
        },
    })
}
