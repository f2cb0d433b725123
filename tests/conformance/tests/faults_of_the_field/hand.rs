//! A session whose provider is played by hand: for what no server would do that knows better.

use helpline_protocol::amazon_connect::{ChatDetails, Config};
use helpline_protocol::model::TranscriptItem;
use helpline_protocol::{
    Body, Command, CommandError, CommandId, Event, Frame, HttpRequest, HttpResponse, Input, Operation,
    Output, RequestId, Session, SocketId,
};
use helpline_simulation::{ONLY, at, session_seed};
use serde_json::{Value, json};

/// The answers to both probes.
pub(crate) const HEARTBEAT: &str = r#"{"topic":"aws/heartbeat"}"#;
pub(crate) const PING: &str = r#"{"topic":"aws/ping","statusCode":200,"statusContent":"OK"}"#;

pub(crate) struct Hand {
    pub(crate) session: Session,
    pub(crate) now: u64,
    pub(crate) out: Vec<Output>,
}

impl Hand {
    /// Connected, with an empty transcript and both first probes answered.
    pub(crate) fn live(config: impl FnOnce(helpline_protocol::Config) -> helpline_protocol::Config) -> Self {
        let details = ChatDetails::new("pt").with_contact_id("contact").with_participant_id("me");
        let config = config(Config::new(details).with_region("eu-west-2").into());
        let session = Session::new(config, session_seed(1), at(0)).expect("the configuration works");
        let mut hand = Self { session, now: 0, out: Vec::new() };
        hand.command(Command::Connect).expect("it is new");
        hand.authorised();
        hand.opened();
        hand.acknowledged(hand.socket());
        hand.answer(Operation::CatchUp, &json!({ "Transcript": [] }));
        hand.frame(hand.socket(), HEARTBEAT);
        hand.frame(hand.socket(), PING);
        hand
    }

    pub(crate) fn command(&mut self, command: Command) -> Result<CommandId, CommandError> {
        self.session.execute(at(self.now), command, &mut self.out)
    }

    pub(crate) fn tell(&mut self, input: Input) {
        self.session.handle(at(self.now), input, &mut self.out);
    }

    /// Runs until a time, waking at deadlines only.
    pub(crate) fn until(&mut self, end: u64) {
        while let Some(due) = self.session.deadline().map(|it| it.at.as_micros().div_ceil(1_000)) {
            if due > end {
                break;
            }
            self.now = self.now.max(due);
            self.tell(Input::Woke);
        }
        self.now = end;
    }

    /// Answers to a call for credentials.
    pub(crate) fn authorised(&mut self) {
        self.answer(
            Operation::Authorise,
            &json!({
                "Websocket": { "Url": "wss://socket.example/?ticket=1", "ConnectionExpiry": "2026-03-14T10:32:00.000Z" },
                "ConnectionCredentials": { "ConnectionToken": "ct", "Expiry": "2026-03-15T09:26:40.000Z" },
            }),
        );
    }

    /// The socket that was asked for last is open.
    pub(crate) fn opened(&mut self) {
        self.tell(Input::SocketOpened { socket: self.socket() });
    }

    pub(crate) fn acknowledged(&mut self, socket: SocketId) {
        self.frame(
            socket,
            r#"{"topic":"aws/subscribe","content":{"status":"success","topics":["aws/chat"]}}"#,
        );
    }

    /// The socket that was asked for last.
    pub(crate) fn socket(&self) -> SocketId {
        let last = self.out.iter().rev().find_map(|output| match output {
            Output::OpenSocket { id, .. } => Some(*id),
            _ => None,
        });
        last.expect("a socket was asked for")
    }

    pub(crate) fn frame(&mut self, socket: SocketId, text: &str) {
        self.tell(Input::Frame { socket, frame: Frame::Text(text.to_owned()) });
    }

    /// An item on the latest socket.
    pub(crate) fn item(&mut self, item: &Value) {
        let frame =
            json!({ "topic": "aws/chat", "contentType": "application/json", "content": item.to_string() });
        self.frame(self.socket(), &frame.to_string());
    }

    /// The last request for something.
    pub(crate) fn request(&self, what: Operation) -> (RequestId, &HttpRequest) {
        let last = self.out.iter().rev().find_map(|output| match output {
            Output::Request { id, request, operation, .. } if *operation == what => Some((*id, request)),
            _ => None,
        });
        last.unwrap_or_else(|| panic!("{} was not asked for", what.name()))
    }

    pub(crate) fn asked(&self, what: Operation) -> Vec<Value> {
        let of = self.out.iter().filter_map(|output| match output {
            Output::Request { request, operation, .. } if *operation == what => Some(match &request.body {
                Body::Bytes(bytes) => serde_json::from_slice(bytes).unwrap_or_default(),
                _ => Value::Null,
            }),
            _ => None,
        });
        of.collect()
    }

    /// Answers the last request for something with 200.
    pub(crate) fn answer(&mut self, what: Operation, body: &Value) {
        let (request, _) = self.request(what);
        let answer = HttpResponse::new(http::StatusCode::OK, body.to_string());
        self.tell(Input::Response { request, result: Ok(answer) });
    }

    /// How often something was sent on a socket.
    pub(crate) fn sent(&self, socket: SocketId, topic: &str) -> usize {
        let is = |output: &&Output| matches!(output, Output::SendFrame { socket: on, frame: Frame::Text(text) } if *on == socket && text.contains(topic));
        self.out.iter().filter(is).count()
    }

    pub(crate) fn events(&self) -> Vec<&Event> {
        let events = self.out.iter().filter_map(|output| match output {
            Output::Event(event) => Some(event),
            _ => None,
        });
        events.collect()
    }

    pub(crate) fn transcript(&self) -> Vec<&TranscriptItem> {
        self.session.transcript(ONLY).collect()
    }
}

/// An agent's message, whole.
pub(crate) fn said(id: &str, time: &str, text: &str) -> Value {
    json!({
        "Id": id, "Type": "MESSAGE", "ContentType": "text/plain", "Content": text, "AbsoluteTime": time,
        "ParticipantId": "agent", "ParticipantRole": "AGENT", "DisplayName": "Tomasz", "ContactId": "contact",
    })
}
