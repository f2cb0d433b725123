//! Many lives, on all cores, and what came of them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::life::{Life, Looks, Violation};
use crate::plan::Plan;
use crate::vendor::Stage;

/// What many lives were like.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// How many were lived.
    pub chats: u64,
    /// How many of them twice, and both alike.
    pub twice: u64,
    /// Those that went wrong.
    pub violations: Vec<Violation>,
    /// What was done to them, by kind.
    pub tally: BTreeMap<&'static str, u64>,
    /// Messages and files that users handed over.
    pub handed_over: u64,
    /// Items that the servers' transcripts had in the end.
    pub items: u64,
    /// Inputs and commands that sessions were given.
    pub steps: u64,
    /// Simulated time in all.
    pub simulated: Duration,
    /// The longest that it took to settle after healing, and whose life that was.
    pub slowest: (Duration, u64),
    /// How long it took in truth.
    pub took: Duration,
}

/// Lives through a seed's plan twice, and now and then once more in another way; all must be alike.
///
/// # Errors
/// When a property is broken, or two lives differ.
pub fn live_twice<V: Stage>(seed: u64) -> Result<Life, Box<Violation>> {
    live::<V>(seed, true)
}

fn live<V: Stage>(seed: u64, twice: bool) -> Result<Life, Box<Violation>> {
    let plan = Plan::new(seed);
    let looks = Looks { secrets: seed.is_multiple_of(16), ..Looks::default() };
    let (life, _) = plan.live::<V>(looks)?;
    if !twice {
        return Ok(life);
    }
    let (again, _) = plan.live::<V>(Looks::default())?;
    alike(seed, "P2: two runs differ", &life, &again)?;
    if seed.is_multiple_of(8) && !plan.turns_back() {
        let (restless, _) = plan.live::<V>(Looks { restless: true, ..Looks::default() })?;
        alike(seed, "P4: needless wakes change what is told", &life, &restless)?;
    }
    Ok(life)
}

/// Lives through a seed's plan once more and tells all of it.
pub fn tell<V: Stage>(seed: u64) -> (Vec<String>, Result<Life, Box<Violation>>) {
    match Plan::new(seed).live::<V>(Looks { story: true, journal: true, ..Looks::default() }) {
        Ok((life, story)) => (story.lines().to_vec(), Ok(life)),
        Err(violation) => (violation.story.clone(), Err(violation)),
    }
}

fn alike(seed: u64, what: &str, one: &Life, other: &Life) -> Result<(), Box<Violation>> {
    if one.lines == other.lines {
        return Ok(());
    }
    let place = one.lines.iter().zip(&other.lines).position(|(one, other)| one != other);
    let place = place.unwrap_or_else(|| one.lines.len().min(other.lines.len()));
    let said = |life: &Life| life.lines.get(place).map(|line| format!("{} {}", line.at, line.event));
    let what = format!("{what}: {:?} and {:?}", said(one), said(other));
    let at = one.lines.get(place).map_or(0, |line| line.at);
    Err(Box::new(Violation { seed, step: place as u64, at, what, story: Vec::new(), journal: None }))
}

/// How many lives are lived.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// On so many threads.
    pub threads: usize,
    /// Every so manieth is lived twice and compared; 1: each.
    pub twice_every: u64,
    /// So many violations are enough.
    pub stop_at: usize,
}

/// Lives through the plans of many seeds. `progress` is called about once a second.
pub fn run_many<V: Stage>(seeds: Range<u64>, manner: Manner, progress: impl Fn(&Report) + Sync) -> Report {
    let Manner { threads, twice_every, stop_at } = manner;
    let began = Instant::now();
    let (next, enough) = (AtomicU64::new(seeds.start), AtomicBool::new(false));
    let total = Mutex::new((Report::default(), began));
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(|| {
                while !enough.load(Ordering::Relaxed) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        break;
                    }
                    let twice = seed.is_multiple_of(twice_every);
                    let outcome = live::<V>(seed, twice);
                    let mut total = total.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    let (report, told) = &mut *total;
                    report.add(seed, twice, outcome);
                    if report.violations.len() >= stop_at {
                        enough.store(true, Ordering::Relaxed);
                    }
                    if told.elapsed() >= Duration::from_secs(1) {
                        *told = Instant::now();
                        report.took = began.elapsed();
                        progress(report);
                    }
                }
            });
        }
    });
    let (mut report, _) = total.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    report.took = began.elapsed();
    report.violations.sort_by_key(|violation| violation.seed);
    report
}

impl Report {
    fn add(&mut self, seed: u64, twice: bool, outcome: Result<Life, Box<Violation>>) {
        self.chats += 1;
        self.twice += u64::from(twice);
        let life = match outcome {
            Ok(life) => life,
            Err(violation) => {
                self.violations.push(*violation);
                return;
            }
        };
        for (what, times) in life.tally {
            *self.tally.entry(what).or_insert(0) += times;
        }
        self.handed_over += life.handed_over;
        self.items += life.items;
        self.steps += life.steps;
        self.simulated += Duration::from_millis(life.lasted_ms);
        let settled = Duration::from_millis(life.settled_ms);
        // Of equals the first, so that the order in which threads finish does not matter.
        if (settled, u64::MAX - seed) > (self.slowest.0, u64::MAX - self.slowest.1) {
            self.slowest = (settled, seed);
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hours = self.simulated.as_secs_f64() / 3_600.0;
        writeln!(f, "{:>12}  chats in {:.1} s", self.chats, self.took.as_secs_f64())?;
        writeln!(f, "{:>12}  of them lived twice and compared", self.twice)?;
        writeln!(f, "{:>12}  violations", self.violations.len())?;
        writeln!(f, "{:>12}  messages and files handed over", self.handed_over)?;
        writeln!(f, "{:>12}  items in the transcripts of the servers", self.items)?;
        writeln!(f, "{:>12}  steps, each checked, in {hours:.0} simulated hours", self.steps)?;
        let (slowest, seed) = self.slowest;
        writeln!(
            f,
            "{:>11.3}s  the longest until all had settled after healing (seed {seed})",
            slowest.as_secs_f64()
        )?;
        writeln!(f, "\nwhat was done to them:")?;
        for (what, times) in &self.tally {
            writeln!(f, "{times:>12}  {what}")?;
        }
        Ok(())
    }
}

thread_local! {
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Panics are caught and reported with their seed: nothing is printed when they happen.
pub fn quiet_panics() {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string);
        PLACE.with(|last| *last.borrow_mut() = place);
    }));
}

/// Where the last panic of this thread was.
pub(crate) fn last_place() -> Option<String> {
    PLACE.with(|last| last.borrow().clone())
}
