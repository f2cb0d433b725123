//! Names, TCP and TLS, for requests and sockets alike.

use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::time::{Duration, Instant};

use futures_rustls::TlsConnector;
use futures_rustls::client::TlsStream;
use futures_util::future::{Either, select, select_ok};
use helpline_protocol::TransportFault;
use helpline_protocol::driver::adapter::proxy::{Proxy, tunnel, unreachable};
use helpline_protocol::driver::adapter::{self, Connect, Connections, Http1Client, Origin, fault};
use rustls::pki_types::ServerName;
use smol::Timer;
use smol::net::{TcpStream, resolve};

use crate::Smol;

/// After so long without an answer the addresses of the other family are tried as well.
const OTHER_FAMILY: Duration = Duration::from_millis(300);

/// A connection that stands, in plain or by TLS.
pub(crate) type Stream = Either<TcpStream, Box<TlsStream<TcpStream>>>;

/// As a service of streamed bodies: HTTP/1.1 over a pool of smol's connections. As for errors: where a body fails, its
/// request does.
pub type StreamingHttpClient = Http1Client<Connector>;

/// The HTTP client that is used by default. A service of your own may wrap it; get one from
/// [`Builder::http_client`](adapter::Builder::http_client).
pub type HttpClient = adapter::HttpClient<StreamingHttpClient>;

/// Connects, for an [`HttpClient`] and for sockets.
#[derive(Clone, Debug)]
pub struct Connector {
    connections: Connections,
    made: Instant,
}

impl Connector {
    pub(crate) fn new(connections: &Connections) -> Self {
        Self { connections: connections.clone(), made: Instant::now() }
    }

    async fn through(&self, proxy: &Proxy, origin: &Origin) -> Result<TcpStream, TransportFault> {
        let tcp = self.tcp(proxy.host(), proxy.port()).await;
        let mut tcp = tcp.map_err(|fault| unreachable(&fault))?;
        let resolve = async {
            let addresses = resolve((origin.host(), origin.port())).await.ok();
            let first = addresses.and_then(|addresses| addresses.first().map(SocketAddr::ip));
            first.ok_or(TransportFault::NameNotFound)
        };
        let late = async {
            Timer::after(self.connections.connect_timeout()).await;
        };
        tunnel::<Smol, _>(&mut tcp, proxy, origin, resolve, late).await?;
        Ok(tcp)
    }

    async fn tcp(&self, host: &str, port: u16) -> Result<TcpStream, TransportFault> {
        let addresses = resolve((host, port)).await.map_err(|_| TransportFault::NameNotFound)?;
        let Some(first) = addresses.first() else { return Err(TransportFault::NameNotFound) };
        let (family, other): (Vec<_>, Vec<_>) =
            addresses.iter().partition(|address| address.is_ipv4() == first.is_ipv4());
        let limit = self.connections.connect_timeout();
        let connected = if other.is_empty() {
            any_of(&family, limit).await
        } else {
            let later = async {
                Timer::after(OTHER_FAMILY).await;
                any_of(&other, limit).await
            };
            let both: [Pin<&mut (dyn Future<Output = _> + Send)>; 2] =
                [pin!(any_of(&family, limit)), pin!(later)];
            select_ok(both).await.map(|(tcp, _)| tcp)
        };
        let tcp = connected.map_err(|error| fault::connecting(&error))?;
        // A message is small, and somebody waits for it. Where this cannot be had, it works all the same.
        drop(tcp.set_nodelay(true));
        Ok(tcp)
    }
}

impl Connect for Connector {
    type Stream = Stream;
    type Kind = Smol;

    async fn connect(&self, origin: &Origin) -> Result<Stream, TransportFault> {
        let tcp = match self.connections.proxy_for(origin)? {
            Some(proxy) => self.through(proxy, origin).await?,
            None => self.tcp(origin.host(), origin.port()).await?,
        };
        if !origin.is_secure() {
            return Ok(Either::Left(tcp));
        }
        let config = self.connections.tls().config()?;
        let name = ServerName::try_from(origin.host().to_owned());
        let name = name.map_err(|error| TransportFault::Tls { reason: error.to_string() })?;
        let tls = TlsConnector::from(config).connect(name, tcp).await;
        Ok(Either::Right(Box::new(tls.map_err(|error| fault::connecting(&error))?)))
    }

    fn time(&self) -> Duration {
        self.made.elapsed()
    }
}

/// Connects to the first of them that answers, one after the other; each has its part of the time.
async fn any_of(addresses: &[SocketAddr], limit: Duration) -> io::Result<TcpStream> {
    let each = limit / u32::try_from(addresses.len()).unwrap_or(u32::MAX).max(1);
    let mut failed = io::Error::from(io::ErrorKind::NotFound);
    for address in addresses {
        match select(pin!(TcpStream::connect(address)), Timer::after(each)).await {
            Either::Left((Ok(tcp), _)) => return Ok(tcp),
            Either::Left((Err(error), _)) => failed = error,
            Either::Right(_) => failed = io::ErrorKind::TimedOut.into(),
        }
    }
    Err(failed)
}
