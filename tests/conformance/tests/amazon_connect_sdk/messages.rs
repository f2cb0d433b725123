//! The items of a transcript, member by member.

use bytes::Bytes;
use helpline_emulator::amazon_connect::{
    AgentAction, Chance, ChanceRule, Faults, InteractiveKind, Operation as Asked, ServerConfig, StatusRule,
    Which,
};
use helpline_protocol::model::{
    DeliveryStatus, Direction, ItemBody, Notice, Role, Template, TranscriptChange, TranscriptItem,
};
use helpline_protocol::{Command, Event};
use helpline_simulation::World;

use super::Row;
use super::data::view_of;
use super::stage::{act, events, live, live_at, newest, run, say};

pub(crate) const ROWS: &[Row] = &[
    ("TranscriptItem.id", an_item_has_the_providers_id),
    ("TranscriptItem.timeStamp", an_item_has_the_providers_time),
    ("TranscriptItem.contentType", an_item_has_its_kind),
    ("TranscriptItem.serializedContent", an_item_can_be_written),
    ("TranscriptItem.viewResource", a_form_is_fetched_for_its_message),
    ("TranscriptItem.persistentId", an_item_keeps_its_key),
    ("Message.participant", a_message_has_its_sender),
    ("Message.text", a_message_has_its_text),
    ("Message.messageDirection", a_message_has_its_direction),
    ("Message.attachmentId", a_file_has_its_id),
    ("Message.displayName", a_message_has_its_sender),
    ("Message.metadata", a_message_has_its_receipts),
    ("Event.participant", a_notice_says_whom_it_is_about),
    ("Event.text", a_notice_has_what_came_with_it),
    ("Event.displayName", a_notice_says_whom_it_is_about),
    ("Event.eventDirection", a_notice_has_no_direction),
    ("Metadata.status", a_message_moves_on),
    ("Metadata.eventDirection", receipts_of_others_are_on_own_messages),
    ("MessageStatus.Sending", sending),
    ("MessageStatus.Sent", a_message_moves_on),
    ("MessageStatus.Delivered", a_message_moves_on),
    ("MessageStatus.Read", a_message_moves_on),
    ("MessageStatus.Failed", failed),
    ("MessageStatus.Unknown", uncertain),
    ("MessageDirection.Outgoing", a_message_has_its_direction),
    ("MessageDirection.Incoming", a_message_has_its_direction),
    ("MessageDirection.Common", a_notice_has_no_direction),
];

fn send(world: &mut World, text: &str) -> TranscriptItem {
    run(world, Command::send_text(text));
    newest(world)
}

fn an_item_has_the_providers_id() {
    let mut world = live();
    let own = send(&mut world, "hi");
    say(&mut world, "hello");
    let truth = world.provider.server.transcript(&world.provider.chat.contact_id);
    assert_eq!(own.server_id.as_deref(), Some(truth[0].id.as_str()));
    assert_eq!(newest(&world).server_id.as_deref(), Some(truth[1].id.as_str()));
}

fn an_item_has_the_providers_time() {
    let mut world = live();
    let own = send(&mut world, "hi");
    let truth = world.provider.server.transcript(&world.provider.chat.contact_id);
    assert_eq!(u64::try_from(own.at.as_unix_millis()), Ok(truth[0].time_ms));
}

fn an_item_has_its_kind() {
    let mut world = live();
    say(&mut world, "plain");
    act(&mut world, AgentAction::SayMarkdown("**bold**".to_owned()));
    act(&mut world, AgentAction::SayAs { content_type: "x/y".to_owned(), content: "?".to_owned() });
    let bodies: Vec<_> = world.transcript().iter().map(|item| item.body.clone()).collect();
    let unknown = ItemBody::Other { content_type: Some("x/y".to_owned()), content: Some("?".to_owned()) };
    assert_eq!(
        bodies,
        [
            ItemBody::Text { text: "plain".to_owned() },
            ItemBody::Markdown { text: "**bold**".to_owned() },
            unknown,
        ]
    );
}

fn an_item_can_be_written() {
    let mut world = live();
    say(&mut world, "hello");
    act(&mut world, AgentAction::Interactive(InteractiveKind::Unknown));
    for item in world.transcript() {
        let json = serde_json::to_string(item).expect("JSON");
        let read: TranscriptItem = serde_json::from_str(&json).expect("an item");
        assert_eq!(read, *item);
    }
    let ItemBody::Interactive { interactive } = newest(&world).body else { panic!("a question") };
    let Template::Unknown { raw, .. } = interactive.template else { panic!("no template of ours") };
    assert!(raw.contains("ApplePayRequest"), "what is not understood is kept as it came: {raw}");
}

