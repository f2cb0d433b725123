//! What is on its way, when it arrives, and whether.
//!
//! Requests travel each on a line of its own; what goes over one socket keeps its order. A socket that lost a frame
//! has a hole that nothing passes any more, as a TCP stream has, until it is closed.

use std::collections::{BTreeMap, BTreeSet};

use helpline_protocol as client;

use crate::rng::Rng;

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

/// Which way something goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// To the server.
    Up,
    /// To the client.
    Down,
}

/// What becomes of what goes one way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Flow {
    /// It arrives.
    #[default]
    Open,
    /// It is kept, and arrives all at once when the way is open again, as TCP's repetitions do.
    Frozen,
    /// It is gone.
    Dead,
}

/// What the network does to traffic. `Default` lets all of it through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weather {
    /// Everything takes up to so many milliseconds longer.
    pub jitter: u64,
    /// So many requests in a thousand vanish.
    pub lost_up: u16,
    /// So many answers in a thousand vanish.
    pub lost_down: u16,
    /// So many requests in a thousand arrive twice.
    pub doubled: u16,
    /// No connection can be made; those that there are go on.
    pub refusing: bool,
    /// What goes to the server.
    pub up: Flow,
    /// What goes to the client.
    pub down: Flow,
}

/// What something travels on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Channel {
    /// A request or its answer, by the host's name for it.
    Http(u64),
    Socket(u64),
    /// The end of a socket: holes do not stop it, as keep-alives find out in the end.
    Close(u64),
    /// What the host says by itself; no weather stops it.
    Local,
}

impl Channel {
    const fn socket(self) -> Option<u64> {
        match self {
            Self::Http(_) | Self::Local => None,
            Self::Socket(socket) | Self::Close(socket) => Some(socket),
        }
    }
}

/// What arrives somewhere; `S` goes into the server.
#[derive(Clone, Debug)]
pub(crate) enum Arrival<S> {
    AtServer(S),
    AtClient(client::Input),
}

impl<S> Arrival<S> {
    const fn way(&self) -> Way {
        match self {
            Self::AtServer(_) => Way::Up,
            Self::AtClient(_) => Way::Down,
        }
    }
}

#[derive(Debug)]
struct Parcel<S> {
    channel: Channel,
    content: Arrival<S>,
}

/// The network: arrivals by time, and in the order of their sending where that is equal.
#[derive(Debug)]
pub(crate) struct Network<S> {
    latency: Latency,
    weather: Weather,
    rng: Rng,
    queue: BTreeMap<(u64, u64), Parcel<S>>,
    sent: u64,
    /// No frame may arrive before the one in front of it.
    last: BTreeMap<(Way, u64), u64>,
    holed: BTreeSet<(Way, u64)>,
    /// Ends of sockets that a dead way keeps from arriving until it lives.
    late: Vec<Parcel<S>>,
    /// Requests that a copy was made of, and that were granted.
    granted: BTreeMap<u64, bool>,
    tally: BTreeMap<&'static str, u64>,
}

/// What goes to a server, and may arrive twice.
pub(crate) trait Repeat {
    /// The same again, under another name: who asked once hears the answer to what was asked, and not to its copy. A
    /// copy that comes late may be refused for what the first one did, or for what has happened since; and where the
    /// first one was refused, what a copy does would contradict what was heard, so that it does not arrive. None where
    /// it cannot be: the copy of a poll would be told what nobody hears.
    #[must_use]
    fn repeated(&self, name: u64) -> Option<Self>
    where
        Self: Sized;
}

/// The names of copies have this bit.
const COPY: u64 = 1 << 63;

/// The request that this is, or is a copy of; and whether it is one.
pub(crate) const fn original(exchange: u64) -> (u64, bool) {
    (exchange & !COPY, exchange & COPY != 0)
}

impl<S: Repeat> Network<S> {
    pub(crate) const fn new(latency: Latency, seed: u64) -> Self {
        Self {
            latency,
            weather: Weather {
                jitter: 0,
                lost_up: 0,
                lost_down: 0,
                doubled: 0,
                refusing: false,
                up: Flow::Open,
                down: Flow::Open,
            },
            rng: Rng::new(seed),
            queue: BTreeMap::new(),
            sent: 0,
            last: BTreeMap::new(),
            holed: BTreeSet::new(),
            late: Vec::new(),
            granted: BTreeMap::new(),
            tally: BTreeMap::new(),
        }
    }

    pub(crate) const fn weather(&self) -> Weather {
        self.weather
    }

