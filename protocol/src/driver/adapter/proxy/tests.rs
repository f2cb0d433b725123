mod config;
mod connect;
mod socks;
mod tunnel;

use super::*;

/// A proxy's address, as a user writes it.
fn proxy(text: &str) -> Proxy {
    text.parse().unwrap()
}

/// Gives the handshake what a proxy says in pieces of `size` bytes, but never more than it wants; what it wrote in
/// all, and how much of what was said is left for the tunnel.
fn say(proxy: &Proxy, host: &str, said: &[u8], size: usize) -> (Vec<u8>, Result<usize, TransportFault>) {
    let mut handshake = match Handshake::new(proxy, host, 443) {
        Ok(handshake) => handshake,
        Err(fault) => return (Vec::new(), Err(fault)),
    };
    let mut written = handshake.take_output();
    let mut rest = said;
    while handshake.wanted() > 0 {
        let (piece, after) = rest.split_at(size.min(handshake.wanted()).min(rest.len()));
        rest = after;
        if let Err(fault) = handshake.receive(piece) {
            return (written, Err(fault));
        }
        written.extend(handshake.take_output());
    }
    (written, Ok(rest.len()))
}

fn problem(outcome: Result<usize, TransportFault>) -> ProxyProblem {
    match outcome {
        Err(TransportFault::Proxy { problem, .. }) => problem,
        other => panic!("no fault of a proxy: {other:?}"),
    }
}
