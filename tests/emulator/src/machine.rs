//! What every provider's server is to its host.

use crate::io::{Input, Output, Reception};

/// A service as a machine: no clock, no sockets, no chance but its seed. Times are Unix milliseconds. The same seed and
/// the same inputs give the same outputs.
pub trait Machine: Send + 'static {
    /// What a server is made of.
    type Config: Send;

    /// A server without chats.
    fn new(config: Self::Config, seed: u64) -> Self;

    /// Learns the scheme and the authority of its sockets, if it has any: `ws://127.0.0.1:PORT`.
    fn served_at(&mut self, socket_base: &str);

    /// Takes one input. Whatever was due before it happens first.
    fn handle(&mut self, now_ms: u64, input: Input, out: &mut Vec<Output>);

    /// When to hand in [`Input::Wakeup`] at the latest.
    fn next_wakeup(&self) -> Option<u64>;

    /// Asked before the body of a request is read: `None` for a call, which is small, and for a file how to take it in.
    fn begin_upload(&mut self, exchange: u64, method: &str, target: &str) -> Option<Reception>;
}
