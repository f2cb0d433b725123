//! The far side: a provider's emulator behind a network that takes time and fails. What a session's host does goes
//! in, what it would tell its session comes out.

use std::collections::{BTreeMap, BTreeSet};

use helpline_emulator::io;
use helpline_protocol::{
    Frame, HttpRequest, Input, Now, RequestId, SocketClosed, SocketId, Timestamp, TransportFault, WallTime,
};

use crate::network::{Arrival, Channel, Flow, Latency, Network, Repeat, Weather};
use crate::vendor::amazon_connect::AmazonConnect;
use crate::vendor::{Effect, Vendor, to_server};

/// 2026-03-14T09:26:40Z: the wall's time at the start.
pub const WALL_START: u64 = 1_773_480_400_000;

/// So many milliseconds after the start, by both clocks of a session.
#[must_use]
pub fn at(millis: u64) -> Now {
    let wall = i64::try_from(WALL_START.saturating_add(millis)).unwrap_or(i64::MAX);
    Now::new(Timestamp::from_millis(millis), WallTime::from_unix_millis(wall))
}

/// A seed of a session from a number.
#[must_use]
pub fn session_seed(number: u64) -> [u8; 32] {
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&number.to_le_bytes());
    seed
}

/// The server of one chat, and the way to it.
pub struct Provider<V: Vendor = AmazonConnect> {
    /// The provider.
    pub server: V::Server,
    /// The chat that the session is in.
    pub chat: V::Chat,
    /// Every token and socket address that was in use.
    pub secrets: BTreeSet<String>,
    network: Network<io::Input>,
    /// Sockets that the host has opened and not closed.
    sockets: BTreeSet<u64>,
    /// Requests that the host still waits for.
    waiting: BTreeSet<u64>,
    /// Requests up to this one were a process's that is gone.
    gone_through: u64,
    out: Vec<io::Output>,
}

impl Repeat for io::Input {
    fn repeated(&self, name: u64) -> Option<Self> {
        match self {
            Self::Http { request, .. } if request.method == "POST" => {
                Some(Self::Http { exchange: name, request: request.clone() })
            }
            _ => None,
        }
    }
}

impl<V: Vendor> Provider<V> {
    /// A server with a chat in it, and the way there.
    #[must_use]
    pub fn around(seed: u64, server: V::Server, chat: V::Chat, latency: Latency) -> Self {
        Self {
            server,
            secrets: BTreeSet::new(),
            chat,
            network: Network::new(latency, seed ^ 0x7e1e_9a70),
            sockets: BTreeSet::new(),
            waiting: BTreeSet::new(),
            gone_through: 0,
            out: Vec::new(),
        }
    }

    /// The host sends a request.
    pub fn request(&mut self, now: u64, request: RequestId, content: HttpRequest) {
        self.secrets.extend(V::credential(&content));
        if self.network.weather().refusing {
            self.fail(now, request, TransportFault::ConnectFailed);
            return;
        }
        let exchange = request.as_u64();
        self.waiting.insert(exchange);
        let target = target_of(&content);
        let input = io::Input::Http { exchange, request: to_server(content, target) };
        self.network.send(now, Channel::Http(exchange), Arrival::AtServer(input));
    }

    /// The host cannot send a request.
    pub fn fail(&mut self, now: u64, request: RequestId, fault: TransportFault) {
        let input = Input::Response { request, result: Err(fault) };
        self.network.send(now, Channel::Local, Arrival::AtClient(input));
    }

    /// The host does not wait for a request any more, and closes what it came over.
    pub(crate) fn cancel(&mut self, now: u64, request: RequestId) {
        self.waiting.remove(&request.as_u64());
        self.goes_away(now, request.as_u64());
    }

    /// All connections for requests break: the host knows at once, the server as soon as it hears of it.
    pub(crate) fn cut_requests(&mut self, now: u64) {
        for exchange in std::mem::take(&mut self.waiting) {
            self.fail(now, RequestId::from_u64(exchange), TransportFault::ConnectionLost);
            self.goes_away(now, exchange);
        }
    }

