use super::*;
use crate::machine::backoff::BackoffPolicy;

mod looks;
mod runs;
mod snapshot;

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

const fn at(secs: u64) -> Timestamp {
    Timestamp::from_secs(secs)
}

fn rng() -> Rng {
    Rng::new([5; 32])
}

fn catch_up() -> CatchUp<u32> {
    let policy = CatchUpPolicy { pages: 5, tries: 3, held: 4 };
    CatchUp::new(policy, Backoff::new(BackoffPolicy::default()))
}

fn begun(goal: Goal) -> CatchUp<u32> {
    let mut catch_up = catch_up();
    assert_eq!(catch_up.begin(at(0), goal), fetch(goal, None));
    catch_up
}

fn fetch(goal: Goal, cursor: Option<&str>) -> Step {
    Step::Fetch { goal, cursor: cursor.map(str::to_owned) }
}

/// A page of ten new items that reaches nothing known.
fn more(next: &str) -> Seen {
    Seen { overlap: false, items: 10, added: 10, next: Some(next.to_owned()) }
}

fn overlapping(next: Option<&str>) -> Seen {
    Seen { overlap: true, items: 10, added: 4, next: next.map(str::to_owned) }
}

/// The last page of all.
fn last() -> Seen {
    Seen { next: None, ..more("") }
}

fn armed(catch_up: &CatchUp<u32>) -> Option<Timestamp> {
    let alarm = catch_up.next_alarm();
    assert_eq!(alarm.map(|alarm| alarm.at), catch_up.retry_at());
    alarm.map(|alarm| {
        assert_eq!(alarm.why, DeadlineReason::CatchUpRetry);
        alarm.at
    })
}

#[test]
fn nothing_happens_before_it_is_begun() {
    let mut idle = catch_up();
    assert_eq!((idle.is_running(), idle.goal(), armed(&idle)), (false, None, None));
    let steps = [
        idle.page(more("a")),
        idle.failed(at(1), &mut rng(), None),
        idle.paused(at(1)),
        idle.refused(),
        idle.due(at(9)),
    ];
    assert!(steps.iter().all(|step| *step == Step::Nothing));
    idle.unpaused(at(1));
    assert_eq!(idle, catch_up());
}

#[test]
fn the_first_time_one_page_is_enough() {
    for seen in [more("a"), overlapping(Some("a")), last(), Seen { items: 0, added: 0, ..last() }] {
        let mut first = begun(Goal::First);
        let added = seen.added;
        assert_eq!(first.page(seen), Step::Closed { goal: Goal::First });
        assert_eq!((first.is_running(), first.recovered()), (false, added));
    }
}

#[test]
fn a_gap_is_fetched_page_by_page_until_a_page_reaches_what_is_known() {
    for goal in [Goal::Gap, Goal::Check] {
        let mut run = begun(goal);
        assert_eq!(run.goal(), Some(goal));
        assert_eq!(run.page(more("a")), fetch(goal, Some("a")));
        assert_eq!(run.page(more("b")), fetch(goal, Some("b")));
        assert_eq!(run.page(overlapping(Some("c"))), Step::Closed { goal });
        assert_eq!((run.is_running(), run.recovered(), run.goal()), (false, 24, None));
    }
}

#[test]
fn a_gap_reaches_to_the_beginning_where_nothing_is_known() {
    let mut run = begun(Goal::Gap);
    run.page(more("a"));
    assert_eq!(run.page(last()), Step::Closed { goal: Goal::Gap });
}

#[test]
fn a_page_of_known_items_that_are_too_young_to_prove_anything_is_not_the_end() {
    let mut run = begun(Goal::Gap);
    let young = Seen { added: 0, ..more("a") };
    assert_eq!(run.page(young), fetch(Goal::Gap, Some("a")));
}

#[test]
fn a_page_that_leads_back_to_itself_ends_the_run() {
    let mut run = begun(Goal::Gap);
    run.page(more("a"));
    assert_eq!(run.page(more("a")), Step::Closed { goal: Goal::Gap });
}

#[test]
fn an_empty_page_that_promises_more_ends_the_run() {
    let empty = Seen { items: 0, added: 0, ..more("a") };
    assert_eq!(begun(Goal::Gap).page(empty), Step::Closed { goal: Goal::Gap });
}

