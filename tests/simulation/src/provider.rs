//! The far side: the emulator's machine behind a network that takes time. What a session's host does goes in,
//! what it would tell its session comes out.

use std::collections::BTreeSet;

use helpline_emulator::amazon_connect as server;
use helpline_emulator::amazon_connect::{AgentAction, ChatDetails, Server, ServerConfig};
use helpline_protocol::amazon_connect;
use helpline_protocol::{
    Frame, HttpRequest, HttpResponse, Input, Now, RequestId, SocketClosed, SocketId, Timestamp,
    TransportFault, WallTime,
};

use crate::network::{Arrival, Latency, Network};

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
pub struct Provider {
    /// The provider.
    pub server: Server,
    /// The chat that the session is in.
    pub chat: ChatDetails,
    /// Every token and socket address that was in use.
    pub secrets: BTreeSet<String>,
    network: Network,
    /// Sockets that the host has opened and not closed.
    sockets: BTreeSet<u64>,
    out: Vec<server::Output>,
}

impl Provider {
    /// A chat that was just started.
    #[must_use]
    pub fn new(seed: u64, config: ServerConfig, latency: Latency) -> Self {
        let config = ServerConfig { socket_base: "ws://127.0.0.1:80".to_owned(), ..config };
        let mut server = Server::new(config, seed);
        let chat = server.start_chat(WALL_START, "Ines");
        Self {
            server,
            secrets: BTreeSet::from([chat.participant_token.clone()]),
            chat,
            network: Network::new(latency),
            sockets: BTreeSet::new(),
            out: Vec::new(),
        }
    }

    /// What a session needs to be in this chat.
    #[must_use]
    pub fn session_config(&self) -> amazon_connect::Config {
        let details = amazon_connect::ChatDetails::new(self.chat.participant_token.as_str())
            .with_contact_id(&self.chat.contact_id)
            .with_participant_id(&self.chat.participant_id);
        amazon_connect::Config::new(details).with_endpoint("http://127.0.0.1:80")
    }

    /// The host sends a request.
    pub fn request(&mut self, now: u64, request: RequestId, content: HttpRequest) {
        if let Some(token) = content.headers.get("x-amz-bearer") {
            self.secrets.insert(String::from_utf8_lossy(token.as_bytes()).into_owned());
        }
        let input = server::Input::Http { exchange: request.as_u64(), request: to_server(content) };
        self.network.send(now, Arrival::AtServer(input));
    }

    /// The host cannot send a request.
    pub fn fail(&mut self, now: u64, request: RequestId, fault: TransportFault) {
        let input = Input::Response { request, result: Err(fault) };
        self.network.send(now, Arrival::AtClient(input));
    }

    /// A chat that a backend starts, by the body of its StartChatContact; or the status and words of the refusal.
    ///
    /// # Errors
    /// When the service refuses it.
    pub fn start_chat(&mut self, now: u64, body: &str) -> Result<ChatDetails, (u16, String)> {
        let request = server::HttpRequest {
            method: "PUT".to_owned(),
            target: "/contact/chat".to_owned(),
            headers: Vec::new(),
            body: body.as_bytes().to_vec(),
        };
        let mut out = Vec::new();
        let exchange = u64::MAX;
        self.server.handle(WALL_START + now, server::Input::Http { exchange, request }, &mut out);
        let answer = out.iter().position(
            |output| matches!(output, server::Output::Answer { exchange: of, .. } if *of == exchange),
        );
        let answer = answer.map(|place| out.remove(place));
        let Some(server::Output::Answer { response: answer, .. }) = answer else {
            return Err((0, "no answer".to_owned()));
        };
        self.out.append(&mut out);
        self.carry_out(now);
        let json = answer.json();
        let text = |name: &str| json[name].as_str().map(str::to_owned);
        match (text("ContactId"), text("ParticipantId"), text("ParticipantToken")) {
            (Some(contact_id), Some(participant_id), Some(participant_token)) => {
                self.secrets.insert(participant_token.clone());
                Ok(ChatDetails { contact_id, participant_id, participant_token })
            }
            _ => Err((answer.status, String::from_utf8_lossy(&answer.body).into_owned())),
        }
    }

    /// The client is gone, and nothing that was for it arrives any more.
    pub(crate) fn forget_client(&mut self) {
        self.network.lose(|arrival| matches!(arrival, Arrival::AtClient(_)));
        self.sockets.clear();
    }

    /// The host opens a socket.
    pub fn open(&mut self, now: u64, socket: SocketId, request: &HttpRequest) {
        assert!(self.sockets.insert(socket.as_u64()), "{socket} is opened twice");
        let target = target_of(request);
        if let Some((_, ticket)) = target.split_once('?') {
            self.secrets.insert(ticket.to_owned());
        }
        let socket = socket.as_u64();
        let input = server::Input::SocketRequested { socket, target };
        self.network.send(now, Arrival::AtServer(input));
    }

    /// The host sends a frame.
    pub fn frame(&mut self, now: u64, socket: SocketId, frame: Frame) {
        assert!(self.sockets.contains(&socket.as_u64()), "a frame for {socket}, which is closed");
        let Frame::Text(text) = frame else { panic!("a frame that is no text: {frame:?}") };
        let socket = socket.as_u64();
        self.network.send(now, Arrival::AtServer(server::Input::Frame { socket, text }));
    }

