//! Chats that go on from chats that have ended.

use helpline_emulator::amazon_connect::{AgentAction, AgentScript, HttpRequest, ServerConfig};
use serde_json::{Value, json};

use crate::rig::{Rig, contents, fixture_item, fixture_json, members, text};

fn start(rig: &mut Rig, more: &Value) -> (u16, Value) {
    let mut body =
        json!({ "InstanceId": "i", "ContactFlowId": "f", "ParticipantDetails": { "DisplayName": "Ines" } });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let mut request = HttpRequest::post("/contact/chat", "", &body.to_string());
    "PUT".clone_into(&mut request.method);
    let exchange = rig.request(request);
    let (_, answer) = rig.answer(exchange).expect("an answer");
    (answer.status, answer.json())
}

fn persistent(kind: &str, source: &str) -> Value {
    json!({ "PersistentChat": { "RehydrationType": kind, "SourceContactId": source } })
}

fn entire(source: &str) -> Value {
    persistent("ENTIRE_PAST_SESSION", source)
}

fn adopt(rig: &mut Rig, answer: &Value) {
    rig.chat.contact_id = text(answer, "/ContactId");
    rig.chat.participant_id = text(answer, "/ParticipantId");
    rig.chat.participant_token = text(answer, "/ParticipantToken");
}

/// A chat with a transfer in it that has ended; its two contacts.
fn ended() -> (Rig, String, String) {
    let (mut rig, _) = Rig::connected();
    rig.say("one");
    rig.agent(AgentAction::Transfer);
    rig.say("two");
    let first = rig.chat.contact_id.clone();
    let second = rig.server.current_contact(&first).unwrap().to_owned();
    rig.agent(AgentAction::End);
    rig.advance(5000);
    (rig, first, second)
}

/// Everything said, oldest first, page by page from the newest.
fn said(rig: &mut Rig, size: u64) -> Vec<Value> {
    let mut query = json!({ "MaxResults": size, "SortOrder": "ASCENDING", "ScanDirection": "BACKWARD" });
    let mut all = Vec::new();
    loop {
        let (mut items, next) = rig.read(query.clone());
        items.append(&mut all);
        all = items;
        match next {
            Some(next) => query["NextToken"] = next.into(),
            None => return all.into_iter().filter(|item| item["Type"] == "MESSAGE").collect(),
        }
    }
}

#[test]
fn an_entire_session_comes_back_page_by_page() {
    let (mut rig, first, second) = ended();
    let (status, answer) = start(&mut rig, &entire(&first));
    assert_eq!(status, 200, "{answer}");
    assert_eq!(members(&answer), members(&fixture_json("startchat-persistent.response.json")["body"]));
    assert_eq!(answer["ContinuedFromContactId"], second.as_str(), "the newest one of the session");
    adopt(&mut rig, &answer);
    rig.connect();
    rig.say("three");
    let (items, next) = rig.read(json!({ "MaxResults": 100 }));
    assert_eq!(contents(&items), ["three"], "the first page has nothing of the past");
    assert!(next.is_some());
    for size in [1, 2, 100] {
        let all = said(&mut rig, size);
        assert_eq!(contents(&all), ["one", "two", "three"]);
        let contacts: Vec<_> = all.iter().map(|item| item["RelatedContactId"].as_str()).collect();
        assert_eq!(contacts, [Some(&*first), Some(&*second), None]);
        assert!(all[0].get("ContactId").is_none());
        assert_eq!(all[2]["ContactId"], rig.chat.contact_id.as_str());
    }
}

#[test]
fn a_segment_comes_back_up_to_its_end() {
    let (mut rig, first, second) = ended();
    for (source, expected) in [(&first, &["one"][..]), (&second, &["one", "two"])] {
        let (_, answer) = start(&mut rig, &persistent("FROM_SEGMENT", source));
        assert_eq!(answer["ContinuedFromContactId"], source.as_str());
        adopt(&mut rig, &answer);
        rig.connect();
        let all = said(&mut rig, 10);
        assert_eq!(contents(&all), expected);
    }
}

#[test]
fn the_past_of_the_past_comes_back_as_well() {
    let (mut rig, first, _) = ended();
    let (_, answer) = start(&mut rig, &entire(&first));
    adopt(&mut rig, &answer);
    rig.connect();
    rig.say("three");
    rig.agent(AgentAction::End);
    let contact = rig.chat.contact_id.clone();
    let (_, answer) = start(&mut rig, &entire(&contact));
    adopt(&mut rig, &answer);
    rig.connect();
    assert_eq!(contents(&said(&mut rig, 2)), ["one", "two", "three"]);
}

