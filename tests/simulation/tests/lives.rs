//! Chats under mixed faults, ten thousand of the one provider and three thousand of the other: safety at every step,
//! then healing, and both sides agree. Each is lived twice, and the user is told the same at the same times.
//!
//! `HELPLINE_SEEDS=20000..30000 cargo test -p helpline-simulation --test lives` goes on searching. The binary of this
//! package tells the story of one seed: `cargo run -p helpline-simulation -- --provider bright-pattern --seed 7
//! --verbose`.

use std::ops::Range;

use helpline_simulation::vendor::Stage;
use helpline_simulation::{AmazonConnect, BrightPattern, LEGEND, Manner, quiet_panics, run_many, tell};

/// What must have been done to those on sockets, or the plans have lost their teeth.
const TO_SOCKETS: [&str; 27] = [
    "answers cut in the middle",
    "answers lost",
    "answers lost after acting, or never sent",
    "clock jumped back",
    "clock jumped forward",
    "connections refused",
    "credentials expired",
    "floods of garbage",
    "floods of messages",
    "frames withheld or unheard",
    "jitter",
    "line dead",
    "line frozen, then flushed",
    "machine stood still",
    "one direction dead",
    "one direction frozen",
    "repetitions known by their token",
    "requests doubled",
    "requests lost",
    "sockets closed",
    "sockets cut",
    "sockets half open",
    "sockets refused",
    "stale inputs",
    "statuses of 400 and more",
    "times in the background",
    "times offline",
];

/// And to those that poll.
const TO_POLLS: [&str; 31] = [
    "answers cut in the middle",
    "answers lost",
    "answers lost after acting, or never sent",
    "clock jumped back",
    "clock jumped forward",
    "connections refused",
    "events lost with the poll that drained them",
    "events repeated",
    "floods of garbage",
    "floods of messages",
    "jitter",
    "line dead",
    "line frozen, then flushed",
    "machine stood still",
    "messages twice by no fault of the client's",
    "one direction dead",
    "one direction frozen",
    "pages that come again from a cache",
    "polls answered by a cache",
    "polls refused as another was held",
    "polls that are never answered",
    "polls told that another is held",
    "polls whose client went away",
    "processes that died",
    "requests cut",
    "requests doubled",
    "requests lost",
    "stale inputs",
    "statuses of 400 and more",
    "times in the background",
    "times offline",
];

#[test]
fn whatever_happens_both_sides_agree_in_the_end() {
    live::<AmazonConnect>(0..10_000, &TO_SOCKETS);
}

#[test]
fn whatever_happens_to_polls_both_sides_agree_in_the_end() {
    live::<BrightPattern>(0..3_000, &TO_POLLS);
}

/// What longer searches found, and what was mended since.
const SOCKETS_WENT_WRONG: [u64; 18] = [
    1_039_860, 1_045_731, 1_076_580, 1_100_920, 1_116_963, 1_120_468, 1_159_112, 1_177_293, 1_200_784,
    1_225_893, 1_265_759, 1_293_507, 1_309_744, 1_368_037, 1_402_096, 1_428_830, 1_455_063, 1_684_200,
];

const POLLS_WENT_WRONG: [u64; 13] =
    [10_333, 13_498, 16_640, 17_690, 18_247, 21_591, 29_338, 29_529, 30_948, 32_130, 34_526, 41_693, 54_677];

#[test]
fn what_went_wrong_once_does_not_go_wrong_again() {
    quiet_panics();
    let mut wrong = Vec::new();
    let manner = || Manner { threads: 1, twice_every: 1, stop_at: 1 };
    for seed in SOCKETS_WENT_WRONG {
        wrong.extend(run_many::<AmazonConnect>(seed..seed + 1, manner(), |_| {}).violations);
    }
    for seed in POLLS_WENT_WRONG {
        wrong.extend(run_many::<BrightPattern>(seed..seed + 1, manner(), |_| {}).violations);
    }
    let told: Vec<String> = wrong.iter().map(|it| format!("seed {}: {}", it.seed, it.what)).collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
}

fn live<V: Stage>(seeds: Range<u64>, faults: &[&str]) {
    quiet_panics();
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let report =
        run_many::<V>(wanted().unwrap_or(seeds), Manner { threads, twice_every: 1, stop_at: 10 }, |_| {});
    println!("{report}");
    if let Some(first) = report.violations.first() {
        let (story, _) = tell::<V>(first.seed);
        println!("{LEGEND}\n{}", story.join("\n"));
    }
    let told: Vec<String> = report
        .violations
        .iter()
        .map(|it| format!("seed {}, step {}, {} ms: {}", it.seed, it.step, it.at, it.what))
        .collect();
    assert!(
        told.is_empty(),
        "{} went wrong; the story of the first is above\n{}",
        told.len(),
        told.join("\n")
    );
    if report.chats >= 1_000 {
        for what in faults {
            assert!(report.tally.get(*what).is_some_and(|times| *times > 0), "no {what}");
        }
    }
}

fn wanted() -> Option<Range<u64>> {
    let wanted = std::env::var("HELPLINE_SEEDS").ok()?;
    let number = |text: &str| text.parse::<u64>().expect("HELPLINE_SEEDS is a range N..M");
    let (from, to) = wanted.split_once("..").expect("HELPLINE_SEEDS is a range N..M");
    Some(number(from)..number(to))
}
