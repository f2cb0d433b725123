use core::pin::pin;
use core::task::{Context, Poll, Waker};
use core::time::Duration;

use super::testing::ByHand;
use super::{CLOSE_WAIT, Driver, STEPS_PER_POLL};
use crate::amazon_connect;
use crate::command::Command;
use crate::event::{ConnectionState, Event};
use crate::time::Timestamp;

fn driver(runtime: &ByHand) -> Driver<ByHand> {
    let config = amazon_connect::Config::new(amazon_connect::ChatDetails::new("participant-token"));
    let mut driver = Driver::new(runtime.clone(), config).unwrap();
    driver.execute(Command::Connect).unwrap();
    driver
}

/// All events that there are without time passing.
fn events(driver: &mut Driver<ByHand>) -> Vec<Event> {
    let mut context = Context::from_waker(Waker::noop());
    let mut events = Vec::new();
    loop {
        // Each future is polled once and dropped: nothing may depend on it.
        match pin!(driver.next_event()).poll(&mut context) {
            Poll::Ready(Some(event)) => events.push(event),
            Poll::Ready(None) | Poll::Pending => return events,
        }
    }
}

#[test]
fn a_session_goes_live_without_a_task_or_a_thread() {
    let mut driver = driver(&ByHand::default());
    let events = events(&mut driver);
    assert!(events.contains(&Event::ConnectionChanged { state: ConnectionState::Live }), "{events:?}");
    assert_eq!(driver.session().state(), ConnectionState::Live);
}

#[test]
fn a_request_that_is_taken_back_is_dropped() {
    let runtime = ByHand::default();
    runtime.silent();
    let mut driver = driver(&runtime);
    events(&mut driver);
    assert_eq!(runtime.abandoned(), 0);
    driver.execute(Command::Suspend).unwrap();
    events(&mut driver);
    assert_eq!(runtime.abandoned(), 1);
}

#[test]
fn a_poll_does_a_bounded_amount_and_yields() {
    let runtime = ByHand::default();
    let mut driver = driver(&runtime);
    events(&mut driver);
    runtime.chatty();
    let before = runtime.read();
    assert_eq!(events(&mut driver), []);
    let read = runtime.read() - before;
    assert!((1..=STEPS_PER_POLL).contains(&read), "{read} frames in one poll");
    assert_eq!(events(&mut driver), []);
    assert!(runtime.read() > before + read, "it goes on when polled again");
}

#[test]
fn a_socket_that_does_not_close_is_given_up() {
    let runtime = ByHand::default();
    let mut driver = driver(&runtime);
    events(&mut driver);
    let mut context = Context::from_waker(Waker::noop());
    let mut closing = pin!(driver.close());
    assert!(closing.as_mut().poll(&mut context).is_pending());
    assert_eq!(runtime.closed(), 1, "it was asked to");
    runtime.set(Timestamp::ZERO + CLOSE_WAIT - Duration::from_micros(1));
    assert!(closing.as_mut().poll(&mut context).is_pending());
    runtime.set(Timestamp::ZERO + CLOSE_WAIT);
    assert!(closing.as_mut().poll(&mut context).is_ready());
}

#[test]
fn suspending_closes_the_socket_and_time_alone_makes_no_work() {
    let runtime = ByHand::default();
    let mut driver = driver(&runtime);
    events(&mut driver);
    driver.execute(Command::Suspend).unwrap();
    events(&mut driver);
    assert_eq!(runtime.closed(), 1);
    let sleeps = runtime.sleeps();
    for second in 3..60 {
        runtime.set(Timestamp::from_secs(second));
        assert_eq!(events(&mut driver), []);
    }
    assert!(runtime.sleeps() <= sleeps + 1, "{} sleeps", runtime.sleeps());
}
