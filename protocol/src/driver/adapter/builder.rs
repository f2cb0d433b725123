//! What may be changed about a runtime, and what is put together of it.

use core::fmt;
use core::future::Future;
use core::time::Duration;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use super::body::RequestBody;
use super::carrier::{Call, Carried, Carrier, StreamCall, from_fn, from_service, from_streaming, shared};
use super::client::HttpClient;
use super::fault::BoxError;
use super::files::{Disk, FileKeys};
use super::origin::Origin;
use super::proxy::{Proxy, ProxyConfig, ProxyConfigError};
use super::socket::{BoxSocket, FrameLimit};
#[cfg(feature = "tls")]
use super::tls::{Tls, TlsConfig};
use super::waiting::within;
use crate::driver::{ByteSink, ByteSource, Dial, Exchange, Runtime, Socket};
use crate::error::{ProxyProblem, TransportFault};
use crate::model::{SinkKey, SourceKey};
use crate::wire::http::HttpResponse;

/// How long a connection may take, where nothing else is said: less than any timeout of a session, so that a
/// second address of a server still has its chance.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

type Rewrite = Box<dyn Fn(Request<()>) -> Request<()> + Send + Sync>;
type SocketCall = Arc<dyn Fn(Request<()>) -> Carried<BoxSocket> + Send + Sync>;

/// What an adapter brings: a type of no value that stands for its runtime.
pub trait Adapter: Disk {
    /// What sessions run on.
    type Runtime: Runtime<Socket = BoxSocket>;
    /// HTTP/1.1 over a pool of connections, without redirects and retries.
    type Client: Service<
            Request<RequestBody>,
            Response = Response<Self::Body>,
            Error = TransportFault,
            Future: Send + 'static,
        > + Clone
        + Send
        + 'static;
    /// The body of an answer of [`Adapter::Client`].
    type Body: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static;
    /// Opens WebSockets, for frames of up to the [`FrameLimit`] among a request's extensions.
    type Sockets: Service<Request<()>, Response = BoxSocket, Error = TransportFault, Future: Send>
        + Clone
        + Send
        + 'static;

    /// A client.
    fn client(connections: &Connections) -> Self::Client;

    /// What opens WebSockets.
    fn sockets(connections: &Connections) -> Self::Sockets;

    /// The runtime.
    fn runtime(parts: Parts<Self>) -> Self::Runtime;

    /// A variable of the environment, as text.
    fn variable(name: &str) -> Option<String>;

    /// What an error of [`Adapter::Body`], or of a service of the user's that passes it on, means: for those that
    /// are no [`TransportFault`] themselves.
    fn classify(_error: &(dyn core::error::Error + 'static)) -> Option<TransportFault> {
        None
    }
}

/// How connections are made, for requests and sockets alike.
#[derive(Clone, Debug)]
pub struct Connections {
    #[cfg(feature = "tls")]
    tls: Tls,
    connect_timeout: Duration,
    proxies: Result<Arc<ProxyConfig>, ProxyConfigError>,
}

impl Connections {
    /// Whom to believe.
    #[cfg(feature = "tls")]
    #[must_use]
    pub const fn tls(&self) -> &Tls {
        &self.tls
    }

    /// The proxy through which an origin is reached, if it is through one.
    ///
    /// # Errors
    /// [`TransportFault::Proxy`] where what was said about proxies cannot be used.
    pub fn proxy_for(&self, origin: &Origin) -> Result<Option<&Proxy>, TransportFault> {
        match &self.proxies {
            Ok(proxies) => Ok(proxies.proxy_for(origin)),
            Err(error) => {
                Err(TransportFault::Proxy { problem: ProxyProblem::Misconfigured, reason: error.to_string() })
            }
        }
    }

    /// How long a connection may take, over all addresses of a name; and as long again what is said to a proxy.
    #[must_use]
    pub const fn connect_timeout(&self) -> Duration {
        self.connect_timeout
    }
}

/// What a [`Builder`] has put together: most of a [`Runtime`].
pub struct Parts<A: Adapter> {
    http: Carrier,
    sockets: SocketCall,
    rewrite: Option<Rewrite>,
    files: Option<FileKeys<A>>,
}

impl<A: Adapter> Parts<A> {
    /// [`Runtime::exchange`].
    ///
    /// # Errors
    /// Those of [`Runtime::exchange`].
    pub async fn exchange(
        &self,
        runtime: &A::Runtime,
        exchange: Exchange,
    ) -> Result<HttpResponse, TransportFault> {
        self.http.exchange(runtime, exchange).await
    }

