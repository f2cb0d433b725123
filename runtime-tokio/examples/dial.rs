//! Sockets over a stream of bytes that you bring: a tunnel, a Unix socket, a serial line. It is opened for each
//! socket, reconnects included. `cargo run --example dial`

#![expect(clippy::print_stdout, reason = "a program speaks to its user")]

mod common;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use common::{Error, Service as Emulator};
use helpline_tokio::helpline_protocol::TransportFault;
use helpline_tokio::helpline_protocol::driver::adapter::{WebSocket, fault, upgrade};
use helpline_tokio::{FrameLimit, TokioRuntime};
use http::Request;
use tokio::io::{DuplexStream, copy_bidirectional, duplex};
use tokio::net::TcpStream;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    println!("{}", run().await?);
    Ok(())
}

async fn run() -> Result<String, Error> {
    let service = Emulator::start().await?;
    let dug = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&dug);
    let runtime = TokioRuntime::builder()
        .with_socket_fn(move |request| {
            count.fetch_add(1, Ordering::Relaxed);
            dial(request)
        })
        .build();
    let transcript = service.converse(runtime, &service.endpoint()).await?;

    let ((_, sockets), dug) = (service.came(), dug.load(Ordering::Relaxed));
    if sockets < 2 || dug < sockets {
        return Err(format!("{sockets} sockets came, and {dug} tunnels were dug").into());
    }
    Ok(format!("{} items; {sockets} sockets through {dug} tunnels", transcript.len()))
}

/// Asks for the upgrade over a tunnel. With `wss` this is the place for TLS as well.
async fn dial(request: Request<()>) -> Result<WebSocket<WebSocketStream<DuplexStream>>, TransportFault> {
    let authority = request.uri().authority().map(ToString::to_string).unwrap_or_default();
    let stream = tunnel(&authority).await.map_err(|_| TransportFault::ConnectFailed)?;
    let limit = FrameLimit::of(&request);
    let (request, config) = upgrade(request, limit)?;
    let opened = client_async_with_config(request, stream, Some(config)).await;
    let (socket, _answer) = opened.map_err(|error| fault::socket(error, limit))?;
    Ok(WebSocket::new(socket, limit))
}

/// A way to the server that is no connection of ours: here a pipe in memory, with somebody at its other end.
async fn tunnel(authority: &str) -> io::Result<DuplexStream> {
    let mut server = TcpStream::connect(authority).await?;
    let (ours, mut theirs) = duplex(16 * 1024);
    tokio::spawn(async move {
        // It ends as either side does.
        _ = copy_bidirectional(&mut theirs, &mut server).await;
    });
    Ok(ours)
}

#[cfg(test)]
mod tests {
    #[tokio::test]
    async fn every_socket_goes_through_a_tunnel() {
        super::run().await.unwrap();
    }
}
