//! Every kind of deadline is seen from outside, and goes away when it has passed.

use super::{ACK, GRANT, Rig, agent_message, chat};
use crate::machine::Alarms;
use crate::{Command, DeadlineReason, Input, Network, Operation, SocketClosed, SocketId, TransportFault};

/// The reason as its name, without what it carries.
fn kind(why: DeadlineReason) -> String {
    why.to_string().split('(').next().unwrap_or_default().to_owned()
}

/// Something of this kind is armed, and the session's deadline is not later.
fn assert_armed(rig: &Rig, wanted: &str) {
    let mut armed = Vec::new();
    rig.session.alarms(&mut |at, why| armed.push((at, kind(why))));
    let alarm = armed.iter().find(|(_, why)| why == wanted);
    let (at, _) = alarm.unwrap_or_else(|| panic!("{wanted} is not armed, but {armed:?}"));
    let deadline = rig.session.deadline().expect("a deadline");
    assert!(deadline.at <= *at, "{deadline} is later than {wanted} at {at}");
}

fn with_typing(mut rig: Rig) -> Rig {
    rig.frame(&chat(
        r#"{"AbsoluteTime":"2026-03-14T09:27:30.410Z","ContentType":"application/vnd.amazonaws.connect.event.typing","Id":"t1","Type":"EVENT","ParticipantId":"agent","ParticipantRole":"AGENT"}"#,
    ));
    rig
}

fn armed_rigs() -> Vec<(&'static str, Rig)> {
    let mut authorising = Rig::new();
    authorising.command(Command::Connect).unwrap();
    let mut opening = Rig::new();
    opening.command(Command::Connect).unwrap();
    opening.answer(Operation::Authorise, 200, GRANT);
    let mut waiting = Rig::new();
    waiting.command(Command::Connect).unwrap();
    waiting.no_answer(Operation::Authorise, TransportFault::ConnectFailed);
    let mut sending = Rig::live();
    sending.command(Command::send_text("hello")).unwrap();
    sending.answer(Operation::SendMessage, 500, "");
    let mut catching_up = Rig::greeting();
    catching_up.frame(ACK);
    catching_up.answer(Operation::CatchUp, 500, "");
    let mut receipts = Rig::live();
    receipts.frame(&agent_message("a1"));
    let mut leaving = Rig::live();
    leaving.command(Command::Leave).unwrap();
    leaving.answer(Operation::Leave, 200, "{}");
    let mut probing = Rig::live();
    probing.frame(r#"{"topic":"aws/heartbeat"}"#);
    let mut polling = Rig::begun();
    polling.poll_is_lost();
    let mut ending = Rig::begun();
    ending.command(Command::Leave).unwrap();
    ending.answer(Operation::Leave, 200, "");
    vec![
        ("poll", polling),
        ("leave_timeout", ending),
        ("request_timeout", authorising),
        ("open_timeout", opening),
        ("greeting", Rig::greeting()),
        ("heartbeat", probing),
        ("heartbeat_lost", Rig::live()),
        ("reconnect", waiting),
        ("healthy", Rig::live()),
        ("renew", Rig::live()),
        ("outbox_retry", sending),
        ("catch_up_retry", catching_up),
        ("receipt_flush", receipts),
        ("typing_expiry", with_typing(Rig::live())),
        ("leave_timeout", leaving),
    ]
}

#[test]
fn the_deadline_sees_every_kind_of_alarm() {
    for (wanted, rig) in armed_rigs() {
        assert_armed(&rig, wanted);
    }
}

#[test]
fn waking_at_deadlines_alone_always_moves_the_deadline() {
    for (name, mut rig) in armed_rigs() {
        for _ in 0..200 {
            let Some(deadline) = rig.session.deadline() else { break };
            rig.at = deadline.at.as_micros().div_ceil(1_000);
            rig.tell(Input::Woke);
            let next = rig.session.deadline();
            assert!(next.is_none_or(|next| next.at > deadline.at), "{name}: {deadline}, then {next:?}");
        }
    }
}

#[test]
fn nothing_is_armed_before_the_connect_and_after_the_end() {
    let mut rig = Rig::new();
    assert_eq!(rig.session.deadline(), None);
    rig.command(Command::Connect).unwrap();
    rig.answer(Operation::Authorise, 403, "");
    assert_eq!(rig.session.deadline(), None);
}

#[test]
fn an_offline_session_waits_for_the_network_alone() {
    let mut rig = Rig::live();
    rig.tell(Input::Network(Network::Offline));
    // The token's renewal stays: it will be due once there is a network.
    let why = rig.session.deadline().map(|deadline| deadline.why);
    assert!(matches!(why, None | Some(DeadlineReason::Renew)), "{why:?}");
    rig.tell(Input::Network(Network::Online));
    assert_armed(&rig, "reconnect");
}

#[test]
fn an_answer_beats_the_timeout_that_is_due_with_it() {
    for (early, tied) in [("aws/heartbeat", "aws/ping"), ("aws/ping", "aws/heartbeat")] {
        let pong = |topic: &str| format!(r#"{{"topic":"{topic}","statusCode":200,"statusContent":"OK"}}"#);
        let mut rig = Rig::live();
        rig.at = 5_000;
        rig.frame(&pong(early));
        // Both probes went out at 0, so this one is lost at 10 s.
        rig.at = 10_000;
        let mut late = Rig::with(rig.session.clone(), rig.at, Vec::new());
        late.tell(Input::Woke);
        assert!(late.events().any(|event| event.to_string().contains(tied)), "without an answer it is lost");
        rig.frame(&pong(tied));
        assert!(!rig.events().any(|event| event.to_string().contains("lost")), "{tied}");
    }
}

#[test]
fn a_socket_that_closes_in_any_state_leaves_a_way_out() {
    for (name, mut rig) in armed_rigs() {
        let why = SocketClosed::Failed(TransportFault::ConnectionLost);
        rig.tell(Input::SocketClosed { socket: SocketId::from_u64(1), why });
        assert!(rig.session.deadline().is_some(), "{name}");
    }
}
