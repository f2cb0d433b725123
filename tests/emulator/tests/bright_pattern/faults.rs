//! Every switch, by the name that the command line gives it.

use helpline_emulator::Machine;
use helpline_emulator::bright_pattern::{
    AgentAction, FAULT_HELP, Faults, Input, Output, ServerConfig, Which, malformed_names,
};
use serde_json::{Value, json};

use crate::rig::{HOLD_MS, Rig, code, list, messages, names, text};

fn faults(texts: &[&str]) -> Faults {
    let mut faults = Faults::default();
    for text in texts {
        faults.set(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    }
    faults
}

/// A chat, and then the faults.
fn faulty(texts: &[&str]) -> Rig {
    let mut rig = Rig::chatting();
    rig.server.set_faults(faults(texts));
    rig
}

#[test]
fn proxies_answer_with_their_pages() {
    let mut rig = faulty(&["status=503,op=poll,times=2,retry-after=7", "status=502,op=history"]);
    for _ in 0..2 {
        let answer = rig.get("chats/{}/events");
        assert_eq!((answer.status, answer.header("Retry-After")), (503, Some("7")));
        assert!(answer.body.starts_with(b"<html>"));
    }
    let poll = rig.poll();
    assert!(rig.answer(poll).is_none(), "the third is held as ever");
    assert_eq!(rig.get("chats/{}/history").header("content-type"), Some("text/html"));
    rig.server.set_faults(faults(&["status=500", "errors=empty"]));
    let answer = rig.get("version");
    assert_eq!((answer.status, answer.body.len(), answer.header("content-type")), (500, 0, None));
}

#[test]
fn the_servers_own_errors_on_demand() {
    let mut rig = faulty(&["error=5602,op=close-case,times=1", "error=5001,op=request-chat"]);
    rig.agent(AgentAction::SetCase(Some("5001".to_owned())));
    assert_eq!(code(&rig.post("chats/{}/closecase", &json!({}))), (500, "5602".to_owned()));
    assert!(!rig.server.case_closed(&rig.chat));
    assert_eq!(rig.post("chats/{}/closecase", &json!({})).status, 200);
    assert_eq!(code(&rig.post("chats", &json!({}))), (503, "5001".to_owned()));
    rig.server.set_faults(faults(&["error=5001,op=poll,status=408,retry-after=7"]));
    let answer = rig.get("chats/{}/events");
    assert_eq!((code(&answer), answer.header("Retry-After")), ((408, "5001".to_owned()), Some("7")));
}

#[test]
fn requests_and_answers_get_lost() {
    let mut rig = faulty(&["lost-request=only:1,op=events", "lost-answer=only:1,op=events"]);
    let body =
        json!({ "events": [{ "event": "chat_session_message", "msg_id": "1", "msg": "x" }] }).to_string();
    let mut sent = Vec::new();
    for _ in 0..3 {
        let request = rig.client.post(&rig.path("chats/{}/events"), &body);
        let exchange = rig.send(request);
        sent.push((rig.was_cut(exchange), rig.server.stats().messages));
    }
    assert_eq!(sent, [(true, 0), (true, 1), (false, 2)], "before acting, after acting, not at all");
    assert_eq!((rig.server.stats().doubled_messages, rig.server.stats().lost_answers), (1, 2));
}

#[test]
fn a_poll_can_be_lost_after_it_was_drained() {
    let mut rig = faulty(&["lost-poll=only:2"]);
    rig.say("one");
    assert_eq!(messages(&rig.fetch()), ["one"]);
    rig.say("two");
    let lost = rig.poll();
    assert!(rig.was_cut(lost));
    rig.say("three");
    assert_eq!(messages(&rig.fetch()), ["three"]);
    assert_eq!(messages(&rig.history()), ["one", "two", "three"]);
    assert_eq!((rig.server.stats().events_lost, rig.server.stats().events_delivered), (1, 2));
}

#[test]
fn answers_hang_are_garbled_cut_and_mistyped() {
    let mut rig = faulty(&["hang=only:1,op=history"]);
    let request = rig.client.get(&rig.path("chats/{}/history"));
    let exchange = rig.send(request);
    assert!(rig.log.iter().any(|(_, output)| *output == Output::Hang { exchange }));
    assert_eq!(rig.server.stats().hung, 1);

    rig.server.set_faults(faults(&["garbage-answer=1/1,op=poll"]));
    rig.say("lost in it");
    let answer = rig.get("chats/{}/events");
    assert_eq!((answer.status, answer.json()), (200, Value::Null));
    assert_eq!(rig.server.stats().events_lost, 1);

    rig.server.set_faults(faults(&["cut-half=1/1"]));
    let answer = rig.get("chats/{}/history");
    assert_eq!(answer.cut_at, Some(answer.body.len() / 2));
    rig.server.set_faults(faults(&["wrong-type=1/1"]));
    let answer = rig.get("chats/{}/history");
    assert!(answer.header("content-type").unwrap().starts_with("text/plain"));
    assert_eq!(messages(&list(&answer.json(), "events")), ["lost in it"]);
}

#[test]
fn uploads_are_cut() {
    let mut rig = faulty(&["cut-half=1/1,op=upload", "drip=1000"]);
    let target = "/clientweb/api/v2/files?tenantUrl=x";
    let reception = rig.server.begin_upload(7, "POST", target).expect("a file");
    assert_eq!((reception.cut_at_permille, reception.bytes_per_second), (Some(500), Some(1000)));
    let request = rig.client.request("POST", "files", b"whole");
    let exchange = rig.send(request);
    assert!(rig.was_cut(exchange), "a host that did not ask is not answered");
    assert_eq!((rig.server.stats().uploads, rig.server.stats().cut_halves), (0, 2));
}

#[test]
fn answers_come_late_and_slowly() {
    let mut rig = faulty(&["answer-delay=2500,op=events", "drip=40"]);
    let request = rig.client.post(&rig.path("chats/{}/events"), "{\"events\":[]}");
    let exchange = rig.send(request);
    rig.advance(2499);
    assert!(rig.answer(exchange).is_none());
    rig.advance(1);
    assert_eq!(rig.answer(exchange).unwrap().1.bytes_per_second, Some(40));
    assert_eq!(rig.get("version").status, 200);
}

#[test]
fn posts_are_replayed() {
    let mut rig = faulty(&["replayed-post=only:1"]);
    rig.message("x:1", "twice");
    rig.message("x:2", "once");
    assert_eq!(messages(&rig.history()), ["twice", "twice", "once"]);
    assert_eq!(rig.server.stats().doubled_messages, 1);
}

#[test]
fn sessions_get_lost() {
    let mut rig = faulty(&["lost-session=only:2,op=poll"]);
    let poll = rig.poll();
    rig.advance(HOLD_MS);
    assert!(rig.events(poll).is_empty());
    assert_eq!(code(&rig.get("chats/{}/events")), (404, "5005".to_owned()));
    assert_eq!(rig.get("chats/{}/history").status, 404);

    let mut rig = Rig::chatting();
    let poll = rig.poll();
    let mut out = Vec::new();
    let chat = rig.chat.clone();
    rig.server.lose_chat(rig.now, &chat, &mut out);
    assert!(
        matches!(&out[..], [Output::Answer { exchange, response }] if *exchange == poll && response.status == 404)
    );
}

#[test]
fn caches_and_repeated_batches_deliver_twice() {
    let mut rig = faulty(&["cached-poll=1/1"]);
    rig.say("one");
    assert_eq!(messages(&rig.fetch()), ["one"], "there is nothing to repeat yet");
    rig.say("two");
    assert_eq!(messages(&rig.fetch()), ["one"]);
    assert_eq!(messages(&rig.fetch()), ["one"]);
    assert_eq!((rig.server.stats().polls_cached, rig.server.pending(&rig.chat)), (2, 1));

    let mut rig = faulty(&["repeated-batch=only:1"]);
    rig.say("one");
    assert_eq!(messages(&rig.fetch()), ["one"]);
    assert_eq!(messages(&rig.fetch()), ["one"], "at once");
    let poll = rig.poll();
    assert!(rig.answer(poll).is_none());
    assert_eq!(rig.server.stats().events_repeated, 1);
}

#[test]
fn polls_are_refused_for_nothing() {
    let mut rig = faulty(&["refused-poll=next:1", "concurrent-status=400"]);
    rig.say("waits");
    assert_eq!(code(&rig.get("chats/{}/events")), (400, "5509".to_owned()));
    assert_eq!(messages(&rig.fetch()), ["waits"]);
    assert_eq!(rig.server.stats().polls_refused, 0, "that is not the client's doing");
}

#[test]
fn idle_answers_and_holds() {
    for (form, status, body) in [
        ("array", 200, "{\"events\":[]}"),
        ("object", 200, "{}"),
        ("empty", 200, ""),
        ("5511", 400, "{\"error_code\":\"5511\",\"error_message\":\"No events\"}"),
    ] {
        let mut rig = faulty(&["no-hold", &format!("idle={form}")]);
        let answer = rig.get("chats/{}/events");
        assert_eq!((answer.status, &answer.body[..]), (status, body.as_bytes()), "{form}");
    }
    let mut rig = faulty(&["endless-hold"]);
    let poll = rig.poll();
    rig.advance(200_000);
    assert!(rig.answer(poll).is_none());
    rig.say("at last");
    assert_eq!(messages(&rig.events(poll)), ["at last"]);
}

#[test]
fn floods_and_strangers() {
    let mut rig = faulty(&["flood=10000,times=1"]);
    rig.say("in the middle of it");
    let events = rig.fetch();
    assert_eq!((events.len(), messages(&events)), (10_001, vec!["in the middle of it"]));
    rig.say("calm");
    assert_eq!(rig.fetch().len(), 1);
    let mut rig = faulty(&["strange=2"]);
    rig.agent(AgentAction::SayMany { prefix: "n".to_owned(), first: 1, last: 4, every_ms: 0 });
    assert_eq!(names(&rig.fetch()), ["message", "hologram", "message", "message", "hologram", "message"]);
    assert_eq!(rig.history().len(), 4);
}

#[test]
fn receipts_in_other_ways() {
    let mut rig = faulty(&["read-first", "doubled-receipts", "legacy-receipts"]);
    rig.agent(AgentAction::Join);
    rig.message("x:1", "hello");
    rig.agent(AgentAction::MarkDelivered(Which::All));
    rig.agent(AgentAction::MarkRead(Which::All));
    rig.say("and a word");
    let events = rig.fetch();
    let expected = [
        "status",
        "party_joined",
        "message_read",
        "message_read",
        "message_delivered",
        "message_delivered",
        "message",
    ];
    assert_eq!(names(&events), expected);
    assert_eq!((&events[2]["msg_id"], events[2].get("ref_msg_id")), (&json!("x:1"), None));
}

#[test]
fn own_events_come_back() {
    let mut rig = faulty(&["echo-own"]);
    rig.message("x:1", "hello");
    let events = rig.fetch();
    assert_eq!((messages(&events), text(&events[0], "/party_id")), (vec!["hello"], rig.chat.clone()));
}

#[test]
fn times_and_waits_in_every_form() {
    for (form, expected) in [
        ("seconds", json!("1773480400")),
        ("ms", json!("1773480400000")),
        ("number", json!(1_773_480_400)),
        ("number-ms", json!(1_773_480_400_000_u64)),
        ("fraction", json!("1773480400.000")),
        ("garbage", json!("yesterday")),
        ("absent", Value::Null),
    ] {
        let mut rig = faulty(&[&format!("times={form}")]);
        rig.say("x");
        assert_eq!(rig.fetch()[0]["timestamp"], expected, "{form}");
    }
    for (form, expected) in
        [("text", json!("42")), ("number", json!(42)), ("garbage", json!("soon")), ("absent", Value::Null)]
    {
        let mut rig = faulty(&[&format!("ewt={form}")]);
        rig.agent(AgentAction::Status { state: "queued".to_owned(), ewt: Some(42) });
        assert_eq!(rig.fetch()[0]["ewt"], expected, "{form}");
        assert_eq!(rig.get("chats/active").json()["ewt"], expected, "{form}");
    }
    let mut rig = faulty(&["clock-skew=-3600000"]);
    rig.say("x");
    assert_eq!(rig.fetch()[0]["timestamp"], "1773476800");
}

#[test]
fn words_and_numbers_change_places() {
    let mut rig = faulty(&["word-booleans", "number-forms", "misspelt", "closed-word=unavailable"]);
    assert_eq!(rig.post("chats", &json!({})).json()["is_new_chat"], "false");
    rig.agent(AgentAction::Form { name: "Survey".to_owned(), timeout_s: 120 });
    rig.agent(AgentAction::InactivityTimeout);
    let events = rig.fetch();
    assert_eq!((&events[0]["form_request_id"], &events[0]["form_timeout"]), (&json!(1), &json!(120)));
    assert_eq!(events[1]["event"], "chat_session_inactvity_timeout");
    rig.server.config_mut().tenants[0].entries[0].open = false;
    assert_eq!(rig.get("availability").json()["chat"], "unavailable");
}

#[test]
fn members_are_left_out() {
    let mut rig = faulty(&["omit=party_id", "omit=msg_id", "omit=timestamp"]);
    rig.say("bare");
    assert_eq!(rig.fetch()[0].as_object().unwrap().keys().collect::<Vec<_>>(), ["event", "msg", "msg_text"]);
}

#[test]
fn files_are_not_ready_at_once() {
    let mut rig = faulty(&["file-delay=700"]);
    let body = "--B\r\nContent-Disposition: form-data; name=\"f\"\r\n\r\nx\r\n--B--";
    let mut request = rig.client.request("POST", "files", body.as_bytes());
    request.headers.push(("content-type".to_owned(), String::new()));
    request.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("content-type"));
    request.headers.push(("Content-Type".to_owned(), "multipart/form-data; boundary=B".to_owned()));
    let answer = rig.call(request).json();
    assert_eq!(answer.get("file_name"), None);
    let path = format!("chats/{{}}/files/{}", text(&answer, "/file_id"));
    assert_eq!(rig.get(&path).status, 404);
    rig.advance(700);
    assert_eq!(rig.get(&path).status, 200);
}

