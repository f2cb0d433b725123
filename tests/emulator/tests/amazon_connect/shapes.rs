//! Live frames have exactly the members that the dossier's frames have.

use helpline_emulator::amazon_connect::AgentAction;
use serde_json::{Value, json};

use crate::rig::{Rig, fixture_item, members};

#[track_caller]
fn same(item: &Value, fixture: &str) {
    let expected = fixture_item(fixture);
    assert_eq!(members(item), members(&expected), "{fixture}");
    assert_eq!(item["Type"], expected["Type"], "{fixture}");
    assert_eq!(item["ContentType"], expected["ContentType"], "{fixture}");
    assert_eq!(item["ParticipantRole"], expected["ParticipantRole"], "{fixture}");
}

#[test]
fn frames_look_like_the_dossiers() {
    let (mut rig, socket) = Rig::connected();
    let newest = |rig: &Rig| rig.items(socket).pop().expect("an item");
    rig.say("hello");
    same(&newest(&rig), "ws-server-chat-message-text-customer-echo.json");
    rig.agent(AgentAction::Join);
    same(&newest(&rig), "ws-server-chat-event-participant-joined.json");
    rig.agent(AgentAction::Say("hello".to_owned()));
    same(&newest(&rig), "ws-server-chat-message-text-agent.json");
    rig.agent(AgentAction::System("queue".to_owned()));
    same(&newest(&rig), "ws-server-chat-message-text-system.json");
    rig.agent(AgentAction::Typing);
    same(&newest(&rig), "ws-server-chat-event-typing.json");
    rig.agent(AgentAction::TransferFailed);
    same(&newest(&rig), "ws-server-chat-event-transfer-failed.json");
    rig.agent(AgentAction::StreamBot(vec!["a ".to_owned(), "b".to_owned()]));
    same(&newest(&rig), "ws-server-chat-message-bot-partial-1.json");
    rig.agent(AgentAction::Transfer);
    same(&rig.items(socket)[7], "ws-server-chat-event-transfer-succeeded.json");
    rig.agent(AgentAction::End);
    same(&newest(&rig), "ws-server-chat-event-chat-ended.json");
}

#[test]
fn transcript_items_are_live_items_without_the_initial_contact() {
    let (mut rig, socket) = Rig::connected();
    rig.say("hello");
    rig.agent(AgentAction::Join);
    rig.agent(AgentAction::Say("hello".to_owned()));
    let (items, _) = rig.read(json!({ "SortOrder": "ASCENDING" }));
    let mut live = rig.items(socket);
    for item in &mut live {
        assert_eq!(item["InitialContactId"], rig.chat.contact_id.as_str());
        item.as_object_mut().unwrap().remove("InitialContactId");
    }
    assert_eq!(items, live);
}
