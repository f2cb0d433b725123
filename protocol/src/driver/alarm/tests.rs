use core::task::{Context, Waker};
use core::time::Duration;

use super::Alarm;
use crate::driver::testing::ByHand;
use crate::time::Timestamp;

fn poll(alarm: &mut Alarm, runtime: &ByHand, deadline: Option<Timestamp>) -> bool {
    alarm.poll(&mut Context::from_waker(Waker::noop()), runtime, deadline).is_ready()
}

#[test]
fn the_clock_decides_and_not_the_sleep() {
    let runtime = ByHand::default();
    runtime.restless();
    let mut alarm = Alarm::new();
    for _ in 0..10 {
        assert!(
            !poll(&mut alarm, &runtime, Some(Timestamp::from_secs(1))),
            "a sleep that ends early proves nothing"
        );
    }
    runtime.set(Timestamp::from_secs(1));
    assert!(poll(&mut alarm, &runtime, Some(Timestamp::from_secs(1))));
}

#[test]
fn a_sleep_is_made_anew_only_where_the_deadline_moved() {
    let runtime = ByHand::default();
    let mut alarm = Alarm::new();
    for _ in 0..100 {
        assert!(!poll(&mut alarm, &runtime, Some(Timestamp::from_secs(1))));
    }
    assert_eq!(runtime.sleeps(), 1);
    assert!(!poll(&mut alarm, &runtime, Some(Timestamp::from_secs(2))));
    assert_eq!(runtime.sleeps(), 2);
    assert!(!poll(&mut alarm, &runtime, None));
    assert!(!poll(&mut alarm, &runtime, Some(Timestamp::from_secs(2))));
    assert_eq!(runtime.sleeps(), 3);
}

#[test]
fn a_deadline_that_does_not_move_cannot_spin() {
    let runtime = ByHand::default();
    let mut alarm = Alarm::new();
    let stuck = Some(Timestamp::from_secs(1));
    runtime.set(Timestamp::from_secs(1));
    let mut served = 0;
    // A second in steps of a tenth of a millisecond.
    for step in 0..10_000_u64 {
        runtime.set(Timestamp::from_secs(1) + Duration::from_micros(100 * step));
        served += usize::from(poll(&mut alarm, &runtime, stuck));
    }
    assert_eq!(served, 10);
    assert!(runtime.sleeps() <= 10, "{} sleeps", runtime.sleeps());
}

#[test]
fn a_deadline_that_moves_is_served_at_its_time() {
    let runtime = ByHand::default();
    let mut alarm = Alarm::new();
    for milli in 1..=50 {
        let at = Timestamp::from_millis(milli);
        assert!(!poll(&mut alarm, &runtime, Some(at)));
        runtime.set(at);
        assert!(poll(&mut alarm, &runtime, Some(at)), "at {at}");
    }
}
