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
use helpline_simulation::vendor::Stage;
use helpline_simulation::{AmazonConnect, BrightPattern, Looks, Plan, Story, System, quiet_panics};
use proptest::prelude::*;

/// What a session said, with its times.
type Said = Vec<(u64, String)>;

fn said<V: Stage>(system: &System<V>) -> Said {
    system.world.lines.iter().map(|line| (line.at, format!("{:?}", line.event))).collect()
}

fn begin<V: Stage>(plan: &Plan) -> System<V> {
    System::begin(plan.seed, &plan.setup, Story::default(), |_| {})
}

fn step<V: Stage>(system: &mut System<V>, turn: Option<&(u64, Act)>) {
    if let Some((wait, act)) = turn {
        system.world.run_for(*wait);
        system.act(act);
    }
}

fn alone<V: Stage>(plan: &Plan) -> Said {
    let mut system = begin::<V>(plan);
    plan.acts.iter().for_each(|act| step(&mut system, Some(act)));
    said(&system)
}

/// Both at once, one act of each after the other, say what each says alone.
fn interleaved<V: Stage, W: Stage>(one: &Plan, other: &Plan) -> Result<(), TestCaseError> {
    let (mut first, mut second) = (begin::<V>(one), begin::<W>(other));
    for turn in 0..one.acts.len().max(other.acts.len()) {
        step(&mut first, one.acts.get(turn));
        step(&mut second, other.acts.get(turn));
    }
    prop_assert!(said(&first) == alone::<V>(one));
    prop_assert!(said(&second) == alone::<W>(other));
    Ok(())
}

fn lives<V: Stage>(plan: &Plan) -> Result<(), TestCaseError> {
    let outcome = plan.live::<V>(Looks::default());
    prop_assert!(outcome.is_ok(), "{:?}", outcome.err().map(|violation| violation.what));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn interleaved_or_alone_two_sessions_say_the_same(one in any::<u32>(), other in any::<u32>()) {
        let [one, other] = [one, other].map(|seed| Plan::new(u64::from(seed)));
        interleaved::<AmazonConnect, AmazonConnect>(&one, &other)?;
        interleaved::<AmazonConnect, BrightPattern>(&one, &other)?;
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
        lives::<AmazonConnect>(&plan)?;
        lives::<BrightPattern>(&plan)?;
    }
}
