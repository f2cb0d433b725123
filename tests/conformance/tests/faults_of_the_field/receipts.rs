//! Receipts and typing.

use helpline_emulator::amazon_connect::{AgentAction, Operation as Call, ReceiptKind as Kind, Which};
use helpline_protocol::model::{DeliveryStatus, ReceiptSettings};
use helpline_protocol::{Command, CommandResult, Event, Operation, Policy};
use helpline_simulation::World;

use crate::hand::Hand;
use crate::rig::{Look as _, connected, with_policy};

/// The receipts that the service took: kind, text and time since the start.
fn taken(world: &World) -> Vec<(Kind, String, u64)> {
    let stats = world.provider.server.stats();
    let text = |id: &str| {
        let item = world.transcript().into_iter().find(|item| item.server_id.as_deref() == Some(id));
        item.and_then(|item| item.body.text()).unwrap_or_default().to_owned()
    };
    let seen = stats.receipts.iter();
    seen.map(|seen| (seen.kind, text(&seen.message_id), seen.time_ms - helpline_simulation::WALL_START))
        .collect()
}

fn read(world: &mut World, text: &str) {
    let message = world.key_of(text);
    world.execute(Command::MarkRead { message }).unwrap();
}

#[test]
pub(crate) fn row_22_receipts_are_collected_retried_and_end_with_the_chat() {
    // A steady flow starves nothing, and is not answered one by one.
    let mut world = connected(&[]);
    world.agent(AgentAction::SayMany { prefix: "tick".to_owned(), count: 60, every_ms: 500 });
    world.run_for(40_000);
    let seen = taken(&world);
    assert!((5..=9).contains(&seen.len()), "one a window: {seen:?}");
    assert!(seen.windows(2).all(|two| two[1].2 - two[0].2 <= 6_100), "{seen:?}");
    assert_eq!(seen.last().map(|seen| seen.1.as_str()), Some("tick 60"), "and the last is told");

    // Read implies delivered: what is read at once is told once.
    let mut world = connected(&[]);
    world.say("one");
    world.run_for(200);
    read(&mut world, "one");
    world.run_for(20_000);
    let seen: Vec<_> = taken(&world).into_iter().map(|(kind, text, _)| (kind, text)).collect();
    assert_eq!(seen, [(Kind::Read, "one".to_owned())]);

    // A failure is tried again, with what has come since.
    world.fault("status=500,op=event,times=2");
    world.say("two");
    world.run_for(200);
    read(&mut world, "two");
    world.run_for(30_000);
    assert!(taken(&world).iter().any(|(kind, text, _)| (*kind, text.as_str()) == (Kind::Read, "two")));

    // 409 and 400 are not.
    for fault in ["status=409,op=event,times=1", "status=400,op=event,times=1"] {
        let (before, seen) = (world.calls(Call::SendEvent), taken(&world).len());
        world.fault(fault);
        world.say(fault);
        world.run_for(200);
        read(&mut world, fault);
        world.run_for(30_000);
        assert_eq!(world.calls(Call::SendEvent), before + 1, "{fault}: dropped");
        assert_eq!(taken(&world).len(), seen);
        world.assert_live();
    }

    // And none after the end.
    world.say("last");
    world.run_for(200);
    read(&mut world, "last");
    let before = world.calls(Call::SendEvent);
    world.agent(AgentAction::End);
    world.run_for(60_000);
    assert_eq!(world.calls(Call::SendEvent), before);
}

#[test]
pub(crate) fn row_23_own_receipts_are_nobody_elses() {
    let mut world = connected(&[]);
    world.say("one");
    world.run_for(200);
    read(&mut world, "one");
    world.run_for(20_000);
    assert_eq!(taken(&world).len(), 1, "the service tells it to our own socket too");
    // By the transcript as well.
    world.cut();
    world.run_for(10_000);
    let told = world.events().into_iter().any(|event| matches!(event, Event::ReceiptReceived { .. }));
    assert!(!told, "{:?}", world.events());
    assert!(world.transcript().iter().all(|item| item.receipts.is_empty()));
    // An agent's is told.
    world.send("two");
    world.run_for(1_000);
    world.agent(AgentAction::MarkRead(Which::All));
    world.run_for(1_000);
    let message = world.key_of("two");
    let told = world
        .events()
        .into_iter()
        .filter(|event| matches!(event, Event::ReceiptReceived { message: of, .. } if *of == message));
    assert_eq!(told.count(), 1);
}

