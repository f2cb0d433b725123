//! Row 23 of the bug museum: 100,000 sessions lose the network in the same second. Their waits and the account's
//! budget as they are, no sockets, in the time of the machines.

use core::cmp::Reverse;
use core::time::Duration;
use std::collections::{BTreeMap, BinaryHeap};

use super::super::Budget;
use crate::dialect::Rate;
use crate::machine::backoff::{Backoff, BackoffPolicy};
use crate::output::Priority;
use crate::rng::Rng;
use crate::time::Timestamp;

const SESSIONS: usize = 100_000;
/// For how long there is no network.
const OUTAGE: Timestamp = Timestamp::from_secs(60);
/// What the account was granted.
const RATE: Rate = Rate::per_second(1_000, 2_000);

/// How it went.
#[derive(Default)]
struct Story {
    /// Connects that reached the provider in each second.
    arrivals: BTreeMap<u64, usize>,
    /// And in microseconds, in order.
    times: Vec<u64>,
    connected: usize,
    last: Timestamp,
    most_waiting: usize,
}

/// What happens next: a session tries, or the governor looks at its clock.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Next {
    Try(usize),
    Governor,
}

/// Lets them all lose the network, and find it again.
fn play(mut governor: Option<Budget>) -> Story {
    let mut story = Story::default();
    let mut next = BinaryHeap::new();
    let mut sessions: Vec<(Backoff, Rng)> = (0..SESSIONS)
        .map(|number| {
            let mut seed = [0; 32];
            seed[..8].copy_from_slice(&(number as u64).to_le_bytes());
            (Backoff::new(BackoffPolicy::default()), Rng::new(seed))
        })
        .collect();
    let mut owners: BTreeMap<u64, usize> = BTreeMap::new();
    let mut tickets = 0;
    for (number, (backoff, rng)) in sessions.iter_mut().enumerate() {
        // All of them were live, and are cut off within one second.
        let lost = Timestamp::ZERO + rng.span_up_to(Duration::from_secs(1));
        next.push(Reverse((backoff.next(lost, rng, None), Next::Try(number))));
    }
    while let Some(Reverse((now, what))) = next.pop() {
        let mut go = Vec::new();
        match (&mut governor, what) {
            (None, Next::Try(number)) => go.push(number),
            (Some(budget), Next::Try(number)) => {
                tickets += 1;
                owners.insert(tickets, number);
                budget.enter(tickets, Priority::Link);
                next.push(Reverse((now, Next::Governor)));
            }
            (Some(budget), Next::Governor) => {
                story.most_waiting = story.most_waiting.max(budget.waiting());
                while let Some(ticket) = budget.grant(now) {
                    go.extend(owners.remove(&ticket));
                }
                if let Some(at) = budget.next() {
                    next.push(Reverse((at, Next::Governor)));
                }
            }
            (None, Next::Governor) => {}
        }
        for number in go {
            if now >= OUTAGE {
                *story.arrivals.entry(now.as_micros() / 1_000_000).or_default() += 1;
                story.times.push(now.as_micros());
                story.connected += 1;
                story.last = now;
            } else {
                let (backoff, rng) = &mut sessions[number];
                next.push(Reverse((backoff.next(now, rng, None), Next::Try(number))));
            }
        }
        // One look at the clock for a moment is enough.
        while next.peek().is_some_and(|Reverse((at, what))| {
            *at == now && *what == Next::Governor && governor_saw(&governor, now)
        }) {
            next.pop();
        }
    }
    story
}

/// Whether the governor has nobody to let go at this time.
fn governor_saw(governor: &Option<Budget>, now: Timestamp) -> bool {
    governor.as_ref().is_none_or(|budget| budget.next().is_none_or(|at| at > now))
}

#[test]
fn a_hundred_thousand_sessions_come_back_no_faster_than_the_account_may() {
    let story = play(Some(Budget::new(RATE, SESSIONS, Timestamp::ZERO)));
    assert_eq!(story.connected, SESSIONS, "nobody stays outside");
    let (rate, burst) = (RATE.count as usize, RATE.burst as usize);
    let busiest = *story.arrivals.values().max().unwrap();
    assert!(busiest <= rate + burst, "{busiest} in a second");
    // Over any span, by sliding over it.
    for span in [1, 10, 1_000, 10_000] {
        for pair in story.times.windows(burst + span) {
            let took = pair[pair.len() - 1] - pair[0];
            let least = u64::try_from((span - 1) * 1_000_000 / rate).unwrap();
            assert!(took >= least, "a burst and {span} more in {took} µs");
        }
    }
    let ideal = (SESSIONS - burst) / rate;
    let took = story.last.saturating_since(OUTAGE).as_secs() as usize;
    assert!(
        took <= ideal + ideal / 2 + 30,
        "all are back {took} s after the network, {ideal} s is the least"
    );
    println!(
        "{SESSIONS} sessions: {took} s until all are back (at best {ideal} s), {busiest} in the busiest second, up to {} wait",
        story.most_waiting
    );
}

#[test]
fn without_a_governor_jitter_alone_lets_more_through_than_the_account_may() {
    let story = play(None);
    assert_eq!(story.connected, SESSIONS);
    let busiest = *story.arrivals.values().max().unwrap();
    assert!(busiest > (RATE.count + RATE.burst) as usize, "{busiest}: the storm of the other test is none");
}
