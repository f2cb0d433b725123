use helpline_protocol::model::{DeliveryStatus, Origin, TranscriptItem};
use helpline_protocol::{EndReason, Failure, FaultKind, LostReason, ProviderFault, Retry, TransportFault};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use serde_json::json;

use super::*;
use crate::app::tests::{CONVERSATION, Story, agent, at, key_of};
use crate::app::timeline::Tone;

fn screen() -> Screen {
    Screen::new("Amazon Connect, emulated on 127.0.0.1:4242", Clock::utc())
}

/// The screen as text, one row a line; a `▏` stands at the right edge.
fn shot(story: &Story, screen: &mut Screen, columns: u16, rows: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
    terminal.draw(|frame| draw(frame, &story.app, screen, at(story.now))).unwrap();
    let buffer = terminal.backend().buffer();
    let row = |y: u16| {
        let mut text = String::new();
        let mut skip = 0;
        for x in 0..columns {
            let symbol = buffer[(x, y)].symbol();
            if skip == 0 {
                text.push_str(symbol);
                skip = width(symbol).saturating_sub(1);
            } else {
                skip -= 1;
            }
        }
        text
    };
    (0..rows).map(|y| format!("{}▏", row(y))).collect::<Vec<_>>().join("\n")
}

fn own(story: &mut Story, number: u64, text: &str, status: DeliveryStatus) {
    let mut item: TranscriptItem = story.text(number, "outgoing", text);
    item.status = Some(status);
    story.add(item, Origin::Local);
}

fn says(story: &mut Story, number: u64, text: &str) {
    story.add(story.text(number, "incoming", text), Origin::Live);
}

fn happens(story: &mut Story, number: u64, notice: &str) {
    story.add(story.item(number, "common", json!({ "kind": "notice", "notice": notice })), Origin::Live);
}

fn asks(story: &mut Story, number: u64, template: serde_json::Value) {
    let body = json!({ "kind": "interactive", "interactive": { "template": template } });
    story.add(story.item(number, "incoming", body), Origin::Live);
}

fn refused() -> Failure {
    let mut fault = ProviderFault::new(FaultKind::Refused, Retry::Manual);
    fault.status = Some(400);
    fault.code = Some("ServiceQuotaExceededException".to_owned());
    fault.message = Some("You have exceeded a service quota".to_owned());
    fault.into()
}

/// A chat in which most things have happened.
fn busy() -> Story {
    let mut story = Story::new();
    story.state(ConnectionState::Connecting);
    story.state(ConnectionState::Live);
    happens(&mut story, 1, "participant_joined");
    says(&mut story, 2, "Hello, thanks for writing in. How can I help? (Say \"help\" to see what I can do.)");
    own(&mut story, 3, "My lamp came broken", DeliveryStatus::Read);
    own(
        &mut story,
        4,
        "It is the blue one, 電気スタンド, from last week's order A-20417",
        DeliveryStatus::Delivered,
    );
    story.tell(&Event::ConnectionLost {
        reason: LostReason::Transport { fault: TransportFault::ConnectionLost },
    });
    story.state(ConnectionState::Reconnecting { attempt: 2, retry_at: Some(at(story.now + 4_000)) });
    own(&mut story, 5, "Are you there?", DeliveryStatus::Failed { failure: refused() });
    own(&mut story, 6, "Hello?", DeliveryStatus::Queued);
    story
}

use helpline_protocol::Event;

fn live_with_question() -> Story {
    let mut story = Story::new();
    story.state(ConnectionState::Live);
    own(&mut story, 1, "menu", DeliveryStatus::Sent);
    asks(
        &mut story,
        2,
        json!({ "type": "list_picker", "heading": { "title": "What is it about?", "subtitle": "Tap one" },
            "elements": [{ "title": "Delivery", "subtitle": "late or lost" }, { "title": "Refund" },
                { "title": "Our shop", "action": { "type": "open", "url": "https://shop.example/" } }] }),
    );
    story.json(json!({ "type": "typing_started", "conversation": "v1", "participant": agent() }));
    story
}

