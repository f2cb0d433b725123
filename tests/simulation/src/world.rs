//! A session, its provider, and time.

use std::collections::BTreeSet;

use helpline_emulator::amazon_connect as server;
use helpline_emulator::amazon_connect::{AgentAction, ChatDetails, Server, ServerConfig};
use helpline_protocol::amazon_connect;
use helpline_protocol::{
    Command, CommandError, CommandId, Config, Event, Frame, HttpRequest, HttpResponse, Input, Now, Output,
    Policy, Session, SocketClosed, SocketId, Timestamp, TransportFault, WallTime,
};

use crate::network::{Arrival, Latency, Network};

/// What a world is made of.
#[derive(Clone, Debug)]
pub struct WorldConfig {
    /// Decides the chance of both sides.
    pub seed: u64,
    /// The provider.
    pub server: ServerConfig,
    /// The session's timers.
    pub policy: Policy,
    /// The session's caps.
    pub limits: helpline_protocol::Limits,
    /// The network.
    pub latency: Latency,
}

impl Default for WorldConfig {
    fn default() -> Self {
        Self {
            seed: 1,
            server: ServerConfig::default(),
            policy: Policy::amazon_connect(),
            limits: helpline_protocol::Limits::default(),
            latency: Latency::default(),
        }
    }
}

/// One thing the user was told, and when.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Milliseconds since the start.
    pub at: u64,
    /// What.
    pub event: Event,
}

/// A session, its provider, and time.
pub struct World {
    /// The core.
    pub session: Session,
    /// The provider.
    pub server: Server,
    /// The chat that the session is in.
    pub chat: ChatDetails,
    /// What the user was told.
    pub lines: Vec<Line>,
    /// Requests that were made, by operation's name.
    pub requests: Vec<(u64, &'static str)>,
    now: u64,
    network: Network,
    latency: Latency,
    /// Whether anything gets through.
    online: bool,
    client_sockets: BTreeSet<u64>,
    out: Vec<Output>,
    server_out: Vec<server::Output>,
}

/// 2026-03-14T09:26:40Z: the wall's time at the start.
const WALL_START: u64 = 1_773_480_400_000;

impl World {
    /// A chat that was just started, and a session that has not connected.
    #[must_use]
    pub fn new(config: WorldConfig) -> Self {
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&config.seed.to_le_bytes());
        let mut server = Server::new(
            ServerConfig { socket_base: "ws://127.0.0.1:80".to_owned(), ..config.server },
            config.seed,
        );
        let chat = server.start_chat(WALL_START, "Ines");
        let details = amazon_connect::ChatDetails::new(chat.participant_token.as_str())
            .with_contact_id(&chat.contact_id)
            .with_participant_id(&chat.participant_id);
        let provider = amazon_connect::Config::new(details).with_endpoint("http://127.0.0.1:80");
        let session_config = Config::from(provider).with_policy(config.policy).with_limits(config.limits);
        let session = Session::new(session_config, seed, at(0)).expect("the configuration works");
        Self {
            session,
            server,
            chat,
            lines: Vec::new(),
            requests: Vec::new(),
            now: 0,
            network: Network::default(),
            latency: config.latency,
            online: true,
            client_sockets: BTreeSet::new(),
            out: Vec::new(),
            server_out: Vec::new(),
        }
    }

    /// Milliseconds since the start.
    #[must_use]
    pub const fn now(&self) -> u64 {
        self.now
    }

    /// The user asks for something.
    ///
    /// # Errors
    /// When the session refuses it.
    pub fn execute(&mut self, command: Command) -> Result<CommandId, CommandError> {
        let result = self.session.execute(at(self.now), command, &mut self.out);
        self.carry_out();
        result
    }

    /// The host tells the session something.
    pub fn tell(&mut self, input: Input) {
        self.session.handle(at(self.now), input, &mut self.out);
        self.carry_out();
    }

