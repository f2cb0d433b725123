//! Events of the server have the members that the dossier's have.

use bytes::Bytes;
use helpline_emulator::bright_pattern::{AgentAction, CallSignal, ServerConfig, Which};
use serde_json::Value;

use crate::rig::{Rig, fixture, members};

fn made(action: AgentAction) -> Value {
    let config = ServerConfig {
        chat_ids: vec!["4d2f6a1e-9c3b-4e57-8a10-6b7f0c2d9e35".to_owned()],
        ..Default::default()
    };
    let mut rig = Rig::chatting_at(config);
    rig.agent(AgentAction::Join);
    rig.message("4d2f6a1e-9c3b-4e57-8a10-6b7f0c2d9e35:1", "Thanks!");
    rig.fetch();
    rig.agent(action);
    rig.fetch().pop().expect("an event")
}

/// Members that the dossier's example leaves out, though its table has them.
fn without(mut event: Value, names: &[&str]) -> Value {
    for name in names {
        assert!(event.as_object_mut().unwrap().remove(*name).is_some(), "{name} in {event}");
    }
    event
}

#[track_caller]
fn same(action: AgentAction, name: &str, more: &[&str]) {
    let found = without(made(action), more);
    let expected = fixture(&format!("events/server/{name}.json"));
    assert_eq!(members(&found), members(&expected), "{name}: {found}");
    assert_eq!(found["event"], expected["event"]);
}

fn status(state: &str) -> AgentAction {
    AgentAction::Status { state: state.to_owned(), ewt: Some(42) }
}

#[test]
fn states_and_parties() {
    for state in ["queued", "connecting", "connected", "ivr", "failed", "completed"] {
        same(status(state), &format!("status-{state}"), &[]);
    }
    same(AgentAction::Info, "session-info", &[]);
    same(AgentAction::BotJoin, "party-joined-scenario", &[]);
    same(AgentAction::Join, "party-joined-internal", &[]);
    same(AgentAction::Leave, "party-left", &[]);
    let (kind, name) = ("msteams".to_owned(), "Lea Kim".to_owned());
    same(AgentAction::OtherJoin { kind, name }, "party-joined-msteams", &[]);
    same(AgentAction::End, "ended", &[]);
    same(AgentAction::Warn, "timeout-warning", &[]);
    same(AgentAction::InactivityTimeout, "inactivity-timeout", &[]);
    same(AgentAction::SetCase(Some("5001".to_owned())), "case-set", &[]);
    same(AgentAction::SetCase(None), "case-cleared", &[]);
}

#[test]
fn messages_and_receipts() {
    same(AgentAction::Say("Hello".to_owned()), "message-html-and-text", &[]);
    same(AgentAction::SayHtml("<b>Hello</b>".to_owned()), "message-html-and-text", &[]);
    same(AgentAction::BotSay("Yes? /buttons [Yes] [No]".to_owned()), "message-directive-buttons", &[]);
    same(AgentAction::Card("Order".to_owned()), "message-attachments", &[]);
    same(AgentAction::MarkDelivered(Which::All), "message-delivered", &[]);
    same(AgentAction::MarkRead(Which::All), "message-read", &[]);
    same(AgentAction::Typing, "typing", &[]);
    same(AgentAction::NotTyping, "not-typing", &[]);
}

#[test]
fn files_places_forms_and_browsing() {
    let file = |name: &str, content_type: &str| AgentAction::SendFile {
        name: name.to_owned(),
        content_type: content_type.to_owned(),
        bytes: Bytes::from_static(b"x"),
    };
    same(file("a.jpg", "image/jpeg"), "file-image", &[]);
    same(file("a.pdf", "application/pdf"), "file-attachment", &[]);
    same(AgentAction::SendUrl("https://cdn.acme.example/a.pdf".to_owned()), "file-url", &[]);
    let place = |url: Option<&str>| AgentAction::Location {
        latitude: "52.370216".to_owned(),
        longitude: "4.895168".to_owned(),
        url: url.map(str::to_owned),
    };
    same(place(Some("https://maps.example/?q=52.37,4.89")), "location", &[]);
    same(AgentAction::Form { name: "Survey".to_owned(), timeout_s: 120 }, "form-show", &[]);
    // The widget does not need the channel, Android does.
    same(AgentAction::Form { name: String::new(), timeout_s: 60 }, "form-show-text-input", &["channel"]);
    same(AgentAction::SecureForm { form_id: "card-details".to_owned() }, "secure-form-show", &[]);
    same(AgentAction::Cobrowsing("requested".to_owned()), "cobrowsing-requested", &[]);
}

#[test]
fn signalling() {
    for (signal, name) in [
        (CallSignal::Offer { video: true, word: false }, "offer-call"),
        (CallSignal::Offer { video: false, word: true }, "offer-call-string-bool"),
        (CallSignal::Answer, "answer-call"),
        (CallSignal::Reject, "call-rejected"),
        (CallSignal::Candidate { number: false }, "ice-candidate"),
        (CallSignal::Candidate { number: true }, "ice-candidate-int"),
        (CallSignal::State { audio: true, video: false }, "call-state"),
        (CallSignal::End, "end-call"),
        (
            CallSignal::Raw(fixture("events/server/signaling-unknown-type.json")["data"].clone()),
            "unknown-type",
        ),
    ] {
        let found = made(AgentAction::Signal(signal));
        let expected = fixture(&format!("events/server/signaling-{name}.json"));
        assert_eq!(members(&found), members(&expected), "{name}");
        assert_eq!(members(&found["data"]), members(&expected["data"]), "{name}");
        assert_eq!(found["data"]["type"], expected["data"]["type"], "{name}");
    }
}

#[test]
fn a_message_of_ones_own_comes_back_from_the_history_as_it_was_sent() {
    for name in [
        "message-ios-text",
        "message-ios-html",
        "message-docs",
        "message-android",
        "message-web",
        "message-web-directive",
        "message-web-cobrowsing",
        "file-web",
        "file-android",
        "location",
        "location-web",
        "navigation",
        "form-data",
        "form-data-location",
        "form-data-cancel",
        "cobrowsing-started",
    ] {
        let sent = fixture(&format!("events/client/{name}.json"));
        let mut rig = Rig::chatting();
        rig.post_events(Value::from(vec![sent.clone()]));
        let mut kept = rig.history().pop().expect("an event");
        let kept = kept.as_object_mut().unwrap();
        assert_eq!(kept.remove("party_id"), Some(rig.chat.as_str().into()), "{name}");
        assert_eq!(kept.remove("timestamp"), Some("1773480400".into()), "{name}");
        let mut sent = sent;
        sent.as_object_mut().unwrap().remove("party_id");
        assert_eq!(Value::Object(kept.clone()), sent, "{name}");
    }
}

#[test]
fn any_event_of_the_dossier_can_be_sent_as_it_stands() {
    let folder = format!("{}/fixtures/bright-pattern/events/server", env!("CARGO_MANIFEST_DIR"));
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().replace(".json", ""))
        .collect();
    names.sort();
    assert_eq!(names.len(), 76);
    let mut rig = Rig::chatting();
    for name in names {
        let event = fixture(&format!("events/server/{name}.json"));
        rig.agent(AgentAction::Raw(event.clone()));
        assert_eq!(rig.fetch(), [event.clone()], "{name}");
        assert_eq!(rig.history().pop(), Some(event), "{name}");
    }
}
