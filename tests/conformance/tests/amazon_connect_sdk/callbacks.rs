//! What the user is told.

use helpline_emulator::amazon_connect::{AgentAction, Faults, ServerConfig, Which};
use helpline_protocol::model::{AuthenticationStage, Notice, ReceiptKind, Role, TranscriptChange};
use helpline_protocol::{Command, ConnectionState, EndReason, Event, LostReason};
use helpline_simulation::World;

use super::Row;
use super::stage::{
    act, assert_told, count, events, happen, live, live_at, newest, notices, run, say, texts,
};

pub(crate) const ROWS: &[Row] = &[
    ("onConnectionEstablished", a_live_link_is_told_once),
    ("onConnectionReEstablished", a_link_that_is_back_is_told_and_its_gap_closed),
    ("onConnectionBroken", a_lost_link_is_told_with_its_cause),
    ("onDeepHeartbeatFailure", a_probe_that_fails_is_told),
    ("onMessageReceived", every_item_is_told),
    ("onTranscriptUpdated", the_changes_make_up_the_transcript),
    ("onChatEnded", the_end_is_told_once),
    ("onParticipantIdle", idle),
    ("onParticipantReturned", returned),
    ("onAutoDisconnection", auto_disconnected),
    ("onTyping", typing_begins_and_stops),
    ("onReadReceipt", read),
    ("onDeliveredReceipt", delivered),
    ("onParticipantInvited", invited),
    ("onChatRehydrated", rehydrated),
    ("onTransferSucceeded", transferred),
    ("onTransferFailed", not_transferred),
    ("beyond: onParticipantJoined", joined_and_left),
    ("beyond: onParticipantLeft", joined_and_left),
    ("beyond: onParticipantDisplayNameUpdated", renamed),
    ("beyond: onAuthentication…", log_in),
    ("beyond: workflow cancelled", workflow_cancelled),
    ("beyond: participant active, inactive", active_and_inactive),
];

const LIVE: Event = Event::ConnectionChanged { state: ConnectionState::Live };

fn a_live_link_is_told_once() {
    let mut world = live();
    world.run_for(60_000);
    assert_eq!(count(&world, |event| *event == LIVE), 1);
    let states: Vec<_> =
        events(&world).into_iter().filter(|event| matches!(event, Event::ConnectionChanged { .. })).collect();
    assert_eq!(*states[0], Event::ConnectionChanged { state: ConnectionState::Connecting });
}

fn a_link_that_is_back_is_told_and_its_gap_closed() {
    let mut world = live();
    say(&mut world, "before");
    world.cut();
    say(&mut world, "meanwhile");
    world.run_for(30_000);
    assert_eq!(count(&world, |event| *event == LIVE), 2);
    assert_eq!(count(&world, |event| matches!(event, Event::GapClosed { recovered: 1, .. })), 1);
    assert_eq!(texts(&world), ["before", "meanwhile"]);
}

fn a_lost_link_is_told_with_its_cause() {
    let mut world = live();
    world.cut();
    world.run_for(100);
    let lost: Vec<_> = lost(&world);
    assert!(matches!(lost[..], [LostReason::Transport { .. }]), "{lost:?}");
    let waiting = |event: &Event| {
        matches!(event, Event::ConnectionChanged { state: ConnectionState::Reconnecting { .. } })
    };
    assert!(count(&world, waiting) >= 1, "and what comes next");
    world.run_for(30_000);
    let contact = world.provider.chat.contact_id.clone();
    let now = world.now();
    world.provider.act(now, |server, wall, out| server.close_sockets(wall, &contact, 1001, "bye", out));
    world.run_for(30_000);
    let last = self::lost(&world).pop();
    assert_eq!(last, Some(LostReason::Closed { code: Some(1001), text: "bye".to_owned() }));
}

pub(crate) fn lost(world: &World) -> Vec<LostReason> {
    let reason = |event: &Event| match event {
        Event::ConnectionLost { reason } => Some(reason.clone()),
        _ => None,
    };
    events(world).into_iter().filter_map(reason).collect()
}

fn a_probe_that_fails_is_told() {
    let server = |faults| ServerConfig { faults, ..ServerConfig::default() };
    let mut refused = live_at(server(Faults { ping_status: Some(503), ..Faults::default() }));
    refused.run_for(30_000);
    let failed = |event: &Event| matches!(event, Event::ProbeFailed { probe, status: Some(503), .. } if probe == "aws/ping");
    assert!(count(&refused, failed) >= 1);
    let mut silent = live_at(server(Faults { no_ping: true, ..Faults::default() }));
    silent.run_for(30_000);
    assert_eq!(lost(&silent)[0], LostReason::Silent { probe: "aws/ping".to_owned() });
}

fn every_item_is_told() {
    let mut world = live();
    say(&mut world, "hello");
    run(&mut world, Command::send_text("hi"));
    act(&mut world, AgentAction::Join);
    let mut added = 0;
    for event in events(&world) {
        if let Event::TranscriptChanged { changes, .. } = event {
            added += changes.iter().filter(|change| matches!(change, TranscriptChange::Added { .. })).count();
        }
    }
    assert_eq!(added, 3, "each is added once, and changes from there");
    assert_eq!(world.transcript().len(), 3);
}

fn the_changes_make_up_the_transcript() {
    let mut world = live();
    for number in 0..5 {
        say(&mut world, &format!("message {number}"));
        run(&mut world, Command::send_text("yes"));
        assert_told(&world);
    }
    act(&mut world, AgentAction::MarkRead(Which::All));
    assert_told(&world);
    assert_eq!(world.mirror.items().len(), 10);
}

