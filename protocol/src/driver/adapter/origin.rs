//! Where a connection leads to.

use http::Uri;

use crate::error::TransportFault;

/// Where a connection leads to, as far as connections are told apart by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    secure: bool,
    host: String,
    port: u16,
}

impl Origin {
    /// Of an address: by TLS for `https` and `wss`, and for anything unknown; in plain for `http` and `ws`.
    ///
    /// # Errors
    /// Where it has no host.
    pub fn of(uri: &Uri) -> Result<Self, TransportFault> {
        let secure = !matches!(uri.scheme_str(), Some("http" | "ws"));
        let Some(host) = uri.host().filter(|host| !host.is_empty()) else {
            return Err(TransportFault::Other { reason: "the address cannot be dialled".to_owned() });
        };
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        Ok(Self { secure, host, port: uri.port_u16().unwrap_or(if secure { 443 } else { 80 }) })
    }

    /// Whether it is reached by TLS.
    #[must_use]
    pub const fn is_secure(&self) -> bool {
        self.secure
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
}
