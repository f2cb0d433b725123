//! Hosts that no proxy is asked for.

use core::net::IpAddr;

/// What `NO_PROXY` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Exceptions(Vec<(What, Option<u16>)>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    All,
    /// A name and all below it.
    Name(String),
    /// Addresses that begin with so many bits of this one.
    Network(IpAddr, u32),
}

impl Exceptions {
    /// Reads a list. What cannot be read there is the name of no host, and covers none.
    pub(super) fn parse(text: &str) -> Self {
        let entries = text.split([',', ' ', '\t', '\n', '\r']).filter(|entry| !entry.is_empty());
        Self(entries.map(entry).collect())
    }

    /// Whether a host is one of them: its name, or its address without brackets.
    pub(super) fn cover(&self, host: &str, port: u16) -> bool {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        let address = host.parse().ok();
        self.0.iter().any(|(what, only)| {
            let is_meant = match what {
                What::All => true,
                What::Name(name) => {
                    let below =
                        host.strip_suffix(name.as_str()).map(|rest| rest.is_empty() || rest.ends_with('.'));
                    below.unwrap_or(false)
                }
                What::Network(network, bits) => {
                    address.is_some_and(|address| is_within(address, *network, *bits))
                }
            };
            is_meant && only.is_none_or(|only| only == port)
        })
    }
}

fn entry(text: &str) -> (What, Option<u16>) {
    if text == "*" {
        return (What::All, None);
    }
    if let Some(network) = network(text) {
        return (network, None);
    }
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) => match port.parse() {
            Ok(port) => (host, Some(port)),
            Err(_) => (text, None),
        },
        None => (text, None),
    };
    let what = network(host.trim_start_matches('[').trim_end_matches(']')).unwrap_or_else(|| {
        let name = host.trim_start_matches('*').trim_matches('.').to_ascii_lowercase();
        What::Name(if name.is_empty() { host.to_owned() } else { name })
    });
    (what, port)
}

/// An address, or several by their first bits.
fn network(text: &str) -> Option<What> {
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => (address, Some(bits.parse().ok()?)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().ok()?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let bits = bits.unwrap_or(most);
    (bits <= most).then_some(What::Network(address, bits))
}

fn is_within(address: IpAddr, network: IpAddr, bits: u32) -> bool {
    match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) => {
            let differ = u32::from(address) ^ u32::from(network);
            differ.leading_zeros() >= bits
        }
        (IpAddr::V6(address), IpAddr::V6(network)) => {
            let differ = u128::from(address) ^ u128::from(network);
            differ.leading_zeros() >= bits
        }
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
    }
}
