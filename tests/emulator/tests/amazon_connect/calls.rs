//! SendMessage, SendEvent, DisconnectParticipant, and what all calls have in common.

use helpline_emulator::amazon_connect::{AgentAction, HttpRequest, Operation, Output};
use serde_json::{Value, json};

use crate::rig::{EVENT, Rig, fixture_json, text};

#[test]
fn a_message_is_answered_stored_and_echoed_with_one_id() {
    let (mut rig, socket) = Rig::connected();
    let answer = rig.say("Where is order A-20417?");
    let items = rig.items(socket);
    assert_eq!(items.len(), 1);
    assert_eq!(items[0]["Id"], answer["Id"]);
    assert_eq!(items[0]["AbsoluteTime"], answer["AbsoluteTime"]);
    assert_eq!(items[0]["ParticipantRole"], "CUSTOMER");
    let stored = rig.transcript();
    assert_eq!(stored.len(), 1);
    assert_eq!(stored[0].id, text(&answer, "/Id"));
    assert_eq!(stored[0].content.as_deref(), Some("Where is order A-20417?"));
}

#[test]
fn times_are_strictly_increasing_within_one_millisecond() {
    let (mut rig, _) = Rig::connected();
    for number in 0..50 {
        rig.say(&format!("m{number}"));
    }
    let times: Vec<u64> = rig.transcript().iter().map(|entry| entry.time_ms).collect();
    assert!(times.windows(2).all(|pair| pair[0] < pair[1]), "{times:?}");
}

#[test]
fn the_same_client_token_and_body_count_once() {
    let (mut rig, socket) = Rig::connected();
    let body = json!({ "ContentType": "text/plain", "Content": "hello", "ClientToken": "t-1" });
    let first = rig.call("/participant/message", body.clone());
    rig.advance(60_000);
    let again = rig.call("/participant/message", body);
    assert_eq!(first, again);
    assert_eq!(rig.transcript().len(), 1);
    assert_eq!(rig.items(socket).len(), 1, "no second echo");
    assert_eq!(rig.server.stats().duplicates, 1);

    let other = json!({ "ContentType": "text/plain", "Content": "hello!", "ClientToken": "t-1" });
    let (status, other) = rig.call("/participant/message", other);
    assert_eq!(status, 200);
    assert_ne!(other["Id"], first.1["Id"], "another body is another message");
    rig.say("x");
    rig.say("x");
    assert_eq!(rig.transcript().len(), 4, "no token: every call counts");
}

#[test]
fn constant_client_tokens_of_receipts_do_not_hide_other_messages() {
    let (mut rig, _) = Rig::connected();
    rig.agent(AgentAction::Say("one".to_owned()));
    rig.agent(AgentAction::Say("two".to_owned()));
    let request = fixture_json("send-event-read-chatjs-constant-client-token.request.json");
    for entry in rig.transcript() {
        let mut body = request["body"].clone();
        body["Content"] = json!({ "messageId": entry.id }).to_string().into();
        assert_eq!(rig.call("/participant/event", body).0, 200);
    }
    assert_eq!(rig.server.stats().receipts.len(), 2);
}

#[test]
fn messages_are_validated_as_the_model_has_them() {
    let (mut rig, _) = Rig::connected();
    let long = "x".repeat(1025);
    let token = "t".repeat(501);
    let interactive = "application/vnd.amazonaws.connect.message.interactive";
    let cases = [
        (json!({ "Content": "x" }), "contentType"),
        (json!({ "ContentType": "text/plain" }), "content"),
        (json!({ "ContentType": "text/plain", "Content": null }), "content"),
        (json!({ "ContentType": "text/plain", "Content": "" }), "content"),
        (json!({ "ContentType": "text/plain", "Content": 5 }), "content"),
        (json!({ "ContentType": "", "Content": "x" }), "contentType"),
        (json!({ "ContentType": "text/plain", "Content": long }), "too long"),
        (json!({ "ContentType": "text/html", "Content": "x" }), "text/html"),
        (json!({ "ContentType": interactive, "Content": "{}" }), interactive),
        (json!({ "ContentType": "application/json", "Content": "no" }), "JSON"),
        (json!({ "ContentType": "text/plain", "Content": "x", "ClientToken": token }), "clientToken"),
    ];
    for (body, named) in cases {
        let token = rig.token.clone();
        let response = rig.call_as(&token, "/participant/message", &body);
        assert_eq!(response.status, 400, "{body}");
        assert_eq!(response.header("x-amzn-errortype"), Some("ValidationException"));
        let message = text(&response.json(), "/message");
        assert!(message.contains(named), "{message} for {body}");
    }
    assert!(rig.transcript().is_empty());
}

