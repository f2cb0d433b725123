//! What is said to a proxy before a connection is ours, as a machine without I/O.

use core::fmt;

use super::connect::Connect;
use super::socks::Socks;
use super::{Proxy, ProxyKind, cut};
use crate::error::TransportFault;

/// A conversation with a proxy about one connection: [`Handshake::take_output`] is to be written, and what comes in is
/// for [`Handshake::receive`], until nothing more is [`wanted`](Handshake::wanted).
pub struct Handshake {
    dialect: Dialect,
    output: Vec<u8>,
}

enum Dialect {
    Connect(Connect),
    Socks(Socks),
}

impl Handshake {
    /// Begins one, for a tunnel to this host and port.
    ///
    /// # Errors
    /// Where the host is nothing that can be asked for.
    pub fn new(proxy: &Proxy, host: &str, port: u16) -> Result<Self, TransportFault> {
        let mut output = Vec::new();
        let dialect = match proxy.kind {
            ProxyKind::Connect => Dialect::Connect(Connect::new(proxy, host, port, &mut output)),
            ProxyKind::Socks5 | ProxyKind::Socks5Resolved => {
                Dialect::Socks(Socks::new(proxy, host, port, &mut output)?)
            }
        };
        Ok(Self { dialect, output })
    }

    /// What is to be written now.
    #[must_use]
    pub fn take_output(&mut self) -> Vec<u8> {
        core::mem::take(&mut self.output)
    }

    /// How many bytes may be read now, and no more: those after them are not the proxy's. None once the tunnel stands.
    #[must_use]
    pub fn wanted(&self) -> usize {
        match &self.dialect {
            Dialect::Connect(connect) => connect.wanted(),
            Dialect::Socks(socks) => socks.wanted(),
        }
    }

    /// Takes what was read: nothing, where that was the end.
    ///
    /// # Errors
    /// [`TransportFault::Proxy`] where there will be no tunnel.
    pub fn receive(&mut self, bytes: &[u8]) -> Result<(), TransportFault> {
        if bytes.is_empty() && self.wanted() > 0 {
            return Err(cut());
        }
        match &mut self.dialect {
            Dialect::Connect(connect) => connect.receive(bytes),
            Dialect::Socks(socks) => socks.receive(bytes, &mut self.output),
        }
    }
}

/// What is to be written may hold credentials.
impl fmt::Debug for Handshake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handshake").field("wanted", &self.wanted()).finish_non_exhaustive()
    }
}
