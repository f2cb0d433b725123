//! Where the provider may still be at work on a message that it did not answer, that is left alone for a while.

use super::*;

const DOUBT: u64 = 30;

#[test]
fn it_is_in_doubt_from_the_missing_answer_on_but_not_while_another_may_come() {
    let mut line = Line::of(2);
    let said = |line: &Line| {
        (line.outbox.is_sending(), line.outbox.is_in_doubt(m(1)), line.outbox.is_in_doubt(m(2)))
    };
    assert_eq!(said(&line), (false, false, false));
    assert_eq!(line.sends(at(0)), Some(1));
    assert_eq!(said(&line), (true, false, false), "no try of it has ended");
    line.settle(at(1), 1, unknown());
    assert_eq!(said(&line), (false, true, false));
    let now = line.armed().expect("it is tried again");
    assert_eq!(line.sends(now), Some(1));
    assert_eq!(said(&line), (true, false, false));
    line.settle(now, 1, unknown());
    line.checks(at(500));
    assert_eq!(said(&line), (false, true, false), "while it is looked for");
    line.checked();
    assert_eq!(said(&line), (false, false, false), "it did not arrive");
}

#[test]
fn one_that_may_have_arrived_says_by_when_that_shows() {
    let mut line = Line::of(2);
    line.outbox.policy.doubt_wait = secs(DOUBT);
    assert_eq!(line.outbox.told_by(m(1)), None);
    line.try_once(at(10), 1, not_now());
    assert_eq!(line.outbox.told_by(m(1)), None);
    line.try_once(at(20), 1, unknown());
    assert_eq!((line.outbox.told_by(m(1)), line.outbox.told_by(m(2))), (Some(at(20 + DOUBT)), None));
}

#[test]
fn a_longer_wait_that_the_provider_asked_for_holds_all_the_same() {
    let mut line = Line::of(1);
    line.outbox.policy.doubt_wait = secs(DOUBT);
    let busy = Outcome::Unknown { failure: failure(), retry_after: Some(secs(60)) };
    assert_eq!(line.try_once(at(10), 1, busy), Some(at(70)));
    line.outbox.went_live(at(20));
    assert_eq!(line.armed(), Some(at(70)));
}

#[test]
fn a_try_that_was_certainly_not_acted_on_is_not_in_doubt() {
    let mut line = Line::of(1);
    line.outbox.policy.doubt_wait = secs(DOUBT);
    assert!(line.try_once(at(10), 1, not_now()) <= Some(at(11)));
}

#[test]
fn the_link_coming_up_ends_a_wait_that_is_for_nothing_else() {
    let mut line = Line::of(1);
    line.outbox.went_live(at(0));
    assert_eq!(line.armed(), None);
    line.outbox.backoff =
        Backoff::new(BackoffPolicy { base: secs(1_000), cap: secs(1_000), ..BackoffPolicy::default() });
    assert!(line.try_once(at(0), 1, not_now()) > Some(at(1)));
    line.outbox.went_live(at(1));
    assert_eq!(line.armed(), Some(at(1)));
}

#[test]
fn the_head_goes_under_the_name_that_the_provider_will_know_it_by() {
    let mut line = Line::of(2);
    line.outbox.name(m(2), "not its turn".to_owned());
    line.outbox.name(m(1), "named".to_owned());
    let Some(Next::Send { token, .. }) = line.outbox.next(at(0)) else { panic!("it is open") };
    assert_eq!(token, "named");
    line.accept(1, Some(c(1)));
    assert_eq!(line.sends(at(0)), Some(2), "under the token it had");
}