#[test]
fn every_message_request_of_the_dossier_is_accepted() {
    let names = [
        "text",
        "markdown",
        "json",
        "quick-reply-choice",
        "time-picker-choice",
        "carousel-choice",
        "interactive-response-list",
        "interactive-response-view",
        "mobile-no-client-token",
    ];
    let (mut rig, socket) = Rig::connected();
    for name in names {
        let request = fixture_json(&format!("send-message-{name}.request.json"));
        let (status, answer) = rig.call(request["path"].as_str().unwrap(), request["body"].clone());
        assert_eq!(status, 200, "{name}: {answer}");
    }
    assert_eq!(rig.items(socket).len(), names.len());
}

#[test]
fn bodies_may_be_empty_odd_or_broken() {
    let (mut rig, _) = Rig::connected();
    let post = |rig: &mut Rig, target: &str, body: &str| {
        let token = rig.token.clone();
        let exchange = rig.request(HttpRequest::post(target, &token, body));
        rig.answer(exchange).expect("an answer").1.status
    };
    assert_eq!(post(&mut rig, "/participant/transcript", ""), 200);
    assert_eq!(post(&mut rig, "/participant/transcript", r#"{"Unknown":[1],"MaxResults":null}"#), 200);
    assert_eq!(post(&mut rig, "/participant/transcript", "[]"), 400);
    assert_eq!(post(&mut rig, "/participant/transcript", "{"), 400);
    assert_eq!(post(&mut rig, "/participant/transcript?x=1", "{}"), 200, "the query is ignored");
}

#[test]
fn typing_is_echoed_and_not_stored() {
    for name in ["send-event-typing.request.json", "send-event-typing-ios.request.json"] {
        let (mut rig, socket) = Rig::connected();
        let (status, answer) = rig.call("/participant/event", fixture_json(name)["body"].clone());
        assert_eq!(status, 200, "{name}");
        assert_eq!(rig.items(socket)[0]["Id"], answer["Id"]);
        assert_eq!(rig.kinds(socket), ["event.typing"]);
        assert!(rig.transcript().is_empty());
        assert_eq!(rig.server.stats().typing, 1);
    }
}

#[test]
fn events_are_validated() {
    let (mut rig, _) = Rig::connected();
    for (name, content) in [
        ("message.read", None),
        ("message.read", Some("")),
        ("message.read", Some("not json")),
        ("message.delivered", Some(r#"{"messageId":""}"#)),
        ("message.delivered", Some(r#"{"messageId":7}"#)),
        ("chat.ended", None),
        ("participant.joined", None),
    ] {
        assert_eq!(rig.event(name, content).0, 400, "{name} {content:?}");
    }
    assert_eq!(rig.event("connection.acknowledged", None).0, 200);
    assert_eq!(rig.call("/participant/event", json!({})).0, 400);
}

#[test]
fn disconnecting_ends_the_chat_and_every_credential() {
    let (mut rig, socket) = Rig::connected();
    let (status, answer) = rig.call("/participant/disconnect", json!({ "ClientToken": "d" }));
    assert_eq!((status, answer), (200, json!({})));
    assert_eq!(rig.kinds(socket), ["event.chat.ended"]);
    assert_eq!(rig.ended(socket), None, "the socket stays for a moment");
    for target in ["message", "event", "transcript", "disconnect"] {
        let (status, _) = rig.call(&format!("/participant/{target}"), json!({}));
        assert_eq!(status, 403, "{target}");
    }
    let token = rig.chat.participant_token.clone();
    let answer = rig.call_as(&token, "/participant/connection", &json!({ "Type": ["WEBSOCKET"] }));
    assert_eq!(answer.status, 403);
    rig.advance(5000);
    assert_eq!(rig.ended(socket).map(|(_, code)| code), Some(1000));
    assert_eq!(rig.server.has_ended(&rig.chat.contact_id), Some(true));
    assert_eq!(rig.server.next_wakeup(), None, "nothing is left to do");
}

#[test]
fn unknown_paths_and_methods_have_the_vendors_error_shape() {
    let (mut rig, _) = Rig::connected();
    for (method, target) in [
        ("POST", "/participant/attachments"),
        ("POST", "/participant/views/a%2Fb"),
        ("GET", "/participant/views/a/b"),
        ("GET", "/participant/views"),
        ("GET", "/participant/message"),
        ("POST", "/"),
    ] {
        let mut request = HttpRequest::post(target, "any", "{}");
        method.clone_into(&mut request.method);
        let exchange = rig.request(request);
        let (_, response) = rig.answer(exchange).expect("an answer");
        assert_eq!(response.status, 404, "{method} {target}");
        assert_eq!(response.header("x-amzn-ErrorType"), Some("ResourceNotFoundException"));
        assert!(response.json()["message"].is_string());
    }
}

#[test]
fn every_answer_bears_cors_and_a_request_id() {
    let (mut rig, _) = Rig::connected();
    let token = rig.token.clone();
    let good = rig.call_as(&token, "/participant/transcript", &json!({}));
    let bad = rig.call_as("nonsense", "/participant/transcript", &json!({}));
    let mut preflight = HttpRequest::post("/participant/message", "", "");
    "OPTIONS".clone_into(&mut preflight.method);
    let exchange = rig.request(preflight);
    let preflight = rig.answer(exchange).expect("an answer").1.clone();
    assert_eq!((good.status, bad.status, preflight.status), (200, 403, 204));
    let mut ids = Vec::new();
    for answer in [&good, &bad, &preflight] {
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
        let exposed = answer.header("access-control-expose-headers").unwrap();
        assert_eq!(exposed, "x-amzn-errortype, x-amzn-requestid");
        ids.push(answer.header("x-amzn-requestid").unwrap().to_owned());
    }
    ids.dedup();
    assert_eq!(ids.len(), 3);
    let allowed = preflight.header("access-control-allow-headers").unwrap();
    for needed in ["x-amz-bearer", "content-type", "x-amz-user-agent", "amz-sdk-request"] {
        assert!(allowed.contains(needed), "{needed}");
    }
    assert_eq!(good.header("content-type"), Some("application/json"));
}

#[test]
fn each_call_wants_its_own_kind_of_token() {
    let (mut rig, _) = Rig::connected();
    let (participant, connection) = (rig.chat.participant_token.clone(), rig.token.clone());
    let cases = [
        ("/participant/connection", connection.as_str()),
        ("/participant/transcript", participant.as_str()),
        ("/participant/message", ""),
    ];
    for (target, token) in cases {
        let answer = rig.call_as(token, target, &json!({}));
        let expected = fixture_json("error-access-denied.response.json");
        assert_eq!(answer.status, 403, "{target}");
        assert_eq!(answer.json(), expected["body"]);
        assert_eq!(answer.header("x-amzn-ErrorType"), Some("AccessDeniedException"));
    }
    let mut bare = HttpRequest::post("/participant/message", "", "{}");
    bare.headers.clear();
    let exchange = rig.request(bare);
    assert_eq!(rig.answer(exchange).expect("an answer").1.status, 403);
}

#[test]
fn calls_are_counted() {
    let (mut rig, _) = Rig::connected();
    rig.say("a");
    rig.call("/participant/message", json!({}));
    let stats = rig.server.stats();
    assert_eq!(stats.calls_of(Operation::SendMessage), 2);
    assert_eq!(stats.calls_of(Operation::CreateConnection), 1);
    assert_eq!(stats.answers.get(&400), Some(&1));
    assert_eq!(stats.messages, 1);
    assert_eq!(stats.received("aws/subscribe"), 1);
    assert_eq!(stats.sent("aws/chat"), 1);
}

#[test]
fn a_chat_of_ten_thousand_messages_stays_quick() {
    let (mut rig, _) = Rig::connected();
    let many = |count| AgentAction::SayMany { prefix: "line".to_owned(), count, every_ms: 0 };
    rig.agent(many(10_000));
    rig.log.clear();
    let last = rig.transcript().last().unwrap().id.clone();
    for _ in 0..100 {
        let (items, next) = rig
            .read(json!({ "StartPosition": { "Id": last }, "ScanDirection": "BACKWARD", "MaxResults": 100 }));
        assert_eq!(items.len(), 100);
        assert!(next.is_some());
        rig.log.clear();
    }
    for _ in 0..1000 {
        rig.say("more");
    }
    let sends = rig.log.iter().filter(|(_, output)| matches!(output, Output::Send { .. })).count();
    assert_eq!(sends, 1000);
}

#[test]
fn null_members_count_as_absent() {
    let (mut rig, _) = Rig::connected();
    let body = json!({ "ContentType": format!("{EVENT}typing"), "ClientToken": Value::Null });
    assert_eq!(rig.call("/participant/event", body).0, 200);
}
