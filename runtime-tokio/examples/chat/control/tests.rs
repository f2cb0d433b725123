use helpline_protocol::model::{Choice, Origin};
use helpline_protocol::{CommandError, CommandId};

use super::*;
use crate::app::tests::{Story, at, key_of};
use crate::commands::parse;

fn control() -> Control {
    Control::new(Clock::utc(), true)
}

fn commands(control: &mut Control) -> Vec<Command> {
    let command = |order| match order {
        Order::Command(command) => Some(command),
        Order::Network(_) | Order::Cut(_) => None,
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
