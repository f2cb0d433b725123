//! Upgrades, subscriptions, heartbeats, expiry.

use helpline_emulator::amazon_connect::{AgentAction, Input, ServerConfig};
use serde_json::{Value, json};

use crate::rig::{Rig, fixture, fixture_json, members};

fn last_text(rig: &Rig, socket: u64) -> Value {
    let texts = rig.texts(socket);
    serde_json::from_str(texts.last().expect("a frame").1).expect("JSON")
}

#[test]
fn a_ticket_opens_one_socket() {
    let mut rig = Rig::new(ServerConfig::default());
    let target = rig.connection();
    assert!(rig.dial(&target).is_ok());
    assert_eq!(rig.dial(&target), Err(403), "used up");
    assert_eq!(rig.dial("/participant/ws?ticket=none"), Err(403));
    assert_eq!(rig.dial("/participant/ws"), Err(403));
    assert_eq!(rig.dial("/elsewhere"), Err(404));
    assert_eq!(rig.server.stats().sockets_refused, 4);
    let whole = format!("ws://127.0.0.1:80{}", rig.connection());
    assert!(rig.dial(&whole).is_ok(), "the whole address will do");
}

#[test]
fn a_ticket_is_good_for_a_hundred_seconds() {
    let mut rig = Rig::new(ServerConfig::default());
    let (in_time, late) = (rig.connection(), rig.connection());
    rig.advance(100_000);
    assert!(rig.dial(&in_time).is_ok());
    rig.advance(1);
    assert_eq!(rig.dial(&late), Err(403));
}

#[test]
fn five_sockets_and_no_more() {
    let mut rig = Rig::new(ServerConfig::default());
    let sockets: Vec<u64> = (0..5).map(|_| rig.connect()).collect();
    let target = rig.connection();
    assert_eq!(rig.dial(&target), Err(403));
    rig.say("to all");
    for socket in &sockets {
        assert_eq!(rig.items(*socket).len(), 1);
    }
    rig.input(Input::SocketClosed { socket: sockets[0], code: Some(1000) });
    let target = rig.connection();
    assert!(rig.dial(&target).is_ok());
    assert_eq!(rig.server.stats().client_close_codes.get(&1000), Some(&1));
    assert_eq!(rig.server.stats().sockets_open, 5);
}

#[test]
fn every_known_form_of_subscribe_is_acknowledged() {
    for name in ["ws-client-subscribe.json", "ws-client-subscribe-android.txt", "ws-client-subscribe-ios.txt"]
    {
        let mut rig = Rig::new(ServerConfig::default());
        let target = rig.connection();
        let socket = rig.dial(&target).unwrap();
        rig.say("too early");
        assert!(rig.texts(socket).is_empty(), "nothing before subscribe");
        rig.frame(socket, &fixture(name));
        assert_eq!(last_text(&rig, socket), fixture_json("ws-server-subscribe-ack-success.json"), "{name}");
        rig.say("in time");
        assert_eq!(rig.items(socket).len(), 1);
        rig.frame(socket, &fixture(name));
        rig.say("again");
        assert_eq!(rig.items(socket).len(), 2, "a second subscribe does not double");
    }
}

#[test]
fn only_the_chat_topic_can_be_subscribed_to() {
    let mut rig = Rig::new(ServerConfig::default());
    let target = rig.connection();
    let socket = rig.dial(&target).unwrap();
    for content in [json!({ "topics": ["aws/other"] }), json!({ "topics": [] }), json!({}), Value::Null] {
        rig.frame(socket, &json!({ "topic": "aws/subscribe", "content": content }).to_string());
        assert_eq!(last_text(&rig, socket)["content"]["status"], "failure", "{content}");
    }
    rig.say("nobody hears");
    assert!(rig.items(socket).is_empty());
}

#[test]
fn heartbeats_are_answered_at_once() {
    let (mut rig, socket) = Rig::connected();
    for name in ["ws-client-heartbeat.json", "ws-client-heartbeat-with-content.json"] {
        rig.frame(socket, &fixture(name));
        assert_eq!(last_text(&rig, socket), fixture_json("ws-server-heartbeat.json"));
    }
    rig.frame(socket, &fixture("ws-client-ping.json"));
    assert_eq!(last_text(&rig, socket), fixture_json("ws-server-ping-ok.json"));
    assert_eq!(rig.server.stats().received("aws/heartbeat"), 2);
    assert_eq!(rig.server.stats().received("aws/ping"), 1);
}

