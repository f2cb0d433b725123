//! One task with many sessions in it.

use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use core::task::{Context, Poll, Waker};
use std::collections::{BTreeMap, VecDeque};
#[allow(
    clippy::disallowed_types,
    reason = "a session belongs to one caller, but anybody may wake one, from any thread"
)]
use std::sync::Mutex;
use std::sync::{Arc, PoisonError};
use std::task::Wake;

use futures_channel::{mpsc, oneshot};
use futures_util::stream::StreamExt as _;
use futures_util::task::AtomicWaker;

use super::runtime::HubRuntime;
use super::stats::HubStats;
use super::timers::Timers;
use crate::driver::CLOSE_WAIT;
use crate::driver::calls::Task as Boxed;
use crate::driver::runtime::Runtime;
use crate::driver::task::Task;
use crate::driver::watch::SessionStats;
use crate::time::Timestamp;

/// Sessions that are polled in one poll of the shard, before other tasks of the runtime get their turn.
pub(super) const SESSIONS_PER_POLL: usize = 32;
/// Orders that are served in one poll.
const ORDERS_PER_POLL: usize = 64;
/// Sleepers that are woken in one poll. It costs little.
const WAKES_PER_POLL: usize = 1_024;
/// Sessions that are counted, or told to close, in one poll.
const SWEPT_PER_POLL: usize = 256;

/// What a hub asks of a shard.
pub(super) enum Order<R: Runtime> {
    Add(Box<Task<HubRuntime<R>>>),
    Stats(oneshot::Sender<HubStats>),
    Close(oneshot::Sender<()>),
}

/// One task with many sessions in it.
pub(super) struct Shard<R: Runtime> {
    runtime: R,
    /// None once the hub is gone.
    orders: Option<mpsc::UnboundedReceiver<Order<R>>>,
    sessions: BTreeMap<u64, Seat<R>>,
    started: u64,
    polls: u64,
    /// What those did that are gone.
    gone: SessionStats,
    ready: Arc<Ready>,
    timers: Arc<Timers>,
    load: Arc<AtomicUsize>,
    sleep: Option<(Timestamp, Boxed<()>)>,
    counts: VecDeque<Count>,
    closing: Option<Closing>,
}

struct Seat<R: Runtime> {
    task: Box<Task<HubRuntime<R>>>,
    bell: Arc<Bell>,
    waker: Waker,
}

/// A count of all sessions, as far as it has got.
struct Count {
    reply: oneshot::Sender<HubStats>,
    /// The first session that is not counted yet.
    next: u64,
    sum: SessionStats,
}

struct Closing {
    replies: Vec<oneshot::Sender<()>>,
    /// The first session that has not been told yet.
    next: u64,
    /// When what is left is abandoned.
    until: Timestamp,
}

/// Sessions that were woken, in that order.
struct Ready {
    #[allow(clippy::disallowed_types, reason = "as above; it is held for a step and never over an await")]
    queue: Mutex<VecDeque<u64>>,
    /// Wakes the shard. None while the shard is at work: it looks at the queue before it rests.
    shard: AtomicWaker,
}

/// Wakes one session.
struct Bell {
    session: u64,
    /// It stands in the queue already.
    rung: AtomicBool,
    ready: Arc<Ready>,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.rung.swap(true, Ordering::AcqRel) {
            self.ready.push(self.session);
        }
    }
}

impl Ready {
    fn push(&self, session: u64) {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).push_back(session);
        self.shard.wake();
    }

    fn pop(&self) -> Option<u64> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    fn is_empty(&self) -> bool {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }
}

impl<R: Runtime> Shard<R> {
    #[allow(clippy::disallowed_types, reason = "as above")]
    pub(super) fn new(
        runtime: R,
        orders: mpsc::UnboundedReceiver<Order<R>>,
        timers: Arc<Timers>,
        load: Arc<AtomicUsize>,
    ) -> Self {
        let ready = Ready { queue: Mutex::default(), shard: AtomicWaker::new() };
        Self {
            runtime,
            orders: Some(orders),
            sessions: BTreeMap::new(),
            started: 0,
            polls: 0,
            gone: SessionStats::default(),
            ready: Arc::new(ready),
            timers,
            load,
            sleep: None,
            counts: VecDeque::new(),
            closing: None,
        }
    }