#[test]
fn every_malformed_body_can_be_sent() {
    let folder = format!("{}/fixtures/bright-pattern/malformed", env!("CARGO_MANIFEST_DIR"));
    assert_eq!(malformed_names().count(), 39);
    for name in malformed_names() {
        let bytes = std::fs::read(format!("{folder}/{name}.txt")).unwrap();
        let mut rig = faulty(&[&format!("malformed={name}"), "no-hold"]);
        let answer = match name {
            _ if name.starts_with("request-chat") => rig.post("chats", &json!({})),
            _ if name.starts_with("case-history") => {
                rig.agent(AgentAction::SetCase(Some("5001".to_owned())));
                rig.get("chats/{}/casehistory")
            }
            _ if name.starts_with("iceservers") => rig.get("iceservers"),
            _ => rig.get("chats/{}/events"),
        };
        assert_eq!(answer.body, bytes, "{name}");
        assert_eq!(answer.status, if name.starts_with("error") { 404 } else { 200 }, "{name}");
        assert_eq!(rig.server.stats().malformed, 1);
    }
    let mut rig = faulty(&["malformed=all,op=history,chance=1/2"]);
    let bodies: Vec<_> = (0..4).map(|_| rig.get("chats/{}/history").body).collect();
    assert_eq!(bodies[0], bodies[2], "every other answer is as ever");
    assert_ne!(bodies[1], bodies[3], "and the malformed ones take turns");
}

