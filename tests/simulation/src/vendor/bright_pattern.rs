//! Bright Pattern in a simulation.

mod stage;
mod witness;

use std::borrow::Cow;

use helpline_emulator::bright_pattern::{
    APP_ID, AgentAction, Client, Party, Server, ServerConfig, TENANT, TranscriptEntry,
};
use helpline_emulator::io::{Input, Output};
use helpline_protocol::model::{ItemBody, Notice, TranscriptItem};
use helpline_protocol::{HttpRequest, bright_pattern};

use super::Vendor;
use crate::network::Latency;
use crate::provider::Provider;
use crate::truth::Truth;
pub use witness::Witness;

/// Bright Pattern.
#[derive(Clone, Copy, Debug)]
pub struct BrightPattern;

/// Whose chat it is. The service begins it when the client asks, so that there may be none yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// The id of the client.
    pub client_id: String,
}

impl Vendor for BrightPattern {
    type Server = Witness;
    type Chat = Customer;

    /// A poll whose client has gone may be held on, and what it is answered is lost.
    const HEARS_HANGUPS: bool = true;

    fn handle(server: &mut Witness, wall: u64, input: Input, out: &mut Vec<Output>) {
        server.handle(wall, input, out);
    }

    fn next_wakeup(server: &Witness) -> Option<u64> {
        server.machine.next_wakeup()
    }

    /// All that makes somebody the customer is the client's id.
    fn credential(request: &HttpRequest) -> Option<String> {
        let value = request.headers.get(http::header::AUTHORIZATION)?.to_str().ok()?;
        let (_, id) = value.split_once("clientId=")?;
        Some(id.trim_matches('"').to_owned())
    }
}

impl Provider<BrightPattern> {
    /// A service in which no chat has begun, and a client of it.
    #[must_use]
    pub fn polled(seed: u64, config: ServerConfig, latency: Latency) -> Self {
        let client_id = format!("5EED0000-0000-4000-8000-{:012X}", seed & 0xffff_ffff_ffff);
        let machine = Witness::new(Server::new(config, seed), client_id.clone());
        let mut provider = Self::around(seed, machine, Customer { client_id: client_id.clone() }, latency);
        provider.secrets.insert(client_id);
        provider
    }

    /// What a session needs to be in the chat, or to begin it.
    #[must_use]
    pub fn session_config(&self) -> bright_pattern::Config {
        bright_pattern::Config::new(TENANT, APP_ID, &self.chat.client_id).with_endpoint("http://127.0.0.1:80")
    }

    /// The client asks for its chat before the session does, which then finds it running.
    pub fn begin_before(&mut self, now: u64) {
        let request = Client::new(&self.chat.client_id).post("chats", r#"{"from":"Ines"}"#);
        // Nobody waits for the answer.
        self.act(now, |server, wall, _| {
            server.machine.handle(wall, Input::Http { exchange: 0, request }, &mut Vec::new());
        });
    }

    /// The id of the chat, once there is one.
    #[must_use]
    pub fn chat_id(&self) -> Option<&str> {
        self.server.machine.chat_of_client(&self.chat.client_id)
    }

    /// The agent does something.
    pub fn agent(&mut self, now: u64, action: AgentAction) {
        let Some(chat) = self.chat_id().map(str::to_owned) else { return };
        self.act(now, |server, wall, out| server.machine.agent(wall, &chat, action, out));
    }
}

/// One event that belongs into a transcript.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    id: String,
    event: TranscriptEntry,
}

impl Entry {
    /// Of an event, where it is one that is shown as an item.
    fn new(event: TranscriptEntry) -> Option<Self> {
        let id = match (event.event.as_str(), &event.message_id, &event.party_id) {
            ("chat_session_message" | "chat_session_file", Some(id), _) => id.clone(),
            ("chat_session_party_joined", _, Some(party)) => notice_id("joined", party, event.time_ms),
            ("chat_session_party_left", _, Some(party)) => notice_id("left", party, event.time_ms),
            _ => return None,
        };
        Some(Self { id, event })
    }
}

/// Comings and goings have no id: they are told apart by who it was and in which second.
fn notice_id(what: &str, party: &str, time_ms: u64) -> String {
    format!("{what} {party} {}", time_ms / 1_000)
}

impl Truth for Entry {
    fn id(&self) -> &str {
        &self.id
    }

    fn text(&self) -> Option<&str> {
        self.event.text.as_deref().filter(|_| self.event.event == "chat_session_message")
    }

    fn file(&self) -> Option<&str> {
        self.event.text.as_deref().filter(|_| self.event.event == "chat_session_file")
    }

    fn is_message(&self) -> bool {
        matches!(self.event.event.as_str(), "chat_session_message" | "chat_session_file")
    }

    fn is_own(&self) -> bool {
        self.is_message() && self.event.by == Party::Customer
    }

    fn id_of(item: &TranscriptItem) -> Option<Cow<'_, str>> {
        if let Some(id) = item.server_id.as_deref() {
            return Some(Cow::Borrowed(id));
        }
        let what = match &item.body {
            ItemBody::Notice { notice: Notice::ParticipantJoined } => "joined",
            ItemBody::Notice { notice: Notice::ParticipantLeft } => "left",
            _ => return None,
        };
        let millis = u64::try_from(item.at.as_unix_millis()).unwrap_or_default();
        Some(Cow::Owned(notice_id(what, item.sender.id.as_deref()?, millis)))
    }

    fn words(&self) -> String {
        format!("{} {:?} by {:?}", self.event.event, self.event.text, self.event.by)
    }
}
