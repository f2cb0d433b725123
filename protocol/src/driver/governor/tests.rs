use core::pin::pin;
use core::task::{Context, Poll, Waker};
use core::time::Duration;
use std::sync::Arc;

use super::{Governor, HOLD, Rates, STALE_TYPING, Verdict, Wish};
use crate::command::Command;
use crate::config::Config;
use crate::dialect::{Policy, Rate, amazon_connect};
use crate::driver::Driver;
use crate::driver::testing::ByHand;
use crate::error::TransportFault;
use crate::event::{ConnectionState, Event};
use crate::output::{Operation, Priority};
use crate::time::Timestamp;
use crate::wire::http::HttpResponse;

fn secs(secs: u64) -> Timestamp {
    Timestamp::from_secs(secs)
}

fn driver(runtime: &ByHand, governor: &Arc<Governor>) -> Driver<ByHand> {
    let config = amazon_connect::Config::new(amazon_connect::ChatDetails::new("participant-token"));
    // Nobody answers probes here.
    let policy = Policy::amazon_connect().with_heartbeat_wait(Duration::from_secs(3_600));
    let config = Config::from(config).with_policy(policy);
    let mut driver = Driver::new(runtime.clone(), config).unwrap().with_governor(governor.clone());
    driver.execute(Command::Connect).unwrap();
    driver
}

/// All events that there are without time passing.
fn events(driver: &mut Driver<ByHand>) -> Vec<Event> {
    let mut context = Context::from_waker(Waker::noop());
    let mut events = Vec::new();
    while let Poll::Ready(Some(event)) = pin!(driver.next_event()).poll(&mut context) {
        events.push(event);
    }
    events
}

fn is_live(driver: &Driver<ByHand>) -> bool {
    driver.session().state() == ConnectionState::Live
}

fn rates() -> Rates {
    Rates::unlimited().with_rate(&[Operation::Authorise], Rate::per_minute(1, 1))
}

#[test]
fn sessions_of_an_account_connect_one_after_the_other() {
    let (runtime, governor) = (ByHand::default(), Arc::new(Governor::new(rates())));
    let mut drivers: Vec<_> = (0..3).map(|_| driver(&runtime, &governor)).collect();
    for minute in 0..3_u64 {
        for second in [0, 1, 30, 59] {
            runtime.set(secs(minute * 60 + second));
            drivers.iter_mut().for_each(|driver| drop(events(driver)));
            let live = drivers.iter().filter(|driver| is_live(driver)).count();
            assert_eq!(live, usize::try_from(minute).unwrap() + 1, "{minute} min {second} s");
        }
    }
    let stats = governor.stats();
    // Three authorisations, and three pages of the transcript, which nothing limits; and the sockets.
    assert_eq!((stats.delayed, stats.waiting, stats.refused), (2, 0, 0), "{stats:?}");
}

#[test]
fn the_time_for_a_request_begins_when_it_goes_out() {
    let (runtime, governor) = (ByHand::default(), Arc::new(Governor::new(rates())));
    let mut first = driver(&runtime, &governor);
    events(&mut first);
    let mut second = driver(&runtime, &governor);
    for second_of in 0..59 {
        runtime.set(secs(second_of));
        let told = events(&mut second);
        assert!(!told.iter().any(|event| matches!(event, Event::TransportFault { .. })), "{told:?}");
        assert_eq!(second.session().state(), ConnectionState::Connecting, "after {second_of} s");
    }
    // It goes out, and is not answered: only now does its time run.
    runtime.silent();
    runtime.set(secs(60));
    events(&mut second);
    runtime.set(secs(69));
    assert_eq!(events(&mut second), []);
    runtime.set(secs(71));
    let told = events(&mut second);
    assert!(told.iter().any(|event| matches!(event, Event::TransportFault { .. })), "{told:?}");
    assert_eq!(second.session().usage().stale_inputs, 0);
}

#[test]
fn a_request_that_is_taken_back_frees_its_place() {
    let (runtime, governor) = (ByHand::default(), Arc::new(Governor::new(rates())));
    let mut drivers: Vec<_> = (0..3).map(|_| driver(&runtime, &governor)).collect();
    drivers.iter_mut().for_each(|driver| drop(events(driver)));
    assert_eq!(governor.stats().waiting, 2);
    drivers[1].execute(Command::Suspend).unwrap();
    events(&mut drivers[1]);
    assert_eq!(governor.stats().waiting, 1);
    runtime.set(secs(60));
    events(&mut drivers[2]);
    assert!(is_live(&drivers[2]), "it has the turn of the one that was taken back");
    drop(drivers);
    assert_eq!(governor.stats().waiting, 0);
}

#[test]
fn a_driver_that_goes_away_frees_its_place() {
    let (runtime, governor) = (ByHand::default(), Arc::new(Governor::new(rates())));
    let mut first = driver(&runtime, &governor);
    events(&mut first);
    let second = driver(&runtime, &governor);
    assert_eq!(governor.stats().waiting, 1);
    drop(second);
    assert_eq!((governor.stats().waiting, governor.stats().cancelled), (0, 1));
}

