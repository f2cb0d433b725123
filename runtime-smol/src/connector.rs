//! Names, TCP and TLS, for requests and sockets alike.

use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_rustls::TlsConnector;
use futures_rustls::client::TlsStream;
use futures_util::future::{Either, select, select_ok};
use helpline_protocol::TransportFault;
use helpline_protocol::driver::adapter::proxy::{Proxy, tunnel, unreachable};
use helpline_protocol::driver::adapter::{Connections, Origin, fault};
use rustls::pki_types::ServerName;
use smol::Timer;
use smol::io::{AsyncRead, AsyncWrite};
use smol::net::{TcpStream, resolve};

use crate::Smol;

/// After so long without an answer the addresses of the other family are tried as well.
const OTHER_FAMILY: Duration = Duration::from_millis(300);

/// Connects.
#[derive(Clone, Debug)]
pub(crate) struct Connector {
    connections: Connections,
}

impl Connector {
    pub(crate) fn new(connections: &Connections) -> Self {
        Self { connections: connections.clone() }
    }

    pub(crate) async fn connect(&self, origin: &Origin) -> Result<Stream, TransportFault> {
        let tcp = match self.connections.proxy_for(origin)? {
            Some(proxy) => self.through(proxy, origin).await?,
            None => self.tcp(origin.host(), origin.port()).await?,
        };
        if !origin.is_secure() {
            return Ok(Stream::Plain(tcp));
        }
        let config = self.connections.tls().config()?;
        let name = ServerName::try_from(origin.host().to_owned());
        let name = name.map_err(|error| TransportFault::Tls { reason: error.to_string() })?;
        let tls = TlsConnector::from(config).connect(name, tcp).await;
        Ok(Stream::Tls(Box::new(tls.map_err(|error| fault::connecting(&error))?)))
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

/// A connection that stands.
#[derive(Debug)]
pub(crate) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_read(context, into),
            Self::Tls(tls) => Pin::new(tls).poll_read(context, into),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, from: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_write(context, from),
            Self::Tls(tls) => Pin::new(tls).poll_write(context, from),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_flush(context),
            Self::Tls(tls) => Pin::new(tls).poll_flush(context),
        }
    }

    fn poll_close(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_close(context),
            Self::Tls(tls) => Pin::new(tls).poll_close(context),
        }
    }
}
