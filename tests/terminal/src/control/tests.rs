use helpline_protocol::model::{Choice, Origin, ReceiptSettings, SinkKey};
use helpline_protocol::{CommandError, CommandId};

use super::*;
use crate::app::files::Wanted;
use crate::app::tests::{Story, at, key_of};
use crate::commands::parse;

fn control() -> Control {
    Control::new(Clock::utc(), true)
}

fn commands(control: &mut Control) -> Vec<Command> {
    let command = |order| match order {
        Order::Command(command) => Some(command),
        Order::Network(_) | Order::Cut(_) | Order::Attach(_) | Order::Save(_) => None,
    };
    control.take_orders().into_iter().filter_map(command).collect()
}

fn with_question() -> Story {
    let mut story = Story::new();
    let asks = serde_json::json!({ "kind": "interactive", "interactive": { "template": {
        "type": "list_picker", "heading": { "title": "Which?" }, "elements": [
            { "title": "One" }, { "title": "Two" },
            { "title": "More", "action": { "type": "open", "url": "https://shop.example/" } } ] } } });
    story.add(story.item(1, "incoming", asks), Origin::Live);
    story
}

#[test]
fn a_key_answers_the_question() {
    let (mut control, mut story) = (control(), with_question());
    assert!(!control.press(&mut story.app, '4'));
    assert!(control.press(&mut story.app, '2'));
    let choice = Choice::Element { index: 1 };
    assert_eq!(commands(&mut control), [Command::Answer { message: key_of(1), choice }]);
    assert_eq!(story.app.answer(key_of(1)), Some("Two"));
    assert!(!control.press(&mut story.app, '2'), "answered once");
}

#[test]
fn a_link_is_shown_and_not_sent() {
    let (mut control, mut story) = (control(), with_question());
    assert!(control.press(&mut story.app, '3'));
    assert_eq!(commands(&mut control), []);
    assert!(story.app.flash.as_deref().unwrap().contains("https://shop.example/"));
}

#[test]
fn a_refused_answer_can_be_given_again() {
    let (mut control, mut story) = (control(), with_question());
    control.press(&mut story.app, '1');
    let command = commands(&mut control).remove(0);
    let report = Report { command, result: Err(ChatError::Refused(CommandError::NotConnected)) };
    control.report(&mut story.app, report, at(0));
    assert_eq!(story.app.question().map(|item| item.key), Some(key_of(1)));
    assert_eq!(story.app.flash.as_deref(), Some("The session is not connected: send `connect` first"));
}

#[test]
fn a_refused_text_comes_back() {
    let (mut control, mut story) = (control(), Story::new());
    control.line(&mut story.app, parse("hello"));
    let command = commands(&mut control).remove(0);
    assert!(!control.is_settled(&story.app));
    let report = Report { command, result: Err(ChatError::Refused(CommandError::Empty)) };
    assert_eq!(control.report(&mut story.app, report, at(0)), (vec![], Some("hello".to_owned())));
    assert!(control.is_settled(&story.app));
}

#[test]
fn going_with_messages_unsent_takes_two_words() {
    let (mut control, mut story) = (control(), Story::new());
    let mut own = story.text(1, "outgoing", "hi");
    own.status = Some(DeliveryStatus::Queued);
    story.add(own, Origin::Local);
    assert_eq!(control.line(&mut story.app, parse("/quit")), Wish::Nothing);
    let says = "1 message has not been sent yet: /quit again goes anyway";
    assert_eq!(story.app.flash.as_deref(), Some(says));
    assert_eq!(control.line(&mut story.app, parse("/quit")), Wish::Quit);
    control.line(&mut story.app, parse("/end"));
    control.line(&mut story.app, parse("one more thing"));
    control.line(&mut story.app, parse("/end"));
    assert_eq!(commands(&mut control), [Command::send_text("one more thing")], "another line takes it back");
}

