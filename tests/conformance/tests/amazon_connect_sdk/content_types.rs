//! Each content type of the SDK, on its way in or out.

use helpline_emulator::amazon_connect::{
    AgentAction, AuthenticationResult, InteractiveKind, ReceiptKind as Seen, Which,
};
use helpline_protocol::amazon_connect::Request;
use helpline_protocol::model::{
    AuthenticationStage, Choice, ItemBody, Notice, OutgoingContent, ReceiptKind, Template,
};
use helpline_protocol::{Command, CommandResult, Event};

use super::Row;
use super::stage::{act, count, happen, live, newest, notices, run, say};

pub(crate) const ROWS: &[Row] = &[
    ("ContentType.typing", typing),
    ("ContentType.connectionAcknowledged", acknowledged),
    ("ContentType.messageDelivered", receipts_out),
    ("ContentType.messageRead", receipts_out),
    ("ContentType.metaData", receipts_in),
    ("ContentType.joined", joined),
    ("ContentType.left", left),
    ("ContentType.ended", ended),
    ("ContentType.participantIdle", idle_and_back),
    ("ContentType.participantReturned", idle_and_back),
    ("ContentType.participantInvited", invited),
    ("ContentType.autoDisconnection", put_out),
    ("ContentType.participantDisplayNameUpdated", renamed),
    ("ContentType.chatRehydrated", rehydrated),
    ("ContentType.plainText", plain),
    ("ContentType.richText", rich),
    ("ContentType.interactiveText", interactive),
    ("ContentType.json", json),
    ("ContentType.interactiveResponse", response),
    ("ContentType.authenticationInitiated", log_in_succeeds),
    ("ContentType.authenticationSucceeded", log_in_succeeds),
    ("ContentType.authenticationFailed", log_in_fails),
    ("ContentType.authenticationTimeout", log_in_times_out),
    ("ContentType.authenticationExpired", log_in_expires),
    ("ContentType.authenticationCancelled", log_in_is_cancelled),
    ("ContentType.participantActive", active_and_inactive),
    ("ContentType.participantInactive", active_and_inactive),
    ("ContentType.transferSucceeded", transferred),
    ("ContentType.transferFailed", not_transferred),
];

fn typing() {
    let mut world = live();
    assert_eq!(run(&mut world, Command::SendTyping { conversation: None }), CommandResult::Done);
    assert_eq!(world.provider.server.stats().typing, 1);
    act(&mut world, AgentAction::Typing);
    let began = |event: &Event| matches!(event, Event::TypingStarted { .. });
    assert_eq!(count(&world, began), 1, "the agent's, and not the echo of our own");
}

fn acknowledged() {
    let mut world = live();
    happen(&mut world, "connection.acknowledged", None);
    assert_eq!(notices(&world), [Notice::ConnectionAcknowledged]);
}

fn receipts_out() {
    let mut world = live();
    say(&mut world, "hello");
    world.run_for(20_000);
    let message = newest(&world).key;
    run(&mut world, Command::MarkRead { message });
    world.run_for(20_000);
    let receipts = &world.provider.server.stats().receipts;
    let kinds: Vec<_> = receipts.iter().map(|receipt| receipt.kind).collect();
    assert_eq!(kinds, [Seen::Delivered, Seen::Read]);
}

fn receipts_in() {
    let mut world = live();
    run(&mut world, Command::send_text("hi"));
    act(&mut world, AgentAction::MarkDelivered(Which::All));
    act(&mut world, AgentAction::MarkRead(Which::All));
    for kind in [ReceiptKind::Delivered, ReceiptKind::Read] {
        let told =
            |event: &Event| matches!(event, Event::ReceiptReceived { receipt, .. } if *receipt == kind);
        assert_eq!(count(&world, told), 1, "{kind:?}");
    }
}

fn joined() {
    let mut world = live();
    act(&mut world, AgentAction::Join);
    assert_eq!(notices(&world), [Notice::ParticipantJoined]);
}

fn left() {
    let mut world = live();
    act(&mut world, AgentAction::Join);
    act(&mut world, AgentAction::Leave);
    assert_eq!(notices(&world), [Notice::ParticipantJoined, Notice::ParticipantLeft]);
}

fn ended() {
    let mut world = live();
    act(&mut world, AgentAction::End);
    assert_eq!(notices(&world), [Notice::ConversationEnded]);
    assert!(!world.session.is_active());
}

fn idle_and_back() {
    let mut world = live();
    act(&mut world, AgentAction::Idle);
    act(&mut world, AgentAction::Returned);
    assert_eq!(notices(&world), [Notice::ParticipantIdle, Notice::ParticipantReturned]);
}

fn invited() {
    let mut world = live();
    act(&mut world, AgentAction::SupervisorJoin);
    assert_eq!(notices(&world)[0], Notice::ParticipantInvited);
}

fn put_out() {
    let mut world = live();
    act(&mut world, AgentAction::AutoDisconnect);
    assert_eq!(notices(&world)[0], Notice::ParticipantAutoDisconnected);
}

fn renamed() {
    let mut world = live();
    act(&mut world, AgentAction::Rename("Ines Roth".to_owned()));
    assert_eq!(notices(&world), [Notice::ParticipantRenamed]);
}

fn rehydrated() {
    let mut world = live();
    happen(&mut world, "chat.rehydrated", None);
    assert_eq!(notices(&world), [Notice::ConversationRehydrated { content: None }]);
}