#[test]
fn a_malformed_poll_loses_its_events() {
    let mut rig = faulty(&["malformed=truncated-events,chance=next:1"]);
    rig.say("lost");
    assert_eq!(rig.get("chats/{}/events").json(), Value::Null);
    rig.say("found");
    assert_eq!(messages(&rig.fetch()), ["found"]);
    assert_eq!(messages(&rig.history()), ["lost", "found"]);
    assert_eq!(rig.server.stats().events_lost, 1);
}

#[test]
fn what_is_no_fault_is_told() {
    for text in [
        "nonsense",
        "status=200",
        "status=teapot",
        "error=4711",
        "error=5005,op=nowhere",
        "error=5005,status=200",
        "errors=shout",
        "idle=yes",
        "lost-poll=1001",
        "lost-poll",
        "no-hold=1",
        "malformed=elsewhere",
        "malformed=null,chance=often",
        "flood=many",
        "flood=1,twice",
        "times=later",
        "ewt=long",
        "answer-delay=9..1",
        "answer-delay=1,times=2",
        "omit",
        "drip=fast",
        "concurrent-status=200",
        "cut-half=next:x",
        "lost-request=1/2,op",
    ] {
        let told = Faults::default().set(text).expect_err(text).to_string();
        assert!(told.contains(text.split('=').next().unwrap()), "{told}");
    }
    let told = Faults::default().set("malformed=elsewhere").unwrap_err().to_string();
    assert!(told.contains("truncated-events"), "it lists what there is: {told}");
}