#[test]
fn resend_finds_what_failed() {
    let (mut control, mut story) = (control(), Story::new());
    control.line(&mut story.app, parse("/resend"));
    assert_eq!(story.app.flash.as_deref(), Some("Nothing has failed: there is nothing to send again"));
    let mut own = story.text(4, "outgoing", "hi");
    own.status =
        serde_json::from_str(r#"{"state":"failed","failure":{"by":"transport","fault":"timed_out"}}"#).ok();
    story.add(own, Origin::Local);
    control.line(&mut story.app, parse("/resend"));
    assert_eq!(commands(&mut control), [Command::Resend { message: key_of(4) }]);
}

#[test]
fn the_network_is_cut_only_where_it_ends_here() {
    let mut story = Story::new();
    let (mut here, mut there) = (control(), Control::new(Clock::utc(), false));
    here.line(&mut story.app, parse("/drop"));
    assert_eq!(here.take_orders(), [Order::Cut(None)]);
    there.line(&mut story.app, parse("/drop"));
    assert_eq!(there.take_orders(), []);
    assert!(story.app.flash.as_deref().unwrap().contains("embedded emulator only"));
    there.line(&mut story.app, parse("/offline"));
    assert_eq!(there.take_orders(), [Order::Network(Network::Offline)]);
}

#[test]
fn what_is_on_the_screen_is_marked_once() {
    let (mut control, mut story) = (control(), Story::new());
    for number in [5, 2] {
        story.add(story.text(number, "incoming", "x"), Origin::Live);
    }
    control.seen(&story.app, key_of(5));
    control.seen(&story.app, key_of(2));
    control.seen(&story.app, key_of(5));
    let marks = [5, 2].map(|number| Command::MarkRead { message: key_of(number) });
    assert_eq!(commands(&mut control), marks, "in the order of the transcript, not of the keys");
}

#[test]
fn an_accepted_command_is_awaited() {
    let (mut control, mut story) = (control(), Story::new());
    control.line(&mut story.app, parse("/history 5"));
    let command = commands(&mut control).remove(0);
    control.report(&mut story.app, Report { command, result: Ok(CommandId::from_u64(1)) }, at(0));
    assert!(!control.is_settled(&story.app));
    story.json(
        serde_json::json!({ "type": "command_finished", "command": "c1", "result": "loaded", "items": 2,
        "complete": true }),
    );
    assert!(control.is_settled(&story.app));
}

/// A file of the agent's, and one of ours that is on its way.
fn with_files() -> Story {
    let mut story = Story::new();
    story.add(story.file(1, "incoming", Some("a1"), "return label.txt", "approved"), Origin::Live);
    let mut own = story.file(2, "outgoing", None, "lamp.jpg", "in_progress");
    own.status = Some(DeliveryStatus::Sending);
    story.add(own, Origin::Local);
    story
}

#[test]
fn a_file_is_saved_by_its_number() {
    let (mut control, mut story) = (control(), with_files());
    control.line(&mut story.app, parse("/save 1 /tmp"));
    let file = Wanted { attachment: "a1".to_owned(), name: "return label.txt".to_owned() };
    assert_eq!(control.take_orders(), [Order::Save(Fetch { file, folder: Some("/tmp".to_owned()) })]);
    assert!(!control.is_settled(&story.app));
    let command = Command::DownloadAttachment { attachment: "a1".to_owned(), sink: SinkKey::new("") };
    let fetching = Word::Fetching { id: CommandId::from_u64(9), command };
    control.word(&mut story.app, fetching, at(0));
    control.line(&mut story.app, parse("/save 1"));
    assert_eq!(story.app.flash.as_deref(), Some("File 1 is being saved already"));
    story.json(serde_json::json!({ "type": "command_finished", "command": "c9", "result": "downloaded",
        "size": 51 }));
    assert!(!control.is_settled(&story.app), "where it is has not been told yet");
    let path = Some("/tmp/return label.txt".into());
    let (news, _) = control.word(&mut story.app, Word::Fetched { path }, at(0));
    assert_eq!(news, [News::Said(Tone::Good, "Saved as /tmp/return label.txt".to_owned())]);
    let item = story.app.timeline.get(key_of(1)).unwrap();
    assert_eq!(story.app.shown_files(item)[0].line(), "[1] return label.txt · 51 bytes · text/plain");
}

#[test]
fn what_cannot_be_saved_is_said() {
    let (mut control, mut story) = (control(), with_files());
    story.add(story.file(3, "incoming", Some("a3"), "virus.pdf", "rejected"), Origin::Live);
    story.add(story.file(4, "incoming", Some("a4"), "new.pdf", "in_progress"), Origin::Live);
    let mut says = |line: &str| {
        control.line(&mut story.app, parse(line));
        assert_eq!(control.take_orders(), []);
        story.app.flash.clone().unwrap()
    };
    assert_eq!(says("/save 5"), "There is no file 5, only 1 to 4");
    assert_eq!(says("/url 2"), "File 2 has not arrived: there is nothing to fetch yet");
    assert_eq!(says("/save 3"), "File 3 was refused by the scanner: nobody can fetch it");
    assert_eq!(says("/save 4"), "File 4 is still being scanned: try again in a moment");
    assert_eq!(says("/cancel"), "Nothing is being saved; /discard takes back what is being sent");
}

#[test]
fn a_file_is_taken_back_while_it_is_sent() {
    let (mut control, mut story) = (control(), with_files());
    control.line(&mut story.app, parse("/discard"));
    assert_eq!(commands(&mut control), [Command::Discard { message: key_of(2) }]);
}

#[test]
fn saving_is_stopped_and_holds_up_quitting_once() {
    let (mut control, mut story) = (control(), Story::new());
    story.add(story.file(1, "incoming", Some("a1"), "label.txt", "approved"), Origin::Live);
    story.json(serde_json::json!({ "type": "transfer_progress", "command": "c9", "done": 1, "total": 2 }));
    let command = Command::DownloadAttachment { attachment: "a1".to_owned(), sink: SinkKey::new("") };
    story.app.accepted(CommandId::from_u64(9), &command, at(0));
    assert_eq!(control.line(&mut story.app, parse("/quit")), Wish::Nothing);
    assert_eq!(story.app.flash.as_deref(), Some("A file is still being saved: /quit again goes anyway"));
    control.line(&mut story.app, parse("/cancel 1"));
    assert_eq!(commands(&mut control), [Command::Cancel { command: CommandId::from_u64(9) }]);
}

#[test]
fn receipts_and_reset_are_commands() {
    let (mut control, mut story) = (control(), Story::new());
    control.line(&mut story.app, parse("/receipts off"));
    control.line(&mut story.app, parse("/reset"));
    let settings = ReceiptSettings { enabled: Some(false), ..ReceiptSettings::default() };
    assert_eq!(commands(&mut control), [Command::ConfigureReceipts { settings }, Command::Reset]);
}

#[test]
fn what_is_no_file_is_said_and_settled() {
    let (mut control, mut story) = (control(), Story::new());
    control.line(&mut story.app, parse("/attach nope.pdf"));
    assert_eq!(control.take_orders(), [Order::Attach("nope.pdf".to_owned())]);
    assert!(!control.is_settled(&story.app));
    control.word(&mut story.app, Word::Not("There is no file nope.pdf".to_owned()), at(0));
    assert!(control.is_settled(&story.app));
    assert_eq!(story.app.flash.as_deref(), Some("There is no file nope.pdf"));
}
