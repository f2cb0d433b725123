//! The design's properties, and the tests that hold them. A test in `protocol` is named by its module there.
//!
//! | property | lives, at every step or in the end | besides |
//! |---|---|---|
//! | P1 sessions do not touch each other | | [`interleaved_or_alone_two_sessions_say_the_same`] |
//! | P2 same seed and inputs, same outputs | each life twice | `contract::the_same_seed_and_inputs_…`, `journal::tests::a_journal_does_the_same_again_…` |
//! | P3 the deadline is later than now | `Watch::after` | `session::tests::deadlines` (each kind of alarm) |
//! | P4 waking only at deadlines | every eighth life once more, restless | `contract::waking_every_millisecond_…` |
//! | P5 any time | clocks that jump, machines that stand still | `contract::no_time_is_too_odd`, `snapshot::tests::broken::times_of_any_size_…` |
//! | P6 one outcome a request, nothing for a closed socket | `Watch::seen`, `Watch::after`, `Provider` | `requests::tests` |
//! | P7 each message ends once, in order, under one token | `Reference`, `Watch::message`, `assertions` | `outbox::tests::server`, `transcript::tests::mirror`, `catch_up::tests::runs` |
//! | P8 receipts are monotone | `Mirror::apply`, `Watch` | `receipts::tests::runs` (exhaustive), `transcript::tests::receipts` |
//! | P9 usage never exceeds limits | `Watch::after`, floods, small limits | `receipts::tests::runs::the_cap_holds` |
//! | P10 single flight | `Watch::seen` | `link::tests::walks`, `poller::tests::walks` (exhaustive) |
//! | P11 a silent link is detected, a talking one lives | `LinkWatch::check` | `heartbeat_bound`, `heartbeat::tests` |
//! | P12 backoff gaps | `LinkWatch::changed` | `backoff::tests::gaps_are_within_their_bounds`, `link::tests::walks` |
//! | P13 stale input changes nothing | `System::fidget`, doubled requests | `session::tests::bad_input`, `link::tests::walks` |
//! | P14 any bytes | truncated and garbled traffic | `amazon_connect::tests::properties`, `wire::json::tests` |
//! | P15 intents and pushes mean the same to the emulator | both sides agree | `helpline-conformance` |
//! | P16 a snapshot at any step is a disconnect | restarts | `snapshot::tests::a_snapshot_at_any_step_…` |
//! | P17 no secret is written | every sixteenth life, every snapshot without secrets | `contract::no_secret_is_ever_written`, `journal::tests` |
//! | P18 after the end nothing | `Watch::seen`, `assertions::the_end_is_the_end` | `contract::after_the_end_nothing_comes` |
//! | P19 everything settles within a bound | `HEALING_MS` | |
//! | P20 one story on all providers | | `one_story` |

use helpline_simulation::alphabet::Act;
use helpline_simulation::{AmazonConnect, Looks, Plan, Story, System, quiet_panics};
use proptest::prelude::*;

/// What a session said, with its times.
type Said = Vec<(u64, String)>;

fn said(system: &System<AmazonConnect>) -> Said {
    system.world.lines.iter().map(|line| (line.at, format!("{:?}", line.event))).collect()
}

fn begin(plan: &Plan) -> System<AmazonConnect> {
    System::begin(plan.seed, &plan.setup, Story::default(), |_| {})
}

fn step(system: &mut System<AmazonConnect>, (wait, act): &(u64, Act)) {
    system.world.run_for(*wait);
    system.act(act);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn interleaved_or_alone_two_sessions_say_the_same(one in any::<u32>(), other in any::<u32>()) {
        let plans = [Plan::new(u64::from(one)), Plan::new(u64::from(other))];
        let alone = plans.each_ref().map(|plan| {
            let mut system = begin(plan);
            plan.acts.iter().for_each(|act| step(&mut system, act));
            said(&system)
        });
        let mut together = plans.each_ref().map(begin);
        for turn in 0..plans[0].acts.len().max(plans[1].acts.len()) {
            for (plan, system) in plans.iter().zip(&mut together) {
                if let Some(act) = plan.acts.get(turn) {
                    step(system, act);
                }
            }
        }
        prop_assert!(alone == together.each_ref().map(said));
    }

    /// Any part of what a seed makes happen is a life as well; what fails is shrunk to few acts.
    #[test]
    fn any_part_of_a_plan_can_be_lived_through(
        seed in any::<u32>(),
        kept in prop::collection::vec(any::<bool>(), 400),
    ) {
        quiet_panics();
        let mut plan = Plan::new(u64::from(seed));
        let mut keep = kept.into_iter().chain(std::iter::repeat(true));
        plan.acts.retain(|_| keep.next().unwrap_or(true));
        let outcome = plan.live::<AmazonConnect>(Looks::default());
        prop_assert!(outcome.is_ok(), "{:?}", outcome.err().map(|violation| violation.what));
    }
}
