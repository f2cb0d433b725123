//! Requests held to a rate by tower's own layers, as any of its middleware may stand before the client: timeouts,
//! metrics, tracing, authorisation. `cargo run --example limit`
//!
//! This is a limit of one process. What an account may do over all of its sessions is the driver's `Governor`: it
//! knows what is more important, and a session's time for a request does not pass while it waits there.

#![expect(clippy::print_stdout, reason = "a program speaks to its user")]

mod common;

use std::time::{Duration, Instant};

use common::{Error, Service as Emulator};
use helpline_tokio::TokioRuntime;
use tower::ServiceBuilder;

/// So many requests in so long.
const REQUESTS: u64 = 3;
const PERIOD: Duration = Duration::from_millis(100);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    println!("{}", run().await?);
    Ok(())
}

async fn run() -> Result<String, Error> {
    let service = Emulator::start().await?;
    let builder = TokioRuntime::builder();
    let limited = ServiceBuilder::new()
        // The limit is one, and what the runtime clones is its front.
        .buffer(64)
        .rate_limit(REQUESTS, PERIOD)
        .service(builder.http_client());
    let runtime = builder.with_http_service(limited).build();
    let began = Instant::now();
    let transcript = service.converse(runtime, &service.endpoint()).await?;

    let (requests, _) = service.came();
    // The last of them had to wait for all full periods before it.
    let least = PERIOD * u32::try_from((requests - 1) / REQUESTS)?;
    if began.elapsed() < least || requests < 2 * REQUESTS {
        return Err(format!("{requests} requests in {:?}", began.elapsed()).into());
    }
    Ok(format!("{} items; {requests} requests, which take {least:?} at the least", transcript.len()))
}

#[cfg(test)]
mod tests {
    #[tokio::test]
    async fn the_rate_is_kept_and_the_chat_whole() {
        super::run().await.unwrap();
    }
}
