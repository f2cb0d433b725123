//! Servers that are not what they should be, in front of whole sessions.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use helpline_conformance::on_each_runtime;
use helpline_conformance::servers::{ServerSocket, serve, serve_http, serve_sockets};
use helpline_protocol::driver::adapter::{Adapter, Builder};
use helpline_protocol::driver::{self, Chat, Events};
use helpline_protocol::{Config, Limits, TransportFault, amazon_connect};
use http::Response;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{fault_of, impatient, until};

/// A provider whose sockets are somewhere else.
async fn pointing_to(sockets: SocketAddr) -> SocketAddr {
    serve_http(move |_| async move {
        let answer = serde_json::json!({
            "ConnectionCredentials": { "ConnectionToken": "token", "Expiry": "2099-01-01T00:00:00.000Z" },
            "Websocket": {
                "Url": format!("ws://{sockets}/?ticket=secret"),
                "ConnectionExpiry": "2099-01-01T00:00:00.000Z",
            },
        });
        Response::new(Bytes::from(answer.to_string()))
    })
    .await
}

fn connect<A: Adapter>(server: SocketAddr) -> (Chat, Events) {
    let chat = amazon_connect::ChatDetails::new("participant-token");
    let config = amazon_connect::Config::new(chat).with_endpoint(format!("http://{server}"));
    let policy = impatient()
        .with_authorise_timeout(Duration::from_millis(500))
        .with_open_timeout(Duration::from_millis(500))
        .with_greeting_wait(Duration::from_millis(100));
    let limits = Limits::default().with_body_bytes(100_000);
    let config = Config::from(config).with_policy(policy).with_limits(limits);
    driver::connect(Builder::<A>::new().build(), config).unwrap()
}

/// The faults of the first few tries: the session goes on trying.
async fn faults(events: &mut Events) -> Vec<TransportFault> {
    let mut faults = Vec::new();
    for _ in 0..3 {
        faults.push(until(events, fault_of).await);
    }
    faults
}

async fn a_server_that_speaks_http_on_the_socket_port<A: Adapter>() {
    let web = serve_http(|_| async { Response::new(Bytes::from_static(b"<html>It works!</html>")) }).await;
    let (_chat, mut events) = connect::<A>(pointing_to(web).await);
    for fault in faults(&mut events).await {
        assert_eq!(fault, TransportFault::UpgradeRefused { status: 200 });
    }
}

async fn a_server_that_speaks_something_else_on_the_socket_port<A: Adapter>() {
    let mail = serve(|mut stream| async move {
        drop(stream.write_all(b"220 mail.example ESMTP ready\r\n").await);
        drop(stream.read_to_end(&mut Vec::new()).await);
    })
    .await;
    let (_chat, mut events) = connect::<A>(pointing_to(mail).await);
    for fault in faults(&mut events).await {
        assert!(matches!(fault, TransportFault::Protocol { .. }), "{fault:?}");
        assert!(!fault.to_string().contains("ticket"), "{fault}");
    }
}

async fn a_server_that_takes_the_connection_and_says_nothing<A: Adapter>() {
    let silent = serve(|mut stream| async move { drop(stream.read_to_end(&mut Vec::new()).await) }).await;
    let (_chat, mut events) = connect::<A>(pointing_to(silent).await);
    for fault in faults(&mut events).await {
        assert_eq!(fault, TransportFault::TimedOut);
    }
    let (_chat, mut events) = connect::<A>(silent);
    for fault in faults(&mut events).await {
        assert_eq!(fault, TransportFault::TimedOut);
    }
}

/// Sends a body, or a head, for as long as anybody takes it; counts what was taken.
async fn endless(mut stream: TcpStream, begin: &'static [u8], more: Vec<u8>, taken: Arc<AtomicUsize>) {
    drop(stream.read(&mut [0; 4096]).await);
    drop(stream.write_all(begin).await);
    while stream.write_all(&more).await.is_ok() {
        taken.fetch_add(more.len(), Ordering::Relaxed);
    }
}

async fn a_server_that_sends_without_end<A: Adapter>() {
    let chunk = [b"3e8\r\n".as_slice(), &[b'x'; 1000], b"\r\n"].concat();
    let cases = [
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".as_slice(), chunk, true),
        (b"HTTP/1.1 200 OK\r\n\r\n", vec![b'x'; 1000], true),
        (b"HTTP/1.1 200 OK\r\nx: ", vec![b'x'; 1000], false),
        (b"HTTP/1.1 200 OK\r\n", b"x: y\r\n".repeat(100), false),
    ];
    for (begin, more, is_body) in cases {
        let taken = Arc::new(AtomicUsize::new(0));
        let counter = taken.clone();
        let server = serve(move |stream| endless(stream, begin, more.clone(), counter.clone())).await;
        let (chat, mut events) = connect::<A>(server);
        for fault in faults(&mut events).await {
            if is_body {
                assert_eq!(fault, TransportFault::TooLarge { limit: 100_000 });
            } else {
                assert!(matches!(fault, TransportFault::Protocol { .. }), "{fault:?}");
            }
        }
        drop((chat, events));
        // Beyond the limits it is what the system's buffers take, a few megabytes a connection.
        let taken = taken.load(Ordering::Relaxed);
        assert!(taken < 64 * 1024 * 1024, "{taken} bytes were taken");
    }
}

async fn a_socket_that_is_accepted_and_never_read<A: Adapter>() {
    let deaf = serve_sockets(|socket: ServerSocket| async move {
        std::future::pending::<()>().await;
        drop(socket);
    })
    .await;
    let (_chat, mut events) = connect::<A>(pointing_to(deaf).await);
    for _ in 0..3 {
        until(&mut events, |event| match event {
            helpline_protocol::Event::ConnectionLost {
                reason: helpline_protocol::LostReason::NotGreeted,
            } => Some(()),
            _ => None,
        })
        .await;
    }
}

on_each_runtime!(
    a_server_that_speaks_http_on_the_socket_port,
    a_server_that_speaks_something_else_on_the_socket_port,
    a_server_that_takes_the_connection_and_says_nothing,
    a_server_that_sends_without_end,
    a_socket_that_is_accepted_and_never_read,
);
