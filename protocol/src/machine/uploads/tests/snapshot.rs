//! What is written of files on their way, and how they come back in another process.

use super::*;
use crate::machine::saved::Thaw;
use serde_json::{Value, json};

/// Written now, read by a host whose time has just begun, `away` later; of tickets only these were written.
fn restored(line: &Line, away: Duration, tickets: &[&str]) -> Line {
    let saved = line.uploads.save(line.now.at);
    assert_eq!(saved.contradiction(), None);
    let text = serde_json::to_string(&saved).unwrap();
    let saved: SavedUploads = serde_json::from_str(&text).unwrap();
    let now = Now::new(Timestamp::ZERO, line.now.wall + away);
    let ticket = |id: &str| tickets.contains(&id).then_some(9);
    let policy = line.uploads.policy().clone();
    let mut uploads = Uploads::restore(
        policy,
        BackoffPolicy::default(),
        saved,
        Thaw::new(now, line.now.wall),
        ticket,
        || "fresh".to_owned(),
    );
    assert_eq!(uploads.len(), line.uploads.len());
    uploads.set_open(true);
    Line { uploads, rng: Rng::new([7; 32]), now, pushed: line.pushed, tokens: line.tokens }
}

/// The first of three files has failed, the second is on its way.
fn full() -> Line {
    let mut line = Line::of(3);
    line.begin();
    line.settle(1, refused());
    assert_eq!(line.begin(), Some((2, At::Start)));
    line
}

#[test]
fn it_says_what_is_in_it() {
    let saved = full().uploads.save(Timestamp::from_secs(100));
    assert_eq!(saved.line().collect::<Vec<_>>(), [m(2), m(3)]);
    assert_eq!(saved.keys().collect::<Vec<_>>(), [m(2), m(3), m(1)]);
    assert_eq!(saved.commands().collect::<Vec<_>>(), [c(2), c(3)], "the other has heard");
}

#[test]
fn a_file_on_its_way_is_so_still_and_one_that_failed_can_be_sent_again() {
    let mut line = restored(&full(), Duration::ZERO, &[]);
    assert_eq!(line.uploads.under_way().map(|upload| upload.key), Some(m(2)));
    assert_eq!(line.begin(), None);
    for stage in STAGES {
        let command = line.succeed(2, stage, None);
        assert_eq!(line.uploads.under_way(), None);
        if stage == At::Complete {
            assert_eq!(command, Some(c(2)));
        } else {
            line.begin();
        }
    }
    assert_eq!(line.finish(3), Some(c(3)));
    assert!(line.resend(1, 9));
    assert_eq!(line.finish(1), Some(c(9)));
}

#[test]
fn a_file_goes_on_with_the_ticket_that_was_written_and_is_announced_anew_without() {
    let line = Line::at(At::Put);
    assert_eq!(line.uploads.tickets().collect::<Vec<_>>(), [&9]);
    let mut with = restored(&line, Duration::ZERO, &["a1"]);
    assert_eq!(with.uploads.under_way().map(stage_of), Some(At::Put));
    assert_eq!(with.uploads.known_as("a1"), Some(m(1)));
    assert_eq!(with.settle(1, try_again()), None);
    with.wake();
    assert_eq!(with.begin(), Some((1, At::Put)));

    let mut without = restored(&line, Duration::ZERO, &[]);
    assert_eq!(without.uploads.known_as("a1"), None, "the provider's file of that id stays empty");
    let again = without.next().expect("it is not on its way any more");
    assert_eq!((again.key, stage_of(&again), again.token.as_str()), (m(1), At::Start, "fresh"));
}

#[test]
fn a_completing_goes_on_and_whether_it_was_acted_on_is_not_forgotten() {
    let mut line = Line::at(At::Complete);
    assert_eq!(line.uploads.tickets().count(), 0);
    assert!(!line.uploads.may_be_complete(m(1)), "no try of it has ended");
    assert_eq!(line.settle(1, try_again()), None);
    assert!(!line.uploads.may_be_complete(m(2)));
    let token = line.uploads.head(m(1)).map(|head| head.token.clone());
    let mut back = restored(&line, secs(900), &[]);
    assert!(back.uploads.may_be_complete(m(1)));
    assert_eq!(back.begin(), Some((1, At::Complete)));
    assert_eq!(back.uploads.head(m(1)).map(|head| head.token.clone()), token);
    assert_eq!(back.uploads.known_as("a1"), Some(m(1)));
    assert_eq!(back.exhaust(1, At::Complete), failed(1, true));
}

#[test]
fn a_ticket_runs_out_by_the_wall_clock() {
    let mut line = Line::of(1);
    line.begin();
    let expires = line.now.wall + secs(60);
    line.succeed(1, At::Start, Some(expires));
    assert_eq!(restored(&line, secs(59), &["a1"]).begin(), Some((1, At::Put)));
    assert_eq!(restored(&line, secs(60), &["a1"]).begin(), Some((1, At::Start)));
}

#[test]
fn waits_go_on_less_the_time_away() {
    let mut line = Line::of(2);
    line.begin();
    assert_eq!(line.settle(1, try_after(secs(60))), None);
    let after = |away| restored(&line, secs(away), &[]).armed();
    assert_eq!((after(0), after(15)), (Some(Timestamp::from_secs(60)), Some(Timestamp::from_secs(45))));
    assert_eq!(restored(&line, secs(900), &[]).begin(), Some((1, At::Start)));

    // What the server asked for holds for the next file too.
    let mut back = restored(&line, secs(15), &[]);
    back.uploads.discard(m(1));
    assert_eq!(back.begin(), None);
    assert_eq!(back.armed(), Some(Timestamp::from_secs(45)));
}

#[test]
fn tries_and_denials_count_on() {
    let mut line = Line::of(1);
    for _ in 1..TRIES {
        line.begin();
        assert_eq!(line.settle(1, try_again()), None);
        line.wake();
    }
    let mut line = restored(&line, secs(900), &[]);
    line.begin();
    assert_eq!(line.settle(1, try_again()), Some(failed(1, false)), "that was the last");

    let mut line = Line::of(1);
    for _ in 0..MOST_DENIALS {
        line.begin();
        assert_eq!(line.settle(1, denied()), None);
    }
    let mut line = restored(&line, Duration::ZERO, &[]);
    line.begin();
    assert_eq!(line.settle(1, denied()), Some(failed(1, false)));
}

#[test]
fn one_that_contradicts_itself_is_told_by_what_it_says() {
    let saved = serde_json::to_value(full().uploads.save(Timestamp::from_secs(100))).unwrap();
    let said = |change: &dyn Fn(&mut Value)| {
        let mut changed = saved.clone();
        change(&mut changed);
        serde_json::from_value::<SavedUploads>(changed).unwrap().contradiction()
    };
    assert_eq!(said(&|_| {}), None);
    let twice = Some("a file is sent twice");
    assert_eq!(said(&|saved| saved["parked"][0]["key"] = saved["line"][0]["key"].clone()), twice);
    assert_eq!(said(&|saved| saved["line"][1]["key"] = saved["line"][0]["key"].clone()), twice);
    let second = Some("a file is on its way that is not the first in its line");
    assert_eq!(said(&|saved| saved["line"][1]["under_way"] = json!(true)), second);
}
