//! How receipts are configured.

use std::time::Duration;

use helpline_emulator::amazon_connect::{AgentAction, ReceiptKind};
use helpline_protocol::model::ReceiptSettings;
use helpline_protocol::{Command, Policy};
use helpline_simulation::World;

use super::Row;
use super::stage::{count, live, live_with, newest, run, say};

pub(crate) const ROWS: &[Row] = &[
    ("GlobalConfig.features", receipts_are_a_part_of_the_policy),
    ("ChatSession.configure (again)", receipts_are_changed_while_the_chat_goes_on),
    ("Features.messageReceipts", receipts_are_a_part_of_the_policy),
    ("Features.defaultFeatures", receipts_are_sent_unless_said_otherwise),
    ("MessageReceipts.shouldSendMessageReceipts", none_are_sent_where_none_are_wanted),
    ("MessageReceipts.throttleTime", the_window_is_as_long_as_said),
    ("MessageReceipts.defaultReceipts", the_defaults_are_the_sdks),
];

/// Kind and time of all receipts that arrived, counted from the first message.
fn seen(world: &World) -> Vec<ReceiptKind> {
    world.provider.server.stats().receipts.iter().map(|receipt| receipt.kind).collect()
}

/// Three messages, all of them read. The time at which they were sent: a window opens when they arrive.
fn read_three(world: &mut World) -> u64 {
    let began = world.now();
    for text in ["one", "two", "three"] {
        world.agent(AgentAction::Say(text.to_owned()));
    }
    world.run_for(100);
    let keys: Vec<_> = world.transcript().iter().map(|item| item.key).collect();
    for message in keys {
        run(world, Command::MarkRead { message });
    }
    began
}

/// How long after the messages the one receipt for all came.
fn waited(world: &mut World) -> u64 {
    let began = read_three(world);
    let last = newest(world).server_id.expect("it is the server's");
    world.run_for(30_000);
    let stats = world.provider.server.stats();
    let [receipt] = &stats.receipts[..] else { panic!("one for all: {:?}", stats.receipts) };
    assert_eq!((receipt.kind, &receipt.message_id), (ReceiptKind::Read, &last));
    receipt.time_ms - helpline_simulation::WALL_START - began
}

fn receipts_are_a_part_of_the_policy() {
    let policy = Policy::amazon_connect().with_receipts(false).with_receipt_window(Duration::from_secs(1));
    assert!(!policy.receipts());
    let mut world = live_with(policy.with_receipts(true));
    say(&mut world, "hello");
    world.run_for(10_000);
    assert_eq!(seen(&world), [ReceiptKind::Delivered]);
}

fn receipts_are_changed_while_the_chat_goes_on() {
    let mut world = live();
    let off = ReceiptSettings { enabled: Some(false), ..ReceiptSettings::default() };
    run(&mut world, Command::ConfigureReceipts { settings: off });
    say(&mut world, "one");
    world.run_for(20_000);
    assert_eq!(seen(&world), []);
    let on = ReceiptSettings { enabled: Some(true), window_millis: Some(500), ..ReceiptSettings::default() };
    run(&mut world, Command::ConfigureReceipts { settings: on });
    say(&mut world, "two");
    let message = newest(&world).key;
    run(&mut world, Command::MarkRead { message });
    world.run_for(1_000);
    assert_eq!(seen(&world), [ReceiptKind::Read], "after the new window");
}

fn receipts_are_sent_unless_said_otherwise() {
    let mut world = live();
    say(&mut world, "hello");
    world.run_for(20_000);
    assert_eq!(seen(&world), [ReceiptKind::Delivered], "by itself");
    let message = newest(&world).key;
    run(&mut world, Command::MarkRead { message });
    world.run_for(20_000);
    assert_eq!(seen(&world), [ReceiptKind::Delivered, ReceiptKind::Read]);
}

fn none_are_sent_where_none_are_wanted() {
    let mut world = live_with(Policy::amazon_connect().with_receipts(false));
    read_three(&mut world);
    run(&mut world, Command::send_text("hi"));
    world.agent(AgentAction::MarkRead(helpline_emulator::amazon_connect::Which::All));
    world.run_for(30_000);
    assert_eq!(seen(&world), []);
    let told = count(&world, |event| matches!(event, helpline_protocol::Event::ReceiptReceived { .. }));
    assert_eq!(told, 1, "those of others are told all the same");
}

fn the_window_is_as_long_as_said() {
    let mut world = live_with(Policy::amazon_connect().with_receipt_window(Duration::from_secs(2)));
    let waited = waited(&mut world);
    assert!((2_000..2_100).contains(&waited), "{waited}");
}

fn the_defaults_are_the_sdks() {
    let policy = Policy::amazon_connect();
    assert!(policy.receipts());
    assert_eq!(policy.receipt_window(), Duration::from_secs(5));
    assert_eq!(policy.delivered_delay(), Duration::from_secs(3));
    let waited = waited(&mut live());
    assert!((5_000..5_100).contains(&waited), "{waited}");
}
