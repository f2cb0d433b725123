//! Where the SDK's documentation and its code differ: what ours does.

use helpline_emulator::amazon_connect::{AgentAction, Faults, ServerConfig, Which};
use helpline_protocol::model::{DeliveryStatus, Participant, Role, StartPosition, TranscriptQuery};
use helpline_protocol::{
    Command, CommandResult, Config, ConnectionDetails, ConnectionState, Event, Limits, LostReason, Policy,
    amazon_connect,
};
use helpline_simulation::{World, WorldConfig};

use super::Row;
use super::callbacks::lost;
use super::data::view_of;
use super::items;
use super::questions::{load, twenty};
use super::stage::{act, count, events, live, live_at, newest, run, say};

pub(crate) const ROWS: &[Row] = &[
    ("getTranscript: 15 or 30 items", thirty_unless_said_otherwise),
    ("getTranscript: what startPosition is", all_three_positions),
    ("sendMessageReceipt: by id or by item, with or without completion", by_key_with_a_result),
    ("TranscriptItem.viewResource: filled or not there", on_request),
    ("callbacks: Event or Event?", nothing_is_told_of_nobody),
    ("ConnectionDetailsProvider: six methods, or reset() too", reset_forgets_the_connection),
    ("GlobalConfig.init: three arguments or five", everything_by_its_setter),
    ("ContentType: 17 or 29", all_of_them),
    ("MessageStatus: two or six", seven),
    ("getExpiry(): the expiry or nil", the_expiry),
    ("persistentId: for ever the same, or not", for_ever_the_same),
    ("onConnectionBroken: always, or at one cause", at_every_cause),
    ("disconnect: onChatEnded once or twice", once),
];

fn thirty_unless_said_otherwise() {
    let mut world = World::new(WorldConfig::default());
    world.agent(AgentAction::SayMany { prefix: "old".to_owned(), count: 45, every_ms: 0 });
    run(&mut world, Command::Connect);
    world.run_for(1_000);
    assert_eq!(load(&mut world, TranscriptQuery::default()).items.len(), 30);
    let fifteen = TranscriptQuery { limit: Some(15), ..TranscriptQuery::default() };
    assert_eq!(load(&mut world, fifteen).items.len(), 15);
    assert_eq!(Policy::amazon_connect().with_first_page(15).first_page(), 15);
}

fn all_three_positions() {
    let mut world = twenty();
    let item = world.transcript()[9].clone();
    let positions = [
        StartPosition::Item { message: item.key },
        StartPosition::Time { time: item.at },
        StartPosition::MostRecent { count: 3 },
    ];
    for position in positions {
        let query = TranscriptQuery { from: Some(position.clone()), ..TranscriptQuery::default() };
        assert!(!load(&mut world, query).items.is_empty(), "{position:?}");
    }
}

fn by_key_with_a_result() {
    let mut world = live();
    say(&mut world, "hello");
    let message = newest(&world).key;
    assert_eq!(run(&mut world, Command::MarkDelivered { message }), CommandResult::Done);
    assert_eq!(run(&mut world, Command::MarkRead { message }), CommandResult::Done);
    let unknown = helpline_protocol::MessageKey::from_u64(999);
    assert!(world.execute(Command::MarkRead { message: unknown }).is_err());
}

fn on_request() {
    let mut world = live();
    act(&mut world, AgentAction::Interactive(helpline_emulator::amazon_connect::InteractiveKind::View));
    world.run_for(60_000);
    assert_eq!(world.provider.server.stats().views, 0, "a token that is good once is not spent unasked");
    assert_eq!(view_of(&mut world).id.as_deref(), Some("return-form"));
}

fn nothing_is_told_of_nobody() {
    let mut world = live();
    act(&mut world, AgentAction::TransferFailed);
    let sender = newest(&world).sender;
    assert_eq!(sender, Participant { id: None, role: Role::Unknown, display_name: None });
}

