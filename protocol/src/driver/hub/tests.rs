use core::future::Future;
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use core::time::Duration;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Wake;

use futures_channel::mpsc;

use super::shard::{SESSIONS_PER_POLL, Shard};
use super::timers::Timers;
use super::{Handle, Hub};
use crate::config::Config;
use crate::dialect::{Policy, Rate, amazon_connect};
use crate::driver::error::Closed;
use crate::driver::testing::ByHand;
use crate::driver::{CLOSE_WAIT, Chat, ChatError, Events, Governor, Rates};
use crate::event::ConnectionState;
use crate::output::Operation;
use crate::time::Timestamp;

/// A hub whose one shard is polled by hand.
struct Stage {
    hub: Option<Hub<ByHand>>,
    shard: Option<Shard<ByHand>>,
    runtime: ByHand,
    wakes: Arc<Wakes>,
}

/// How often the shard was woken.
#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Stage {
    fn new() -> Self {
        let runtime = ByHand::default();
        let (orders, served) = mpsc::unbounded();
        let (timers, load) = (Arc::new(Timers::new()), Arc::new(AtomicUsize::new(0)));
        let shard = Shard::new(runtime.clone(), served, timers.clone(), load.clone());
        let shards = vec![Handle { orders, timers, load }];
        let hub = Hub { runtime: runtime.clone(), governor: None, shards };
        Self { hub: Some(hub), shard: Some(shard), runtime, wakes: Arc::default() }
    }

    fn hub(&self) -> &Hub<ByHand> {
        self.hub.as_ref().unwrap()
    }

    fn poll(&mut self) -> Poll<()> {
        let waker = Waker::from(self.wakes.clone());
        let shard = self.shard.as_mut().expect("it has not ended");
        shard.poll(&mut Context::from_waker(&waker))
    }

    /// Polls the shard until it rests. Sleeps of this runtime wake at once, so some polls are enough.
    fn settle(&mut self) {
        for _ in 0..200 {
            if self.shard.is_none() || self.poll().is_ready() {
                self.shard = None;
                return;
            }
        }
    }

    fn wait<T>(&mut self, call: impl Future<Output = T>) -> T {
        let mut call = pin!(call);
        for _ in 0..1_000 {
            if let Poll::Ready(result) = call.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                return result;
            }
            if self.shard.is_some() && self.poll().is_ready() {
                self.shard = None;
            }
        }
        panic!("the call hangs")
    }

    fn connect(&mut self, sessions: usize) -> Vec<(Chat, Events)> {
        let handles = (0..sessions).map(|_| self.hub().connect(config()).unwrap()).collect();
        self.settle();
        handles
    }

    fn polls(&mut self) -> u64 {
        let hub = self.hub.take().unwrap();
        let stats = self.wait(hub.stats()).unwrap();
        self.hub = Some(hub);
        stats.polls
    }
}

fn config() -> Config {
    let config = amazon_connect::Config::new(amazon_connect::ChatDetails::new("participant-token"));
    // Nobody answers probes here.
    let policy = Policy::amazon_connect().with_heartbeat_wait(Duration::from_secs(3_600));
    Config::from(config).with_policy(policy)
}

#[test]
fn sessions_go_live_in_one_task() {
    let mut stage = Stage::new();
    let handles = stage.connect(100);
    assert_eq!(stage.hub().len(), 100);
    for (chat, _events) in &handles {
        assert_eq!(stage.wait(chat.state()), Ok(ConnectionState::Live));
    }
}

#[test]
fn they_share_one_sleep() {
    let mut stage = Stage::new();
    let _handles = stage.connect(100);
    // One sleep for each time that the next deadline was another one, and none for a session.
    assert!(stage.runtime.sleeps() < 20, "{} sleeps", stage.runtime.sleeps());
}

#[test]
fn only_who_was_woken_is_polled() {
    let mut stage = Stage::new();
    let handles = stage.connect(100);
    stage.settle();
    let before = stage.polls();
    stage.wait(handles[50].0.state()).unwrap();
    let after = stage.polls();
    assert!((1..=2).contains(&(after - before)), "{} polls for one call", after - before);
    // Nor does a deadline of one concern another.
    stage.settle();
    assert_eq!(stage.polls(), after);
}

#[test]
fn busy_sessions_do_not_starve_the_others() {
    let mut stage = Stage::new();
    let handles = stage.connect(4 * SESSIONS_PER_POLL);
    stage.runtime.chatty();
    // All sockets have something to read at any time, once somebody looks.
    let calls: Vec<_> = handles.iter().map(|(chat, _)| chat.stats()).collect();
    let stats: Vec<_> = calls.into_iter().map(|call| stage.wait(call).unwrap()).collect();
    drop(stats);
    for _ in 0..12 {
        assert!(stage.poll().is_pending());
    }
    let read: Vec<u64> =
        handles.iter().map(|(chat, _)| stage.wait(chat.stats()).unwrap().frames_received).collect();
    let (least, most) = (read.iter().min().unwrap(), read.iter().max().unwrap());
    assert!(*least > 64 && *most < 40 * least, "between {least} and {most} frames read");
}