#[test]
fn what_is_not_understood_is_forbidden_and_the_socket_lives() {
    let (mut rig, socket) = Rig::connected();
    let unsubscribe = fixture("ws-client-unsubscribe.json");
    for text in ["", "garbage", "[]", "{}", r#"{"topic":5}"#, r#"{"topic":"aws/chat"}"#, &unsubscribe] {
        rig.frame(socket, text);
        let answer = last_text(&rig, socket);
        assert_eq!(answer["message"], "Forbidden", "{text}");
        assert_eq!(members(&answer), members(&fixture_json("ws-server-error-forbidden.json")));
    }
    rig.input(Input::Binary { socket, bytes: vec![1, 2] });
    rig.frame(socket, r#"{"topic":"aws/ping"}"#);
    assert_eq!(last_text(&rig, socket)["statusCode"], 200);
    assert_eq!(rig.server.stats().invalid_frames, 7);
    assert_eq!(rig.server.stats().binary_frames, 1);
}

#[test]
fn a_socket_is_closed_when_its_time_is_over() {
    let (mut rig, socket) = Rig::connected();
    rig.advance(3_600_000 - 1);
    assert_eq!(rig.ended(socket), None);
    rig.advance(1);
    assert_eq!(rig.ended(socket).map(|(_, code)| code), Some(1001));
    assert_eq!(rig.server.has_ended(&rig.chat.contact_id), Some(false));
    rig.say("the chat goes on");

    let (mut rig, _) = Rig::connected();
    rig.server.faults_mut().socket_life_ms = Some(3000);
    let short = rig.connect();
    rig.advance(3000);
    assert_eq!(rig.ended(short).map(|(_, code)| code), Some(1001));
}

#[test]
fn two_sockets_overlap_in_a_rotation() {
    let (mut rig, old) = Rig::connected();
    let new = rig.connect();
    rig.say("both");
    assert_eq!(rig.items(old), rig.items(new));
    rig.input(Input::SocketClosed { socket: old, code: Some(1000) });
    rig.say("one");
    assert_eq!((rig.items(old).len(), rig.items(new).len()), (1, 2));
    assert_eq!(rig.server.has_ended(&rig.chat.contact_id), Some(false), "1000 is not the end");
}

#[test]
fn nothing_is_kept_for_an_absent_socket() {
    let (mut rig, old) = Rig::connected();
    rig.input(Input::SocketClosed { socket: old, code: None });
    rig.agent(AgentAction::Say("missed".to_owned()));
    rig.agent(AgentAction::Typing);
    let new = rig.connect();
    assert!(rig.items(new).is_empty());
    assert_eq!(rig.read(json!({})).0.len(), 1);
}

#[test]
fn frames_on_a_closed_socket_are_ignored() {
    let (mut rig, socket) = Rig::connected();
    rig.input(Input::SocketClosed { socket, code: None });
    let before = rig.log.len();
    rig.frame(socket, r#"{"topic":"aws/ping"}"#);
    rig.input(Input::SocketClosed { socket, code: None });
    assert_eq!(rig.log.len(), before);
    assert_eq!(rig.server.stats().sockets_closed, 1);
    assert_eq!(rig.server.next_wakeup(), None, "its expiry is forgotten");
}

#[test]
fn a_test_can_close_and_cut() {
    let (mut rig, socket) = Rig::connected();
    let contact = rig.chat.contact_id.clone();
    let mut out = Vec::new();
    rig.server.close_sockets(rig.now, &contact, 1012, "Restart", &mut out);
    assert_eq!(out.len(), 1);
    let other = rig.connect();
    rig.server.cut_sockets(rig.now, &contact, &mut out);
    assert_eq!(out.len(), 2);
    assert!(rig.server.open_sockets(&contact).is_empty(), "{socket} {other}");
}
