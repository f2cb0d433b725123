//! Wakes the driver at the session's deadline.
//!
//! The clock decides whether a deadline has passed; the sleep is only there to be woken, and is made anew
//! only where the deadline moved. A deadline that has not moved after it was served would make a busy loop
//! of the driver: it is served again only after a pause.

use core::task::{Context, Poll};
use core::time::Duration;

use super::calls::Task;
use super::runtime::Runtime;
use crate::time::{Now, Timestamp};

/// How long a deadline that did not move has to wait. A session's deadlines do move, so this is for the day
/// on which one does not: ten wakes a second instead of a busy core.
const PAUSE: Duration = Duration::from_millis(100);

pub(super) struct Alarm {
    sleep: Option<(Timestamp, Task<()>)>,
    served: Option<Timestamp>,
}

impl Alarm {
    pub(super) const fn new() -> Self {
        Self { sleep: None, served: None }
    }

    /// Ready when `deadline` has passed and is to be served now.
    pub(super) fn poll<R: Runtime>(
        &mut self,
        context: &mut Context<'_>,
        runtime: &R,
        deadline: Option<Timestamp>,
    ) -> Poll<Now> {
        let Some(due) = deadline.map(|deadline| self.not_too_soon(deadline)) else {
            self.sleep = None;
            return Poll::Pending;
        };
        let now = runtime.now();
        if now.at >= due {
            self.served = Some(now.at);
            self.sleep = None;
            return Poll::Ready(now);
        }
        if self.sleep.as_ref().is_none_or(|(at, _)| *at != due) {
            let runtime = runtime.clone();
            self.sleep = Some((due, Box::pin(async move { runtime.sleep_until(due).await })));
        }
        if let Some((_, sleep)) = &mut self.sleep
            && sleep.as_mut().poll(context).is_ready()
        {
            // The clock has the last word, at the next poll.
            self.sleep = None;
            context.waker().wake_by_ref();
        }
        Poll::Pending
    }

    fn not_too_soon(&self, deadline: Timestamp) -> Timestamp {
        match self.served {
            Some(served) if deadline <= served => served + PAUSE,
            Some(_) | None => deadline,
        }
    }
}

#[cfg(test)]
mod tests;