fn the_end_is_told_once() {
    let mut world = live();
    act(&mut world, AgentAction::End);
    world.run_for(60_000);
    assert_eq!(count(&world, |event| matches!(event, Event::ConversationEnded { .. })), 1);
    let ended = ConnectionState::Ended { reason: EndReason::ChatEnded };
    assert_eq!(world.session.state(), ended);
    assert_eq!(notices(&world), [Notice::ConversationEnded]);
    assert_eq!(world.session.deadline(), None, "nothing is tried any more");
}

/// A notice that the user's own list got, and that says whom it is about.
fn told(world: &World, notice: &Notice, about: Option<&Role>) {
    let item = newest(world);
    assert_eq!(notices(world).last(), Some(notice));
    if let Some(role) = about {
        assert_eq!(item.sender.role, *role);
        assert!(item.sender.display_name.is_some(), "{item}");
    }
    assert_told(world);
}

fn idle() {
    let mut world = live();
    act(&mut world, AgentAction::Idle);
    told(&world, &Notice::ParticipantIdle, Some(&Role::Customer));
}

fn returned() {
    let mut world = live();
    act(&mut world, AgentAction::Idle);
    act(&mut world, AgentAction::Returned);
    told(&world, &Notice::ParticipantReturned, Some(&Role::Customer));
}

fn auto_disconnected() {
    let mut world = live();
    act(&mut world, AgentAction::AutoDisconnect);
    assert_eq!(notices(&world), [Notice::ParticipantAutoDisconnected, Notice::ConversationEnded]);
    assert!(matches!(world.session.state(), ConnectionState::Ended { .. }));
}

fn typing_begins_and_stops() {
    let mut world = live();
    let began = |event: &Event| matches!(event, Event::TypingStarted { .. });
    let stopped = |event: &Event| matches!(event, Event::TypingStopped { .. });
    act(&mut world, AgentAction::Typing);
    act(&mut world, AgentAction::Typing);
    assert_eq!((count(&world, began), count(&world, stopped)), (1, 0));
    say(&mut world, "hello");
    assert_eq!(count(&world, stopped), 1, "by the message");
    act(&mut world, AgentAction::Typing);
    world.run_for(12_000);
    assert_eq!((count(&world, began), count(&world, stopped)), (2, 2), "by itself");
    assert_eq!(texts(&world), ["hello"], "typing is no item");
}

/// A receipt of the agent's for the user's own message.
fn receipt(kind: ReceiptKind, action: AgentAction) {
    let mut world = live();
    run(&mut world, Command::send_text("hi"));
    act(&mut world, action);
    let own = newest(&world);
    let told = |event: &Event| {
        matches!(event, Event::ReceiptReceived { message, receipt, by: Some(_), .. }
            if *message == own.key && *receipt == kind)
    };
    assert_eq!(count(&world, told), 1);
    let marks = &own.receipts[0];
    match kind {
        ReceiptKind::Read => assert!(marks.read_at.is_some()),
        _ => assert!(marks.delivered_at.is_some() && marks.read_at.is_none()),
    }
}

fn read() {
    receipt(ReceiptKind::Read, AgentAction::MarkRead(Which::All));
}

fn delivered() {
    receipt(ReceiptKind::Delivered, AgentAction::MarkDelivered(Which::All));
}

fn invited() {
    let mut world = live();
    act(&mut world, AgentAction::SupervisorJoin);
    assert_eq!(notices(&world), [Notice::ParticipantInvited, Notice::ParticipantJoined]);
    assert_eq!(newest(&world).sender.role, Role::Supervisor);
}

fn rehydrated() {
    let mut world = live();
    happen(&mut world, "chat.rehydrated", Some("from before"));
    let notice = Notice::ConversationRehydrated { content: Some("from before".to_owned()) };
    told(&world, &notice, None);
}

fn transferred() {
    let mut world = live();
    act(&mut world, AgentAction::Join);
    let before = newest(&world).segment;
    act(&mut world, AgentAction::Transfer);
    assert!(notices(&world).contains(&Notice::TransferSucceeded));
    let after = newest(&world);
    assert_eq!(after.sender.display_name.as_deref(), Some("Mara"));
    assert_ne!(after.segment, before, "it goes on in another part");
}

fn not_transferred() {
    let mut world = live();
    act(&mut world, AgentAction::TransferFailed);
    told(&world, &Notice::TransferFailed, None);
}

fn joined_and_left() {
    let mut world = live();
    act(&mut world, AgentAction::Join);
    told(&world, &Notice::ParticipantJoined, Some(&Role::Agent));
    act(&mut world, AgentAction::Leave);
    told(&world, &Notice::ParticipantLeft, Some(&Role::Agent));
}

fn renamed() {
    let mut world = live();
    act(&mut world, AgentAction::Rename("Ines Roth".to_owned()));
    told(&world, &Notice::ParticipantRenamed, Some(&Role::Customer));
    assert_eq!(newest(&world).sender.display_name.as_deref(), Some("Ines Roth"));
}

fn log_in() {
    let mut world = live();
    act(&mut world, AgentAction::RequestAuthentication);
    let stage = AuthenticationStage::Initiated;
    let asked = notices(&world).pop();
    let Some(Notice::Authentication { stage: first, attempt: Some(_) }) = asked else { panic!("{asked:?}") };
    assert_eq!(first, stage);
}

fn workflow_cancelled() {
    let mut world = live();
    happen(&mut world, "workflow.cancelled", None);
    told(&world, &Notice::WorkflowCancelled, None);
}

fn active_and_inactive() {
    let mut world = live();
    happen(&mut world, "participant.active", None);
    told(&world, &Notice::ParticipantActive, Some(&Role::Agent));
    happen(&mut world, "participant.inactive", None);
    told(&world, &Notice::ParticipantInactive, Some(&Role::Agent));
}
