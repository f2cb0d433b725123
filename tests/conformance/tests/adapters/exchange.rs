//! HTTP: limits, faults, and what may take the client's place.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use helpline_conformance::servers::{SOON, get, request, serve, serve_http};
use helpline_conformance::{new, on_each_runtime};
use helpline_protocol::driver::adapter::{Adapter, BodyLimit, Builder};
use helpline_protocol::driver::{Exchange, Runtime as _};
use helpline_protocol::{Operation, TransportFault};
use http::{Method, Request, Response, StatusCode};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tower_service::Service;

async fn an_answer_comes_whole_whatever_its_status<A: Adapter>() {
    let address = serve_http(|request| async move {
        assert_eq!(request.headers()["host"].to_str().unwrap().split(':').next(), Some("127.0.0.1"));
        let mut answer = Response::new(Bytes::from(format!("{} {}", request.method(), request.uri())));
        *answer.status_mut() = StatusCode::TOO_MANY_REQUESTS;
        answer
    })
    .await;
    let answer = get(&new::<A>(), &format!("http://{address}/path?query"), 100).await.unwrap();
    assert_eq!(answer.status, 429);
    assert_eq!(answer.body, "GET /path?query");
}

async fn redirects_are_not_followed<A: Adapter>() {
    let address = serve_http(|_| async {
        Response::builder().status(302).header("location", "/elsewhere").body(Bytes::new()).unwrap()
    })
    .await;
    let answer = get(&new::<A>(), &format!("http://{address}/"), 100).await.unwrap();
    assert_eq!(answer.status, 302);
    assert_eq!(answer.header("location"), Some("/elsewhere"));
}

async fn a_body_of_a_known_length_is_refused_before_it_is_read<A: Adapter>() {
    let address = serve_http(|_| async { Response::new(Bytes::from(vec![0; 1001])) }).await;
    let runtime = new::<A>();
    let uri = format!("http://{address}/");
    assert_eq!(get(&runtime, &uri, 1000).await, Err(TransportFault::TooLarge { limit: 1000 }));
    assert_eq!(get(&runtime, &uri, 1001).await.unwrap().body.len(), 1001);
}

async fn a_body_without_end_is_cut_at_the_limit<A: Adapter>() {
    let sent = Arc::new(AtomicUsize::new(0));
    let counter = sent.clone();
    let address = serve(move |stream| endless(stream, counter.clone())).await;
    let fault = get(&new::<A>(), &format!("http://{address}/"), 100_000).await;
    assert_eq!(fault, Err(TransportFault::TooLarge { limit: 100_000 }));
    // What the system's buffers take beyond the limit is some megabytes at the most.
    assert!(sent.load(Ordering::Relaxed) < 64 * 1024 * 1024);
}

async fn endless(mut stream: TcpStream, sent: Arc<AtomicUsize>) {
    drop(stream.read(&mut [0; 4096]).await);
    drop(stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await);
    let chunk = [b"3e8\r\n".as_slice(), &[b'x'; 1000], b"\r\n"].concat();
    while stream.write_all(&chunk).await.is_ok() {
        sent.fetch_add(1000, Ordering::Relaxed);
    }
}

async fn faults_say_what_happened<A: Adapter>() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let cut = serve(|mut stream| async move {
        drop(stream.read(&mut [0; 4096]).await);
        drop(stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf").await);
    })
    .await;
    let silent = serve(|mut stream| async move {
        drop(stream.read(&mut [0; 4096]).await);
    })
    .await;
    let garbage = serve(|mut stream| async move {
        drop(stream.read(&mut [0; 4096]).await);
        drop(stream.write_all(b"220 mail.example ESMTP\r\n").await);
    })
    .await;
    let runtime = new::<A>();
    let fault = async |uri: String| get(&runtime, &uri, 100).await.unwrap_err();
    assert_eq!(fault(format!("http://{free}/")).await, TransportFault::ConnectFailed);
    assert_eq!(fault(format!("http://{cut}/")).await, TransportFault::ConnectionLost);
    assert_eq!(fault(format!("http://{silent}/")).await, TransportFault::ConnectionLost);
    assert!(matches!(fault(format!("http://{garbage}/")).await, TransportFault::Protocol { .. }));
    let tls = fault(format!("https://{garbage}/")).await;
    assert!(matches!(&tls, TransportFault::Tls { .. }), "{tls:?}");
}