#[test]
fn pages_that_lead_in_a_circle_end_at_the_limit_and_the_gap_is_said_to_remain() {
    let mut run = begun(Goal::Check);
    let mut pages = 1;
    while let Step::Fetch { .. } = run.page(more(if pages % 2 == 0 { "a" } else { "b" })) {
        pages += 1;
        assert!(pages <= 5);
    }
    assert_eq!((pages, run.is_running()), (5, false));
    let mut run = begun(Goal::Check);
    for number in 1..5 {
        let next = number.to_string();
        assert_eq!(run.page(more(&next)), fetch(Goal::Check, Some(&next)));
    }
    assert_eq!(run.page(more("5")), Step::Incomplete { goal: Goal::Check });
}

#[test]
fn the_last_page_that_is_allowed_may_close_the_gap() {
    let mut run = begun(Goal::Gap);
    for number in 1..5 {
        run.page(more(&number.to_string()));
    }
    assert_eq!(run.page(overlapping(Some("5"))), Step::Closed { goal: Goal::Gap });
}

#[test]
fn a_page_that_does_not_come_is_asked_for_again_after_a_wait() {
    let mut run = begun(Goal::Gap);
    run.page(more("a"));
    assert_eq!(run.failed(at(10), &mut rng(), None), Step::Nothing);
    let until = armed(&run).expect("planned");
    assert!(until > at(10) && until <= at(11), "{until}");
    assert!(run.is_running());
    assert_eq!(run.due(at(10)), Step::Nothing);
    assert_eq!(run.due(until), fetch(Goal::Gap, Some("a")));
    assert_eq!((armed(&run), run.due(at(1_000))), (None, Step::Nothing));
}

#[test]
fn it_waits_as_long_as_the_provider_asks() {
    let mut run = begun(Goal::Gap);
    run.failed(at(10), &mut rng(), Some(secs(60)));
    assert_eq!(armed(&run), Some(at(70)));
}

#[test]
fn the_waits_of_a_new_run_are_short_again() {
    for seed in 0..50 {
        let mut rng = Rng::new([seed; 32]);
        let mut run = begun(Goal::Gap);
        for _ in 0..5 {
            run.begin(at(0), Goal::Gap);
            run.failed(at(10), &mut rng, None);
            assert!(armed(&run).expect("planned") <= at(11));
        }
    }
}

#[test]
fn it_gives_up_after_so_many_failures_of_one_page() {
    let mut run = begun(Goal::Gap);
    for _ in 0..2 {
        for _ in 0..2 {
            assert_eq!(run.failed(at(10), &mut rng(), None), Step::Nothing);
            run.due(at(100));
        }
        run.page(more("a"));
    }
    let mut run = begun(Goal::Gap);
    for _ in 0..2 {
        run.failed(at(10), &mut rng(), None);
        run.due(at(100));
    }
    assert_eq!(run.failed(at(10), &mut rng(), None), Step::Unavailable { goal: Goal::Gap });
    assert_eq!((run.is_running(), armed(&run)), (false, Some(at(70))), "and makes another run later");
}

#[test]
fn what_would_never_be_given_is_not_asked_for_again() {
    let mut run = begun(Goal::First);
    assert_eq!(run.refused(), Step::Unavailable { goal: Goal::First });
    assert_eq!((run.is_running(), armed(&run)), (false, None));
}

#[test]
fn a_pause_lasts_until_there_is_another_credential() {
    let mut run = begun(Goal::Gap);
    run.page(more("a"));
    assert_eq!(run.paused(at(1)), Step::Nothing);
    assert!(run.is_running());
    assert_eq!((armed(&run), run.due(at(1_000_000))), (None, Step::Nothing));
    run.unpaused(at(7));
    assert_eq!(armed(&run), Some(at(7)));
    assert_eq!(run.due(at(7)), fetch(Goal::Gap, Some("a")));
}

#[test]
fn another_credential_does_not_cut_the_wait_after_a_failure_short() {
    let mut run = begun(Goal::Gap);
    run.failed(at(10), &mut rng(), Some(secs(60)));
    run.unpaused(at(11));
    assert_eq!(armed(&run), Some(at(70)));
}

#[test]
fn a_page_that_no_credential_is_good_for_is_given_up() {
    let mut run = begun(Goal::Gap);
    for _ in 0..2 {
        assert_eq!(run.paused(at(1)), Step::Nothing);
        run.unpaused(at(1));
        run.due(at(1));
    }
    assert_eq!(run.paused(at(1)), Step::Unavailable { goal: Goal::Gap });
}

