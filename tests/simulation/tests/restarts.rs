//! Simulated lives in which the client's process dies now and then and another takes the session up: from a snapshot
//! of that very step, and from that of the last checkpoint. All that holds of a life holds of these (P16); no secret
//! is in anything that is written (P17); and each life's journal does the same again (P2).

use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use helpline_simulation::vendor::Stage;
use helpline_simulation::{
    AmazonConnect, BrightPattern, LEGEND, Life, Looks, Plan, Restarts, Violation, quiet_panics,
};

const SEEDS: Range<u64> = 0..100;

#[test]
fn a_life_goes_on_from_a_snapshot_of_any_step() {
    dies_often::<AmazonConnect>(Restarts::Here);
    dies_often::<BrightPattern>(Restarts::Here);
}

#[test]
fn a_life_goes_on_from_its_last_checkpoint() {
    dies_often::<AmazonConnect>(Restarts::FromCheckpoint);
    dies_often::<BrightPattern>(Restarts::FromCheckpoint);
}

#[test]
fn the_journal_of_a_life_replays_and_holds_no_secret() {
    let looks = Looks { journal: true, secrets: true, ..Looks::default() };
    live::<AmazonConnect>(looks);
    live::<BrightPattern>(looks);
}

#[test]
fn the_journal_of_a_life_that_was_restarted_does_so_too() {
    let looks = Looks { journal: true, secrets: true, restarts: Restarts::Here, ..Looks::default() };
    live::<AmazonConnect>(looks);
    live::<BrightPattern>(looks);
}

fn dies_often<V: Stage>(restarts: Restarts) {
    let lives = live::<V>(Looks { restarts, ..Looks::default() });
    assert!(died(&lives) > lives.len() as u64, "{} died", died(&lives));
}

fn died(lives: &[Life]) -> u64 {
    lives.iter().filter_map(|life| life.tally.get("processes that died")).sum()
}

/// Lives through the plans of all seeds, and tells the story of the first that goes wrong.
fn live<V: Stage>(looks: Looks) -> Vec<Life> {
    quiet_panics();
    let seeds = seeds();
    let next = AtomicU64::new(seeds.start);
    let (lives, wrong) = (Mutex::new(Vec::new()), Mutex::new(Vec::<Violation>::new()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, std::num::NonZero::get) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        break;
                    }
                    match Plan::new(seed).live::<V>(looks) {
                        Ok((life, _)) => lives.lock().unwrap().push(life),
                        Err(violation) => wrong.lock().unwrap().push(*violation),
                    }
                }
            });
        }
    });
    let mut wrong = wrong.into_inner().unwrap();
    wrong.sort_by_key(|violation| violation.seed);
    if let Some(first) = wrong.first() {
        let again = Plan::new(first.seed).live::<V>(Looks { story: true, ..looks });
        let story = again.err().map(|violation| violation.story).unwrap_or_default();
        if std::env::var_os("HELPLINE_STORY").is_some() {
            println!("{LEGEND}\n{}", story.join("\n"));
        }
    }
    let told = wrong.iter().take(20).map(|it| format!("seed {}, {} ms: {}", it.seed, it.at, it.what));
    let told: Vec<String> = told.collect();
    // Panics are quiet here.
    println!(
        "{} of {} went wrong under {looks:?}\n{}",
        wrong.len(),
        seeds.end - seeds.start,
        told.join("\n")
    );
    assert!(wrong.is_empty());
    lives.into_inner().unwrap()
}

/// `HELPLINE_SEEDS=N..M` goes on searching.
fn seeds() -> Range<u64> {
    let Ok(wanted) = std::env::var("HELPLINE_SEEDS") else {
        return SEEDS;
    };
    let number = |text: &str| text.parse::<u64>().expect("HELPLINE_SEEDS is a range N..M");
    let (from, to) = wanted.split_once("..").expect("HELPLINE_SEEDS is a range N..M");
    number(from)..number(to)
}
