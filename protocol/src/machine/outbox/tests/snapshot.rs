//! What is written of an outbox, and how it comes back in another process.

use super::*;
use crate::machine::saved::Thaw;
use crate::time::{Now, WallTime};
use serde_json::{Value, json};

const TAKEN: WallTime = WallTime::from_unix_millis(1_000_000);

/// Written at `now`, read by a host whose time has just begun, `away` seconds later.
fn restored(line: &Line, now: Timestamp, away: u64) -> Line {
    let saved = line.outbox.save(now);
    assert_eq!(saved.contradiction(), None);
    let text = serde_json::to_string(&saved).unwrap();
    let saved: SavedOutbox = serde_json::from_str(&text).unwrap();
    let thaw = Thaw::new(Now::new(Timestamp::ZERO, TAKEN + secs(away)), TAKEN);
    let policy = line.outbox.policy().clone();
    let mut outbox = Outbox::restore(policy, BackoffPolicy::default(), saved, thaw);
    assert_eq!((outbox.len(), outbox.bytes()), (line.outbox.len(), line.outbox.bytes()));
    assert_eq!(outbox.next(at(0)), None, "nothing goes out before the host says so");
    outbox.set_open(true);
    Line { outbox, ..line.clone() }
}

/// Three messages failed, the first by itself and the others behind it; of two more the first is on its way.
fn full() -> Line {
    let mut line = Line::of(3);
    line.sends(at(1));
    line.settle(at(2), 1, refused());
    line.push();
    line.push();
    assert_eq!(line.sends(at(3)), Some(4));
    line
}

#[test]
fn it_says_what_is_in_it() {
    let line = full();
    let saved = line.outbox.save(at(4));
    assert_eq!(saved.line().collect::<Vec<_>>(), [m(4), m(5)]);
    assert_eq!(saved.keys().collect::<Vec<_>>(), [m(4), m(5), m(1), m(2), m(3)]);
    assert_eq!(saved.commands().collect::<Vec<_>>(), [c(4), c(5)], "the others have heard");
    assert_eq!(saved.bytes(), 5 * "text 1".len());
    assert_eq!(SavedOutbox::default().bytes(), 0);
}

#[test]
fn a_message_on_its_way_is_so_still_and_what_failed_can_be_sent_again() {
    let mut line = restored(&full(), at(4), 0);
    assert_eq!(line.outbox.sending(), Some(m(4)));
    assert_eq!(line.sends(at(0)), None);
    line.accept(4, Some(c(4)));
    assert_eq!(line.outbox.sending(), None);
    assert_eq!(line.sends(at(0)), Some(5));
    assert_eq!(line.outbox.sending(), Some(m(5)));
    line.accept(5, Some(c(5)));
    assert_eq!(line.outbox.resend(m(1), c(9)), [m(1), m(2), m(3)], "with what it held up");
    assert_eq!(line.sends(at(0)), Some(1));
}

#[test]
fn what_waits_or_is_looked_for_is_not_on_its_way() {
    assert_eq!(Line::of(1).outbox.sending(), None);
    let mut line = Line::of(1);
    line.try_once(at(0), 1, unknown());
    line.checks(at(500));
    assert_eq!(line.outbox.sending(), None);
    let mut line = restored(&line, at(500), 0);
    assert!(line.outbox.is_checking());
    assert_eq!(line.checked(), []);
    assert_eq!(line.sends(at(0)), Some(1), "it did not arrive");
}

#[test]
fn a_wait_goes_on_less_the_time_away() {
    let mut line = Line::of(1);
    let retry_at =
        line.try_once(at(10), 1, Outcome::NotNow { failure: failure(), retry_after: Some(secs(60)) });
    assert_eq!(retry_at, Some(at(70)));
    assert_eq!(restored(&line, at(20), 0).armed(), Some(at(50)));
    assert_eq!(restored(&line, at(20), 15).armed(), Some(at(35)));
    assert_eq!(restored(&line, at(20), 900).sends(at(0)), Some(1));
}

#[test]
fn a_token_is_relied_on_no_longer_than_before() {
    let mut line = Line::of(1);
    line.try_once(at(0), 1, unknown());
    assert_eq!(restored(&line, at(100), 18).sends(at(1)), Some(1), "118 s and a second");
    restored(&line, at(100), 19).checks(at(1));
}

#[test]
fn tries_and_denials_count_on() {
    let mut line = Line::of(1);
    line.try_once(at(0), 1, not_now());
    let now = line.armed().unwrap();
    line.try_once(now, 1, not_now());
    let mut line = restored(&line, now, 100);
    assert_eq!(line.sends(at(0)), Some(1));
    assert_eq!(line.settle(at(0), 1, not_now()), [failed(1)], "the third of three");

    let mut line = Line::of(1);
    for _ in 0..MOST_DENIALS {
        line.try_once(at(0), 1, denied());
    }
    let mut line = restored(&line, at(0), 0);
    assert_eq!(line.sends(at(0)), Some(1));
    assert_eq!(line.settle(at(0), 1, denied()), [failed(1)]);
}

#[test]
fn one_that_contradicts_itself_is_told_by_what_it_says() {
    let saved = serde_json::to_value(full().outbox.save(at(4))).unwrap();
    let said = |change: &dyn Fn(&mut Value)| {
        let mut changed = saved.clone();
        change(&mut changed);
        serde_json::from_value::<SavedOutbox>(changed).unwrap().contradiction()
    };
    assert_eq!(said(&|_| {}), None);
    let twice = Some("a message stands in the outbox twice");
    assert_eq!(said(&|saved| saved["line"][1]["key"] = saved["line"][0]["key"].clone()), twice);
    assert_eq!(said(&|saved| saved["parked"][0]["message"]["key"] = saved["line"][0]["key"].clone()), twice);
    let second = Some("a message is on its way that is not the first in its line");
    assert_eq!(said(&|saved| saved["line"][1]["progress"] = json!("sending")), second);
    assert_eq!(said(&|saved| saved["line"][1]["progress"] = json!("checking")), second);
}
