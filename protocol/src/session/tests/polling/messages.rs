use super::*;
use crate::model::DeliveryStatus;
use crate::{CommandError, Failure};

#[test]
fn a_message_goes_out_under_an_id_of_ours_and_is_sent_once_that_is_confirmed() {
    let mut rig = Rig::begun();
    let first = rig.command(Command::send_text("one")).unwrap();
    let second = rig.command(Command::send_text("two")).unwrap();
    assert_eq!(rig.asked(Operation::SendMessage), 1, "they keep their order");
    assert!(rig.said(Operation::SendMessage).contains(&format!(r#""msg_id":"{CHAT}:1""#)));
    rig.answer(Operation::SendMessage, 200, "");
    assert!(matches!(rig.finished(first), Some(CommandResult::Sent { .. })));
    assert_eq!(rig.finished(second), None);
    assert!(rig.said(Operation::SendMessage).contains(&format!(r#""msg_id":"{CHAT}:2""#)));
    rig.answer(Operation::SendMessage, 200, "");
    assert!(matches!(rig.finished(second), Some(CommandResult::Sent { .. })));
    assert_eq!(rig.lines(), ["one", "two"]);
}

#[test]
fn a_message_of_unknown_outcome_is_looked_for_and_not_sent_twice() {
    let mut rig = Rig::begun();
    let command = rig.command(Command::send_text("once")).unwrap();
    rig.no_answer(Operation::SendMessage, TransportFault::ConnectionLost);
    rig.pass(1_900);
    assert_eq!(rig.asked(Operation::CatchUp), 0, "the provider may still be at work on it");
    rig.pass(5_000);
    assert_eq!(rig.asked(Operation::CatchUp), 0, "the poll under way goes first");
    rig.poll_brings(&[]);
    assert_eq!(rig.asked(Operation::CatchUp), 1);
    rig.history_brings(&[own_said(1, "once")]);
    assert!(matches!(rig.finished(command), Some(CommandResult::Sent { .. })));
    assert_eq!((rig.asked(Operation::SendMessage), rig.lines()), (1, vec!["once".to_owned()]));
    assert_eq!(rig.asked(Operation::Poll), 2);
}

#[test]
fn a_message_that_never_arrived_is_sent_again_under_its_id() {
    let mut rig = Rig::begun();
    let command = rig.command(Command::send_text("again")).unwrap();
    rig.no_answer(Operation::SendMessage, TransportFault::TimedOut);
    rig.pass(3_000);
    rig.poll_brings(&[]);
    rig.history_brings(&[]);
    assert_eq!(rig.asked(Operation::SendMessage), 2);
    assert!(rig.said(Operation::SendMessage).contains(&format!(r#""msg_id":"{CHAT}:1""#)));
    rig.answer(Operation::SendMessage, 200, "");
    assert!(matches!(rig.finished(command), Some(CommandResult::Sent { .. })));
}

#[test]
fn a_history_that_was_asked_for_before_the_doubt_does_not_settle_it() {
    let mut rig = Rig::begun();
    rig.poll_is_lost();
    rig.wake();
    assert_eq!(rig.asked(Operation::CatchUp), 1);
    rig.history_brings(&[]);
    rig.command(Command::send_text("late")).unwrap();
    rig.poll_is_lost();
    rig.no_answer(Operation::SendMessage, TransportFault::ConnectionLost);
    while rig.asked(Operation::CatchUp) < 2 {
        rig.wake();
    }
    let before = rig.request(Operation::CatchUp);
    // The outbox wants to know while that one is under way.
    rig.pass(4_000);
    rig.answer_request(before, r#"{"events":[]}"#);
    assert_eq!(rig.asked(Operation::SendMessage), 1);
    assert_eq!(rig.asked(Operation::CatchUp), 3);
    rig.history_brings(&[own_said(1, "late")]);
    assert_eq!((rig.asked(Operation::SendMessage), rig.lines()), (1, vec!["late".to_owned()]));
}

#[test]
fn marks_that_come_before_the_answer_to_a_message_are_its_own() {
    let mut rig = Rig::begun();
    rig.command(Command::send_text("hello")).unwrap();
    rig.poll_brings(&[format!(
        r#"{{"event":"chat_session_message_read","ref_msg_id":"{CHAT}:1","party_id":"{AGENT}","timestamp":"1773480402"}}"#
    )]);
    rig.answer(Operation::SendMessage, 200, "");
    let item = rig.session.transcript(rig.session.current).next().unwrap().clone();
    assert_eq!(item.status, Some(DeliveryStatus::Read));
    assert_eq!(rig.told("receipt"), 1);
}

#[test]
fn a_message_of_unknown_outcome_that_somebody_marks_has_arrived() {
    let mut rig = Rig::begun();
    let command = rig.command(Command::send_text("hello")).unwrap();
    rig.no_answer(Operation::SendMessage, TransportFault::ConnectionLost);
    rig.poll_brings(&[format!(
        r#"{{"event":"chat_session_message_read","ref_msg_id":"{CHAT}:1","party_id":"{AGENT}","timestamp":"1773480402"}}"#
    )]);
    assert!(matches!(rig.finished(command), Some(CommandResult::Sent { .. })));
    let item = rig.session.transcript(rig.session.current).next().unwrap().clone();
    assert_eq!((item.status, item.server_id), (Some(DeliveryStatus::Read), Some(format!("{CHAT}:1"))));
    rig.pass(10_000);
    assert_eq!(rig.asked(Operation::SendMessage), 1);
}

#[test]
fn a_message_that_somebody_marks_has_arrived_though_the_chat_ends_before_it_is_answered() {
    let mut rig = Rig::begun();
    let command = rig.command(Command::send_text("hello")).unwrap();
    rig.poll_brings(&[
        format!(
            r#"{{"event":"chat_session_message_delivered","ref_msg_id":"{CHAT}:1","party_id":"{AGENT}","timestamp":"1773480402"}}"#
        ),
        event("ended"),
    ]);
    assert!(matches!(rig.finished(command), Some(CommandResult::Sent { .. })), "{:?}", rig.finished(command));
    let item = rig.session.transcript(rig.session.current).next().unwrap().clone();
    assert_eq!((item.status, item.server_id), (Some(DeliveryStatus::Delivered), Some(format!("{CHAT}:1"))));
}

#[test]
fn a_refused_message_has_failed_and_what_is_sent_after_it_goes_out() {
    let mut rig = Rig::begun();
    let command = rig.command(Command::send_text("no")).unwrap();
    rig.answer(Operation::SendMessage, 400, r#"{"error_code":"5003","error_message":"no JSON"}"#);
    let Some(CommandResult::Failed { failure: Failure::Provider { fault } }) = rig.finished(command) else {
        panic!("{:?}", rig.finished(command));
    };
    assert_eq!(fault.code.as_deref(), Some("5003"));
    rig.command(Command::send_text("yes")).unwrap();
    assert_eq!(rig.asked(Operation::SendMessage), 2);
}

#[test]
fn receipts_are_collected_and_sent_in_one_request_each_message_for_itself() {
    let mut rig = Rig::begun();
    rig.poll_brings(&[agent_says("a1", "one"), agent_says("a2", "two"), agent_says("a3", "three")]);
    let keys: Vec<_> = rig.session.transcript(rig.session.current).map(|item| item.key).collect();
    rig.command(Command::MarkRead { message: keys[1] }).unwrap();
    rig.pass(1_500);
    assert_eq!(rig.asked(Operation::SendReceipt), 1);
    let said = rig.said(Operation::SendReceipt);
    for part in [
        r#"{"event":"chat_session_message_delivered","ref_msg_id":"a1"}"#,
        r#"{"event":"chat_session_message_read","ref_msg_id":"a2"}"#,
        r#"{"event":"chat_session_message_delivered","ref_msg_id":"a3"}"#,
    ] {
        assert!(said.contains(part), "{part} in {said}");
    }
    rig.answer(Operation::SendReceipt, 200, "");
    assert!(rig.session.is_settled());
    rig.command(Command::MarkRead { message: keys[1] }).unwrap();
    rig.pass(5_000);
    assert_eq!(rig.asked(Operation::SendReceipt), 1, "it is marked already");
}

#[test]
fn typing_is_told_both_ways_and_so_is_its_end() {
    let mut rig = Rig::begun();
    rig.command(Command::SendTyping { conversation: None }).unwrap();
    assert!(rig.said(Operation::SendTyping).contains("chat_session_typing"));
    rig.answer(Operation::SendTyping, 200, "");
    rig.command(Command::StopTyping { conversation: None }).unwrap();
    assert!(rig.said(Operation::SendTyping).contains("chat_session_not_typing"));
    rig.answer(Operation::SendTyping, 200, "");
    rig.command(Command::StopTyping { conversation: None }).unwrap();
    assert_eq!(rig.asked(Operation::SendTyping), 2, "nobody believes that they type");
    rig.command(Command::SendTyping { conversation: None }).unwrap();
    rig.answer(Operation::SendTyping, 200, "");
    for _ in 0..3 {
        rig.pass(10_000);
        rig.poll_brings(&[]);
    }
    assert_eq!(rig.asked(Operation::SendTyping), 4, "silence is told by itself");
    rig.answer(Operation::SendTyping, 200, "");
    rig.poll_brings(&[event("typing")]);
    assert_eq!((rig.told("typing: "), rig.told(" stopped")), (1, 0));
    rig.poll_brings(&[event("not_typing")]);
    assert_eq!(rig.told(" stopped"), 1);
}

#[test]
fn typing_waits_for_no_message() {
    let mut rig = Rig::begun();
    rig.command(Command::send_text("on its way")).unwrap();
    let typing = rig.command(Command::SendTyping { conversation: None }).unwrap();
    assert_eq!(rig.finished(typing), Some(CommandResult::Done));
    assert_eq!(rig.asked(Operation::SendTyping), 0);
}

#[test]
fn what_another_provider_has_is_refused_by_name() {
    let mut rig = Rig::begun();
    let request = crate::amazon_connect::Request::AuthenticationUrl {
        attempt: "s".to_owned(),
        redirect_uri: "https://a.example".to_owned(),
    };
    let refused = rig.command(Command::AmazonConnect { request }).unwrap_err();
    assert!(matches!(refused, CommandError::Unsupported { .. }), "{refused}");
    let mut other = Rig::live();
    for command in [
        Command::StartConversation { introduction: crate::model::Introduction::default() },
        Command::EndConversation { conversation: None },
        Command::PushReceived { payload: "{}".to_owned() },
    ] {
        let refused = other.command(command).unwrap_err();
        assert!(matches!(refused, CommandError::Unsupported { .. }), "{refused}");
    }
    let stop = other.command(Command::StopTyping { conversation: None }).unwrap();
    assert_eq!(other.finished(stop), Some(CommandResult::Done));
}
