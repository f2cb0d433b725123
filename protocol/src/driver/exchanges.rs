//! HTTP requests under way, with what is told of their progress.

use core::sync::atomic::{AtomicBool, Ordering};
use core::task::{Context, Poll};
use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use futures_util::task::AtomicWaker;

use super::calls::{AtEnd, Calls, Task};
use super::files::Resolved;
use super::governor::{Admission, Governor};
use super::runtime::{Exchange, Runtime};
use super::transfer::{Download, Meter, Upload, judged};
use super::watch::Span;
use crate::error::TransportFault;
use crate::id::RequestId;
use crate::input::Input;
use crate::output::Priority;
use crate::time::Timestamp;
use crate::wire::http::HttpResponse;

type Answer = Result<HttpResponse, TransportFault>;

/// What every exchange goes by.
pub(super) struct With<'a, R> {
    pub(super) runtime: &'a R,
    pub(super) governor: Option<&'a Arc<Governor>>,
    pub(super) span: &'a Span,
}

/// A request that waits for its turn.
struct Held {
    /// It waits no more.
    went: Arc<AtomicBool>,
    /// When to say next that it is not lost; never, where it is not worth that.
    next: Option<Timestamp>,
    interval: Duration,
    governor: Arc<Governor>,
}

impl Held {
    fn new(now: Timestamp, exchange: &Exchange, went: Arc<AtomicBool>, governor: Arc<Governor>) -> Self {
        // Twice within the time allowed, as many may be due at once and each is told by itself.
        let interval = exchange.timeout / 2;
        let worth = exchange.priority != Priority::Typing;
        Self { went, next: worth.then(|| now + interval), interval, governor }
    }
}

/// HTTP requests under way.
pub(super) struct Exchanges {
    calls: Calls<RequestId, Answer>,
    /// Of those that have something to count, with the count that was told last.
    meters: BTreeMap<RequestId, (Arc<Meter>, u64)>,
    /// Answers that come after the last word about their progress.
    answered: VecDeque<(RequestId, Answer)>,
    /// Those that the governor has not let go.
    held: BTreeMap<RequestId, Held>,
    /// Wakes the driver when some progress is worth telling.
    waker: Arc<AtomicWaker>,
}

impl Exchanges {
    pub(super) fn new() -> Self {
        Self {
            calls: Calls::new(),
            meters: BTreeMap::new(),
            answered: VecDeque::new(),
            held: BTreeMap::new(),
            waker: Arc::new(AtomicWaker::new()),
        }
    }

    /// Begins an exchange, with the source and sink that were found for it.
    pub(super) fn start<R: Runtime>(
        &mut self,
        with: &With<'_, R>,
        id: RequestId,
        at_end: AtEnd,
        mut exchange: Exchange,
        files: Resolved,
    ) {
        let With { runtime, governor, span } = with;
        if files.source.is_some() || files.sink.is_some() {
            let clock = (*runtime).clone();
            let meter = Arc::new(Meter::new(move || clock.now().at, self.waker.clone()));
            self.meters.insert(id, (meter.clone(), 0));
            exchange.upload = files.source.map(|(source, size)| Upload::metered(source, size, meter.clone()));
            exchange.download = files.sink.map(|(sink, limit)| Download::metered(sink, limit, meter));
        }
        let runtime = (*runtime).clone();
        let upload = exchange.upload.clone();
        let Some(governor) = governor.cloned() else {
            let call = judged(upload, async move { runtime.exchange(exchange).await });
            return self.calls.start(id, at_end, span.trace(id, call));
        };
        let operation = exchange.operation;
        let admission = Admission::request(&governor, runtime.clone(), operation, exchange.priority);
        let went = Arc::new(AtomicBool::new(false));
        if admission.waits() {
            self.held.insert(id, Held::new(runtime.now().at, &exchange, went.clone(), governor.clone()));
        }
        let call = async move {
            admission.await?;
            went.store(true, Ordering::Relaxed);
            let answer = runtime.exchange(exchange).await?;
            governor.answered(runtime.now().at, operation, &answer);
            Ok(answer)
        };
        self.calls.start(id, at_end, span.trace(id, judged(upload, call)));
    }

    /// An exchange that cannot even begin.
    pub(super) fn fail(&mut self, id: RequestId, fault: TransportFault) {
        self.calls.start(id, AtEnd::Drop, core::future::ready(Err(fault)));
    }

    pub(super) fn cancel(&mut self, id: RequestId) {
        self.calls.cancel(id);
        self.meters.remove(&id);
        self.held.remove(&id);
        self.answered.retain(|(answered, _)| *answered != id);
    }

    /// The next answer, or what there is to tell of one that is not there yet.
    pub(super) fn poll_next<R: Runtime>(&mut self, context: &mut Context<'_>, runtime: &R) -> Poll<Input> {
        if let Some((request, result)) = self.answered.pop_front() {
            return Poll::Ready(Input::Response { request, result });
        }
        if let Poll::Ready((request, result)) = self.calls.poll_next(context) {
            return Poll::Ready(self.answer(request, result));
        }
        if !self.held.is_empty()
            && let Some(input) = self.headway_of_held(runtime.now().at)
        {
            return Poll::Ready(input);
        }
        if !self.meters.is_empty() {
            self.waker.register(context.waker());
        }
        for (id, (meter, told)) in &mut self.meters {
            if let Some(report) = meter.due() {
                *told = report.done;
                return Poll::Ready(Input::Progress { request: *id, done: report.done, total: report.total });
            }
        }
        Poll::Pending
    }

    /// When a session has to be told that a request which waits for its turn is not lost.
    pub(super) fn keep_alive(&self) -> Option<Timestamp> {
        self.held.values().filter_map(|held| held.next).min()
    }

    /// The time that a session allows for a request begins when it goes out, and does not pass before.
    fn headway_of_held(&mut self, now: Timestamp) -> Option<Input> {
        let due =
            |held: &Held| held.went.load(Ordering::Relaxed) || held.next.is_some_and(|next| next <= now);
        let (id, held) = self.held.iter_mut().find(|(_, held)| due(held))?;
        let request = *id;
        held.next = Some(now + held.interval);
        held.governor.nudge(now);
        if held.went.load(Ordering::Relaxed) {
            self.held.remove(&request);
        }
        Some(Input::Progress { request, done: 0, total: None })
    }

    /// What is transferred has come to its end: the count of it is told before the answer.
    fn answer(&mut self, request: RequestId, result: Answer) -> Input {
        self.held.remove(&request);
        let last = self.meters.remove(&request).map(|(meter, told)| (meter.report(), told));
        match last {
            Some((report, told)) if result.is_ok() && report.done != told => {
                self.answered.push_back((request, result));
                Input::Progress { request, done: report.done, total: report.total }
            }
            Some(_) | None => Input::Response { request, result },
        }
    }

    /// Takes back all that nobody needs, and lets the others come to their end; none where there is nothing.
    pub(super) fn wind_up(&mut self) -> Option<Task<()>> {
        self.meters.clear();
        self.held.clear();
        self.answered.clear();
        let calls = core::mem::replace(&mut self.calls, Calls::new());
        if calls.is_empty() { None } else { Some(Box::pin(calls.wind_up())) }
    }
}