/// A message of a kind goes out as the content type, and comes in as the same kind.
fn both_ways(content_type: &str, text: &str, content: OutgoingContent, body: ItemBody) {
    let mut world = live();
    run(&mut world, Command::SendMessage { conversation: None, content });
    let truth = world.provider.server.transcript(&world.provider.chat.contact_id);
    assert_eq!((truth[0].content_type.as_str(), truth[0].content.as_deref()), (content_type, Some(text)));
    assert_eq!(newest(&world).body, body);
    let (content_type, content) = (content_type.to_owned(), text.to_owned());
    act(&mut world, AgentAction::SayAs { content_type, content });
    assert_eq!(newest(&world).body, body);
    assert_eq!(world.transcript().len(), 2);
}

fn plain() {
    let text = || "hi".to_owned();
    both_ways("text/plain", "hi", OutgoingContent::text("hi"), ItemBody::Text { text: text() });
}

fn rich() {
    let text = || "**hi**".to_owned();
    let content = OutgoingContent::Markdown { text: text() };
    both_ways("text/markdown", "**hi**", content, ItemBody::Markdown { text: text() });
}

fn json() {
    let text = || r#"{"a":1}"#.to_owned();
    let content = OutgoingContent::Json { text: text() };
    both_ways("application/json", r#"{"a":1}"#, content, ItemBody::Json { text: text() });
}

fn template(kind: InteractiveKind) -> Template {
    let mut world = live();
    act(&mut world, AgentAction::Interactive(kind));
    match newest(&world).body {
        ItemBody::Interactive { interactive } => interactive.template,
        other => panic!("no question: {other:?}"),
    }
}

fn interactive() {
    assert!(matches!(template(InteractiveKind::ListPicker), Template::ListPicker { .. }));
    assert!(matches!(template(InteractiveKind::TimePicker), Template::TimePicker { .. }));
    assert!(matches!(template(InteractiveKind::Panel), Template::Panel { .. }));
    assert!(matches!(template(InteractiveKind::QuickReply), Template::QuickReply { .. }));
    assert!(matches!(template(InteractiveKind::Carousel), Template::Carousel { .. }));
    assert!(matches!(template(InteractiveKind::View), Template::View { .. }));
    assert!(matches!(template(InteractiveKind::Unknown), Template::Unknown { .. }));
}

fn response() {
    let mut world = live();
    act(&mut world, AgentAction::Interactive(InteractiveKind::ListPickerActions));
    let message = newest(&world).key;
    let result = run(&mut world, Command::Answer { message, choice: Choice::Element { index: 1 } });
    assert!(matches!(result, CommandResult::Sent { .. }), "{result}");
    assert!(matches!(newest(&world).body, ItemBody::InteractiveResponse { .. }));
    let truth = world.provider.server.transcript(&world.provider.chat.contact_id);
    let last = truth.last().expect("the answer");
    assert_eq!(last.content_type, "application/vnd.amazonaws.connect.message.interactive.response");
    assert!(last.content.as_ref().is_some_and(|content| content.contains("SHOW_MORE")));
}

/// A log-in that begins, and then what is done about it. The stages that were told.
fn log_in(then: impl FnOnce(&mut helpline_simulation::World, String)) -> Vec<AuthenticationStage> {
    let mut world = live();
    act(&mut world, AgentAction::RequestAuthentication);
    let asked = notices(&world).pop();
    let Some(Notice::Authentication { attempt: Some(attempt), .. }) = asked else { panic!("{asked:?}") };
    then(&mut world, attempt);
    let stage = |notice| match notice {
        Notice::Authentication { stage, .. } => Some(stage),
        _ => None,
    };
    notices(&world).into_iter().filter_map(stage).collect()
}

fn ends_so(result: AuthenticationResult) -> Vec<AuthenticationStage> {
    log_in(|world, _| act(world, AgentAction::AuthenticationResult(result)))
}

fn log_in_succeeds() {
    let stages = ends_so(AuthenticationResult::Succeeded { display_name: None });
    assert_eq!(stages, [AuthenticationStage::Initiated, AuthenticationStage::Succeeded]);
}

fn log_in_fails() {
    let stages = ends_so(AuthenticationResult::Failed);
    assert_eq!(stages, [AuthenticationStage::Initiated, AuthenticationStage::Failed]);
}

fn log_in_times_out() {
    let stages = ends_so(AuthenticationResult::Timeout);
    assert_eq!(stages, [AuthenticationStage::Initiated, AuthenticationStage::TimedOut]);
}

fn log_in_expires() {
    let stages = log_in(|world, _| world.run_for(70_000));
    assert_eq!(stages, [AuthenticationStage::Initiated, AuthenticationStage::Expired]);
}

fn log_in_is_cancelled() {
    let stages = log_in(|world, attempt| {
        let request = Request::CancelAuthentication { attempt };
        let result = run(world, Command::AmazonConnect { request });
        assert!(result.is_ok(), "{result}");
        world.run_for(1_000);
    });
    assert_eq!(stages, [AuthenticationStage::Initiated, AuthenticationStage::Cancelled]);
}

fn active_and_inactive() {
    let mut world = live();
    happen(&mut world, "participant.active", None);
    happen(&mut world, "participant.inactive", None);
    assert_eq!(notices(&world), [Notice::ParticipantActive, Notice::ParticipantInactive]);
}

fn transferred() {
    let mut world = live();
    act(&mut world, AgentAction::Transfer);
    let told = [Notice::TransferSucceeded, Notice::ParticipantLeft, Notice::ParticipantJoined];
    assert_eq!(notices(&world), told);
}

fn not_transferred() {
    let mut world = live();
    act(&mut world, AgentAction::TransferFailed);
    assert_eq!(notices(&world), [Notice::TransferFailed]);
}
