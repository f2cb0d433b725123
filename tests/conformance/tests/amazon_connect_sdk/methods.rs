//! The methods of a chat session, by the handle over loopback.

use helpline_emulator::amazon_connect::{AgentAction, Operation as Asked, ReceiptKind, StatusRule};
use helpline_protocol::model::{DeliveryStatus, OutgoingContent};
use helpline_protocol::{Command, CommandError, ConnectionDetails, ConnectionState, EndReason, Event};
use helpline_simulation::{World, WorldConfig};

use super::Row;
use super::desk::{Desk, block_on, soon};
use super::stage::{live, run};
use crate::adapter::ChatError;

pub(crate) const ROWS: &[Row] = &[
    ("ChatSession.shared", chats_do_not_meet),
    ("ChatSession.getConnectionDetailsProvider", the_connections_details_can_be_read),
    ("ChatSession.connect", connect_waits_for_a_live_link),
    ("ChatSession.disconnect", leave_ends_the_chat),
    ("ChatSession.reset", reset_leaves_the_chat_to_itself),
    ("ChatSession.suspendWebSocketConnection", suspend_closes_the_socket),
    ("ChatSession.resumeWebSocketConnection", resume_fetches_what_was_missed),
    ("ChatSession.sendMessage", messages_of_each_kind_arrive),
    ("ChatSession.sendEvent", events_of_any_kind_arrive),
    ("ChatSession.sendMessageReceipt", receipts_arrive),
    ("ChatSession.resendFailedMessage", a_failed_message_is_sent_again),
    ("ChatSession.isChatSessionActive", a_session_is_active_from_connect_to_end),
    ("completion handlers", every_call_has_its_result),
];

fn chats_do_not_meet() {
    block_on(async {
        let (one, two) = (Desk::open().await, Desk::open().await);
        soon(one.chat.send_text("to one")).await.expect("it is sent");
        soon(two.chat.clone().send_text("to two")).await.expect("it is sent, by a clone too");
        assert_eq!((one.arrived(), two.arrived()), (vec!["to one".to_owned()], vec!["to two".to_owned()]));
        soon(one.chat.leave()).await.expect("it is over");
        assert_eq!(two.chat.state().await, Ok(ConnectionState::Live));
    });
}

fn the_connections_details_can_be_read() {
    let before = World::new(WorldConfig::default());
    assert_eq!(before.session.connection(), ConnectionDetails::default());
    let mut world = live();
    let connection = world.session.connection();
    assert!(connection.token.is_some() && connection.socket.is_some(), "{connection:?}");
    world.cut();
    world.run_for(50);
    assert_eq!(world.session.connection().socket, None, "it is gone");
    assert!(world.session.connection().token.is_some(), "it is good all the same");
    run(&mut world, Command::Reset);
    assert_eq!(world.session.connection().token, None);
    block_on(async {
        let desk = Desk::open().await;
        let connection = desk.chat.connection().await.expect("the session lives");
        assert!(connection.token.is_some() && connection.socket.is_some(), "{connection:?}");
    });
}

fn connect_waits_for_a_live_link() {
    block_on(async {
        let desk = Desk::open().await;
        assert_eq!(desk.chat.state().await, Ok(ConnectionState::Live));
        let stats = desk.stats();
        assert_eq!((stats.sockets_open, stats.received("aws/subscribe")), (1, 1));
        let again = desk.chat.connect().await.unwrap_err();
        assert_eq!(again, ChatError::Refused(CommandError::AlreadyConnected));
        desk.settled().await;
        assert_eq!(desk.calls(Asked::GetTranscript), 1, "the first page");
    });
}

fn leave_ends_the_chat() {
    block_on(async {
        let mut desk = Desk::open().await;
        soon(desk.chat.leave()).await.expect("it is over");
        assert!(desk.has_ended());
        let left = ConnectionState::Ended { reason: EndReason::Left };
        desk.until(|event| *event == Event::ConnectionChanged { state: left.clone() }).await;
        assert_eq!(desk.calls(Asked::Disconnect), 1);
        let after = desk.chat.send_text("too late").await.unwrap_err();
        assert!(matches!(after, ChatError::Refused(CommandError::Ended { .. })), "{after:?}");
    });
}

fn reset_leaves_the_chat_to_itself() {
    block_on(async {
        let desk = Desk::open().await;
        soon(desk.chat.reset()).await.expect("it is put away");
        let ended = ConnectionState::Ended { reason: EndReason::Reset };
        assert_eq!(desk.chat.state().await, Ok(ended));
        assert_eq!(desk.calls(Asked::Disconnect), 0);
        assert!(!desk.has_ended(), "another session can take it up");
    });
}

fn suspend_closes_the_socket() {
    block_on(async {
        let mut desk = Desk::open().await;
        soon(desk.chat.suspend()).await.expect("it is held");
        let held = |event: &Event| {
            matches!(event, Event::ConnectionChanged { state: ConnectionState::Suspended { .. } })
        };
        desk.until(held).await;
        desk.chat.queue_text("later").await.expect("it waits");
        assert_eq!(desk.arrived(), Vec::<String>::new());
        assert!(!desk.has_ended());
        soon(desk.chat.resume()).await.expect("it is live");
        assert_eq!(desk.stats().client_close_codes.get(&1000), Some(&1), "with a goodbye");
    });
}

