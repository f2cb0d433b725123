//! A line for each request and each socket: what for, to which host, how it ended and how long it took.
//! `cargo run --example log`
//!
//! No more than the host of an address is told: those of sockets and files carry their own credentials, and bodies
//! what people say. With the feature `tracing` of `helpline-protocol` the driver tells as much by itself, for every
//! runtime and without a line of this.

#![expect(clippy::print_stdout, reason = "a program speaks to its user")]

mod common;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use common::{Error, Service as Emulator};
use helpline_tokio::helpline_protocol::{Operation, TransportFault};
use helpline_tokio::{Builder, TokioRuntime};
use http::{Request, StatusCode};
use tower_service::Service as _;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    println!("{}", run().await?);
    Ok(())
}

async fn run() -> Result<String, Error> {
    let service = Emulator::start().await?;
    let log = Log::default();
    let runtime = logged(TokioRuntime::builder(), &log).build();
    service.converse(runtime, &service.endpoint()).await?;

    let lines = log.lines();
    let (requests, sockets) = service.came();
    let dialled = lines.iter().filter(|line| line.starts_with("socket")).count() as u64;
    if (lines.len() as u64) < requests + sockets || dialled < sockets || sockets < 2 {
        return Err(format!("{requests} requests and {sockets} sockets came: {lines:#?}").into());
    }
    Ok(lines.join("\n"))
}

/// Puts a log around the client and the sockets that would be used by default.
fn logged(builder: Builder, log: &Log) -> Builder {
    let (client, sockets) = (builder.http_client(), builder.socket_client());
    let (for_requests, for_sockets) = (log.clone(), log.clone());
    builder
        .with_http_fn(move |request: Request<Bytes>| {
            let (mut client, log) = (client.clone(), for_requests.clone());
            async move {
                let operation = request.extensions().get::<Operation>().map_or("?", |it| it.name());
                let (host, began) = (host(&request), Instant::now());
                let answer = client.call(request).await;
                log.line(operation, &host, &answer.as_ref().map(|answer| answer.status()), began);
                answer
            }
        })
        .with_socket_fn(move |request: Request<()>| {
            let (mut sockets, log) = (sockets.clone(), for_sockets.clone());
            async move {
                let (host, began) = (host(&request), Instant::now());
                let socket = sockets.call(request).await;
                let status = socket.as_ref().map(|_| StatusCode::SWITCHING_PROTOCOLS);
                log.line("socket", &host, &status, began);
                socket
            }
        })
}

fn host<B>(request: &Request<B>) -> String {
    request.uri().host().unwrap_or_default().to_owned()
}

/// Lines, in memory. Yours would go to a file, or a collector.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn line(&self, what: &str, host: &str, end: &Result<StatusCode, &TransportFault>, began: Instant) {
        let end = match end {
            Ok(status) => status.as_str().to_owned(),
            Err(fault) => fault.kind().to_owned(),
        };
        let line = format!("{what} to {host}: {end} in {} ms", began.elapsed().as_millis());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }

    fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    #[tokio::test]
    async fn there_is_a_line_for_each_and_no_secret_in_any() {
        let lines = super::run().await.unwrap();
        assert!(lines.contains("send_message to 127.0.0.1: 200"), "{lines}");
        for secret in ["ticket", "Token", "4111", "?"] {
            assert!(!lines.contains(secret), "{secret} in {lines}");
        }
    }
}
