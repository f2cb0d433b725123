//! A client's side of the machine, in virtual time.

use std::collections::BTreeMap;

use helpline_emulator::bright_pattern::{
    AgentAction, AgentScript, Client, HttpRequest, HttpResponse, Input, Output, Server, ServerConfig, Span,
};
use serde_json::{Value, json};

/// 2026-03-14T09:26:40Z.
pub(crate) const START_MS: u64 = 1_773_480_400_000;
/// How long polls are held.
pub(crate) const HOLD_MS: u64 = 10_000;

pub(crate) struct Rig {
    pub(crate) server: Server,
    pub(crate) now: u64,
    pub(crate) client: Client,
    /// The chat that was requested last.
    pub(crate) chat: String,
    /// Everything the machine has put out, with its time.
    pub(crate) log: Vec<(u64, Output)>,
    names: u64,
}

impl Rig {
    /// No chat yet.
    pub(crate) fn new(config: ServerConfig) -> Self {
        Self::seeded(ServerConfig { hold: Span::fixed(HOLD_MS), ..config }, 42)
    }

    pub(crate) fn seeded(config: ServerConfig, seed: u64) -> Self {
        Self {
            server: Server::new(config, seed),
            now: START_MS,
            client: Client::new("0B9D1C3E"),
            chat: String::new(),
            log: Vec::new(),
            names: 0,
        }
    }

    /// One chat with a silent agent.
    pub(crate) fn chatting() -> Self {
        Self::chatting_with(AgentScript::silent())
    }

    pub(crate) fn chatting_with(script: AgentScript) -> Self {
        Self::chatting_at(ServerConfig::with_script(script))
    }

    pub(crate) fn chatting_at(config: ServerConfig) -> Self {
        let mut rig = Self::new(config);
        rig.start();
        rig
    }

    /// Requests a chat and keeps its id.
    pub(crate) fn start(&mut self) -> Value {
        let answer = self.post("chats", &json!({ "from": "Dana", "parameters": {} }));
        assert_eq!(answer.status, 200, "{answer:?}");
        let answer = answer.json();
        self.chat = text(&answer, "/chat_id");
        answer
    }

    pub(crate) fn input(&mut self, input: Input) {
        let mut out = Vec::new();
        self.server.handle(self.now, input, &mut out);
        self.note(out);
    }

    fn note(&mut self, out: Vec<Output>) {
        let now = self.now;
        self.log.extend(out.into_iter().map(|output| (now, output)));
    }

    /// Lets time pass, from wakeup to wakeup.
    pub(crate) fn advance(&mut self, ms: u64) {
        let until = self.now + ms;
        while let Some(due) = self.server.next_wakeup().filter(|due| *due <= until) {
            self.now = self.now.max(due);
            self.input(Input::Wakeup);
        }
        self.now = until;
    }

    pub(crate) fn agent(&mut self, action: AgentAction) {
        let mut out = Vec::new();
        let chat = self.chat.clone();
        self.server.agent(self.now, &chat, action, &mut out);
        self.note(out);
    }

    pub(crate) fn say(&mut self, text: &str) {
        self.agent(AgentAction::Say(text.to_owned()));
    }

    pub(crate) fn send(&mut self, request: HttpRequest) -> u64 {
        self.names += 1;
        let exchange = self.names;
        self.input(Input::Http { exchange, request });
        exchange
    }

    /// The answer to an exchange, and when it came.
    pub(crate) fn answer(&self, wanted: u64) -> Option<(u64, &HttpResponse)> {
        self.log.iter().find_map(|(at, output)| match output {
            Output::Answer { exchange, response } if *exchange == wanted => Some((*at, response)),
            _ => None,
        })
    }

    /// Whether the connection of an exchange was cut.
    pub(crate) fn was_cut(&self, wanted: u64) -> bool {
        self.log.iter().any(|(_, output)| *output == Output::NoAnswer { exchange: wanted })
    }

