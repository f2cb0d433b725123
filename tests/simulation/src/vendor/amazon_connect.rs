//! Amazon Connect Chat in a simulation.

mod stage;

use helpline_emulator::amazon_connect::{
    AgentAction, ChatDetails, Role, Server, ServerConfig, TranscriptEntry,
};
use helpline_emulator::io::{self, Input, Output};
use helpline_protocol::{HttpRequest, amazon_connect};

use super::Vendor;
use crate::network::Latency;
use crate::provider::{Provider, WALL_START};
use crate::truth::Truth;

/// Amazon Connect Chat.
#[derive(Clone, Copy, Debug)]
pub struct AmazonConnect;

impl Vendor for AmazonConnect {
    type Server = Server;
    type Chat = ChatDetails;

    /// What comes over a socket that the client has closed is lost, and nothing else is held.
    const HEARS_HANGUPS: bool = false;

    fn handle(server: &mut Server, wall: u64, input: Input, out: &mut Vec<Output>) {
        server.handle(wall, input, out);
    }

    fn next_wakeup(server: &Server) -> Option<u64> {
        server.next_wakeup()
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
        let request = io::HttpRequest {
            method: "PUT".to_owned(),
            target: "/contact/chat".to_owned(),
            headers: Vec::new(),
            body: body.as_bytes().to_vec(),
        };
        let mut out = Vec::new();
        let exchange = u64::MAX;
        self.server.handle(WALL_START + now, Input::Http { exchange, request }, &mut out);
        let answer = out
            .iter()
            .position(|output| matches!(output, Output::Answer { exchange: of, .. } if *of == exchange));
        let answer = answer.map(|place| out.remove(place));
        let Some(Output::Answer { response: answer, .. }) = answer else {
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
