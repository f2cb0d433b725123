//! The transcript is asked no sooner than the provider can be expected to be done with the last try: what it does
//! not show then was not taken.

use super::*;
use crate::machine::saved::Thaw;
use crate::time::{Now, WallTime};

/// A line whose provider may be at work on a try for 30 s.
fn patient(messages: u64) -> Line {
    let mut line = Line::of(messages);
    line.outbox.policy.doubt_wait = secs(30);
    line
}

/// Neither the network nor the link make it sooner.
fn cannot_be_hurried(line: &mut Line, now: Timestamp, until: Timestamp) {
    for _ in 0..20 {
        line.outbox.hurry(now, &mut line.rng);
        line.outbox.went_live(now);
        assert_eq!(line.outbox.next(until - Duration::from_micros(1)), None);
        assert_eq!(line.armed(), Some(until));
    }
}

#[test]
fn without_a_try_left_it_is_looked_for_once_its_last_request_must_be_over() {
    let mut line = patient(2);
    for second in [0, 5, 10] {
        line.try_once(at(second), 1, unknown());
    }
    cannot_be_hurried(&mut line, at(11), at(40));
    line.checks(at(40));
    assert_eq!(line.checked(), [failed(1), blocked(2, 1)]);
}

/// As after a restart, where the last try was made long ago.
#[test]
fn it_is_looked_for_as_soon_as_its_last_request_is_known_to_be_over() {
    let mut line = patient(1);
    for second in [0, 5, 10] {
        line.try_once(at(second), 1, unknown());
    }
    line.outbox.done_by(at(50));
    cannot_be_hurried(&mut line, at(11), at(40));
    line.outbox.done_by(at(12));
    cannot_be_hurried(&mut line, at(11), at(12));
    line.checks(at(12));
}

#[test]
fn refused_after_a_try_without_answer_it_waits_for_that_try() {
    let mut line = patient(1);
    line.try_once(at(0), 1, unknown());
    line.try_once(at(10), 1, refused());
    assert_eq!(line.outbox.next(at(10)), None);
    cannot_be_hurried(&mut line, at(11), at(30));
    line.checks(at(30));
}

#[test]
fn once_the_token_may_be_forgotten_it_is_looked_for_after_the_wait() {
    let mut line = patient(1);
    line.try_once(at(0), 1, not_now());
    line.try_once(at(110), 1, unknown());
    assert_eq!(line.outbox.next(at(121)), None, "it could still be sent till second 120");
    cannot_be_hurried(&mut line, at(122), at(140));
    line.checks(at(140));
}

#[test]
fn sending_again_under_the_token_needs_no_wait() {
    let mut line = patient(1);
    let again = line.try_once(at(0), 1, unknown()).expect("planned");
    assert!(again < at(30));
    assert_eq!(line.sends(again), Some(1));
}

#[test]
fn what_is_left_of_the_wait_is_kept_in_a_snapshot() {
    let mut line = patient(1);
    for second in [0, 5, 10] {
        line.try_once(at(second), 1, unknown());
    }
    let wall = WallTime::from_unix_millis(1_773_480_400_000);
    let saved = line.outbox.save(at(20));
    // Away for 5 of the 20 seconds that are left, in another process.
    let thaw = Thaw::new(Now::new(at(1_000), wall + secs(5)), wall);
    let policy = line.outbox.policy().clone();
    line.outbox = Outbox::restore(policy, BackoffPolicy::default(), saved, thaw);
    line.outbox.set_open(true);
    assert_eq!(line.outbox.next(at(1_000)), None);
    cannot_be_hurried(&mut line, at(1_001), at(1_015));
    line.checks(at(1_015));
}

#[test]
fn what_is_out_of_sight_is_sent_again_by_will_and_not_looked_for_in_vain() {
    let mut line = patient(1);
    line.try_once(at(0), 1, unknown());
    line.checks(at(200));
    let mut fates = Vec::new();
    let failure = Failure::OutOfSight { pages: 3 };
    line.outbox.uncheckable(failure.clone(), &mut fates);
    assert_eq!(fates, [Fate::Uncertain { key: m(1), command: Some(c(1)), failure }]);
    assert_eq!(line.outbox.resend(m(1), c(9)), [m(1)]);
    assert_eq!(line.doubted(), [1], "an echo of the first is still it");
    assert_eq!(line.sends(at(10_000)), Some(1), "under its token");
    // Should that stay unanswered too, the transcript is asked as ever.
    line.settle(at(10_000), 1, unknown());
    line.checks(at(10_200));
}