    /// How often what was done to traffic.
    pub(crate) const fn tally(&self) -> &BTreeMap<&'static str, u64> {
        &self.tally
    }

    /// When the next thing arrives, in milliseconds.
    pub(crate) fn next(&self) -> Option<u64> {
        if self.is_clear() {
            return self.queue.keys().next().map(|(at, _)| *at);
        }
        self.moving().next().map(|(at, _)| at)
    }

    pub(crate) fn arrive(&mut self, now: u64) -> Option<Arrival<S>> {
        loop {
            let key = if self.is_clear() { self.queue.keys().next().copied() } else { self.moving().next() };
            let Parcel { channel, content } = self.queue.remove(&key.filter(|(at, _)| *at <= now)?)?;
            match channel {
                Channel::Http(exchange) if exchange & COPY != 0 => {
                    if self.granted.remove(&original(exchange).0) == Some(true) {
                        self.count("requests doubled");
                        return Some(content);
                    }
                }
                _ => return Some(content),
            }
        }
    }

    pub(crate) fn send(&mut self, now: u64, channel: Channel, content: Arrival<S>) {
        let way = content.way();
        if let Channel::Http(exchange) = channel {
            if exchange & COPY != 0 {
                return;
            }
            if let (Some(granted), Arrival::AtClient(client::Input::Response { result, .. })) =
                (self.granted.get_mut(&exchange), &content)
            {
                *granted = result.as_ref().is_ok_and(|response| response.status.is_success());
            }
            let lost = if way == Way::Up { self.weather.lost_up } else { self.weather.lost_down };
            if self.strikes(lost) {
                self.count(if way == Way::Up { "requests lost" } else { "answers lost" });
                return;
            }
            if let Arrival::AtServer(request) = &content
                && self.strikes(self.weather.doubled)
                && let Some(again) = request.repeated(exchange | COPY)
            {
                self.granted.insert(exchange, false);
                let (channel, content) = (Channel::Http(exchange | COPY), Arrival::AtServer(again));
                let later = now + self.rng.within(1, 500);
                self.enqueue(later, Parcel { channel, content });
            }
        }
        let holed = channel.socket().is_some_and(|socket| self.holed.contains(&(way, socket)));
        match channel {
            Channel::Close(_) if self.flow(way) == Flow::Dead => self.late.push(Parcel { channel, content }),
            Channel::Http(_) if self.flow(way) == Flow::Dead => self.count("lost on a dead way"),
            Channel::Socket(socket) if holed || self.flow(way) == Flow::Dead => {
                self.holed.insert((way, socket));
                self.count("lost on a dead way");
            }
            _ => self.enqueue(now, Parcel { channel, content }),
        }
    }

    /// Drops what is on its way and fits.
    pub(crate) fn lose(&mut self, fits: impl Fn(&Arrival<S>) -> bool) {
        self.queue.retain(|_, parcel| !fits(&parcel.content));
        self.late.retain(|parcel| !fits(&parcel.content));
    }

    /// The weather changes.
    pub(crate) fn set_weather(&mut self, now: u64, weather: Weather) {
        let before = std::mem::replace(&mut self.weather, weather);
        let thawed = |was, is| was == Flow::Frozen && is != Flow::Frozen;
        let (up, down) = (thawed(before.up, weather.up), thawed(before.down, weather.down));
        if up || down {
            for ((at, order), parcel) in std::mem::take(&mut self.queue) {
                let fresh = if parcel.content.way() == Way::Up { up } else { down };
                let fresh = fresh && parcel.channel != Channel::Local;
                let soonest = if fresh { now + self.time(parcel.channel) } else { at };
                self.queue.insert((at.max(soonest), order), parcel);
            }
        }
        for parcel in std::mem::take(&mut self.late) {
            if self.flow(parcel.content.way()) == Flow::Dead {
                self.late.push(parcel);
            } else {
                self.enqueue(now, parcel);
            }
        }
    }

    fn enqueue(&mut self, now: u64, parcel: Parcel<S>) {
        let mut at = now + self.time(parcel.channel);
        if self.weather.jitter > 0 {
            at += self.rng.within(0, self.weather.jitter);
        }
        if let Some(socket) = parcel.channel.socket() {
            let last = self.last.entry((parcel.content.way(), socket)).or_insert(0);
            at = at.max(*last);
            *last = at;
        }
        self.sent += 1;
        self.queue.insert((at, self.sent), parcel);
    }

    fn is_clear(&self) -> bool {
        self.weather.up != Flow::Frozen && self.weather.down != Flow::Frozen
    }

    fn moving(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        let moves = |parcel: &Parcel<S>| {
            parcel.channel == Channel::Local || self.flow(parcel.content.way()) != Flow::Frozen
        };
        self.queue.iter().filter(move |(_, parcel)| moves(parcel)).map(|(key, _)| *key)
    }

    const fn flow(&self, way: Way) -> Flow {
        match way {
            Way::Up => self.weather.up,
            Way::Down => self.weather.down,
        }
    }

    const fn time(&self, channel: Channel) -> u64 {
        match channel {
            Channel::Http(_) | Channel::Local => self.latency.http,
            Channel::Socket(_) | Channel::Close(_) => self.latency.socket,
        }
    }

    fn strikes(&mut self, per_mille: u16) -> bool {
        per_mille > 0 && self.rng.below(1_000) < u64::from(per_mille)
    }

    fn count(&mut self, what: &'static str) {
        *self.tally.entry(what).or_insert(0) += 1;
    }
}
