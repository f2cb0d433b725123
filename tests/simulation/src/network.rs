//! What is on its way, and when it arrives.

use std::collections::BTreeMap;

use helpline_emulator::amazon_connect as server;
use helpline_protocol as client;

/// How long things take, one way, in milliseconds. Different for each kind, so that what happens at the same
/// moment on one side arrives in a stated order on the other.
#[derive(Clone, Copy, Debug)]
pub struct Latency {
    /// A request or its answer.
    pub http: u64,
    /// A frame or a close, or the opening of a socket.
    pub socket: u64,
}

impl Default for Latency {
    fn default() -> Self {
        Self { http: 20, socket: 15 }
    }
}

/// What arrives somewhere.
#[derive(Clone, Debug)]
pub(crate) enum Arrival {
    AtServer(server::Input),
    AtClient(client::Input),
}

/// The network: arrivals by time, and in the order of their sending where that is equal.
#[derive(Debug, Default)]
pub struct Network {
    queue: BTreeMap<(u64, u64), Arrival>,
    sent: u64,
}

impl Network {
    /// When the next thing arrives, in milliseconds.
    #[must_use]
    pub fn next(&self) -> Option<u64> {
        self.queue.keys().next().map(|(at, _)| *at)
    }

    pub(crate) fn send(&mut self, at: u64, arrival: Arrival) {
        self.sent += 1;
        self.queue.insert((at, self.sent), arrival);
    }

    pub(crate) fn arrive(&mut self, now: u64) -> Option<Arrival> {
        let entry = self.queue.first_entry()?;
        (entry.key().0 <= now).then(|| entry.remove())
    }

    /// Drops what is on its way and fits.
    pub(crate) fn lose(&mut self, fits: impl Fn(&Arrival) -> bool) {
        self.queue.retain(|_, arrival| !fits(arrival));
    }
}
