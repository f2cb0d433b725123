//! Every event that a server may send.

use serde_json::json;

use super::*;
use crate::model::{ItemBody, Role};

/// What each event of the fixtures says in a poll.
const EVENTS: &str = include_str!("events.txt");

fn poll(event: &Value) -> Vec<Fact> {
    facts(Operation::Poll, json!({ "events": [event] }).to_string())
}

#[test]
fn every_event_says_what_is_meant() {
    check_table(EVENTS, &fixtures("events/server"), |name| describe::all(&poll(&json(name))));
}

/// What the customer sent comes back in the history; it is known by the same id as when it was sent.
#[test]
fn what_was_sent_is_known_when_it_comes_back() {
    for name in fixtures("events/client") {
        let mut event = json(&name);
        let id = event["msg_id"].as_str().map(str::to_owned);
        event["party_id"] = CHAT.into();
        event["timestamp"] = "1767261600".into();
        for fact in facts(Operation::CatchUp, json!({ "events": [event] }).to_string()) {
            match (fact, &id) {
                (Fact::Item(item), Some(id)) => {
                    assert_eq!(item.identity, Some(dialect().own_identity(id)), "{name}");
                    assert!(dialect().is_own(&item.sender), "{name}");
                }
                (Fact::Item(item), None) => assert_eq!(item.sender.role, Role::Customer, "{name}"),
                (Fact::Mark { .. } | Fact::Extension { identity: Some(_), .. } | Fact::Over { .. }, _) => {}
                (other, _) => panic!("{name}: {other:?}"),
            }
        }
    }
}