fn resume_fetches_what_was_missed() {
    block_on(async {
        let mut desk = Desk::open().await;
        desk.say("before");
        desk.item(|item| item.body.text() == Some("before")).await;
        soon(desk.chat.suspend()).await.expect("it is held");
        desk.say("meanwhile");
        soon(desk.chat.resume()).await.expect("it is live");
        desk.until(|event| matches!(event, Event::GapClosed { recovered: 1, .. })).await;
        let transcript = desk.chat.transcript().await.expect("the session lives");
        let texts: Vec<_> = transcript.iter().filter_map(|item| item.body.text()).collect();
        assert_eq!(texts, ["before", "meanwhile"]);
    });
}

fn messages_of_each_kind_arrive() {
    block_on(async {
        let desk = Desk::open().await;
        soon(desk.chat.send_text("plain")).await.expect("it is sent");
        let markdown = OutgoingContent::Markdown { text: "**bold**".to_owned() };
        let message = soon(desk.chat.send(markdown)).await.expect("it is sent");
        let json = OutgoingContent::Json { text: "{\"a\":1}".to_owned() };
        soon(desk.chat.send(json)).await.expect("it is sent");
        let truth = desk.server.with(|server, _, _| server.transcript(&desk.details.contact_id));
        let types: Vec<_> = truth.iter().map(|entry| entry.content_type.as_str()).collect();
        assert_eq!(types, ["text/plain", "text/markdown", "application/json"]);
        let item = desk.chat.item(message).await.expect("the session lives").expect("the item");
        assert_eq!(
            (item.status, item.server_id.as_deref()),
            (Some(DeliveryStatus::Sent), Some(&*truth[1].id))
        );
    });
}

fn events_of_any_kind_arrive() {
    block_on(async {
        let desk = Desk::open().await;
        soon(desk.chat.typing()).await.expect("it is told");
        soon(desk.chat.typing()).await.expect("it is held back, which is no failure");
        assert_eq!(desk.stats().typing, 1);
        let acknowledged = "application/vnd.amazonaws.connect.event.connection.acknowledged";
        let event = soon(desk.chat.send_event(acknowledged, None)).await.expect("it is taken");
        assert!(event.id.is_some() && event.at.is_some(), "{event:?}");
        assert_eq!(desk.calls(Asked::SendEvent), 2);
    });
}

fn receipts_arrive() {
    block_on(async {
        let mut desk = Desk::open().await;
        desk.say("hello");
        let item = desk.item(|item| item.body.is_message()).await;
        desk.chat.mark_read(item.key).await.expect("it is noted");
        desk.settled().await;
        let receipts = desk.stats().receipts;
        let last = receipts.last().expect("a receipt");
        assert_eq!((last.kind, Some(&last.message_id)), (ReceiptKind::Read, item.server_id.as_ref()));
    });
}

fn a_failed_message_is_sent_again() {
    block_on(async {
        let desk = Desk::open().await;
        let refuse = StatusRule::next(Asked::SendMessage, 400, 1);
        desk.server.with(|server, _, _| server.faults_mut().statuses.push(refuse));
        let failed = soon(desk.chat.send_text("again")).await.unwrap_err();
        let ChatError::Failed { message: Some(message), .. } = failed else { panic!("{failed:?}") };
        let status = |item: Option<helpline_protocol::model::TranscriptItem>| item.expect("it").status;
        let shown = status(desk.chat.item(message).await.expect("the session lives"));
        assert!(matches!(shown, Some(DeliveryStatus::Failed { .. })), "{shown:?}");
        soon(desk.chat.resend(message)).await.expect("it is sent");
        assert_eq!(desk.arrived(), ["again"]);
        let shown = status(desk.chat.item(message).await.expect("the session lives"));
        assert_eq!(shown, Some(DeliveryStatus::Sent), "the same item, and no other");
        assert_eq!(desk.chat.transcript().await.map(|items| items.len()), Ok(1));
    });
}

fn a_session_is_active_from_connect_to_end() {
    let mut world = World::new(WorldConfig::default());
    assert!(!world.session.is_active(), "before");
    run(&mut world, Command::Connect);
    assert!(world.session.is_active());
    world.set_line_down(true);
    world.run_for(60_000);
    assert!(world.session.is_active(), "a link that is away does not change it");
    world.set_line_down(false);
    world.run_for(60_000);
    world.agent(AgentAction::End);
    world.run_for(1_000);
    assert!(!world.session.is_active(), "after the end");
    block_on(async {
        let desk = Desk::open().await;
        assert_eq!(desk.chat.is_active().await, Ok(true));
        soon(desk.chat.leave()).await.expect("it is over");
        assert_eq!(desk.chat.is_active().await, Ok(false));
    });
}

fn every_call_has_its_result() {
    block_on(async {
        let desk = Desk::open().await;
        let empty = desk.chat.send_text("").await.unwrap_err();
        assert_eq!(empty, ChatError::Refused(CommandError::Empty), "before anything is sent");
        let refuse = StatusRule::next(Asked::GetAttachment, 400, 1);
        desk.server.with(|server, _, _| server.faults_mut().statuses.push(refuse));
        let failed = soon(desk.chat.attachment_url("file-1", None)).await.unwrap_err();
        let ChatError::Failed { failure, .. } = failed else { panic!("{failed:?}") };
        let shown = format!("{failure:?}");
        assert!(shown.contains("ValidationException"), "the provider's own code: {shown}");
        soon(desk.chat.send_text("fine")).await.expect("it is sent");
    });
}