    /// The agent does something.
    pub fn agent(&mut self, action: AgentAction) {
        let contact = self.chat.contact_id.clone();
        self.server.agent(WALL_START + self.now, &contact, action, &mut self.server_out);
        self.carry_out_server();
    }

    /// Resets all sockets, as a broken line does: what is on its way on them is lost.
    pub fn cut(&mut self) {
        let contact = self.chat.contact_id.clone();
        self.server.cut_sockets(WALL_START + self.now, &contact, &mut self.server_out);
        self.carry_out_server();
    }

    /// The network goes away, or comes back. Nothing tells the session.
    pub fn set_online(&mut self, online: bool) {
        self.online = online;
        if !online {
            self.network.lose(|_| true);
        }
    }

    /// Runs until this many milliseconds since the start.
    pub fn run_until(&mut self, end: u64) {
        while let Some(next) = self.next_step().filter(|next| *next <= end) {
            self.now = self.now.max(next);
            self.step();
        }
        self.now = self.now.max(end);
    }

    /// Runs until nothing more happens by itself within `patience` milliseconds, or that long at the most.
    pub fn run_for(&mut self, span: u64) {
        self.run_until(self.now + span);
    }

    /// When the next thing happens.
    #[must_use]
    pub fn next_step(&self) -> Option<u64> {
        let deadline = self.session.deadline().map(|deadline| deadline.at.as_micros().div_ceil(1_000));
        let server = self.server.next_wakeup().map(|wall| wall.saturating_sub(WALL_START));
        [deadline, server, self.network.next()].into_iter().flatten().min()
    }

    fn step(&mut self) {
        while let Some(arrival) = self.network.arrive(self.now) {
            match arrival {
                Arrival::AtServer(input) => {
                    self.server.handle(WALL_START + self.now, input, &mut self.server_out);
                    self.carry_out_server();
                }
                Arrival::AtClient(input) => {
                    if self.still_wanted(&input) {
                        self.tell(input);
                    }
                }
            }
        }
        if self.server.next_wakeup().is_some_and(|wall| wall <= WALL_START + self.now) {
            self.server.handle(WALL_START + self.now, server::Input::Wakeup, &mut self.server_out);
            self.carry_out_server();
        }
        let due = self.session.deadline().is_some_and(|deadline| deadline.at <= at(self.now).at);
        if due {
            self.tell(Input::Woke);
            let next = self.session.deadline();
            assert!(
                next.is_none_or(|next| next.at > at(self.now).at),
                "after waking at {} the next deadline is {next:?}",
                at(self.now).at
            );
        }
    }

    /// A host does not report on sockets that the session closed.
    fn still_wanted(&mut self, input: &Input) -> bool {
        match input {
            Input::SocketOpened { socket } | Input::Frame { socket, .. } => {
                self.client_sockets.contains(&socket.as_u64())
            }
            Input::SocketClosed { socket, .. } => self.client_sockets.remove(&socket.as_u64()),
            _ => true,
        }
    }

    fn carry_out(&mut self) {
        let mut out = std::mem::take(&mut self.out);
        for output in out.drain(..) {
            self.carry(output);
        }
        self.out = out;
    }

    fn carry(&mut self, output: Output) {
        let (http, socket_time) = (self.now + self.latency.http, self.now + self.latency.socket);
        match output {
            Output::Request { id, request, operation, .. } => {
                self.requests.push((self.now, operation.name()));
                let input = server::Input::Http { exchange: id.as_u64(), request: to_server(request) };
                self.to_server(http, input);
            }
            Output::CancelRequest { .. } | Output::Checkpoint => {}
            Output::OpenSocket { id, request, .. } => {
                self.client_sockets.insert(id.as_u64());
                let target = request.uri.path_and_query().map_or_else(String::new, ToString::to_string);
                self.to_server(socket_time, server::Input::SocketRequested { socket: id.as_u64(), target });
            }
            Output::SendFrame { socket, frame: Frame::Text(text) } => {
                assert!(
                    self.client_sockets.contains(&socket.as_u64()),
                    "a frame for {socket}, which is closed"
                );
                self.to_server(socket_time, server::Input::Frame { socket: socket.as_u64(), text });
            }
            Output::CloseSocket { id, code, .. } => {
                assert!(self.client_sockets.remove(&id.as_u64()), "{id} is closed twice");
                let socket = id.as_u64();
                self.to_server(socket_time, server::Input::SocketClosed { socket, code: Some(code) });
            }
            Output::Event(event) => self.lines.push(Line { at: self.now, event }),
            other => panic!("the simulator does not know {other:?}"),
        }
    }

