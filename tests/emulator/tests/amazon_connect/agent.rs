//! The agent, by script and by hand.

use helpline_emulator::amazon_connect::{AgentAction, AgentScript, InteractiveKind, Reply, Role};
use serde_json::{Value, json};

use crate::rig::{Rig, START_MS, contents, text};

#[test]
fn the_demo_greets_types_confirms_and_answers() {
    let (mut rig, socket) = Rig::connected_with(AgentScript::demo());
    rig.advance(3000);
    assert_eq!(
        rig.kinds(socket),
        ["event.participant.joined", "text/plain", "event.participant.joined", "text/plain"]
    );
    let items = rig.items_at(socket);
    assert_eq!(items[1].1["Content"], "You are now being placed in queue.");
    assert_eq!(items[1].1["DisplayName"], "SYSTEM_MESSAGE");
    assert_eq!(items[2].0, START_MS + 1000, "the agent joins after a second");
    rig.say("where is my parcel");
    let sent = rig.now;
    rig.advance(3000);
    let after: Vec<(u64, Value)> = rig.items_at(socket).into_iter().skip(4).collect();
    let seen: Vec<(u64, &str)> = after
        .iter()
        .map(|(at, item)| (at - sent, item["ContentType"].as_str().unwrap().rsplit('.').next().unwrap()))
        .collect();
    assert_eq!(
        seen,
        [(0, "text/plain"), (300, "metadata"), (800, "metadata"), (900, "typing"), (1500, "text/plain")]
    );
    assert!(text(&after[4].1, "/Content").contains("where is my parcel"));
}

#[test]
fn keywords_show_every_kind_of_message() {
    let (mut rig, socket) = Rig::connected_with(AgentScript::demo());
    rig.advance(3000);
    let cases = [
        ("menu", "ListPicker", "Delivery"),
        ("Quick!", "QuickReply", "Yes"),
        ("panel", "Panel", "Track"),
        ("stores", "ListPicker", "Harbour store"),
    ];
    for (word, template, choice) in cases {
        rig.say(word);
        rig.advance(3000);
        let shown = rig.items(socket).pop().unwrap();
        let content: Value = serde_json::from_str(&text(&shown, "/Content")).unwrap();
        assert_eq!(content["templateType"], template, "{word}");
        rig.say(choice);
        rig.advance(3000);
        let answer = text(&rig.items(socket).pop().unwrap(), "/Content");
        assert!(answer.contains(choice), "{answer}");
    }
    rig.say("time");
    rig.advance(3000);
    let shown = rig.items(socket).pop().unwrap();
    let content: Value = serde_json::from_str(&text(&shown, "/Content")).unwrap();
    let slot = text(&content, "/data/content/timeslots/1/date");
    assert!(slot.ends_with(":00+00:00"), "{slot}");
    rig.say(&slot);
    rig.advance(3000);
    let answer = text(&rig.items(socket).pop().unwrap(), "/Content");
    assert!(answer.starts_with("Booked"), "{answer}");
}

#[test]
fn a_carousel_and_a_view_are_answered() {
    let (mut rig, socket) = Rig::connected_with(AgentScript::demo());
    rig.say("carousel");
    rig.say("view");
    rig.advance(5000);
    let choice = json!({ "templateIdentifier": "carousel-el-2", "listTitle": "Harbour store", "selectionText": "Call" });
    rig.say(&choice.to_string());
    rig.advance(3000);
    let answer = text(&rig.items(socket).pop().unwrap(), "/Content");
    assert_eq!(answer, "\"Call\" at \"Harbour store\": noted.");
    let form = json!({ "version": "1.0", "templateType": "ViewResource", "action": "Submit", "data": {} });
    let body = json!({
        "ContentType": "application/vnd.amazonaws.connect.message.interactive.response",
        "Content": form.to_string(),
    });
    assert_eq!(rig.call("/participant/message", body).0, 200);
    rig.advance(3000);
    let answer = text(&rig.items(socket).pop().unwrap(), "/Content");
    assert_eq!(answer, "Thank you, I have your form (Submit).");
}

