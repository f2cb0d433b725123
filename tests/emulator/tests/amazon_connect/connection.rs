//! CreateParticipantConnection.

use helpline_emulator::amazon_connect::{AgentAction, AgentScript, ServerConfig};
use serde_json::{Value, json};

use crate::rig::{Rig, fixture_json, members, text};

fn connect(rig: &mut Rig, body: &Value) -> (u16, Value) {
    let token = rig.chat.participant_token.clone();
    let answer = rig.call_as(&token, "/participant/connection", body);
    (answer.status, answer.json())
}

#[test]
fn one_gets_what_one_asks_for() {
    let cases = [
        (
            json!({ "Type": ["WEBSOCKET", "CONNECTION_CREDENTIALS"] }),
            vec!["ConnectionCredentials", "Websocket"],
        ),
        (json!({ "Type": ["WEBSOCKET"] }), vec!["Websocket"]),
        (
            json!({ "Type": ["CONNECTION_CREDENTIALS"], "ConnectParticipant": true }),
            vec!["ConnectionCredentials"],
        ),
        (json!({ "ConnectParticipant": true }), vec![]),
        (json!({}), vec![]),
    ];
    for (body, expected) in cases {
        let mut rig = Rig::new(ServerConfig::default());
        let (status, answer) = connect(&mut rig, &body);
        assert_eq!(status, 200, "{body}");
        assert_eq!(members(&answer).into_keys().collect::<Vec<_>>(), expected, "{body}");
    }
}

#[test]
fn the_requests_of_the_dossier_are_accepted_and_answered_in_its_shape() {
    for name in ["", "-credentials-only", "-connect-only"] {
        let mut rig = Rig::new(ServerConfig::default());
        let request = fixture_json(&format!("create-participant-connection{name}.request.json"));
        assert_eq!(connect(&mut rig, &request["body"]).0, 200, "{name}");
    }
    let mut rig = Rig::new(ServerConfig::default());
    let (_, answer) = connect(&mut rig, &json!({ "Type": ["WEBSOCKET", "CONNECTION_CREDENTIALS"] }));
    let expected = fixture_json("create-participant-connection-loopback.response.json");
    for part in ["Websocket", "ConnectionCredentials"] {
        assert_eq!(members(&answer[part]), members(&expected["body"][part]));
    }
    assert_eq!(text(&answer, "/Websocket/ConnectionExpiry"), "2026-03-14T10:26:40.000Z");
    assert_eq!(text(&answer, "/ConnectionCredentials/Expiry"), "2026-03-15T09:26:40.000Z");
}

#[test]
fn types_are_validated() {
    let mut rig = Rig::new(ServerConfig::default());
    for body in [
        json!({ "Type": [] }),
        json!({ "Type": ["SOCKET"] }),
        json!({ "Type": "WEBSOCKET" }),
        json!({ "Type": [1] }),
        json!({ "Type": ["WEBSOCKET"], "ConnectParticipant": "yes" }),
    ] {
        assert_eq!(connect(&mut rig, &body).0, 400, "{body}");
    }
}

#[test]
fn each_call_makes_a_new_ticket_and_token_and_old_tokens_stay_good() {
    let mut rig = Rig::new(ServerConfig::default());
    let first_target = rig.connection();
    let first_token = rig.token.clone();
    let second_target = rig.connection();
    assert_ne!(first_target, second_target);
    assert_ne!(first_token, rig.token);
    let answer = rig.call_as(&first_token, "/participant/transcript", &json!({}));
    assert_eq!(answer.status, 200);
    rig.say("with the new one");
}

#[test]
fn a_chat_must_be_connected_to_within_five_minutes() {
    let mut rig = Rig::new(ServerConfig::default());
    rig.advance(5 * 60_000 + 1);
    assert_eq!(connect(&mut rig, &json!({ "Type": ["WEBSOCKET"] })).0, 403);

    let mut rig = Rig::new(ServerConfig::default());
    rig.connection();
    rig.advance(3_600_000);
    assert_eq!(connect(&mut rig, &json!({ "Type": ["WEBSOCKET"] })).0, 200, "later calls may be late");
}

#[test]
fn tokens_expire() {
    let (mut rig, _) = Rig::connected();
    rig.advance(24 * 3600 * 1000 - 1);
    assert_eq!(rig.call("/participant/transcript", json!({})).0, 200);
    rig.advance(1);
    assert_eq!(rig.call("/participant/transcript", json!({})).0, 403);

    let (mut rig, _) = Rig::connected();
    rig.server.faults_mut().token_life_ms = Some(2000);
    rig.connection();
    rig.advance(1999);
    assert_eq!(rig.call("/participant/transcript", json!({})).0, 200);
    rig.advance(1);
    assert_eq!(rig.call("/participant/transcript", json!({})).0, 403);
    rig.connection();
    assert_eq!(rig.call("/participant/transcript", json!({})).0, 200);
    rig.server.expire_tokens(&rig.chat.contact_id.clone());
    assert_eq!(rig.call("/participant/transcript", json!({})).0, 403);
}

#[test]
fn there_is_no_connection_after_the_end() {
    let (mut rig, _) = Rig::connected();
    rig.agent(AgentAction::End);
    assert_eq!(connect(&mut rig, &json!({ "Type": ["WEBSOCKET"] })).0, 403);
}

#[test]
fn a_customer_without_a_socket_wakes_the_agent() {
    let mut rig = Rig::new(ServerConfig::with_script(AgentScript::demo()));
    connect(&mut rig, &json!({ "Type": ["CONNECTION_CREDENTIALS"] }));
    rig.advance(5000);
    assert!(rig.transcript().is_empty(), "not connected yet");
    connect(&mut rig, &json!({ "ConnectParticipant": true }));
    rig.advance(5000);
    assert!(rig.transcript().len() >= 3);
}
