//! The runtime: tokio's clock and tasks, and what carries requests and sockets.

use std::fmt;
use std::future::Future;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use helpline_protocol::driver::{Dial, Exchange, Runtime};
use helpline_protocol::{HttpResponse, Now, Timestamp, TransportFault, WallTime};
use http::{Request, Response};
use tokio::time::{Instant, sleep_until, timeout};
use tower_service::Service;

use crate::connector::Connector;
use crate::fault::{self, BoxError};
use crate::http_client::{BodyLimit, Call, HttpClient, from_fn, from_service};
use crate::socket::TokioSocket;
use crate::tls::{Tls, Trust};

/// How long a TCP connection may take, where nothing else is said: less than any timeout of a session, so
/// that a second address of a server still has its chance.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Runs sessions on tokio. Clones share their connections: one for all sessions of a program is best.
#[derive(Clone)]
pub struct TokioRuntime {
    shared: Arc<Shared>,
}

struct Shared {
    tasks: tokio::runtime::Handle,
    origin: Instant,
    wall: WallTime,
    http: Call,
    rewrite: Option<Rewrite>,
    connector: Connector,
}

type Rewrite = Box<dyn Fn(Request<()>) -> Request<()> + Send + Sync>;

impl TokioRuntime {
    /// With TLS by the system's certificates and the default client.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[must_use]
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// To change what is used.
    pub fn builder() -> Builder {
        let tls = Tls::new(Trust::Platform);
        Builder { tls, connect_timeout: CONNECT_TIMEOUT, http: None, rewrite: None }
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

    /// Tokio's clock, so that a paused one works; the wall is the system's at the start plus what has passed.
    fn now(&self) -> Now {
        let passed = self.shared.origin.elapsed();
        Now::new(Timestamp::ZERO + passed, self.shared.wall + passed)
    }

    async fn sleep_until(&self, at: Timestamp) {
        match self.shared.origin.checked_add(at.saturating_since(Timestamp::ZERO)) {
            Some(at) => sleep_until(at).await,
            None => std::future::pending().await,
        }
    }

    async fn exchange(&self, exchange: Exchange) -> Result<HttpResponse, TransportFault> {
        let limit = exchange.body_limit;
        let mut request = exchange.request.into_http();
        request.extensions_mut().insert(BodyLimit(limit));
        request.extensions_mut().insert(exchange.operation);
        let answer = timeout(exchange.timeout, (self.shared.http)(request)).await;
        let answer = answer.map_err(|_| TransportFault::TimedOut)??;
        if answer.body().len() > limit {
            return Err(TransportFault::TooLarge { limit });
        }
        Ok(answer.into())
    }

    async fn open(&self, dial: Dial) -> Result<TokioSocket, TransportFault> {
        let mut request = dial.request.into_http().map(|_| ());
        if let Some(rewrite) = &self.shared.rewrite {
            request = rewrite(request);
        }
        let mut connector = self.shared.connector.clone();
        let open = async {
            let stream =
                connector.call(request.uri().clone()).await.map_err(|error| fault::connecting(&*error))?;
            TokioSocket::upgrade(stream, request, dial.frame_limit).await
        };
        timeout(dial.timeout, open).await.map_err(|_| TransportFault::TimedOut)?
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        drop(self.shared.tasks.spawn(task));
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

/// Puts a [`TokioRuntime`] together.
#[must_use]
pub struct Builder {
    tls: Tls,
    connect_timeout: Duration,
    http: Option<Call>,
    rewrite: Option<Rewrite>,
}

impl Builder {
    /// Uses this TLS configuration, for requests and sockets: roots, client certificates, pinning. Its ALPN
    /// protocols are replaced by `http/1.1`. Default: the operating system judges server certificates
    /// (feature `platform-verifier`).
    pub fn with_tls_config(mut self, config: impl Into<Arc<rustls::ClientConfig>>) -> Self {
        self.tls = Tls::new(Trust::Own(config.into()));
        self
    }

    /// Has server certificates judged by Mozilla's roots, compiled in.
    #[cfg(feature = "webpki-roots")]
    pub fn with_webpki_roots(mut self) -> Self {
        self.tls = Tls::new(Trust::Webpki);
        self
    }

    /// How long a TCP connection may take, over all addresses of a name. Default: 5 s. The session's own
    /// timeouts hold for a request or upgrade as a whole.
    pub const fn with_connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Has all HTTP requests carried by a service: to route, sign, log or answer them. Among a request's
    /// extensions are its [`Operation`](helpline_protocol::Operation) and its [`BodyLimit`].
    ///
    /// An error that is a [`TransportFault`] is passed on as it is, of others their words: they should show
    /// no secret. Redirects and retries should be off.
    pub fn with_http_service<S>(mut self, service: S) -> Self
    where
        S: Service<Request<Bytes>, Response = Response<Bytes>> + Clone + Send + 'static,
        S::Future: Send,
        S::Error: Into<BoxError>,
    {
        self.http = Some(from_service(service));
        self
    }

    /// As [`Builder::with_http_service`], by a closure.
    pub fn with_http_fn<F, A, E>(mut self, call: F) -> Self
    where
        F: Fn(Request<Bytes>) -> A + Send + Sync + 'static,
        A: Future<Output = Result<Response<Bytes>, E>> + Send + 'static,
        E: Into<BoxError>,
    {
        self.http = Some(from_fn(call));
        self
    }

    /// Has every socket's upgrade request rewritten before it is dialled, at each reconnect too: another
    /// address, more headers. Whatever address it returns is dialled, encrypted or not.
    pub fn with_socket_rewrite(
        mut self,
        rewrite: impl Fn(Request<()>) -> Request<()> + Send + Sync + 'static,
    ) -> Self {
        self.rewrite = Some(Box::new(rewrite));
        self
    }

    /// The client that would be used by default, with the TLS and timeouts said so far: for a service of your
    /// own to wrap.
    #[must_use]
    pub fn http_client(&self) -> HttpClient {
        HttpClient::new(self.connector())
    }

    /// The runtime.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[must_use]
    pub fn build(self) -> TokioRuntime {
        let http = self.http.clone().unwrap_or_else(|| from_service(self.http_client()));
        let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let shared = Shared {
            tasks: tokio::runtime::Handle::current(),
            origin: Instant::now(),
            wall: WallTime::EPOCH + since_epoch,
            http,
            connector: self.connector(),
            rewrite: self.rewrite,
        };
        TokioRuntime { shared: Arc::new(shared) }
    }

    fn connector(&self) -> Connector {
        Connector::new(self.tls.clone(), self.connect_timeout)
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("connect_timeout", &self.connect_timeout).finish_non_exhaustive()
    }
}
