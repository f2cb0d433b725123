//! GetTranscript: directions, orders, start positions, paging.

use helpline_emulator::amazon_connect::AgentAction;
use serde_json::{Value, json};

use crate::rig::{Rig, contents, fixture_json, text};

/// Twenty-five messages, m0 to m24, one a second.
fn filled() -> Rig {
    let (mut rig, _) = Rig::connected();
    for number in 0..25 {
        rig.agent(AgentAction::Say(format!("m{number}")));
        rig.advance(1000);
    }
    rig
}

fn names(range: impl Iterator<Item = u32>) -> Vec<String> {
    range.map(|number| format!("m{number}")).collect()
}

#[track_caller]
fn check(rig: &mut Rig, query: Value, expected: Vec<String>, more: bool) {
    let (items, next) = rig.read(query.clone());
    assert_eq!(contents(&items), expected, "{query}");
    assert_eq!(next.is_some(), more, "{query}");
}

#[test]
fn the_defaults_are_the_ten_newest_newest_first() {
    let mut rig = filled();
    check(&mut rig, json!({}), names((15..25).rev()), true);
    check(&mut rig, json!({ "StartPosition": {}, "MaxResults": 0 }), names((15..25).rev()), true);
}

#[test]
fn both_orders_and_both_directions() {
    let mut rig = filled();
    let id = rig.transcript()[10].id.clone();
    let query = |direction: &str, order: &str| json!({ "ScanDirection": direction, "SortOrder": order, "MaxResults": 4, "StartPosition": { "Id": id } });
    check(&mut rig, query("FORWARD", "ASCENDING"), names(10..14), true);
    check(&mut rig, query("FORWARD", "DESCENDING"), names((10..14).rev()), true);
    check(&mut rig, query("BACKWARD", "ASCENDING"), names(7..11), true);
    check(&mut rig, query("BACKWARD", "DESCENDING"), names((7..11).rev()), true);
    let without_direction = json!({ "MaxResults": 2, "StartPosition": { "Id": id } });
    check(&mut rig, without_direction, names((10..12).rev()), true);
}

#[test]
fn times_and_counts_as_start_positions() {
    let mut rig = filled();
    let items = rig.read(json!({ "MaxResults": 100, "SortOrder": "ASCENDING" })).0;
    let at = text(&items[20], "/AbsoluteTime");
    let from = |direction: &str, start: Value| json!({ "ScanDirection": direction, "SortOrder": "ASCENDING", "MaxResults": 100, "StartPosition": start });
    check(&mut rig, from("FORWARD", json!({ "AbsoluteTime": at })), names(20..25), false);
    check(&mut rig, from("BACKWARD", json!({ "AbsoluteTime": at })), names(0..21), false);
    check(&mut rig, from("FORWARD", json!({ "AbsoluteTime": "2030-01-01T00:00:00Z" })), vec![], false);
    check(&mut rig, from("BACKWARD", json!({ "AbsoluteTime": "2020-01-01T00:00:00Z" })), vec![], false);
    check(&mut rig, from("FORWARD", json!({ "MostRecent": 3 })), names(22..25), false);
    check(&mut rig, from("BACKWARD", json!({ "MostRecent": 3 })), names(0..23), false);
    check(&mut rig, from("FORWARD", json!({ "MostRecent": 99 })), names(0..25), false);
    check(&mut rig, from("FORWARD", json!({ "MostRecent": 0 })), vec![], false);
    check(&mut rig, from("BACKWARD", json!({ "MostRecent": 0 })), names(0..25), false);
}

#[test]
fn pages_join_without_gaps_or_doubles_in_every_way() {
    let mut rig = filled();
    let first = rig.transcript()[0].id.clone();
    for (direction, order, start) in [
        ("BACKWARD", "ASCENDING", json!({})),
        ("BACKWARD", "DESCENDING", json!({})),
        ("FORWARD", "ASCENDING", json!({ "Id": first })),
        ("FORWARD", "DESCENDING", json!({ "MostRecent": 100 })),
    ] {
        for size in [1, 7, 25, 100] {
            let mut query = json!({
                "ScanDirection": direction, "SortOrder": order, "MaxResults": size, "StartPosition": start,
            });
            let mut seen = Vec::new();
            loop {
                let (mut items, next) = rig.read(query.clone());
                assert!(!items.is_empty(), "{query}");
                if order == "DESCENDING" {
                    items.reverse();
                }
                let page: Vec<String> = contents(&items).into_iter().map(str::to_owned).collect();
                seen = if direction == "FORWARD" { [seen, page].concat() } else { [page, seen].concat() };
                let Some(token) = next else { break };
                query["NextToken"] = token.into();
            }
            assert_eq!(seen, names(0..25), "{direction} {order} {size}");
        }
    }
}

