//! A customer-support chat in the terminal, on `helpline-smol`.
//!
//! `cargo run -p helpline-smol --example chat` needs nothing: it talks to an emulator of Amazon Connect in its own
//! process. With `-- amazon-connect --region us-east-1` and a participant token it talks to the service;
//! `--jsonl` and `--plain` do without a screen. `--help` says the rest.
//!
//! The client is the same on every runtime, and here is all of it that is smol's; the rest is in `tests/terminal`.
//! Only the embedded emulator is a server on tokio, in a thread and a runtime of its own.

use std::process::ExitCode;

use helpline_smol::Smol;
use helpline_terminal::Client;

fn main() -> ExitCode {
    smol::block_on(Client::from_command_line().run::<Smol>())
}
