//! Amazon Connect Chat in a simulation.

mod stage;

use helpline_emulator::amazon_connect as server;
use helpline_emulator::amazon_connect::{
    AgentAction, ChatDetails, Role, Server, ServerConfig, TranscriptEntry,
};
use helpline_protocol::amazon_connect;
use helpline_protocol::{HttpRequest, HttpResponse, TransportFault};

use super::{Effect, Vendor};
use crate::network::Latency;
use crate::provider::{Provider, WALL_START};
use crate::truth::Truth;

/// Amazon Connect Chat.
#[derive(Clone, Copy, Debug)]
pub struct AmazonConnect;

impl Vendor for AmazonConnect {
    type Server = Server;
    type Input = server::Input;
    type Output = server::Output;
    type Chat = ChatDetails;

    fn http(exchange: u64, request: HttpRequest, target: String) -> server::Input {
        server::Input::Http { exchange, request: to_server(request, target) }
    }

    fn socket_requested(socket: u64, target: String) -> server::Input {
        server::Input::SocketRequested { socket, target }
    }

    fn frame(socket: u64, text: String) -> server::Input {
        server::Input::Frame { socket, text }
    }

    fn socket_closed(socket: u64, code: Option<u16>) -> server::Input {
        server::Input::SocketClosed { socket, code }
    }

    fn wakeup() -> server::Input {
        server::Input::Wakeup
    }

    fn handle(server: &mut Server, wall: u64, input: server::Input, out: &mut Vec<server::Output>) {
        server.handle(wall, input, out);
    }

    fn next_wakeup(server: &Server) -> Option<u64> {
        server.next_wakeup()
    }

    fn effect(output: server::Output) -> Effect {
        match output {
            server::Output::Answer { exchange, response } if response.cut_at.is_none() => {
                Effect::Answer { exchange, result: Ok(from_server(response)) }
            }
            server::Output::Answer { exchange, .. } | server::Output::NoAnswer { exchange } => {
                Effect::Answer { exchange, result: Err(TransportFault::ConnectionLost) }
            }
            server::Output::Hang { .. } => Effect::Hang,
            server::Output::AcceptSocket { socket } => Effect::Opened { socket },
            server::Output::RefuseSocket { socket, status } => Effect::Refused { socket, status },
            server::Output::Send { socket, text } => Effect::Frame { socket, text },
            server::Output::Close { socket, code, reason } => Effect::Closed { socket, code, reason },
            server::Output::Cut { socket } => Effect::Cut { socket },
        }
    }

    fn credential(request: &HttpRequest) -> Option<String> {
        let token = request.headers.get("x-amz-bearer")?;
        Some(String::from_utf8_lossy(token.as_bytes()).into_owned())
    }
}

impl Provider<AmazonConnect> {
    /// A chat that was just started.
    #[must_use]
    pub fn new(seed: u64, config: ServerConfig, latency: Latency) -> Self {
        let config = ServerConfig { socket_base: "ws://127.0.0.1:80".to_owned(), ..config };
        let mut server = Server::new(config, seed);
        let chat = server.start_chat(WALL_START, "Ines");
        let token = chat.participant_token.clone();
        let mut provider = Self::around(seed, server, chat, latency);
        provider.secrets.insert(token);
        provider
    }

    /// What a session needs to be in this chat.
    #[must_use]
    pub fn session_config(&self) -> amazon_connect::Config {
        let details = amazon_connect::ChatDetails::new(self.chat.participant_token.as_str())
            .with_contact_id(&self.chat.contact_id)
            .with_participant_id(&self.chat.participant_id);
        amazon_connect::Config::new(details).with_endpoint("http://127.0.0.1:80")
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
        self.take_outputs(&mut out);
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

    /// The agent does something.
    pub fn agent(&mut self, now: u64, action: AgentAction) {
        let contact = self.chat.contact_id.clone();
        self.act(now, |server, wall, out| {
            server.agent(wall, &contact, action, out);
        });
    }

    /// Resets all sockets, as a broken line does: what is on its way on them is lost.
    pub fn cut(&mut self, now: u64) {
        let contact = self.chat.contact_id.clone();
        self.act(now, |server, wall, out| server.cut_sockets(wall, &contact, out));
    }
}

impl Truth for TranscriptEntry {
    fn id(&self) -> &str {
        &self.id
    }

    fn text(&self) -> Option<&str> {
        self.content.as_deref()
    }

    fn file(&self) -> Option<&str> {
        self.attachment.as_ref().map(|attachment| attachment.name.as_str())
    }

    fn is_message(&self) -> bool {
        self.kind != "EVENT"
    }

    fn is_own(&self) -> bool {
        self.is_message() && self.role == Some(Role::Customer)
    }

    fn words(&self) -> String {
        format!("{:?} {:?} by {:?}", self.content_type, self.content, self.role)
    }
}

fn to_server(request: HttpRequest, target: String) -> server::HttpRequest {
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
        target,
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