#[test]
fn a_driver_that_nobody_polls_holds_nobody_up() {
    let (runtime, governor) = (ByHand::default(), Arc::new(Governor::new(rates())));
    let mut first = driver(&runtime, &governor);
    events(&mut first);
    let lazy = driver(&runtime, &governor);
    let mut third = driver(&runtime, &governor);
    for second in 0..=120 {
        runtime.set(secs(second));
        events(&mut third);
    }
    assert!(is_live(&third));
    drop(lazy);
}

#[test]
fn sockets_are_dialled_no_faster_than_allowed() {
    let rates = Rates::unlimited().with_dials(Rate::per_second(1, 1));
    let (runtime, governor) = (ByHand::default(), Arc::new(Governor::new(rates)));
    let mut drivers: Vec<_> = (0..5).map(|_| driver(&runtime, &governor)).collect();
    for second in 0..5 {
        runtime.set(secs(second));
        for _ in 0..2 {
            drivers.iter_mut().for_each(|driver| drop(events(driver)));
        }
        let live = drivers.iter().filter(|driver| is_live(driver)).count();
        assert_eq!(live, usize::try_from(second).unwrap() + 1, "after {second} s");
    }
}

/// An answer with this status and this `Retry-After`.
fn answer(status: u16, retry_after: Option<&'static str>) -> HttpResponse {
    let mut answer = HttpResponse::new(http::StatusCode::from_u16(status).unwrap(), "");
    if let Some(wait) = retry_after {
        answer.headers.insert(http::header::RETRY_AFTER, http::HeaderValue::from_static(wait));
    }
    answer
}

#[test]
fn a_provider_that_says_too_often_is_left_alone() {
    for (status, retry_after, until) in
        [(429, Some("20"), 20), (429, None, HOLD.as_secs()), (503, Some("20"), 0), (200, None, 0)]
    {
        let rates = Rates::unlimited().with_rate(&[Operation::SendMessage], Rate::per_second(10, 10));
        let governor = Governor::new(rates);
        let send = |at| governor.enter(at, Wish::Request(Operation::SendMessage), Priority::Message);
        assert_eq!(send(secs(0)), Ok(None));
        governor.answered(secs(0), Operation::SendMessage, &answer(status, retry_after));
        governor.answered(secs(0), Operation::CatchUp, &answer(429, Some("900")));
        if until > 0 {
            let ticket = send(secs(until - 1)).unwrap();
            governor.leave(ticket.expect("it has to wait"));
        }
        assert_eq!(send(secs(until)), Ok(None), "{status} {retry_after:?}");
        if until > 0 {
            assert!(send(secs(until)).unwrap().is_some(), "no burst");
        }
    }
}

#[test]
fn typing_that_waited_too_long_is_out_of_date() {
    let operations = [Operation::SendTyping, Operation::SendMessage];
    let governor = Governor::new(Rates::unlimited().with_rate(&operations, Rate::per_minute(1, 1)));
    let send = |at, operation, priority| governor.enter(at, Wish::Request(operation), priority);
    assert_eq!(send(secs(0), Operation::SendMessage, Priority::Message), Ok(None));
    let typing = send(secs(1), Operation::SendTyping, Priority::Typing).unwrap().unwrap();
    let message = send(secs(2), Operation::SendMessage, Priority::Message).unwrap().unwrap();
    let look = |at, ticket| governor.look(at, ticket, Waker::noop());
    let fresh = Timestamp::from_secs(1) + STALE_TYPING - Duration::from_micros(1);
    assert_eq!(look(fresh, typing), super::Look::Wait);
    assert_eq!(look(secs(1) + STALE_TYPING, typing), super::Look::Decided(Verdict::Stale));
    assert_eq!(look(secs(60), message), super::Look::Decided(Verdict::Go), "it took no token");
    assert_eq!(governor.stats().stale, 1);
}

#[test]
fn a_full_queue_refuses_by_name_and_the_session_tries_again() {
    let (runtime, governor) = (ByHand::default(), Arc::new(Governor::new(rates().with_waiting(1))));
    let mut drivers: Vec<_> = (0..3).map(|_| driver(&runtime, &governor)).collect();
    let told: Vec<Event> = drivers.iter_mut().flat_map(events).collect();
    let refused =
        |event: &&Event| matches!(event, Event::TransportFault { fault: TransportFault::RateLimited, .. });
    assert_eq!(told.iter().filter(refused).count(), 1, "{told:?}");
    assert_eq!(governor.stats().refused, 1);
    for second in 0..400 {
        runtime.set(secs(second));
        drivers.iter_mut().for_each(|driver| drop(events(driver)));
    }
    assert!(drivers.iter().all(is_live));
}

#[test]
fn with_the_rates_of_the_provider_a_chat_goes_as_without() {
    let (runtime, governor) = (ByHand::default(), Arc::new(Governor::new(Rates::amazon_connect())));
    let mut driver = driver(&runtime, &governor);
    events(&mut driver);
    assert!(is_live(&driver));
    assert_eq!(governor.stats().delayed, 0);
}