    /// Does a bounded amount of what there is to do. Ready when the hub and all sessions are gone.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        // What is woken during this poll is found before its end.
        drop(self.ready.shard.take());
        drop(self.timers.shard().take());
        let mut more = self.serve_orders(context);
        let now = self.runtime.now().at;
        self.timers.fire(now, WAKES_PER_POLL);
        for _ in 0..SESSIONS_PER_POLL {
            let Some(session) = self.ready.pop() else { break };
            self.poll_session(session);
        }
        more |= self.sweep(now);
        if self.orders.is_none() && self.sessions.is_empty() {
            return Poll::Ready(());
        }
        self.ready.shard.register(context.waker());
        self.timers.shard().register(context.waker());
        more |= self.rest(context);
        if more || !self.ready.is_empty() {
            context.waker().wake_by_ref();
        }
        Poll::Pending
    }

    /// Serves what the hub asks for. Whether there may be more.
    fn serve_orders(&mut self, context: &mut Context<'_>) -> bool {
        for _ in 0..ORDERS_PER_POLL {
            let Some(orders) = &mut self.orders else { return false };
            match orders.poll_next_unpin(context) {
                Poll::Ready(Some(order)) => self.serve(order),
                Poll::Ready(None) => self.orders = None,
                Poll::Pending => return false,
            }
        }
        true
    }

    fn serve(&mut self, order: Order<R>) {
        match order {
            Order::Add(mut task) => {
                let session = self.started;
                self.started += 1;
                if self.closing.is_some() {
                    task.close();
                }
                let bell =
                    Arc::new(Bell { session, rung: AtomicBool::new(false), ready: self.ready.clone() });
                let waker = Waker::from(bell.clone());
                waker.wake_by_ref();
                self.sessions.insert(session, Seat { task, bell, waker });
            }
            Order::Stats(reply) => {
                self.counts.push_back(Count { reply, next: 0, sum: self.gone.clone() });
            }
            Order::Close(reply) => {
                let until = self.runtime.now().at + CLOSE_WAIT;
                let closing = self.closing.get_or_insert(Closing { replies: Vec::new(), next: 0, until });
                closing.replies.push(reply);
            }
        }
    }

    fn poll_session(&mut self, session: u64) {
        let Some(seat) = self.sessions.get_mut(&session) else { return };
        seat.bell.rung.store(false, Ordering::Release);
        self.polls += 1;
        if seat.task.poll(&mut Context::from_waker(&seat.waker)).is_ready() {
            self.remove(session);
        }
    }

    fn remove(&mut self, session: u64) {
        if let Some(seat) = self.sessions.remove(&session) {
            let stats = seat.task.stats();
            // A count under way has those that were gone when it began.
            for count in self.counts.iter_mut().filter(|count| session >= count.next) {
                count.sum.add(&stats);
            }
            self.gone.add(&stats);
            self.load.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Goes over the sessions where that was asked for, some at a time. Whether there are more.
    fn sweep(&mut self, now: Timestamp) -> bool {
        self.count() | self.close(now)
    }

    fn count(&mut self) -> bool {
        let Some(mut count) = self.counts.pop_front() else { return false };
        let mut sessions = self.sessions.range(count.next..);
        for (session, seat) in sessions.by_ref().take(SWEPT_PER_POLL) {
            count.sum.add(&seat.task.stats());
            count.next = session + 1;
        }
        if sessions.next().is_some() {
            self.counts.push_front(count);
            return true;
        }
        let Count { reply, sum: totals, .. } = count;
        let sessions = u64::try_from(self.sessions.len()).unwrap_or(u64::MAX);
        // Whoever asked may have gone away.
        drop(reply.send(HubStats { sessions, started: self.started, polls: self.polls, totals }));
        !self.counts.is_empty()
    }

    fn close(&mut self, now: Timestamp) -> bool {
        if self.closing.as_ref().is_some_and(|closing| now >= closing.until) {
            let left: Vec<u64> = self.sessions.keys().copied().take(SWEPT_PER_POLL).collect();
            left.into_iter().for_each(|session| self.remove(session));
        }
        let Some(closing) = &mut self.closing else { return false };
        for (session, seat) in self.sessions.range_mut(closing.next..).take(SWEPT_PER_POLL) {
            seat.task.close();
            seat.waker.wake_by_ref();
            closing.next = session + 1;
        }
        if self.sessions.is_empty() {
            closing.replies.drain(..).for_each(|reply| _ = reply.send(()));
        }
        self.sessions.range(closing.next..).next().is_some()
            || (now >= closing.until && !self.sessions.is_empty())
    }

    /// Sees to it that the shard is woken at the next deadline. Whether it is due now.
    fn rest(&mut self, context: &mut Context<'_>) -> bool {
        let until = self.closing.as_ref().filter(|_| !self.sessions.is_empty()).map(|closing| closing.until);
        let Some(next) = self.timers.next().into_iter().chain(until).min() else {
            self.sleep = None;
            return false;
        };
        if self.sleep.as_ref().is_none_or(|(at, _)| *at != next) {
            let runtime = self.runtime.clone();
            self.sleep = Some((next, Box::pin(async move { runtime.sleep_until(next).await })));
        }
        let Some((_, sleep)) = &mut self.sleep else { return false };
        let due = sleep.as_mut().poll(context).is_ready();
        if due {
            self.sleep = None;
        }
        due
    }
}