    /// A request that is answered at once.
    pub(crate) fn call(&mut self, request: HttpRequest) -> HttpResponse {
        let exchange = self.send(request);
        let answer = self.answer(exchange).map(|(_, response)| response.clone());
        answer.unwrap_or_else(|| panic!("no answer at once: {:?}", self.log.last()))
    }

    pub(crate) fn get(&mut self, path: &str) -> HttpResponse {
        let request = self.client.get(&self.path(path));
        self.call(request)
    }

    pub(crate) fn post(&mut self, path: &str, body: &Value) -> HttpResponse {
        let request = self.client.post(&self.path(path), &body.to_string());
        self.call(request)
    }

    /// `{}` stands for the chat.
    pub(crate) fn path(&self, path: &str) -> String {
        path.replace("{}", &self.chat)
    }

    /// Posts events; they are taken.
    pub(crate) fn post_events(&mut self, events: Value) {
        let answer = self.post("chats/{}/events", &json!({ "events": events }));
        assert_eq!((answer.status, answer.body.len()), (200, 0), "{answer:?}");
    }

    /// Posts a message.
    pub(crate) fn message(&mut self, id: &str, text: &str) {
        self.post_events(json!([{ "event": "chat_session_message", "msg_id": id, "msg": text }]));
    }

    /// Starts a poll.
    pub(crate) fn poll(&mut self) -> u64 {
        let request = self.client.get(&self.path("chats/{}/events"));
        self.send(request)
    }

    /// The events in the answer to a poll, which has come.
    #[track_caller]
    pub(crate) fn events(&self, exchange: u64) -> Vec<Value> {
        let (_, answer) = self.answer(exchange).expect("an answer");
        assert_eq!(answer.status, 200, "{answer:?}");
        list(&answer.json(), "events")
    }

    /// What waits: the events that a poll finds at once.
    #[track_caller]
    pub(crate) fn fetch(&mut self) -> Vec<Value> {
        let poll = self.poll();
        self.events(poll)
    }

    #[track_caller]
    pub(crate) fn history(&mut self) -> Vec<Value> {
        let answer = self.get("chats/{}/history");
        assert_eq!(answer.status, 200, "{answer:?}");
        list(&answer.json(), "events")
    }

    /// The agent's party id.
    pub(crate) fn agent_id(&mut self) -> String {
        self.agent(AgentAction::Join);
        let joined = self.fetch().pop().expect("the joining");
        text(&joined, "/party_id")
    }
}

#[track_caller]
pub(crate) fn list(value: &Value, member: &str) -> Vec<Value> {
    value[member].as_array().unwrap_or_else(|| panic!("{member} in {value}")).clone()
}

#[track_caller]
pub(crate) fn text(value: &Value, pointer: &str) -> String {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found.unwrap_or_else(|| panic!("{pointer} in {value}")).to_owned()
}

/// The names of events, without what all have in front.
pub(crate) fn names(events: &[Value]) -> Vec<&str> {
    events.iter().map(name).collect()
}

fn name(event: &Value) -> &str {
    let name = event["event"].as_str().unwrap_or("?");
    name.strip_prefix("chat_session_").unwrap_or(name)
}

pub(crate) fn messages(events: &[Value]) -> Vec<&str> {
    let of = |event: &&Value| event["event"] == "chat_session_message";
    events.iter().filter(of).map(|event| event["msg"].as_str().unwrap_or("-")).collect()
}

/// The code in an answer that refuses.
#[track_caller]
pub(crate) fn code(answer: &HttpResponse) -> (u16, String) {
    (answer.status, text(&answer.json(), "/error_code"))
}

/// A file of the dossier.
pub(crate) fn fixture(name: &str) -> Value {
    let path = format!("{}/fixtures/bright-pattern/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The members of an object, sorted, with their types.
pub(crate) fn members(value: &Value) -> BTreeMap<String, &'static str> {
    let kind = |value: &Value| match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let object = value.as_object().unwrap_or_else(|| panic!("an object: {value}"));
    object.iter().map(|(name, value)| (name.clone(), kind(value))).collect()
}
