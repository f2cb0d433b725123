//! A customer-support chat in the terminal, on `helpline-tokio`.
//!
//! `cargo run --example chat` needs nothing: it talks to an emulator of Amazon Connect in its own process.
//! With `-- amazon-connect --region us-east-1` and a participant token it talks to the service; `--jsonl`
//! and `--plain` do without a screen. `--state FILE` goes on after a crash, `--journal FILE` and `replay` show a
//! session again. `--help` says the rest.
//!
//! The client is the same on every runtime, and here is all of it that is tokio's; the rest is in
//! `tests/terminal`.

use std::process::ExitCode;

use helpline_terminal::{Client, failed};
use helpline_tokio::Tokio;

fn main() -> ExitCode {
    let client = Client::from_command_line();
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&format!("no runtime: {error}")),
    };
    let code = runtime.block_on(client.run::<Tokio>());
    // What is still in hand is nobody's any more.
    runtime.shutdown_background();
    code
}
