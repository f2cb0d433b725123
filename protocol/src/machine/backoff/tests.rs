use super::*;
use proptest::prelude::*;

use crate::rng::Rng;

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

fn at(secs: u64) -> Timestamp {
    Timestamp::from_secs(secs)
}

fn rng() -> Rng {
    Rng::new([7; 32])
}

#[test]
fn the_ceiling_doubles_from_the_base_to_the_cap() {
    let (mut backoff, mut rng) = (Backoff::new(BackoffPolicy::default()), rng());
    let ceilings: Vec<u64> = (0..8)
        .map(|_| {
            let ceiling = backoff.ceiling().as_secs();
            backoff.next(at(0), &mut rng, None);
            ceiling
        })
        .collect();
    assert_eq!(ceilings, [1, 2, 4, 8, 16, 30, 30, 30]);
    assert_eq!(backoff.attempt(), 8);
}

#[test]
fn waits_are_spread_over_the_whole_range_from_zero() {
    let mut rng = rng();
    let waits: Vec<u64> = (0..1_000)
        .map(|_| Backoff::new(BackoffPolicy::default()).next(at(0), &mut rng, None).as_micros())
        .collect();
    for tenth in 0..10 {
        let within = waits.iter().filter(|wait| **wait / 100_001 == tenth).count();
        assert!((60..=140).contains(&within), "{within} of 1,000 waits in tenth {tenth}");
    }
}

#[test]
fn retry_after_is_a_floor_even_above_the_cap() {
    let (mut backoff, mut rng) = (Backoff::new(BackoffPolicy::default()), rng());
    assert_eq!(backoff.next(at(10), &mut rng, Some(secs(120))), at(130));
    // A second refusal that asks for less does not lift what the first asked for.
    assert_eq!(backoff.next(at(20), &mut rng, Some(secs(1))), at(130));
    assert!(backoff.next(at(130), &mut rng, None) <= at(134));
}

#[test]
fn connecting_and_being_dropped_a_thousand_times_keeps_growing() {
    let (mut backoff, mut rng) = (Backoff::new(BackoffPolicy::default()), rng());
    let mut now = at(0);
    for round in 0..1_000 {
        assert_eq!(backoff.attempt(), round);
        now = backoff.next(now, &mut rng, None);
        backoff.went_live(now);
        now = now + Duration::from_millis(29_999);
        assert!(!backoff.due(now));
        backoff.lost(now);
        assert_eq!(backoff.next_alarm(), None);
    }
    assert_eq!(backoff.ceiling(), secs(30));
}

#[test]
fn a_healthy_period_resets_the_count_by_its_alarm() {
    let (mut backoff, mut rng) = (Backoff::new(BackoffPolicy::default()), rng());
    let live = backoff.next(at(0), &mut rng, None);
    backoff.went_live(live);
    backoff.went_live(live + secs(20));
    let alarm = backoff.next_alarm().unwrap();
    assert_eq!((alarm.at, alarm.why), (live + secs(30), DeadlineReason::Healthy));
    assert!(!backoff.due(live + secs(29)));
    assert!(backoff.due(live + secs(30)));
    assert_eq!((backoff.attempt(), backoff.next_alarm()), (0, None));
}

#[test]
fn a_healthy_period_counts_at_the_loss_when_the_host_slept_over_the_alarm() {
    let (mut backoff, mut rng) = (Backoff::new(BackoffPolicy::default()), rng());
    backoff.next(at(0), &mut rng, None);
    backoff.went_live(at(1));
    backoff.lost(at(31));
    assert_eq!((backoff.attempt(), backoff.next_alarm()), (0, None));
}

#[test]
fn a_user_who_retries_without_a_link_resets_by_hand() {
    let (mut backoff, mut rng) = (Backoff::new(BackoffPolicy::default()), rng());
    for _ in 0..5 {
        backoff.next(at(0), &mut rng, None);
    }
    backoff.reset();
    assert_eq!((backoff.attempt(), backoff.ceiling()), (0, secs(1)));
}

#[test]
fn hurrying_shortens_a_long_wait_to_the_wake_jitter() {
    let backoff = Backoff::new(BackoffPolicy::default());
    let hurried = backoff.hurry(at(100), &mut rng(), at(125));
    assert!(at(100) <= hurried && hurried <= at(101), "{hurried}");
    assert_eq!(backoff.hurry(at(100), &mut rng(), at(100)), at(100));
}

#[test]
fn hurrying_does_not_break_what_the_server_asked_for() {
    let (mut backoff, mut rng) = (Backoff::new(BackoffPolicy::default()), rng());
    let planned = backoff.next(at(0), &mut rng, Some(secs(60)));
    assert_eq!(planned, at(60));
    assert_eq!(backoff.hurry(at(10), &mut rng, planned), at(60));
    backoff.reset();
    assert_eq!(backoff.hurry(at(10), &mut rng, at(70)), at(60));
}

fn policies() -> impl Strategy<Value = BackoffPolicy> {
    let span = prop_oneof![
        Just(Duration::ZERO),
        (0..100_000_000_u64).prop_map(Duration::from_micros),
        Just(Duration::MAX)
    ];
    (span.clone(), 0..5_u32, span.clone(), span.clone(), span).prop_map(
        |(base, factor, cap, reset_after, wake_jitter)| BackoffPolicy {
            base,
            factor,
            cap,
            reset_after,
            wake_jitter,
        },
    )
}

proptest! {
    /// P12, and P5 for policies that make no sense.
    #[test]
    fn gaps_are_within_their_bounds(
        policy in policies(),
        seed in any::<[u8; 32]>(),
        start in any::<u64>(),
        refusals in prop::collection::vec(prop::option::of(0..600_000_000_u64), 1..60),
    ) {
        let (mut backoff, mut rng) = (Backoff::new(policy.clone()), Rng::new(seed));
        let mut now = Timestamp::from_micros(start);
        let mut floor = Timestamp::ZERO;
        for (round, refusal) in refusals.into_iter().enumerate() {
            let growth = u128::from(policy.factor.max(1)).saturating_pow(u32::try_from(round).unwrap());
            let longest = policy.base.as_micros().saturating_mul(growth).min(policy.cap.as_micros());
            let longest = Duration::from_micros(u64::try_from(longest).unwrap_or(u64::MAX));
            let asked = refusal.map(Duration::from_micros);
            floor = floor.max(asked.map_or(Timestamp::ZERO, |span| now + span));
            let planned = backoff.next(now, &mut rng, asked);
            prop_assert!(planned >= now && planned >= floor);
            prop_assert!(planned <= (now + longest).max(floor));
            let hurried = backoff.hurry(now, &mut rng, planned);
            prop_assert!(now <= hurried && hurried <= planned && hurried >= floor);
            prop_assert!(hurried <= (now + policy.wake_jitter).max(floor));
            now = planned;
        }
    }

    /// P3: whatever happened before, nothing is armed at or before the time of `due`.
    #[test]
    fn nothing_is_armed_in_the_past_after_due(
        policy in policies(),
        steps in prop::collection::vec((0..4_u8, 0..60_000_000_u64), 0..60),
    ) {
        let (mut backoff, mut rng) = (Backoff::new(policy), rng());
        let mut now = Timestamp::ZERO;
        for (step, span) in steps {
            now = now + Duration::from_micros(span);
            match step {
                0 => { backoff.next(now, &mut rng, None); }
                1 => backoff.went_live(now),
                2 => backoff.lost(now),
                _ => backoff.reset(),
            }
            backoff.due(now);
            prop_assert!(backoff.next_alarm().is_none_or(|alarm| alarm.at > now));
        }
    }
}
