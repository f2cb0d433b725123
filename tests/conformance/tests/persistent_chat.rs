//! Chats that go on from chats that have ended: their past is paged in by history, and by nothing else.

#[path = "faults_of_the_field/rig.rs"]
mod rig;

use helpline_emulator::amazon_connect::{AgentAction, ChatDetails};
use helpline_protocol::model::{
    Direction, ItemBody, Notice, Origin, StartPosition, TranscriptItem, TranscriptQuery,
};
use helpline_protocol::{
    Command, CommandError, CommandResult, ConnectionState, Event, Limits, Operation, Policy,
};
use helpline_simulation::{World, WorldConfig};
use rig::{Look as _, of};
use serde_json::json;

/// How many items the past has, besides the notice of its end.
const PAST: usize = 42;

/// A chat in which much was said, and that has ended.
fn ended(policy: Policy) -> World {
    let mut world = of(WorldConfig { policy, ..WorldConfig::default() });
    world.execute(Command::Connect).unwrap();
    world.run_until(1_000);
    world.send("mine at first");
    world.run_for(500);
    world.agent(AgentAction::SayMany { prefix: "line".to_owned(), count: 40, every_ms: 10 });
    world.run_for(1_000);
    world.send("mine at last");
    world.run_for(500);
    world.agent(AgentAction::End);
    world.run_for(10_000);
    assert!(matches!(world.session.state(), ConnectionState::Ended { .. }));
    world
}

/// The chat that goes on from it.
fn go_on(world: &mut World, kind: &str) -> ChatDetails {
    let body = json!({
        "InstanceId": "i", "ContactFlowId": "f", "ParticipantDetails": { "DisplayName": "Ines" },
        "PersistentChat": { "RehydrationType": kind, "SourceContactId": world.provider.chat.contact_id },
    });
    let now = world.now();
    let chat = world.provider.start_chat(now, &body.to_string()).expect("it can be gone on from");
    world.begin_anew(chat.clone());
    chat
}

fn connect(world: &mut World) {
    world.execute(Command::Connect).unwrap();
    world.run_for(2_000);
    world.assert_live();
}

/// Loads older items until there are none.
fn load_all(world: &mut World, limit: u32) -> usize {
    for pages in 1..100 {
        let id = world.execute(Command::LoadHistory { conversation: None, limit: Some(limit) }).unwrap();
        world.run_for(5_000);
        let result = world.lines.iter().find_map(|line| match &line.event {
            Event::CommandFinished { command, result } if *command == id => Some(result.clone()),
            _ => None,
        });
        match result {
            Some(CommandResult::Loaded { complete: true, .. }) => return pages,
            Some(CommandResult::Loaded { items, .. }) => assert!(items > 0, "a page brings something"),
            other => panic!("{other:?}"),
        }
    }
    panic!("there is no end of it");
}

fn expected() -> Vec<String> {
    let mut all = vec!["mine at first".to_owned()];
    all.extend((1..=40).map(|number| format!("line {number}")));
    all.push("mine at last".to_owned());
    all
}

/// Every place from which pages were asked for is an item of the present chat.
fn assert_starts_are_present(world: &World) {
    let truth = world.provider.server.transcript(&world.provider.chat.contact_id);
    for what in [Operation::CatchUp, Operation::LoadHistory, Operation::LoadTranscript] {
        for (at, body) in world.asked(what) {
            if let Some(start) = body["StartPosition"]["Id"].as_str() {
                assert!(truth.iter().any(|entry| entry.id == start), "{} at {at}: {start}", what.name());
            }
            assert_eq!(body.get("ContactId"), None, "no other contact is named");
        }
    }
    assert_eq!(world.provider.server.stats().answers.get(&400), None, "and the service refused nothing");
}

fn by_text<'a>(world: &'a World, text: &str) -> &'a TranscriptItem {
    world.session.item(world.key_of(text)).expect("it is there")
}

#[test]
fn the_past_is_paged_in_by_history() {
    for kind in ["ENTIRE_PAST_SESSION", "FROM_SEGMENT"] {
        let mut world = ended(Policy::amazon_connect());
        let first = world.provider.chat.contact_id.clone();
        go_on(&mut world, kind);
        connect(&mut world);
        assert!(world.texts().is_empty(), "nothing of the past comes by itself");
        world.say("three");
        world.send("mine again");
        world.run_for(1_000);
        let pages = load_all(&mut world, 10);
        assert!((4..=7).contains(&pages), "{pages} pages of ten");
        let mut all = expected();
        all.extend(["three".to_owned(), "mine again".to_owned()]);
        assert_eq!(world.texts(), all, "{kind}: the whole in its order");
        for item in world.transcript() {
            let is_past = item.body.text().is_some_and(|text| expected().iter().any(|past| past == text));
            if item.body.is_message() {
                assert_eq!(item.from_past, is_past, "{item}");
            }
            if item.from_past {
                assert_eq!(item.segment.as_deref(), Some(&*first), "{item}");
            }
        }
        assert_eq!(world.mirror.difference(world.transcript().into_iter()), None);
        assert_starts_are_present(&world);
    }
}

