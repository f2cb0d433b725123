//! Which connections go through a proxy.

use core::net::Ipv6Addr;

use super::exceptions::Exceptions;
use super::{Proxy, ProxyKind};
use crate::driver::adapter::Origin;
use crate::secret::Secret;
use crate::wire::url::is_loopback;

/// Which connections go through which proxy.
///
/// Those to this machine (`localhost`, `127.0.0.0/8`, `::1`) go through none, unless
/// [`ProxyConfig::even_for_loopback`] says so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct ProxyConfig {
    pub(super) secure: Option<Proxy>,
    pub(super) plain: Option<Proxy>,
    pub(super) exceptions: Exceptions,
    pub(super) loopback: bool,
}

/// What is wrong with what was said about proxies. It shows nothing of the text, which may hold a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProxyConfigError {
    /// It is no address of a proxy.
    #[error("it is no address of a proxy: give one as `http://host:port` or `socks5h://host:port`")]
    NoAddress,
    /// It is an address of another kind.
    #[error("a proxy cannot be reached by {scheme:?} here: give `http`, `socks5` or `socks5h`")]
    UnknownScheme {
        /// The part before `://`.
        scheme: String,
    },
    /// The credentials cannot be said to a proxy.
    #[error(
        "its credentials need a user, at most 255 bytes each, `%` before two hexadecimal digits, and UTF-8"
    )]
    BadCredentials,
    /// A variable of the environment is wrong.
    #[error("{variable}: {error}")]
    Variable {
        /// Its name.
        variable: String,
        /// What is wrong with it.
        error: Box<Self>,
    },
}

impl ProxyConfig {
    /// All connections go straight to their servers.
    pub fn none() -> Self {
        Self::default()
    }

    /// All connections go through this proxy.
    pub fn all(proxy: Proxy) -> Self {
        Self { secure: Some(proxy.clone()), plain: Some(proxy), ..Self::default() }
    }

    /// Has `https` and `wss` go through this proxy.
    pub fn with_secure(mut self, proxy: Proxy) -> Self {
        self.secure = Some(proxy);
        self
    }

    /// Has `http` and `ws` go through this proxy.
    pub fn with_plain(mut self, proxy: Proxy) -> Self {
        self.plain = Some(proxy);
        self
    }

    /// Hosts to go straight to, as `NO_PROXY` has them: names, which stand for those below them too, addresses and
    /// networks such as `10.0.0.0/8`, each with a `:port` where only that is meant, with commas between; `*` is all.
    pub fn with_exceptions(mut self, hosts: &str) -> Self {
        self.exceptions = Exceptions::parse(hosts);
        self
    }

    /// Has connections to this machine go through the proxy too.
    pub const fn even_for_loopback(mut self) -> Self {
        self.loopback = true;
        self
    }

    /// The proxy for an origin, if there is one.
    #[must_use]
    pub fn proxy_for(&self, origin: &Origin) -> Option<&Proxy> {
        let proxy = if origin.is_secure() { self.secure.as_ref() } else { self.plain.as_ref() }?;
        let (host, port) = (origin.host(), origin.port());
        let here = is_loopback(host) || host.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback());
        let straight = (!self.loopback && here) || self.exceptions.cover(host, port);
        (!straight).then_some(proxy)
    }
}

impl From<Proxy> for ProxyConfig {
    fn from(proxy: Proxy) -> Self {
        Self::all(proxy)
    }
}

/// Reads the address of a proxy. Without a scheme it is one of HTTP.
pub(super) fn parse(text: &str) -> Result<Proxy, ProxyConfigError> {
    let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
    let (kind, port) = match scheme.to_ascii_lowercase().as_str() {
        "http" => (ProxyKind::Connect, 80),
        "socks5h" => (ProxyKind::Socks5, 1080),
        "socks5" => (ProxyKind::Socks5Resolved, 1080),
        _ => {
            let known = scheme.chars().all(|it| it.is_ascii_alphanumeric() || matches!(it, '+' | '-' | '.'));
            let scheme = scheme.chars().take(16).collect();
            return Err(if known {
                ProxyConfigError::UnknownScheme { scheme }
            } else {
                ProxyConfigError::NoAddress
            });
        }
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (user_info, address) = match authority.rsplit_once('@') {
        Some((user_info, address)) => (Some(user_info), address),
        None => (None, authority),
    };
    let address: http::uri::Authority = address.parse().map_err(|_| ProxyConfigError::NoAddress)?;
    let has_port = address.as_str().len() > address.host().len();
    let port = match address.port_u16() {
        Some(port) => port,
        None if has_port => return Err(ProxyConfigError::NoAddress),
        None => port,
    };
    let proxy = Proxy::new(kind, address.host(), port)?;
    let Some(user_info) = user_info else { return Ok(proxy) };
    let (user, password) = user_info.split_once(':').unwrap_or((user_info, ""));
    proxy.with_credentials(decoded(user)?, decoded(password)?)
}

/// Text with `%41` for `A`.
fn decoded(text: &str) -> Result<Secret, ProxyConfigError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let byte = match byte {
            b'%' => {
                let digit = |digit: Option<u8>| digit.and_then(|digit| char::from(digit).to_digit(16));
                let (high, low) = (digit(rest.next()), digit(rest.next()));
                let both = high.zip(low).map(|(high, low)| high * 16 + low);
                both.and_then(|both| u8::try_from(both).ok()).ok_or(ProxyConfigError::BadCredentials)?
            }
            byte => byte,
        };
        bytes.push(byte);
    }
    String::from_utf8(bytes).map(Secret::new).map_err(|_| ProxyConfigError::BadCredentials)
}
