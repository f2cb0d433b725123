use core::future::Future as _;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use std::sync::Arc;

use super::{Sleep, Timers};
use crate::time::Timestamp;

fn poll(sleep: &mut Sleep) -> Poll<()> {
    Pin::new(sleep).poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn sleepers_are_woken_in_the_order_of_their_times_and_not_before() {
    let timers = Arc::new(Timers::new());
    let mut sleeps: Vec<Sleep> =
        [30, 10, 20, 10].map(|at| Sleep::new(timers.clone(), Timestamp::from_secs(at))).into();
    assert!(sleeps.iter_mut().all(|sleep| poll(sleep).is_pending()));
    assert_eq!(timers.next(), Some(Timestamp::from_secs(10)));
    assert_eq!(timers.fire(Timestamp::from_secs(9), 10), Some(Timestamp::from_secs(10)));
    assert_eq!(timers.fire(Timestamp::from_secs(10), 10), Some(Timestamp::from_secs(20)));
    let over: Vec<bool> = sleeps.iter_mut().map(|sleep| poll(sleep).is_ready()).collect();
    assert_eq!(over, [false, true, false, true]);
}

#[test]
fn some_are_woken_at_a_time() {
    let timers = Arc::new(Timers::new());
    let mut sleeps: Vec<Sleep> =
        (0..5).map(|_| Sleep::new(timers.clone(), Timestamp::from_secs(1))).collect();
    assert!(sleeps.iter_mut().all(|sleep| poll(sleep).is_pending()));
    assert_eq!(timers.fire(Timestamp::from_secs(2), 3), Some(Timestamp::from_secs(1)), "there are more");
    assert_eq!(timers.fire(Timestamp::from_secs(2), 3), None);
}

#[test]
fn a_sleep_that_is_dropped_leaves_nothing_behind() {
    let timers = Arc::new(Timers::new());
    let mut sleep = Sleep::new(timers.clone(), Timestamp::from_secs(1));
    assert!(poll(&mut sleep).is_pending());
    assert!(poll(&mut sleep).is_pending(), "asked again it sleeps once");
    drop(sleep);
    assert_eq!(timers.next(), None);
}

#[test]
fn a_time_that_has_passed_is_no_sleep() {
    let timers = Arc::new(Timers::new());
    timers.fire(Timestamp::from_secs(5), 10);
    assert!(poll(&mut Sleep::new(timers.clone(), Timestamp::from_secs(5))).is_ready());
    timers.fire(Timestamp::from_secs(3), 10);
    assert!(poll(&mut Sleep::new(timers, Timestamp::from_secs(5))).is_ready(), "time does not go back");
}
