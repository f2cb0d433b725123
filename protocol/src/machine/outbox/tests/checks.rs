//! A message without a try left that may have arrived: the transcript is asked before it is called anything.

use super::*;

/// The ways to have no try left after one that may have been acted on.
const WAYS: [fn(&mut Line); 3] = [used_up, refused_after, denied_after];

fn used_up(line: &mut Line) {
    line.try_once(at(0), 1, unknown());
    line.try_once(at(2), 1, not_now());
    last(line, not_now());
}

fn refused_after(line: &mut Line) {
    line.try_once(at(0), 1, unknown());
    last(line, refused());
}

fn denied_after(line: &mut Line) {
    line.try_once(at(0), 1, unknown());
    for _ in 0..MOST_DENIALS {
        assert_eq!(line.try_once(at(3), 1, denied()), None);
    }
    last(line, denied());
}

fn last(line: &mut Line, outcome: Outcome) {
    assert_eq!(line.try_once(at(5), 1, outcome), None, "the transcript can be asked at once");
}

/// With this many messages, the first without a try left.
fn without_tries(messages: u64, way: fn(&mut Line)) -> Line {
    let mut line = Line::of(messages);
    way(&mut line);
    line
}

/// The same, while the transcript is asked.
fn checking(messages: u64, way: fn(&mut Line)) -> Line {
    let mut line = without_tries(messages, way);
    line.checks(at(5));
    line
}

/// Where message 1 is uncertain since second 5, and nothing else is there.
pub(super) fn uncertain_line() -> Line {
    let mut line = checking(1, refused_after);
    assert_eq!(line.uncheckable(), [uncertain(1)]);
    line
}

/// Nothing goes out, and nothing is planned.
fn is_quiet(line: &mut Line) -> bool {
    (line.armed(), line.outbox.next(at(1_000_000))) == (None, None)
}

#[test]
fn it_stays_at_the_head_and_holds_up_the_rest_while_it_is_looked_for() {
    for way in WAYS {
        let mut line = without_tries(2, way);
        let stays = |line: &Line| !line.outbox.is_parked(m(1)) && line.outbox.is_waiting(m(2));
        assert!(stays(&line) && line.outbox.is_waiting(m(1)) && !line.outbox.is_checking());
        assert_eq!(line.doubted(), [1]);
        line.checks(at(5));
        line.push();
        assert!(stays(&line) && line.outbox.is_waiting(m(3)) && !line.outbox.is_waiting(m(1)));
        assert_eq!((line.doubted(), line.outbox.len()), (vec![1], 3));
        assert!(is_quiet(&mut line), "asked once, and nothing overtakes it");
    }
}

#[test]
fn it_is_looked_for_only_while_the_line_is_open() {
    for way in WAYS {
        let mut line = without_tries(2, way);
        line.outbox.set_open(false);
        assert!(is_quiet(&mut line) && !line.outbox.is_checking());
        line.outbox.set_open(true);
        line.checks(at(100));
    }
}

#[test]
fn where_the_transcript_does_not_have_it_it_has_failed_for_what_ended_its_tries() {
    for way in WAYS {
        let mut line = checking(3, way);
        assert_eq!(line.checked(), [failed(1), blocked(2, 1), blocked(3, 1)]);
        assert!((1..=3).all(|number| line.outbox.is_parked(m(number))));
        assert_eq!(line.doubted(), Vec::<u64>::new());
        assert!(is_quiet(&mut line) && !line.outbox.is_checking());
        assert_eq!((line.checked(), line.uncheckable()), (vec![], vec![]), "once");
        line.push();
        assert_eq!(line.sends(at(6)), Some(4), "what comes after it knows");
    }
}

#[test]
fn where_the_transcript_cannot_be_asked_it_is_uncertain_for_that() {
    for way in WAYS {
        let mut line = checking(3, way);
        assert_eq!(line.uncheckable(), [uncertain(1), blocked(2, 1), blocked(3, 1)]);
        assert!((1..=3).all(|number| line.outbox.is_parked(m(number))));
        assert_eq!(line.doubted(), [1], "an echo of it is still it");
        assert!(is_quiet(&mut line) && !line.outbox.is_checking());
        assert_eq!((line.checked(), line.uncheckable()), (vec![], vec![]), "once");
        line.push();
        assert_eq!(line.sends(at(6)), Some(4));
    }
}

#[test]
fn where_the_transcript_has_it_it_is_sent_and_the_rest_goes_on() {
    for way in WAYS {
        // Found by the check, or by its echo before that.
        for mut line in [checking(2, way), without_tries(2, way)] {
            line.accept(1, Some(c(1)));
            assert_eq!((line.outbox.len(), line.doubted()), (1, vec![]));
            assert_eq!((line.checked(), line.uncheckable()), (vec![], vec![]), "it is not about the next");
            assert_eq!(line.sends(at(5)), Some(2));
            line.accept(2, Some(c(2)));
            assert!(is_quiet(&mut line));
            assert_eq!(line.outbox.bytes(), 0);
        }
    }
}

#[test]
fn where_the_transcript_could_not_be_asked_now_it_is_asked_again_after_a_wait() {
    for way in WAYS {
        let mut line = checking(2, way);
        let mut now = at(5);
        for _ in 0..20 {
            line.outbox.unchecked(now, &mut line.rng);
            assert!(line.outbox.is_waiting(m(1)) && !line.outbox.is_checking());
            let again = line.armed().expect("planned");
            assert!(again > now);
            assert_eq!(line.outbox.next(again - Duration::from_micros(1)), None);
            line.checks(again);
            assert_eq!(line.armed(), None);
            now = again;
        }
        let mut lost = line.clone();
        assert_eq!(line.checked(), [failed(1), blocked(2, 1)], "what ended its tries is not forgotten");
        assert_eq!(lost.uncheckable(), [uncertain(1), blocked(2, 1)]);
        assert!(is_quiet(&mut line) && is_quiet(&mut lost));
    }
}

