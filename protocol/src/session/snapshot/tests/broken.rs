//! Snapshots that are none: an error that says which, and never a panic or half a session.

use serde_json::{Value, json};

use super::{SnapshotError, wall};
use crate::rng::Rng;
use crate::session::Session;
use crate::session::snapshot::{Secrets, Snapshot};
use crate::session::tests::story::{STORY, config};
use crate::session::tests::{Rig, now};

/// The snapshot after this step.
fn after(step: &str) -> String {
    let mut rig = Rig::new();
    for (name, run) in STORY {
        run(&mut rig);
        if *name == step {
            break;
        }
    }
    rig.session.snapshot(now(rig.at), Secrets::Include).to_json()
}

fn read(text: &str) -> Result<(), SnapshotError> {
    let snapshot = Snapshot::parse(text)?;
    let mut out = Vec::new();
    let read = Session::restore(config(), &snapshot, [3; 32], now(1_000), &mut out);
    assert!(read.is_ok() || out.is_empty(), "outputs of a session that is none");
    read.map(|mut session| {
        // Whatever it says, a session lives on with it.
        for millis in [2_000, 60_000, 600_000] {
            session.handle(now(millis), crate::Input::Woke, &mut out);
        }
        let at = now(600_000);
        Snapshot::parse(&session.snapshot(at, Secrets::Omit).to_json()).expect("and it can be saved again");
    })
}

#[test]
fn one_that_is_cut_off_anywhere_says_so() {
    let text = after("questions");
    assert_eq!(read(&text), Ok(()));
    for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
        let error = read(&text[..end]).expect_err("it is cut off");
        assert!(matches!(error, SnapshotError::Truncated { line: 0 | 1, .. }), "at {end}: {error:?}");
        assert!(!error.to_string().contains("secret-"));
    }
}

#[test]
fn one_that_is_too_large_is_not_read() {
    let text = after("questions");
    let bytes = text.len();
    assert!(Snapshot::parse_within(&text, bytes).is_ok());
    let error = Snapshot::parse_within(&text, bytes - 1).unwrap_err();
    assert_eq!(error, SnapshotError::TooLarge { bytes, most: bytes - 1 });
}

#[test]
fn one_that_is_damaged_anywhere_is_refused_or_lived_with() {
    let text = after("questions");
    let mut rng = Rng::new([5; 32]);
    let mut refused = 0;
    for _ in 0..3_000 {
        let mut bytes = text.clone().into_bytes();
        for _ in 0..=rng.up_to(2) {
            let place = usize::try_from(rng.up_to(u64::try_from(bytes.len() - 1).unwrap())).unwrap();
            bytes[place] = b"0129{}[]\",:-aest"[usize::try_from(rng.up_to(15)).unwrap()];
        }
        let Ok(damaged) = String::from_utf8(bytes) else { continue };
        if let Err(error) = read(&damaged) {
            refused += 1;
            assert!(!error.to_string().contains("secret-"), "{error}");
        }
    }
    assert!(refused > 1_000, "only {refused}");
}

