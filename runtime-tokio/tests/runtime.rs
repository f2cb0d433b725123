//! What is tokio's alone: its clock can be paused, and a runtime can end. All else that an adapter does is tested in
//! `tests/conformance/tests/adapters`, on every runtime.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use helpline_protocol::{Config, TransportFault, amazon_connect, driver};
use helpline_tokio::{Chat, ChatError, Closed, Events, TokioRuntime};
use http::{Request, Response};
use tokio::time::timeout;

/// A session whose requests are all refused for now; none gets as far as a socket.
fn refused(asked: Arc<AtomicUsize>) -> (Chat, Events) {
    let runtime = TokioRuntime::builder()
        .with_http_fn(move |_: Request<Bytes>| {
            asked.fetch_add(1, Ordering::Relaxed);
            let answer = Response::builder().status(503).body(Bytes::new()).unwrap();
            async move { Ok::<_, TransportFault>(answer) }
        })
        .build();
    let details = amazon_connect::ChatDetails::new("participant-token");
    driver::connect(runtime, Config::from(amazon_connect::Config::new(details))).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_paused_clock_works() {
    let asked = Arc::new(AtomicUsize::new(0));
    let (_chat, mut events) = refused(asked.clone());
    let began = tokio::time::Instant::now();
    let wall = std::time::Instant::now();
    let ten_minutes = async { while events.next().await.is_some() {} };
    assert!(timeout(Duration::from_secs(600), ten_minutes).await.is_err(), "it never gives up");
    assert_eq!(began.elapsed().as_secs(), 600);
    assert!(wall.elapsed() < Duration::from_secs(5));
    // Waits are drawn from zero to 30 s: some forty tries in ten minutes, and no storm.
    let tries = asked.load(Ordering::Relaxed);
    assert!((20..200).contains(&tries), "{tries} tries");
}

#[test]
fn with_the_runtime_gone_calls_say_so() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (chat, _events) = runtime.block_on(async { refused(Arc::default()) });
    drop(runtime);
    let other = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert_eq!(other.block_on(chat.state()), Err(Closed::default()));
    assert_eq!(other.block_on(chat.send_text("hello")), Err(ChatError::Closed(Closed::default())));
}
