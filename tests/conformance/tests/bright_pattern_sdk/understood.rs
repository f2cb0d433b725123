//! P15: what is sent is understood by the service as what was meant, whatever it says.

use helpline_emulator::bright_pattern::Operation;
use helpline_protocol::bright_pattern::{Coordinates, Request};
use helpline_protocol::model::OutgoingContent;
use helpline_protocol::{Command, CommandResult};
use serde_json::Value;

use super::stage::{Stage, live};

/// Texts that would hurt where somebody forgets to escape.
const TEXTS: [&str; 8] = [
    "plain",
    "a < b && c > d",
    "\"quotes\" and 'apostrophes'",
    "line\nline\n\nline",
    "</p><script>alert(1)</script>",
    "&amp; is written &amp;amp;",
    "\u{1F600} \u{0} \u{7f} \u{2028}",
    "{\"event\":\"chat_session_end\"}",
];

fn newest(stage: &Stage, name: &str) -> Value {
    let chat = stage.chat();
    let entries = stage.server.transcript(&chat);
    let entry = entries.iter().rev().find(|entry| entry.event == name).expect("the event");
    serde_json::from_str(&entry.json).expect("JSON")
}

#[test]
fn p15_messages_are_understood_as_what_was_said() {
    let mut stage = live();
    for text in TEXTS {
        let result = stage.run(Command::send_text(text));
        assert!(matches!(result, CommandResult::Sent { .. }), "{text:?}: {result:?}");
        let chat = stage.chat();
        let entries = stage.server.transcript(&chat);
        let heard =
            entries.iter().rev().find(|entry| entry.event == "chat_session_message").expect("a message");
        assert_eq!(heard.text.as_deref(), Some(text));
        let event = newest(&stage, "chat_session_message");
        assert_eq!(event["msg_text"], text);
        assert!(!event["msg"].as_str().expect("HTML").contains("<script"), "{event}");
    }
    assert_eq!(stage.server.stats().messages, TEXTS.len() as u64);
    assert_eq!(stage.server.stats().doubled_messages, 0);
    // And they come back as they were.
    let shown: Vec<_> = stage.items().into_iter().filter_map(|item| item.body.text()).collect();
    assert_eq!(shown, TEXTS);
    let again = stage.again(super::stage::config());
    let shown: Vec<_> = again.items().into_iter().filter_map(|item| item.body.text()).collect();
    assert_eq!(shown, TEXTS);
}

#[test]
fn p15_what_only_this_service_has_is_understood_too() {
    let mut stage = live();
    for text in TEXTS {
        assert_eq!(stage.ask(Request::TypingPreview { text: text.to_owned() }), CommandResult::Done);
        assert_eq!(stage.server.stats().preview.as_deref(), Some(text));
        let page =
            Request::SendNavigation { title: text.to_owned(), page: "https://shop.example/".to_owned() };
        assert_eq!(stage.ask(page), CommandResult::Done);
        assert_eq!(newest(&stage, "chat_session_navigation")["title"], text);
        let place = Coordinates { latitude: text.to_owned(), longitude: "4.89".to_owned() };
        assert_eq!(stage.ask(Request::SendLocation { place, url: None }), CommandResult::Done);
        assert_eq!(newest(&stage, "chat_session_location")["latitude"], text);
    }
    assert_eq!(stage.server.stats().unknown_events, 0);
    assert_eq!(stage.server.stats().errors.len(), 0, "{:?}", stage.server.stats().errors);
}

#[test]
fn p15_html_goes_out_as_it_is() {
    let mut stage = live();
    let html = "<b>Urgent</b> &amp; <i>new</i>";
    let content = OutgoingContent::Html { html: html.to_owned() };
    stage.run(Command::SendMessage { conversation: None, content });
    assert_eq!(newest(&stage, "chat_session_message")["msg"], html);
    assert_eq!(stage.calls(Operation::SendEvents), 1);
}