#[test]
fn a_bot_streams_and_the_transcript_has_the_whole() {
    let (mut rig, socket) = Rig::connected();
    rig.agent(AgentAction::StreamBot(["Your ", "parcel ", "left."].map(str::to_owned).to_vec()));
    rig.advance(2000);
    let items = rig.items(socket);
    assert_eq!(contents(&items), ["Your ", "parcel ", "left.", "Your parcel left."]);
    assert!(items.windows(2).all(|pair| pair[0]["Id"] == pair[1]["Id"]));
    let numbers: Vec<&Value> = items.iter().map(|item| &item["MessageMetadata"]["ChunkNumber"]).collect();
    assert_eq!(numbers, [1, 2, 3, 4]);
    let completed = |item: &Value| item["MessageMetadata"]["MessageCompleted"] == true;
    assert_eq!(items.iter().filter(|item| completed(item)).count(), 1);
    assert!(completed(&items[3]));
    let stored = rig.transcript();
    assert_eq!(stored.len(), 1);
    assert_eq!(stored[0].content.as_deref(), Some("Your parcel left."));
    assert_eq!(stored[0].id, text(&items[0], "/Id"));
}

#[test]
fn a_transfer_changes_the_contact_and_keeps_the_first() {
    let (mut rig, socket) = Rig::connected();
    rig.agent(AgentAction::Join);
    rig.agent(AgentAction::Say("one moment".to_owned()));
    rig.agent(AgentAction::Transfer);
    rig.agent(AgentAction::Say("here I am".to_owned()));
    assert_eq!(
        rig.kinds(socket)[2..],
        ["event.transfer.succeeded", "event.participant.left", "event.participant.joined", "text/plain"]
    );
    let items = rig.items(socket);
    let (old, new) = (&items[1], &items[5]);
    assert_eq!(old["InitialContactId"], new["InitialContactId"]);
    assert_ne!(old["ContactId"], new["ContactId"]);
    assert_ne!(old["ParticipantId"], new["ParticipantId"]);
    assert_ne!(old["DisplayName"], new["DisplayName"]);
    rig.say("the token stays good");
}

#[test]
fn idle_returned_and_put_out() {
    let (mut rig, socket) = Rig::connected();
    rig.agent(AgentAction::Idle);
    rig.agent(AgentAction::Returned);
    rig.agent(AgentAction::AutoDisconnect);
    assert_eq!(
        rig.kinds(socket),
        [
            "event.participant.idle",
            "event.participant.returned",
            "event.participant.autodisconnection",
            "event.chat.ended"
        ]
    );
    let stored: Vec<String> = rig.transcript().into_iter().map(|entry| entry.content_type).collect();
    assert_eq!(stored.len(), 1, "only the end is kept: {stored:?}");
    assert_eq!(rig.transcript()[0].role, None);
    rig.agent(AgentAction::Say("too late".to_owned()));
    assert_eq!(rig.transcript().len(), 1);
}

#[test]
fn bye_ends_the_chat_and_history_fills_it() {
    let (mut rig, socket) = Rig::connected_with(AgentScript::demo());
    rig.say("history");
    rig.advance(10_000);
    let lines = rig
        .transcript()
        .iter()
        .filter(|entry| entry.content.as_deref().is_some_and(|c| c.starts_with("line ")))
        .count();
    assert_eq!(lines, 40);
    rig.say("bye");
    rig.advance(10_000);
    assert_eq!(rig.kinds(socket).last().unwrap(), "event.chat.ended");
    assert_eq!(rig.ended(socket).map(|(_, code)| code), Some(1000));
}

#[test]
fn help_lists_the_keywords() {
    let (mut rig, _) = Rig::connected_with(AgentScript::demo());
    rig.say("help");
    rig.advance(5000);
    assert!(rig.transcript().iter().any(|entry| {
        entry.role == Some(Role::Agent) && entry.content.as_deref().is_some_and(|c| c.contains("carousel"))
    }));
}

