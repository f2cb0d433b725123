//! Looks that are owed.

use super::*;
use crate::machine::saved::Thaw;
use crate::time::Now;

fn wall(secs: i64) -> WallTime {
    WallTime::from_unix_millis(secs * 1_000)
}

/// A run failed at ten seconds for the last time.
fn failed() -> CatchUp<u32> {
    let mut run = begun(Goal::Gap);
    for _ in 0..3 {
        run.failed(at(10), &mut rng(), None);
        run.due(at(10) + secs(9));
    }
    run
}

/// The link has been up since ten seconds, and nothing is missing.
fn whole() -> CatchUp<u32> {
    let mut run = begun(Goal::Gap);
    run.page(last());
    run
}

#[test]
fn a_run_that_failed_is_made_again_while_the_link_is_up() {
    let mut run = failed();
    assert_eq!((armed(&run), run.is_owed(), run.since()), (Some(at(70)), true, None));
    assert!(!run.is_look_due(at(69)) && run.is_look_due(at(70)));
    run.begin(at(70), Goal::Gap);
    assert!(!run.is_look_due(at(80)), "it is being made");
    assert_eq!(run.page(last()), Step::Closed { goal: Goal::Gap });
    assert_eq!((armed(&run), run.is_owed()), (None, false));
}

#[test]
fn a_look_is_tried_once_and_owed_again() {
    let mut run = failed();
    run.begin_look(at(70), Goal::Gap);
    assert_eq!(run.failed(at(71), &mut rng(), None), Step::Unavailable { goal: Goal::Gap });
    assert_eq!(armed(&run), Some(at(131)));
    run.begin_look(at(131), Goal::Gap);
    assert_eq!(run.paused(at(132)), Step::Unavailable { goal: Goal::Gap });
    assert_eq!(armed(&run), Some(at(192)));
    run.begin_look(at(192), Goal::Gap);
    assert_eq!(run.page(more("a")), fetch(Goal::Gap, Some("a")));
    assert_eq!(
        run.failed(at(193), &mut rng(), None),
        Step::Nothing,
        "it got through: it may try as any other"
    );
}

#[test]
fn at_the_end_nothing_is_owed() {
    let mut run = whole();
    run.owe(at(40), wall(5));
    run.end();
    assert_eq!((run.is_owed(), armed(&run), run.since()), (false, None, None));
}

#[test]
fn any_run_that_works_out_is_the_one_that_was_to_be_made_again() {
    let mut run = failed();
    run.begin(at(20), Goal::Check);
    run.page(last());
    assert!(!run.is_owed());
}

#[test]
fn when_the_link_is_lost_the_next_one_brings_it() {
    let mut run = failed();
    run.abort();
    assert_eq!(armed(&run), None, "nothing could be done about it");
    assert!(!run.is_look_due(at(99)));
    run.begin(at(99), Goal::Gap);
    run.page(last());
    assert!(!run.is_owed());
}

#[test]
fn a_run_that_would_never_be_answered_is_not_made_again() {
    let mut run = failed();
    run.begin(at(70), Goal::Gap);
    run.refused();
    assert_eq!((armed(&run), run.is_owed()), (None, false));
}

#[test]
fn what_may_come_late_is_looked_for_by_a_run_that_is_late_enough() {
    let mut run = whole();
    run.owe(at(40), wall(5));
    run.begin(at(39), Goal::Gap);
    run.page(last());
    assert_eq!((run.is_owed(), armed(&run)), (true, Some(at(40))), "that one was too early");
    run.begin(at(40), Goal::Check);
    assert_eq!(run.since(), Some(wall(5)), "so far back");
    run.page(last());
    assert_eq!((run.is_owed(), run.since()), (false, None));
}

#[test]
fn two_that_are_owed_are_one_that_is_late_enough_and_reaches_back_far_enough_for_both() {
    let mut run = whole();
    run.owe(at(40), wall(5));
    run.owe(at(30), wall(3));
    assert_eq!((armed(&run), run.since()), (Some(at(40)), Some(wall(3))));
    run.begin(at(40), Goal::Check);
    run.owe(at(60), wall(50));
    run.page(last());
    assert_eq!(
        (armed(&run), run.since()),
        (Some(at(60)), Some(wall(3))),
        "the run was too early for the third"
    );
}

#[test]
fn it_is_still_owed_after_a_link_was_lost_and_in_another_process() {
    let mut run = whole();
    run.owe(at(40), wall(5));
    run.abort();
    assert_eq!((armed(&run), run.is_owed()), (None, true));
    let text = serde_json::to_string(&run.save(at(10))).unwrap();
    let saved = serde_json::from_str(&text).unwrap();
    let thaw = Thaw::new(Now::new(at(100), wall(1_020)), wall(1_000));
    let mut back: CatchUp<u32> =
        CatchUp::restore(run.policy().clone(), BackoffPolicy::default(), saved, thaw);
    assert_eq!((armed(&back), back.since()), (None, Some(wall(5))));
    back.begin(at(101), Goal::Gap);
    back.page(last());
    assert_eq!(armed(&back), Some(at(110)), "30 s were left, 20 of them went by");
}
