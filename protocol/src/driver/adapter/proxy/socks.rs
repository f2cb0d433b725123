//! SOCKS 5 (RFC 1928), with user name and password (RFC 1929).

use core::net::IpAddr;

use super::{Credentials, Proxy, fault};
use crate::error::{ProxyProblem, TransportFault};

const VERSION: u8 = 5;
const NO_CREDENTIALS: u8 = 0;
const USER_AND_PASSWORD: u8 = 2;
const NO_METHOD: u8 = 255;
const AUTHENTICATION_VERSION: u8 = 1;
const CONNECT: u8 = 1;
const IPV4: u8 = 1;
const NAME: u8 = 3;
const IPV6: u8 = 4;

/// A conversation with a proxy, one answer after the other.
pub(super) struct Socks {
    waits_for: WaitsFor,
    answer: Vec<u8>,
    credentials: Option<Credentials>,
    request: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WaitsFor {
    /// Which way to say who we are.
    Method,
    /// Whether we are somebody.
    Welcome,
    /// Whether it has connected, and the kind of the address that follows.
    Reply,
    /// Of this many bytes more: an address that nobody needs, and its port.
    Bound(usize),
    Nothing,
}

impl Socks {
    pub(super) fn new(
        proxy: &Proxy,
        host: &str,
        port: u16,
        output: &mut Vec<u8>,
    ) -> Result<Self, TransportFault> {
        let mut request = vec![VERSION, CONNECT, 0];
        match host.parse::<IpAddr>() {
            Ok(IpAddr::V4(address)) => {
                request.push(IPV4);
                request.extend_from_slice(&address.octets());
            }
            Ok(IpAddr::V6(address)) => {
                request.push(IPV6);
                request.extend_from_slice(&address.octets());
            }
            Err(_) => {
                let long = || fault(ProxyProblem::Refused, "SOCKS takes no name of more than 255 bytes");
                request.extend_from_slice(&[NAME, u8::try_from(host.len()).map_err(|_| long())?]);
                request.extend_from_slice(host.as_bytes());
            }
        }
        request.extend_from_slice(&port.to_be_bytes());
        let credentials = proxy.credentials.clone();
        match &credentials {
            // A proxy may do without.
            Some(_) => output.extend_from_slice(&[VERSION, 2, NO_CREDENTIALS, USER_AND_PASSWORD]),
            None => output.extend_from_slice(&[VERSION, 1, NO_CREDENTIALS]),
        }
        Ok(Self { waits_for: WaitsFor::Method, answer: Vec::new(), credentials, request })
    }

    pub(super) fn wanted(&self) -> usize {
        self.whole().saturating_sub(self.answer.len())
    }

    /// How many bytes the next answer has; of a reply, up to the first byte of its address.
    const fn whole(&self) -> usize {
        match self.waits_for {
            WaitsFor::Method | WaitsFor::Welcome => 2,
            WaitsFor::Reply => 5,
            WaitsFor::Bound(bytes) => bytes,
            WaitsFor::Nothing => 0,
        }
    }

    pub(super) fn receive(&mut self, bytes: &[u8], output: &mut Vec<u8>) -> Result<(), TransportFault> {
        for byte in bytes {
            self.answer.push(*byte);
            if self.wanted() == 0 {
                let answer = core::mem::take(&mut self.answer);
                self.waits_for = self.next(&answer, output)?;
            }
        }
        Ok(())
    }

    /// What an answer says, and what is waited for then.
    fn next(&mut self, answer: &[u8], output: &mut Vec<u8>) -> Result<WaitsFor, TransportFault> {
        match (self.waits_for, answer) {
            (WaitsFor::Method, [VERSION, NO_CREDENTIALS]) => Ok(self.ask(output)),
            (WaitsFor::Method, [VERSION, USER_AND_PASSWORD]) if self.credentials.is_some() => {
                self.introduce(output);
                Ok(WaitsFor::Welcome)
            }
            (WaitsFor::Method, [VERSION, NO_METHOD]) if self.credentials.is_some() => {
                Err(fault(ProxyProblem::Credentials, "it takes no user name and password"))
            }
            (WaitsFor::Method, [VERSION, NO_METHOD]) => {
                Err(fault(ProxyProblem::Credentials, "it wants some"))
            }
            (WaitsFor::Welcome, [AUTHENTICATION_VERSION, 0]) => Ok(self.ask(output)),
            (WaitsFor::Welcome, [AUTHENTICATION_VERSION, _]) => {
                Err(fault(ProxyProblem::Credentials, "it does not take those given"))
            }
            (WaitsFor::Reply, [VERSION, 0, _, kind, first]) => match *kind {
                // One byte of the address was read along.
                IPV4 => Ok(WaitsFor::Bound(4 - 1 + 2)),
                IPV6 => Ok(WaitsFor::Bound(16 - 1 + 2)),
                NAME => Ok(WaitsFor::Bound(usize::from(*first) + 2)),
                _ => Err(no_socks()),
            },
            (WaitsFor::Reply, [VERSION, code, ..]) => Err(fault(ProxyProblem::Refused, refusal(*code))),
            (WaitsFor::Bound(_) | WaitsFor::Nothing, _) => Ok(WaitsFor::Nothing),
            (WaitsFor::Method | WaitsFor::Welcome | WaitsFor::Reply, _) => Err(no_socks()),
        }
    }

    fn ask(&mut self, output: &mut Vec<u8>) -> WaitsFor {
        output.append(&mut self.request);
        WaitsFor::Reply
    }

    fn introduce(&self, output: &mut Vec<u8>) {
        let Some(Credentials { user, password }) = &self.credentials else { return };
        output.push(AUTHENTICATION_VERSION);
        for secret in [user, password] {
            let bytes = secret.expose().as_bytes();
            // `Proxy::with_credentials` sees to it that their lengths fit.
            output.push(u8::try_from(bytes.len()).unwrap_or(u8::MAX));
            output.extend_from_slice(bytes);
        }
    }
}

fn no_socks() -> TransportFault {
    fault(ProxyProblem::Broken, "its answer is no SOCKS 5")
}

fn refusal(code: u8) -> String {
    let reason = match code {
        1 => "something went wrong with it",
        2 => "its rules do not allow it",
        3 => "the network cannot be reached from it",
        4 => "the server cannot be reached from it",
        5 => "the server refused it",
        6 => "the connection took too long",
        7 => "it knows no such command",
        8 => "it knows no such kind of address",
        _ => return format!("code {code}"),
    };
    reason.to_owned()
}