#[test]
fn paging_backwards_is_not_disturbed_by_new_items() {
    let mut rig = filled();
    let query = json!({ "SortOrder": "ASCENDING", "MaxResults": 5 });
    let (_, next) = rig.read(query);
    rig.agent(AgentAction::Say("new".to_owned()));
    let query = json!({ "SortOrder": "ASCENDING", "MaxResults": 5, "NextToken": next });
    check(&mut rig, query, names(15..20), true);
}

#[test]
fn tokens_are_bound_to_their_query() {
    let mut rig = filled();
    let (_, next) = rig.read(json!({ "MaxResults": 5 }));
    let next = next.unwrap();
    for query in [
        json!({ "NextToken": next, "SortOrder": "ASCENDING" }),
        json!({ "NextToken": next, "ScanDirection": "BACKWARD", "StartPosition": { "MostRecent": 3 } }),
        json!({ "NextToken": format!("{}0", &next[..next.len() - 1]), "MaxResults": 5 }),
        json!({ "NextToken": "nonsense" }),
        json!({ "NextToken": "ünsinn" }),
    ] {
        assert_eq!(rig.call("/participant/transcript", query.clone()).0, 400, "{query}");
    }
    check(&mut rig, json!({ "NextToken": next, "MaxResults": 3 }), names((17..20).rev()), true);

    let mut other = filled();
    other.server.start_chat(other.now, "Noor");
    assert_eq!(other.call("/participant/transcript", json!({ "NextToken": "" })).0, 200, "empty is none");
}

#[test]
fn a_token_of_one_chat_is_no_good_in_another() {
    let mut rig = filled();
    let (_, next) = rig.read(json!({ "MaxResults": 5 }));
    rig.chat = rig.server.start_chat(rig.now, "Noor");
    rig.connect();
    assert_eq!(rig.call("/participant/transcript", json!({ "NextToken": next })).0, 400);
}

#[test]
fn queries_are_validated() {
    let mut rig = filled();
    let refused = fixture_json("error-validation.response.json")["body"].clone();
    let forward = fixture_json("get-transcript-forward-without-start.request.json");
    let (status, answer) = rig.call("/participant/transcript", forward["body"].clone());
    assert_eq!((status, answer), (400, refused));
    for query in [
        json!({ "ScanDirection": "FORWARD", "StartPosition": {} }),
        json!({ "ScanDirection": "SIDEWAYS" }),
        json!({ "SortOrder": "RANDOM" }),
        json!({ "MaxResults": 101 }),
        json!({ "MaxResults": -1 }),
        json!({ "MaxResults": "10" }),
        json!({ "StartPosition": { "Id": "" } }),
        json!({ "StartPosition": { "Id": "no-such-item" } }),
        json!({ "StartPosition": { "AbsoluteTime": "noon" } }),
        json!({ "StartPosition": { "MostRecent": 101 } }),
        json!({ "StartPosition": { "MostRecent": 1, "Id": "x" } }),
        json!({ "StartPosition": { "Newest": true } }),
        json!({ "ContactId": "" }),
    ] {
        assert_eq!(rig.call("/participant/transcript", query.clone()).0, 400, "{query}");
    }
}

#[test]
fn the_queries_of_the_dossier_are_accepted() {
    let mut rig = filled();
    for name in ["initial", "chatjs", "from-time", "most-recent"] {
        let request = fixture_json(&format!("get-transcript-{name}.request.json"));
        let (status, answer) = rig.call("/participant/transcript", request["body"].clone());
        assert_eq!(status, 200, "{name}: {answer}");
    }
    let mut catch_up = fixture_json("get-transcript-catch-up.request.json")["body"].clone();
    catch_up["StartPosition"]["Id"] = rig.transcript()[22].id.clone().into();
    check(&mut rig, catch_up, names(22..25), false);
}

#[test]
fn a_foreign_contact_is_empty_and_a_past_one_of_the_chain_is_not() {
    let mut rig = filled();
    let own = rig.chat.contact_id.clone();
    check(&mut rig, json!({ "ContactId": "11111111-2222-4333-8444-555555555555" }), vec![], false);
    check(&mut rig, json!({ "ContactId": own, "MaxResults": 1 }), names(24..25), true);
    rig.agent(AgentAction::Transfer);
    let current = rig.server.current_contact(&own).unwrap().to_owned();
    assert_ne!(current, own);
    for contact in [own, current] {
        assert!(!rig.read(json!({ "ContactId": contact })).0.is_empty());
    }
}

#[test]
fn the_last_page_may_say_so_with_an_empty_token() {
    let mut rig = filled();
    rig.server.faults_mut().empty_next_token = true;
    let (_, next) = rig.read(json!({ "MaxResults": 100 }));
    assert_eq!(next.as_deref(), Some(""));
}

#[test]
fn an_empty_chat_has_an_empty_transcript() {
    let (mut rig, _) = Rig::connected();
    let (status, answer) = rig.call("/participant/transcript", json!({}));
    assert_eq!(status, 200);
    assert_eq!(answer, json!({ "InitialContactId": rig.chat.contact_id, "Transcript": [] }));
}
