//! Each switch does what it says.

use helpline_emulator::amazon_connect::{
    AgentAction, Chance, EchoOrder, Faults, HttpRequest, Input, ServerConfig, Span,
};
use serde_json::{Value, json};

use crate::rig::{Rig, fixture_json};

fn connected(faults: Faults) -> (Rig, u64) {
    let mut rig = Rig::new(ServerConfig::default());
    let target = rig.connection();
    rig.server.set_faults(faults);
    let socket = rig.dial(&target).unwrap();
    rig.subscribe(socket);
    (rig, socket)
}

pub(crate) fn send(rig: &mut Rig, content: &str) -> u64 {
    let body = json!({ "ContentType": "text/plain", "Content": content, "ClientToken": content });
    let token = rig.token.clone();
    rig.request(HttpRequest::post("/participant/message", &token, &body.to_string()))
}

#[test]
fn sockets_are_cut_after_some_frames() {
    let (mut rig, socket) = connected(Faults { drop_after: Some(Span::fixed(3)), ..Faults::default() });
    rig.say("a");
    assert_eq!(rig.ended(socket), None);
    rig.say("b");
    assert_eq!(rig.ended(socket).map(|(_, code)| code), Some(0));
    let again = rig.connect();
    rig.say("c");
    rig.say("d");
    assert!(rig.ended(again).is_some(), "each socket");

    let (mut rig, first) = connected(Faults {
        drop_after: Some(Span { from: 2, to: 9 }),
        drop_times: Some(1),
        ..Faults::default()
    });
    for number in 0..10 {
        rig.say(&number.to_string());
    }
    let sent = rig.texts(first).len();
    assert!((2..=9).contains(&sent), "{sent}");
    let second = rig.connect();
    for number in 0..20 {
        rig.say(&number.to_string());
    }
    assert_eq!(rig.ended(second), None, "the first only");
}

#[test]
fn silence_in_its_kinds() {
    let heartbeat = r#"{"topic":"aws/heartbeat"}"#;
    let ping = r#"{"topic":"aws/ping"}"#;
    let (mut rig, socket) = connected(Faults { silent_socket: true, ..Faults::default() });
    rig.frame(socket, ping);
    rig.say("x");
    assert!(rig.texts(socket).is_empty());

    let faults = Faults { no_heartbeat: true, ..Faults::default() };
    let (mut rig, socket) = connected(faults);
    rig.frame(socket, heartbeat);
    assert_eq!(rig.texts(socket).len(), 1);
    rig.frame(socket, ping);
    assert_eq!(rig.texts(socket).len(), 2);

    let (mut rig, socket) = connected(Faults { no_ping: true, ..Faults::default() });
    rig.frame(socket, ping);
    assert_eq!(rig.texts(socket).len(), 1);

    let (mut rig, socket) = connected(Faults { ping_status: Some(500), ..Faults::default() });
    rig.frame(socket, ping);
    let answer: Value = serde_json::from_str(rig.texts(socket)[1].1).unwrap();
    assert_eq!(answer, fixture_json("ws-server-ping-failure.json"));

    let (mut rig, socket) = connected(Faults { no_ack: true, ..Faults::default() });
    assert!(rig.texts(socket).is_empty());
    rig.say("x");
    assert_eq!(rig.items(socket).len(), 1, "the subscription holds all the same");
}

#[test]
fn subscriptions_can_fail_a_few_times() {
    let (mut rig, socket) = connected(Faults { ack_failures: 2, ..Faults::default() });
    rig.subscribe(socket);
    rig.say("x");
    rig.subscribe(socket);
    let acks: Vec<Value> =
        rig.texts(socket).iter().map(|(_, text)| serde_json::from_str(text).unwrap()).collect();
    let failure = fixture_json("ws-server-subscribe-ack-failure.json");
    let success = fixture_json("ws-server-subscribe-ack-success.json");
    assert_eq!(acks, [failure.clone(), failure, success]);
}

#[test]
fn upgrades_can_be_refused() {
    let mut rig = Rig::new(ServerConfig::default());
    rig.server.faults_mut().refuse_upgrade = Some(503);
    rig.server.faults_mut().refuse_times = Some(2);
    for expected in [Err(503), Err(503), Ok(())] {
        let target = rig.connection();
        assert_eq!(rig.dial(&target).map(drop), expected);
    }
}

#[test]
fn answers_and_frames_can_be_late() {
    let faults = Faults {
        answer_delay: Some(Span::fixed(250)),
        frame_delay: Some(Span { from: 10, to: 400 }),
        ..Faults::default()
    };
    let (mut rig, socket) = connected(faults);
    let start = rig.now;
    let exchanges: Vec<u64> = (0..20).map(|number| send(&mut rig, &number.to_string())).collect();
    assert!(rig.items(socket).is_empty());
    rig.advance(1000);
    for exchange in exchanges {
        assert_eq!(rig.answer(exchange).unwrap().0, start + 250);
    }
    let sent: Vec<Value> = rig.items(socket);
    let order: Vec<&str> = sent.iter().map(|item| item["Content"].as_str().unwrap()).collect();
    let expected: Vec<String> = (0..20).map(|number| number.to_string()).collect();
    assert_eq!(order, expected, "late, and still in order");
}

#[test]
fn frames_can_come_twice_or_out_of_order() {
    let (mut rig, socket) = connected(Faults { duplicate: Chance::Every(2), ..Faults::default() });
    for number in 0..4 {
        rig.say(&number.to_string());
    }
    assert_eq!(rig.items(socket).len(), 6);

    let (mut rig, socket) = connected(Faults { reorder_ms: 100, ..Faults::default() });
    for number in 0..30 {
        rig.say(&number.to_string());
        rig.advance(5);
    }
    rig.advance(200);
    let items = rig.items(socket);
    assert_eq!(items.len(), 30);
    let times: Vec<&str> = items.iter().map(|item| item["AbsoluteTime"].as_str().unwrap()).collect();
    assert!(!times.is_sorted());
}

