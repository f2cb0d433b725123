//! What was missed, in what order it stands, and what it costs.

use helpline_emulator::amazon_connect::{AgentAction, Operation as Call};
use helpline_protocol::model::{Origin, TranscriptChange};
use helpline_protocol::{
    Command, CommandError, CommandResult, ConnectionState, Event, Failure, Input, Limits, MessageKey,
    Operation, Policy, SocketClosed, TransportFault,
};
use helpline_simulation::{Latency, WorldConfig};
use serde_json::json;

use crate::hand::{Hand, said};
use crate::rig::{Look as _, connected, of, server, with_policy};

#[test]
pub(crate) fn row_01_what_was_said_while_the_socket_was_down_is_fetched_before_what_comes_live() {
    // Answers are slow, so that something comes live while what was missed is on its way.
    let latency = Latency { http: 400, socket: 10 };
    let mut world = of(WorldConfig { latency, ..WorldConfig::default() });
    world.execute(Command::Connect).unwrap();
    world.run_until(3_000);
    world.say("before");
    world.run_for(500);
    world.cut();
    for number in 1..=3 {
        world.say(&format!("missed {number}"));
    }
    while world.session.state() != ConnectionState::Live || world.asked(Operation::CatchUp).len() < 2 {
        world.run_for(5);
    }
    world.say("live");
    world.run_for(100);
    assert_eq!(world.texts(), ["before"], "what comes live waits for what was missed");
    world.run_for(10_000);
    assert_eq!(world.texts(), ["before", "missed 1", "missed 2", "missed 3", "live"]);
    let closed: Vec<u32> = world
        .events()
        .iter()
        .filter_map(|event| match event {
            Event::GapClosed { recovered, .. } => Some(*recovered),
            _ => None,
        })
        .collect();
    assert!(closed == [3] || closed == [4], "closed once, with what was missed: {closed:?}");
    world.assert_equal();
}

#[test]
pub(crate) fn row_02_no_page_is_asked_for_by_anything_but_a_confirmed_item() {
    let mut world = with_policy(&[], Policy::amazon_connect().with_first_page(2));
    world.agent(AgentAction::SayMany { prefix: "line".to_owned(), count: 9, every_ms: 0 });
    world.execute(Command::Connect).unwrap();
    world.run_until(1_000);
    // The end of the list is now a message that the server has not confirmed, behind typing and receipts.
    world.fault("status=500,op=message");
    world.send("not there yet");
    world.agent(AgentAction::Typing);
    world.run_for(1_000);
    world.cut();
    world.run_for(5_000);
    for _ in 0..4 {
        world.execute(Command::LoadHistory { conversation: None, limit: Some(3) }).unwrap();
        world.run_for(1_000);
    }
    let pages: Vec<_> =
        [Operation::CatchUp, Operation::LoadHistory].into_iter().flat_map(|what| world.asked(what)).collect();
    assert!(pages.len() >= 5, "{pages:?}");
    let truth = world.provider.server.transcript(&world.provider.chat.contact_id);
    for (at, page) in &pages {
        assert_eq!(page["ScanDirection"], "BACKWARD", "at {at}");
        if let Some(start) = page["StartPosition"]["Id"].as_str() {
            assert!(truth.iter().any(|entry| entry.id == start), "{start} is no id of the server's");
        }
    }
    for (at, page) in world.asked(Operation::CatchUp) {
        assert_eq!(page.get("StartPosition"), None, "at {at}: closing a gap needs no anchor");
    }
    assert_eq!(world.provider.server.stats().answers.get(&400), None);
    world.heal();
    world.run_for(60_000);
    assert_eq!(world.texts().len(), 10, "all there was, and the message");
    world.assert_equal();
}

#[test]
pub(crate) fn row_03_pages_that_do_not_advance_or_do_not_end_are_given_up() {
    // The same page for ever.
    let mut hand = Hand::live(|config| config);
    hand.item(&said("known", "2026-03-14T09:26:41.000Z", "known"));
    reconnect(&mut hand);
    let page = json!({
        "Transcript": [said("new", "2026-03-14T09:27:00.000Z", "new")], "NextToken": "again",
    });
    let before = hand.asked(Operation::CatchUp).len();
    for _ in 0..10 {
        hand.answer(Operation::CatchUp, &page);
    }
    let asked = hand.asked(Operation::CatchUp).len() - before;
    assert!(asked <= 2, "a page that brings nothing new is the last: {asked} more were asked for");
    assert_eq!(hand.session.state(), ConnectionState::Live);
    assert_eq!(hand.transcript().len(), 2);

    // New pages for ever.
    let mut hand = Hand::live(|config| config.with_limits(Limits::default().with_catch_up_pages(5)));
    hand.item(&said("known", "2026-03-14T09:26:41.000Z", "known"));
    reconnect(&mut hand);
    let before = hand.asked(Operation::CatchUp).len();
    for number in 0..20 {
        let time = format!("2026-03-14T09:27:{:02}.000Z", 59 - number);
        let item = said(&format!("new {number}"), &time, "new");
        hand.answer(Operation::CatchUp, &json!({ "Transcript": [item], "NextToken": format!("t{number}") }));
    }
    let asked = hand.asked(Operation::CatchUp).len() - before;
    assert!(asked <= 5, "{asked} pages more");
    let told = hand.events().into_iter().any(|event| matches!(event, Event::HistoryUnavailable { .. }));
    assert!(told, "that a gap is left is told: {:?}", hand.events());
    assert_eq!(hand.session.state(), ConnectionState::Live);
}

