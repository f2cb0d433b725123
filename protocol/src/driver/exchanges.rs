//! HTTP requests under way, with what is told of their progress.

use core::task::{Context, Poll};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use futures_util::task::AtomicWaker;

use super::calls::{AtEnd, Calls, Task};
use super::files::Resolved;
use super::runtime::{Exchange, Runtime};
use super::transfer::{Download, Meter, Upload, judged};
use crate::error::TransportFault;
use crate::id::RequestId;
use crate::input::Input;
use crate::wire::http::HttpResponse;

type Answer = Result<HttpResponse, TransportFault>;

/// HTTP requests under way.
pub(super) struct Exchanges {
    calls: Calls<RequestId, Answer>,
    /// Of those that have something to count, with the count that was told last.
    meters: BTreeMap<RequestId, (Arc<Meter>, u64)>,
    /// Answers that come after the last word about their progress.
    answered: VecDeque<(RequestId, Answer)>,
    /// Wakes the driver when some progress is worth telling.
    waker: Arc<AtomicWaker>,
}

impl Exchanges {
    pub(super) fn new() -> Self {
        Self {
            calls: Calls::new(),
            meters: BTreeMap::new(),
            answered: VecDeque::new(),
            waker: Arc::new(AtomicWaker::new()),
        }
    }

    /// Begins an exchange, with the source and sink that were found for it.
    pub(super) fn start<R: Runtime>(
        &mut self,
        runtime: &R,
        id: RequestId,
        at_end: AtEnd,
        mut exchange: Exchange,
        files: Resolved,
    ) {
        if files.source.is_some() || files.sink.is_some() {
            let clock = runtime.clone();
            let meter = Arc::new(Meter::new(move || clock.now().at, self.waker.clone()));
            self.meters.insert(id, (meter.clone(), 0));
            exchange.upload = files.source.map(|(source, size)| Upload::metered(source, size, meter.clone()));
            exchange.download = files.sink.map(|(sink, limit)| Download::metered(sink, limit, meter));
        }
        let runtime = runtime.clone();
        let upload = exchange.upload.clone();
        self.calls.start(id, at_end, judged(upload, async move { runtime.exchange(exchange).await }));
    }

    /// An exchange that cannot even begin.
    pub(super) fn fail(&mut self, id: RequestId, fault: TransportFault) {
        self.calls.start(id, AtEnd::Drop, core::future::ready(Err(fault)));
    }

    pub(super) fn cancel(&mut self, id: RequestId) {
        self.calls.cancel(id);
        self.meters.remove(&id);
        self.answered.retain(|(answered, _)| *answered != id);
    }

    /// The next answer, or what there is to tell of one that is not there yet.
    pub(super) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Input> {
        if let Some((request, result)) = self.answered.pop_front() {
            return Poll::Ready(Input::Response { request, result });
        }
        if let Poll::Ready((request, result)) = self.calls.poll_next(context) {
            return Poll::Ready(self.answer(request, result));
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

    /// What is transferred has come to its end: the count of it is told before the answer.
    fn answer(&mut self, request: RequestId, result: Answer) -> Input {
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
        self.answered.clear();
        let calls = core::mem::replace(&mut self.calls, Calls::new());
        if calls.is_empty() { None } else { Some(Box::pin(calls.wind_up())) }
    }
}
