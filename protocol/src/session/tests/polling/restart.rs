//! A session that polls, kept and restored in another process.

use super::*;
use crate::{Secrets, Snapshot};

/// The session goes on in another process, from what was written of it, a while later.
fn restarted(rig: &Rig) -> Rig {
    let json = rig.session.snapshot(now(rig.at), Secrets::Include).to_json();
    let snapshot = Snapshot::parse(&json).unwrap();
    let config = snapshot.config().unwrap();
    let (at, mut out) = (rig.at + 3_000, Vec::new());
    let session = Session::restore(config, &snapshot, [8; 32], now(at), &mut out).unwrap();
    Rig::with(session, at, out)
}

/// Until the history is asked for.
fn until_history(rig: &mut Rig) {
    while rig.asked(Operation::CatchUp) == 0 {
        rig.wake();
    }
}

#[test]
fn a_chat_goes_on_where_it_stood_and_what_was_missed_comes_first() {
    let mut rig = Rig::begun();
    rig.poll_brings(&[agent_says("a1", "one")]);
    rig.command(Command::send_text("mine")).unwrap();
    rig.answer(Operation::SendMessage, 200, "");
    let mut rig = restarted(&rig);
    assert_eq!(rig.lines(), ["one", "mine"]);
    until_history(&mut rig);
    assert_eq!((rig.asked(Operation::StartConversation), rig.asked(Operation::Poll)), (0, 0));
    rig.history_brings(&[agent_says("a1", "one"), own_said(1, "mine"), agent_says("a2", "missed")]);
    assert!(rig.is_live());
    assert_eq!(
        (rig.lines(), rig.asked(Operation::Poll)),
        (vec!["one".into(), "mine".into(), "missed".into()], 1)
    );
    rig.command(Command::send_text("next")).unwrap();
    assert!(rig.said(Operation::SendMessage).contains(&format!("{CHAT}:2")));
}

#[test]
fn a_message_under_way_is_looked_for_before_it_is_sent_again() {
    for arrived in [true, false] {
        let mut rig = Rig::begun();
        let command = rig.command(Command::send_text("in doubt")).unwrap();
        let mut rig = restarted(&rig);
        until_history(&mut rig);
        assert_eq!(rig.asked(Operation::SendMessage), 0);
        let history = if arrived { vec![own_said(1, "in doubt")] } else { Vec::new() };
        rig.history_brings(&history);
        for _ in 0..20 {
            if rig.asked(Operation::SendMessage) > 0 || rig.finished(command).is_some() {
                break;
            }
            rig.pass(1_000);
            if rig.asked(Operation::CatchUp) > 1 {
                rig.history_brings(&history);
            } else if rig.session.requests.iter().any(|(_, of)| of.operation() == Operation::Poll) {
                rig.poll_brings(&[]);
            }
        }
        if arrived {
            assert_eq!(rig.asked(Operation::SendMessage), 0);
        } else {
            assert!(rig.said(Operation::SendMessage).contains(&format!(r#""msg_id":"{CHAT}:1""#)));
            rig.answer(Operation::SendMessage, 200, "");
        }
        assert!(matches!(rig.finished(command), Some(CommandResult::Sent { .. })), "{arrived}");
        assert_eq!(rig.lines(), ["in doubt"]);
    }
}

#[test]
fn what_is_over_stays_over_and_what_was_told_once_is_not_told_again() {
    let mut rig = Rig::begun();
    let case = r#"{"event":"chat_session_case_set","case_id":"c-7","timestamp":"1773480401"}"#.to_owned();
    rig.poll_brings(&[case.clone(), agent_says("a1", "one")]);
    assert_eq!(rig.told("case set"), 1);
    let mut again = restarted(&rig);
    until_history(&mut again);
    again.history_brings(&[case, agent_says("a1", "one")]);
    assert_eq!(again.told("case set"), 0);
    rig.poll_brings(&[event("ended")]);
    let mut rig = restarted(&rig);
    assert_eq!((rig.session.state(), rig.session.deadline()), (ConnectionState::Idle, None));
    let over = rig.session.current;
    rig.command(Command::Connect).unwrap();
    rig.start("second", true);
    assert!(rig.session.current > over);
}

#[test]
fn marks_of_ours_are_not_set_again_and_the_order_of_telling_is_kept() {
    let mut rig = Rig::begun();
    rig.poll_brings(&[agent_says("z", "first"), agent_says("a", "second")]);
    rig.pass(2_000);
    rig.answer(Operation::SendReceipt, 200, "");
    let key = rig.session.transcript(rig.session.current).next().unwrap().key;
    let mut rig = restarted(&rig);
    until_history(&mut rig);
    rig.history_brings(&[agent_says("z", "first"), agent_says("a", "second")]);
    assert_eq!(rig.lines(), ["first", "second"]);
    rig.command(Command::MarkDelivered { message: key }).unwrap();
    rig.pass(5_000);
    assert_eq!(rig.asked(Operation::SendReceipt), 0);
}
