//! A client's side of the machine, in virtual time.

use std::collections::BTreeMap;

use helpline_emulator::amazon_connect::{
    AgentAction, AgentScript, ChatDetails, HttpRequest, HttpResponse, Input, Output, Server, ServerConfig,
    TranscriptEntry,
};
use serde_json::{Value, json};

/// 2026-03-14T09:26:40Z.
pub(crate) const START_MS: u64 = 1_773_480_400_000;
pub(crate) const EVENT: &str = "application/vnd.amazonaws.connect.event.";

pub(crate) struct Rig {
    pub(crate) server: Server,
    pub(crate) now: u64,
    pub(crate) chat: ChatDetails,
    /// The newest connection token.
    pub(crate) token: String,
    /// Everything the machine has put out, with its time.
    pub(crate) log: Vec<(u64, Output)>,
    names: u64,
}

impl Rig {
    /// One chat, nothing connected.
    pub(crate) fn new(config: ServerConfig) -> Self {
        let mut server = Server::new(config, 42);
        let chat = server.start_chat(START_MS, "Ines");
        Self { server, now: START_MS, chat, token: String::new(), log: Vec::new(), names: 0 }
    }

    /// One chat with a silent agent, and a subscribed socket.
    pub(crate) fn connected() -> (Self, u64) {
        Self::connected_with(AgentScript::silent())
    }

    pub(crate) fn connected_with(script: AgentScript) -> (Self, u64) {
        let mut rig = Self::new(ServerConfig::with_script(script));
        let socket = rig.connect();
        (rig, socket)
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
        let contact = self.chat.contact_id.clone();
        self.server.agent(self.now, &contact, action, &mut out);
        self.note(out);
    }

    pub(crate) fn name(&mut self) -> u64 {
        self.names += 1;
        self.names
    }

