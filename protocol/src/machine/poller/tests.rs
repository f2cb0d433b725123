use super::*;
use crate::machine::backoff::BackoffPolicy;

mod walks;

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

const fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn policy() -> PollPolicy {
    PollPolicy { gap: secs(1), gap_cap: secs(5), busy_wait: secs(5), stale_after: secs(15), history_tries: 3 }
}

fn rng() -> Rng {
    Rng::new([7; 32])
}

/// One that is open, for a conversation that has just begun.
fn begun() -> Poller {
    let mut poller = Poller::new(policy(), Backoff::new(BackoffPolicy::default()));
    poller.start(at(0), false);
    poller.set_open(true);
    poller
}

fn resumed() -> Poller {
    let mut poller = Poller::new(policy(), Backoff::new(BackoffPolicy::default()));
    poller.start(at(0), true);
    poller.set_open(true);
    poller
}

fn due(poller: &Poller) -> Option<Timestamp> {
    poller.next_alarm().map(|alarm| alarm.at)
}

#[test]
fn what_is_not_begun_or_is_over_is_not_polled() {
    let mut poller = Poller::new(policy(), Backoff::new(BackoffPolicy::default()));
    poller.set_open(true);
    assert_eq!((poller.next(at(0)), due(&poller)), (None, None));
    let mut poller = begun();
    poller.stop();
    assert_eq!((poller.next(at(0)), due(&poller), poller.is_well()), (None, None, false));
    poller.want_history();
    assert_eq!(poller.next(at(60_000)), None);
}

#[test]
fn there_is_one_exchange_at_a_time() {
    let mut poller = begun();
    assert_eq!(poller.next(at(0)), Some(Work::Poll));
    assert!(!poller.wants_history());
    poller.want_history();
    assert!(poller.wants_history());
    assert_eq!(poller.next(at(0)), None);
    assert_eq!(poller.next(at(29_000)), None);
    poller.answered(at(29_000), Brought::Nothing);
    assert_eq!(poller.next(at(29_000)), Some(Work::History));
    assert!(poller.wants_history(), "until it is there");
    assert_eq!(poller.next(at(29_000)), None);
    poller.history_came(at(29_100));
    assert!(!poller.wants_history());
    assert_eq!(poller.next(at(29_100)), Some(Work::Poll));
}

#[test]
fn news_and_polls_that_were_held_are_followed_at_once() {
    let mut poller = begun();
    let mut now = 0;
    for (took, brought) in [(0, Brought::News), (1_000, Brought::Nothing), (14_000, Brought::Nothing)] {
        assert_eq!(poller.next(at(now)), Some(Work::Poll));
        now += took;
        poller.answered(at(now), brought);
        assert_eq!(due(&poller), None, "{took} ms");
    }
}

#[test]
fn polls_that_are_not_held_keep_a_distance_that_grows_until_there_is_news() {
    for brought in [Brought::Nothing, Brought::Repeated] {
        let mut poller = begun();
        let mut starts = vec![0];
        for _ in 0..6 {
            let now = *starts.last().unwrap();
            assert_eq!(poller.next(at(now)), Some(Work::Poll), "{now}");
            poller.answered(at(now + 10), brought);
            assert_eq!(poller.next(at(now + 11)), None);
            assert_eq!(poller.retry_at(), None, "nothing failed");
            starts.push(due(&poller).unwrap().as_micros() / 1_000);
        }
        let gaps: Vec<u64> = starts.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert_eq!(gaps, [1_000, 2_000, 4_000, 5_000, 5_000, 5_000], "{brought:?}");
        let now = *starts.last().unwrap();
        poller.next(at(now));
        poller.answered(at(now + 10), Brought::News);
        assert_eq!(poller.next(at(now + 10)), Some(Work::Poll));
        poller.answered(at(now + 20), brought);
        assert_eq!(due(&poller), Some(at(now + 1_010)), "the distance begins anew");
    }
}

#[test]
fn what_the_history_had_first_is_no_reason_to_wait_but_twice_in_a_row_it_is() {
    let mut poller = begun();
    poller.next(at(0));
    poller.answered(at(5), Brought::Known);
    assert_eq!(poller.next(at(5)), Some(Work::Poll));
    poller.answered(at(10), Brought::Known);
    assert_eq!(poller.next(at(10)), None);
    assert_eq!(due(&poller), Some(at(1_005)));
}

#[test]
fn a_lost_poll_is_followed_by_the_history_and_then_by_the_next() {
    let (mut poller, mut rng) = (begun(), rng());
    poller.next(at(0));
    assert_eq!(poller.failed(at(100), &mut rng, None), Failed::Again { first: true });
    assert!(!poller.is_well());
    let wait = due(&poller).unwrap();
    assert!(wait <= at(1_100));
    assert_eq!(poller.retry_at(), Some(wait));
    assert_eq!(poller.next(wait), Some(Work::History));
    assert!(poller.history_came(wait), "it was out of reach until now");
    assert!(poller.is_well());
    assert_eq!(poller.next(wait), Some(Work::Poll));
    assert!(!poller.answered(wait, Brought::News));
}

#[test]
fn a_failure_is_news_once_and_so_is_the_recovery() {
    let (mut poller, mut rng) = (begun(), rng());
    poller.next(at(0));
    assert_eq!(poller.failed(at(0), &mut rng, None), Failed::Again { first: true });
    for _ in 0..2 {
        let now = due(&poller).unwrap();
        assert_eq!(poller.next(now), Some(Work::History));
        assert!(matches!(poller.failed(now, &mut rng, None), Failed::Again { first: false }));
    }
    let now = due(&poller).unwrap();
    poller.next(now);
    assert!(poller.history_came(now));
    poller.next(now);
    assert!(!poller.answered(now, Brought::Nothing));
}

