//! What fails, and what becomes of it.

use super::*;

#[test]
fn each_stage_has_all_its_tries_and_only_the_completing_leaves_doubt() {
    for stage in STAGES {
        let mut line = Line::of(2);
        for reached in STAGES {
            assert_eq!(line.begin(), Some((1, reached)));
            for _ in 1..TRIES {
                assert_eq!(line.settle(1, try_again()), None);
                line.wake();
                assert_eq!(line.begin(), Some((1, reached)));
            }
            if reached == stage {
                break;
            }
            line.succeed(1, reached, None);
        }
        assert_eq!(line.settle(1, try_again()), Some(failed(1, stage == At::Complete)));
        assert!(line.uploads.is_parked(m(1)) && !line.uploads.is_under_way(m(1)));
        assert_eq!(line.armed(), None);
        assert_eq!(line.finish(2), Some(c(2)), "the next is not held up");
    }
}

#[test]
fn a_refusal_is_final_and_certain_at_every_stage() {
    for stage in STAGES {
        let mut line = Line::at(stage);
        assert_eq!(line.settle(1, refused()), Some(failed(1, false)));
        assert_eq!(line.uploads.len(), 2);
        assert_eq!(line.begin(), Some((2, At::Start)));
    }
}

#[test]
fn a_completing_that_may_have_been_acted_on_stays_uncertain_whatever_comes_after() {
    for last in [refused(), denied()] {
        let mut line = Line::at(At::Complete);
        assert_eq!(line.settle(1, try_again()), None);
        line.wake();
        line.begin();
        let mut end = line.settle(1, last.clone());
        while end.is_none() {
            line.begin();
            end = line.settle(1, last.clone());
        }
        assert_eq!(end, Some(failed(1, true)));
        assert_eq!(line.finish(2), Some(c(2)));
        assert!(line.resend(1, 11));
        line.begin();
        assert!(line.settle(1, refused()).unwrap().uncertain);
    }
}

#[test]
fn a_denial_costs_no_try_and_no_wait_but_there_is_an_end_to_them() {
    for stage in STAGES {
        let mut line = Line::at(stage);
        for _ in 0..MOST_DENIALS {
            assert_eq!((line.settle(1, denied()), line.armed()), (None, None));
            assert_eq!(line.begin(), Some((1, stage)));
        }
        for _ in 1..TRIES {
            assert_eq!(line.settle(1, try_again()), None);
            line.wake();
            assert_eq!(line.begin(), Some((1, stage)));
        }
        let uncertain = stage == At::Complete;
        assert_eq!(line.settle(1, denied()), Some(failed(1, uncertain)));
    }
}

#[test]
fn a_clock_that_runs_ahead_does_not_announce_without_end() {
    let mut line = Line::of(1);
    let mut announced = 0;
    while line.begin() == Some((1, At::Start)) {
        announced += 1;
        assert!(announced < 20, "a storm");
        line.succeed(1, At::Start, Some(WallTime::EPOCH));
    }
    // The provider is to say whether the ticket is good.
    assert_eq!(announced, 1 + MOST_RESTARTS);
    line.succeed(1, At::Put, None);
    assert_eq!(line.finish(1), Some(c(1)));
}

#[test]
fn what_the_server_asked_for_holds_for_the_next_file_too() {
    let exhausted = |line: &mut Line| {
        for _ in 1..TRIES {
            line.settle(1, try_again());
            line.wake();
            line.begin();
        }
        assert!(line.settle(1, try_after(secs(90))).is_some());
    };
    let discarded = |line: &mut Line| {
        line.settle(1, try_after(secs(90)));
        assert!(line.uploads.discard(m(1)).is_some());
    };
    let shown = |line: &mut Line| {
        line.settle(1, try_after(secs(90)));
        assert!(line.uploads.shown("a1").is_some());
    };
    for leaves in [&exhausted as &dyn Fn(&mut Line), &discarded, &shown] {
        let mut line = Line::at(At::Complete);
        leaves(&mut line);
        let until = line.now.at + secs(90);
        assert_eq!((line.begin(), line.armed()), (None, Some(until)));
        line.wake();
        assert_eq!((line.begin(), line.armed()), (Some((2, At::Start)), None));
    }
}

