//! Messages that are given up, what they hold up, and their way back.

use super::*;

#[test]
fn a_refused_message_has_failed_and_with_it_what_waits_behind() {
    let mut line = Line::of(3);
    assert_eq!(line.sends(at(0)), Some(1));
    assert_eq!(line.settle(at(1), 1, refused()), [failed(1), blocked(2, 1), blocked(3, 1)]);
    assert!((1..=3).all(|number| line.outbox.is_parked(m(number)) && !line.outbox.is_waiting(m(number))));
    assert_eq!((line.outbox.next(at(10)), line.armed(), line.outbox.len()), (None, None, 3));
}

#[test]
fn what_is_handed_over_after_a_failure_goes_out() {
    let mut line = Line::of(1);
    assert_eq!(line.sends(at(0)), Some(1));
    line.settle(at(1), 1, refused());
    line.push();
    assert_eq!(line.sends(at(1)), Some(2));
}

#[test]
fn when_no_try_is_left_it_has_failed_if_none_may_have_arrived_and_is_looked_for_if_one_may() {
    for doubtful in 0..=3 {
        let mut line = Line::of(2);
        let outcome = |one| if one == doubtful { unknown() } else { not_now() };
        line.try_once(at(0), 1, outcome(1));
        line.try_once(at(10), 1, outcome(2));
        assert_eq!(line.sends(at(20)), Some(1));
        let fates = line.settle(at(20), 1, outcome(3));
        if doubtful == 0 {
            assert_eq!(fates, [failed(1), blocked(2, 1)]);
            assert_eq!((line.armed(), line.outbox.next(at(1_000))), (None, None));
        } else {
            assert_eq!(fates, [Fate::Waits(m(1))]);
            assert_eq!(line.armed(), None);
            line.checks(at(20));
        }
    }
}

#[test]
fn a_message_refused_after_a_try_of_unknown_outcome_is_looked_for() {
    let mut line = Line::of(1);
    line.try_once(at(0), 1, unknown());
    assert_eq!(line.sends(at(10)), Some(1));
    assert_eq!(line.settle(at(10), 1, refused()), [Fate::Waits(m(1))]);
    line.checks(at(10));
}

#[test]
fn sending_a_failed_message_again_brings_back_what_it_held_up_in_order() {
    let mut line = Line::of(3);
    assert_eq!(line.sends(at(0)), Some(1));
    line.settle(at(0), 1, refused());
    assert_eq!(line.outbox.resend(m(1), c(10)), [m(1), m(2), m(3)]);
    assert_eq!(line.sends(at(1)), Some(1));
    line.accept(1, Some(c(10)));
    for number in 2..=3 {
        assert_eq!(line.sends(at(1)), Some(number));
        line.accept(number, None);
    }
}

#[test]
fn a_message_sent_again_has_all_its_tries_anew() {
    let mut line = Line::of(1);
    for round in 0..3 {
        let now = at(round * 1_000);
        line.try_once(now, 1, not_now());
        line.try_once(now + secs(10), 1, not_now());
        assert_eq!(line.sends(now + secs(20)), Some(1));
        line.settle(now + secs(20), 1, not_now());
        assert!(line.outbox.is_parked(m(1)));
        assert_eq!(line.outbox.resend(m(1), c(10 + round)), [m(1)]);
    }
}

#[test]
fn what_was_held_up_can_be_sent_again_alone() {
    let mut line = Line::of(3);
    assert_eq!(line.sends(at(0)), Some(1));
    line.settle(at(0), 1, refused());
    assert_eq!(line.outbox.resend(m(2), c(10)), [m(2)]);
    assert_eq!(line.sends(at(1)), Some(2));
    line.accept(2, Some(c(10)));
    assert_eq!(line.outbox.resend(m(1), c(11)), [m(1), m(3)]);
}

#[test]
fn sending_again_what_is_not_parked_does_nothing() {
    let mut line = Line::of(2);
    assert_eq!(line.sends(at(0)), Some(1));
    let before = line.outbox.clone();
    assert!([1, 2, 99].into_iter().all(|number| line.outbox.resend(m(number), c(9)).is_empty()));
    assert_eq!(line.outbox, before);
}