#[test]
fn waits_grow_with_each_failure_and_begin_anew_with_a_poll_that_works() {
    let (mut poller, mut rng) = (begun(), rng());
    let mut now = at(0);
    for ceiling in [1, 2, 4, 8, 16, 30, 30] {
        poller.next(now);
        poller.failed(now, &mut rng, None);
        let next = due(&poller).unwrap();
        assert!(next.saturating_since(now) <= secs(ceiling), "{ceiling} s");
        now = next;
    }
    // That the history comes does not show that polls work.
    poller.next(now);
    poller.history_came(now);
    assert_eq!(poller.attempt(), 7);
    poller.next(now);
    poller.answered(now + secs(10), Brought::Nothing);
    assert_eq!(poller.attempt(), 0);
}

#[test]
fn the_provider_s_own_wait_is_not_cut_short() {
    let (mut poller, mut rng) = (begun(), rng());
    poller.next(at(0));
    poller.failed(at(0), &mut rng, Some(secs(120)));
    assert_eq!(due(&poller), Some(at(120_000)));
    poller.wake(at(5_000), &mut rng);
    assert_eq!(due(&poller), Some(at(120_000)));
}

#[test]
fn an_earlier_poll_is_waited_out_longer_each_time() {
    let mut poller = begun();
    let mut now = at(0);
    for wait in [5, 10, 15, 15] {
        assert!(matches!(poller.next(now), Some(Work::Poll | Work::History)));
        poller.history_came(now);
        poller.next(now);
        poller.busy(now);
        assert!(poller.is_well(), "it is no failure of the network");
        assert_eq!(due(&poller), Some(now + secs(wait)));
        now = now + secs(wait);
    }
    assert_eq!(poller.next(now), Some(Work::History), "what the earlier one was told may be lost");
    poller.history_came(now);
    poller.next(now);
    poller.answered(now, Brought::News);
    poller.next(now);
    poller.busy(now);
    assert_eq!(due(&poller), Some(now + secs(5)), "the wait begins anew");
}

#[test]
fn a_conversation_that_is_missing_twice_in_a_row_is_over() {
    let (mut poller, mut rng) = (begun(), rng());
    poller.next(at(0));
    assert_eq!(poller.missing(at(0), &mut rng), Failed::Again { first: true });
    let now = due(&poller).unwrap();
    assert_eq!(poller.next(now), Some(Work::History));
    poller.history_came(now);
    poller.next(now);
    assert_eq!(
        poller.missing(now, &mut rng),
        Failed::Again { first: true },
        "the history showed that it lives"
    );
    let now = due(&poller).unwrap();
    poller.next(now);
    assert_eq!(poller.missing(now, &mut rng), Failed::Over);
    assert!(!poller.is_on());
}

#[test]
fn a_conversation_that_goes_on_is_looked_up_before_anything_else() {
    let mut poller = resumed();
    assert!(!poller.is_well(), "what was said before is not known");
    assert_eq!(poller.next(at(0)), Some(Work::History));
    poller.history_came(at(10));
    assert!(poller.is_well());
    assert_eq!(poller.next(at(10)), Some(Work::Poll));
}

#[test]
fn a_history_that_does_not_come_is_given_up_after_some_tries() {
    let (mut poller, mut rng) = (resumed(), rng());
    let mut now = at(0);
    for _ in 0..2 {
        assert_eq!(poller.next(now), Some(Work::History));
        assert!(matches!(poller.failed(now, &mut rng, None), Failed::Again { .. }));
        now = due(&poller).unwrap();
    }
    poller.next(now);
    assert_eq!(poller.failed(now, &mut rng, None), Failed::WithoutHistory { first: false });
    now = due(&poller).unwrap();
    assert_eq!(poller.next(now), Some(Work::Poll));
    poller.answered(now, Brought::News);
    assert!(poller.is_well());
}

#[test]
fn a_history_that_is_refused_is_not_asked_for_again() {
    let mut poller = resumed();
    poller.next(at(0));
    poller.history_refused();
    assert_eq!(poller.next(at(0)), Some(Work::Poll));
}

#[test]
fn while_it_is_shut_nothing_begins_and_what_is_under_way_goes_on() {
    let (mut poller, mut rng) = (begun(), rng());
    poller.next(at(0));
    poller.set_open(false);
    assert_eq!(due(&poller), None);
    poller.answered(at(10_000), Brought::News);
    assert_eq!((poller.next(at(10_000)), due(&poller)), (None, None));
    // Back within a short time, the poll goes on; later, the history comes first.
    let mut soon = poller.clone();
    soon.wake(at(25_000), &mut rng);
    soon.set_open(true);
    assert_eq!(soon.next(at(25_000)), Some(Work::Poll), "fifteen seconds are short");
    poller.wake(at(25_001), &mut rng);
    poller.set_open(true);
    assert_eq!(poller.next(at(30_000)), Some(Work::History));
}

#[test]
fn a_wake_cuts_a_wait_short_but_starts_no_second_exchange() {
    let (mut poller, mut rng) = (begun(), rng());
    for _ in 0..6 {
        let now = due(&poller).unwrap_or(at(0));
        poller.next(now);
        poller.failed(now, &mut rng, None);
    }
    let now = at(0);
    poller.wake(now, &mut rng);
    assert!(due(&poller).unwrap() <= at(1_000));
    let now = due(&poller).unwrap();
    assert!(poller.next(now).is_some());
    poller.wake(now, &mut rng);
    assert_eq!(poller.next(now), None);
}

#[test]
fn a_history_that_was_cut_is_still_wanted() {
    let mut poller = resumed();
    poller.next(at(0));
    poller.history_cut();
    assert_eq!(poller.next(at(0)), Some(Work::History));
}
