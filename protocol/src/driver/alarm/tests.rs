use core::future::{Future, pending};
use core::task::{Context, Poll, Waker};
use core::time::Duration;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::Alarm;
use crate::driver::{Dial, Exchange, Runtime, Socket};
use crate::error::TransportFault;
use crate::input::{Frame, SocketClosed};
use crate::time::{Now, Timestamp, WallTime};
use crate::wire::http::HttpResponse;

/// A clock that is set by hand, and sleeps that are counted.
#[derive(Clone, Default)]
struct ByHand {
    micros: Arc<AtomicU64>,
    sleeps: Arc<AtomicUsize>,
    /// Sleeps end at once, whatever the clock says.
    restless: bool,
}

impl ByHand {
    fn set(&self, at: Timestamp) {
        self.micros.store(at.as_micros(), Ordering::Relaxed);
    }

    fn sleeps(&self) -> usize {
        self.sleeps.load(Ordering::Relaxed)
    }
}

struct NoSocket;

impl Socket for NoSocket {
    fn poll_recv(&mut self, _: &mut Context<'_>) -> Poll<Result<Frame, SocketClosed>> {
        Poll::Pending
    }

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportFault>> {
        Poll::Pending
    }

    fn start_send(&mut self, _: Frame) -> Result<(), TransportFault> {
        Ok(())
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportFault>> {
        Poll::Pending
    }

    async fn close(self, _: u16, _: String) {}
}

impl Runtime for ByHand {
    type Socket = NoSocket;

    fn now(&self) -> Now {
        Now::new(Timestamp::from_micros(self.micros.load(Ordering::Relaxed)), WallTime::EPOCH)
    }

    async fn sleep_until(&self, _: Timestamp) {
        self.sleeps.fetch_add(1, Ordering::Relaxed);
        if !self.restless {
            pending::<()>().await;
        }
    }

    async fn exchange(&self, _: Exchange) -> Result<HttpResponse, TransportFault> {
        Err(TransportFault::ConnectFailed)
    }

    async fn open(&self, _: Dial) -> Result<NoSocket, TransportFault> {
        Err(TransportFault::ConnectFailed)
    }

    fn spawn(&self, _: impl Future<Output = ()> + Send + 'static) {}

    fn seed(&self) -> [u8; 32] {
        [7; 32]
    }
}

fn poll(alarm: &mut Alarm, runtime: &ByHand, deadline: Option<Timestamp>) -> bool {
    alarm.poll(&mut Context::from_waker(Waker::noop()), runtime, deadline).is_ready()
}

#[test]
fn the_clock_decides_and_not_the_sleep() {
    let runtime = ByHand { restless: true, ..ByHand::default() };
    let mut alarm = Alarm::new();
    for _ in 0..10 {
        assert!(
            !poll(&mut alarm, &runtime, Some(Timestamp::from_secs(1))),
            "a sleep that ends early proves nothing"
        );
    }
    runtime.set(Timestamp::from_secs(1));
    assert!(poll(&mut alarm, &runtime, Some(Timestamp::from_secs(1))));
}

#[test]
fn a_sleep_is_made_anew_only_where_the_deadline_moved() {
    let runtime = ByHand::default();
    let mut alarm = Alarm::new();
    for _ in 0..100 {
        assert!(!poll(&mut alarm, &runtime, Some(Timestamp::from_secs(1))));
    }
    assert_eq!(runtime.sleeps(), 1);
    assert!(!poll(&mut alarm, &runtime, Some(Timestamp::from_secs(2))));
    assert_eq!(runtime.sleeps(), 2);
    assert!(!poll(&mut alarm, &runtime, None));
    assert!(!poll(&mut alarm, &runtime, Some(Timestamp::from_secs(2))));
    assert_eq!(runtime.sleeps(), 3);
}

#[test]
fn a_deadline_that_does_not_move_cannot_spin() {
    let runtime = ByHand::default();
    let mut alarm = Alarm::new();
    let stuck = Some(Timestamp::from_secs(1));
    runtime.set(Timestamp::from_secs(1));
    let mut served = 0;
    // A second in steps of a tenth of a millisecond.
    for step in 0..10_000_u64 {
        runtime.set(Timestamp::from_secs(1) + Duration::from_micros(100 * step));
        served += usize::from(poll(&mut alarm, &runtime, stuck));
    }
    assert_eq!(served, 10);
    assert!(runtime.sleeps() <= 10, "{} sleeps", runtime.sleeps());
}

#[test]
fn a_deadline_that_moves_is_served_at_its_time() {
    let runtime = ByHand::default();
    let mut alarm = Alarm::new();
    for milli in 1..=50 {
        let at = Timestamp::from_millis(milli);
        assert!(!poll(&mut alarm, &runtime, Some(at)));
        runtime.set(at);
        assert!(poll(&mut alarm, &runtime, Some(at)), "at {at}");
    }
}