    /// The host closes a socket. Whether it was open.
    pub fn close(&mut self, now: u64, socket: SocketId, code: Option<u16>) -> bool {
        let socket = socket.as_u64();
        let open = self.sockets.remove(&socket);
        if open {
            self.network.send(now, Arrival::AtServer(server::Input::SocketClosed { socket, code }));
        }
        open
    }

    /// When something happens here next.
    #[must_use]
    pub fn next(&self) -> Option<u64> {
        let wakeup = self.server.next_wakeup();
        let server = wakeup.map(|wall| wall.saturating_sub(WALL_START));
        server.into_iter().chain(self.network.next()).min()
    }

    /// Lets everything happen that is due, up to the next thing that the session is to be told.
    pub fn advance(&mut self, now: u64) -> Option<Input> {
        loop {
            match self.network.arrive(now) {
                Some(Arrival::AtServer(input)) => self.server_takes(now, input),
                Some(Arrival::AtClient(input)) if self.is_wanted(&input) => return Some(input),
                Some(Arrival::AtClient(_)) => {}
                None if self.next().is_some_and(|next| next <= now) => {
                    self.server_takes(now, server::Input::Wakeup);
                }
                None => return None,
            }
        }
    }

    /// The agent does something.
    pub fn agent(&mut self, now: u64, action: AgentAction) {
        let contact = self.chat.contact_id.clone();
        self.act(now, |server, wall, out| {
            server.agent(wall, &contact, action, out);
        });
    }

    /// Does something at the server, with the wall's time and a place for what follows from it.
    pub fn act(&mut self, now: u64, act: impl FnOnce(&mut Server, u64, &mut Vec<server::Output>)) {
        act(&mut self.server, WALL_START + now, &mut self.out);
        self.carry_out(now);
    }

    /// Resets all sockets, as a broken line does: what is on its way on them is lost.
    pub fn cut(&mut self, now: u64) {
        let contact = self.chat.contact_id.clone();
        self.act(now, |server, wall, out| server.cut_sockets(wall, &contact, out));
    }

    /// The line goes dead, or lives again. Nobody is told; what is sent meanwhile comes when it lives again.
    pub fn set_line_down(&mut self, now: u64, down: bool) {
        self.network.set_down(now, down);
    }

    /// A host does not report on sockets that the session closed.
    fn is_wanted(&mut self, input: &Input) -> bool {
        match input {
            Input::SocketOpened { socket } | Input::Frame { socket, .. } => {
                self.sockets.contains(&socket.as_u64())
            }
            Input::SocketClosed { socket, .. } => self.sockets.remove(&socket.as_u64()),
            _ => true,
        }
    }

    fn server_takes(&mut self, now: u64, input: server::Input) {
        self.server.handle(WALL_START + now, input, &mut self.out);
        self.carry_out(now);
    }

    fn carry_out(&mut self, now: u64) {
        let mut out = std::mem::take(&mut self.out);
        for output in out.drain(..) {
            if let Some(input) = self.carry(output) {
                self.network.send(now, Arrival::AtClient(input));
            }
        }
        self.out = out;
    }

    fn carry(&mut self, output: server::Output) -> Option<Input> {
        let closed = |socket, why| Input::SocketClosed { socket: SocketId::from_u64(socket), why };
        Some(match output {
            server::Output::Answer { exchange, response } if response.cut_at.is_none() => {
                Input::Response { request: RequestId::from_u64(exchange), result: Ok(from_server(response)) }
            }
            server::Output::Answer { exchange, .. } | server::Output::NoAnswer { exchange } => {
                Input::Response {
                    request: RequestId::from_u64(exchange),
                    result: Err(TransportFault::ConnectionLost),
                }
            }
            server::Output::Hang { .. } => return None,
            server::Output::AcceptSocket { socket } => {
                Input::SocketOpened { socket: SocketId::from_u64(socket) }
            }
            server::Output::RefuseSocket { socket, status } => {
                closed(socket, SocketClosed::Failed(TransportFault::UpgradeRefused { status }))
            }
            server::Output::Send { socket, text } => {
                Input::Frame { socket: SocketId::from_u64(socket), frame: Frame::Text(text) }
            }
            server::Output::Close { socket, code, reason } => {
                let code = Some(code);
                closed(socket, SocketClosed::ByPeer { code, reason })
            }
            server::Output::Cut { socket } => {
                self.network.lose(|arrival| {
                    matches!(arrival, Arrival::AtClient(Input::Frame { socket: on, .. }) if on.as_u64() == socket)
                });
                closed(socket, SocketClosed::Failed(TransportFault::ConnectionLost))
            }
        })
    }
}

fn target_of(request: &HttpRequest) -> String {
    let target = request.uri.path_and_query();
    target.map_or_else(String::new, ToString::to_string)
}

fn to_server(request: HttpRequest) -> server::HttpRequest {
    let headers = request
        .headers
        .iter()
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.to_string(), value)
        })
        .collect();
    server::HttpRequest {
        method: request.method.to_string(),
        target: target_of(&request),
        headers,
        body: request.into_http().into_body().to_vec(),
    }
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