#[test]
fn what_is_something_else_is_told_apart() {
    assert_eq!(read("{}"), Err(SnapshotError::Foreign));
    assert_eq!(read(r#"{"type":"connect"}"#), Err(SnapshotError::Foreign));
    assert!(matches!(read("[1]"), Err(SnapshotError::Malformed { .. })));
    assert!(matches!(read("hello"), Err(SnapshotError::NotJson { line: 1, .. })));
    assert!(matches!(read(""), Err(SnapshotError::Truncated { .. })));
    let newer = after("live").replace(r#""helpline_snapshot":1"#, r#""helpline_snapshot":2"#);
    let error = read(&newer).unwrap_err();
    assert_eq!(error, SnapshotError::UnknownVersion { found: 2, newest: 1 });
    assert_eq!(
        error.to_string(),
        "the snapshot is of version 2, and this version reads up to 1: use a newer one"
    );
    assert!(matches!(read(r#"{"helpline_snapshot":1}"#), Err(SnapshotError::Malformed { .. })));
}

/// What `change` makes of a snapshot.
fn changed(step: &str, change: impl FnOnce(&mut Value)) -> Result<(), SnapshotError> {
    let text = after(step);
    let mut value: Value = serde_json::from_str(&text).map_err(|error| SnapshotError::json(&error))?;
    change(&mut value);
    read(&value.to_string())
}

#[test]
fn one_that_contradicts_itself_is_refused() {
    let refused = |change: fn(&mut Value)| match changed("three messages", change) {
        Err(SnapshotError::Inconsistent { problem }) => problem,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        refused(|it| it["ids"]["messages"] = json!(1)),
        "the counter of messages is behind a key that is in use"
    );
    assert_eq!(
        refused(|it| it["ids"]["commands"] = json!(1)),
        "the counter of commands is behind one that is open"
    );
    assert_eq!(
        refused(|it| it["open_commands"] = json!([])),
        "something waits for a command that is not open"
    );
    assert_eq!(refused(|it| it["conversations"] = json!({})), "there is no conversation");
    assert_eq!(
        refused(|it| it["conversations"]["v1"]["transcript"]["items"] = json!([])),
        "a message is on its way that the transcript does not have"
    );
    assert_eq!(
        refused(|it| it["conversations"]["v1"]["transcript"]["closed"] = json!(99)),
        "a gap is closed, or an item was seen in it, before it was opened"
    );
    assert_eq!(
        refused(|it| {
            let items = it["conversations"]["v1"]["transcript"]["items"].as_array_mut().unwrap();
            items.push(items[0].clone());
        }),
        "a key stands in the transcript twice"
    );
    assert_eq!(
        refused(|it| {
            let line = it["conversations"]["v1"]["outbox"]["line"].as_array_mut().unwrap();
            line.push(line[0].clone());
        }),
        "a message stands in the outbox twice"
    );
    assert_eq!(
        refused(|it| it["conversations"]["v1"]["outbox"]["line"][1]["progress"] = json!("sending")),
        "a message is on its way that is not the first in its line"
    );
    assert_eq!(
        refused(|it| {
            let other = it["conversations"]["v1"].clone();
            it["conversations"]["v2"] = other;
        }),
        "two conversations have an item with the same key"
    );
    assert_eq!(
        refused(|it| it["ended"] = json!({"reason": "left"})),
        "the session has ended, and a command is still open"
    );
    assert_eq!(refused(|it| it["link"]["wanted"] = json!(false)), "the link was up, and nobody asked for it");
}

#[test]
fn one_that_is_larger_than_the_limits_names_the_cap() {
    let snapshot = Snapshot::parse(&after("three messages")).unwrap();
    let limits = crate::Limits::default().with_outbox_items(2);
    let config = crate::Config::from(config()).with_limits(limits);
    let error = Session::restore(config, &snapshot, [3; 32], now(0), &mut Vec::new()).unwrap_err();
    assert_eq!(error, SnapshotError::LimitExceeded { name: "outbox_items", found: 3, limit: 2 });
    assert_eq!(
        error.to_string(),
        "the snapshot has 3 outbox_items, and the limit is 2: raise `Limits::outbox_items` to restore it"
    );
}

#[test]
fn times_of_any_size_are_lived_with() {
    for time in [json!("9999-12-30T00:00:00.000Z"), json!("-9000000000000000000ms"), json!(wall(0))] {
        assert_eq!(changed("three messages", |it| it["taken_at"] = time.clone()), Ok(()));
    }
    let largest = |it: &mut Value| {
        it["ids"] = json!({"messages": u64::MAX, "commands": u64::MAX, "requests": u64::MAX, "credentials": u64::MAX});
        it["link"]["sockets"] = json!(u64::MAX);
        it["conversations"]["v1"]["outbox"]["retry_in"] = json!(u64::MAX);
    };
    assert_eq!(changed("three messages", largest), Ok(()));
}
