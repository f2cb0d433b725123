use core::pin::pin;
use core::time::Duration;

use futures_util::FutureExt as _;

use super::*;

#[test]
fn it_stands_still_until_it_is_moved_and_never_goes_back() {
    let clock = PausedClock::new(WallTime::EPOCH);
    let start = clock.now();
    assert_eq!(start, clock.now());
    clock.advance_to(Timestamp::from_secs(5));
    assert_eq!(clock.now(), Now::new(Timestamp::from_secs(5), start.wall + Duration::from_secs(5)));
    clock.advance_to(Timestamp::from_secs(4));
    assert_eq!(clock.now().at, Timestamp::from_secs(5));
}

#[test]
fn a_sleep_ends_at_its_time_and_not_before() {
    let clock = PausedClock::new(WallTime::EPOCH);
    let mut sleeps = [1, 2, 2].map(|second| Box::pin(clock.sleep_until(Timestamp::from_secs(second))));
    let mut ended = |clock: &PausedClock, second| {
        clock.advance_to(Timestamp::from_secs(second));
        sleeps.each_mut().map(|sleep| sleep.as_mut().now_or_never().is_some())
    };
    assert_eq!(ended(&clock, 0), [false; 3]);
    assert_eq!(clock.next(), Some(Timestamp::from_secs(1)));
    assert_eq!(ended(&clock, 1), [true, false, false]);
    assert_eq!(clock.next(), Some(Timestamp::from_secs(2)));
    assert_eq!(ended(&clock, 2), [true; 3]);
    assert_eq!(clock.next(), None);
}

#[test]
fn who_gives_up_is_not_waited_for() {
    let clock = PausedClock::new(WallTime::EPOCH);
    {
        let mut sleep = pin!(clock.sleep_until(Timestamp::from_secs(1)));
        assert_eq!(sleep.as_mut().now_or_never(), None);
        assert!(clock.next().is_some());
    }
    assert_eq!(clock.next(), None);
}
