//! Names, TCP, proxies and TLS, for requests and sockets alike.

use std::future::{Future, poll_fn};
use std::net::IpAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use helpline_protocol::TransportFault;
use helpline_protocol::driver::adapter::fault::{BoxError, connecting};
use helpline_protocol::driver::adapter::proxy::{Proxy, tunnel, unreachable};
use helpline_protocol::driver::adapter::{Connections, Origin};
use http::Uri;
use http::uri::Scheme;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::{GaiAddrs, GaiResolver, Name};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::sleep;
use tower_service::Service;

use crate::Tokio;

pub(crate) type Stream = MaybeHttpsStream<TokioIo<TcpStream>>;
type Connecting<T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send>>;

/// Connects to the host of an address, by TLS for `https` and `wss`.
#[derive(Clone)]
pub(crate) struct Connector(Route);

impl Connector {
    pub(crate) fn new(connections: &Connections) -> Self {
        let mut tcp = HttpConnector::new_with_resolver(Resolver(GaiResolver::new()));
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(connections.connect_timeout()));
        Self(Route { tcp, connections: connections.clone() })
    }
}

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = BoxError;
    type Future = Connecting<Stream, BoxError>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let mut route = self.0.clone();
        Box::pin(async move {
            let (uri, secure) = over_http(uri)?;
            if secure {
                let tls = route.connections.tls().config()?;
                HttpsConnector::from((route, tls)).call(uri).await
            } else {
                Ok(MaybeHttpsStream::Http(route.call(uri).await?))
            }
        })
    }
}

/// The address with `http` for `ws` and `https` for `wss`, so that ports and hosts are read alike; and
/// whether it is to be reached by TLS. Anything unknown is.
fn over_http(uri: Uri) -> Result<(Uri, bool), http::uri::InvalidUriParts> {
    let secure = !matches!(uri.scheme_str(), Some("http" | "ws"));
    let mut parts = uri.into_parts();
    parts.scheme = Some(if secure { Scheme::HTTPS } else { Scheme::HTTP });
    Ok((Uri::from_parts(parts)?, secure))
}

/// A connection to the host of an address: straight, or by a tunnel through a proxy.
#[derive(Clone)]
struct Route {
    tcp: HttpConnector<Resolver>,
    connections: Connections,
}

impl Route {
    async fn through(
        &mut self,
        proxy: &Proxy,
        origin: &Origin,
    ) -> Result<TokioIo<TcpStream>, TransportFault> {
        let connected = async {
            poll_fn(|context| self.tcp.poll_ready(context)).await?;
            self.tcp.call(proxy.uri()).await
        };
        let stream = connected.await.map_err(|error| unreachable(&connecting(&error)))?;
        let mut stream = stream.into_inner();
        let late = sleep(self.connections.connect_timeout());
        tunnel::<Tokio, _>(&mut stream, proxy, origin, resolve(origin.host()), late).await?;
        Ok(TokioIo::new(stream))
    }
}

async fn resolve(host: &str) -> Result<IpAddr, TransportFault> {
    let addresses = tokio::net::lookup_host((host, 0)).await.ok();
    let first = addresses.and_then(|mut addresses| addresses.next());
    first.map(|address| address.ip()).ok_or(TransportFault::NameNotFound)
}

impl Service<Uri> for Route {
    type Response = TokioIo<TcpStream>;
    type Error = BoxError;
    type Future = Connecting<TokioIo<TcpStream>, BoxError>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.tcp.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let mut route = self.clone();
        Box::pin(async move {
            let origin = Origin::of(&uri)?;
            match route.connections.proxy_for(&origin)?.cloned() {
                Some(proxy) => Ok(route.through(&proxy, &origin).await?),
                None => Ok(route.tcp.call(uri).await?),
            }
        })
    }
}

/// The system's resolver, with an error that can be told from those of TCP.
#[derive(Clone)]
pub(crate) struct Resolver(GaiResolver);

impl Service<Name> for Resolver {
    type Response = GaiAddrs;
    type Error = TransportFault;
    type Future = Connecting<GaiAddrs, TransportFault>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), TransportFault>> {
        self.0.poll_ready(context).map_err(|_| TransportFault::NameNotFound)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let addresses = self.0.call(name);
        Box::pin(async move { addresses.await.map_err(|_| TransportFault::NameNotFound) })
    }
}
