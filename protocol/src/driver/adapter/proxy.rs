//! Proxies: which connections go through one, and what is said to it.
//!
//! [`ProxyConfig`] decides, [`Handshake`] talks, and [`tunnel`] does the talking over a stream. A tunnel is all that is
//! asked of a proxy, for plain addresses too, so that requests and sockets go the same way: one that tunnels to
//! port 443 only takes no others.

mod config;
mod connect;
mod environment;
mod exceptions;
mod handshake;
mod socks;

use core::fmt;
use core::future::{Future, poll_fn};
use core::net::IpAddr;
use core::pin::{Pin, pin};
use core::str::FromStr;
use std::io;

use futures_util::future::{Either, select};
use http::Uri;

pub use config::{ProxyConfig, ProxyConfigError};
pub use handshake::Handshake;

use super::Origin;
use super::files::{Reads, Writes};
use crate::error::{ProxyProblem, TransportFault};
use crate::secret::Secret;

/// A user's name or password may have so many bytes: SOCKS5 has one byte to say how many.
const LONGEST_CREDENTIAL: usize = 255;

/// How a proxy is talked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProxyKind {
    /// HTTP, by `CONNECT`. The proxy resolves names. As an address: `http://`.
    Connect,
    /// SOCKS 5, and the proxy resolves names. As an address: `socks5h://`.
    Socks5,
    /// SOCKS 5, and names are resolved here. As an address: `socks5://`.
    Socks5Resolved,
}

/// A proxy, and the credentials for it. As text: `http://user:password@proxy.example:3128`, where what is special in an
/// address is written as `%2F` and the like.
///
/// Neither `Debug` nor any error shows the credentials.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    kind: ProxyKind,
    host: String,
    port: u16,
    credentials: Option<Credentials>,
}

/// Who we are for a proxy.
#[derive(Clone, PartialEq, Eq)]
struct Credentials {
    user: Secret,
    password: Secret,
}

impl Proxy {
    /// A proxy without credentials.
    ///
    /// # Errors
    /// [`ProxyConfigError::NoAddress`] where the host is no name and no address.
    pub fn new(kind: ProxyKind, host: &str, port: u16) -> Result<Self, ProxyConfigError> {
        let authority = if host.contains(':') && !host.starts_with('[') {
            format!("[{host}]:{port}")
        } else {
            format!("{host}:{port}")
        };
        let authority: http::uri::Authority = authority.parse().map_err(|_| ProxyConfigError::NoAddress)?;
        if authority.host().is_empty() || authority.as_str().contains('@') {
            return Err(ProxyConfigError::NoAddress);
        }
        Ok(Self { kind, host: bare(authority.host()).to_owned(), port, credentials: None })
    }

    /// Says who we are: Basic for `CONNECT`, user name and password for SOCKS 5.
    ///
    /// # Errors
    /// [`ProxyConfigError::BadCredentials`] where they cannot be said: without a user, or longer than 255 bytes, or
    /// for `CONNECT` with a `:` in the user's name.
    pub fn with_credentials(
        mut self,
        user: impl Into<Secret>,
        password: impl Into<Secret>,
    ) -> Result<Self, ProxyConfigError> {
        let (user, password) = (user.into(), password.into());
        let long = |secret: &Secret| secret.expose().len() > LONGEST_CREDENTIAL;
        let split = self.kind == ProxyKind::Connect && user.expose().contains(':');
        if user.is_empty() || long(&user) || long(&password) || split {
            return Err(ProxyConfigError::BadCredentials);
        }
        self.credentials = Some(Credentials { user, password });
        Ok(self)
    }

    /// How it is talked to.
    #[must_use]
    pub const fn kind(&self) -> ProxyKind {
        self.kind
    }

    /// Its name or address, an IPv6 one without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Its port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Its address to dial: `http://host:port`, whatever it speaks.
    #[must_use]
    pub fn uri(&self) -> Uri {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        format!("http://{host}:{}/", self.port).parse().unwrap_or_default()
    }
}

impl FromStr for Proxy {
    type Err = ProxyConfigError;

    fn from_str(text: &str) -> Result<Self, ProxyConfigError> {
        config::parse(text)
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy")
            .field("kind", &self.kind)
            .field("host", &self.host)
            .field("port", &self.port)
            .field("credentials", &self.credentials.as_ref().map(|_| "[redacted]"))
            .finish()
    }
}

/// An address of HTTP without the brackets of IPv6.
fn bare(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

/// Has a proxy make a tunnel to an origin, over a stream that leads to the proxy: afterwards the stream leads there.
/// `resolve` is the origin's address, and is asked for where names are resolved here; `late` ends when it has taken
/// too long.
///
/// # Errors
/// [`TransportFault::Proxy`], which says what the proxy did; and those of `resolve`.
pub async fn tunnel<K, S>(
    stream: &mut S,
    proxy: &Proxy,
    origin: &Origin,
    resolve: impl Future<Output = Result<IpAddr, TransportFault>> + Send,
    late: impl Future<Output = ()> + Send,
) -> Result<(), TransportFault>
where
    K: Reads<S> + Writes<S>,
    S: Unpin + Send,
{
    let talk = async {
        let handshake = if proxy.kind == ProxyKind::Socks5Resolved && origin.host().parse::<IpAddr>().is_err()
        {
            Handshake::new(proxy, &resolve.await?.to_string(), origin.port())?
        } else {
            Handshake::new(proxy, origin.host(), origin.port())?
        };
        talk::<K, S>(stream, handshake).await
    };
    match select(pin!(talk), pin!(late)).await {
        Either::Left((told, _)) => told,
        Either::Right(_) => Err(fault(ProxyProblem::Silent, "it did not answer in time")),
    }
}

async fn talk<K, S>(stream: &mut S, mut handshake: Handshake) -> Result<(), TransportFault>
where
    K: Reads<S> + Writes<S>,
    S: Unpin + Send,
{
    let mut buffer = [0; 512];
    loop {
        let output = handshake.take_output();
        let mut rest = output.as_slice();
        while !rest.is_empty() {
            let write = poll_fn(|context| K::poll_write(Pin::new(&mut *stream), context, rest));
            let written = write.await.map_err(|error| lost(&error))?;
            rest = rest.get(written..).filter(|_| written > 0).ok_or_else(cut)?;
        }
        poll_fn(|context| K::poll_flush(Pin::new(&mut *stream), context))
            .await
            .map_err(|error| lost(&error))?;
        let wanted = handshake.wanted().min(buffer.len());
        if wanted == 0 {
            return Ok(());
        }
        let room = buffer.get_mut(..wanted).unwrap_or_default();
        let read = poll_fn(|context| K::poll_read(Pin::new(&mut *stream), context, room)).await;
        let read = read.map_err(|error| lost(&error))?;
        handshake.receive(room.get(..read).unwrap_or_default())?;
    }
}

fn lost(_: &io::Error) -> TransportFault {
    cut()
}

fn cut() -> TransportFault {
    fault(ProxyProblem::Broken, "it closed the connection")
}

/// What a proxy did, in words that are ours.
fn fault(problem: ProxyProblem, reason: impl Into<String>) -> TransportFault {
    TransportFault::Proxy { problem, reason: reason.into() }
}

/// Why there is no connection to a proxy, where there is none: it is the proxy's name, and not the server's, that
/// could not be resolved, and so on.
#[must_use]
pub fn unreachable(fault: &TransportFault) -> TransportFault {
    self::fault(ProxyProblem::Unreachable, fault.to_string())
}

#[cfg(test)]
mod tests;
