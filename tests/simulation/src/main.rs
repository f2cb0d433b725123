//! Lives through simulated chats and says what came of them.

use std::fs;
use std::io::{IsTerminal as _, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};

use clap::{Parser, ValueEnum};
use helpline_simulation::vendor::Stage;
use helpline_simulation::{
    AmazonConnect, BrightPattern, LEGEND, Manner, Report, Violation, quiet_panics, run_many, tell,
};

/// Lives through simulated chats under faults, each drawn from a seed, and checks what must hold.
///
/// Chats are lived twice, and both must be alike. First there is trouble, with safety checked at every step; then
/// everything heals, all must settle in time, and both sides must agree.
#[derive(Debug, Parser)]
#[command(
    version,
    about,
    after_help = "\
Examples:
  helpline-simulation --seed 7 --verbose          tell the story of one chat
  helpline-simulation --seeds 0..10000            live through ten thousand (advised: a --release build)

Exit codes: 0 nothing was violated, 1 something was, 2 the arguments make no sense."
)]
struct Cli {
    /// Whose chats.
    #[arg(long, value_enum, default_value_t)]
    provider: Who,
    /// Live through this seed alone.
    #[arg(long, value_name = "N", conflicts_with = "seeds", required_unless_present = "seeds")]
    seed: Option<u64>,
    /// Live through these, the second not included.
    #[arg(long, value_name = "A..B", value_parser = range)]
    seeds: Option<Range<u64>>,
    /// Tell what happens, one line each.
    #[arg(long, short, conflicts_with = "seeds")]
    verbose: bool,
    /// Threads; as many as the machine has cores if not given.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
    /// Live only every so manieth chat twice.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    twice_every: u64,
    /// Stop after so many violations.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..))]
    stop_at: u16,
    /// Where the stories and journals of violations are written.
    #[arg(long, value_name = "DIR", default_value_os_t = std::env::temp_dir().join("helpline-simulation"))]
    out: PathBuf,
}

/// A provider, by the name that it has here.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Who {
    #[default]
    AmazonConnect,
    BrightPattern,
}

impl Who {
    /// How it is to be given, in front of a seed.
    const fn argument(self) -> &'static str {
        match self {
            Self::AmazonConnect => "",
            Self::BrightPattern => "--provider bright-pattern ",
        }
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    quiet_panics();
    let fine = match cli.provider {
        Who::AmazonConnect => live::<AmazonConnect>(&cli),
        Who::BrightPattern => live::<BrightPattern>(&cli),
    };
    if fine { ExitCode::SUCCESS } else { ExitCode::from(1) }
}

fn live<V: Stage>(cli: &Cli) -> bool {
    match (cli.seed, &cli.seeds) {
        (Some(seed), _) => one::<V>(seed, cli),
        (None, Some(seeds)) => many::<V>(seeds.clone(), cli),
        (None, None) => unreachable!("one of them is required"),
    }
}

fn one<V: Stage>(seed: u64, cli: &Cli) -> bool {
    if cli.verbose {
        let (story, outcome) = tell::<V>(seed);
        say(&format!("{LEGEND}\n{}", story.join("\n")));
        if let Err(violation) = outcome {
            report::<V>(&violation, cli);
            return false;
        }
    }
    let manner = Manner { threads: 1, twice_every: 1, stop_at: 1 };
    let report_of_one = run_many::<V>(seed..seed.saturating_add(1), manner, |_| {});
    summary::<V>(&report_of_one, cli)
}

fn many<V: Stage>(seeds: Range<u64>, cli: &Cli) -> bool {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let threads = cli.threads.map_or(cores, usize::from);
    let manner = Manner { threads, twice_every: cli.twice_every, stop_at: usize::from(cli.stop_at) };
    let (all, shown) = (seeds.end - seeds.start, std::io::stderr().is_terminal());
    let told = AtomicUsize::new(0);
    let report = run_many::<V>(seeds, manner, |report| {
        let rate = f64::from(u32::try_from(report.chats).unwrap_or(u32::MAX)) / report.took.as_secs_f64();
        let line = format!("{} of {all} chats, {rate:.0} a second", report.chats);
        let found = report.violations.len();
        for violation in &report.violations[told.swap(found, Ordering::Relaxed).min(found)..] {
            eprintln!("\rseed {}: {}", violation.seed, violation.what);
        }
        // A file has no use for a line each second.
        if shown {
            eprint!("\r{line}, {found} violations ");
        } else if report.took.as_secs().is_multiple_of(60) {
            eprintln!("{line}, {found} violations");
        }
    });
    if shown {
        eprintln!();
    }
    summary::<V>(&report, cli)
}

fn summary<V: Stage>(report_of_all: &Report, cli: &Cli) -> bool {
    say(&report_of_all.to_string());
    for violation in &report_of_all.violations {
        report::<V>(violation, cli);
    }
    report_of_all.violations.is_empty()
}

/// Says what was violated, and where its story and its journal lie.
fn report<V: Stage>(violation: &Violation, cli: &Cli) {
    let Violation { seed, step, at, what, .. } = violation;
    eprintln!("seed {seed}, step {step}, {at} ms: {what}");
    let (story, again) = tell::<V>(*seed);
    let text = format!("{LEGEND}\n{}\n\n{what}\n", story.join("\n"));
    write(&cli.out, &format!("seed-{seed}.txt"), "its story", &text);
    // What shows in the comparison of two lives only has none.
    if let Some(journal) = again.err().and_then(|again| again.journal) {
        write(&cli.out, &format!("seed-{seed}.jsonl"), "its journal, for `chat replay`", &journal);
    }
    eprintln!("  again: helpline-simulation {}--seed {seed} --verbose", cli.provider.argument());
}

fn write(out: &Path, name: &str, what: &str, text: &str) {
    let path = out.join(name);
    match fs::create_dir_all(out).and_then(|()| fs::write(&path, text)) {
        Ok(()) => eprintln!("  {what}: {}", path.display()),
        Err(error) => eprintln!("  {what} cannot be written to {}: {error}", path.display()),
    }
}

/// A reader that has seen enough is no reason to panic.
fn say(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

fn range(text: &str) -> Result<Range<u64>, String> {
    let wanted = "give two numbers as in 0..1000, the smaller first";
    let (from, to) = text.split_once("..").ok_or(wanted)?;
    let number = |text: &str| text.parse::<u64>().map_err(|error| format!("{text:?}: {error}; {wanted}"));
    let (from, to) = (number(from)?, number(to)?);
    if from < to { Ok(from..to) } else { Err(wanted.to_owned()) }
}
