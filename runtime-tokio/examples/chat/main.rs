//! A customer-support chat in the terminal, on `helpline-tokio`.
//!
//! `cargo run --example chat` needs nothing: it talks to an emulator of Amazon Connect in its own process.
//! With `-- amazon-connect --region us-east-1` and a participant token it talks to the service; `--jsonl`
//! and `--plain` do without a screen. `--help` says the rest.
//!
//! The client is the same on every runtime, and here is all of it that is tokio's; the rest is in
//! `tests/terminal`.

use std::path::PathBuf;
use std::process::ExitCode;

use helpline_terminal::{Client, Host, failed};
use helpline_tokio::TokioRuntime;
use helpline_tokio::files::{FileKeys, FileSink};

/// The client's runtime is tokio.
struct Tokio;

impl Host for Tokio {
    type Runtime = TokioRuntime;
    type Sink = FileSink;

    fn runtime(files: Option<PathBuf>) -> TokioRuntime {
        TokioRuntime::builder()
            .with_file_keys(files.map_or_else(FileKeys::anywhere, FileKeys::within))
            .build()
    }

    fn sink(folder: PathBuf, name: &str) -> FileSink {
        FileSink::in_folder(folder, name)
    }

    fn path(sink: &FileSink) -> Option<PathBuf> {
        sink.path()
    }
}

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
