use core::pin::pin;
use core::task::{Context, Poll, Waker};

use super::SessionStats;
use crate::command::Command;
use crate::dialect::amazon_connect;
use crate::driver::Driver;
use crate::driver::testing::ByHand;
use crate::model::OutgoingContent;
use crate::output::Operation;
use crate::time::Timestamp;

fn settle(driver: &mut Driver<ByHand>) {
    let mut context = Context::from_waker(Waker::noop());
    while let Poll::Ready(Some(_)) = pin!(driver.next_event()).poll(&mut context) {}
}

fn driver(runtime: &ByHand) -> Driver<ByHand> {
    let config = amazon_connect::Config::new(amazon_connect::ChatDetails::new("participant-token"));
    let mut driver = Driver::new(runtime.clone(), config).unwrap();
    driver.execute(Command::Connect).unwrap();
    driver
}

#[test]
fn what_a_session_does_is_counted() {
    let runtime = ByHand::default();
    let mut driver = driver(&runtime);
    settle(&mut driver);
    let content = OutgoingContent::text("Hello");
    driver.execute(Command::SendMessage { conversation: None, content }).unwrap();
    settle(&mut driver);
    let stats = driver.stats();
    assert_eq!((stats.connects, stats.reconnects, stats.connects_failed), (1, 0, 0));
    assert_eq!((stats.messages_queued, stats.messages_sent, stats.messages_failed), (1, 1, 0));
    let sent = stats.requests[&Operation::SendMessage];
    assert_eq!((sent.sent, sent.granted, sent.failed), (1, 1, 0));
    assert!(stats.frames_received >= 1 && stats.bytes_received > 50, "{stats:?}");
    assert!(stats.frames_sent >= 1 && stats.bytes_sent > 20, "{stats:?}");
}

#[test]
fn a_request_that_is_not_answered_is_a_fault_and_one_that_is_taken_back_is_none() {
    let runtime = ByHand::default();
    runtime.silent();
    let mut driver = driver(&runtime);
    settle(&mut driver);
    runtime.set(Timestamp::from_secs(10));
    settle(&mut driver);
    let stats = driver.stats();
    let authorise = stats.requests[&Operation::Authorise];
    assert_eq!((authorise.sent, authorise.failed, authorise.cancelled), (1, 1, 0));
    assert_eq!(authorise.micros, 10_000_000);
    assert_eq!(stats.faults["timed_out"], 1);
    assert_eq!(stats.retries, 1);
    runtime.set(Timestamp::from_secs(12));
    settle(&mut driver);
    driver.execute(Command::Suspend).unwrap();
    settle(&mut driver);
    let stats = driver.stats();
    let authorise = stats.requests[&Operation::Authorise];
    assert_eq!((authorise.sent, authorise.failed, authorise.cancelled), (2, 1, 1));
    assert_eq!(stats.faults["timed_out"], 1);
}

#[test]
fn counts_add_up_and_read_back() {
    let runtime = ByHand::default();
    let mut driver = driver(&runtime);
    settle(&mut driver);
    let one = driver.stats();
    let mut two = one.clone();
    two.add(&one);
    assert_eq!(two.connects, 2 * one.connects);
    assert_eq!(two.requests[&Operation::Authorise].sent, 2);
    let text = serde_json::to_string(&two).unwrap();
    assert_eq!(serde_json::from_str::<SessionStats>(&text).unwrap(), two);
    assert_eq!(serde_json::from_str::<SessionStats>("{}").unwrap(), SessionStats::default());
    let connects = two.counters().find(|(name, _)| *name == "connects");
    assert_eq!(connects, Some(("connects", two.connects)));
}