#[test]
fn that_it_goes_on_is_told_once_and_the_end_of_the_past_ends_nothing() {
    let mut world = ended(Policy::amazon_connect());
    go_on(&mut world, "ENTIRE_PAST_SESSION");
    connect(&mut world);
    world.cut();
    world.run_for(10_000);
    load_all(&mut world, 100);
    let count = |fits: fn(&Notice) -> bool| {
        let is = |item: &&TranscriptItem| matches!(&item.body, ItemBody::Notice { notice } if fits(notice));
        world.transcript().into_iter().filter(is).count()
    };
    assert_eq!(count(|notice| matches!(notice, Notice::ConversationRehydrated { .. })), 1);
    assert_eq!(count(|notice| *notice == Notice::ConversationEnded), 1, "the past one's");
    world.assert_live();
    let over = world.events().into_iter().any(|event| matches!(event, Event::ConversationEnded { .. }));
    assert!(!over, "the present one goes on");
}

#[test]
fn own_messages_of_the_past_are_ours_under_another_id() {
    let mut world = ended(Policy::amazon_connect());
    let before = world.provider.chat.participant_id.clone();
    let chat = go_on(&mut world, "ENTIRE_PAST_SESSION");
    assert_ne!(before, chat.participant_id);
    connect(&mut world);
    world.send("mine again");
    world.run_for(1_000);
    load_all(&mut world, 50);
    for text in ["mine at first", "mine at last"] {
        let item = by_text(&world, text);
        assert_eq!(item.direction, Direction::Outgoing, "{item}");
        assert_eq!(item.sender.id.as_deref(), Some(&*before), "{item}");
        assert!(item.from_past);
    }
    assert_eq!(by_text(&world, "line 7").direction, Direction::Incoming);
    let now = by_text(&world, "mine again");
    assert_eq!((now.sender.id.as_deref(), now.from_past), (Some(&*chat.participant_id), false));
    // The same words again are another message, and not the one of the past.
    world.send("mine at last");
    world.run_for(2_000);
    assert_eq!(world.texts().iter().filter(|text| **text == "mine at last").count(), 2);
}

#[test]
fn what_is_past_is_neither_marked_nor_counted_as_missed() {
    let mut world = ended(Policy::amazon_connect());
    go_on(&mut world, "ENTIRE_PAST_SESSION");
    connect(&mut world);
    let receipts = world.provider.server.stats().receipts.len();
    load_all(&mut world, 100);
    world.run_for(30_000);
    assert_eq!(
        world.provider.server.stats().receipts.len(),
        receipts,
        "nothing past is told to be delivered"
    );
    world.cut();
    world.say("missed");
    world.run_for(10_000);
    let recovered: Vec<u32> = world
        .events()
        .into_iter()
        .filter_map(|event| match event {
            Event::GapClosed { recovered, .. } => Some(*recovered),
            _ => None,
        })
        .collect();
    assert_eq!(recovered, [1]);
    for line in &world.lines {
        if let Event::TranscriptChanged { origin, changes, .. } = &line.event {
            let past = changes.iter().any(|change| match change {
                helpline_protocol::model::TranscriptChange::Added { item, .. } => item.from_past,
                _ => false,
            });
            assert!(!past || *origin == Origin::History, "the past comes as history: {}", line.event);
        }
    }
}

#[test]
fn no_start_position_is_ever_of_the_past() {
    let mut world = ended(Policy::amazon_connect().with_catch_up_page(3).with_first_page(3));
    go_on(&mut world, "ENTIRE_PAST_SESSION");
    connect(&mut world);
    world.say("three");
    world.run_for(1_000);
    // Paged half-way, then a new link, which forgets tokens; and the oldest at hand is of the past.
    for _ in 0..4 {
        for _ in 0..2 {
            world.execute(Command::LoadHistory { conversation: None, limit: Some(5) }).unwrap();
            world.run_for(2_000);
        }
        world.cut();
        world.say("after a cut");
        world.run_for(5_000);
    }
    load_all(&mut world, 7);
    let texts = world.texts();
    assert_eq!(&texts[..PAST], expected(), "all of it, and once");
    assert_eq!(texts.len(), PAST + 5);
    assert_starts_are_present(&world);
    // Nor by what the user asks.
    let past = world.key_of("line 7");
    let query = |message| {
        let from = Some(StartPosition::Item { message });
        Command::LoadTranscript {
            conversation: None,
            query: TranscriptQuery { from, ..TranscriptQuery::default() },
        }
    };
    let before = world.requests.len();
    let refused = world.execute(query(past)).unwrap_err();
    let CommandError::InvalidArgument { hint, .. } = &refused else { panic!("{refused:?}") };
    assert!(hint.contains("past") && hint.contains("load_history"), "what to do is said: {hint}");
    assert_eq!(world.requests.len(), before);
    let present = world.key_of("three");
    world.execute(query(present)).expect("an item of the present chat can be started at");
    world.run_for(2_000);
    assert_starts_are_present(&world);
}

#[test]
fn a_past_longer_than_the_window_stops_at_it() {
    let mut world = ended(Policy::amazon_connect());
    go_on(&mut world, "ENTIRE_PAST_SESSION");
    let config = helpline_protocol::Config::from(world.provider.session_config());
    world.replace_session(config.with_limits(Limits::default().with_transcript_items(20)));
    connect(&mut world);
    world.say("three");
    world.run_for(1_000);
    for _ in 0..6 {
        let load = world.execute(Command::LoadHistory { conversation: None, limit: Some(10) });
        world.run_for(2_000);
        if load.is_err() {
            break;
        }
    }
    assert!(world.transcript().len() <= 20, "{}", world.transcript().len());
    assert_eq!(world.texts().last(), Some(&"three"), "the newest stay");
    world.assert_live();
    assert_starts_are_present(&world);
}
