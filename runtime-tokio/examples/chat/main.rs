//! A customer-support chat in the terminal, on `helpline-tokio`.
//!
//! `cargo run --example chat` needs nothing: it talks to an emulator of Amazon Connect in its own process.
//! With `-- amazon-connect --region us-east-1` and a participant token it talks to the service; `--jsonl`
//! and `--plain` do without a screen. `--help` says the rest.
//!
//! How it is built: [`app`] is the state, made from events alone; [`view`] draws it; [`control`] turns what
//! the user wants into commands; [`tui`], [`plain`] and [`jsonl`] are its three faces; [`service`] is the
//! only place that knows where the other end is.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a client shows what it knows and passes over the rest: enums of the library and keys of a terminal"
)]

mod app;
mod args;
mod commands;
mod control;
mod input;
mod jsonl;
mod log;
mod plain;
mod service;
mod signals;
mod stdin;
mod tui;
mod view;
mod words;

use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::time::Duration;

use args::{Args, Target};
use helpline_tokio::files::FileKeys;
use service::{Service, Wire};
use words::Clock;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// As it should.
    Well,
    /// The session ended otherwise, or something was not sent.
    Failed,
}

fn main() -> ExitCode {
    let (args, target) = match Args::read() {
        Ok(read) => read,
        // Says it, and exits with 2; with 0 where it is the help that was asked for.
        Err(error) => error.exit(),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&format!("no runtime: {error}")),
    };
    let result = runtime.block_on(run(args, target));
    // A read of stdin that blocks is nobody's any more.
    runtime.shutdown_background();
    match result {
        Ok(Exit::Well) => ExitCode::SUCCESS,
        Ok(Exit::Failed) => ExitCode::FAILURE,
        Err(error) => failed(&error),
    }
}

async fn run(args: Args, target: Target) -> Result<Exit, String> {
    let linger = Duration::from_secs(args.linger);
    // Whoever writes commands here runs the program as well, unless it is said otherwise.
    let keys = args.files.map_or_else(FileKeys::anywhere, FileKeys::within);
    let service = Service::start(target, &args.name, keys).await?;
    let remote = matches!(service.network, Wire::Remote);
    let clock = Clock::local();
    let screen = io::stdout().is_terminal() && io::stdin().is_terminal();
    let exit = if args.jsonl {
        let Service { chat, events, network, .. } = service;
        let exit = jsonl::run(chat, events, !args.no_connect, linger, io::stdout()).await;
        drop(network);
        exit
    } else if args.plain || !screen {
        plain::run(service, clock, linger, io::stdout()).await
    } else {
        tui::run(service, clock).await.map(say)
    };
    if remote {
        // The session says goodbye by itself once nobody holds it; it needs a moment for that.
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    exit.map_err(|error| error.to_string())
}

#[expect(clippy::print_stdout, reason = "the last words of a program")]
fn say(outcome: tui::Outcome) -> Exit {
    println!("{}", outcome.says.join("; "));
    outcome.exit
}

fn failed(says: &str) -> ExitCode {
    diagnose(says);
    ExitCode::FAILURE
}

/// Tells people, where stdout may be for programs.
pub(crate) fn diagnose(says: &str) {
    eprintln!("chat: {says}");
}
