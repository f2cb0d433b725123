//! The runtime as a session in a hub sees it: all is the hub's runtime's, but the sleep.

use core::future::Future;
use std::sync::Arc;

use super::timers::{Sleep, Timers};
use crate::driver::runtime::{Dial, Exchange, Runtime};
use crate::driver::{ByteSink, ByteSource};
use crate::error::TransportFault;
use crate::model::{SinkKey, SourceKey};
use crate::time::{Now, Timestamp};
use crate::wire::http::HttpResponse;

/// The runtime of sessions in a [`Hub`](super::Hub): they share a timer.
#[derive(Clone)]
pub struct HubRuntime<R> {
    runtime: R,
    timers: Arc<Timers>,
    shard: usize,
}

impl<R> HubRuntime<R> {
    pub(super) const fn new(runtime: R, timers: Arc<Timers>, shard: usize) -> Self {
        Self { runtime, timers, shard }
    }

    pub(super) const fn shard(&self) -> usize {
        self.shard
    }

    /// The runtime beneath.
    #[must_use]
    pub const fn inner(&self) -> &R {
        &self.runtime
    }
}

impl<R: Runtime> Runtime for HubRuntime<R> {
    type Socket = R::Socket;

    fn now(&self) -> Now {
        self.runtime.now()
    }

    fn sleep_until(&self, at: Timestamp) -> impl Future<Output = ()> + Send {
        Sleep::new(self.timers.clone(), at)
    }

    fn exchange(
        &self,
        exchange: Exchange,
    ) -> impl Future<Output = Result<HttpResponse, TransportFault>> + Send {
        self.runtime.exchange(exchange)
    }

    fn open(&self, dial: Dial) -> impl Future<Output = Result<R::Socket, TransportFault>> + Send {
        self.runtime.open(dial)
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.runtime.spawn(task);
    }

    fn source(&self, key: &SourceKey) -> Result<Arc<dyn ByteSource>, TransportFault> {
        self.runtime.source(key)
    }

    fn sink(&self, key: &SinkKey) -> Result<Arc<dyn ByteSink>, TransportFault> {
        self.runtime.sink(key)
    }

    fn seed(&self) -> [u8; 32] {
        self.runtime.seed()
    }
}

impl<R> core::fmt::Debug for HubRuntime<R> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("HubRuntime").field("shard", &self.shard).finish_non_exhaustive()
    }
}
