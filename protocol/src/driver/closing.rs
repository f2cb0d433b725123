//! How a driver comes to its end, and how it rests.

use core::mem;
use std::collections::VecDeque;

use futures_util::future::{Either, select};
use futures_util::stream::{FuturesUnordered, StreamExt as _};

use super::calls::{Calls, Task};
use super::line::Line;
use super::runtime::Runtime;
use super::{CLOSE_WAIT, Driver, Phase};

impl<R: Runtime> Driver<R> {
    /// Closes every socket with a goodbye and lets requests that carry what the user said finish, within
    /// [`CLOSE_WAIT`]. The chat itself goes on at the provider: to end it, give [`Command::Leave`](crate::Command::Leave) and read
    /// events to their end. Events that were not read are lost; dropping the future abandons the rest.
    pub async fn close(mut self) {
        self.wind_up();
        if let Some(mut closings) = self.closings {
            while closings.next().await.is_some() {}
        }
    }

    pub(super) fn bid_farewell(&mut self, line: Box<Line<R::Socket>>, code: u16, reason: String) {
        self.see_off(line.close(code, reason));
    }

    /// Lets something come to its end, within [`CLOSE_WAIT`].
    fn see_off(&mut self, work: impl Future<Output = ()> + Send + 'static) {
        let work = self.within_close_wait(work);
        self.closings.get_or_insert_default().push(work);
    }

    /// Gives room back that is not needed now: most of many sessions are at rest, and are to take little.
    pub(super) fn rest(&mut self) {
        self.exchanges.rest();
        self.opens.rest();
        self.watch.rest();
        self.lines.values_mut().for_each(|line| line.rest());
        if self.phase == Phase::Running && self.closings.as_ref().is_some_and(FuturesUnordered::is_empty) {
            self.closings = None;
        }
        if self.inbox.is_empty() {
            self.inbox = VecDeque::new();
        }
        if self.events.is_empty() {
            self.events = VecDeque::new();
        }
        self.outputs = Vec::new();
    }

    /// Leaves nothing under way but goodbyes.
    pub(super) fn wind_up(&mut self) {
        if self.phase == Phase::WindingUp {
            return;
        }
        self.phase = Phase::WindingUp;
        for (_, line) in mem::take(&mut self.lines) {
            self.bid_farewell(line, 1000, String::new());
        }
        self.opens = Calls::new();
        self.inbox.clear();
        self.files.clear();
        if let Some(rest) = self.exchanges.wind_up() {
            self.see_off(rest);
        }
    }

    fn within_close_wait(&self, work: impl Future<Output = ()> + Send + 'static) -> Task<()> {
        let runtime = self.runtime.clone();
        Box::pin(async move {
            let until = runtime.now().at + CLOSE_WAIT;
            let work = core::pin::pin!(work);
            let bound = core::pin::pin!(runtime.sleep_until(until));
            match select(work, bound).await {
                Either::Left(_) | Either::Right(_) => {}
            }
        })
    }
}