#[test]
fn it_is_told_on_the_socket_once() {
    let (mut rig, first, _) = ended();
    let (_, answer) = start(&mut rig, &entire(&first));
    adopt(&mut rig, &answer);
    let socket = rig.connect();
    let item = rig.items(socket).pop().unwrap();
    let expected = fixture_item("ws-server-chat-event-chat-rehydrated.json");
    assert_eq!(members(&item), members(&expected));
    assert_eq!(item["ContentType"], expected["ContentType"]);
    let again = rig.connect();
    assert!(rig.items(again).is_empty());
    let (mut rig, socket) = Rig::connected_with(AgentScript::silent());
    rig.advance(1000);
    assert!(rig.items(socket).is_empty(), "not in a chat without a past");
}

#[test]
fn a_chat_with_nothing_said_yet_begins_with_an_empty_page() {
    let (mut rig, first, _) = ended();
    let (_, answer) = start(&mut rig, &entire(&first));
    adopt(&mut rig, &answer);
    rig.connect();
    let (items, next) = rig.read(json!({}));
    assert_eq!((items.len(), next.is_some()), (0, true));
    assert_eq!(contents(&said(&mut rig, 10)), ["one", "two"]);
}

#[test]
fn start_positions_contacts_and_forward_scans_do_not_reach_the_past() {
    let (mut rig, first, _) = ended();
    let old = rig.server.transcript(&first)[0].clone();
    let (_, answer) = start(&mut rig, &entire(&first));
    adopt(&mut rig, &answer);
    rig.connect();
    rig.say("three");
    let position = json!({ "StartPosition": { "Id": old.id } });
    assert_eq!(rig.call("/participant/transcript", position).0, 400);
    let (items, next) = rig.read(json!({ "StartPosition": { "AbsoluteTime": "2001-01-01T00:00:00.000Z" } }));
    assert_eq!((contents(&items), next), (vec!["three"], None));
    let (items, next) = rig.read(json!({ "ContactId": first }));
    assert_eq!((items.len(), next), (0, None));
}

#[test]
fn files_of_the_past_can_be_had() {
    let (mut rig, _) = Rig::connected();
    let id = rig.upload("receipt.pdf", b"abc");
    rig.agent(AgentAction::End);
    let first = rig.chat.contact_id.clone();
    let (_, answer) = start(&mut rig, &entire(&first));
    adopt(&mut rig, &answer);
    rig.connect();
    let url = rig.address(&id);
    assert_eq!(rig.fetch("GET", &url, &[], b"").body, b"abc"[..]);
}

#[test]
fn only_what_has_ended_can_be_gone_on_from() {
    let (mut rig, first, second) = ended();
    let now = rig.now;
    let open = rig.server.start_chat(now, "Noor").contact_id;
    for (more, status) in [
        (entire(&open), 400),
        (persistent("FROM_SEGMENT", &open), 400),
        (entire("unknown"), 404),
        (entire(&second), 400),
        (persistent("SOMETIMES", &first), 400),
        (json!({ "PersistentChat": { "RehydrationType": "FROM_SEGMENT" } }), 400),
        (json!({ "PersistentChat": { "SourceContactId": first } }), 400),
        (json!({ "PersistentChat": entire(&first)["PersistentChat"], "RelatedContactId": first }), 400),
        (json!({ "RelatedContactId": "unknown" }), 404),
        (json!({ "RelatedContactId": "" }), 400),
    ] {
        let (given, answer) = start(&mut rig, &more);
        assert_eq!(given, status, "{more}: {answer}");
    }
}

#[test]
fn a_related_contact_brings_nothing_back() {
    let (mut rig, first, _) = ended();
    let (status, answer) = start(&mut rig, &json!({ "RelatedContactId": first }));
    assert_eq!((status, answer.get("ContinuedFromContactId")), (200, None));
    adopt(&mut rig, &answer);
    let socket = rig.connect();
    assert!(rig.items(socket).is_empty() && said(&mut rig, 10).is_empty());
}

#[test]
fn ten_thousand_items_are_paged_through_quickly() {
    let mut rig = Rig::new(ServerConfig::default());
    let contact = rig.chat.contact_id.clone();
    let many = AgentAction::SayMany { prefix: "line".to_owned(), count: 10_000, every_ms: 0 };
    rig.agent(many);
    rig.agent(AgentAction::End);
    let (_, answer) = start(&mut rig, &entire(&contact));
    adopt(&mut rig, &answer);
    rig.connection();
    rig.agent(AgentAction::SayMany { prefix: "more".to_owned(), count: 10_000, every_ms: 0 });
    let began = std::time::Instant::now();
    let all = said(&mut rig, 100);
    // Well under a second even unoptimised; a page that costs as much as the whole would take minutes.
    assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
    assert_eq!(all.len(), 20_000);
    assert_eq!((&all[0]["Content"], &all[19_999]["Content"]), (&json!("line 1"), &json!("more 10000")));
}
