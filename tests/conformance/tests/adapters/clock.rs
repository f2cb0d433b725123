//! Time: a sleep and the clock agree, and a session sleeps once for each of its deadlines.

use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt as _;
use helpline_conformance::servers::SOON;
use helpline_conformance::servers::amazon::Amazon;
use helpline_conformance::{new, on_each_runtime};
use helpline_protocol::driver::adapter::Adapter;
use helpline_protocol::driver::{self, Dial, Exchange, Runtime};
use helpline_protocol::{HttpResponse, Now, Timestamp, TransportFault};
use tokio::time::timeout;

/// A runtime, and until when it was asked to sleep.
#[derive(Clone)]
struct Watched<R> {
    runtime: R,
    sleeps: Arc<Mutex<Vec<Timestamp>>>,
}

impl<R> Watched<R> {
    fn sleeps(&self) -> Vec<Timestamp> {
        self.sleeps.lock().unwrap().clone()
    }
}

impl<R: Runtime> Runtime for Watched<R> {
    type Socket = R::Socket;

    fn now(&self) -> Now {
        self.runtime.now()
    }

    async fn sleep_until(&self, at: Timestamp) {
        self.sleeps.lock().unwrap().push(at);
        self.runtime.sleep_until(at).await;
        assert!(self.now().at >= at, "it ended too early");
    }

    async fn exchange(&self, exchange: Exchange) -> Result<HttpResponse, TransportFault> {
        self.runtime.exchange(exchange).await
    }

    async fn open(&self, dial: Dial) -> Result<R::Socket, TransportFault> {
        self.runtime.open(dial).await
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.runtime.spawn(task);
    }

    fn seed(&self) -> [u8; 32] {
        self.runtime.seed()
    }
}

async fn a_sleep_ends_when_the_clock_is_there<A: Adapter>() {
    let runtime = new::<A>();
    for millis in [0, 1, 7, 20] {
        let at = runtime.now().at + Duration::from_millis(millis);
        timeout(SOON, runtime.sleep_until(at)).await.expect("an end to it");
        assert!(runtime.now().at >= at, "{millis}");
    }
    let past = Timestamp::ZERO;
    timeout(SOON, runtime.sleep_until(past)).await.expect("what is past is there");
    for far in [runtime.now().at + SOON, Timestamp::from_micros(u64::MAX)] {
        assert_eq!(runtime.sleep_until(far).now_or_never(), None, "{far}");
    }
}

async fn a_session_sleeps_once_for_each_of_its_deadlines<A: Adapter>() {
    let amazon = Amazon::start().await;
    let watched = Watched { runtime: new::<A>(), sleeps: Arc::default() };
    let (chat, mut events) = driver::start(watched.clone(), amazon.config()).unwrap();
    timeout(SOON, chat.connect()).await.unwrap().unwrap();
    for number in 0..50 {
        amazon.say(number, "something");
        timeout(SOON, chat.send_text("an answer")).await.unwrap().unwrap();
    }
    while events.next().now_or_never().flatten().is_some() {}
    let sleeps = watched.sleeps();
    assert!(sleeps.windows(2).all(|pair| pair[0] != pair[1]), "none is made twice: {sleeps:?}");
    // A chat in which nothing happens does nothing: the next deadlines are seconds away.
    let before = sleeps.len();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let after = watched.sleeps().len();
    assert!(after - before < 10, "{} sleeps in a moment of silence", after - before);
}

on_each_runtime!(a_sleep_ends_when_the_clock_is_there, a_session_sleeps_once_for_each_of_its_deadlines);