    /// [`Runtime::open`].
    ///
    /// # Errors
    /// Those of [`Runtime::open`].
    pub async fn open(&self, runtime: &A::Runtime, dial: Dial) -> Result<BoxSocket, TransportFault> {
        let mut request = dial.request.into_http().map(|_| ());
        request.extensions_mut().insert(FrameLimit(dial.frame_limit));
        if let Some(rewrite) = &self.rewrite {
            request = rewrite(request);
        }
        within(runtime, dial.timeout, (self.sockets)(request)).await
    }

    /// [`Runtime::source`].
    ///
    /// # Errors
    /// Those of [`Runtime::source`].
    pub fn source(&self, key: &SourceKey) -> Result<Arc<dyn ByteSource>, TransportFault> {
        self.files()?.source(key.as_str())
    }

    /// [`Runtime::sink`].
    ///
    /// # Errors
    /// Those of [`Runtime::sink`].
    pub fn sink(&self, key: &SinkKey) -> Result<Arc<dyn ByteSink>, TransportFault> {
        self.files()?.sink(key.as_str())
    }

    fn files(&self) -> Result<&FileKeys<A>, TransportFault> {
        let none = || "keys are no names of files here: register them, or allow it when building the runtime";
        self.files.as_ref().ok_or_else(|| TransportFault::Local { reason: none().to_owned() })
    }
}

impl<A: Adapter> fmt::Debug for Parts<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts").field("files", &self.files).finish_non_exhaustive()
    }
}

/// Puts a runtime together. Nothing needs to be said: then the operating system judges certificates, proxies are
/// those of the environment, and the adapter's own client carries requests.
#[must_use]
pub struct Builder<A: Adapter> {
    connections: Connections,
    http: Option<Call>,
    streams: Option<StreamCall>,
    sockets: Option<SocketCall>,
    rewrite: Option<Rewrite>,
    files: Option<FileKeys<A>>,
}

impl<A: Adapter> Builder<A> {
    /// With the adapter's own client, TLS by the system's certificates, and proxies by the environment.
    pub fn new() -> Self {
        let connections = Connections {
            #[cfg(feature = "tls")]
            tls: Tls::new(TlsConfig::platform()),
            connect_timeout: CONNECT_TIMEOUT,
            proxies: ProxyConfig::from_environment(A::variable).map(Arc::new),
        };
        Self { connections, http: None, streams: None, sockets: None, rewrite: None, files: None }
    }

    /// Whom to believe and as whom to come, for requests and sockets. Default: the operating system judges server
    /// certificates (feature `platform-verifier`).
    #[cfg(feature = "tls")]
    pub fn with_tls(mut self, config: TlsConfig) -> Self {
        self.connections.tls = Tls::new(config);
        self
    }

    /// As [`Builder::with_tls`], with a configuration of rustls' own, which is taken as it is; but its ALPN
    /// protocols are replaced by `http/1.1`.
    #[cfg(feature = "tls")]
    pub fn with_tls_config(mut self, config: impl Into<Arc<rustls::ClientConfig>>) -> Self {
        self.connections.tls = Tls::own(config.into());
        self
    }

    /// Has server certificates judged by Mozilla's roots, compiled in.
    #[cfg(feature = "webpki-roots")]
    pub fn with_webpki_roots(self) -> Self {
        self.with_tls(TlsConfig::webpki_roots())
    }

    /// Which connections go through a proxy, requests and sockets alike. Default: what the variables of the
    /// environment say when the builder is made, as with most programs of a machine
    /// ([`ProxyConfig::from_environment`]). Where one of these cannot be read, nothing is connected, and
    /// [`TransportFault::Proxy`] says which.
    pub fn with_proxy(mut self, proxies: impl Into<ProxyConfig>) -> Self {
        self.connections.proxies = Ok(Arc::new(proxies.into()));
        self
    }

    /// Has all connections go straight to their servers, whatever the environment says.
    pub fn without_proxy(self) -> Self {
        self.with_proxy(ProxyConfig::none())
    }

    /// How long a TCP connection may take, over all addresses of a name, and as long again what is said to a proxy.
    /// Default: 5 s. The session's own
    /// timeouts hold for a request or upgrade as a whole.
    pub const fn with_connect_timeout(mut self, timeout: Duration) -> Self {
        self.connections.connect_timeout = timeout;
        self
    }

