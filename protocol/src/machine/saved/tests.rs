use core::time::Duration;

use super::{Left, SavedBackoff, Thaw};
use crate::machine::backoff::{Backoff, BackoffPolicy};
use crate::rng::Rng;
use crate::time::{Now, Timestamp, WallTime};

fn thaw(now: u64, wall: i64, taken: i64) -> Thaw {
    let now = Now::new(Timestamp::from_secs(now), WallTime::from_unix_millis(wall * 1_000));
    Thaw::new(now, WallTime::from_unix_millis(taken * 1_000))
}

#[test]
fn a_timer_has_what_was_left_of_it_less_the_time_away() {
    let left = Left::until(Timestamp::from_secs(1_000), Timestamp::from_secs(1_010));
    assert_eq!(thaw(5, 100, 100).timer(left), Timestamp::from_secs(15));
    assert_eq!(thaw(5, 104, 100).timer(left), Timestamp::from_secs(11));
    assert_eq!(thaw(5, 900, 100).timer(left), Timestamp::from_secs(5));
    let past = Left::until(Timestamp::from_secs(1_000), Timestamp::from_secs(990));
    assert_eq!(thaw(5, 100, 100).timer(past), Timestamp::from_secs(5));
}

#[test]
fn a_span_that_began_before_is_over_less_the_time_away() {
    let span = Duration::from_secs(45);
    assert_eq!(thaw(5, 100, 100).after(span), Timestamp::from_secs(50));
    assert_eq!(thaw(5, 130, 100).after(span), Timestamp::from_secs(20));
    assert_eq!(thaw(5, 900, 100).after(span), Timestamp::from_secs(5));
    assert_eq!(thaw(5, 99, 100).after(span), Timestamp::from_secs(50), "nobody can tell");
}

#[test]
fn nothing_is_relied_on_where_the_wall_clock_went_back() {
    let left = Left::until(Timestamp::ZERO, Timestamp::from_secs(60));
    assert_eq!(thaw(5, 99, 100).trust(left), Timestamp::from_secs(5));
    assert_eq!(thaw(5, 99, 100).timer(left), Timestamp::from_secs(65));
    assert_eq!(thaw(5, 110, 100).trust(left), Timestamp::from_secs(55));
}

#[test]
fn a_backoff_goes_on_where_it_was() {
    let policy = BackoffPolicy::default();
    let mut backoff = Backoff::new(policy.clone());
    let mut rng = Rng::new([1; 32]);
    let now = Timestamp::from_secs(100);
    backoff.next(now, &mut rng, None);
    backoff.next(now, &mut rng, Some(Duration::from_secs(20)));
    let text = serde_json::to_string(&backoff.save(now)).unwrap();
    assert_eq!(text, r#"{"tries":2,"floor_in":20000000}"#);
    let saved: SavedBackoff = serde_json::from_str(&text).unwrap();
    let again = Backoff::restore(policy, saved, thaw(7, 100, 100));
    assert_eq!((again.attempt(), again.ceiling()), (2, backoff.ceiling()));
    assert_eq!(again.soonest(Timestamp::from_secs(7), Timestamp::MAX), Timestamp::from_secs(27));
}

#[test]
fn a_link_that_was_up_for_long_begins_its_tries_anew() {
    let mut backoff = Backoff::new(BackoffPolicy::default());
    backoff.next(Timestamp::ZERO, &mut Rng::new([1; 32]), None);
    backoff.went_live(Timestamp::from_secs(1));
    assert_ne!(backoff.save(Timestamp::from_secs(2)), SavedBackoff::default());
    let rested = backoff.save(Timestamp::from_secs(60));
    assert_eq!(rested, SavedBackoff::default());
    assert_eq!(serde_json::to_string(&rested).unwrap(), "{}", "there is nothing to write");
}