#[test]
fn garbage_halves_and_foreign_frames() {
    let (mut rig, socket) = connected(Faults { garbage_every: 2, ..Faults::default() });
    for number in 0..4 {
        rig.say(&number.to_string());
    }
    assert_eq!(rig.texts(socket).len(), 1 + 4 + 2);
    assert_eq!(rig.items(socket).len(), 4);

    let (mut rig, socket) = connected(Faults { truncate_every: 2, ..Faults::default() });
    for number in 0..4 {
        rig.say(&number.to_string());
    }
    assert_eq!(rig.items(socket).len(), 2);

    let (mut rig, socket) = connected(Faults { foreign_every: 3, ..Faults::default() });
    for number in 0..3 {
        rig.say(&number.to_string());
    }
    let items = rig.items(socket);
    assert_eq!(items.len(), 4);
    let own = rig.chat.contact_id.as_str();
    let foreign: Vec<bool> = items.iter().map(|item| item["InitialContactId"] != own).collect();
    assert_eq!(foreign, [false, false, true, false]);
    assert_eq!(rig.transcript().len(), 3);
}

#[test]
fn the_echo_comes_before_or_after_or_never() {
    for (echo, answer_at, echo_at) in [
        (EchoOrder::Natural, 0, Some(0)),
        (EchoOrder::Before { gap_ms: 70 }, 70, Some(0)),
        (EchoOrder::After { gap_ms: 70 }, 0, Some(70)),
        (EchoOrder::Never, 0, None),
    ] {
        let (mut rig, socket) = connected(Faults { echo, ..Faults::default() });
        let start = rig.now;
        let exchange = send(&mut rig, "x");
        rig.advance(500);
        assert_eq!(rig.answer(exchange).unwrap().0 - start, answer_at, "{echo:?}");
        let seen = rig.items_at(socket).first().map(|(at, _)| at - start);
        assert_eq!(seen, echo_at, "{echo:?}");
        assert_eq!(rig.transcript().len(), 1);
    }
}

#[test]
fn an_echo_before_its_answer_holds_with_delays_too() {
    let faults = Faults {
        echo: EchoOrder::Before { gap_ms: 5 },
        frame_delay: Some(Span::fixed(300)),
        ..Faults::default()
    };
    let (mut rig, socket) = connected(faults);
    let exchange = send(&mut rig, "x");
    rig.advance(1000);
    assert_eq!(rig.answer(exchange).unwrap().0, rig.items_at(socket)[0].0 + 5);
}

#[test]
fn the_chat_can_end_while_the_client_is_away() {
    let (mut rig, socket) = connected(Faults { end_while_away_ms: Some(1000), ..Faults::default() });
    rig.input(Input::SocketClosed { socket, code: None });
    let back = rig.connect();
    rig.advance(2000);
    assert_eq!(rig.server.has_ended(&rig.chat.contact_id), Some(false), "back in time");
    rig.input(Input::SocketClosed { socket: back, code: None });
    rig.advance(2000);
    assert_eq!(rig.server.has_ended(&rig.chat.contact_id), Some(true));
    let token = rig.chat.participant_token.clone();
    assert_eq!(rig.call_as(&token, "/participant/connection", &json!({})).status, 403);
}

#[test]
fn the_clock_can_be_wrong_and_change() {
    let (mut rig, _) = Rig::connected();
    rig.server.faults_mut().clock_skew_ms = -3_600_000;
    rig.say("early");
    let early = rig.transcript()[0].time_ms;
    assert_eq!(early, rig.now - 3_600_000);
    rig.server.faults_mut().clock_skew_ms = -7_200_000;
    rig.say("still later");
    assert_eq!(rig.transcript()[1].time_ms, early + 1, "never backwards");
}

#[test]
fn faults_can_be_switched_while_running() {
    let (mut rig, socket) = Rig::connected();
    rig.server.faults_mut().silent_socket = true;
    rig.agent(AgentAction::Say("unheard".to_owned()));
    rig.server.faults_mut().silent_socket = false;
    rig.agent(AgentAction::Say("heard".to_owned()));
    assert_eq!(rig.items(socket).len(), 1);
    assert_eq!(rig.server.stats().frames_withheld, 1);
}

#[test]
fn sockets_can_be_closed_with_any_code() {
    let faults = Faults { drop_after: Some(Span::fixed(2)), drop_code: Some(1011), ..Faults::default() };
    let (mut rig, socket) = connected(faults);
    rig.say("x");
    assert_eq!(rig.ended(socket).map(|(_, code)| code), Some(1011));
}

#[test]
fn sockets_can_be_half_open() {
    let faults = Faults { silent_after: Some(Span::fixed(2)), silent_times: Some(1), ..Faults::default() };
    let (mut rig, first) = connected(faults);
    rig.say("heard");
    rig.say("unheard");
    rig.frame(first, r#"{"topic":"aws/ping"}"#);
    assert_eq!(rig.texts(first).len(), 2);
    assert_eq!(rig.server.stats().frames_unheard, 1);
    let second = rig.connect();
    rig.say("heard there");
    assert_eq!((rig.items(first).len(), rig.items(second).len()), (1, 1));

    rig.server.silence_sockets(&rig.chat.contact_id.clone());
    rig.say("unheard");
    assert_eq!(rig.items(second).len(), 1);
    assert_eq!(rig.ended(second), None);
    let third = rig.connect();
    rig.say("heard again");
    assert_eq!(rig.items(third).len(), 1);
}