#[test]
fn every_switch_is_in_the_help() {
    for name in [
        "status",
        "error",
        "errors",
        "lost-request",
        "lost-answer",
        "lost-poll",
        "hang",
        "garbage-answer",
        "cut-half",
        "wrong-type",
        "malformed",
        "answer-delay",
        "drip",
        "replayed-post",
        "lost-session",
        "cached-poll",
        "repeated-batch",
        "refused-poll",
        "concurrent-status",
        "idle",
        "no-hold",
        "endless-hold",
        "flood",
        "strange",
        "read-first",
        "doubled-receipts",
        "legacy-receipts",
        "echo-own",
        "times",
        "ewt",
        "word-booleans",
        "number-forms",
        "omit",
        "misspelt",
        "closed-word",
        "file-delay",
        "clock-skew",
    ] {
        let told = FAULT_HELP.lines().any(|line| {
            let word = line.trim_start().split(['=', ' ', '[']).next();
            word == Some(name)
        });
        assert!(told, "{name}");
    }
    let mut rig = Rig::new(ServerConfig::default());
    rig.input(Input::SocketRequested { socket: 9, target: "/".to_owned() });
    assert_eq!(rig.log[0].1, Output::RefuseSocket { socket: 9, status: 404 }, "there is no socket to fault");
}
