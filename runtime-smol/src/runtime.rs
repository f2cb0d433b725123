//! The runtime: smol's executor, a clock, and what carries requests and sockets.

use std::fmt;
use std::future::Future;
use std::hash::{BuildHasher as _, RandomState};
use std::pin::Pin;
use std::sync::Arc;

use helpline_protocol::driver::adapter::{self, Adapter, Connections, Incoming, Parts};
use helpline_protocol::driver::{ByteSink, ByteSource, Dial, Exchange, Runtime};
use helpline_protocol::model::{SinkKey, SourceKey};
use helpline_protocol::{HttpResponse, Now, Timestamp, TransportFault};

use crate::clock::Clock;
use crate::connector::{Connector, StreamingHttpClient};
use crate::socket::{SmolSocket, SocketClient};

/// Stands for smol where something is made for a runtime.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "it is a name")]
pub struct Smol;

/// Puts a [`SmolRuntime`] together: see [`Builder`](adapter::Builder).
pub type Builder = adapter::Builder<Smol>;

type Spawner = dyn Fn(Pin<Box<dyn Future<Output = ()> + Send>>) + Send + Sync;

/// Runs sessions on smol. Clones share their connections: one for all sessions of a program is best.
#[derive(Clone)]
pub struct SmolRuntime {
    parts: Arc<Parts<Smol>>,
    clock: Arc<Clock>,
    spawner: Arc<Spawner>,
}

impl SmolRuntime {
    /// With TLS by the system's certificates and the default client.
    #[must_use]
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// To change what is used.
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// Has tasks spawned by a closure, on an executor of the program's own. Default: smol's global one.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use helpline_smol::SmolRuntime;
    ///
    /// let executor = Arc::new(smol::Executor::new());
    /// let tasks = Arc::clone(&executor);
    /// let runtime = SmolRuntime::new().with_spawner(move |task| tasks.spawn(task).detach());
    /// // Somebody has to run it: smol::block_on(executor.run(...)).
    /// ```
    #[must_use]
    pub fn with_spawner(
        mut self,
        spawn: impl Fn(Pin<Box<dyn Future<Output = ()> + Send>>) + Send + Sync + 'static,
    ) -> Self {
        self.spawner = Arc::new(spawn);
        self
    }

    /// Has sessions go by a clock that stands still until it is told to move.
    #[cfg(feature = "test-util")]
    #[must_use]
    pub fn with_clock(mut self, clock: crate::PausedClock) -> Self {
        self.clock = Arc::new(Clock::Paused(clock));
        self
    }
}

impl Adapter for Smol {
    type Runtime = SmolRuntime;
    type Client = StreamingHttpClient;
    type Body = Incoming<Connector>;
    type Sockets = SocketClient;

    fn client(connections: &Connections) -> StreamingHttpClient {
        StreamingHttpClient::new(Connector::new(connections))
    }

    fn sockets(connections: &Connections) -> SocketClient {
        SocketClient::new(Connector::new(connections))
    }

    fn variable(name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn runtime(parts: Parts<Self>) -> SmolRuntime {
        let spawner = |task| smol::spawn(task).detach();
        SmolRuntime { parts: Arc::new(parts), clock: Arc::new(Clock::new()), spawner: Arc::new(spawner) }
    }
}

impl Default for SmolRuntime {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for SmolRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmolRuntime").field("now", &self.now()).finish_non_exhaustive()
    }
}

impl Runtime for SmolRuntime {
    type Socket = SmolSocket;

    /// The standard library's clock; on Linux and Android with the time added for which the machine was
    /// suspended. The wall is the system's at the start plus what has passed.
    fn now(&self) -> Now {
        self.clock.now()
    }

    async fn sleep_until(&self, at: Timestamp) {
        self.clock.sleep_until(at).await;
    }

    async fn exchange(&self, exchange: Exchange) -> Result<HttpResponse, TransportFault> {
        self.parts.exchange(self, exchange).await
    }

    async fn open(&self, dial: Dial) -> Result<SmolSocket, TransportFault> {
        self.parts.open(self, dial).await
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        (self.spawner)(Box::pin(task));
    }

    fn source(&self, key: &SourceKey) -> Result<Arc<dyn ByteSource>, TransportFault> {
        self.parts.source(key)
    }

    fn sink(&self, key: &SinkKey) -> Result<Arc<dyn ByteSink>, TransportFault> {
        self.parts.sink(key)
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