    pub(crate) fn request(&mut self, request: HttpRequest) -> u64 {
        let exchange = self.name();
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

    /// A call with any token, answered at once.
    pub(crate) fn call_as(&mut self, token: &str, target: &str, body: &Value) -> HttpResponse {
        let exchange = self.request(HttpRequest::post(target, token, &body.to_string()));
        let (_, response) = self.answer(exchange).expect("an answer at once");
        response.clone()
    }

    /// A call with the connection token; its status and body.
    pub(crate) fn call(&mut self, target: &str, body: Value) -> (u16, Value) {
        let token = self.token.clone();
        let response = self.call_as(&token, target, &body);
        (response.status, response.json())
    }

    pub(crate) fn say(&mut self, text: &str) -> Value {
        let body = json!({ "ContentType": "text/plain", "Content": text });
        let (status, answer) = self.call("/participant/message", body);
        assert_eq!(status, 200, "{answer}");
        answer
    }

    pub(crate) fn event(&mut self, name: &str, content: Option<&str>) -> (u16, Value) {
        let mut body = json!({ "ContentType": format!("{EVENT}{name}") });
        if let Some(content) = content {
            body["Content"] = content.into();
        }
        self.call("/participant/event", body)
    }

    pub(crate) fn read(&mut self, query: Value) -> (Vec<Value>, Option<String>) {
        let (status, answer) = self.call("/participant/transcript", query);
        assert_eq!(status, 200, "{answer}");
        let items = answer["Transcript"].as_array().expect("a list").clone();
        (items, answer["NextToken"].as_str().map(str::to_owned))
    }

    /// CreateParticipantConnection; keeps the token, gives the socket's target.
    pub(crate) fn connection(&mut self) -> String {
        let token = self.chat.participant_token.clone();
        let body = json!({ "Type": ["WEBSOCKET", "CONNECTION_CREDENTIALS"] });
        let answer = self.call_as(&token, "/participant/connection", &body);
        assert_eq!(answer.status, 200, "{}", answer.json());
        let answer = answer.json();
        self.token = text(&answer, "/ConnectionCredentials/ConnectionToken");
        let url = text(&answer, "/Websocket/Url");
        url.strip_prefix("ws://127.0.0.1:80").expect("the base").to_owned()
    }

    /// The outcome of an upgrade.
    pub(crate) fn dial(&mut self, target: &str) -> Result<u64, u16> {
        let socket = self.name();
        let target = target.to_owned();
        self.input(Input::SocketRequested { socket, target });
        let decided = self.log.iter().find_map(|(_, output)| match output {
            Output::AcceptSocket { socket: named } if *named == socket => Some(Ok(socket)),
            Output::RefuseSocket { socket: named, status } if *named == socket => Some(Err(*status)),
            _ => None,
        });
        decided.expect("a decision")
    }

    pub(crate) fn frame(&mut self, socket: u64, text: &str) {
        let text = text.to_owned();
        self.input(Input::Frame { socket, text });
    }

    pub(crate) fn subscribe(&mut self, socket: u64) {
        self.frame(socket, r#"{"topic":"aws/subscribe","content":{"topics":["aws/chat"]}}"#);
    }

    /// A subscribed socket.
    pub(crate) fn connect(&mut self) -> u64 {
        let target = self.connection();
        let socket = self.dial(&target).expect("an open socket");
        self.subscribe(socket);
        socket
    }

    /// Texts sent on a socket, with their times.
    pub(crate) fn texts(&self, wanted: u64) -> Vec<(u64, &str)> {
        let texts = self.log.iter().filter_map(|(at, output)| match output {
            Output::Send { socket, text } if *socket == wanted => Some((*at, text.as_str())),
            _ => None,
        });
        texts.collect()
    }

    /// Chat items sent on a socket, with their times.
    pub(crate) fn items_at(&self, socket: u64) -> Vec<(u64, Value)> {
        let texts = self.texts(socket).into_iter();
        let frames = texts.filter_map(|(at, text)| {
            let frame: Value = serde_json::from_str(text).ok()?;
            (frame["topic"] == "aws/chat").then_some(())?;
            assert_eq!(frame["contentType"], "application/json");
            let item = serde_json::from_str(frame["content"].as_str()?).ok()?;
            Some((at, item))
        });
        frames.collect()
    }

    pub(crate) fn items(&self, socket: u64) -> Vec<Value> {
        self.items_at(socket).into_iter().map(|(_, item)| item).collect()
    }

    /// The short names of the content types on a socket.
    pub(crate) fn kinds(&self, socket: u64) -> Vec<String> {
        let items = self.items(socket);
        let short = |item: &Value| {
            let full = item["ContentType"].as_str().unwrap_or("?");
            full.rsplit("application/vnd.amazonaws.connect.").next().unwrap_or(full).to_owned()
        };
        items.iter().map(short).collect()
    }

    pub(crate) fn transcript(&self) -> Vec<TranscriptEntry> {
        self.server.transcript(&self.chat.contact_id)
    }

    /// How a socket ended: its close code, or 0 for a reset.
    pub(crate) fn ended(&self, wanted: u64) -> Option<(u64, u16)> {
        self.log.iter().find_map(|(at, output)| match output {
            Output::Close { socket, code, .. } if *socket == wanted => Some((*at, *code)),
            Output::Cut { socket } if *socket == wanted => Some((*at, 0)),
            _ => None,
        })
    }
}

pub(crate) fn text(value: &Value, pointer: &str) -> String {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found.unwrap_or_else(|| panic!("{pointer} in {value}")).to_owned()
}

pub(crate) fn contents(items: &[Value]) -> Vec<&str> {
    items.iter().map(|item| item["Content"].as_str().unwrap_or("-")).collect()
}

/// A file of the dossier.
pub(crate) fn fixture(name: &str) -> String {
    let path = format!("{}/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

pub(crate) fn fixture_json(name: &str) -> Value {
    serde_json::from_str(&fixture(name)).expect("JSON")
}

/// The item inside a chat frame of the dossier.
pub(crate) fn fixture_item(name: &str) -> Value {
    serde_json::from_str(&text(&fixture_json(name), "/content")).expect("JSON")
}

/// The members of an object, sorted.
pub(crate) fn members(value: &Value) -> BTreeMap<String, &'static str> {
    let kind = |value: &Value| match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let object = value.as_object().expect("an object");
    object.iter().map(|(name, value)| (name.clone(), kind(value))).collect()
}

/// A file on its way into the storage.
pub(crate) struct Announced {
    pub(crate) id: String,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) answer: Value,
}

impl Rig {
    /// Any request, answered at once.
    pub(crate) fn fetch(
        &mut self,
        method: &str,
        target: &str,
        headers: &[(String, String)],
        body: &[u8],
    ) -> HttpResponse {
        let exchange = self.send(method, target, headers, body);
        let (_, response) = self.answer(exchange).expect("an answer at once");
        response.clone()
    }

    /// Any request.
    pub(crate) fn send(
        &mut self,
        method: &str,
        target: &str,
        headers: &[(String, String)],
        body: &[u8],
    ) -> u64 {
        let (method, target) = (method.to_owned(), target.to_owned());
        self.request(HttpRequest { method, target, headers: headers.to_vec(), body: body.to_vec() })
    }

    /// A GET with the connection token; its status and body.
    pub(crate) fn get(&mut self, target: &str) -> (u16, Value) {
        let bearer = ("X-Amz-Bearer".to_owned(), self.token.clone());
        let response = self.fetch("GET", target, &[bearer], b"");
        (response.status, response.json())
    }

    /// StartAttachmentUpload.
    pub(crate) fn announce(&mut self, name: &str, content_type: &str, size: usize) -> Announced {
        let body = json!({
            "AttachmentName": name,
            "ContentType": content_type,
            "AttachmentSizeInBytes": size,
        });
        let (status, answer) = self.call("/participant/start-attachment-upload", body);
        assert_eq!(status, 200, "{answer}");
        let headers = answer["UploadMetadata"]["HeadersToInclude"].as_object().expect("a map");
        let headers = headers.iter().map(|(name, value)| (name.clone(), text(value, ""))).collect();
        Announced {
            id: text(&answer, "/AttachmentId"),
            url: text(&answer, "/UploadMetadata/Url"),
            headers,
            answer,
        }
    }

    /// The PUT of a file, as the address and the headers have it.
    pub(crate) fn put(&mut self, file: &Announced, bytes: &[u8]) -> HttpResponse {
        self.fetch("PUT", &file.url, &file.headers, bytes)
    }

    /// CompleteAttachmentUpload.
    pub(crate) fn complete(&mut self, id: &str) -> (u16, Value) {
        self.call("/participant/complete-attachment-upload", json!({ "AttachmentIds": [id] }))
    }

    /// All three steps; gives the attachment's id.
    pub(crate) fn upload(&mut self, name: &str, bytes: &[u8]) -> String {
        let file = self.announce(name, "application/pdf", bytes.len());
        assert_eq!(self.put(&file, bytes).status, 200);
        assert_eq!(self.complete(&file.id).0, 200);
        file.id
    }

    /// GetAttachment; the address.
    pub(crate) fn address(&mut self, id: &str) -> String {
        let (status, answer) = self.call("/participant/attachment", json!({ "AttachmentId": id }));
        assert_eq!(status, 200, "{answer}");
        text(&answer, "/Url")
    }

    /// The statuses of attachments on a socket.
    pub(crate) fn statuses(&self, socket: u64) -> Vec<String> {
        let items = self.items(socket);
        let files = items.iter().filter(|item| item["Type"] == "ATTACHMENT");
        files.map(|item| text(item, "/Attachments/0/Status")).collect()
    }
}