fn a_form_is_fetched_for_its_message() {
    let mut world = live();
    let view = view_of(&mut world);
    assert_eq!(view.actions, ["Submit", "Cancel"]);
    let ItemBody::Interactive { interactive } = newest(&world).body else { panic!("a question") };
    let Template::View { data, .. } = &interactive.template else { panic!("a form") };
    assert!(data.as_deref().is_some_and(|data| data.contains("A-20417")), "what to fill in");
    let json = serde_json::to_string(&interactive).expect("JSON");
    assert!(!json.contains("token"), "{json}");
}

/// The keys under which own messages were told, in the order of their telling.
fn keys_told(world: &World) -> Vec<helpline_protocol::MessageKey> {
    let mut keys = Vec::new();
    for event in events(world) {
        if let Event::TranscriptChanged { changes, .. } = event {
            for change in changes {
                if let TranscriptChange::Added { item, .. } | TranscriptChange::Changed { item, .. } = change
                {
                    keys.push(item.key);
                }
            }
        }
    }
    keys
}

fn an_item_keeps_its_key() {
    let mut world = live();
    let own = send(&mut world, "hi");
    act(&mut world, AgentAction::MarkRead(Which::All));
    world.cut();
    world.run_for(30_000);
    let told = keys_told(&world);
    assert!(told.len() >= 4, "queued, sending, sent, read: {told:?}");
    assert!(told.iter().all(|key| *key == own.key), "{told:?}");
}

fn a_message_has_its_sender() {
    let mut world = live();
    let own = send(&mut world, "hi");
    say(&mut world, "hello");
    let agent = newest(&world).sender;
    assert_eq!((agent.role, agent.display_name.as_deref()), (Role::Agent, Some("Tomasz")));
    assert_eq!(own.sender.role, Role::Customer);
    assert_eq!(own.sender.id.as_ref(), Some(&world.provider.chat.participant_id));
    act(&mut world, AgentAction::System("welcome".to_owned()));
    assert_eq!(newest(&world).sender.role, Role::System);
}

fn a_message_has_its_text() {
    let mut world = live();
    let text = "ümläut \u{1f600} \"quoted\"\nand a second line";
    assert_eq!(send(&mut world, text).body.text(), Some(text));
    say(&mut world, text);
    assert_eq!(newest(&world).body.text(), Some(text));
}

fn a_message_has_its_direction() {
    let mut world = live();
    assert_eq!(send(&mut world, "hi").direction, Direction::Outgoing);
    say(&mut world, "hello");
    assert_eq!(newest(&world).direction, Direction::Incoming);
}

fn a_file_has_its_id() {
    let mut world = live();
    act(
        &mut world,
        AgentAction::SendAttachment {
            name: "receipt.pdf".to_owned(),
            content_type: "application/pdf".to_owned(),
            bytes: Bytes::from_static(b"pdf"),
        },
    );
    let ItemBody::Attachments { attachments } = newest(&world).body else { panic!("a file") };
    let truth = world.provider.server.transcript(&world.provider.chat.contact_id);
    let entry = truth[0].attachment.as_ref().expect("a file");
    assert_eq!(attachments[0].id.as_ref(), Some(&entry.id));
    assert_eq!(attachments[0].name.as_deref(), Some("receipt.pdf"));
}

fn a_message_has_its_receipts() {
    let mut world = live();
    send(&mut world, "hi");
    act(&mut world, AgentAction::MarkDelivered(Which::All));
    act(&mut world, AgentAction::MarkRead(Which::All));
    let own = newest(&world);
    let [receipt] = &own.receipts[..] else { panic!("one recipient: {:?}", own.receipts) };
    assert!(receipt.by.is_some() && receipt.delivered_at < receipt.read_at, "{receipt:?}");
}

fn a_notice_says_whom_it_is_about() {
    let mut world = live();
    act(&mut world, AgentAction::Join);
    let item = newest(&world);
    assert_eq!(item.body, ItemBody::Notice { notice: Notice::ParticipantJoined });
    assert_eq!((item.sender.role, item.sender.display_name.as_deref()), (Role::Agent, Some("Tomasz")));
}

