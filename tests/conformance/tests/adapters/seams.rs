//! What carries streamed bodies in the client's place.

use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use bytes::Bytes;
use helpline_conformance::on_each_runtime;
use helpline_conformance::servers::storage::{LARGE, Pattern, bytes, fetch, put, run};
use helpline_conformance::servers::{get, serve_http};
use helpline_protocol::driver::adapter::files::MemorySink;
use helpline_protocol::driver::adapter::{Adapter, BodyLimit, Builder, GATHERED_BYTES, RequestBody};
use helpline_protocol::{Operation, TransportFault};
use http::{Request, Response, StatusCode};
use tower_service::Service;

/// What passed by, by operation and kind.
type Seen = Arc<Mutex<Vec<String>>>;

fn note<B>(seen: &Seen, kind: &str, request: &Request<B>) {
    let operation = request.extensions().get::<Operation>().unwrap();
    seen.lock().unwrap().push(format!("{kind} {}", operation.name()));
}

/// Adds a header to what is streamed, and passes on.
#[derive(Clone)]
struct Signing<S>(S, Seen);

impl<S: Service<Request<RequestBody>>> Service<Request<RequestBody>> for Signing<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<RequestBody>) -> Self::Future {
        note(&self.1, "streamed", &request);
        request.headers_mut().insert("x-signed", http::HeaderValue::from_static("yes"));
        self.0.call(request)
    }
}

fn streaming<A: Adapter>(builder: Builder<A>, seen: &Seen) -> Builder<A> {
    let client = builder.http_client().streaming();
    builder.with_streaming_http_service(Signing(client, seen.clone()))
}

fn whole<A: Adapter>(builder: Builder<A>, seen: &Seen) -> Builder<A> {
    let seen = seen.clone();
    builder.with_http_fn(move |request: Request<Bytes>| {
        note(&seen, "whole", &request);
        let limit = request.extensions().get::<BodyLimit>().unwrap().0;
        async move {
            assert!(limit >= 1000);
            let mut answer = Response::new(request.into_body());
            if answer.body().is_empty() {
                *answer.body_mut() = Bytes::from(bytes(0, 5000));
            }
            Ok::<_, TransportFault>(answer)
        }
    })
}

/// Echoes what it is sent, else gives a file, to those who sign.
async fn storage() -> String {
    let address = serve_http(|request| async move {
        if !request.headers().contains_key("x-signed") {
            return Response::builder().status(StatusCode::FORBIDDEN).body(Bytes::new()).unwrap();
        }
        Response::new(if request.body().is_empty() { bytes(0, 5000).into() } else { Bytes::new() })
    });
    format!("http://{}/", address.await)
}

async fn a_streaming_service_alone_carries_everything<A: Adapter>() {
    let (seen, uri) = (Seen::default(), storage().await);
    let runtime = streaming(Builder::<A>::new(), &seen).build();
    assert_eq!(run(&runtime, put(&uri, Pattern::new(LARGE), LARGE)).await.unwrap().status, 200);
    let memory = MemorySink::new();
    assert_eq!(run(&runtime, fetch(&uri, memory.clone(), 5000)).await.unwrap().sunk, Some(5000));
    assert_eq!(memory.bytes().unwrap(), bytes(0, 5000));
    assert_eq!(get(&runtime, &uri, 5000).await.unwrap().body, bytes(0, 5000));
    assert_eq!(get(&runtime, &uri, 4999).await, Err(TransportFault::TooLarge { limit: 4999 }));
    let expected = ["streamed upload", "streamed download", "streamed authorise", "streamed authorise"];
    assert_eq!(*seen.lock().unwrap(), expected);
}

async fn a_service_of_whole_bodies_alone_carries_everything_in_one_piece<A: Adapter>() {
    let seen = Seen::default();
    let runtime = whole(Builder::<A>::new(), &seen).build();
    let uri = "https://nowhere.invalid/";
    let echo = run(&runtime, put(uri, Pattern::new(900), 900)).await.unwrap();
    assert_eq!(echo.body, bytes(0, 900));
    let memory = MemorySink::new();
    assert_eq!(run(&runtime, fetch(uri, memory.clone(), 5000)).await.unwrap().sunk, Some(5000));
    assert_eq!(memory.bytes().unwrap(), bytes(0, 5000));
    let fault = run(&runtime, fetch(uri, memory, 4999)).await.unwrap_err();
    assert_eq!(fault, TransportFault::TooLarge { limit: 4999 });
    assert_eq!(*seen.lock().unwrap(), ["whole upload", "whole download", "whole download"]);
}

async fn what_is_gathered_is_bounded_and_held_to_its_size<A: Adapter>() {
    let seen = Seen::default();
    let runtime = whole(Builder::<A>::new(), &seen).build();
    let uri = "https://nowhere.invalid/";
    let size = GATHERED_BYTES as u64 + 1;
    let fault = run(&runtime, put(uri, Pattern::new(size), size)).await.unwrap_err();
    assert_eq!(fault, TransportFault::TooLarge { limit: GATHERED_BYTES });
    let fault = run(&runtime, put(uri, Pattern::new(10), 11)).await.unwrap_err();
    assert!(fault.to_string().contains("ended after 10 of 11 bytes"), "{fault}");
    assert!(seen.lock().unwrap().is_empty());
}

async fn with_both_each_carries_its_own<A: Adapter>() {
    let (seen, uri) = (Seen::default(), storage().await);
    let runtime = streaming(whole(Builder::<A>::new(), &seen), &seen).build();
    run(&runtime, put(&uri, Pattern::new(LARGE), LARGE)).await.unwrap();
    get(&runtime, &uri, 5000).await.unwrap();
    assert_eq!(*seen.lock().unwrap(), ["streamed upload", "whole authorise"]);
}

on_each_runtime!(
    a_streaming_service_alone_carries_everything,
    a_service_of_whole_bodies_alone_carries_everything_in_one_piece,
    what_is_gathered_is_bounded_and_held_to_its_size,
    with_both_each_carries_its_own,
);