/// The vendor's own test of its iOS SDK: all decode, in order.
#[test]
fn the_events_of_the_ios_sdks_own_test_all_say_something() {
    let facts = facts(Operation::Poll, fixture("ios-tests-events.json"));
    let lines: Vec<_> = facts.iter().map(describe::fact).collect();
    let whole = lines.join("\n");
    assert!(!whole.contains("unrecognized") && !whole.contains("fault"), "{whole}");
    // The inactivity timeout is an end, and tells a text besides.
    assert_eq!(facts.len(), 18, "{whole}");
    assert!(whole.contains("Delivered own:<message id>3 by -"), "{whole}");
    assert!(whole.contains(r#""latitude":"123.456","longitude":"321.654""#), "{whole}");
}

#[test]
fn times_are_read_in_seconds_and_milliseconds() {
    let at = |timestamp: Value| {
        let event =
            json!({ "event": "chat_session_message", "party_id": "p", "msg": "a", "timestamp": timestamp });
        match poll(&event).as_slice() {
            [Fact::Item(item)] => item.at.map(crate::time::WallTime::as_unix_millis),
            other => panic!("{other:?}"),
        }
    };
    for (timestamp, millis) in [
        (json!("1767261600"), Some(1_767_261_600_000)),
        (json!(1_767_261_600), Some(1_767_261_600_000)),
        (json!("1767261600.25"), Some(1_767_261_600_250)),
        (json!(1_767_261_600.5), Some(1_767_261_600_500)),
        (json!("9999999999"), Some(9_999_999_999_000)),
        (json!("10000000000"), Some(10_000_000_000)),
        (json!("1767261600250"), Some(1_767_261_600_250)),
        (json!("1767261600250.9"), Some(1_767_261_600_250)),
        (json!(" 1767261600 "), Some(1_767_261_600_000)),
        (json!("0"), Some(0)),
        (json!("-1"), None),
        (json!(""), None),
        (json!("1.x"), None),
        (json!("99999999999999999999"), None),
        (json!("18446744073709551615"), None),
        (json!(null), None),
        (json!({}), None),
    ] {
        assert_eq!(at(timestamp.clone()), millis, "{timestamp}");
    }
}

/// Who said or did it.
fn sender(fact: &Fact) -> Option<&Participant> {
    if let Fact::Item(item) = fact {
        Some(&item.sender)
    } else if let Fact::Typing { participant } = fact {
        Some(participant)
    } else {
        None
    }
}

fn identity(fact: &Fact) -> Option<String> {
    if let Fact::Item(item) = fact {
        item.identity.clone()
    } else if let Fact::Extension { identity, .. } = fact {
        identity.clone()
    } else {
        None
    }
}

/// A transfer: the first agent leaves, another joins, in one answer.
#[test]
fn who_joined_in_the_same_answer_is_known_by_name() {
    let joined = json("events/server/party-joined-internal.json");
    let (message, left) = (json("events/server/message.json"), json("events/server/party-left.json"));
    let typing = json("events/server/typing.json");
    let body = json!({ "events": [joined, typing, message, left] }).to_string();
    let facts = facts(Operation::Poll, body);
    let senders: Vec<_> = facts.iter().filter_map(sender).collect();
    assert_eq!(senders.len(), 4);
    for sender in senders {
        assert_eq!((sender.display_name.as_deref(), &sender.role), (Some("Marek N."), &Role::Agent));
    }
}

#[test]
fn what_is_only_true_for_a_moment_is_not_told_of_the_past() {
    let typing = json("events/server/typing.json");
    let stopped = json("events/server/not-typing.json");
    let (queued, connected) =
        (json("events/server/status-queued.json"), json("events/server/status-connected.json"));
    let body = json!({ "events": [typing, queued, stopped, connected] }).to_string();
    assert_eq!(describe::all(&facts(Operation::CatchUp, body.clone())), "status connected, 0 s");
    assert_eq!(facts(Operation::Poll, body).len(), 4);
}

/// The same event has the same identity, however it comes; others have others.
#[test]
fn identities_tell_events_apart() {
    let mut seen = BTreeMap::new();
    for name in fixtures("events/server") {
        let event = json(&name);
        let (live, past) =
            (poll(&event), facts(Operation::CatchUp, json!({ "events": [event] }).to_string()));
        for (fact, again) in live.iter().zip(&past) {
            assert_eq!(identity(fact), identity(again), "{name}");
            if let Some(identity) = identity(fact) {
                let others = seen.entry(identity).or_insert_with(Vec::new);
                others.push(name.clone());
            }
        }
    }
    let shared: Vec<_> = seen.into_values().filter(|names| names.len() > 1).collect();
    let shared: Vec<_> = shared.iter().map(|names| names.join(" ")).collect();
    // Fixtures that show one event in two shapes.
    assert_eq!(shared, SHARED, "{shared:#?}");
}

const SHARED: [&str; 6] = [
    "events/server/case-cleared-null.json events/server/case-cleared.json",
    "events/server/form-show-integers.json events/server/form-show.json",
    "events/server/inactivity-timeout-docs-typo.json events/server/inactivity-timeout.json",
    "events/server/party-joined-internal.json events/server/party-joined-minimal.json",
    "events/server/party-left-with-type.json events/server/party-left.json",
    "events/server/signaling-offer-call-string-bool.json events/server/signaling-offer-call.json",
];

#[test]
fn texts_are_told_as_texts_and_html_as_both() {
    let body = |msg: &str, text: Option<&str>| {
        let event = json!({ "event": "chat_session_message", "party_id": "p", "msg": msg, "msg_text": text });
        match poll(&event).as_slice() {
            [Fact::Item(item)] => item.body.clone(),
            other => panic!("{other:?}"),
        }
    };
    let text = |text: &str| ItemBody::Text { text: text.to_owned() };
    let html = |html: &str, text: &str| ItemBody::Html { html: html.to_owned(), text: text.to_owned() };
    assert_eq!(body("Hello", None), text("Hello"));
    // Our own messages come back as they were before they were made HTML.
    assert_eq!(body("a &lt; b<br>c", Some("a < b\nc")), text("a < b\nc"));
    assert_eq!(body("a &lt; b<br>c", None), text("a < b\nc"));
    assert_eq!(body("<b>Urgent</b>", Some("")), html("<b>Urgent</b>", "Urgent"));
    assert_eq!(body("<b>Urgent</b>", Some("Urgent!")), html("<b>Urgent</b>", "Urgent!"));
    assert_eq!(body("", Some("only")), html("", "only"));
}