#[test]
fn an_uncertain_message_sent_again_late_is_looked_for_first() {
    let mut line = checks::uncertain_line();
    let mut late = line.clone();
    assert_eq!(line.outbox.resend(m(1), c(9)), [m(1)]);
    assert_eq!(line.sends(at(100)), Some(1), "the token is remembered");
    late.outbox.resend(m(1), c(9));
    assert_eq!(late.outbox.next(at(1_000)), Some(Next::Check));
}

#[test]
fn a_message_that_may_have_arrived_is_not_called_failed_for_standing_behind_another() {
    let mut line = checks::uncertain_line();
    line.push();
    assert_eq!(line.sends(at(6)), Some(2));
    line.outbox.resend(m(1), c(9));
    let fates = line.settle(at(7), 2, refused());
    let behind = Failure::Blocked { blocked_by: m(2) };
    assert_eq!(fates, [failed(2), Fate::Uncertain { key: m(1), command: Some(c(9)), failure: behind }]);
}

#[test]
fn a_parked_message_that_turns_out_to_have_arrived_does_not_hurry_the_line() {
    let mut line = checks::uncertain_line();
    line.push();
    let busy = Outcome::NotNow { failure: failure(), retry_after: Some(secs(60)) };
    assert_eq!(line.try_once(at(6), 2, busy), Some(at(66)));
    assert_eq!(line.outbox.accepted(m(1)).map(|entry| entry.key), Some(m(1)));
    assert_eq!(line.armed(), Some(at(66)));
    assert_eq!(line.outbox.next(at(65)), None);
}

#[test]
fn giving_up_on_one_does_not_shorten_what_the_provider_asked_for() {
    let mut line = Line::of(1);
    let busy = || Outcome::NotNow { failure: failure(), retry_after: Some(secs(60)) };
    line.try_once(at(0), 1, busy());
    line.try_once(at(60), 1, busy());
    assert_eq!(line.sends(at(120)), Some(1));
    assert_eq!(line.settle(at(120), 1, busy()), [failed(1)]);
    assert_eq!(line.armed(), None);
    line.push();
    assert_eq!(line.armed(), Some(at(180)));
    assert_eq!(line.outbox.next(at(179)), None);
    assert_eq!(line.sends(at(180)), Some(2));
}

#[test]
fn at_the_end_what_waits_has_failed_and_what_may_have_arrived_is_uncertain() {
    let over = Failure::Ended { reason: EndReason::Left };
    for (doubtful, start) in [(false, None), (true, Some(unknown())), (false, Some(not_now()))] {
        let mut line = Line::of(2);
        if let Some(outcome) = start {
            line.try_once(at(0), 1, outcome);
        }
        let fates = end(&mut line, &over);
        let (key, command, failure) = (m(1), Some(c(1)), over.clone());
        let first = if doubtful {
            Fate::Uncertain { key, command, failure }
        } else {
            Fate::Failed { key, command, failure }
        };
        assert_eq!(fates, [first, Fate::Failed { key: m(2), command: Some(c(2)), failure: over.clone() }]);
    }
}

#[test]
fn at_the_end_what_is_on_its_way_is_uncertain_and_what_is_parked_is_not_told_again() {
    let over = Failure::Ended { reason: EndReason::Left };
    let mut line = Line::of(2);
    assert_eq!(line.sends(at(0)), Some(1));
    line.settle(at(0), 1, refused());
    line.push();
    assert_eq!(line.sends(at(1)), Some(3));
    let fates = end(&mut line, &over);
    assert_eq!(fates, [Fate::Uncertain { key: m(3), command: Some(c(3)), failure: over.clone() }]);
    assert_eq!((line.armed(), line.outbox.next(at(1_000)), line.outbox.len()), (None, None, 3));
    assert_eq!(end(&mut line, &over), [], "once");
}

fn end(line: &mut Line, over: &Failure) -> Vec<Fate> {
    let mut fates = Vec::new();
    line.outbox.end(over, &mut fates);
    fates
}
