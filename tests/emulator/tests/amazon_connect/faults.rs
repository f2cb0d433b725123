//! Each switch does what it says.

use helpline_emulator::amazon_connect::{
    AgentAction, Chance, ChanceRule, EchoOrder, ErrorEncoding, Faults, HttpRequest, Input,
    Operation, Output, ServerConfig, Span, StatusRule,
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

fn send(rig: &mut Rig, content: &str) -> u64 {
    let body = json!({ "ContentType": "text/plain", "Content": content, "ClientToken": content });
    let token = rig.token.clone();
    rig.request(HttpRequest::post(
        "/participant/message",
        &token,
        &body.to_string(),
    ))
}

#[test]
fn sockets_are_cut_after_some_frames() {
    let (mut rig, socket) = connected(Faults {
        drop_after: Some(Span::fixed(3)),
        ..Faults::default()
    });
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
    let (mut rig, socket) = connected(Faults {
        silent_socket: true,
        ..Faults::default()
    });
    rig.frame(socket, ping);
    rig.say("x");
    assert!(rig.texts(socket).is_empty());

    let faults = Faults {
        no_heartbeat: true,
        ..Faults::default()
    };
    let (mut rig, socket) = connected(faults);
    rig.frame(socket, heartbeat);
    assert_eq!(rig.texts(socket).len(), 1);
    rig.frame(socket, ping);
    assert_eq!(rig.texts(socket).len(), 2);

    let (mut rig, socket) = connected(Faults {
        no_ping: true,
        ..Faults::default()
    });
    rig.frame(socket, ping);
    assert_eq!(rig.texts(socket).len(), 1);

    let (mut rig, socket) = connected(Faults {
        ping_status: Some(500),
        ..Faults::default()
    });
    rig.frame(socket, ping);
    let answer: Value = serde_json::from_str(rig.texts(socket)[1].1).unwrap();
    assert_eq!(answer, fixture_json("ws-server-ping-failure.json"));

    let (mut rig, socket) = connected(Faults {
        no_ack: true,
        ..Faults::default()
    });
    assert!(rig.texts(socket).is_empty());
    rig.say("x");
    assert_eq!(
        rig.items(socket).len(),
        1,
        "the subscription holds all the same"
    );
}

#[test]
fn subscriptions_can_fail_a_few_times() {
    let (mut rig, socket) = connected(Faults {
        ack_failures: 2,
        ..Faults::default()
    });
    rig.subscribe(socket);
    rig.say("x");
    rig.subscribe(socket);
    let acks: Vec<Value> = rig
        .texts(socket)
        .iter()
        .map(|(_, text)| serde_json::from_str(text).unwrap())
        .collect();
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
fn calls_can_be_answered_with_errors() {
    let (mut rig, _) = Rig::connected();
    let mut rule = StatusRule::next(Operation::SendMessage, 429, 2);
    rule.retry_after = Some(3);
    rig.server.faults_mut().statuses.push(rule);
    for expected in [429, 429, 200] {
        let exchange = send(&mut rig, "x");
        let response = rig.answer(exchange).unwrap().1;
        assert_eq!(response.status, expected);
        let wait = (expected == 429).then_some("3");
        assert_eq!(response.header("retry-after"), wait);
    }
    let all = StatusRule {
        operation: None,
        status: 500,
        times: None,
        retry_after: None,
    };
    rig.server.faults_mut().statuses.push(all);
    for _ in 0..5 {
        assert_eq!(rig.call("/participant/transcript", json!({})).0, 500);
    }
    assert_eq!(rig.transcript().len(), 1, "a refused call does nothing");
}

#[test]
fn errors_are_written_in_every_form() {
    let (mut rig, _) = Rig::connected();
    for (form, encoding) in ErrorEncoding::ALL {
        rig.server.faults_mut().encoding = encoding;
        let answer = rig.call_as("nobody", "/participant/message", &json!({}));
        assert_eq!(answer.status, 403, "{form}");
        let header = answer.header("x-amzn-errortype").unwrap_or("-").to_owned();
        let body = String::from_utf8(answer.body).unwrap();
        let (expected_header, expected_body) = match form {
            "header" => ("AccessDeniedException", r#"{"message":"Access denied"}"#),
            "header-uri" => (
                "AccessDeniedException:http://internal.example/coral/",
                r#"{"message":"Access denied"}"#,
            ),
            "type" => (
                "-",
                r#"{"__type":"com.amazonaws.connectparticipant#AccessDeniedException","message":"Access denied"}"#,
            ),
            "code" => (
                "-",
                r#"{"Message":"Access denied","code":"AccessDeniedException"}"#,
            ),
            "untyped" => ("-", r#"{"message":"Access denied"}"#),
            "null" => ("AccessDeniedException", r#"{"message":null}"#),
            "empty" => ("-", ""),
            _ => ("-", "<html><body><h1>403 Bad Gateway</h1></body></html>"),
        };
        assert_eq!(
            (header.as_str(), body.as_str()),
            (expected_header, expected_body),
            "{form}"
        );
    }
}

#[test]
fn an_answer_is_lost_after_acting_and_a_retry_makes_no_second_message() {
    let (mut rig, _) = Rig::connected();
    let rule = ChanceRule::new(Some(Operation::SendMessage), Chance::Next(1));
    rig.server.faults_mut().lost_answers.push(rule);
    let lost = send(&mut rig, "once");
    assert!(
        rig.log
            .iter()
            .any(|(_, output)| *output == Output::NoAnswer { exchange: lost })
    );
    assert_eq!(rig.transcript().len(), 1);
    let again = send(&mut rig, "once");
    assert_eq!(rig.answer(again).unwrap().1.status, 200);
    assert_eq!(rig.transcript().len(), 1);
    assert_eq!(rig.server.stats().lost_answers, 1);
}

#[test]
fn requests_are_lost_before_acting_and_calls_can_hang() {
    let (mut rig, _) = Rig::connected();
    rig.server
        .faults_mut()
        .lost_requests
        .push(ChanceRule::new(None, Chance::Every(2)));
    let exchanges: Vec<u64> = (0..4)
        .map(|number| send(&mut rig, &number.to_string()))
        .collect();
    let answered: Vec<bool> = exchanges
        .iter()
        .map(|exchange| rig.answer(*exchange).is_some())
        .collect();
    assert_eq!(answered, [true, false, true, false]);
    assert_eq!(rig.transcript().len(), 2);

    let (mut rig, socket) = Rig::connected();
    rig.server
        .faults_mut()
        .hang
        .push(ChanceRule::new(None, Chance::PerMille(1000)));
    let exchange = send(&mut rig, "x");
    rig.advance(60_000);
    assert!(rig.answer(exchange).is_none());
    assert_eq!(rig.items(socket).len(), 1, "it acted");
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
    let exchanges: Vec<u64> = (0..20)
        .map(|number| send(&mut rig, &number.to_string()))
        .collect();
    assert!(rig.items(socket).is_empty());
    rig.advance(1000);
    for exchange in exchanges {
        assert_eq!(rig.answer(exchange).unwrap().0, start + 250);
    }
    let sent: Vec<Value> = rig.items(socket);
    let order: Vec<&str> = sent
        .iter()
        .map(|item| item["Content"].as_str().unwrap())
        .collect();
    let expected: Vec<String> = (0..20).map(|number| number.to_string()).collect();
    assert_eq!(order, expected, "late, and still in order");
}

#[test]
fn frames_can_come_twice_or_out_of_order() {
    let (mut rig, socket) = connected(Faults {
        duplicate: Chance::Every(2),
        ..Faults::default()
    });
    for number in 0..4 {
        rig.say(&number.to_string());
    }
    assert_eq!(rig.items(socket).len(), 6);

    let (mut rig, socket) = connected(Faults {
        reorder_ms: 100,
        ..Faults::default()
    });
    for number in 0..30 {
        rig.say(&number.to_string());
        rig.advance(5);
    }
    rig.advance(200);
    let items = rig.items(socket);
    assert_eq!(items.len(), 30);
    let times: Vec<&str> = items
        .iter()
        .map(|item| item["AbsoluteTime"].as_str().unwrap())
        .collect();
    assert!(!times.is_sorted());
}

#[test]
fn garbage_halves_and_foreign_frames() {
    let (mut rig, socket) = connected(Faults {
        garbage_every: 2,
        ..Faults::default()
    });
    for number in 0..4 {
        rig.say(&number.to_string());
    }
    assert_eq!(rig.texts(socket).len(), 1 + 4 + 2);
    assert_eq!(rig.items(socket).len(), 4);

    let (mut rig, socket) = connected(Faults {
        truncate_every: 2,
        ..Faults::default()
    });
    for number in 0..4 {
        rig.say(&number.to_string());
    }
    assert_eq!(rig.items(socket).len(), 2);

    let (mut rig, socket) = connected(Faults {
        foreign_every: 3,
        ..Faults::default()
    });
    for number in 0..3 {
        rig.say(&number.to_string());
    }
    let items = rig.items(socket);
    assert_eq!(items.len(), 4);
    let own = rig.chat.contact_id.as_str();
    let foreign: Vec<bool> = items
        .iter()
        .map(|item| item["InitialContactId"] != own)
        .collect();
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
        let (mut rig, socket) = connected(Faults {
            echo,
            ..Faults::default()
        });
        let start = rig.now;
        let exchange = send(&mut rig, "x");
        rig.advance(500);
        assert_eq!(
            rig.answer(exchange).unwrap().0 - start,
            answer_at,
            "{echo:?}"
        );
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
    assert_eq!(
        rig.answer(exchange).unwrap().0,
        rig.items_at(socket)[0].0 + 5
    );
}

#[test]
fn the_chat_can_end_while_the_client_is_away() {
    let (mut rig, socket) = connected(Faults {
        end_while_away_ms: Some(1000),
        ..Faults::default()
    });
    rig.input(Input::SocketClosed { socket, code: None });
    let back = rig.connect();
    rig.advance(2000);
    assert_eq!(
        rig.server.has_ended(&rig.chat.contact_id),
        Some(false),
        "back in time"
    );
    rig.input(Input::SocketClosed {
        socket: back,
        code: None,
    });
    rig.advance(2000);
    assert_eq!(rig.server.has_ended(&rig.chat.contact_id), Some(true));
    let token = rig.chat.participant_token.clone();
    assert_eq!(
        rig.call_as(&token, "/participant/connection", &json!({}))
            .status,
        403
    );
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
fn the_vendors_rates_throttle() {
    let (mut rig, _) = Rig::connected();
    rig.server.faults_mut().throttle = true;
    let statuses = |rig: &mut Rig, count: u32| -> Vec<u16> {
        (0..count)
            .map(|_| rig.call("/participant/transcript", json!({})).0)
            .collect()
    };
    let first = statuses(&mut rig, 14);
    assert_eq!(
        first.iter().filter(|status| **status == 429).count(),
        2,
        "{first:?}"
    );
    rig.advance(1000);
    let second = statuses(&mut rig, 10);
    assert_eq!(second.iter().filter(|status| **status == 200).count(), 8);
}

#[test]
fn every_fault_has_a_name() {
    let mut faults = Faults::default();
    for text in [
        "drop-after=3..9",
        "drop-once=5",
        "silent-socket",
        "no-heartbeat",
        "no-ping",
        "ping-500",
        "ping-status=503",
        "no-ack",
        "ack-failure",
        "ack-failure=3",
        "refuse-upgrade",
        "refuse-upgrade=503,2",
        "status=429,op=message,times=2,retry-after=1",
        "status=500",
        "errors=html",
        "lost-request=1/7",
        "lost-answer=250,op=message",
        "hang=next:1,op=connection",
        "answer-delay=10..90",
        "frame-delay=5",
        "duplicate=1/3",
        "reorder=50",
        "garbage=4",
        "truncate=9",
        "foreign=8",
        "echo=before:20",
        "echo=never",
        "token-life=30",
        "socket-life=60",
        "ticket-life=5",
        "end-while-away",
        "clock-skew=-90000",
        "empty-next-token",
        "throttle",
    ] {
        faults
            .set(text)
            .unwrap_or_else(|error| panic!("{text}: {error}"));
    }
    assert_eq!(faults.drop_after, Some(Span::fixed(5)));
    assert_eq!(faults.statuses.len(), 2);
    assert_eq!(faults.clock_skew_ms, -90_000);
    for text in [
        "nonsense",
        "drop-after",
        "drop-after=9..3",
        "drop-after=x",
        "no-ping=1",
        "status=200",
        "status=429,op=nothing",
        "status=429,what=1",
        "errors=pretty",
        "echo=sideways",
        "duplicate=1001",
        "hang=1/2,times=3",
    ] {
        let error = faults.set(text).unwrap_err().to_string();
        assert!(!error.is_empty(), "{text}");
    }
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
