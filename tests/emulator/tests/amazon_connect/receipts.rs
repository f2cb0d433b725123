//! Receipts both ways.

use helpline_emulator::amazon_connect::{AgentAction, ReceiptKind, Which};
use serde_json::{Value, json};

use crate::rig::{Rig, fixture_item, fixture_json, members, text};

fn metadata(rig: &Rig, socket: u64) -> Vec<Value> {
    let items = rig.items(socket);
    items.into_iter().filter(|item| item["Type"] == "MESSAGEMETADATA").collect()
}

#[test]
fn the_agents_receipts_arrive_and_add_up() {
    let (mut rig, socket) = Rig::connected();
    rig.agent(AgentAction::Join);
    let id = text(&rig.say("hello"), "/Id");
    rig.advance(300);
    rig.agent(AgentAction::MarkDelivered(Which::All));
    rig.advance(500);
    rig.agent(AgentAction::MarkRead(Which::Ids(vec![id.clone()])));
    let frames = metadata(&rig, socket);
    assert_eq!(frames.len(), 2);
    assert_eq!(members(&frames[0]), members(&fixture_item("ws-server-chat-metadata-delivered.json")));
    assert_eq!(frames[0]["MessageMetadata"]["MessageId"], id.as_str());
    let first = &frames[0]["MessageMetadata"]["Receipts"][0];
    let second = &frames[1]["MessageMetadata"]["Receipts"][0];
    assert!(first.get("ReadTimestamp").is_none());
    assert_eq!(first["DeliveredTimestamp"], second["DeliveredTimestamp"], "cumulative");
    assert!(second["ReadTimestamp"].is_string());

    let (items, _) = rig.read(json!({ "MaxResults": 1 }));
    assert_eq!(items[0]["MessageMetadata"]["Receipts"][0], *second, "merged into the item");
    let before = metadata(&rig, socket).len();
    rig.agent(AgentAction::MarkDelivered(Which::All));
    assert_eq!(metadata(&rig, socket).len(), before, "nothing left to confirm");
}

#[test]
fn all_means_what_was_not_confirmed_yet() {
    let (mut rig, socket) = Rig::connected();
    rig.say("a");
    rig.say("b");
    rig.agent(AgentAction::Say("mine".to_owned()));
    rig.agent(AgentAction::MarkRead(Which::All));
    assert_eq!(metadata(&rig, socket).len(), 2);
    rig.say("c");
    rig.agent(AgentAction::MarkRead(Which::All));
    assert_eq!(metadata(&rig, socket).len(), 3);
}

#[test]
fn the_customers_receipts_are_noted_and_echoed() {
    let (mut rig, socket) = Rig::connected();
    rig.agent(AgentAction::Say("hello".to_owned()));
    let id = rig.transcript()[0].id.clone();
    let content = json!({ "messageId": id }).to_string();
    assert_eq!(rig.event("message.delivered", Some(&content)).0, 200);
    let (status, answer) = rig.event("message.read", Some(&content));
    assert_eq!(status, 200);
    let frames = metadata(&rig, socket);
    assert_eq!(frames.len(), 2);
    assert_eq!(frames[1]["Id"], answer["Id"]);
    let own = &frames[1]["MessageMetadata"]["Receipts"][0]["RecipientParticipantId"];
    assert_eq!(*own, rig.chat.participant_id.as_str());
    assert_eq!(members(&frames[0]), members(&fixture_item("ws-server-chat-metadata-own-receipt.json")));
    let receipts = &rig.transcript()[0].receipts;
    assert_eq!(receipts.len(), 1);
    assert!(receipts[0].delivered_ms.is_some() && receipts[0].read_ms.is_some());
    let kinds: Vec<ReceiptKind> = rig.server.stats().receipts.iter().map(|seen| seen.kind).collect();
    assert_eq!(kinds, [ReceiptKind::Delivered, ReceiptKind::Read]);
}

#[test]
fn a_receipt_for_an_unknown_message_is_accepted_and_leads_nowhere() {
    let (mut rig, socket) = Rig::connected();
    assert_eq!(rig.event("message.read", Some(r#"{"messageId":"nobody"}"#)).0, 200);
    assert!(rig.items(socket).is_empty());
    assert_eq!(rig.server.stats().receipts[0].message_id, "nobody");
}

#[test]
fn receipts_are_refused_while_a_third_is_present() {
    let (mut rig, socket) = Rig::connected();
    rig.agent(AgentAction::Join);
    rig.agent(AgentAction::Say("hello".to_owned()));
    rig.agent(AgentAction::SupervisorJoin);
    assert_eq!(rig.kinds(socket)[2..], ["event.participant.invited", "event.participant.joined"]);
    let content = json!({ "messageId": rig.transcript()[1].id }).to_string();
    let (status, answer) = rig.event("message.read", Some(&content));
    let expected = fixture_json("error-conflict.response.json");
    assert_eq!((u64::from(status), answer), (expected["status"].as_u64().unwrap(), expected["body"].clone()));
    assert_eq!(rig.event("typing", None).0, 200);
    rig.agent(AgentAction::SupervisorSay("May I help?".to_owned()));
    assert_eq!(rig.items(socket).last().unwrap()["ParticipantRole"], "SUPERVISOR");
    rig.agent(AgentAction::SupervisorLeave);
    assert_eq!(rig.event("message.read", Some(&content)).0, 200);
}

#[test]
fn each_recipient_has_a_receipt_and_its_first_time() {
    let (mut rig, socket) = Rig::connected();
    let id = text(&rig.say("hello"), "/Id");
    let which = || Which::Ids(vec![id.clone()]);
    rig.agent(AgentAction::MarkDelivered(which()));
    rig.agent(AgentAction::Transfer);
    rig.advance(1000);
    rig.agent(AgentAction::MarkRead(which()));
    rig.advance(1000);
    rig.agent(AgentAction::MarkRead(which()));
    let frames = metadata(&rig, socket);
    assert_eq!(frames.len(), 3);
    let receipt = |at: usize| frames[at]["MessageMetadata"]["Receipts"][0].clone();
    assert_ne!(receipt(0)["RecipientParticipantId"], receipt(1)["RecipientParticipantId"]);
    assert!(receipt(1).get("DeliveredTimestamp").is_none(), "the second agent only read it");
    assert_eq!(receipt(1), receipt(2), "the first time counts");
    assert_eq!(rig.transcript()[0].receipts.len(), 2);
    rig.agent(AgentAction::MarkDelivered(which()));
    let late = rig.transcript()[0].receipts[1].clone();
    rig.advance(1000);
    rig.agent(AgentAction::MarkDelivered(which()));
    assert_eq!(rig.transcript()[0].receipts[1], late);
}
