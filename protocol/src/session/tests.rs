//! A session with its host's part played by hand.

mod bad_input;
mod deadlines;
mod doubt;
mod files;
mod polling;
mod room;
mod sight;
pub(super) mod story;

use super::Session;
use super::journal::Tape;
use crate::dialect::amazon_connect::{ChatDetails, Config};
use crate::{
    Command, CommandId, Event, Frame, HttpResponse, Input, Now, Operation, Output, RequestId, SocketId,
    Timestamp, TransportFault, WallTime,
};

/// Where a journal goes.
pub(super) type Lines = Box<dyn FnMut(&str)>;

/// A session, and what it has put out.
pub(super) struct Rig {
    pub(super) session: Session,
    pub(super) at: u64,
    pub(super) out: Vec<Output>,
    /// Where its journal is written, if it is.
    pub(super) tape: Option<Tape<Lines>>,
}

pub(super) const WALL: i64 = 1_773_480_400_000;

pub(super) const GRANT: &str = r#"{"Websocket":{"Url":"wss://gateway.example/prod?ticket=secret-ticket","ConnectionExpiry":"2026-03-14T10:32:10.000Z"},"ConnectionCredentials":{"ConnectionToken":"secret-connection","Expiry":"2026-03-15T09:26:40.000Z"}}"#;

pub(super) const ACK: &str =
    r#"{"topic":"aws/subscribe","content":{"status":"success","topics":["aws/chat"]}}"#;

impl Rig {
    pub(super) fn new() -> Self {
        let details = ChatDetails::new("secret-participant").with_participant_id("me");
        let session = Session::new(Config::new(details), [7; 32], now(0)).unwrap();
        Self::with(session, 0, Vec::new())
    }

    pub(super) fn with(session: Session, at: u64, out: Vec<Output>) -> Self {
        Self { session, at, out, tape: None }
    }

    /// Connected, subscribed, and the first page (empty) fetched.
    pub(super) fn live() -> Self {
        let mut rig = Self::greeting();
        rig.frame(ACK);
        rig.answer(Operation::CatchUp, 200, r#"{"Transcript":[]}"#);
        rig.out.clear();
        rig
    }

    /// The socket is open, and the greeting sent.
    pub(super) fn greeting() -> Self {
        let mut rig = Self::new();
        rig.command(Command::Connect).unwrap();
        rig.answer(Operation::Authorise, 200, GRANT);
        rig.tell(Input::SocketOpened { socket: SocketId::from_u64(1) });
        rig
    }

    pub(super) fn command(&mut self, command: Command) -> Result<CommandId, crate::CommandError> {
        let (before, given) = (self.out.len(), command.clone());
        let result = self.session.execute(now(self.at), command, &mut self.out);
        if let Some(tape) = &mut self.tape {
            tape.command(now(self.at), &given, &result, &self.out[before..], self.session.deadline());
        }
        result
    }

    pub(super) fn tell(&mut self, input: Input) {
        let before = self.out.len();
        let heard = self.tape.as_mut().map(|tape| tape.hear(&self.session, &input));
        self.session.handle(now(self.at), input, &mut self.out);
        if let (Some(tape), Some(heard)) = (&mut self.tape, heard) {
            tape.input(now(self.at), &heard, &self.out[before..], self.session.deadline());
        }
    }

    pub(super) fn frame(&mut self, text: &str) {
        let socket = self.session.link.live_socket().unwrap_or(SocketId::from_u64(1));
        self.tell(Input::Frame { socket, frame: Frame::Text(text.to_owned()) });
    }

    /// The newest request of this operation.
    pub(super) fn request(&self, of: Operation) -> RequestId {
        let newest = self.out.iter().rev().find_map(|output| {
            let Output::Request { id, operation, .. } = output else { return None };
            (*operation == of).then_some(*id)
        });
        newest.unwrap_or_else(|| panic!("no {of:?} in {:?}", self.out))
    }

    pub(super) fn answer(&mut self, of: Operation, status: u16, body: &str) {
        let response = HttpResponse::new(http::StatusCode::from_u16(status).unwrap(), body.to_owned());
        self.tell(Input::Response { request: self.request(of), result: Ok(response) });
    }

    pub(super) fn no_answer(&mut self, of: Operation, fault: TransportFault) {
        self.tell(Input::Response { request: self.request(of), result: Err(fault) });
    }

    pub(super) fn events(&self) -> impl Iterator<Item = &Event> {
        self.out.iter().filter_map(|output| {
            let Output::Event(event) = output else { return None };
            Some(event)
        })
    }
}

pub(super) fn now(millis: u64) -> Now {
    let wall = WALL + i64::try_from(millis).unwrap();
    Now::new(Timestamp::from_millis(millis), WallTime::from_unix_millis(wall))
}

/// A frame of the topic `aws/chat` with this item.
pub(super) fn chat(item: &str) -> String {
    serde_json::json!({"topic": "aws/chat", "contentType": "application/json", "content": item}).to_string()
}

pub(super) fn agent_message(id: &str) -> String {
    chat(&format!(
        r#"{{"AbsoluteTime":"2026-03-14T09:27:30.410Z","Content":"Hello","ContentType":"text/plain","Id":"{id}","Type":"MESSAGE","ParticipantId":"agent","DisplayName":"Tomasz","ParticipantRole":"AGENT"}}"#
    ))
}
