//! What is on its way, and when it arrives.

use std::collections::BTreeMap;

use helpline_emulator::amazon_connect as server;
use helpline_protocol as client;

/// How long things take, one way, in milliseconds. Different for each kind, so that what happens at the same
/// moment on one side arrives in a stated order on the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

impl Arrival {
    fn time(&self, latency: Latency) -> u64 {
        match self {
            Self::AtServer(server::Input::Http { .. }) | Self::AtClient(client::Input::Response { .. }) => {
                latency.http
            }
            Self::AtServer(_) | Self::AtClient(_) => latency.socket,
        }
    }
}

/// The network: arrivals by time, and in the order of their sending where that is equal.
#[derive(Debug)]
pub(crate) struct Network {
    latency: Latency,
    queue: BTreeMap<(u64, u64), Arrival>,
    sent: u64,
    /// A dead line keeps what it was given and hands it over when it lives again, as TCP's repetitions do.
    down: bool,
}

impl Network {
    pub(crate) const fn new(latency: Latency) -> Self {
        Self { latency, queue: BTreeMap::new(), sent: 0, down: false }
    }

    /// When the next thing arrives, in milliseconds.
    pub(crate) fn next(&self) -> Option<u64> {
        let next = self.queue.keys().next().map(|(at, _)| *at);
        next.filter(|_| !self.down)
    }

    pub(crate) fn send(&mut self, now: u64, arrival: Arrival) {
        self.sent += 1;
        self.queue.insert((now + arrival.time(self.latency), self.sent), arrival);
    }

    pub(crate) fn arrive(&mut self, now: u64) -> Option<Arrival> {
        if self.down {
            return None;
        }
        let entry = self.queue.first_entry()?;
        (entry.key().0 <= now).then(|| entry.remove())
    }

    /// Drops what is on its way and fits.
    pub(crate) fn lose(&mut self, fits: impl Fn(&Arrival) -> bool) {
        self.queue.retain(|_, arrival| !fits(arrival));
    }

    /// The line dies, or lives again.
    pub(crate) fn set_down(&mut self, now: u64, down: bool) {
        self.down = down;
        if down {
            return;
        }
        for ((at, order), arrival) in std::mem::take(&mut self.queue) {
            let at = at.max(now + arrival.time(self.latency));
            self.queue.insert((at, order), arrival);
        }
    }
}
