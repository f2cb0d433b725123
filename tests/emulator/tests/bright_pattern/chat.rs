//! A chat from its request to its end.

use helpline_emulator::bright_pattern::{
    AgentAction, AgentScript, Party, ReceiptKind, Rule, ServerConfig, Trigger, Which,
};
use serde_json::{Value, json};

use crate::rig::{Rig, code, messages, names, text};

#[test]
fn a_chat_is_requested_once_a_client() {
    let mut rig = Rig::new(ServerConfig::default());
    let body = json!({
        "phone_number": "12345", "from": "Dana Reyes", "parameters": { "email": "dana@example.com" },
    });
    let first = rig.post("chats", &body).json();
    assert_eq!(first["is_new_chat"], true);
    assert_eq!((&first["state"], &first["ewt"]), (&json!("ivr"), &json!("0")));
    assert_eq!(first["phone_number"], "12345");
    let chat = text(&first, "/chat_id");
    let request = rig.server.request_of(&chat).unwrap().clone();
    assert_eq!(request.from.as_deref(), Some("Dana Reyes"));
    assert_eq!(request.parameters["email"], "dana@example.com");

    let again = rig.post("chats", &body).json();
    assert_eq!((&again["chat_id"], &again["is_new_chat"]), (&first["chat_id"], &json!(false)));
    let active = rig.get("chats/active").json();
    assert_eq!(active["chat_id"], first["chat_id"]);
    assert_eq!(active.get("is_new_chat"), None);

    rig.client.client_id = "another".to_owned();
    assert_eq!(code(&rig.get("chats/active")), (404, "5005".to_owned()));
    let other = rig.post("chats", &json!({ "from": "B", "parameters": {} })).json();
    assert_ne!(other["chat_id"], first["chat_id"]);
    assert_eq!(other.get("phone_number"), None, "what was not told is not told back");
    assert_eq!(rig.server.chat_of_client("another"), other["chat_id"].as_str());
    assert_eq!(rig.server.chat_ids().count(), 2);
    assert_eq!((rig.server.stats().chats_started, rig.server.stats().chats_resumed), (2, 1));
}

#[test]
fn nobody_reads_the_chat_of_another_client() {
    let mut rig = Rig::chatting();
    rig.client.client_id = "thief".to_owned();
    for path in ["chats/{}/events", "chats/{}/history", "chats/{}/casehistory", "chats/{}/chaticon"] {
        assert_eq!(code(&rig.get(path)), (404, "5005".to_owned()), "{path}");
    }
    assert_eq!(code(&rig.post("chats/{}/events", &json!({ "events": [] }))), (404, "5005".to_owned()));
}

#[test]
fn messages_go_both_ways() {
    let mut rig = Rig::chatting();
    let agent = rig.agent_id();
    rig.message("x:1", "Hello,<br>is &quot;anybody&quot; there?");
    rig.say("1 < 2\n& so on");
    let events = rig.fetch();
    assert_eq!(names(&events), ["message"], "one's own message does not come back");
    assert_eq!(events[0]["msg"], "1 &lt; 2<br>&amp; so on");
    assert_eq!(events[0]["msg_text"], "1 < 2\n& so on");
    assert_eq!(events[0]["party_id"], agent.as_str());

    let history = rig.history();
    assert_eq!(names(&history), ["status", "party_joined", "message", "message"]);
    assert_eq!(history[2]["party_id"], rig.chat.as_str());
    assert_eq!(history[2]["msg_id"], "x:1");
    assert_eq!(history[2]["timestamp"], "1773480400");
    let truth = rig.server.transcript(&rig.chat);
    let said: Vec<_> = truth.iter().map(|entry| (entry.by, entry.text.as_deref())).collect();
    assert_eq!(said[2], (Party::Customer, Some("Hello,\nis \"anybody\" there?")));
    assert_eq!(said[3], (Party::Agent, Some("1 < 2\n& so on")));
}

#[test]
fn a_message_sent_twice_is_there_twice() {
    let mut rig = Rig::chatting();
    rig.message("x:1", "once");
    rig.message("x:1", "once");
    rig.message("null", "android");
    rig.message("null", "android");
    assert_eq!(messages(&rig.history()), ["once", "once", "android", "android"]);
    assert_eq!((rig.server.stats().messages, rig.server.stats().doubled_messages), (4, 1));
}