#[test]
fn sent_again_it_has_all_its_tries_anew() {
    for way in WAYS {
        for is_uncertain in [false, true] {
            let mut line = checking(2, way);
            let fates = if is_uncertain { line.uncheckable() } else { line.checked() };
            assert_eq!(fates.len(), 2);
            assert_eq!(line.outbox.resend(m(1), c(9)), [m(1), m(2)]);
            // Nothing is left of what ended its tries before: it is sent, not looked for.
            for second in [10, 20] {
                line.try_once(at(second), 1, not_now());
            }
            for _ in 0..MOST_DENIALS {
                line.try_once(at(30), 1, denied());
            }
            assert_eq!(line.sends(at(30)), Some(1));
            let fates = line.settle(at(30), 1, not_now());
            if is_uncertain {
                assert_eq!(fates, [Fate::Waits(m(1))], "the try of long ago may still have arrived");
                line.checks(at(30));
            } else {
                let failed = Fate::Failed { key: m(1), command: Some(c(9)), failure: failure() };
                let behind = Failure::Blocked { blocked_by: m(1) };
                assert_eq!(fates, [failed, Fate::Failed { key: m(2), command: None, failure: behind }]);
                assert!(is_quiet(&mut line));
            }
        }
    }
}

#[test]
fn sent_again_late_it_is_looked_for_only_if_it_may_have_arrived() {
    for way in WAYS {
        let mut line = checking(1, way);
        let mut absent = line.clone();
        absent.checked();
        absent.outbox.resend(m(1), c(9));
        assert_eq!(absent.sends(at(10_000)), Some(1));
        line.uncheckable();
        line.outbox.resend(m(1), c(9));
        line.checks(at(10_000));
        assert_eq!(line.checked(), [], "it has its tries yet");
        assert_eq!(line.sends(at(10_000)), Some(1));
    }
}

#[test]
fn what_the_provider_asked_for_holds_for_the_check_too() {
    let busy = || Outcome::NotNow { failure: failure(), retry_after: Some(secs(60)) };
    let silent = || Outcome::Unknown { failure: failure(), retry_after: Some(secs(60)) };
    for (first, outcome) in [(unknown(), busy()), (not_now(), silent())] {
        let mut line = Line::of(2);
        line.try_once(at(0), 1, first);
        line.try_once(at(10), 1, not_now());
        assert_eq!(line.try_once(at(20), 1, outcome), Some(at(80)));
        line.outbox.hurry(at(21), &mut line.rng);
        assert_eq!((line.armed(), line.outbox.next(at(79))), (Some(at(80)), None));
        let mut shut = line.clone();
        shut.outbox.set_open(false);
        assert!(is_quiet(&mut shut));
        line.checks(at(80));
        assert_eq!(line.armed(), None);
        assert_eq!(line.checked(), [failed(1), blocked(2, 1)]);
        assert!(is_quiet(&mut line));
    }
}

#[test]
fn it_can_be_discarded_until_it_is_looked_for() {
    for way in WAYS {
        let mut line = without_tries(2, way);
        assert_eq!(line.outbox.discard(m(1)), Some(Some(c(1))));
        assert_eq!(line.sends(at(5)), Some(2), "what it held up is free");

        let mut line = checking(2, way);
        assert_eq!(line.outbox.discard(m(1)), None);
        assert_eq!(line.outbox.discard(m(2)), Some(Some(c(2))));
        assert_eq!(line.checked(), [failed(1)]);
        assert_eq!(line.outbox.discard(m(1)), Some(None));
        assert!(is_quiet(&mut line) && line.outbox.bytes() == 0);
    }
}

#[test]
fn at_the_end_it_is_uncertain_and_nothing_is_looked_for_any_more() {
    let over = Failure::Ended { reason: EndReason::Left };
    for way in WAYS {
        for mut line in [without_tries(2, way), checking(2, way)] {
            let mut fates = Vec::new();
            line.outbox.end(&over, &mut fates);
            let first = Fate::Uncertain { key: m(1), command: Some(c(1)), failure: over.clone() };
            let second = Fate::Failed { key: m(2), command: Some(c(2)), failure: over.clone() };
            assert_eq!(fates, [first, second]);
            assert!(is_quiet(&mut line) && !line.outbox.is_checking());
            let before = line.outbox.clone();
            assert_eq!((line.checked(), line.uncheckable()), (vec![], vec![]));
            line.outbox.unchecked(at(6), &mut line.rng);
            assert_eq!(line.outbox, before);
        }
    }
}

#[test]
fn one_behind_it_that_may_have_arrived_itself_is_not_called_failed_with_it() {
    let mut line = uncertain_line();
    line.push();
    line.try_once(at(6), 2, unknown());
    assert_eq!(line.outbox.resend(m(1), c(9)), [m(1)]);
    assert_eq!(line.sends(at(8)), Some(2));
    assert_eq!(line.settle(at(8), 2, refused()), [Fate::Waits(m(2))]);
    line.checks(at(8));
    assert_eq!(line.doubted(), [2, 1]);
    let behind = Failure::Blocked { blocked_by: m(2) };
    assert_eq!(
        line.checked(),
        [failed(2), Fate::Uncertain { key: m(1), command: Some(c(9)), failure: behind }]
    );
    assert_eq!(line.doubted(), [1], "only the head was looked for");
}
