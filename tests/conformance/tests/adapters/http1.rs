//! HTTP/1.1 as servers speak it: lengths and chunks in any pieces, interim answers, connections that are kept, and
//! answers that are none.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use helpline_conformance::servers::storage::{LARGE, Pattern, body, head, put, run, say};
use helpline_conformance::servers::{SOON, get, request, serve};
use helpline_conformance::{new, on_each_runtime};
use helpline_protocol::driver::adapter::Adapter;
use helpline_protocol::driver::{Exchange, Runtime};
use helpline_protocol::{Operation, TransportFault};
use http::Method;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// What happens on a server's connections.
#[derive(Clone, Default)]
struct Counts {
    connections: Arc<AtomicUsize>,
    requests: Arc<AtomicUsize>,
}

impl Counts {
    fn seen(&self) -> (usize, usize) {
        (self.connections.load(Ordering::Relaxed), self.requests.load(Ordering::Relaxed))
    }
}

/// What a server does after an answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    Keep,
    Close,
}

/// Answers every request with the same bytes, in pieces of `size`.
async fn answering(answer: impl Into<Vec<u8>>, size: usize, then: Then) -> (String, Counts) {
    let (answer, counts) = (Arc::new(answer.into()), Counts::default());
    let counted = counts.clone();
    let address = serve(move |stream| {
        counted.connections.fetch_add(1, Ordering::Relaxed);
        converse(stream, answer.clone(), size, then, counted.clone())
    });
    (format!("http://{}/", address.await), counts)
}

async fn converse(mut stream: TcpStream, answer: Arc<Vec<u8>>, size: usize, then: Then, counts: Counts) {
    stream.set_nodelay(true).unwrap();
    loop {
        let (head, _) = head(&mut stream).await;
        if head.is_empty() {
            return;
        }
        counts.requests.fetch_add(1, Ordering::Relaxed);
        for piece in answer.chunks(size) {
            if stream.write_all(piece).await.is_err() {
                return;
            }
            tokio::task::yield_now().await;
        }
        if then == Then::Close {
            return;
        }
    }
}

async fn a_body_comes_in_chunks_of_any_size_and_in_any_pieces<A: Adapter>() {
    let answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
                  5\r\nhello\r\n1;x=y\r\n,\r\n00f\r\n where have you\r\n5\r\n been\r\n0\r\nX-Trailer: 1\r\n\r\n";
    let runtime = new::<A>();
    for size in [1, 2, 3, 7, 16, 1000] {
        let (uri, counts) = answering(answer, size, Then::Keep).await;
        for _ in 0..2 {
            let answer = timeout(SOON, get(&runtime, &uri, 100)).await.unwrap().unwrap();
            assert_eq!(answer.body, "hello, where have you been", "in pieces of {size}");
        }
        assert_eq!(counts.seen(), (1, 2), "the end of it was found, in pieces of {size}");
    }
}

async fn a_head_comes_in_any_pieces<A: Adapter>() {
    let runtime = new::<A>();
    for size in [1, 2, 3, 1000] {
        let answer = "HTTP/1.1 201 Created\r\nX-Some: thing\r\nContent-Length: 4\r\n\r\nbody";
        let (uri, _) = answering(answer, size, Then::Keep).await;
        let answer = get(&runtime, &uri, 100).await.unwrap();
        assert_eq!((answer.status.as_u16(), answer.header("x-some")), (201, Some("thing")), "{size}");
        assert_eq!(answer.body, "body", "{size}");
    }
}

async fn a_body_without_a_length_ends_with_its_connection<A: Adapter>() {
    let runtime = new::<A>();
    for version in ["1.0", "1.1"] {
        let answer = format!("HTTP/{version} 200 OK\r\n\r\nall that there is");
        let (uri, counts) = answering(answer, 7, Then::Close).await;
        for _ in 0..2 {
            assert_eq!(get(&runtime, &uri, 100).await.unwrap().body, "all that there is");
        }
        assert_eq!(counts.seen(), (2, 2));
    }
}