#[test]
fn a_session_whose_handles_are_dropped_says_goodbye_and_is_gone() {
    let mut stage = Stage::new();
    let mut handles = stage.connect(3);
    drop(handles.remove(1));
    stage.settle();
    assert_eq!(stage.runtime.closed(), 1, "it was asked to");
    assert_eq!(stage.hub().len(), 3, "the goodbye is under way");
    stage.runtime.set(Timestamp::ZERO + CLOSE_WAIT);
    stage.settle();
    assert_eq!(stage.hub().len(), 2);
    assert_eq!(stage.wait(handles[0].0.state()), Ok(ConnectionState::Live));
}

#[test]
fn closing_the_hub_closes_all_within_the_wait() {
    let mut stage = Stage::new();
    let handles = stage.connect(1_000);
    let hub = stage.hub.take().unwrap();
    let mut closing = pin!(hub.close());
    let mut context = Context::from_waker(Waker::noop());
    assert!(closing.as_mut().poll(&mut context).is_pending());
    stage.settle();
    assert_eq!(stage.runtime.closed(), 1_000);
    stage.runtime.set(Timestamp::ZERO + CLOSE_WAIT - Duration::from_micros(1));
    stage.settle();
    assert!(closing.as_mut().poll(&mut context).is_pending(), "no socket has answered");
    stage.runtime.set(Timestamp::ZERO + CLOSE_WAIT);
    stage.settle();
    assert!(closing.as_mut().poll(&mut context).is_ready());
    assert_eq!(hub.len(), 0);
    assert_eq!(stage.wait(handles[7].0.send_text("too late")), Err(ChatError::Closed(Closed)));
    let (late, mut events) = hub.connect(config()).unwrap();
    assert_eq!(stage.wait(late.state()), Err(Closed));
    while stage.wait(events.next()).is_some() {}
    assert_eq!(hub.len(), 0);
}

#[test]
fn a_hub_that_is_dropped_leaves_its_sessions_alone() {
    let mut stage = Stage::new();
    let handles = stage.connect(2);
    drop(stage.hub.take());
    stage.settle();
    assert_eq!(stage.wait(handles[0].0.state()), Ok(ConnectionState::Live));
    drop(handles);
    stage.settle();
    stage.runtime.set(Timestamp::ZERO + CLOSE_WAIT);
    stage.settle();
    assert!(stage.shard.is_none(), "its task has ended");
}

#[test]
fn with_the_runtime_gone_calls_end() {
    let mut stage = Stage::new();
    let mut handles = stage.connect(2);
    let (chat, events) = &mut handles[0];
    let mut call = pin!(chat.typing());
    assert!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    stage.shard = None;
    assert_eq!(stage.wait(call), Err(ChatError::Closed(Closed)));
    while stage.wait(events.next()).is_some() {}
    let (chat, _events) = stage.hub().connect(config()).unwrap();
    assert_eq!(stage.wait(chat.state()), Err(Closed));
    let hub = stage.hub.take().unwrap();
    assert_eq!(stage.wait(hub.stats()), Err(Closed));
    stage.wait(hub.close());
}

#[test]
fn the_totals_hold_those_that_are_gone_too() {
    let mut stage = Stage::new();
    let mut handles = stage.connect(600);
    drop(handles.split_off(300));
    stage.settle();
    stage.runtime.set(Timestamp::ZERO + CLOSE_WAIT);
    stage.settle();
    let hub = stage.hub.take().unwrap();
    let stats = stage.wait(hub.stats()).unwrap();
    assert_eq!((stats.sessions, stats.started), (300, 600));
    assert_eq!(stats.totals.connects, 600);
    assert_eq!(stats.totals.requests[&Operation::Authorise].granted, 600);
    // Half of them go while they are counted.
    let mut counting = pin!(hub.stats());
    let mut context = Context::from_waker(Waker::noop());
    assert!(counting.as_mut().poll(&mut context).is_pending());
    assert!(stage.poll().is_pending());
    drop(handles);
    stage.settle();
    assert_eq!(stage.wait(counting).unwrap().totals.connects, 600);
}

#[test]
fn sessions_of_a_hub_share_its_governor() {
    let mut stage = Stage::new();
    let rates = Rates::unlimited().with_rate(&[Operation::Authorise], Rate::per_second(1, 10));
    let governor = Arc::new(Governor::new(rates));
    stage.hub = stage.hub.take().map(|hub| hub.with_governor(governor.clone()));
    let handles = stage.connect(15);
    assert_eq!(governor.stats().waiting, 5);
    for second in 0..=5 {
        stage.runtime.set(Timestamp::from_secs(second));
        stage.settle();
    }
    assert_eq!(governor.stats().waiting, 0);
    for (chat, _events) in &handles {
        assert_eq!(stage.wait(chat.state()), Ok(ConnectionState::Live));
    }
}
