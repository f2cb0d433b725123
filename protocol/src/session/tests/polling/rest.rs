//! What a chat costs while nothing happens.

use super::*;
use crate::{AppState, Network};

/// Requests made in so much time, by a provider that answers each after `hold`: their times and what they were.
fn idle_for(rig: &mut Rig, millis: u64, hold: u64) -> Vec<(u64, Operation)> {
    let end = rig.at + millis;
    let mut asked = Vec::new();
    let mut answered = rig.requests().count() - rig.session.usage().requests;
    loop {
        let open: Vec<_> = rig.requests().skip(answered).collect();
        let Some((id, operation)) = open.first().copied() else {
            match rig.session.deadline() {
                Some(next) if next.at.as_micros() / 1_000 <= end => {
                    rig.wake();
                    continue;
                }
                _ => return asked,
            }
        };
        let began = rig.at;
        if began >= end {
            return asked;
        }
        asked.push((began, operation));
        let until = began + if operation == Operation::Poll { hold } else { 10 };
        while let Some(next) = rig.session.deadline().filter(|next| next.at.as_micros() / 1_000 < until) {
            rig.at = next.at.as_micros().div_ceil(1_000);
            rig.tell(Input::Woke);
        }
        rig.at = until;
        answered += 1;
        rig.answer_request(id, r#"{"events":[]}"#);
    }
}

#[test]
fn at_rest_a_chat_costs_one_request_a_hold() {
    for hold in [5_000, 10_000, 15_000] {
        let mut rig = Rig::begun();
        let asked = idle_for(&mut rig, 600_000, hold);
        assert_eq!(asked.len() as u64, 600_000 / hold);
        assert!(asked.iter().all(|(_, operation)| *operation == Operation::Poll));
    }
}

#[test]
fn a_provider_that_does_not_hold_is_asked_every_five_seconds_at_most() {
    let mut rig = Rig::begun();
    let asked = idle_for(&mut rig, 600_000, 20);
    assert!(asked.len() <= 600 / 5 + 3, "{}", asked.len());
}

#[test]
fn after_an_error_the_gaps_follow_the_backoff() {
    let mut rig = Rig::begun();
    let mut gaps = Vec::new();
    let mut began = rig.at;
    rig.poll_is_lost();
    for _ in 0..20 {
        rig.wake();
        gaps.push(rig.at - began);
        began = rig.at;
        rig.no_answer(Operation::CatchUp, TransportFault::ConnectFailed);
        if rig.told("history unavailable") > 0 {
            break;
        }
    }
    for (gap, ceiling) in gaps.iter().zip([1, 2, 4, 8, 16, 30]) {
        assert!(*gap <= ceiling * 1_000, "{gaps:?}");
    }
    assert_eq!(gaps.len(), 6);
    assert_eq!(rig.told("connection lost"), 1, "it is lost once");
    // And polls go on in the same measure.
    for _ in 0..20 {
        rig.wake();
        let failed = if rig.session.requests.iter().any(|(_, of)| of.operation() == Operation::Poll) {
            Operation::Poll
        } else {
            Operation::CatchUp
        };
        rig.no_answer(failed, TransportFault::ConnectFailed);
    }
    assert!(rig.at > 120_000, "20 more tries within {} ms", rig.at);
}

#[test]
fn in_the_background_nothing_is_asked_and_the_poll_under_way_is_left_alone() {
    let mut rig = Rig::begun();
    let (poll, before) = (rig.request(Operation::Poll), rig.requests().count());
    rig.tell(Input::App(AppState::Background));
    assert!(!rig.out.contains(&Output::CancelRequest { id: poll }));
    rig.pass(4_000);
    rig.answer_request(poll, &format!(r#"{{"events":[{}]}}"#, agent_says("a1", "hello")));
    assert_eq!(rig.lines(), ["hello"], "what it brings is told");
    for _ in 0..100 {
        rig.pass(10_000);
    }
    assert_eq!((rig.requests().count(), rig.session.deadline()), (before, None));
    rig.tell(Input::App(AppState::Foreground));
    rig.pass(1_000);
    assert_eq!(rig.asked(Operation::CatchUp), 1, "a long while has passed");
    rig.history_brings(&[agent_says("a1", "hello"), agent_says("a2", "there")]);
    assert!(rig.is_live());
    assert_eq!((rig.lines(), rig.asked(Operation::Poll)), (vec!["hello".to_owned(), "there".to_owned()], 2));
}

#[test]
fn a_short_while_in_the_background_costs_nothing() {
    let mut rig = Rig::begun();
    rig.tell(Input::App(AppState::Background));
    rig.pass(3_000);
    rig.tell(Input::App(AppState::Foreground));
    rig.pass(1_000);
    assert!(rig.is_live());
    assert_eq!((rig.asked(Operation::Poll), rig.asked(Operation::CatchUp)), (1, 0));
    rig.tell(Input::App(AppState::Foreground));
    rig.tell(Input::Network(Network::Online));
    assert_eq!(rig.asked(Operation::Poll), 1, "there is one poll, however often it is woken");
}

#[test]
fn offline_nothing_is_asked_and_the_poll_that_broke_is_mended() {
    let mut rig = Rig::begun();
    rig.tell(Input::Network(Network::Offline));
    rig.poll_is_lost();
    let before = rig.requests().count();
    assert_eq!(rig.session.state(), ConnectionState::Offline);
    rig.pass(60_000);
    assert_eq!((rig.requests().count(), rig.session.deadline()), (before, None));
    rig.tell(Input::Network(Network::Online));
    while rig.asked(Operation::CatchUp) == 0 {
        rig.wake();
    }
    assert!(rig.at < 63_000, "at {}", rig.at);
    assert_eq!((rig.asked(Operation::CatchUp), rig.asked(Operation::Poll)), (1, 1));
    rig.history_brings(&[agent_says("a1", "missed")]);
    assert!(rig.is_live());
    assert_eq!(rig.lines(), ["missed"]);
}

#[test]
fn a_poll_of_before_that_is_still_held_is_waited_out() {
    let busy = r#"{"error_code":"5509","error_message":"Too many concurrent poll requests"}"#;
    for status in [429, 400] {
        let mut rig = Rig::begun();
        for wait in [5_000, 10_000, 15_000] {
            let began = rig.at;
            rig.answer(Operation::Poll, status, busy);
            assert!(rig.is_live(), "it is no failure of the network");
            rig.wake();
            assert_eq!(rig.at - began, wait);
            rig.history_brings(&[]);
        }
    }
}

#[test]
fn a_poll_that_is_never_answered_is_given_up_after_30_seconds() {
    let mut rig = Rig::begun();
    let poll = rig.request(Operation::Poll);
    rig.wake();
    assert_eq!(rig.at, 30_000);
    assert!(rig.out.contains(&Output::CancelRequest { id: poll }));
    rig.wake();
    assert_eq!(rig.asked(Operation::CatchUp), 1);
}

#[test]
fn waking_every_millisecond_asks_for_nothing_more() {
    let (mut seldom, mut often) = (Rig::begun(), Rig::begun());
    for rig in [&mut seldom, &mut often] {
        rig.poll_is_lost();
    }
    for _ in 0..3_000 {
        often.pass(1);
    }
    while seldom.session.deadline().is_some_and(|next| next.at.as_micros() <= 3_000_000) {
        seldom.wake();
    }
    let asked = |rig: &Rig| rig.requests().collect::<Vec<_>>();
    assert_eq!(asked(&seldom), asked(&often));
}
