//! The runtime: tokio's clock and tasks, and what carries requests and sockets.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;

use helpline_protocol::driver::adapter::{self, Adapter, Connections, Parts};
use helpline_protocol::driver::{ByteSink, ByteSource, Dial, Exchange, Runtime};
use helpline_protocol::model::{SinkKey, SourceKey};
use helpline_protocol::{HttpResponse, Now, Timestamp, TransportFault};
use hyper::body::Incoming;
use tokio::time::sleep_until;

use crate::clock::Clock;
use crate::connector::Connector;
use crate::fault;
use crate::http_client::StreamingHttpClient;
use crate::socket::{SocketClient, TokioSocket};

/// Stands for tokio where something is made for a runtime.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "it is a name")]
pub struct Tokio;

/// Puts a [`TokioRuntime`] together: see [`Builder`](adapter::Builder).
pub type Builder = adapter::Builder<Tokio>;

/// Runs sessions on tokio. Clones share their connections: one for all sessions of a program is best.
#[derive(Clone)]
pub struct TokioRuntime {
    shared: Arc<Shared>,
}

struct Shared {
    tasks: tokio::runtime::Handle,
    clock: Clock,
    parts: Parts<Tokio>,
}

impl TokioRuntime {
    /// With TLS by the system's certificates and the default client.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[must_use]
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// To change what is used. Building panics outside of a tokio runtime.
    pub fn builder() -> Builder {
        Builder::new()
    }
}

impl Adapter for Tokio {
    type Runtime = TokioRuntime;
    type Client = StreamingHttpClient;
    type Body = Incoming;
    type Sockets = SocketClient;

    fn client(connections: &Connections) -> StreamingHttpClient {
        StreamingHttpClient::new(Connector::new(connections))
    }

    fn sockets(connections: &Connections) -> SocketClient {
        SocketClient::new(Connector::new(connections))
    }

    fn runtime(parts: Parts<Self>) -> TokioRuntime {
        let shared = Shared { tasks: tokio::runtime::Handle::current(), clock: Clock::new(), parts };
        TokioRuntime { shared: Arc::new(shared) }
    }

    fn variable(name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn classify(error: &(dyn Error + 'static)) -> Option<TransportFault> {
        fault::classify(error)
    }
}

impl Default for TokioRuntime {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for TokioRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokioRuntime").field("now", &self.now()).finish_non_exhaustive()
    }
}

impl Runtime for TokioRuntime {
    type Socket = TokioSocket;

    /// Tokio's clock, so that a paused one works; on Linux and Android with the time added for which the machine
    /// was suspended, elsewhere as the standard library counts it. The wall is the system's at the start plus
    /// what has passed.
    fn now(&self) -> Now {
        self.shared.clock.now()
    }

    async fn sleep_until(&self, at: Timestamp) {
        match self.shared.clock.instant(at) {
            Some(at) => sleep_until(at).await,
            None => std::future::pending().await,
        }
    }

    async fn exchange(&self, exchange: Exchange) -> Result<HttpResponse, TransportFault> {
        self.shared.parts.exchange(self, exchange).await
    }

    async fn open(&self, dial: Dial) -> Result<TokioSocket, TransportFault> {
        self.shared.parts.open(self, dial).await
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        drop(self.shared.tasks.spawn(task));
    }

    fn source(&self, key: &SourceKey) -> Result<Arc<dyn ByteSource>, TransportFault> {
        self.shared.parts.source(key)
    }

    fn sink(&self, key: &SinkKey) -> Result<Arc<dyn ByteSink>, TransportFault> {
        self.shared.parts.sink(key)
    }

    fn seed(&self) -> [u8; 32] {
        let mut seed = [0; 32];
        if rustls::crypto::ring::default_provider().secure_random.fill(&mut seed).is_err() {
            // No entropy from the library: the standard one seeds its hashers from the system too.
            for part in seed.chunks_mut(8) {
                part.copy_from_slice(&RandomState::new().hash_one(0_u8).to_le_bytes());
            }
        }
        seed
    }
}
