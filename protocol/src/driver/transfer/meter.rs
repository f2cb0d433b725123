//! Counts the bytes of a transfer. They pass wherever the adapter moves them, in another task perhaps; the
//! driver looks at the count, and is woken no oftener than is worth an event.

use core::fmt;
use core::time::Duration;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use futures_util::task::AtomicWaker;

use crate::error::TransportFault;
use crate::time::Timestamp;

/// So many bytes more are worth telling.
const STEP: u64 = 64 * 1024;
/// And so are fewer, after this long: what is slow must be seen to move.
const PAUSE: Duration = Duration::from_millis(100);

/// Stands for a total that is not known.
const UNKNOWN: u64 = u64::MAX;

type Clock = Box<dyn Fn() -> Timestamp + Send + Sync>;

/// The count of one transfer. Only one task moves its bytes at a time.
pub(in crate::driver) struct Meter {
    done: AtomicU64,
    total: AtomicU64,
    /// The count, and the time, when the driver was last woken.
    woken_done: AtomicU64,
    woken_at: AtomicU64,
    due: AtomicBool,
    over: AtomicBool,
    fault: OnceLock<TransportFault>,
    reader: Option<(Clock, Arc<AtomicWaker>)>,
}

/// How far a transfer has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::driver) struct Report {
    pub(in crate::driver) done: u64,
    pub(in crate::driver) total: Option<u64>,
}

impl Meter {
    /// One that nobody is woken for.
    pub(super) const fn unread() -> Self {
        Self {
            done: AtomicU64::new(0),
            total: AtomicU64::new(UNKNOWN),
            woken_done: AtomicU64::new(0),
            woken_at: AtomicU64::new(0),
            due: AtomicBool::new(false),
            over: AtomicBool::new(false),
            fault: OnceLock::new(),
            reader: None,
        }
    }

    /// One that wakes the driver.
    pub(in crate::driver) fn new(
        clock: impl Fn() -> Timestamp + Send + Sync + 'static,
        waker: Arc<AtomicWaker>,
    ) -> Self {
        let woken_at = AtomicU64::new(clock().as_micros());
        Self { woken_at, reader: Some((Box::new(clock), waker)), ..Self::unread() }
    }

    /// The bytes begin to pass, from the first on.
    pub(super) fn begin(&self, total: Option<u64>) {
        self.done.store(0, Ordering::Relaxed);
        self.woken_done.store(0, Ordering::Relaxed);
        self.total.store(total.unwrap_or(UNKNOWN), Ordering::Relaxed);
    }

    /// More have passed.
    pub(super) fn add(&self, bytes: u64) {
        let done = self.done.fetch_add(bytes, Ordering::Release).saturating_add(bytes);
        let Some((clock, waker)) = &self.reader else { return };
        let now = clock();
        let passed = now.saturating_since(Timestamp::from_micros(self.woken_at.load(Ordering::Relaxed)));
        if done.saturating_sub(self.woken_done.load(Ordering::Relaxed)) >= STEP || passed >= PAUSE {
            self.woken_done.store(done, Ordering::Relaxed);
            self.woken_at.store(now.as_micros(), Ordering::Relaxed);
            self.due.store(true, Ordering::Release);
            waker.wake();
        }
    }

    /// What there is to tell, if it is time.
    pub(in crate::driver) fn due(&self) -> Option<Report> {
        self.due.swap(false, Ordering::AcqRel).then(|| self.report())
    }

    pub(in crate::driver) fn report(&self) -> Report {
        let total = Some(self.total.load(Ordering::Relaxed)).filter(|total| *total != UNKNOWN);
        Report { done: self.bytes(), total }
    }

    pub(super) fn bytes(&self) -> u64 {
        self.done.load(Ordering::Acquire)
    }

    /// Something is wrong with the bytes themselves. The first fault stays.
    pub(super) fn fail(&self, fault: TransportFault) {
        drop(self.fault.set(fault));
    }

    pub(super) fn fault(&self) -> Option<TransportFault> {
        self.fault.get().cloned()
    }

    /// Nobody waits for the transfer any more.
    pub(super) fn over(&self) {
        self.over.store(true, Ordering::Release);
    }

    pub(super) fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }
}

/// Shows how far a transfer has got, for an adapter that wants to tell a slow one from one that stands still.
#[derive(Clone)]
pub struct Headway(Arc<Meter>);

impl Headway {
    pub(super) const fn new(meter: Arc<Meter>) -> Self {
        Self(meter)
    }

    /// Bytes so far: those of the request that the client took, or those of the answer that the sink took.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.0.bytes()
    }
}

impl fmt::Debug for Headway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Headway").field(&self.bytes()).finish()
    }
}