    fn goes_away(&mut self, now: u64, exchange: u64) {
        if V::HEARS_HANGUPS {
            let input = io::Input::Gone { exchange };
            self.network.send(now, Channel::Http(exchange), Arrival::AtServer(input));
        }
    }

    /// The client is gone, and nothing that was for it arrives any more.
    pub(crate) fn forget_client(&mut self) {
        self.network.lose(|arrival| matches!(arrival, Arrival::AtClient(_)));
        self.sockets.clear();
    }

    /// The client's process dies: its sockets close, and what is on its way to it, or will be, reaches nobody.
    pub(crate) fn hang_up(&mut self, now: u64, last_request: u64) {
        for socket in std::mem::take(&mut self.sockets) {
            let input = io::Input::SocketClosed { socket, code: None };
            self.network.send(now, Channel::Close(socket), Arrival::AtServer(input));
        }
        for exchange in std::mem::take(&mut self.waiting) {
            self.goes_away(now, exchange);
        }
        self.forget_client();
        self.gone_through = last_request;
    }

    /// The host opens a socket.
    pub fn open(&mut self, now: u64, socket: SocketId, request: &HttpRequest) {
        assert!(self.sockets.insert(socket.as_u64()), "P6: {socket} is opened twice");
        let target = target_of(request);
        if let Some((_, ticket)) = target.split_once('?') {
            self.secrets.insert(ticket.to_owned());
        }
        if self.network.weather().refusing {
            let why = SocketClosed::Failed(TransportFault::ConnectFailed);
            let input = Input::SocketClosed { socket, why };
            self.network.send(now, Channel::Local, Arrival::AtClient(input));
            return;
        }
        let socket = socket.as_u64();
        let input = io::Input::SocketRequested { socket, target };
        self.network.send(now, Channel::Socket(socket), Arrival::AtServer(input));
    }

    /// The host sends a frame.
    pub fn frame(&mut self, now: u64, socket: SocketId, frame: Frame) {
        assert!(self.sockets.contains(&socket.as_u64()), "P6: a frame for {socket}, which is closed");
        let Frame::Text(text) = frame else { panic!("P15: a frame that is no text: {frame:?}") };
        let socket = socket.as_u64();
        self.network.send(now, Channel::Socket(socket), Arrival::AtServer(io::Input::Frame { socket, text }));
    }

    /// The host closes a socket. Whether it was open.
    pub fn close(&mut self, now: u64, socket: SocketId, code: Option<u16>) -> bool {
        let socket = socket.as_u64();
        let open = self.sockets.remove(&socket);
        if open {
            let input = io::Input::SocketClosed { socket, code };
            self.network.send(now, Channel::Close(socket), Arrival::AtServer(input));
        }
        open
    }

    /// When something happens here next.
    #[must_use]
    pub fn next(&self) -> Option<u64> {
        let wakeup = V::next_wakeup(&self.server);
        let server = wakeup.map(|wall| wall.saturating_sub(WALL_START));
        server.into_iter().chain(self.network.next()).min()
    }

    /// Lets everything happen that is due, up to the next thing that the session is to be told.
    pub fn advance(&mut self, now: u64) -> Option<Input> {
        loop {
            let input = self.arrival(now)?;
            if self.is_wanted(&input) {
                return Some(input);
            }
        }
    }

    /// As [`Provider::advance`], for a host that tells its session later: what it may not want any more by then is
    /// among it.
    pub(crate) fn arrival(&mut self, now: u64) -> Option<Input> {
        loop {
            match self.network.arrive(now) {
                Some(Arrival::AtServer(input)) => self.server_takes(now, input),
                Some(Arrival::AtClient(input)) => return Some(input),
                None if self.next().is_some_and(|next| next <= now) => {
                    self.server_takes(now, io::Input::Wakeup);
                }
                None => return None,
            }
        }
    }

