mod storm;

use core::time::Duration;

use proptest::prelude::*;

use super::{Budget, Entered, PASSED_OVER, Ticket};
use crate::dialect::Rate;
use crate::output::Priority;
use crate::time::Timestamp;

const PRIORITIES: [Priority; 5] =
    [Priority::Link, Priority::Message, Priority::History, Priority::Receipt, Priority::Typing];

fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// A budget whose bucket is empty.
fn empty(rate: Rate) -> Budget {
    let mut budget = Budget::new(rate, 1_000, Timestamp::ZERO);
    for ticket in 0..u64::from(rate.burst) {
        budget.enter(ticket, Priority::Link);
        assert_eq!(budget.grant(Timestamp::ZERO), Some(ticket));
    }
    budget
}

#[test]
fn a_rested_bucket_lets_a_burst_through_and_then_keeps_its_rate() {
    let mut budget = Budget::new(Rate::per_second(10, 3), 1_000, Timestamp::ZERO);
    for ticket in 1..=5 {
        budget.enter(ticket, Priority::Message);
    }
    let granted: Vec<Ticket> = core::iter::from_fn(|| budget.grant(at(0))).collect();
    assert_eq!(granted, [1, 2, 3]);
    assert_eq!(budget.next(), Some(at(100)));
    assert_eq!(budget.grant(at(99)), None);
    assert_eq!(budget.grant(at(100)), Some(4));
    assert_eq!(budget.grant(at(150)), None);
    assert_eq!(budget.grant(at(200)), Some(5));
    assert_eq!(budget.next(), None, "nobody waits");
}

#[test]
fn the_more_important_goes_first_and_equals_in_order() {
    let mut budget = empty(Rate::per_second(1, 1));
    for (ticket, priority) in (10..).zip(PRIORITIES.iter().rev().chain(PRIORITIES.iter().rev())) {
        budget.enter(ticket, *priority);
    }
    let granted: Vec<Ticket> = (1..=10).filter_map(|second| budget.grant(at(second * 1_000))).collect();
    // The ninth turn is that of typing, which was passed over eight times, in any case.
    assert_eq!(granted, [14, 19, 13, 18, 12, 17, 11, 16, 10, 15]);
}

#[test]
fn typing_has_its_turn_in_a_flood_of_messages() {
    let mut budget = empty(Rate::per_second(1_000, 1));
    budget.enter(1_000_000, Priority::Typing);
    let mut before = 0;
    for ticket in 1_000_001.. {
        budget.enter(ticket, Priority::Message);
        let granted = budget.grant(at(ticket)).unwrap();
        if granted == 1_000_000 {
            break;
        }
        before += 1;
    }
    assert_eq!(before, PASSED_OVER);
}

#[test]
fn who_leaves_frees_the_place() {
    let mut budget = empty(Rate::per_second(1, 1));
    budget.enter(5, Priority::Message);
    budget.enter(6, Priority::Message);
    assert!(budget.leave(5));
    assert!(!budget.leave(5), "it has gone");
    assert_eq!(budget.waiting(), 1);
    assert_eq!(budget.grant(at(1_000)), Some(6));
}

#[test]
fn where_there_is_no_room_the_last_of_the_least_important_gives_way() {
    let mut budget = Budget::new(Rate::per_second(1, 1), 3, Timestamp::ZERO);
    assert_eq!(budget.enter(1, Priority::Typing), Entered::Waits);
    assert_eq!(budget.enter(2, Priority::Typing), Entered::Waits);
    assert_eq!(budget.enter(3, Priority::Message), Entered::Waits);
    assert_eq!(budget.enter(4, Priority::Typing), Entered::Full, "not for one of its kind");
    assert_eq!(budget.enter(5, Priority::Receipt), Entered::InPlaceOf(2));
    assert_eq!(budget.enter(6, Priority::Message), Entered::InPlaceOf(1));
    assert_eq!(budget.enter(7, Priority::Link), Entered::InPlaceOf(5));
    assert_eq!(budget.enter(8, Priority::Message), Entered::Full);
    assert_eq!(budget.waiting(), 3);
}

#[test]
fn a_held_budget_lets_nobody_go_and_then_no_burst() {
    let mut budget = Budget::new(Rate::per_second(10, 50), 1_000, Timestamp::ZERO);
    for ticket in 1..=3 {
        budget.enter(ticket, Priority::Link);
    }
    budget.hold(at(500), at(5_000));
    assert_eq!(budget.grant(at(4_999)), None);
    assert_eq!(budget.next(), Some(at(5_000)));
    assert_eq!(budget.grant(at(5_000)), Some(1));
    assert_eq!(budget.grant(at(5_000)), None);
    assert_eq!(budget.grant(at(5_100)), Some(2));
    budget.hold(at(5_100), at(5_050));
    assert_eq!(budget.grant(at(5_200)), Some(3), "what is past holds nothing");
}

