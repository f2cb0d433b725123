//! Serves an emulator until it is told to stop.

mod cli;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use cli::amazon_connect::AmazonConnect;
use cli::bright_pattern::BrightPattern;

/// Emulators of support-chat services, on 127.0.0.1.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    provider: Provider,
}

#[derive(Debug, Subcommand)]
enum Provider {
    /// Amazon Connect Chat. The first line on standard output is a JSON object with the endpoint and a chat to join.
    AmazonConnect(AmazonConnect),
    /// Bright Pattern. The first line on standard output is a JSON object with the endpoint, tenant, app id, and a client id.
    BrightPattern(BrightPattern),
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    let served = match Cli::parse().provider {
        Provider::AmazonConnect(options) => options.serve().await,
        Provider::BrightPattern(options) => options.serve().await,
    };
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("helpline-emulator: {error}");
            ExitCode::FAILURE
        }
    }
}
