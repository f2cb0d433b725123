//! Names, TCP and TLS, for requests and sockets alike.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use helpline_protocol::TransportFault;
use helpline_protocol::driver::adapter::fault::BoxError;
use helpline_protocol::driver::adapter::{Connections, Tls};
use http::Uri;
use http::uri::Scheme;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::{GaiAddrs, GaiResolver, Name};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower_service::Service;

pub(crate) type Stream = MaybeHttpsStream<TokioIo<TcpStream>>;
type Connecting<T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send>>;

/// Connects to the host of an address, by TLS for `https` and `wss`.
#[derive(Clone)]
pub(crate) struct Connector {
    tcp: HttpConnector<Resolver>,
    tls: Tls,
}

impl Connector {
    pub(crate) fn new(connections: &Connections) -> Self {
        let mut tcp = HttpConnector::new_with_resolver(Resolver(GaiResolver::new()));
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(connections.connect_timeout()));
        Self { tcp, tls: connections.tls().clone() }
    }
}

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = BoxError;
    type Future = Connecting<Stream, BoxError>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.tcp.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let (mut tcp, tls) = (self.tcp.clone(), self.tls.clone());
        Box::pin(async move {
            let (uri, secure) = over_http(uri)?;
            if secure {
                HttpsConnector::from((tcp, tls.config()?)).call(uri).await
            } else {
                Ok(MaybeHttpsStream::Http(tcp.call(uri).await?))
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
