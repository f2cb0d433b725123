//! DescribeView.

use helpline_emulator::amazon_connect::{AgentAction, InteractiveKind};
use serde_json::Value;

use crate::rig::{Rig, fixture_json, members, text};

/// The token of a view that the agent has just sent.
fn sent(rig: &mut Rig, socket: u64) -> String {
    rig.agent(AgentAction::Interactive(InteractiveKind::View));
    let item = rig.items(socket).pop().unwrap();
    let content: Value = serde_json::from_str(&text(&item, "/Content")).unwrap();
    text(&content, "/data/content/viewToken")
}

fn path(token: &str) -> String {
    let encoded = token.replace('%', "%25").replace('/', "%2F").replace('+', "%2B").replace('=', "%3D");
    format!("/participant/views/{encoded}")
}

#[test]
fn a_view_is_described_by_the_token_that_was_sent() {
    let (mut rig, socket) = Rig::connected();
    let token = sent(&mut rig, socket);
    assert!(token.contains('/') && token.contains('+'), "it has to be encoded: {token}");
    let (status, answer) = rig.get(&path(&token));
    assert_eq!(status, 200, "{answer}");
    let expected = fixture_json("describe-view.response.json")["body"].clone();
    assert_eq!(members(&answer), members(&expected));
    assert_eq!(members(&answer["View"]), members(&expected["View"]));
    assert_eq!(members(&answer["View"]["Content"]), members(&expected["View"]["Content"]));
    for name in ["InputSchema", "Template"] {
        let json: Value = serde_json::from_str(&text(&answer, &format!("/View/Content/{name}"))).unwrap();
        assert!(json.is_object(), "{name} is JSON in a string");
    }
    assert_eq!(rig.get(&path(&token)).0, 200, "it may be looked at again");
    assert_eq!(rig.server.stats().views, 2);
}

#[test]
fn an_unknown_token_is_told_with_what_was_looked_for() {
    let (mut rig, _) = Rig::connected();
    let (status, answer) = rig.get("/participant/views/a%2Fb%20c");
    assert_eq!(status, 404);
    let expected = fixture_json("error-resource-not-found.response.json")["body"].clone();
    assert_eq!(members(&answer), members(&expected));
    assert_eq!(answer["ResourceId"], "a/b c", "split before it is decoded");
}

#[test]
fn a_token_is_validated() {
    let (mut rig, _) = Rig::connected();
    let long = "x".repeat(1001);
    for (token, status) in [("", 400), ("%", 400), ("%ff", 400), (&long, 400), (&long[1..], 404)] {
        assert_eq!(rig.get(&format!("/participant/views/{token}")).0, status, "{token}");
    }
}

#[test]
fn a_token_is_good_in_its_own_chat_and_with_a_bearer_only() {
    let (mut rig, socket) = Rig::connected();
    let token = sent(&mut rig, socket);
    assert_eq!(rig.fetch("GET", &path(&token), &[], b"").status, 403);
    let now = rig.now;
    rig.chat = rig.server.start_chat(now, "Noor");
    rig.connect();
    assert_eq!(rig.get(&path(&token)).0, 404);
}

#[test]
fn tokens_can_be_made_to_expire_or_to_be_good_once() {
    let (mut rig, socket) = Rig::connected();
    rig.server.faults_mut().set("view-life=2").unwrap();
    let token = sent(&mut rig, socket);
    rig.advance(1999);
    assert_eq!(rig.get(&path(&token)).0, 200);
    rig.advance(1);
    assert_eq!(rig.get(&path(&token)).0, 404);
    rig.server.faults_mut().set("view-once").unwrap();
    let token = sent(&mut rig, socket);
    assert_eq!(rig.get(&path(&token)).0, 200);
    assert_eq!(rig.get(&path(&token)).0, 404);
}
