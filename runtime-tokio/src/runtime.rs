//! The runtime: tokio's clock and tasks, and what carries requests and sockets.

use std::fmt;
use std::future::Future;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use helpline_protocol::driver::{ByteSink, ByteSource, Dial, Exchange, Runtime};
use helpline_protocol::model::{SinkKey, SourceKey};
use helpline_protocol::{HttpResponse, Now, Timestamp, TransportFault};
use http::{Request, Response};
use hyper::body::Body;
use tokio::time::{sleep_until, timeout};
use tower_service::Service;

use crate::body::RequestBody;
use crate::carrier::{Call, Carrier, StreamCall, from_fn, from_service, from_streaming};
use crate::clock::Clock;
use crate::connector::Connector;
use crate::fault::{self, BoxError};
use crate::files::FileKeys;
use crate::http_client::HttpClient;
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
    clock: Clock,
    http: Carrier,
    files: Option<FileKeys>,
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
        let (http, streams, rewrite, files) = (None, None, None, None);
        Builder { tls, connect_timeout: CONNECT_TIMEOUT, http, streams, rewrite, files }
    }
}

impl TokioRuntime {
    fn files(&self) -> Result<&FileKeys, TransportFault> {
        let none = || "keys are no names of files here: register them, or allow it when building the runtime";
        self.shared.files.as_ref().ok_or_else(|| TransportFault::Local { reason: none().to_owned() })
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
        self.shared.http.exchange(exchange).await
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

    fn source(&self, key: &SourceKey) -> Result<Arc<dyn ByteSource>, TransportFault> {
        self.files()?.source(key.as_str())
    }

    fn sink(&self, key: &SinkKey) -> Result<Arc<dyn ByteSink>, TransportFault> {
        self.files()?.sink(key.as_str())
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
    streams: Option<StreamCall>,
    rewrite: Option<Rewrite>,
    files: Option<FileKeys>,
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

    /// Has all HTTP requests carried by a service: to route, sign, log or answer them; those of every reconnect
    /// too. Among a request's extensions are its [`Operation`](helpline_protocol::Operation) and its
    /// [`BodyLimit`](crate::BodyLimit).
    ///
    /// # Files
    /// It knows whole bodies only. A file that is sent or fetched passes through it as well, and so in one
    /// piece: of up to [`GATHERED_BYTES`](crate::GATHERED_BYTES), beyond which the transfer fails with
    /// [`TransportFault::TooLarge`]; its progress is that of gathering. With
    /// [`Builder::with_streaming_http_service`] beside it, files go that way instead, as they come.
    ///
    /// # Errors of the service
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

    /// Has requests with streamed bodies carried by a service: those that send or fetch a file. Without
    /// [`Builder::with_http_service`] it carries all others as well; those of every reconnect too.
    ///
    /// The body of a request has an exact [`size_hint`](Body::size_hint) and is to be sent with that as its
    /// `Content-Length`: storage behind presigned addresses takes no chunks. An error of a body is the end of
    /// its request. [`HttpClient::streaming`] is one to wrap. As for errors, redirects and retries see [`Builder::with_http_service`].
    pub fn with_streaming_http_service<S, B>(mut self, service: S) -> Self
    where
        S: Service<Request<RequestBody>, Response = Response<B>> + Clone + Send + 'static,
        S::Future: Send,
        S::Error: Into<BoxError>,
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        self.streams = Some(from_streaming(service));
        self
    }

    /// Lets commands name files by the keys of their sources and sinks, where none is registered under these.
    /// Not allowed by default: whoever writes the commands reads and writes files by it.
    pub fn with_file_keys(mut self, files: FileKeys) -> Self {
        self.files = Some(files);
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
        let http = match (self.http.clone(), self.streams.clone()) {
            (Some(http), Some(streams)) => Carrier::Both(http, streams),
            (Some(http), None) => Carrier::Whole(http),
            (None, Some(streams)) => Carrier::Streams(streams),
            (None, None) => Carrier::Streams(from_streaming(self.http_client().streaming())),
        };
        let shared = Shared {
            tasks: tokio::runtime::Handle::current(),
            clock: Clock::new(),
            http,
            files: self.files.clone(),
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
