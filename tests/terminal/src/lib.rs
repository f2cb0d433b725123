//! A customer-support chat in the terminal, over any runtime: the body of the adapters' example `chat`.
//!
//! [`Client::from_command_line`] reads what is asked for, [`Client::run`] does it on the runtime of an
//! [`Adapter`], and all that is left to an adapter's example is to name that.
//!
//! How it is built: `app` is the state, made from events alone; `view` draws it; `control` turns what the user
//! wants into commands; `tui`, `plain` and `jsonl` are its three faces; `service` is the only place that knows
//! where the other end is, and `emulator` the only one that knows tokio.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a client shows what it knows and passes over the rest: enums of the library and keys of a terminal"
)]

mod app;
mod args;
mod bright_pattern;
mod commands;
mod control;
mod emulator;
mod first;
mod input;
mod jsonl;
mod keep;
mod log;
mod network;
mod plain;
mod replay;
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
use helpline_protocol::driver::Runtime as _;
use helpline_protocol::driver::adapter::Adapter;
use keep::State;
use network::Way;
use service::{Service, Start, Wire};
use words::Clock;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// As it should.
    Well,
    /// The session ended otherwise, or something was not sent.
    Failed,
}

/// A run of the client that is asked for.
#[derive(Debug)]
pub struct Client {
    args: Args,
    target: Target,
    way: Way,
}

impl Client {
    /// Reads the command line and the environment. Where these are wrong it says so and exits with 2, with 0
    /// where it is the help that was asked for.
    #[must_use]
    pub fn from_command_line() -> Self {
        match Args::read() {
            Ok((args, target, way)) => Self { args, target, way },
            Err(error) => error.exit(),
        }
    }

    /// Runs to the end, on stdin and stdout. Afterwards there may be a thread that still reads stdin.
    pub async fn run<A: Adapter>(self) -> ExitCode {
        match run::<A>(self.args, self.target, self.way).await {
            Ok(Exit::Well) => ExitCode::SUCCESS,
            Ok(Exit::Failed) => ExitCode::FAILURE,
            Err(error) => failed(&error),
        }
    }
}

async fn run<A: Adapter>(args: Args, target: Target, way: Way) -> Result<Exit, String> {
    if let Target::Replay(replay) = target {
        return replay.run();
    }
    let linger = Duration::from_secs(args.linger);
    let state = args.state.map(|path| State::new(path, args.state_secrets));
    let snapshot = state.as_ref().map(State::load).transpose()?.flatten();
    let journal = args.journal.map(|path| (path, args.journal_secrets));
    let start = Start { name: args.name, files: args.files, state, snapshot, journal, way };
    let service = Service::<A>::start(target, start).await?;
    let runtime = service.runtime.clone();
    let remote = matches!(service.network, Wire::Remote);
    let clock = Clock::local();
    let screen = io::stdout().is_terminal() && io::stdin().is_terminal();
    let exit = if args.jsonl {
        let Service { chat, events, network, is_new, .. } = service;
        let connect = is_new && !args.no_connect;
        let exit = jsonl::run(&runtime, chat, events, connect, linger, io::stdout()).await;
        drop(network);
        exit
    } else if args.plain || !screen {
        plain::run(service, clock, linger, io::stdout()).await
    } else {
        tui::run(service, clock).await.map(say)
    };
    if remote {
        // The session says goodbye by itself once nobody holds it; it needs a moment for that.
        runtime.sleep_until(runtime.now().at + Duration::from_millis(300)).await;
    }
    exit.map_err(|error| error.to_string())
}

#[expect(clippy::print_stdout, reason = "the last words of a program")]
fn say(outcome: tui::Outcome) -> Exit {
    println!("{}", outcome.says.join("; "));
    outcome.exit
}

/// Says on stderr why it cannot be done.
pub fn failed(says: &str) -> ExitCode {
    diagnose(says);
    ExitCode::FAILURE
}

/// Tells people, where stdout may be for programs.
pub(crate) fn diagnose(says: &str) {
    eprintln!("chat: {says}");
}