#[test]
pub(crate) fn row_24_a_later_delivered_does_not_overwrite_read() {
    let mut world = connected(&[]);
    world.send("one");
    world.run_for(1_000);
    let status = |world: &World| world.own()[0].status.clone().unwrap();
    world.agent(AgentAction::MarkRead(Which::All));
    world.run_for(1_000);
    assert_eq!(status(&world), DeliveryStatus::Read);
    let read_at = world.own()[0].receipts[0].read_at;
    let told = world.lines.len();
    world.agent(AgentAction::MarkDelivered(Which::All));
    world.run_for(1_000);
    assert_eq!(status(&world), DeliveryStatus::Read);
    assert_eq!(world.own()[0].receipts[0].read_at, read_at);
    let back = world.lines[told..].iter().any(|line| line.event.to_string().contains("[delivered]"));
    assert!(!back, "not for a moment");
}

#[test]
pub(crate) fn row_25_typing_is_throttled_for_each_conversation_alone() {
    let mut chats = [Hand::live(|config| config), Hand::live(|config| config)];
    for key in 0..10 {
        for chat in &mut chats {
            chat.now = 1_000 + key * 300;
            chat.command(Command::SendTyping { conversation: None }).unwrap();
        }
    }
    for chat in &chats {
        assert_eq!(chat.asked(Operation::SendTyping).len(), 1, "once in ten seconds, and each its own");
    }
    // A held-back one is done at once, and no harm to what comes.
    let done = chats[0]
        .events()
        .into_iter()
        .filter(|event| matches!(event, Event::CommandFinished { result: CommandResult::Done, .. }));
    assert!(done.count() >= 9);
    chats[0].answer(Operation::SendTyping, &serde_json::json!({ "Id": "e" }));
    for chat in &mut chats {
        chat.until(9_000);
    }
    chats[0].now = 12_000;
    chats[0].command(Command::SendTyping { conversation: None }).unwrap();
    assert_eq!(chats[0].asked(Operation::SendTyping).len(), 2);
    assert_eq!(chats[1].asked(Operation::SendTyping).len(), 1);
}

#[test]
pub(crate) fn row_42_the_configuration_of_receipts_is_honoured() {
    let run = |policy: Policy, settings: Option<ReceiptSettings>| {
        let mut world = with_policy(&[], policy);
        world.execute(Command::Connect).unwrap();
        world.run_until(1_000);
        if let Some(settings) = settings {
            world.execute(Command::ConfigureReceipts { settings }).unwrap();
        }
        world.say("one");
        world.run_for(200);
        read(&mut world, "one");
        world.say("two");
        world.run_for(30_000);
        taken(&world).into_iter().map(|(kind, text, at)| (kind, text, at - 1_000)).collect::<Vec<_>>()
    };
    let policy = Policy::amazon_connect;
    let kinds = |seen: &[(Kind, String, u64)]| {
        seen.iter().map(|(kind, text, _)| (*kind, text.clone())).collect::<Vec<_>>()
    };
    let both = [(Kind::Read, "one".to_owned()), (Kind::Delivered, "two".to_owned())];
    let usual = run(policy(), None);
    assert_eq!(kinds(&usual), both, "on, where nothing is said");

    assert!(run(policy().with_receipts(false), None).is_empty());
    let off = ReceiptSettings { enabled: Some(false), ..ReceiptSettings::default() };
    assert!(run(policy(), Some(off)).is_empty(), "off while it runs");
    let by_hand = ReceiptSettings { automatic_delivered: Some(false), ..ReceiptSettings::default() };
    assert_eq!(kinds(&run(policy(), Some(by_hand))), both[..1]);
    let soon = ReceiptSettings {
        window_millis: Some(500),
        delivered_delay_millis: Some(100),
        ..ReceiptSettings::default()
    };
    let soon = run(policy(), Some(soon));
    assert_eq!(kinds(&soon), both);
    assert!(soon[0].2 < 1_000 && usual[0].2 > 3_000, "{soon:?} {usual:?}");
}
