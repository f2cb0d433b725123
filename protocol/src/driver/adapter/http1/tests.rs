use core::pin::Pin;
use core::task::{Context, Poll};
use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use futures_util::FutureExt as _;
use http_body_util::BodyExt as _;

use super::*;

/// Connections to servers that answer every head at once.
#[derive(Clone, Default)]
struct Servers {
    answer: &'static str,
    made: Arc<AtomicUsize>,
    seconds: Arc<AtomicU64>,
    /// The connections that are there.
    open: Arc<()>,
}

struct Line {
    answer: &'static str,
    heard: Vec<u8>,
    says: VecDeque<u8>,
    _open: Arc<()>,
}

impl Connect for Servers {
    type Stream = Line;
    type Kind = Self;

    async fn connect(&self, _: &Origin) -> Result<Line, TransportFault> {
        self.made.fetch_add(1, Ordering::Relaxed);
        let (heard, says) = (Vec::new(), VecDeque::new());
        Ok(Line { answer: self.answer, heard, says, _open: Arc::clone(&self.open) })
    }

    fn time(&self) -> Duration {
        Duration::from_secs(self.seconds.load(Ordering::Relaxed))
    }
}

impl Reads<Line> for Servers {
    fn poll_read(line: Pin<&mut Line>, _: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        let says = &mut line.get_mut().says;
        if says.is_empty() {
            return Poll::Pending;
        }
        let count = says.len().min(buffer.len());
        for (room, byte) in buffer.iter_mut().zip(says.drain(..count)) {
            *room = byte;
        }
        Poll::Ready(Ok(count))
    }
}

impl Writes<Line> for Servers {
    fn poll_write(line: Pin<&mut Line>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let line = line.get_mut();
        line.heard.extend_from_slice(bytes);
        if line.heard.ends_with(b"\r\n\r\n") {
            line.says.extend(line.answer.as_bytes());
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(_: Pin<&mut Line>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(_: Pin<&mut Line>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nbody";

fn servers(answer: &'static str) -> (Servers, Http1Client<Servers>) {
    let servers = Servers { answer, ..Servers::default() };
    (servers.clone(), Http1Client::new(servers))
}

fn get(client: &Http1Client<Servers>, host: &str) -> Response<Incoming<Servers>> {
    let request = Request::get(format!("http://{host}/")).body(RequestBody::from(Bytes::new())).unwrap();
    client.clone().call(request).now_or_never().expect("at once").expect("an answer")
}

fn read(answer: Response<Incoming<Servers>>) -> Bytes {
    answer.into_body().collect().now_or_never().expect("at once").expect("all of it").to_bytes()
}

impl Servers {
    fn made(&self) -> usize {
        self.made.load(Ordering::Relaxed)
    }

    /// Connections that somebody holds.
    fn open(&self) -> usize {
        // The server itself, and the one that the client has.
        Arc::strong_count(&self.open) - 2
    }
}

#[test]
fn a_connection_serves_again_until_it_was_idle_for_too_long() {
    let (servers, client) = servers(OK);
    for (seconds, made) in [(0, 1), (19, 1), (38, 1), (58, 2), (59, 2)] {
        servers.seconds.store(seconds, Ordering::Relaxed);
        assert_eq!(read(get(&client, "a")), "body");
        assert_eq!((servers.made(), servers.open()), (made, 1), "at {seconds} s");
    }
    drop(client);
    assert_eq!(Arc::strong_count(&servers.open), 1, "what is idle ends with the client");
}

#[test]
fn each_server_has_connections_of_its_own_and_they_are_bounded() {
    let (servers, client) = servers(OK);
    for number in 0..300 {
        read(get(&client, &format!("host-{number}")));
    }
    assert_eq!((servers.made(), servers.open()), (300, 256));
    read(get(&client, "host-299"));
    assert_eq!(servers.made(), 300, "the youngest is there");
    read(get(&client, "host-0"));
    assert_eq!(servers.made(), 301, "the oldest has gone");
}

#[test]
fn two_at_once_have_two_connections() {
    let (servers, client) = servers(OK);
    let (one, other) = (get(&client, "a"), get(&client, "a"));
    assert_eq!(servers.made(), 2);
    read(one);
    read(other);
    let (_one, _other) = (get(&client, "a"), get(&client, "a"));
    assert_eq!(servers.made(), 2);
}

#[test]
fn a_body_that_is_dropped_half_way_takes_its_connection_along() {
    let (servers, client) = servers(OK);
    drop(get(&client, "a"));
    assert_eq!(servers.open(), 0);
    read(get(&client, "a"));
    assert_eq!((servers.made(), servers.open()), (2, 1));
}

#[test]
fn a_head_that_is_too_large_to_send_is_refused_before_anything_is_dialled() {
    let (servers, mut client) = servers(OK);
    let large = http::HeaderValue::from_str(&"x".repeat(200_000)).unwrap();
    let request = Request::get("http://a/").header("x-large", large).body(RequestBody::from(Bytes::new()));
    let fault = client.call(request.unwrap()).now_or_never().unwrap().unwrap_err();
    assert!(matches!(fault, TransportFault::Local { .. }), "{fault:?}");
    assert_eq!(servers.made(), 0);
}

#[test]
fn how_much_is_left_of_a_body_is_known() {
    let (_, client) = servers(OK);
    let answer = get(&client, "a");
    assert_eq!(answer.body().size_hint().exact(), Some(4));
    let (_, chunked) = servers("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n");
    let answer = get(&chunked, "a");
    assert_eq!((answer.body().size_hint().exact(), answer.body().is_end_stream()), (None, false));
    assert_eq!(read(answer), "body");
    let (_, empty) = servers("HTTP/1.1 204 No Content\r\n\r\n");
    let answer = get(&empty, "a");
    assert_eq!((answer.body().size_hint().exact(), answer.body().is_end_stream()), (Some(0), true));
}