/// Loses the socket and makes the next, up to its acknowledgement.
fn reconnect(hand: &mut Hand) {
    let why = SocketClosed::Failed(TransportFault::ConnectionLost);
    hand.tell(Input::SocketClosed { socket: hand.socket(), why });
    hand.until(hand.now + 2_000);
    hand.authorised();
    hand.opened();
    hand.acknowledged(hand.socket());
}

#[test]
pub(crate) fn row_14_frames_that_overtake_each_other_end_up_in_order() {
    let mut world = connected(&["reorder=1500"]);
    world.agent(AgentAction::SayMany { prefix: "tick".to_owned(), count: 100, every_ms: 60 });
    world.run_for(10_000);
    let moved = world.events().into_iter().any(|event| match event {
        Event::TranscriptChanged { changes, origin: Origin::Live, .. } => changes.iter().any(|change| {
            let TranscriptChange::Added { item, after } = change else { return false };
            *after != MessageKey::from_u64(item.key.as_u64().wrapping_sub(1)).into()
        }),
        _ => false,
    });
    assert!(moved, "some overtook others");
    let expected: Vec<String> = (1..=100).map(|number| format!("tick {number}")).collect();
    assert_eq!(world.texts(), expected);
    world.assert_equal();
}

#[test]
pub(crate) fn row_15_items_are_ordered_by_the_moment_and_not_by_its_spelling() {
    let mut hand = Hand::live(|config| config);
    for (id, time, text) in [
        ("d", "2026-03-14T09:27:03.000Z", "fourth"),
        // As texts these would stand elsewhere.
        ("a", "2026-03-14T11:27:00+02:00", "first"),
        ("c", "2026-03-14T09:27:02Z", "third"),
        ("b", "2026-03-14T04:27:01.500-05:00", "second"),
        ("e", "2026-03-14T09:27:03.001Z", "fifth"),
    ] {
        hand.item(&said(id, time, text));
    }
    let texts: Vec<_> = hand.transcript().into_iter().filter_map(|item| item.body.text()).collect();
    assert_eq!(texts, ["first", "second", "third", "fourth", "fifth"]);
    let second = hand.transcript()[1].at.as_unix_millis();
    assert_eq!(second % 60_000, 1_500, "to the millisecond");
    // Two of one moment stand in one order, whichever came first and by whatever way.
    let order = |ids: [&str; 2]| {
        let mut hand = Hand::live(|config| config);
        for id in ids {
            hand.item(&said(id, "2026-03-14T09:27:00.000Z", id));
        }
        hand.transcript().into_iter().map(|item| item.server_id.clone()).collect::<Vec<_>>()
    };
    assert_eq!(order(["x", "y"]), order(["y", "x"]));
}

#[test]
pub(crate) fn row_16_a_change_costs_one_change_however_long_the_transcript() {
    const MANY: usize = 9_000;
    let mut hand = Hand::live(|config| config);
    let began = std::time::Instant::now();
    for number in 0..MANY {
        // Every tenth belongs into the midst of what is there.
        let millis = if number % 10 == 9 { number * 500 } else { number * 1_000 };
        let (minute, rest) = (millis / 60_000, millis % 60_000);
        let time = format!(
            "2026-03-14T{:02}:{:02}:{:02}.{:03}Z",
            9 + minute / 60,
            minute % 60,
            rest / 1_000,
            rest % 1_000
        );
        hand.out.retain(|output| matches!(output, helpline_protocol::Output::OpenSocket { .. }));
        hand.item(&said(&format!("id {number}"), &time, "text"));
        let changes: usize = hand
            .events()
            .iter()
            .map(|event| match event {
                Event::TranscriptChanged { changes, .. } => changes.len(),
                _ => 0,
            })
            .sum();
        assert_eq!(changes, 1, "item {number} is one change");
    }
    assert_eq!(hand.transcript().len(), MANY);
    assert!(hand.transcript().is_sorted_by_key(|item| item.at));
    // Under two seconds even unoptimised; a cost that grows with the transcript would take minutes.
    assert!(began.elapsed().as_secs() < 30, "{:?}", began.elapsed());
}

#[test]
pub(crate) fn row_37_after_the_end_the_transcript_stays_and_history_is_said_to_be_gone() {
    let mut server = server(&[]);
    server.close_after_end_ms = 100;
    let policy = Policy::amazon_connect().with_first_page(2);
    let mut world = of(WorldConfig { server, policy, ..WorldConfig::default() });
    world.agent(AgentAction::SayMany { prefix: "line".to_owned(), count: 4, every_ms: 0 });
    world.execute(Command::Connect).unwrap();
    world.run_until(1_000);
    world.send("mine");
    world.run_for(1_000);
    world.fault("hang=1000,op=transcript");
    let pending = world.execute(Command::LoadHistory { conversation: None, limit: None }).unwrap();
    world.run_for(1_000);
    world.agent(AgentAction::End);
    world.run_for(5_000);
    assert!(matches!(world.session.state(), ConnectionState::Ended { .. }));
    assert_eq!(world.texts(), ["line 3", "line 4", "mine"], "what is here stays");
    let result = world.events().into_iter().find_map(|event| match event {
        Event::CommandFinished { command, result } if *command == pending => Some(result),
        _ => None,
    });
    let Some(CommandResult::Failed { failure: Failure::Ended { .. } }) = result else {
        panic!("what was asked for before the end has come to nothing, and says so: {result:?}");
    };
    let calls = world.calls(Call::GetTranscript);
    let refused = world.execute(Command::LoadHistory { conversation: None, limit: None });
    assert!(matches!(refused, Err(CommandError::Ended { .. })), "{refused:?}");
    world.run_for(60_000);
    assert_eq!(world.calls(Call::GetTranscript), calls, "the dead token is not tried");
}
