//! When a new snapshot is worth taking.

use serde_json::Value;

use super::{essence, restored_rig};
use crate::session::snapshot::{Secrets, Snapshot};
use crate::session::tests::story::STORY;
use crate::session::tests::{Rig, now};
use crate::{Command, Input, Operation, Output};

/// What a snapshot is taken for, and so without what is left of a run, a try or a word of typing.
fn lasting(rig: &Rig) -> Value {
    let mut value = essence(&rig.session, now(rig.at));
    value["taken_at"] = Value::Null;
    value["link"] = Value::Null;
    value["ids"]["commands"] = Value::Null;
    value["open_commands"] = Value::Null;
    value["questions"] = Value::Null;
    value["leaving"] = Value::Null;
    for conversation in value["conversations"].as_object_mut().unwrap().values_mut() {
        conversation["catch_up"] = Value::Null;
        conversation["transcript"]["gap"] = Value::Null;
        conversation["receipts"]["waiting"] = Value::Null;
        conversation["receipts"]["on_their_way"] = Value::Null;
        conversation["history"]["run"] = Value::Null;
    }
    value
}

#[test]
fn whatever_lasts_is_worth_a_checkpoint() {
    let mut rig = Rig::new();
    let mut before = lasting(&rig);
    for (name, step) in STORY {
        let start = rig.out.len();
        step(&mut rig);
        let after = lasting(&rig);
        if after != before {
            let marked = rig.out[start..].contains(&Output::Checkpoint);
            assert!(marked, "after {name:?}: {before} {after}");
        }
        before = after;
    }
}

#[test]
fn time_sockets_and_keys_that_are_held_back_are_no_reason() {
    let mut rig = Rig::live();
    rig.command(Command::SendTyping { conversation: None }).unwrap();
    assert_eq!(rig.out.last(), Some(&Output::Checkpoint), "a command is open");
    rig.out.clear();
    for _ in 0..90 {
        rig.at += 100;
        rig.command(Command::SendTyping { conversation: None }).unwrap();
        rig.tell(Input::Woke);
        rig.frame(r#"{"topic":"aws/heartbeat"}"#);
        rig.frame(r#"{"topic":"aws/ping","statusCode":200,"statusContent":"OK"}"#);
    }
    assert!(rig.out.len() >= 90);
    assert!(!rig.out.contains(&Output::Checkpoint), "{:?}", rig.out);
}

/// A host that writes at each checkpoint, before it does anything else, and dies at any moment afterwards.
#[test]
fn no_accepted_message_is_lost_whenever_the_host_dies() {
    let mut rig = Rig::new();
    let mut kept: Option<Snapshot> = None;
    let mut accepted = Vec::new();
    for (name, step) in STORY {
        let start = rig.out.len();
        step(&mut rig);
        accepted.extend(rig.out[start..].iter().filter_map(|output| match output {
            Output::Event(crate::Event::MessageQueued { message, .. }) => Some(*message),
            _ => None,
        }));
        if rig.out[start..].contains(&Output::Checkpoint) {
            let text = rig.session.snapshot(now(rig.at), Secrets::Omit).to_json();
            kept = Some(Snapshot::parse(&text).unwrap());
        }
        let Some(kept) = &kept else { continue };
        let again = restored_rig(kept, 3, rig.at + 20);
        for message in &accepted {
            assert!(again.session.item(*message).is_some(), "{message} is lost after {name:?}");
        }
    }
    assert_eq!(accepted.len(), 6);
}

#[test]
fn a_try_is_kept_before_it_is_made() {
    let mut rig = Rig::live();
    rig.command(Command::send_text("hello")).unwrap();
    let of = |output: &Output| super::is_request(output, Operation::SendMessage);
    assert!(rig.out.iter().any(of));
    assert_eq!(rig.out.last(), Some(&Output::Checkpoint));
    let text = rig.session.snapshot(now(0), Secrets::Omit).to_json();
    assert!(text.contains(r#""progress":"sending""#), "{text}");
}
