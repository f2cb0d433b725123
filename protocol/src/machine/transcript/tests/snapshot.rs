//! What is written of a transcript, and how it comes back in another process.

use std::collections::BTreeMap;

use super::*;
use crate::model::{Interactive, Template};
use crate::secret::Secret;
use serde_json::{Value, json};

fn read(text: &str, blank: Transcript, tokens: &BTreeMap<MessageKey, String>) -> Transcript {
    let saved: SavedTranscript = serde_json::from_str(text).unwrap();
    assert_eq!(saved.contradiction(), None);
    Transcript::restore(blank, saved, tokens)
}

/// Written and read again.
fn restored(chat: &Chat, blank: Transcript) -> Transcript {
    let text = serde_json::to_string(&chat.transcript.save()).unwrap();
    read(&text, blank, &chat.transcript.view_tokens())
}

fn form(token: &str) -> ItemBody {
    let template = Template::View { id: Some("v".to_owned()), token: Secret::new(token), data: None };
    ItemBody::Interactive { interactive: Interactive::new(template) }
}

/// With some of everything.
fn full() -> Chat {
    let mut chat = Chat::with_room_for(6);
    for (id, secs) in [("old", 1), ("older", 0), ("a", 5), ("b", 5)] {
        chat.hear(said(id, secs, id));
    }
    chat.transcript.close_gap();
    chat.transcript.open_gap();
    chat.hear(nameless(said("", 6, "without an id")));
    chat.hear(WireItem { chunk: Some(Chunk { number: 1, completed: false }), ..said("bot", 7, "I am") });
    chat.hear(WireItem { body: form("open sesame"), ..said("form", 8, "") });
    let looks_like_it = chat.push("ours");
    chat.merge(echo("echo", 9, "ours"), US, Some(looks_like_it));
    chat.push("pending");
    chat.trim();
    chat.mark("unknown", vec![receipt("agent-1", Some(3), None)]);
    chat.mark("another", vec![receipt("agent-1", Some(3), Some(4))]);
    chat
}

#[test]
fn it_comes_back_as_it_was() {
    let chat = full();
    assert_eq!(restored(&chat, Transcript::new(6)), chat.transcript);
}

#[test]
fn it_says_what_is_in_it() {
    let chat = full();
    let saved = chat.transcript.save();
    let keys: Vec<_> = chat.transcript.iter().map(|item| item.key).collect();
    assert_eq!((saved.len(), saved.keys().collect::<Vec<_>>()), (keys.len(), keys));
    assert!(saved.has_dropped());
    assert!(!Chat::new().transcript.save().has_dropped());
    assert_eq!(Chat::new().transcript.save().len(), 0);
}

#[test]
fn who_knows_nothing_is_told_all_of_it_in_order() {
    let chat = full();
    let mut listener = Chat { mirror: Vec::new(), ..chat.clone() };
    listener.transcript.tell(&mut listener.changes);
    listener.look();
    assert_eq!(listener.mirror.len(), chat.transcript.len());
}

#[test]
fn the_token_of_a_form_is_written_only_apart() {
    let chat = full();
    let tokens = chat.transcript.view_tokens();
    let (key, token) = tokens.first_key_value().expect("there is a form");
    assert_eq!((tokens.len(), token.as_str()), (1, "open sesame"));
    assert_eq!(chat.item(*key).server_id.as_deref(), Some("form"));
    let text = serde_json::to_string(&chat.transcript.save()).unwrap();
    assert!(!text.contains("sesame"), "{text}");

    let without = read(&text, Transcript::new(6), &BTreeMap::new());
    assert_eq!(without.view_tokens(), BTreeMap::new());
    assert_eq!(without.len(), chat.transcript.len());
}

#[test]
fn items_in_the_order_of_telling_stand_where_they_stood() {
    let mut chat = Chat { transcript: Transcript::new(4).in_told_order(), ..Chat::with_room_for(4) };
    for (id, secs) in [("e", 0), ("d", 4), ("c", 3), ("b", 2), ("a", 1)] {
        chat.hear(said(id, secs, id));
    }
    let ours = chat.push("ours");
    chat.trim();
    let mut back = Chat { transcript: restored(&chat, Transcript::new(4).in_told_order()), ..chat.clone() };
    assert_eq!(back.transcript, chat.transcript);
    back.confirm(ours, taken("o", 0));
    back.hear(said("f", 0, "f"));
    assert_eq!(back.ids(), ["c", "b", "a", "o", "f"], "what comes now stands at the end");
}

#[test]
fn what_is_written_of_a_place_is_exact() {
    let chat = full();
    let saved = serde_json::to_value(chat.transcript.save()).unwrap();
    let through = saved["dropped_through"].clone();
    assert_eq!(through, json!({ "at": at(5), "tie": format!("{:x}", hash("a")), "key": "m3" }));
    let again: Place = serde_json::from_value(through.clone()).unwrap();
    assert_eq!(serde_json::to_value(again).unwrap(), through);
    let broken = serde_json::from_value::<Place>(json!({ "at": at(5), "tie": "no number", "key": "m3" }));
    assert_eq!(broken.unwrap_err().to_string(), "a tie is a hexadecimal number");
    let pending = json!({ "pending": true, "at": at(5), "tie": "ff", "key": "m3" });
    let place: Place = serde_json::from_value(pending.clone()).unwrap();
    assert_eq!((place.section, place.tie), (Section::Pending, 255));
    assert_eq!(serde_json::to_value(place).unwrap(), pending);
}

#[test]
fn one_that_contradicts_itself_is_told_by_what_it_says() {
    let saved = serde_json::to_value(full().transcript.save()).unwrap();
    let said = |change: &dyn Fn(&mut Value)| {
        let mut changed = saved.clone();
        change(&mut changed);
        serde_json::from_value::<SavedTranscript>(changed).unwrap().contradiction()
    };
    assert_eq!((saved["gap"].clone(), saved["closed"].clone()), (json!(2), json!(1)));
    assert_eq!(said(&|saved| saved["closed"] = json!(2)), None);
    assert_eq!(said(&|saved| saved["items"][0]["seen_in"] = json!(2)), None);
    let twice = Some("a key stands in the transcript twice");
    assert_eq!(
        said(&|saved| saved["items"][0]["item"]["key"] = saved["items"][1]["item"]["key"].clone()),
        twice
    );
    let same = Some("two items have the same id of the provider's");
    assert_eq!(said(&|saved| saved["items"][0]["item"]["server_id"] = json!("form")), same);
    assert_eq!(said(&|saved| saved["items"][0]["identity"] = json!("form")), same);
    let early = Some("a gap is closed, or an item was seen in it, before it was opened");
    assert_eq!(said(&|saved| saved["closed"] = json!(3)), early);
    assert_eq!(said(&|saved| saved["items"][0]["seen_in"] = json!(3)), early);
    let nothing = |saved: &mut Value| *saved = json!({ "items": [], "gap": 0, "closed": 0 });
    assert_eq!(said(&nothing), early);
}

#[test]
fn an_item_whose_place_names_another_is_found_all_the_same() {
    let mut chat = Chat { transcript: Transcript::new(4).in_told_order(), ..Chat::with_room_for(4) };
    let key = chat.hear(said("a", 1, "a"));
    let mut saved = serde_json::to_value(chat.transcript.save()).unwrap();
    saved["items"][0]["told"]["key"] = json!("m99");
    let saved = serde_json::from_value(saved).unwrap();
    let back = Transcript::restore(Transcript::new(4).in_told_order(), saved, &BTreeMap::new());
    assert_eq!(back, chat.transcript);
    assert!(back.get(key).is_some());
}