    /// Does something at the server, with the wall's time and a place for what follows from it.
    pub fn act(&mut self, now: u64, act: impl FnOnce(&mut V::Server, u64, &mut Vec<io::Output>)) {
        act(&mut self.server, WALL_START + now, &mut self.out);
        self.carry_out(now);
    }

    /// The line goes dead, or lives again. Nobody is told; what is sent meanwhile comes when it lives again.
    pub fn set_line_down(&mut self, now: u64, down: bool) {
        let flow = if down { Flow::Frozen } else { Flow::Open };
        let weather = Weather { up: flow, down: flow, ..self.network.weather() };
        self.network.set_weather(now, weather);
    }

    /// What the network does to traffic.
    #[must_use]
    pub const fn weather(&self) -> Weather {
        self.network.weather()
    }

    /// The network does something else to traffic from now on.
    pub fn set_weather(&mut self, now: u64, weather: Weather) {
        self.network.set_weather(now, weather);
    }

    /// How often what was done to traffic.
    #[must_use]
    pub const fn network_tally(&self) -> &BTreeMap<&'static str, u64> {
        self.network.tally()
    }

    /// A host does not report on sockets that the session closed.
    pub(crate) fn is_wanted(&mut self, input: &Input) -> bool {
        match input {
            Input::SocketOpened { socket } | Input::Frame { socket, .. } => {
                self.sockets.contains(&socket.as_u64())
            }
            Input::SocketClosed { socket, .. } => self.sockets.remove(&socket.as_u64()),
            Input::Response { request, .. } => {
                self.waiting.remove(&request.as_u64());
                request.as_u64() > self.gone_through
            }
            _ => true,
        }
    }

    fn server_takes(&mut self, now: u64, input: io::Input) {
        V::handle(&mut self.server, WALL_START + now, input, &mut self.out);
        self.carry_out(now);
    }

    pub(crate) fn take_outputs(&mut self, out: &mut Vec<io::Output>) {
        self.out.append(out);
    }

    pub(crate) fn carry_out(&mut self, now: u64) {
        let mut out = std::mem::take(&mut self.out);
        for output in out.drain(..) {
            self.carry(now, output.into());
        }
        self.out = out;
    }

    fn carry(&mut self, now: u64, effect: Effect) {
        let closed = |socket, why| {
            let input = Input::SocketClosed { socket: SocketId::from_u64(socket), why };
            (Channel::Close(socket), input)
        };
        let (channel, input) = match effect {
            Effect::Answer { exchange, result } => {
                let request = RequestId::from_u64(exchange);
                (Channel::Http(exchange), Input::Response { request, result })
            }
            Effect::Hang => return,
            Effect::Opened { socket } => {
                (Channel::Socket(socket), Input::SocketOpened { socket: SocketId::from_u64(socket) })
            }
            Effect::Refused { socket, status } => {
                closed(socket, SocketClosed::Failed(TransportFault::UpgradeRefused { status }))
            }
            Effect::Frame { socket, text } => {
                let frame = Frame::Text(text);
                (Channel::Socket(socket), Input::Frame { socket: SocketId::from_u64(socket), frame })
            }
            Effect::Closed { socket, code, reason } => {
                closed(socket, SocketClosed::ByPeer { code: Some(code), reason })
            }
            Effect::Cut { socket } => {
                self.network.lose(|arrival| {
                    matches!(arrival, Arrival::AtClient(Input::Frame { socket: on, .. }) if on.as_u64() == socket)
                });
                closed(socket, SocketClosed::Failed(TransportFault::ConnectionLost))
            }
        };
        self.network.send(now, channel, Arrival::AtClient(input));
    }
}

fn target_of(request: &HttpRequest) -> String {
    let target = request.uri.path_and_query();
    target.map_or_else(String::new, ToString::to_string)
}
