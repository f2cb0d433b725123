use super::*;
use proptest::prelude::*;

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

fn at(secs: u64) -> Timestamp {
    Timestamp::from_secs(secs)
}

const fn r(number: u64) -> RequestId {
    RequestId::from_u64(number)
}

#[test]
fn an_exchange_is_settled_exactly_once() {
    let mut requests = Requests::new();
    let id = requests.begin(at(0), "a", secs(10));
    assert_eq!((id, requests.get(id), requests.len()), (r(1), Some(&"a"), 1));
    assert_eq!(requests.settle(id), Some("a"));
    assert_eq!(requests.settle(id), None);
    assert_eq!(requests.settle(r(77)), None);
    assert_eq!((requests.len(), requests.next_alarm()), (0, None));
}

#[test]
fn an_answer_after_the_timeout_finds_nothing() {
    let mut requests = Requests::new();
    let id = requests.begin(at(0), "a", secs(10));
    assert_eq!(requests.due(at(9)), []);
    assert_eq!(requests.due(at(10)), [(id, "a")]);
    assert_eq!(requests.due(at(10)), []);
    assert_eq!(requests.settle(id), None);
    assert!(!requests.progress(at(11), id));
}

#[test]
fn an_answer_at_the_deadline_beats_it() {
    let mut requests = Requests::new();
    let id = requests.begin(at(0), "a", secs(10));
    assert_eq!(requests.settle(id), Some("a"));
    assert_eq!(requests.due(at(10)), []);
}

#[test]
fn ids_are_never_reused() {
    let mut requests = Requests::new();
    assert_eq!(requests.last_id(), 0);
    let first = requests.begin(at(0), "a", secs(10));
    requests.settle(first);
    assert_eq!(requests.begin(at(0), "b", secs(10)), r(2));
    assert_eq!(requests.last_id(), 2);
    assert_eq!(Requests::after(requests.last_id()).begin(at(0), "c", secs(10)), r(3));
}

#[test]
fn the_next_alarm_is_the_first_deadline_and_names_its_request() {
    let mut requests = Requests::new();
    requests.begin(at(0), "slow", secs(20));
    let quick = requests.begin(at(1), "quick", secs(5));
    let alarm = requests.next_alarm().unwrap();
    assert_eq!((alarm.at, alarm.why), (at(6), DeadlineReason::RequestTimeout(quick)));
}

#[test]
fn what_times_out_together_comes_in_the_order_it_was_begun() {
    let mut requests = Requests::new();
    for (purpose, timeout) in [("a", 3), ("b", 1), ("c", 9), ("d", 2)] {
        requests.begin(at(0), purpose, secs(timeout));
    }
    assert_eq!(requests.due(at(5)), [(r(1), "a"), (r(2), "b"), (r(4), "d")]);
    assert_eq!(requests.len(), 1);
}

#[test]
fn progress_starts_the_time_anew() {
    let mut requests = Requests::new();
    let id = requests.begin(at(0), "page", secs(10));
    assert!(requests.progress(at(8), id));
    assert_eq!(requests.due(at(17)), []);
    assert_eq!(requests.due(at(18)), [(id, "page")]);
}

#[test]
fn what_is_not_wanted_is_taken_back_by_its_purpose() {
    let mut requests = Requests::new();
    for purpose in ["receipt", "message", "receipt"] {
        requests.begin(at(0), purpose, secs(10));
    }
    assert_eq!(
        requests.cancel_where(|purpose| *purpose == "receipt"),
        [(r(1), "receipt"), (r(3), "receipt")]
    );
    assert_eq!(requests.iter().collect::<Vec<_>>(), [(r(2), &"message")]);
    assert_eq!(requests.settle(r(1)), None);
}

proptest! {
    /// P6: exactly one outcome for each exchange, whatever happens when. P3: nothing armed in the past. P5: any
    /// times and spans.
    #[test]
    fn every_exchange_has_exactly_one_outcome(
        steps in prop::collection::vec(
            (0..5_u8, 0..30_u64, prop_oneof![0..20_000_000_u64, Just(u64::MAX)], 0..5_000_000_u64),
            0..120,
        ),
    ) {
        let mut requests = Requests::new();
        let mut begun = 0_u64;
        let mut outcomes: BTreeMap<RequestId, u64> = BTreeMap::new();
        let mut now = Timestamp::ZERO;
        for (step, pick, timeout, span) in steps {
            now = now + Duration::from_micros(span);
            match step {
                0 | 1 => {
                    begun += 1;
                    let id = requests.begin(now, begun, Duration::from_micros(timeout));
                    prop_assert_eq!(id, r(begun));
                }
                2 => if let Some(purpose) = requests.settle(r(pick)) {
                    prop_assert_eq!(purpose, pick);
                    *outcomes.entry(r(pick)).or_default() += 1;
                },
                3 => { requests.progress(now, r(pick)); }
                _ => for (id, _) in requests.cancel_where(|purpose| purpose % 7 == pick % 7) {
                    *outcomes.entry(id).or_default() += 1;
                },
            }
            for (id, _) in requests.due(now) {
                *outcomes.entry(id).or_default() += 1;
            }
            prop_assert!(requests.next_alarm().is_none_or(|alarm| alarm.at > now));
            prop_assert_eq!(requests.deadlines.len(), requests.len());
            prop_assert_eq!(requests.next_alarm().is_none(), requests.len() == 0);
        }
        for (id, _) in requests.due(Timestamp::MAX) {
            *outcomes.entry(id).or_default() += 1;
        }
        prop_assert_eq!(requests.len(), 0);
        prop_assert_eq!(u64::try_from(outcomes.len()).unwrap(), begun);
        prop_assert!(outcomes.values().all(|times| *times == 1));
    }
}
