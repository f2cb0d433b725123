//! A session that is saved, and restored in another process.
#![expect(clippy::wildcard_enum_match_arm, reason = "each of these looks for the one thing that it names")]

mod broken;
mod checkpoints;

use core::time::Duration;
use std::collections::BTreeSet;

use serde_json::Value;

use super::{Secrets, Snapshot, SnapshotError};
use crate::machine::Alarms as _;
use crate::session::Session;
use crate::session::tests::story::{STORY, config};
use crate::session::tests::{GRANT, Rig, now};
use crate::{
    Command, CommandResult, ConnectionState, DeadlineReason, Event, Input, Network, Now, Operation, Output,
    Timestamp, TransportFault, WallTime,
};

/// The host of this process, with the other's session.
pub(super) fn restore(snapshot: &Snapshot, at: Now) -> (Session, Vec<Output>) {
    let mut out = Vec::new();
    let session = Session::restore(config(), snapshot, [9; 32], at, &mut out).expect("it can be restored");
    (session, out)
}

/// Its content as JSON, without what is left of timers and what names requests.
pub(super) fn essence(session: &Session, at: Now) -> Value {
    let mut value = serde_json::to_value(session.snapshot(at, Secrets::Include)).unwrap();
    value["config"] = Value::Null;
    value["ids"]["requests"] = Value::Null;
    value["link"]["sockets"] = Value::Null;
    strip(&mut value);
    value
}