#[test]
fn what_failed_early_starts_over_at_the_end_of_the_line_under_a_fresh_token() {
    for stage in [At::Start, At::Put] {
        let mut line = Line::at(stage);
        let token = line.uploads.head(m(1)).unwrap().token.clone();
        line.settle(1, refused());
        assert!(line.resend(1, 11));
        assert!(!line.resend(1, 12), "it has not failed now");
        assert!(line.uploads.is_under_way(m(1)) && !line.uploads.is_parked(m(1)));
        assert_eq!(line.uploads.known_as("a1"), None);
        assert_eq!(line.finish(2), Some(c(2)));
        let again = line.next().unwrap();
        assert_eq!((again.key, stage_of(&again), again.token == token), (m(1), At::Start, false));
        line.succeed(1, At::Start, None);
        assert_eq!(line.finish(1), Some(c(11)));
    }
}

#[test]
fn where_only_the_completing_failed_just_that_is_repeated_under_its_token() {
    let mut line = Line::at(At::Complete);
    let token = line.uploads.head(m(1)).unwrap().token.clone();
    assert!(line.exhaust(1, At::Complete).uncertain);
    assert_eq!(line.uploads.discard(m(2)), Some(Some(c(2))));
    assert!(line.resend(1, 11));
    for _ in 1..TRIES {
        let again = line.next().unwrap();
        assert_eq!((stage_of(&again), &again.token), (At::Complete, &token));
        assert_eq!(line.settle(1, try_again()), None, "with all its tries");
        line.wake();
    }
    assert_eq!(line.finish(1), Some(c(11)));
}

#[test]
fn an_uncertain_file_that_is_shown_is_not_parked_any_more() {
    let mut line = Line::at(At::Complete);
    assert!(line.exhaust(1, At::Complete).uncertain);
    assert_eq!((line.uploads.shown("a1"), line.uploads.is_parked(m(1))), (None, false));

    // Handed over once more, it is the new command that hears of it; and the head is not hurried.
    let mut line = Line::at(At::Complete);
    line.exhaust(1, At::Complete);
    line.resend(1, 11);
    line.begin();
    line.settle(2, try_again());
    let waits = line.armed();
    assert_eq!((line.uploads.shown("a1"), line.armed()), (Some(c(11)), waits));
    assert_eq!(line.uploads.completed(m(1)), None);
    assert!(waits.is_some() && line.armed() == waits);
}

#[test]
fn the_end_fails_what_is_in_line_and_doubts_only_what_may_have_been_completed() {
    for stage in STAGES {
        for waits in [false, true] {
            let mut line = Line::at(stage);
            if waits {
                line.settle(1, try_again());
            }
            let uncertain = stage == At::Complete;
            assert_eq!(line.uploads.end(&failure()), [failed(1, uncertain), failed(2, false)]);
            assert_eq!((line.armed(), line.begin(), line.uploads.len()), (None, None, 2));
            assert_eq!(line.uploads.end(&failure()), []);
            if uncertain {
                assert_eq!(line.uploads.shown("a1"), None);
                assert!(!line.uploads.is_parked(m(1)));
            }
        }
    }
}

#[test]
fn the_waits_of_the_next_file_begin_anew_however_the_one_before_it_left() {
    let ways: [fn(&mut Line); 4] = [
        |line| assert_eq!(line.uploads.completed(m(1)), Some(c(1))),
        |line| assert_eq!(line.uploads.shown("a1"), Some(c(1))),
        |line| assert!(line.uploads.discard(m(1)).is_some()),
        |line| assert!(line.settle(1, refused()).is_some()),
    ];
    for leaves in ways {
        let mut line = Line::at(At::Complete);
        for _ in 1..TRIES {
            line.settle(1, try_again());
            line.wake();
            line.begin();
        }
        assert!(line.uploads.backoff.ceiling() > secs(1));
        leaves(&mut line);
        assert_eq!(line.uploads.backoff.ceiling(), secs(1));
    }
}