#[test]
fn typing_is_seen_and_not_kept() {
    let mut rig = Rig::chatting();
    rig.post_events(json!([{ "event": "chat_session_typing", "msg": "Hel" }]));
    rig.post_events(json!([{ "event": "chat_session_typing", "party_id": null }]));
    rig.post_events(json!([{ "event": "chat_session_not_typing" }]));
    let stats = rig.server.stats();
    assert_eq!((stats.typing, stats.not_typing, stats.preview.as_deref()), (2, 1, Some("Hel")));
    rig.agent(AgentAction::Typing);
    rig.agent(AgentAction::NotTyping);
    let events = rig.fetch();
    assert_eq!(names(&events), ["typing", "not_typing"]);
    assert_eq!(events[0]["party_id"], events[1]["party_id"]);
    assert!(rig.history().is_empty());
}

#[test]
fn receipts_of_the_agent_follow_a_message_by_the_script() {
    let script = AgentScript {
        join_after_ms: Some(0),
        delivered_after_ms: Some(300),
        read_after_ms: Some(800),
        ..AgentScript::silent()
    };
    let mut rig = Rig::chatting_with(script);
    let agent = text(&rig.fetch()[1], "/party_id");
    rig.message("x:1", "hello");
    let poll = rig.poll();
    rig.advance(299);
    assert!(rig.answer(poll).is_none());
    rig.advance(1);
    let events = rig.events(poll);
    assert_eq!(names(&events), ["message_delivered"]);
    assert_eq!((text(&events[0], "/ref_msg_id"), text(&events[0], "/party_id")), ("x:1".to_owned(), agent));
    rig.advance(500);
    assert_eq!(names(&rig.fetch()), ["message_read"]);

    rig.agent(AgentAction::MarkRead(Which::Ids(vec!["strange".to_owned()])));
    assert_eq!(rig.fetch()[0]["ref_msg_id"], "strange");
}

#[test]
fn receipts_of_the_customer_are_recorded() {
    let mut rig = Rig::chatting();
    rig.post_events(json!([
        { "event": "chat_session_message_delivered", "ref_msg_id": "A-1" },
        { "event": "chat_session_message_read", "ref_msg_id": "A-1", "party_id": null },
        { "event": "chat_session_message_delivered", "msg_id": "A-2" },
    ]));
    let seen: Vec<_> =
        rig.server.stats().receipts.iter().map(|seen| (seen.kind, seen.message_id.as_str())).collect();
    assert_eq!(
        seen,
        [(ReceiptKind::Delivered, "A-1"), (ReceiptKind::Read, "A-1"), (ReceiptKind::Delivered, "A-2")]
    );
    let history = rig.history();
    assert_eq!(history[1]["party_id"], rig.chat.as_str());
}

#[test]
fn a_transfer_brings_another_agent() {
    let mut rig = Rig::chatting();
    let first = rig.agent_id();
    rig.message("x:1", "hello");
    rig.agent(AgentAction::MarkDelivered(Which::All));
    rig.agent(AgentAction::Transfer);
    rig.agent(AgentAction::MarkDelivered(Which::Every));
    rig.agent(AgentAction::MarkRead(Which::Every));
    let events = rig.fetch();
    let expected = ["message_delivered", "party_joined", "party_left", "message_delivered", "message_read"];
    assert_eq!(names(&events), expected);
    assert_eq!(events[2]["party_id"], first.as_str());
    assert_eq!(events[1]["display_name"], "Lea Kim");
    assert_eq!(events[3]["party_id"], events[1]["party_id"]);
    assert_ne!(events[1]["party_id"], first.as_str());
    rig.agent(AgentAction::Leave);
    rig.agent(AgentAction::OtherJoin { kind: "msteams".to_owned(), name: "Lea Kim".to_owned() });
    rig.agent(AgentAction::OtherLeave);
    let events = rig.fetch();
    assert_eq!(names(&events), ["party_left", "party_joined", "party_left"]);
    assert_eq!((&events[1]["type"], &events[1]["party_id"]), (&json!("msteams"), &events[2]["party_id"]));
}