    fn to_server(&mut self, at: u64, input: server::Input) {
        if self.online {
            self.network.send(at, Arrival::AtServer(input));
        }
    }

    fn to_client(&mut self, at: u64, input: Input) {
        if self.online {
            self.network.send(at, Arrival::AtClient(input));
        }
    }

    fn carry_out_server(&mut self) {
        let mut out = std::mem::take(&mut self.server_out);
        for output in out.drain(..) {
            self.carry_server(output);
        }
        self.server_out = out;
    }

    fn carry_server(&mut self, output: server::Output) {
        let (http, socket_time) = (self.now + self.latency.http, self.now + self.latency.socket);
        let request = helpline_protocol::RequestId::from_u64;
        match output {
            server::Output::Answer { exchange, response } => {
                let result = Ok(from_server(response));
                self.to_client(http, Input::Response { request: request(exchange), result });
            }
            server::Output::NoAnswer { exchange } => {
                let result = Err(TransportFault::ConnectionLost);
                self.to_client(http, Input::Response { request: request(exchange), result });
            }
            server::Output::Hang { .. } => {}
            server::Output::AcceptSocket { socket } => {
                self.to_client(socket_time, Input::SocketOpened { socket: SocketId::from_u64(socket) });
            }
            server::Output::RefuseSocket { socket, status } => {
                self.close_at_client(socket, SocketClosed::Failed(TransportFault::UpgradeRefused { status }));
            }
            server::Output::Send { socket, text } => {
                let (socket, frame) = (SocketId::from_u64(socket), Frame::Text(text));
                self.to_client(socket_time, Input::Frame { socket, frame });
            }
            server::Output::Close { socket, code, reason } => {
                self.close_at_client(socket, SocketClosed::ByPeer { code: Some(code), reason });
            }
            server::Output::Cut { socket } => {
                self.network.lose(|arrival| {
                    matches!(arrival, Arrival::AtClient(Input::Frame { socket: on, .. }) if on.as_u64() == socket)
                });
                self.close_at_client(socket, SocketClosed::Failed(TransportFault::ConnectionLost));
            }
        }
    }

    fn close_at_client(&mut self, socket: u64, why: SocketClosed) {
        let at = self.now + self.latency.socket;
        self.to_client(at, Input::SocketClosed { socket: SocketId::from_u64(socket), why });
    }
}

fn at(millis: u64) -> Now {
    let wall = i64::try_from(WALL_START + millis).unwrap_or(i64::MAX);
    Now::new(Timestamp::from_millis(millis), WallTime::from_unix_millis(wall))
}

fn to_server(request: HttpRequest) -> server::HttpRequest {
    let target = request.uri.path_and_query().map_or_else(String::new, ToString::to_string);
    let headers = request
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    let method = request.method.to_string();
    let body = request.into_http().into_body().to_vec();
    server::HttpRequest { method, target, headers, body }
}

fn from_server(response: server::HttpResponse) -> HttpResponse {
    let status = http::StatusCode::from_u16(response.status).unwrap_or(http::StatusCode::BAD_GATEWAY);
    let mut converted = HttpResponse::new(status, response.body);
    for (name, value) in response.headers {
        let name = http::HeaderName::from_bytes(name.as_bytes()).expect("a header name");
        converted.headers.append(name, value.parse().expect("a header value"));
    }
    converted
}