    /// Has all HTTP requests carried by a service: to route, sign, log or answer them; those of every reconnect
    /// too. Among a request's extensions are its [`Operation`](crate::Operation) and its
    /// [`BodyLimit`](super::BodyLimit).
    ///
    /// # Files
    /// It knows whole bodies only. A file that is sent or fetched passes through it as well, and so in one
    /// piece: of up to [`GATHERED_BYTES`](super::GATHERED_BYTES), beyond which the transfer fails with
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
        self.http = Some(from_service(service, A::classify));
        self
    }

    /// As [`Builder::with_http_service`], by a closure.
    pub fn with_http_fn<F, T, E>(mut self, call: F) -> Self
    where
        F: Fn(Request<Bytes>) -> T + Send + Sync + 'static,
        T: Future<Output = Result<Response<Bytes>, E>> + Send + 'static,
        E: Into<BoxError>,
    {
        self.http = Some(from_fn(call, A::classify));
        self
    }

    /// Has requests with streamed bodies carried by a service: those that send or fetch a file. Without
    /// [`Builder::with_http_service`] it carries all others as well; those of every reconnect too.
    ///
    /// The body of a request has an exact [`size_hint`](Body::size_hint) and is to be sent with that as its
    /// `Content-Length`: storage behind presigned addresses takes no chunks. An error of a body is the end of
    /// its request. [`HttpClient::streaming`] is one to wrap. As for errors, redirects and retries see
    /// [`Builder::with_http_service`].
    pub fn with_streaming_http_service<S, B>(mut self, service: S) -> Self
    where
        S: Service<Request<RequestBody>, Response = Response<B>> + Clone + Send + 'static,
        S::Future: Send,
        S::Error: Into<BoxError>,
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        self.streams = Some(from_streaming(service, A::classify));
        self
    }

    /// Has every socket opened by a service, at each reconnect too: over a gateway, a tunnel, or to nowhere at all.
    /// It is given the upgrade's request, with the [`FrameLimit`] among its extensions, and answers with a socket
    /// that is open. [`Builder::socket_client`] is one to wrap.
    ///
    /// As for errors see [`Builder::with_http_service`].
    pub fn with_socket_service<S, W>(mut self, service: S) -> Self
    where
        S: Service<Request<()>, Response = W> + Clone + Send + 'static,
        S::Future: Send,
        S::Error: Into<BoxError>,
        W: Socket,
    {
        let call = shared(service, A::classify);
        self.sockets = Some(Arc::new(move |request| {
            let socket = call(request);
            Box::pin(async move { socket.await.map(BoxSocket::new) })
        }));
        self
    }

    /// As [`Builder::with_socket_service`], by a closure.
    pub fn with_socket_fn<F, T, W, E>(mut self, open: F) -> Self
    where
        F: Fn(Request<()>) -> T + Send + Sync + 'static,
        T: Future<Output = Result<W, E>> + Send + 'static,
        E: Into<BoxError>,
        W: Socket,
    {
        let call = from_fn(open, A::classify);
        self.sockets = Some(Arc::new(move |request| {
            let socket = call(request);
            Box::pin(async move { socket.await.map(BoxSocket::new) })
        }));
        self
    }

    /// Lets commands name files by the keys of their sources and sinks, where none is registered under these.
    /// Not allowed by default: whoever writes the commands reads and writes files by it.
    pub fn with_file_keys(mut self, files: FileKeys<A>) -> Self {
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
    pub fn http_client(&self) -> HttpClient<A::Client> {
        HttpClient::new(A::client(&self.connections), A::classify)
    }

    /// What would open sockets by default, with the TLS and timeouts said so far: for a service of your own to
    /// wrap.
    #[must_use]
    pub fn socket_client(&self) -> A::Sockets {
        A::sockets(&self.connections)
    }

    /// The runtime.
    ///
    /// # Panics
    /// Where an adapter's runtime has to be running by then, and is not: tokio's has.
    #[must_use]
    pub fn build(self) -> A::Runtime {
        let client = || from_streaming(A::client(&self.connections), A::classify);
        let http = Carrier::new(self.http, self.streams, client, A::classify);
        let sockets =
            self.sockets.unwrap_or_else(|| Arc::new(shared(A::sockets(&self.connections), A::classify)));
        A::runtime(Parts { http, sockets, rewrite: self.rewrite, files: self.files })
    }
}

impl<A: Adapter> Default for Builder<A> {
    fn default() -> Self {
        Self::new()
    }
}

impl<A: Adapter> fmt::Debug for Builder<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("connections", &self.connections).finish_non_exhaustive()
    }
}