fn a_notice_has_what_came_with_it() {
    let mut world = live();
    super::stage::happen(&mut world, "chat.rehydrated", Some("from before"));
    let ItemBody::Notice { notice } = newest(&world).body else { panic!("a notice") };
    assert_eq!(notice, Notice::ConversationRehydrated { content: Some("from before".to_owned()) });
}

fn a_notice_has_no_direction() {
    let mut world = live();
    act(&mut world, AgentAction::Join);
    assert_eq!(newest(&world).direction, Direction::Common);
    act(&mut world, AgentAction::Idle);
    assert_eq!(newest(&world).direction, Direction::Common, "even where it is about ourselves");
}

/// The states in which a message was told, without repetition.
fn states(world: &World) -> Vec<&'static str> {
    let mut states = Vec::new();
    for event in events(world) {
        let Event::TranscriptChanged { changes, .. } = event else { continue };
        for change in changes {
            let (TranscriptChange::Added { item, .. } | TranscriptChange::Changed { item, .. }) = change
            else {
                continue;
            };
            let name = match &item.status {
                Some(DeliveryStatus::Queued) => "queued",
                Some(DeliveryStatus::Sending) => "sending",
                Some(DeliveryStatus::Sent) => "sent",
                Some(DeliveryStatus::Delivered) => "delivered",
                Some(DeliveryStatus::Read) => "read",
                Some(DeliveryStatus::Failed { .. }) => "failed",
                Some(DeliveryStatus::Uncertain { .. }) => "uncertain",
                other => panic!("{other:?}"),
            };
            if states.last() != Some(&name) {
                states.push(name);
            }
        }
    }
    states
}

fn a_message_moves_on() {
    let mut world = live();
    let id = send(&mut world, "hi").server_id.expect("an id");
    let which = || Which::Ids(vec![id.clone()]);
    act(&mut world, AgentAction::MarkDelivered(which()));
    act(&mut world, AgentAction::MarkRead(which()));
    act(&mut world, AgentAction::MarkDelivered(which()));
    let states = states(&world);
    assert!(states.ends_with(&["sending", "sent", "delivered", "read"]), "and never back: {states:?}");
}

fn receipts_of_others_are_on_own_messages() {
    let mut world = live();
    send(&mut world, "hi");
    say(&mut world, "hello");
    let message = newest(&world).key;
    run(&mut world, Command::MarkRead { message });
    act(&mut world, AgentAction::MarkRead(Which::All));
    world.run_for(10_000);
    for item in world.transcript() {
        let own = item.direction == Direction::Outgoing;
        assert_eq!(item.status.is_some(), own, "{item}");
        let others = item
            .receipts
            .iter()
            .filter(|receipt| receipt.by.as_ref() != Some(&world.provider.chat.participant_id));
        assert_eq!(others.count() > 0, own, "{item}");
    }
}

fn sending() {
    let mut world = live();
    world.execute(Command::send_text("hi")).expect("it is taken");
    world.run_for(10);
    assert_eq!(newest(&world).status, Some(DeliveryStatus::Sending));
    assert_eq!(newest(&world).server_id, None);
}

fn failed() {
    let statuses = vec![StatusRule::next(Asked::SendMessage, 400, 1)];
    let faults = Faults { statuses, ..Faults::default() };
    let mut world = live_at(ServerConfig { faults, ..ServerConfig::default() });
    let own = send(&mut world, "hi");
    let Some(DeliveryStatus::Failed { failure }) = own.status else { panic!("{:?}", own.status) };
    assert!(failure.to_string().contains("400"), "with its cause: {failure}");
    run(&mut world, Command::Resend { message: own.key });
    assert_eq!(newest(&world).status, Some(DeliveryStatus::Sent));
}

fn uncertain() {
    // The service never answers, and the chat ends before anybody could look.
    let hang = vec![ChanceRule::new(Some(Asked::SendMessage), Chance::Every(1))];
    let faults = Faults { hang, ..Faults::default() };
    let mut world = live_at(ServerConfig { faults, ..ServerConfig::default() });
    world.execute(Command::send_text("hi")).expect("it is taken");
    world.run_for(10);
    act(&mut world, AgentAction::End);
    let own = world.transcript()[0].status.clone();
    assert!(matches!(own, Some(DeliveryStatus::Uncertain { .. })), "{own:?}");
}