async fn an_answer_that_does_not_come_is_given_up<A: Adapter>() {
    let address = serve(|stream| async move {
        std::future::pending::<()>().await;
        drop(stream);
    })
    .await;
    let uri = format!("http://{address}/");
    let exchange =
        Exchange::new(request(Method::GET, &uri), Operation::CatchUp, Duration::from_millis(50), 100);
    assert_eq!(new::<A>().exchange(exchange).await, Err(TransportFault::TimedOut));
}

async fn a_closure_can_answer_all_requests<A: Adapter>() {
    let runtime = Builder::<A>::new()
        .with_http_fn(|request: Request<Bytes>| async move {
            let operation = request.extensions().get::<Operation>().map(|operation| operation.name());
            match request.uri().path() {
                "/good" => Ok(Response::new(Bytes::from(operation.unwrap_or_default()))),
                "/large" => Ok(Response::new(Bytes::from(vec![0; 101]))),
                "/fault" => {
                    Err(Box::<dyn std::error::Error + Send + Sync>::from(TransportFault::NameNotFound))
                }
                _ => Err("not today".into()),
            }
        })
        .build();
    let answer = async |path: &str| get(&runtime, &format!("https://nowhere.invalid{path}"), 100).await;
    assert_eq!(answer("/good").await.unwrap().body, "authorise");
    assert_eq!(answer("/large").await, Err(TransportFault::TooLarge { limit: 100 }));
    assert_eq!(answer("/fault").await, Err(TransportFault::NameNotFound));
    assert_eq!(answer("/other").await, Err(TransportFault::Other { reason: "not today".to_owned() }));
}

/// Adds a header and passes on.
#[derive(Clone)]
struct Signing<S>(S);

impl<S: Service<Request<Bytes>>> Service<Request<Bytes>> for Signing<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Bytes>) -> Self::Future {
        assert_eq!(request.extensions().get(), Some(&BodyLimit(100)));
        request.headers_mut().insert("x-signed", http::HeaderValue::from_static("yes"));
        self.0.call(request)
    }
}

async fn a_service_can_wrap_the_client<A: Adapter>() {
    let address = serve_http(|request| async move {
        Response::new(Bytes::copy_from_slice(request.headers()["x-signed"].as_bytes()))
    })
    .await;
    let builder = Builder::<A>::new();
    let client = builder.http_client();
    let runtime = builder.with_http_service(Signing(client)).build();
    let answer = get(&runtime, &format!("http://{address}/"), 100).await.unwrap();
    assert_eq!(answer.body, "yes");
}

async fn a_dropped_exchange_is_abandoned<A: Adapter>() {
    let (gone, mut seen) = tokio::sync::mpsc::channel(1);
    let address = serve(move |mut stream| {
        let gone = gone.clone();
        async move {
            drop(stream.read(&mut [0; 4096]).await);
            gone.send("asked").await.unwrap();
            assert!(matches!(stream.read(&mut [0; 4096]).await, Ok(0) | Err(_)));
            gone.send("gone").await.unwrap();
        }
    })
    .await;
    let uri = format!("http://{address}/");
    let runtime = new::<A>();
    {
        let mut exchange = std::pin::pin!(get(&runtime, &uri, 100));
        tokio::select! {
            answer = &mut exchange => panic!("{answer:?}"),
            asked = seen.recv() => assert_eq!(asked, Some("asked")),
        }
    }
    assert_eq!(tokio::time::timeout(SOON, seen.recv()).await, Ok(Some("gone")));
}

on_each_runtime!(
    an_answer_comes_whole_whatever_its_status,
    redirects_are_not_followed,
    a_body_of_a_known_length_is_refused_before_it_is_read,
    a_body_without_end_is_cut_at_the_limit,
    faults_say_what_happened,
    an_answer_that_does_not_come_is_given_up,
    a_closure_can_answer_all_requests,
    a_service_can_wrap_the_client,
    a_dropped_exchange_is_abandoned,
);