#[test]
fn numbers_that_make_no_sense_do_no_harm() {
    for rate in [
        Rate { count: 0, per: Duration::ZERO, burst: 0 },
        Rate { count: u32::MAX, per: Duration::MAX, burst: u32::MAX },
        Rate { count: 1, per: Duration::MAX, burst: 1 },
    ] {
        let mut budget = Budget::new(rate, 0, Timestamp::MAX);
        assert_eq!(budget.enter(1, Priority::Link), Entered::Waits);
        assert_eq!(budget.grant(Timestamp::MAX), Some(1));
        budget.hold(Timestamp::MAX, Timestamp::MAX);
        budget.enter(2, Priority::Link);
        budget.grant(Timestamp::ZERO);
    }
}

#[derive(Clone, Copy, Debug)]
enum Act {
    Pass(u64),
    Enter(usize),
    Leave(u64),
    Grant,
    Hold(u64),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        3 => (0_u64..400_000).prop_map(Act::Pass),
        6 => (0_usize..PRIORITIES.len()).prop_map(Act::Enter),
        1 => (0_u64..200).prop_map(Act::Leave),
        6 => Just(Act::Grant),
        1 => (0_u64..2_000_000).prop_map(Act::Hold),
    ];
    proptest::collection::vec(act, 1..400)
}

proptest! {
    /// In no span do more go out than its rate and a burst; nobody is lost; nobody of any priority is passed over
    /// for longer than the bound.
    #[test]
    fn the_budget_is_kept_in_every_span(
        acts in acts(),
        count in 1_u32..20,
        per in 1_000_u64..2_000_000,
        burst in 1_u32..10,
        most in 1_usize..40,
    ) {
        let rate = Rate { count, per: Duration::from_micros(per), burst };
        let mut budget = Budget::new(rate, most, Timestamp::ZERO);
        let (mut now, mut next) = (Timestamp::ZERO, 0_u64);
        let mut waiting: Vec<(Ticket, Priority, u32)> = Vec::new();
        let mut granted: Vec<u64> = Vec::new();
        let mut held_until = Timestamp::ZERO;
        for act in acts {
            match act {
                Act::Pass(micros) => now = now + Duration::from_micros(micros),
                Act::Enter(index) => {
                    next += 1;
                    match budget.enter(next, PRIORITIES[index]) {
                        Entered::Waits => waiting.push((next, PRIORITIES[index], 0)),
                        Entered::InPlaceOf(other) => {
                            let gone = waiting.iter().position(|(ticket, ..)| *ticket == other).unwrap();
                            prop_assert!(waiting.remove(gone).1 > PRIORITIES[index]);
                            waiting.push((next, PRIORITIES[index], 0));
                        }
                        Entered::Full => prop_assert_eq!(waiting.len(), most),
                    }
                }
                Act::Leave(ticket) => {
                    let there = waiting.iter().position(|(known, ..)| *known == ticket);
                    prop_assert_eq!(budget.leave(ticket), there.is_some());
                    there.map(|index| waiting.remove(index));
                }
                Act::Hold(micros) => {
                    held_until = held_until.max(now + Duration::from_micros(micros));
                    budget.hold(now, held_until);
                }
                Act::Grant => {
                    let promised = budget.next();
                    let Some(ticket) = budget.grant(now) else {
                        prop_assert!(waiting.is_empty() || promised.is_none_or(|at| at > now) || now < held_until
                            || budget.next().is_none_or(|at| at > now));
                        continue;
                    };
                    prop_assert!(now >= held_until);
                    let index = waiting.iter().position(|(known, ..)| *known == ticket).unwrap();
                    let (_, priority, _) = waiting.remove(index);
                    let equal = waiting.iter().filter(|(_, other, _)| *other == priority);
                    prop_assert!(equal.clone().all(|(other, ..)| *other > ticket), "in the order of arrival");
                    // The first of each priority counts how often another had the turn.
                    for other in PRIORITIES {
                        let first = waiting.iter_mut().find(|(_, it, _)| *it == other);
                        if let Some((_, _, passed)) = first.filter(|_| other != priority) {
                            *passed += 1;
                            prop_assert!(*passed < PASSED_OVER + 4, "{:?} starves", other);
                        }
                    }
                    granted.push(now.as_micros());
                }
            }
            prop_assert_eq!(budget.waiting(), waiting.len());
        }
        for (first, from) in granted.iter().enumerate() {
            for (last, to) in granted.iter().enumerate().skip(first) {
                let over = (last - first + 1).saturating_sub(burst as usize) as u128;
                prop_assert!(over * u128::from(per) <= u128::from(to - from) * u128::from(count));
            }
        }
    }
}
