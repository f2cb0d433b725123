use super::*;
use crate::model::ConversationEnd;
use crate::{CommandError, EndReason};

fn ended(rig: &Rig) -> Vec<Option<ConversationEnd>> {
    let of = |event: &Event| if let Event::ConversationEnded { why, .. } = event { Some(*why) } else { None };
    rig.events().filter_map(of).collect()
}

#[test]
fn every_way_to_end_is_told_and_nothing_is_asked_after_it() {
    let status = |state: &str| format!(r#"{{"event":"chat_session_status","state":"{state}"}}"#);
    let timeout = r#"{"event":"chat_session_inactivity_timeout","msg":"closed","timestamp":"1773480500"}"#;
    for (last, why) in [
        (event("ended"), ConversationEnd::Ended),
        (timeout.to_owned(), ConversationEnd::Inactivity),
        (status("failed"), ConversationEnd::Failed),
        (status("completed"), ConversationEnd::Completed),
    ] {
        let mut rig = Rig::begun();
        rig.poll_brings(&[agent_says("a1", "bye"), last, agent_says("a2", "really")]);
        assert_eq!(ended(&rig), [Some(why)]);
        assert_eq!(rig.lines(), ["bye", "really"], "all of the batch is told");
        let asked = rig.requests().count();
        assert_eq!((rig.session.state(), rig.session.deadline()), (ConnectionState::Idle, None));
        rig.pass(600_000);
        rig.tell(Input::App(crate::AppState::Foreground));
        rig.tell(Input::Network(crate::Network::Online));
        assert_eq!(rig.requests().count(), asked, "{why}");
    }
}

#[test]
fn what_the_provider_does_not_know_any_more_is_over() {
    let gone = r#"{"error_code":"5005","error_message":"Chat session is not found"}"#;
    let mut rig = Rig::begun();
    rig.answer(Operation::Poll, 404, gone);
    assert_eq!(ended(&rig), [Some(ConversationEnd::NotFound)]);
    let mut rig = Rig::begun();
    let waits = rig.command(Command::send_text("hello")).unwrap();
    let behind = rig.command(Command::send_text("behind")).unwrap();
    let poll = rig.request(Operation::Poll);
    rig.answer(Operation::SendMessage, 404, gone);
    assert_eq!(ended(&rig), [Some(ConversationEnd::NotFound)]);
    for command in [waits, behind] {
        assert!(matches!(rig.finished(command), Some(CommandResult::Failed { .. })));
    }
    assert!(rig.out.contains(&Output::CancelRequest { id: poll }));
    assert_eq!((rig.session.state(), rig.session.deadline()), (ConnectionState::Idle, None));
}

#[test]
fn a_status_that_a_proxy_may_have_said_must_be_said_twice() {
    let mut rig = Rig::begun();
    rig.answer(Operation::Poll, 404, "<html>not found</html>");
    assert_eq!(ended(&rig), []);
    rig.wake();
    rig.answer(Operation::CatchUp, 404, "<html>not found</html>");
    assert_eq!(ended(&rig), [Some(ConversationEnd::NotFound)]);
}

#[test]
fn after_the_end_another_conversation_can_be_begun() {
    let mut rig = Rig::begun();
    rig.command(Command::send_text("first")).unwrap();
    rig.answer(Operation::SendMessage, 200, "");
    rig.poll_brings(&[event("ended")]);
    let over = rig.session.current;
    assert_eq!(rig.command(Command::send_text("x")), Err(CommandError::NotConnected));
    let connect = rig.command(Command::Connect).unwrap();
    rig.start("second-chat", true);
    assert_eq!(rig.finished(connect), Some(CommandResult::Done));
    assert_ne!(rig.session.current, over);
    assert_eq!(rig.lines_of(over), ["first"]);
    rig.command(Command::send_text("second")).unwrap();
    assert!(rig.said(Operation::SendMessage).starts_with("/clientweb/api/v2/chats/second-chat/events"));
    assert!(rig.said(Operation::SendMessage).contains("second-chat:1"));
    let late = Command::SendMessage {
        conversation: Some(over),
        content: crate::model::OutgoingContent::text("late"),
    };
    assert_eq!(rig.command(late), Err(CommandError::ConversationOver { conversation: over }));
}

#[test]
fn a_session_that_was_held_as_the_conversation_ended_can_be_let_go() {
    let mut rig = Rig::begun();
    rig.command(Command::Suspend).unwrap();
    rig.poll_brings(&[event("ended")]);
    assert_eq!(rig.session.state(), ConnectionState::Idle);
    let resume = rig.command(Command::Resume).unwrap();
    assert_eq!(rig.finished(resume), Some(CommandResult::Done));
    let again = rig.command(Command::Resume).unwrap_err();
    assert!(matches!(again, CommandError::NotConnected | CommandError::NotNow { .. }), "{again}");
    assert_eq!((rig.asked(Operation::Poll), rig.session.deadline()), (1, None));
}

#[test]
fn leaving_ends_the_conversation_and_then_the_session() {
    let mut rig = Rig::begun();
    let leave = rig.command(Command::Leave).unwrap();
    assert!(rig.said(Operation::Leave).contains("chat_session_end"));
    rig.answer(Operation::Leave, 200, "");
    assert_eq!(rig.finished(leave), Some(CommandResult::Done));
    rig.poll_brings(&[agent_says("a1", "bye")]);
    assert_eq!(rig.asked(Operation::Poll), 2, "what is still said is heard");
    rig.poll_brings(&[event("ended")]);
    assert_eq!(rig.session.state(), ConnectionState::Ended { reason: EndReason::Left });
    assert_eq!(ended(&rig), [Some(ConversationEnd::Left)]);
    assert_eq!(rig.session.deadline(), None);
}

#[test]
fn a_goodbye_that_does_not_come_is_waited_for_15_seconds() {
    let mut rig = Rig::begun();
    rig.command(Command::Leave).unwrap();
    rig.answer(Operation::Leave, 200, "");
    rig.pass(14_900);
    assert_eq!(ended(&rig), []);
    rig.pass(200);
    assert_eq!(rig.session.state(), ConnectionState::Ended { reason: EndReason::Left });
}

#[test]
fn a_conversation_can_be_ended_without_the_session() {
    let mut rig = Rig::begun();
    let end = rig.command(Command::EndConversation { conversation: None }).unwrap();
    rig.answer(Operation::Leave, 200, "");
    rig.answer(Operation::Poll, 404, r#"{"error_code":"5005"}"#);
    assert_eq!(rig.finished(end), Some(CommandResult::Done));
    assert_eq!(ended(&rig), [Some(ConversationEnd::Left)]);
    assert_eq!(rig.session.state(), ConnectionState::Idle);
    rig.command(Command::Connect).unwrap();
    rig.start("another", true);
    assert!(rig.is_live());
}

#[test]
fn a_session_without_a_conversation_can_be_put_away() {
    for command in [Command::Leave, Command::Reset] {
        let mut rig = Rig::begun();
        rig.poll_brings(&[event("ended")]);
        rig.command(command).unwrap();
        assert!(matches!(rig.session.state(), ConnectionState::Ended { .. }));
        assert_eq!(ended(&rig), [Some(ConversationEnd::Ended)], "it is told once");
    }
}

#[test]
fn a_configuration_that_cannot_work_ends_the_session() {
    for (status, code) in [(403, "1000"), (403, "2001"), (404, "5006"), (401, "")] {
        let mut rig = Rig::begun();
        rig.answer(Operation::Poll, status, &format!(r#"{{"error_code":"{code}"}}"#));
        assert!(matches!(
            rig.session.state(),
            ConnectionState::Ended { reason: EndReason::Misconfigured { .. } }
        ));
        assert_eq!(rig.session.deadline(), None);
    }
}

#[test]
fn a_chat_that_cannot_be_begun_yet_is_tried_again_and_one_that_is_refused_is_not() {
    let mut rig = Rig::polling();
    let connect = rig.command(Command::Connect).unwrap();
    rig.answer(Operation::StartConversation, 503, r#"{"error_code":"5001"}"#);
    assert!(matches!(rig.session.state(), ConnectionState::Reconnecting { .. }));
    rig.wake();
    assert_eq!(rig.asked(Operation::StartConversation), 2);
    rig.no_answer(Operation::StartConversation, TransportFault::TimedOut);
    rig.wake();
    rig.start(CHAT, true);
    assert_eq!(rig.finished(connect), Some(CommandResult::Done));
    let mut rig = Rig::polling();
    rig.command(Command::Connect).unwrap();
    for _ in 0..2 {
        rig.answer(Operation::StartConversation, 503, r#"{"error_code":"5001"}"#);
        rig.wake();
    }
    rig.start(CHAT, false);
    let attempt = |rig: &Rig| {
        let ConnectionState::Reconnecting { attempt, .. } = rig.session.state() else { return None };
        Some(attempt)
    };
    assert_eq!(attempt(&rig), Some(2));
    rig.no_answer(Operation::CatchUp, TransportFault::ConnectionLost);
    assert_eq!(attempt(&rig), Some(1), "the provider did answer");
    rig.command(Command::Suspend).unwrap();
    rig.command(Command::Resume).unwrap();
    assert_eq!(rig.session.state(), ConnectionState::Connecting, "it was never up");
    let mut rig = Rig::polling();
    let connect = rig.command(Command::Connect).unwrap();
    rig.answer(Operation::StartConversation, 400, r#"{"error_code":"5003"}"#);
    assert!(matches!(rig.finished(connect), Some(CommandResult::Failed { .. })));
    assert_eq!((rig.session.state(), rig.session.deadline()), (ConnectionState::Idle, None));
}