fn strip(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| !name.ends_with("_in"));
            for (name, field) in fields {
                // Chance decides how long, and not whether.
                let waits =
                    |field: &Value| field.as_object().is_some_and(|it| it.contains_key("waiting_for"));
                if (name == "state" || name == "stage") && waits(field) {
                    *field = "waiting".into();
                }
                strip(field);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// What a session waits for.
fn timers(session: &Session) -> BTreeSet<DeadlineReason> {
    let mut timers = BTreeSet::new();
    session.alarms(&mut |_, why| {
        timers.insert(why);
    });
    timers
}

/// Chance decides how long a wait is.
fn timeless(state: ConnectionState) -> ConnectionState {
    match state {
        ConnectionState::Reconnecting { attempt, .. } => {
            ConnectionState::Reconnecting { attempt, retry_at: None }
        }
        other => other,
    }
}

/// The network goes, everything that was under way ends without an answer, and the network comes back.
fn disconnect(session: &mut Session, at: Now) {
    let mut out = Vec::new();
    session.handle(at, Input::Network(Network::Offline), &mut out);
    let requests: Vec<_> = session.requests.iter().map(|(id, _)| id).collect();
    for request in requests {
        let result = Err(TransportFault::ConnectionLost);
        session.handle(at, Input::Response { request, result }, &mut out);
    }
    session.handle(at, Input::Network(Network::Online), &mut out);
}

#[test]
fn a_snapshot_at_any_step_and_a_restore_are_a_disconnect_at_that_step() {
    // After a disconnect clients wait a little, as many come back at once; who starts a host waits for it.
    let policy = crate::Policy::amazon_connect().with_wake_jitter(Duration::ZERO);
    let config = || crate::Config::from(config()).with_policy(policy.clone());
    let mut rig = Rig::with(Session::new(config(), [7; 32], now(0)).unwrap(), 0, Vec::new());
    for (name, step) in STORY {
        step(&mut rig);
        let at = now(rig.at);
        let text = rig.session.snapshot(at, Secrets::Include).to_json();
        let snapshot = Snapshot::parse(&text).unwrap();
        let restored = Session::restore(config(), &snapshot, [9; 32], at, &mut Vec::new()).unwrap();
        let mut cut = rig.session.clone();
        if cut.state() != ConnectionState::Idle {
            disconnect(&mut cut, at);
        }
        let (left, right) = (essence(&restored, at), essence(&cut, at));
        for (part, left) in left.as_object().unwrap() {
            assert_eq!(left, &right[part], "{part} after {name:?}");
        }
        assert_eq!(left, right, "after {name:?}");
        assert_eq!(timeless(restored.state()), timeless(cut.state()), "after {name:?}");
        assert_eq!(restored.usage().outbox_items, cut.usage().outbox_items);
        assert_eq!(timers(&restored), timers(&cut), "after {name:?}");
    }
}

#[test]
fn a_snapshot_that_is_restored_and_saved_at_once_is_the_same_but_for_the_time() {
    let mut rig = Rig::new();
    for (name, step) in STORY {
        step(&mut rig);
        let at = now(rig.at);
        let (once, _) = restore(&rig.session.snapshot(at, Secrets::Include), at);
        let (twice, _) = restore(&once.snapshot(at, Secrets::Include), at);
        assert_eq!(essence(&twice, at), essence(&once, at), "after {name:?}");
    }
}

#[test]
fn the_first_event_tells_the_whole_transcript() {
    let mut rig = Rig::new();
    for (name, step) in STORY {
        step(&mut rig);
        let at = now(rig.at);
        let (_, out) = restore(&rig.session.snapshot(at, Secrets::Omit), at);
        let before: Vec<_> = rig.session.transcript(rig.session.current).map(|item| item.key).collect();
        let told = out.iter().find_map(|output| match output {
            Output::Event(Event::TranscriptChanged { origin, changes, .. }) => Some((*origin, changes)),
            _ => None,
        });
        let Some((origin, changes)) = told else {
            assert!(before.is_empty(), "after {name:?}");
            continue;
        };
        assert_eq!(origin, crate::model::Origin::Restored);
        let told = changes.iter().filter_map(|change| match change {
            crate::model::TranscriptChange::Added { item, .. } => Some(item.key),
            _ => None,
        });
        let told: Vec<_> = told.collect();
        assert_eq!(told, before, "after {name:?}");
    }
}

#[test]
fn no_secret_is_in_what_is_not_to_have_one() {
    let mut rig = Rig::new();
    let mut with = String::new();
    for (_, step) in STORY {
        step(&mut rig);
        let at = now(rig.at);
        let snapshot = rig.session.snapshot(at, Secrets::Omit);
        assert!(!snapshot.has_secrets());
        assert_eq!(snapshot.config(), None);
        let shown = format!("{}{snapshot:?}{:?}", snapshot.to_json(), rig.session);
        assert!(!shown.contains("secret-"), "{shown}");
        let snapshot = rig.session.snapshot(at, Secrets::Include);
        with.push_str(&snapshot.to_json());
        assert!(!format!("{snapshot:?}").contains("secret-"));
    }
    for secret in ["secret-participant", "secret-connection", "secret-view", "secret-upload", "secret-header"]
    {
        assert!(with.contains(secret), "{secret} is never written");
    }
    assert!(!with.contains("secret-ticket"), "a socket's address is good for one dial");
}

#[test]
fn a_snapshot_with_secrets_has_the_configuration_of_its_session() {
    let rig = Rig::live();
    let with = rig.session.snapshot(now(0), Secrets::Include);
    let without = rig.session.snapshot(now(0), Secrets::Omit);
    for config in [with.config().unwrap(), without.config_with_token("secret-participant").unwrap()] {
        let again = Session::restore(config, &with, [1; 32], now(5), &mut Vec::new()).unwrap();
        assert_eq!(again.dialect, rig.session.dialect);
        assert_eq!((&again.policy, again.limits()), (&rig.session.policy, rig.session.limits()));
    }
}

#[test]
fn a_message_in_mid_send_goes_again_under_its_token() {
    let mut rig = Rig::live();
    rig.command(Command::send_text("once")).unwrap();
    let token = sent_token(&rig.out);
    let snapshot = rig.session.snapshot(now(1_000), Secrets::Omit);
    let mut rig = restored_rig(&snapshot, 50, 6_000);
    rig.bring_live();
    assert_eq!(sent_token(&rig.out), token);
    rig.answer(Operation::SendMessage, 200, r#"{"Id":"x1","AbsoluteTime":"2026-03-14T09:26:46.000Z"}"#);
    let finished = rig.events().any(|event| {
        matches!(event, Event::CommandFinished { result: CommandResult::Sent { message }, .. } if message.as_u64() == 1)
    });
    assert!(finished, "{:?}", rig.out);
}

#[test]
fn a_message_in_mid_send_is_looked_for_once_its_token_may_be_forgotten() {
    for (taken, restored) in [(1_000, 600_000), (600_000, 1_000)] {
        let mut rig = Rig::live();
        rig.command(Command::send_text("once")).unwrap();
        let mut moment = now(rig.at);
        moment.wall = now(taken).wall;
        let snapshot = rig.session.snapshot(moment, Secrets::Omit);
        let mut rig = restored_rig(&snapshot, 50, restored);
        rig.bring_live();
        assert!(!rig.out.iter().any(is_send), "it may have arrived: {:?}", rig.out);
        let item = r#"{"Transcript":[{"AbsoluteTime":"2026-03-14T09:26:41.000Z","Content":"once","ContentType":"text/plain","Id":"x1","Type":"MESSAGE","ParticipantId":"me","ParticipantRole":"CUSTOMER"}]}"#;
        rig.answer(Operation::CatchUp, 200, item);
        assert!(!rig.out.iter().any(is_send), "it has arrived: {:?}", rig.out);
        assert!(rig.session.is_settled());
    }
}

/// The provider is done with what was asked of it long ago, and so is what the transcript says of it.
#[test]
fn a_message_in_mid_send_that_did_not_arrive_goes_again_without_a_wait_after_a_long_time_away() {
    let mut rig = Rig::live();
    rig.command(Command::send_text("once")).unwrap();
    let snapshot = rig.session.snapshot(now(1_000), Secrets::Omit);
    let mut rig = restored_rig(&snapshot, 50, 600_000);
    rig.bring_live();
    let first = rig.request(Operation::CatchUp);
    rig.answer(Operation::CatchUp, 200, r#"{"Transcript":[]}"#);
    assert_ne!(rig.request(Operation::CatchUp), first, "it is looked for at once");
    rig.answer(Operation::CatchUp, 200, r#"{"Transcript":[]}"#);
    assert!(rig.out.iter().any(is_send), "{:?}", rig.out);
}

#[test]
fn who_left_before_has_left_after_and_the_provider_hears_of_it() {
    let mut rig = Rig::live();
    rig.command(Command::Suspend).unwrap();
    let snapshot = rig.session.snapshot(now(0), Secrets::Omit);
    let mut rig = restored_rig(&snapshot, 0, 100);
    assert_eq!(rig.session.state(), ConnectionState::Suspended { by: crate::SuspendedBy::User });
    rig.command(Command::Leave).unwrap();
    // Without its token it has to obtain one, and it does not hammer at that.
    rig.no_answer(Operation::Authorise, TransportFault::ConnectFailed);
    let asked = |rig: &Rig| rig.out.iter().filter(|output| is_request(output, Operation::Authorise)).count();
    assert_eq!(asked(&rig), 1);
    rig.at += 2_000;
    rig.tell(Input::Woke);
    assert_eq!(asked(&rig), 2);
    let grant = GRANT.replace("Websocket", "None");
    rig.answer(Operation::Authorise, 200, &grant);
    rig.answer(Operation::Leave, 200, "{}");
    assert_eq!(rig.session.state(), ConnectionState::Ended { reason: crate::EndReason::Left });
    let snapshot = rig.session.snapshot(now(rig.at), Secrets::Omit);
    let (ended, out) = restore(&snapshot, now(rig.at));
    assert_eq!((ended.state(), ended.deadline()), (rig.session.state(), None));
    let ends = |output: &&Output| {
        matches!(output, Output::Event(Event::ConnectionChanged { state: ConnectionState::Ended { .. } }))
    };
    assert_eq!(out.iter().filter(ends).count(), 1);
}

#[test]
fn a_host_that_gives_the_same_seed_again_does_not_repeat_a_token() {
    let mut rig = Rig::live();
    rig.command(Command::send_text("one")).unwrap();
    let token = sent_token(&rig.out);
    rig.answer(Operation::SendMessage, 200, r#"{"Id":"x1"}"#);
    let snapshot = rig.session.snapshot(now(0), Secrets::Include);
    let mut tokens = vec![token];
    for _ in 0..2 {
        let mut out = Vec::new();
        let session = Session::restore(config(), &snapshot, [7; 32], now(0), &mut out).unwrap();
        let mut again = Rig::with(session, 0, out);
        again.bring_live();
        again.answer(Operation::CatchUp, 200, r#"{"Transcript":[]}"#);
        again.command(Command::send_text("two")).unwrap();
        tokens.push(sent_token(&again.out));
    }
    assert_ne!(tokens[0], tokens[1]);
    assert_eq!(tokens[1], tokens[2], "the same snapshot and seed: the same session");
}

#[test]
fn a_snapshot_is_of_its_own_chat_only() {
    let rig = Rig::live();
    let snapshot = rig.session.snapshot(now(0), Secrets::Include);
    let details = crate::amazon_connect::ChatDetails::new("t").with_participant_id("another");
    let other = crate::amazon_connect::Config::new(details);
    let mut out = Vec::new();
    let refused = Session::restore(other, &snapshot, [1; 32], now(0), &mut out);
    assert_eq!((refused.err(), out), (Some(SnapshotError::OtherChat), Vec::new()));
}

#[test]
fn another_clock_makes_no_difference() {
    let mut rig = Rig::new();
    for (name, step) in STORY {
        step(&mut rig);
        let snapshot = rig.session.snapshot(now(rig.at), Secrets::Include);
        let wall = now(rig.at).wall;
        let [early, late] = [0, u64::MAX / 2].map(|at| Now::new(Timestamp::from_micros(at), wall));
        let ends = [early, late].map(|at| {
            let (session, out) = restore(&snapshot, at);
            let left = session.deadline().map(|deadline| deadline.at.saturating_since(at.at));
            (left, essence(&session, at), out)
        });
        assert_eq!(ends[0].0, ends[1].0, "after {name:?}");
        assert_eq!((&ends[0].1, &ends[0].2), (&ends[1].1, &ends[1].2), "after {name:?}");
    }
}

/// The snapshot in another process, whose clock is at `at` and whose wall shows `wall` after the start.
pub(super) fn restored_rig(snapshot: &Snapshot, at: u64, wall: u64) -> Rig {
    let moment = Now::new(Timestamp::from_millis(at), now(wall).wall);
    let (session, out) = restore(snapshot, moment);
    // From here on both clocks are the rig's.
    Rig::with(session, at.max(wall), out)
}

impl Rig {
    /// A restored session reaches its provider.
    pub(super) fn bring_live(&mut self) {
        self.answer(Operation::Authorise, 200, GRANT);
        let socket = self.out.iter().rev().find_map(|output| match output {
            Output::OpenSocket { id, .. } => Some(*id),
            _ => None,
        });
        let socket = socket.expect("a socket is opened");
        self.tell(Input::SocketOpened { socket });
        let frame = crate::Frame::Text(crate::session::tests::ACK.to_owned());
        self.tell(Input::Frame { socket, frame });
    }
}

pub(super) fn is_request(output: &Output, of: Operation) -> bool {
    matches!(output, Output::Request { operation, .. } if *operation == of)
}

fn is_send(output: &Output) -> bool {
    is_request(output, Operation::SendMessage)
}

/// The idempotency token of the message that was sent last.
fn sent_token(out: &[Output]) -> String {
    let request = out.iter().rev().find_map(|output| match output {
        Output::Request { request, operation: Operation::SendMessage, .. } => Some(request),
        _ => None,
    });
    let crate::Body::Bytes(body) = &request.expect("a message is sent").body else { panic!("a body") };
    let body: Value = serde_json::from_slice(body).unwrap();
    body["ClientToken"].as_str().unwrap().to_owned()
}

/// The wall time of the samples' world.
pub(super) const fn wall(millis: i64) -> WallTime {
    WallTime::from_unix_millis(crate::session::tests::WALL + millis)
}