/// Files in every state: sent, on its way, failed, from others, refused, being saved.
fn with_files() -> Story {
    let mut story = Story::new();
    story.state(ConnectionState::Live);
    let sends = |story: &mut Story, number: u64, name: &str, size: u64| {
        let mut own = story.file(number, "outgoing", None, name, "in_progress");
        own.status = Some(DeliveryStatus::Queued);
        let command = json!({ "type": "send_attachment",
            "attachment": { "name": name, "size": size, "source": name } });
        let id = helpline_protocol::CommandId::from_u64(number);
        story.app.accepted(id, &serde_json::from_value(command).unwrap(), at(0));
        story.json(json!({ "type": "message_queued", "command": id, "conversation": "v1",
            "message": key_of(number) }));
        story.add(own, Origin::Local);
    };
    sends(&mut story, 1, "receipt.txt", 48_300);
    story.status(1, DeliveryStatus::Read);
    sends(&mut story, 2, "a picture of the lamp with a long name, so that it takes two rows.jpg", 5_000_000);
    sends(&mut story, 3, "lamp.mp4", 19_400_000);
    sends(&mut story, 4, "order.pdf", 812);
    let lost = r#"{"by":"transport","operation":"upload","fault":"connection_lost"}"#;
    let failed = DeliveryStatus::Failed { failure: serde_json::from_str(lost).unwrap() };
    story.status(2, failed);
    story.status(3, DeliveryStatus::Sending);
    story.json(json!({ "type": "transfer_progress", "command": "c3", "message": "m3",
        "done": 8_730_000, "total": 19_400_000 }));
    says(&mut story, 5, "Here is your label.");
    story.add(story.file(6, "incoming", Some("a6"), "return-label.txt", "approved"), Origin::Live);
    let save = json!({ "type": "download_attachment", "attachment": "a6", "sink": "" });
    let id = helpline_protocol::CommandId::from_u64(9);
    story.app.accepted(id, &serde_json::from_value(save).unwrap(), at(0));
    story.json(json!({ "type": "transfer_progress", "command": "c9", "done": 30, "total": 40 }));
    story.add(story.file(7, "incoming", Some("a7"), "a virus.pdf", "rejected"), Origin::Live);
    story
}

#[test]
fn files_at_80_by_24() {
    insta::assert_snapshot!(shot(&with_files(), &mut screen(), 80, 24));
}

#[test]
fn files_at_200_by_50() {
    insta::assert_snapshot!(shot(&with_files(), &mut screen(), 200, 50));
}

#[test]
fn files_on_a_narrow_terminal() {
    insta::assert_snapshot!(shot(&with_files(), &mut screen(), 40, 30));
}

#[test]
fn a_busy_chat_at_80_by_24() {
    insta::assert_snapshot!(shot(&busy(), &mut screen(), 80, 24));
}

#[test]
fn a_busy_chat_at_200_by_50() {
    insta::assert_snapshot!(shot(&busy(), &mut screen(), 200, 50));
}

#[test]
fn a_question_at_80_by_24() {
    insta::assert_snapshot!(shot(&live_with_question(), &mut screen(), 80, 24));
}

#[test]
fn every_kind_of_question() {
    let mut story = Story::new();
    story.state(ConnectionState::Live);
    let slots = json!([{ "date": "2026-03-16T15:00+00:00", "duration_minutes": 30 }, { "date": "someday" }]);
    let card = |title: &str| {
        json!({ "template": { "type": "panel", "heading": { "title": title, "subtitle": "open till 20:00" },
            "elements": [{ "title": "Choose" }, { "title": "Call" }] } })
    };
    asks(&mut story, 1, json!({ "type": "time_picker", "heading": { "title": "When?" }, "slots": slots }));
    asks(
        &mut story,
        2,
        json!({ "type": "panel", "elements": [{ "title": "Track" }],
            "heading": { "title": "How can we help?", "image": { "url": "https://a.example/", "description": "a desk" } } }),
    );
    let unknown =
        json!({ "type": "unknown", "name": "ApplePay", "raw": "{}", "reason": "an unknown template" });
    asks(&mut story, 3, unknown);
    let cards = json!([card("City store"), card("Harbour store")]);
    asks(&mut story, 4, json!({ "type": "carousel", "heading": { "title": "Stores" }, "cards": cards }));
    story.app.answered(key_of(1), "Mon 16 Mar 15:00");
    insta::assert_snapshot!(shot(&story, &mut screen(), 80, 40));
}

#[test]
fn a_narrow_terminal_has_names_above_texts() {
    insta::assert_snapshot!(shot(&busy(), &mut screen(), 40, 24));
}