#[test]
fn disconnecting_keeps_the_session_and_ending_ends_it() {
    let survey = AgentAction::Form { name: "Survey".to_owned(), timeout_s: 120 };
    let script = AgentScript::silent()
        .with_rule(Rule::once(Trigger::Disconnected, vec![(10, survey)]))
        .with_rule(Rule::once(Trigger::Form, vec![(0, AgentAction::BotSay("Good bye".to_owned()))]));
    let mut rig = Rig::chatting_with(script);
    rig.agent_id();
    rig.post_events(json!([{ "event": "chat_session_disconnect" }]));
    rig.advance(10);
    let events = rig.fetch();
    assert_eq!(names(&events), ["party_left", "form_show"]);
    let id = text(&events[1], "/form_request_id");
    rig.post_events(json!([{
        "event": "chat_session_form_data", "form_request_id": id, "form_name": "Survey",
        "data": { "rating": "5" },
    }]));
    rig.advance(0);
    assert_eq!(messages(&rig.fetch()), ["Good bye"]);
    let form = &rig.server.stats().forms[0];
    assert_eq!((form.name.as_str(), &form.data["rating"]), ("Survey", &json!("5")));

    rig.post_events(json!([{ "event": "chat_session_end" }, { "event": "chat_session_typing" }]));
    assert_eq!(rig.server.stats().typing, 0, "nothing is heard behind the end");
    assert_eq!(rig.server.has_ended(&rig.chat), Some(true));
    assert_eq!(names(&rig.fetch()), ["ended"], "what was told before the end is still fetched");
    for path in ["chats/{}/events", "chats/{}/history"] {
        assert_eq!(code(&rig.get(path)), (404, "5005".to_owned()), "{path}");
    }
    let old = rig.chat.clone();
    assert_eq!(rig.start()["is_new_chat"], true);
    assert_ne!(rig.chat, old);
}

#[test]
fn the_history_can_outlive_the_chat() {
    let config = ServerConfig { history_after_end_ms: 1000, ..ServerConfig::default() };
    let mut rig = Rig::chatting_at(config);
    rig.say("Good bye");
    rig.agent(AgentAction::End);
    rig.advance(999);
    assert_eq!(names(&rig.history()), ["message", "party_left", "ended"]);
    rig.advance(1);
    assert_eq!(rig.get("chats/{}/history").status, 404);
}

#[test]
fn states_that_end_a_chat() {
    for state in ["failed", "completed"] {
        let mut rig = Rig::chatting();
        rig.agent(AgentAction::Status { state: state.to_owned(), ewt: Some(0) });
        rig.say("too late");
        let events = rig.fetch();
        assert_eq!(names(&events), ["status"]);
        assert_eq!(events[0]["state"], state);
        assert_eq!(rig.get("chats/{}/events").status, 404);
    }
}

#[test]
fn forms_and_secure_forms() {
    let mut rig = Rig::chatting();
    rig.agent(AgentAction::Form { name: String::new(), timeout_s: 60 });
    rig.agent(AgentAction::SecureForm { form_id: "card-details".to_owned() });
    rig.agent(AgentAction::SecureForm { form_id: "pin".to_owned() });
    rig.agent(AgentAction::CancelSecureForm);
    let events = rig.fetch();
    assert_eq!(names(&events), ["form_show", "secure_form_show", "secure_form_show", "secure_form_cancel"]);
    assert_eq!(events[2]["form_request_id"], events[3]["form_request_id"]);
    rig.post_events(json!([
        { "event": "chat_form_data_cancel", "form_request_id": "1", "form_name": "" },
        { "event": "chat_session_secure_form_data", "form_request_id": "2", "form_name": "card-details",
          "data": { "card_number": "4111111111111111" } },
        { "event": "chat_session_secure_form_cancel", "form_request_id": "3" },
    ]));
    let stats = rig.server.stats();
    assert_eq!((stats.secure_forms, stats.forms_cancelled, stats.forms.len()), (1, 2, 0));
    let kept = Value::from(rig.history()).to_string();
    assert!(kept.contains("secure_form_data") && !kept.contains("4111"), "{kept}");
    assert!(!format!("{:?}", rig.server).contains("4111"));
}