#[test]
fn echo_answers_each_message_at_once() {
    let (mut rig, socket) = Rig::connected_with(AgentScript::echo());
    for number in 0..500 {
        rig.say(&format!("m{number}"));
    }
    let items = rig.items(socket);
    assert_eq!(items.len(), 1000);
    assert_eq!(contents(&items)[..4], ["m0", "echo: m0", "m1", "echo: m1"]);
    assert_eq!(rig.server.stats().messages, 500);
}

#[test]
fn messages_come_at_a_rate() {
    let (mut rig, socket) = Rig::connected_with(AgentScript::silent().with_rate(100, 5));
    rig.advance(250);
    assert_eq!(contents(&rig.items(socket)), ["tick 1", "tick 2"]);
    rig.advance(10_000);
    let at: Vec<u64> = rig.items_at(socket).iter().map(|(at, _)| at - START_MS).collect();
    assert_eq!(at, [100, 200, 300, 400, 500]);
}

#[test]
fn scripts_can_be_put_together() {
    let mut script = AgentScript::silent();
    script.reply = Reply::Echo;
    script.reply_after_ms = 700;
    let (mut rig, socket) = Rig::connected_with(script);
    rig.say("x");
    rig.advance(699);
    assert_eq!(rig.items(socket).len(), 1);
    rig.advance(1);
    assert_eq!(rig.items(socket).len(), 2);
}

#[test]
fn the_rest_of_what_can_be_done_by_hand() {
    let (mut rig, socket) = Rig::connected();
    rig.agent(AgentAction::SayMarkdown("*hi*".to_owned()));
    rig.agent(AgentAction::SayAs { content_type: "application/json".to_owned(), content: "{}".to_owned() });
    rig.agent(AgentAction::CustomBot("beep".to_owned()));
    rig.agent(AgentAction::Rename("Ines Roth".to_owned()));
    rig.agent(AgentAction::Event { name: "participant.active".to_owned(), content: None });
    rig.agent(AgentAction::Interactive(InteractiveKind::Unknown));
    rig.agent(AgentAction::Leave);
    assert_eq!(
        rig.kinds(socket),
        [
            "text/markdown",
            "application/json",
            "text/plain",
            "event.participant.displayname.updated",
            "event.participant.active",
            "message.interactive",
            "event.participant.left"
        ]
    );
    rig.say("x");
    assert_eq!(rig.items(socket).pop().unwrap()["DisplayName"], "Ines Roth");
    rig.agent(AgentAction::RawFrame("{\"odd\":1}".to_owned()));
    assert_eq!(rig.texts(socket).last().unwrap().1, "{\"odd\":1}");
}

#[test]
fn a_chat_can_be_driven_by_any_contact_of_its_chain() {
    let (mut rig, _) = Rig::connected();
    let first = rig.chat.contact_id.clone();
    rig.agent(AgentAction::Transfer);
    rig.chat.contact_id = rig.server.current_contact(&first).unwrap().to_owned();
    assert_ne!(rig.chat.contact_id, first);
    rig.agent(AgentAction::Say("by the new one".to_owned()));
    assert_eq!(rig.transcript(), rig.server.transcript(&first));
    assert_eq!(rig.transcript().len(), 4);
}

#[test]
fn past_transcripts_keep_some_events_and_not_others() {
    let (mut rig, socket) = Rig::connected();
    for name in [
        "participant.invited",
        "participant.joined",
        "participant.left",
        "transfer.succeeded",
        "transfer.failed",
        "typing",
        "participant.idle",
        "participant.returned",
        "participant.displayname.updated",
        "chat.rehydrated",
    ] {
        rig.agent(AgentAction::Event { name: name.to_owned(), content: None });
    }
    assert_eq!(rig.items(socket).len(), 10, "all are told");
    let kept: Vec<String> = rig.transcript().into_iter().map(|entry| entry.content_type).collect();
    let short: Vec<&str> = kept.iter().map(|kind| kind.strip_prefix(crate::rig::EVENT).unwrap()).collect();
    assert_eq!(
        short,
        [
            "participant.invited",
            "participant.joined",
            "participant.left",
            "transfer.succeeded",
            "transfer.failed"
        ]
    );
}