#[test]
fn the_end_and_its_reason() {
    let mut story = Story::new();
    story.state(ConnectionState::Live);
    says(&mut story, 1, "Goodbye!");
    happens(&mut story, 2, "conversation_ended");
    story.state(ConnectionState::Ended { reason: EndReason::ChatEnded });
    insta::assert_snapshot!(shot(&story, &mut screen(), 80, 12));
}

#[test]
fn a_gap_a_bot_and_markdown() {
    let mut story = Story::new();
    story.state(ConnectionState::Live);
    says(&mut story, 1, "before");
    story.tell(&Event::ConnectionLost { reason: LostReason::Silent { probe: "aws/heartbeat".to_owned() } });
    story.state(ConnectionState::Reconnecting { attempt: 1, retry_at: None });
    story.state(ConnectionState::Live);
    says(&mut story, 2, "missed");
    story.tell(&Event::GapClosed { conversation: CONVERSATION, from: Some(at(0)), to: None, recovered: 3 });
    let markdown = json!({ "kind": "markdown", "text": "**Your order**\n\n- *one* lamp\n- two bulbs" });
    story.add(story.item(3, "incoming", markdown), Origin::Live);
    let mut bot = story.text(4, "incoming", "Your parcel left the");
    bot.sender = serde_json::from_value(json!({ "role": "bot" })).unwrap();
    bot.partial = true;
    story.add(bot, Origin::Live);
    insta::assert_snapshot!(shot(&story, &mut screen(), 80, 20));
}

#[test]
fn the_input_wraps_and_the_flash_stands_above_it() {
    let (mut story, mut screen) = (live_with_question(), screen());
    screen.editor.insert(
        "A text that is longer than one row of this terminal, with 全角 characters\nand a second line",
    );
    story.app.flash = Some("The message has 1100 characters, the provider takes 1024: split it".to_owned());
    insta::assert_snapshot!(shot(&story, &mut screen, 60, 20));
}

#[test]
fn the_help_lies_over_the_chat() {
    let mut screen = screen();
    screen.help = Some(0);
    insta::assert_snapshot!(shot(&busy(), &mut screen, 80, 24));
}

#[test]
fn scrolling_holds_its_place_when_more_comes() {
    let (mut story, mut screen) = (Story::new(), screen());
    for number in 1..=40 {
        says(&mut story, number, &format!("line {number}"));
    }
    let last = |text: &str| {
        let rows: Vec<_> = text.lines().filter(|row| row.contains("line ")).collect();
        let row = rows.last().unwrap();
        row.split("line ").nth(1).unwrap().trim_end_matches(['▏', ' ']).to_owned()
    };
    assert_eq!(last(&shot(&story, &mut screen, 80, 24)), "40");
    assert_eq!(screen.shown, Some(key_of(40)));
    screen.scroll.go(Move::Up(10));
    assert_eq!(last(&shot(&story, &mut screen, 80, 24)), "30");
    says(&mut story, 41, "line 41");
    story.put(story.text(42, "incoming", "older"), None, Origin::History);
    let now = shot(&story, &mut screen, 80, 24);
    assert_eq!(last(&now), "30");
    assert!(now.contains("11 more below"));
    assert_eq!(screen.shown, Some(key_of(30)), "what is below is not read yet");
    screen.scroll.go(Move::Top);
    let top = shot(&story, &mut screen, 80, 24);
    assert!(top.lines().nth(1).unwrap().contains("older"));
    screen.scroll.go(Move::Up(1000));
    assert_eq!(shot(&story, &mut screen, 80, 24), top, "there is nothing above the first row");
    screen.scroll.go(Move::Down(1000));
    assert_eq!(last(&shot(&story, &mut screen, 80, 24)), "41");
    assert_eq!(screen.scroll.below(), 0);
}

#[test]
fn every_size_can_be_drawn() {
    let (mut busy, mut asked, files) = (busy(), live_with_question(), with_files());
    busy.app.note(at(0), Tone::Bad, "x".repeat(300));
    asked.app.flash = Some("a flash of some length, to take more than a row".to_owned());
    for columns in (1..=40).chain([79, 80, 129, 130, 200]) {
        for rows in [1, 2, 3, 4, 5, 7, 8, 12, 24, 50] {
            for story in [&busy, &asked, &files] {
                for help in [None, Some(100)] {
                    let mut screen = screen();
                    screen.help = help;
                    screen.editor.insert("some words 全角 and more\nlines\nof\ntext");
                    screen.scroll.go(Move::Up(3));
                    shot(story, &mut screen, columns, rows);
                }
            }
        }
    }
}