async fn connections_are_kept_where_they_may_be<A: Adapter>() {
    let runtime = new::<A>();
    let kept = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody";
    let (uri, counts) = answering(kept, 1000, Then::Keep).await;
    for _ in 0..5 {
        get(&runtime, &uri, 100).await.unwrap();
    }
    assert_eq!(counts.seen(), (1, 5));
    for (answer, then) in [
        ("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody", Then::Keep),
        ("HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\nbody", Then::Keep),
        // A server that closes without a word, while nobody uses the connection.
        (kept, Then::Close),
    ] {
        let (uri, counts) = answering(answer, 1000, then).await;
        for number in 1..=3 {
            assert_eq!(get(&runtime, &uri, 100).await.unwrap().body, "body", "{answer}");
            assert_eq!(counts.seen(), (number, number), "{answer}");
            // Until its end has come here.
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

async fn what_is_said_unasked_is_no_answer_to_the_next_request<A: Adapter>() {
    let answer =
        "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbodyHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil";
    let (uri, _) = answering(answer, 1000, Then::Keep).await;
    let runtime = new::<A>();
    for _ in 0..3 {
        assert_eq!(get(&runtime, &uri, 100).await.unwrap().body, "body");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn interim_answers_are_passed_over<A: Adapter>() {
    let answer = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n\
                  HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody";
    let runtime = new::<A>();
    for size in [1, 5, 1000] {
        let (uri, counts) = answering(answer, size, Then::Keep).await;
        for _ in 0..2 {
            assert_eq!(get(&runtime, &uri, 100).await.unwrap().body, "body", "{size}");
        }
        assert_eq!(counts.seen(), (1, 2), "{size}");
    }
}

async fn an_interim_answer_does_not_end_an_upload<A: Adapter>() {
    let (told, mut heard) = mpsc::unbounded_channel();
    let address = serve(move |mut stream| {
        let told = told.clone();
        async move {
            let (_, begun) = head(&mut stream).await;
            say(&mut stream, "HTTP/1.1 100 Continue\r\n\r\n").await.unwrap();
            told.send(body(&mut stream, begun, LARGE).await).unwrap();
            say(&mut stream, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await.unwrap();
        }
    });
    let uri = format!("http://{}/", address.await);
    let answer = run(&new::<A>(), put(&uri, Pattern::new(LARGE), LARGE)).await.unwrap();
    assert_eq!((answer.status.as_u16(), heard.recv().await), (200, Some(LARGE)));
}

async fn answers_that_have_no_body_end_with_their_head<A: Adapter>() {
    let runtime = new::<A>();
    for (method, status) in [
        (Method::GET, "204 No Content"),
        (Method::GET, "304 Not Modified\r\nContent-Length: 10"),
        (Method::HEAD, "200 OK\r\nContent-Length: 10"),
        (Method::POST, "200 OK\r\nContent-Length: 0"),
    ] {
        let (uri, counts) = answering(format!("HTTP/1.1 {status}\r\n\r\n"), 1000, Then::Keep).await;
        for _ in 0..2 {
            let exchange = Exchange::new(request(method.clone(), &uri), Operation::Authorise, SOON, 100);
            assert_eq!(runtime.exchange(exchange).await.unwrap().body, "", "{method} {status}");
        }
        assert_eq!(counts.seen(), (1, 2), "{method} {status}");
    }
}

async fn a_request_says_what_it_has_to<A: Adapter>() {
    let (told, mut heard) = mpsc::unbounded_channel();
    let address = serve(move |mut stream| {
        let told = told.clone();
        async move {
            let (head, mut begun) = head(&mut stream).await;
            while begun.len() < 5 && head.starts_with("post") {
                assert!(stream.read_buf(&mut begun).await.unwrap() > 0);
            }
            told.send((head, begun)).unwrap();
            say(&mut stream, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
                .await
                .unwrap();
        }
    })
    .await;
    let runtime = new::<A>();
    let uri = format!("http://{address}/a/path?with=query");
    get(&runtime, &uri, 100).await.unwrap();
    let (head, rest) = heard.recv().await.unwrap();
    assert!(head.starts_with("get /a/path?with=query http/1.1\r\n"), "{head}");
    assert_eq!(head.matches(&format!("\r\nhost: {address}\r\n")).count(), 1, "{head}");
    assert!(
        !head.contains("content-length") && !head.contains("transfer-encoding") && rest.is_empty(),
        "{head}"
    );

    let mut post = request(Method::POST, &uri);
    post.headers.insert("x-own", http::HeaderValue::from_static("Value"));
    post.body = helpline_protocol::Body::Bytes(b"hello"[..].into());
    runtime.exchange(Exchange::new(post, Operation::SendMessage, SOON, 100)).await.unwrap();
    let (head, rest) = heard.recv().await.unwrap();
    assert!(head.contains("\r\nx-own: value\r\n") && head.contains("\r\ncontent-length: 5\r\n"), "{head}");
    assert!(!head.contains("transfer-encoding"), "{head}");
    assert_eq!(rest, b"hello");
}

async fn answers_that_are_none_are_told<A: Adapter>() {
    let runtime = new::<A>();
    let huge = format!("HTTP/1.1 200 OK\r\nX-Large: {}\r\n\r\n", "x".repeat(300_000));
    let many: String = (0..10_000).map(|number| format!("X-{number}: y\r\n")).collect();
    let many = format!("HTTP/1.1 200 OK\r\n{many}\r\n");
    for (answer, is_lost) in [
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nhello", false),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nhello", false),
        ("HTTP/1.1 200 OK\r\nContent-Length: ten\r\n\r\nhello", false),
        ("HTTP/1.1 999999 OK\r\n\r\n", false),
        ("HTTP/3.7 200 OK\r\n\r\n", false),
        ("\0\0\0\x0c\x04\0\0\0\0\0", false),
        (&huge, false),
        (&many, false),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", true),
        ("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", true),
        ("HTTP/1.1 200 OK\r\nContent-Le", true),
        ("HTTP/1.1 100 Continue\r\n\r\n", true),
        ("", true),
    ] {
        let (uri, _) = answering(answer, 4096, Then::Close).await;
        let shown: String = answer.chars().take(80).collect();
        let fault = timeout(SOON, get(&runtime, &uri, 100)).await.unwrap().expect_err(&shown);
        let as_expected = match &fault {
            TransportFault::ConnectionLost => is_lost,
            TransportFault::Protocol { .. } => !is_lost,
            _ => false,
        };
        assert!(as_expected, "{fault:?} for {shown:?}");
    }
}

on_each_runtime!(
    a_body_comes_in_chunks_of_any_size_and_in_any_pieces,
    a_head_comes_in_any_pieces,
    a_body_without_a_length_ends_with_its_connection,
    connections_are_kept_where_they_may_be,
    what_is_said_unasked_is_no_answer_to_the_next_request,
    interim_answers_are_passed_over,
    an_interim_answer_does_not_end_an_upload,
    answers_that_have_no_body_end_with_their_head,
    a_request_says_what_it_has_to,
    answers_that_are_none_are_told,
);
