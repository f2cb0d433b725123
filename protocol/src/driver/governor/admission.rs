//! The wait for a turn.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::sync::Arc;

use super::{Governor, Look, Verdict, Wish};
use crate::driver::calls::Task;
use crate::driver::runtime::{Dial, Runtime};
use crate::error::TransportFault;
use crate::output::{Operation, Priority};
use crate::time::Timestamp;

/// Ends when a request or socket may go out. Dropping it gives the place up.
pub(in crate::driver) struct Admission<R> {
    governor: Arc<Governor>,
    runtime: R,
    entry: Entry,
    sleep: Option<(Timestamp, Task<()>)>,
}

enum Entry {
    /// Nothing to wait for, or refused at the door.
    Decided(Verdict),
    Waits(u64),
}

impl<R: Runtime> Admission<R> {
    /// For a request.
    pub(in crate::driver) fn request(
        governor: &Arc<Governor>,
        runtime: R,
        operation: Operation,
        priority: Priority,
    ) -> Self {
        Self::new(governor, runtime, Wish::Request(operation), priority)
    }

    /// For a socket.
    pub(in crate::driver) fn dial(governor: &Arc<Governor>, runtime: R) -> Self {
        Self::new(governor, runtime, Wish::Dial, Priority::Link)
    }

    /// Takes its place in the queue now, not when it is polled first.
    fn new(governor: &Arc<Governor>, runtime: R, wish: Wish, priority: Priority) -> Self {
        let entry = match governor.enter(runtime.now().at, wish, priority) {
            Ok(Some(ticket)) => Entry::Waits(ticket),
            Ok(None) => Entry::Decided(Verdict::Go),
            Err(verdict) => Entry::Decided(verdict),
        };
        Self { governor: governor.clone(), runtime, entry, sleep: None }
    }

    /// It has to wait.
    pub(in crate::driver) const fn waits(&self) -> bool {
        matches!(self.entry, Entry::Waits(_))
    }
}

/// Opens a socket when its turn has come. What the wait took is missing from the time that it has.
pub(in crate::driver) fn admitted<R: Runtime>(
    runtime: &R,
    governor: Option<&Arc<Governor>>,
    mut dial: Dial,
) -> impl Future<Output = Result<R::Socket, TransportFault>> + Send + use<R> {
    let runtime = runtime.clone();
    let admission = governor.map(|governor| Admission::dial(governor, runtime.clone()));
    async move {
        if let Some(admission) = admission {
            let began = runtime.now().at;
            admission.await?;
            dial.timeout = dial.timeout.saturating_sub(runtime.now().at.saturating_since(began));
        }
        runtime.open(dial).await
    }
}

impl<R: Runtime> Admission<R> {
    fn poll_turn(&mut self, context: &mut Context<'_>) -> Poll<Verdict> {
        loop {
            let ticket = match self.entry {
                Entry::Decided(verdict) => return Poll::Ready(verdict),
                Entry::Waits(ticket) => ticket,
            };
            match self.governor.look(self.runtime.now().at, ticket, context.waker()) {
                Look::Decided(verdict) => self.entry = Entry::Decided(verdict),
                Look::Wait => {
                    self.sleep = None;
                    return Poll::Pending;
                }
                Look::SleepUntil(at) => {
                    if self.sleep.as_ref().is_none_or(|(until, _)| *until != at) {
                        let runtime = self.runtime.clone();
                        self.sleep = Some((at, Box::pin(async move { runtime.sleep_until(at).await })));
                    }
                    if let Some((_, sleep)) = &mut self.sleep
                        && sleep.as_mut().poll(context).is_pending()
                    {
                        return Poll::Pending;
                    }
                    self.sleep = None;
                    if self.runtime.now().at < at {
                        // A sleep that ends too early must not make a busy loop of this poll.
                        context.waker().wake_by_ref();
                        return Poll::Pending;
                    }
                }
            }
        }
    }
}

/// Nothing in it is pinned in place.
impl<R> Unpin for Admission<R> {}

impl<R: Runtime> Future for Admission<R> {
    type Output = Result<(), TransportFault>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.poll_turn(context).map(|verdict| match verdict {
            Verdict::Go => Ok(()),
            Verdict::Refused | Verdict::Stale => Err(TransportFault::RateLimited),
        })
    }
}

impl<R> Drop for Admission<R> {
    fn drop(&mut self) {
        if let Entry::Waits(ticket) = self.entry {
            self.governor.leave(ticket);
        }
    }
}