#[test]
fn everything_else_that_an_agent_does() {
    let mut rig = Rig::chatting();
    for action in [
        AgentAction::Info,
        AgentAction::BotJoin,
        AgentAction::BotSay("Is this about an order? /buttons [Yes] [No]".to_owned()),
        AgentAction::BotLeave,
        AgentAction::SayHtml("See <b>this</b>".to_owned()),
        AgentAction::Edit("See that".to_owned()),
        AgentAction::Delete,
        AgentAction::Card("Order A-1".to_owned()),
        AgentAction::SendUrl("https://cdn.acme.example/doc/terms.pdf".to_owned()),
        AgentAction::Cobrowsing("requested".to_owned()),
        AgentAction::Cobrowsing("started".to_owned()),
        AgentAction::Raw(json!({ "event": "chat_session_hologram", "x": 1 })),
        AgentAction::SayMany { prefix: "n".to_owned(), first: 1, last: 3, every_ms: 0 },
    ] {
        rig.agent(action);
    }
    let events = rig.fetch();
    let expected = [
        "info",
        "party_joined",
        "message",
        "party_left",
        "message",
        "message_edit",
        "message_delete",
        "message",
        "file_url",
        "cobrowsing_requested",
        "cobrowsing_started",
        "hologram",
        "message",
        "message",
        "message",
    ];
    assert_eq!(names(&events), expected);
    assert_eq!(events[4]["msg_text"], "See this");
    assert_eq!(events[5]["ref_msg_id"], events[4]["msg_id"]);
    assert_eq!(events[6]["ref_msg_id"], events[4]["msg_id"]);
    assert_eq!(events[11], json!({ "event": "chat_session_hologram", "x": 1 }));
    rig.agent(AgentAction::SayMany { prefix: "slow".to_owned(), first: 1, last: 3, every_ms: 100 });
    assert_eq!(messages(&rig.fetch()), ["slow 1"]);
    rig.advance(200);
    assert_eq!(messages(&rig.fetch()), ["slow 2", "slow 3"]);
}

#[test]
fn events_that_the_server_does_not_know_are_kept() {
    let mut rig = Rig::chatting();
    rig.post_events(json!([
        { "event": "chat_session_navigation", "msg_id": "13", "title": "Basket", "page": "https://a.example/b" },
        { "event": "chat_session_cobrowsing_rejected" },
        { "event": "chat_session_location", "latitude": 52.37, "longitude": 4.89, "msg_id": "9" },
        { "event": "something_new", "x": 1 },
    ]));
    let history = rig.history();
    assert_eq!(names(&history), ["navigation", "cobrowsing_rejected", "location", "something_new"]);
    assert_eq!(rig.server.stats().unknown_events, 1);
}

#[test]
fn the_first_message_can_come_with_the_request() {
    let mut rig = Rig::new(ServerConfig::with_script(AgentScript::echo()));
    let message = json!({ "event": "chat_session_message", "msg": "my parcel is stuck", "msg_id": "1" });
    let answer = rig.post("chats", &json!({ "from": "Dana", "initial_message": message }));
    rig.chat = text(&answer.json(), "/chat_id");
    rig.advance(0);
    assert_eq!(messages(&rig.fetch()), ["echo: my parcel is stuck"]);
    let first = &rig.history()[0];
    assert_eq!((&first["msg"], first.get("party_id")), (&json!("my parcel is stuck"), None));
}

#[test]
fn the_demo_knows_its_words() {
    let mut rig = Rig::chatting_with(AgentScript::demo());
    rig.advance(5000);
    let start = rig.fetch();
    let expected =
        ["info", "party_joined", "message", "status", "status", "status", "party_joined", "message"];
    assert_eq!(names(&start), expected);
    for (word, event) in [
        ("buttons", "message"),
        ("card", "message"),
        ("form", "form_show"),
        ("survey", "form_show"),
        ("where", "form_show"),
        ("secure", "secure_form_show"),
        ("file", "file"),
        ("link", "file_url"),
        ("place", "location"),
        ("typing", "not_typing"),
        ("edit", "message_edit"),
        ("delete", "message_delete"),
        ("transfer", "party_left"),
        ("case", "case_set"),
        ("queue", "status"),
        ("call", "signaling"),
        ("browse", "cobrowsing_requested"),
        ("html", "message"),
        ("history", "message"),
        ("help", "message"),
        ("anything at all", "message"),
    ] {
        rig.message(&format!("id-{word}"), word);
        rig.advance(6000);
        let events = rig.fetch();
        let found = names(&events);
        assert!(found.contains(&event), "{word}: {found:?}");
        assert!(found.contains(&"message_read"), "{word}: {found:?}");
    }
    rig.message("id-bye", "Bye!");
    rig.advance(6000);
    assert_eq!(rig.fetch().last().unwrap()["event"], "chat_session_ended");
}