#[test]
fn what_comes_live_is_held_back_during_a_run_and_passes_otherwise() {
    let mut idle = catch_up();
    assert_eq!(idle.hold(1), Some(1));
    let mut run = begun(Goal::Gap);
    assert_eq!((run.hold(1), run.hold(2)), (None, None));
    run.failed(at(1), &mut rng(), None);
    assert_eq!(run.hold(3), None, "while it waits as well");
    assert_eq!(run.held(), 3);
    run.due(at(100));
    run.page(overlapping(None));
    assert_eq!(run.release(), [1, 2, 3]);
    assert_eq!((run.held(), run.hold(4)), (0, Some(4)));
}

#[test]
fn what_is_too_much_to_hold_is_fetched_by_one_more_run() {
    let mut run = begun(Goal::First);
    for item in 0..4 {
        assert_eq!(run.hold(item), None);
    }
    assert!(!run.has_overflowed(), "all of it is held");
    for item in 4..9 {
        assert_eq!(run.hold(item), None);
    }
    assert_eq!(run.held(), 4, "bounded");
    assert!(run.has_overflowed());
    assert_eq!(run.page(more("a")), fetch(Goal::Gap, None), "from the newest, back to what is known");
    assert_eq!(run.page(more("b")), fetch(Goal::Gap, Some("b")));
    assert!(!run.has_overflowed(), "it is being fetched");
    assert_eq!(run.page(overlapping(Some("c"))), Step::Closed { goal: Goal::Gap });
    assert_eq!(run.release(), [0, 1, 2, 3]);
}

#[test]
fn a_flood_without_end_ends_at_the_limit_of_pages() {
    let mut run = begun(Goal::Gap);
    let mut pages = 0;
    loop {
        for item in 0..9 {
            run.hold(item);
        }
        pages += 1;
        let step = run.page(overlapping(None));
        if step != fetch(Goal::Gap, None) {
            assert_eq!(step, Step::Incomplete { goal: Goal::Gap });
            break;
        }
        assert!(pages < 5);
    }
    assert_eq!((pages, run.held()), (5, 4));
}

#[test]
fn a_run_that_begins_anew_forgets_the_pages_of_the_one_before_and_keeps_what_is_held() {
    let mut run = begun(Goal::Gap);
    let old = run.run();
    run.page(more("a"));
    run.hold(1);
    run.failed(at(1), &mut rng(), None);
    assert_eq!(run.begin(at(0), Goal::Gap), fetch(Goal::Gap, None));
    assert!(run.run() > old, "an answer to the old run is known as such");
    assert_eq!((run.recovered(), run.held(), armed(&run)), (0, 1, None));
    for number in 1..5 {
        assert!(
            matches!(run.page(more(&number.to_string())), Step::Fetch { .. }),
            "all its pages are allowed"
        );
    }
}

#[test]
fn an_aborted_run_gives_back_what_it_held_and_takes_no_more_answers() {
    let mut run = begun(Goal::Gap);
    run.hold(1);
    run.hold(2);
    run.failed(at(1), &mut rng(), None);
    assert_eq!(run.abort(), [1, 2]);
    assert_eq!((run.is_running(), armed(&run), run.due(at(100))), (false, None, Step::Nothing));
    let before = run.clone();
    assert_eq!(run.page(more("a")), Step::Nothing);
    assert_eq!(run.failed(at(1), &mut rng(), None), Step::Nothing);
    assert_eq!(run, before);
    assert_eq!(run.hold(3), Some(3));
}

#[test]
fn what_could_not_be_read_is_looked_for_once_a_while_later() {
    let mut catch_up = catch_up();
    catch_up.doubt(at(10));
    catch_up.doubt(at(11));
    assert_eq!(catch_up.next_alarm().map(|alarm| alarm.at), Some(at(12)), "the first counts");
    assert!(!catch_up.is_doubt_due(at(11)));
    assert!(catch_up.is_doubt_due(at(12)));
    catch_up.begin(at(0), Goal::Gap);
    assert!(!catch_up.is_doubt_due(at(12)), "it is being looked for");
    // Its page may have been made before this came.
    catch_up.doubt(at(13));
    assert_eq!(catch_up.next_alarm(), None, "one run at a time");
    assert_eq!(catch_up.page(last()), Step::Closed { goal: Goal::Gap });
    assert_eq!(catch_up.next_alarm().map(|alarm| alarm.at), Some(at(15)));
    catch_up.abort();
    assert_eq!(catch_up.next_alarm(), None, "the next connect looks for all that was missed");
}
