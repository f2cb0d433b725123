//! Faults of calls, and the names of all faults.

use helpline_emulator::amazon_connect::{
    Chance, ChanceRule, ErrorEncoding, ExpiryForm, FAULT_HELP, Faults, Operation, Output, ServerConfig, Span,
    StatusRule,
};
use serde_json::{Value, json};

use crate::faults::send;
use crate::rig::{Rig, text};

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
    let all = StatusRule { operation: None, status: 500, times: None, retry_after: None };
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
        let body = String::from_utf8(answer.body.into()).unwrap();
        let (expected_header, expected_body) = match form {
            "header" => ("AccessDeniedException", r#"{"message":"Access denied"}"#),
            "header-uri" => {
                ("AccessDeniedException:http://internal.example/coral/", r#"{"message":"Access denied"}"#)
            }
            "type" => (
                "-",
                r#"{"__type":"com.amazonaws.connectparticipant#AccessDeniedException","message":"Access denied"}"#,
            ),
            "code" => ("-", r#"{"Message":"Access denied","code":"AccessDeniedException"}"#),
            "untyped" => ("-", r#"{"message":"Access denied"}"#),
            "null" => ("AccessDeniedException", r#"{"message":null}"#),
            "empty" => ("-", ""),
            _ => ("-", "<html><body><h1>403 Bad Gateway</h1></body></html>"),
        };
        assert_eq!((header.as_str(), body.as_str()), (expected_header, expected_body), "{form}");
    }
}

#[test]
fn an_answer_is_lost_after_acting_and_a_retry_makes_no_second_message() {
    let (mut rig, _) = Rig::connected();
    let rule = ChanceRule::new(Some(Operation::SendMessage), Chance::Next(1));
    rig.server.faults_mut().lost_answers.push(rule);
    let lost = send(&mut rig, "once");
    assert!(rig.log.iter().any(|(_, output)| *output == Output::NoAnswer { exchange: lost }));
    assert_eq!(rig.transcript().len(), 1);
    let again = send(&mut rig, "once");
    assert_eq!(rig.answer(again).unwrap().1.status, 200);
    assert_eq!(rig.transcript().len(), 1);
    assert_eq!(rig.server.stats().lost_answers, 1);
}

#[test]
fn requests_are_lost_before_acting_and_calls_can_hang() {
    let (mut rig, _) = Rig::connected();
    rig.server.faults_mut().lost_requests.push(ChanceRule::new(None, Chance::Every(2)));
    let exchanges: Vec<u64> = (0..4).map(|number| send(&mut rig, &number.to_string())).collect();
    let answered: Vec<bool> = exchanges.iter().map(|exchange| rig.answer(*exchange).is_some()).collect();
    assert_eq!(answered, [true, false, true, false]);
    assert_eq!(rig.transcript().len(), 2);

    let (mut rig, socket) = Rig::connected();
    rig.server.faults_mut().hang.push(ChanceRule::new(None, Chance::PerMille(1000)));
    let exchange = send(&mut rig, "x");
    rig.advance(60_000);
    assert!(rig.answer(exchange).is_none());
    assert_eq!(rig.items(socket).len(), 1, "it acted");
}

#[test]
fn the_vendors_rates_throttle() {
    let (mut rig, _) = Rig::connected();
    rig.server.faults_mut().throttle = true;
    let statuses = |rig: &mut Rig, count: u32| -> Vec<u16> {
        (0..count).map(|_| rig.call("/participant/transcript", json!({})).0).collect()
    };
    let first = statuses(&mut rig, 14);
    assert_eq!(first.iter().filter(|status| **status == 429).count(), 2, "{first:?}");
    rig.advance(1000);
    let second = statuses(&mut rig, 10);
    assert_eq!(second.iter().filter(|status| **status == 200).count(), 8);
    for (operation, burst) in
        [("start-attachment-upload", 5), ("complete-attachment-upload", 5), ("attachment", 12)]
    {
        let target = format!("/participant/{operation}");
        let admitted = (0..20).filter(|_| rig.call(&target, json!({})).0 != 429).count();
        assert_eq!(admitted, burst, "{operation}");
    }
}

#[test]
fn a_backend_is_refused_by_its_own_names() {
    let mut rig = Rig::new(ServerConfig::default());
    for (status, name) in [(400, "InvalidRequestException"), (500, "InternalServiceException")] {
        rig.server.faults_mut().statuses = vec![StatusRule::next(Operation::StartChat, status, 1)];
        let answer = rig.fetch("PUT", "/contact/chat", &[], b"{}");
        assert_eq!((answer.status, answer.header("x-amzn-ErrorType")), (status, Some(name)));
    }
    let answer = rig.fetch("PUT", "/contact/chat", &[], b"{}");
    assert_eq!((answer.status, answer.header("x-amzn-ErrorType")), (400, Some("InvalidRequestException")));
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
        "garbage-answer=1/2",
        "expiry=absent",
        "drop-code=1011",
        "silent-after=3..9",
        "silent-once=4",
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
        "cut-half=next:1,op=download",
        "storage-pace=100000",
        "storage-delay=5..10",
        "upload-life=5",
        "download-life=5",
        "view-life=5",
        "view-once",
    ] {
        let name = text.split('=').next().unwrap();
        assert!(FAULT_HELP.contains(name), "{name} is not in the help");
        faults.set(text).unwrap_or_else(|error| panic!("{text}: {error}"));
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
        "expiry=never",
        "echo=sideways",
        "duplicate=1001",
        "hang=1/2,times=3",
    ] {
        let error = faults.set(text).unwrap_err().to_string();
        assert!(!error.is_empty(), "{text}");
    }
    for (name, _) in Operation::ALL {
        assert!(FAULT_HELP.contains(name), "{name} is not in the help");
        faults.set(&format!("status=500,op={name}")).unwrap();
    }
}

#[test]
fn an_answer_can_be_no_json() {
    let (mut rig, _) = Rig::connected();
    rig.server.faults_mut().garbage_answers.push(ChanceRule::new(None, Chance::Next(1)));
    let exchange = send(&mut rig, "x");
    let (_, response) = rig.answer(exchange).unwrap();
    assert_eq!((response.status, response.json()), (200, Value::Null));
    assert_eq!(rig.transcript().len(), 1);
}

#[test]
fn expiries_are_told_in_every_form() {
    let (mut rig, _) = Rig::connected();
    for (name, form) in ExpiryForm::ALL {
        rig.server.faults_mut().expiry = form;
        let token = rig.chat.participant_token.clone();
        let body = json!({ "Type": ["WEBSOCKET", "CONNECTION_CREDENTIALS"] });
        let answer = rig.call_as(&token, "/participant/connection", &body).json();
        if form == ExpiryForm::Absent {
            assert_eq!(answer["Websocket"].as_object().unwrap().len(), 1);
            assert_eq!(answer["ConnectionCredentials"].as_object().unwrap().len(), 1);
            continue;
        }
        let expected = match name {
            "normal" => "2026-03-14T10:26:40.000Z",
            "unreadable" => "tomorrow",
            "past" => "2001-09-09T01:46:40.000Z",
            "far" => "2099-12-31T23:59:59.999Z",
            _ => "2026-03-14T10:26:40+00:00",
        };
        assert_eq!(text(&answer, "/Websocket/ConnectionExpiry"), expected, "{name}");
    }
}