fn reset_forgets_the_connection() {
    let mut world = live();
    run(&mut world, Command::Reset);
    assert_eq!(world.session.connection(), ConnectionDetails::default());
    assert!(!world.session.is_active());
    let contact = world.provider.chat.contact_id.clone();
    assert_eq!(world.provider.server.has_ended(&contact), Some(false));
}

fn everything_by_its_setter() {
    let details = amazon_connect::ChatDetails::new("t");
    let provider = amazon_connect::Config::new(details)
        .with_region("eu-west-2")
        .with_dual_stack(true)
        .with_fips(false)
        .dangerous_allow_plaintext(false);
    let config = Config::from(provider)
        .with_policy(Policy::amazon_connect().with_receipts(false))
        .with_limits(Limits::default());
    assert_eq!((config.policy().receipts(), config.limits()), (false, &Limits::default()));
}

fn all_of_them() {
    assert_eq!(items::CONTENT_TYPES.len(), 29);
    let mut world = live();
    super::stage::happen(&mut world, "brand.new", Some("?"));
    let unknown =
        |event: &&Event| matches!(event, Event::Unrecognized { raw, .. } if raw.contains("brand.new"));
    assert_eq!(events(&world).into_iter().filter(unknown).count(), 1, "and those that nobody knows yet");
}

fn seven() {
    let mut world = live();
    run(&mut world, Command::Suspend);
    world.execute(Command::send_text("hi")).expect("it is taken");
    assert_eq!(newest(&world).status, Some(DeliveryStatus::Queued), "beyond the SDK's: not handed over yet");
    run(&mut world, Command::Resume);
    world.run_for(1_000);
    assert_eq!(newest(&world).status, Some(DeliveryStatus::Sent));
    act(&mut world, AgentAction::MarkRead(Which::All));
    assert_eq!(newest(&world).status, Some(DeliveryStatus::Read));
}

fn the_expiry() {
    let world = live();
    let connection = world.session.connection();
    assert!(connection.token_expires_at.is_some() && connection.socket_expires_at.is_some());
    let expiry = helpline_emulator::amazon_connect::ExpiryForm::Absent;
    let faults = Faults { expiry, ..Faults::default() };
    let world = live_at(ServerConfig { faults, ..ServerConfig::default() });
    let connection = world.session.connection();
    assert_eq!((connection.token_expires_at, connection.socket_expires_at), (None, None), "not made up");
}

fn for_ever_the_same() {
    let mut world = live();
    world.execute(Command::send_text("hi")).expect("it is taken");
    let key = newest(&world).key;
    world.run_for(1_000);
    assert_eq!(newest(&world).key, key);
    say(&mut world, "hello");
    assert_ne!(newest(&world).key, key, "and of each item another");
}

fn at_every_cause() {
    let faults = Faults { no_heartbeat: true, ..Faults::default() };
    let mut silent = live_at(ServerConfig { faults, ..ServerConfig::default() });
    silent.run_for(25_000);
    assert_eq!(lost(&silent)[0], LostReason::Silent { probe: "aws/heartbeat".to_owned() });
    let mut cut = live();
    cut.cut();
    cut.run_for(1_000);
    assert!(matches!(lost(&cut)[0], LostReason::Transport { .. }));
    let mut closed = live();
    let (contact, now) = (closed.provider.chat.contact_id.clone(), closed.now());
    closed.provider.act(now, |server, wall, out| server.close_sockets(wall, &contact, 1011, "", out));
    closed.run_for(1_000);
    assert_eq!(lost(&closed)[0], LostReason::Closed { code: Some(1011), text: String::new() });
}

fn once() {
    let mut world = live();
    run(&mut world, Command::Leave);
    world.run_for(60_000);
    assert_eq!(count(&world, |event| matches!(event, Event::ConversationEnded { .. })), 1);
    let ended =
        |event: &Event| matches!(event, Event::ConnectionChanged { state: ConnectionState::Ended { .. } });
    assert_eq!(count(&world, ended), 1);
}
