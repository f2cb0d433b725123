//! What adapters read that is neither a provider's nor a user's: proxies' words, names of files.

use helpline_protocol::driver::adapter::files::sanitised;
use helpline_protocol::driver::adapter::proxy::{Handshake, Proxy, ProxyConfig};

use crate::choices::{Choices, text};

/// A password that stands in no other text.
const CANARY: &str = "s3cr3t-canary";

/// A proxy says anything, in pieces of any size: a tunnel or a fault, and no more is read than is the proxy's.
pub(crate) fn proxy_handshakes(data: &[u8]) {
    let mut choices = Choices::new(data);
    let proxies = [
        "http://user:s3cr3t-canary@proxy.example:8080",
        "socks5h://user:s3cr3t-canary@proxy.example:1080",
        "socks5://proxy.example",
    ];
    let Some(address) = choices.one_of(&proxies) else { return };
    let proxy: Proxy = address.parse().expect("an address of a proxy");
    let host = if choices.byte() & 1 == 0 { "chat.example" } else { "192.0.2.7" };
    let Ok(mut handshake) = Handshake::new(&proxy, host, 443) else { return };
    let piece = usize::from(choices.byte()).max(1);
    let mut rest = choices.rest();
    if text(rest).contains(CANARY) {
        return;
    }
    while handshake.wanted() > 0 {
        drop(handshake.take_output());
        let (read, left) = rest.split_at(handshake.wanted().min(piece).min(rest.len()));
        rest = left;
        match handshake.receive(read) {
            Ok(()) => assert!(!read.is_empty() || handshake.wanted() == 0, "an end that is none"),
            Err(fault) => {
                return assert!(!fault.to_string().contains(CANARY), "a password is shown: {fault}");
            }
        }
    }
}

/// The address of a proxy, as a user or the environment writes it; and with a password in it, which shows nowhere.
pub(crate) fn proxy_addresses(data: &[u8]) {
    let address = text(data);
    if address.contains(CANARY) {
        return;
    }
    drop(address.parse::<Proxy>());
    drop(ProxyConfig::from_environment(|name| (name != "REQUEST_METHOD").then(|| address.clone())));
    for scheme in ["http", "socks5", "socks5h", "https"] {
        let shown = match format!("{scheme}://user:{CANARY}@{address}").parse::<Proxy>() {
            Ok(proxy) => format!("{proxy:?}"),
            Err(error) => format!("{error} {error:?}"),
        };
        assert!(!shown.contains(CANARY), "a password is shown: {shown}");
    }
}

/// A name that somebody else chose becomes one component of a path, and stays it.
pub(crate) fn file_names(data: &[u8]) {
    let name = sanitised(&text(data));
    assert!(!name.is_empty() && name.len() <= 200, "{name:?}");
    let apart = ['/', '\\', '\0', ':'];
    assert!(!name.contains(apart) && name != "." && name != ".." && !name.starts_with('.'), "{name:?}");
    assert_eq!(sanitised(&name), name, "a fit name is changed");
}
