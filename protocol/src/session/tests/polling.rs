//! A session that polls, with its provider's part played by hand.

mod conversations;
mod ends;
mod files;
mod history;
mod messages;
mod rest;

use super::{Rig, now};
use crate::dialect::bright_pattern::Config;
use crate::{
    Body, Command, CommandResult, ConnectionState, ConversationKey, Event, HttpResponse, Input, Operation,
    Output, RequestId, Session, TransportFault,
};

const CHAT: &str = "4d2f6a1e";
const AGENT: &str = "e19d4b72";

impl Rig {
    fn polling() -> Self {
        Self::polling_with(Config::new("acme.example", "app", "client").into())
    }

    fn polling_with(config: crate::Config) -> Self {
        Self { session: Session::new(config, [7; 32], now(0)).unwrap(), at: 0, out: Vec::new() }
    }

    /// A new conversation has begun, and the first poll is under way.
    fn begun() -> Self {
        let mut rig = Self::polling();
        rig.command(Command::Connect).unwrap();
        rig.start(CHAT, true);
        rig
    }

    /// The same, as the provider answers when the conversation went on already; its history is not there yet.
    fn resumed() -> Self {
        let mut rig = Self::polling();
        rig.command(Command::Connect).unwrap();
        rig.start(CHAT, false);
        rig
    }

    fn start(&mut self, chat: &str, new: bool) {
        let body = format!(r#"{{"chat_id":"{chat}","state":"queued","is_new_chat":{new}}}"#);
        self.answer(Operation::StartConversation, 200, &body);
    }

    fn events_of(&mut self, of: Operation, events: &[String]) {
        self.answer(of, 200, &format!(r#"{{"events":[{}]}}"#, events.join(",")));
    }

    fn poll_brings(&mut self, events: &[String]) {
        self.events_of(Operation::Poll, events);
    }

    fn history_brings(&mut self, events: &[String]) {
        self.events_of(Operation::CatchUp, events);
    }

    fn poll_is_lost(&mut self) {
        self.no_answer(Operation::Poll, TransportFault::ConnectionLost);
    }

    /// Time passes to the next deadline, which is heard.
    fn wake(&mut self) {
        let deadline = self.session.deadline().expect("a deadline");
        self.at = deadline.at.as_micros().div_ceil(1_000);
        self.tell(Input::Woke);
    }

    fn pass(&mut self, millis: u64) {
        self.at += millis;
        self.tell(Input::Woke);
    }

    /// Requests of this operation so far.
    fn asked(&self, of: Operation) -> usize {
        self.requests().filter(|(_, operation)| *operation == of).count()
    }

    fn requests(&self) -> impl Iterator<Item = (RequestId, Operation)> {
        self.out.iter().filter_map(|output| {
            let Output::Request { id, operation, .. } = output else { return None };
            Some((*id, *operation))
        })
    }

    /// The body and the path of the newest request of this operation.
    fn said(&self, of: Operation) -> String {
        let id = self.request(of);
        let said = self.out.iter().find_map(|output| {
            let Output::Request { id: this, request, .. } = output else { return None };
            if *this != id {
                return None;
            }
            let body = match &request.body {
                Body::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
                Body::Empty | Body::Source { .. } | Body::Framed { .. } => String::new(),
            };
            Some(format!("{} {body}", request.uri.path()))
        });
        said.unwrap()
    }

    /// What the conversation that is meant where none is named says, oldest first.
    fn lines(&self) -> Vec<String> {
        self.lines_of(self.session.current)
    }

    fn lines_of(&self, key: ConversationKey) -> Vec<String> {
        let text = |item: &crate::model::TranscriptItem| item.body.text().map(ToOwned::to_owned);
        self.session.transcript(key).filter_map(text).collect()
    }

    fn told(&self, wanted: &str) -> usize {
        self.events().filter(|event| event.to_string().contains(wanted)).count()
    }

    fn finished(&self, command: crate::CommandId) -> Option<CommandResult> {
        self.events().find_map(|event| {
            let Event::CommandFinished { command: of, result } = event else { return None };
            (*of == command).then(|| result.clone())
        })
    }

    fn is_live(&self) -> bool {
        self.session.state() == ConnectionState::Live
    }

    /// The newest request of this operation is answered, though it may have been answered before.
    fn answer_request(&mut self, request: RequestId, body: &str) {
        let response = HttpResponse::new(http::StatusCode::OK, body.to_owned());
        self.tell(Input::Response { request, result: Ok(response) });
    }
}

fn agent_says(id: &str, text: &str) -> String {
    format!(
        r#"{{"event":"chat_session_message","party_id":"{AGENT}","msg_id":"{id}","msg":"{text}","msg_text":"{text}","timestamp":"1773480401"}}"#
    )
}

/// A message of the customer's, as the history has it.
fn own_said(number: u64, text: &str) -> String {
    format!(
        r#"{{"event":"chat_session_message","party_id":"{CHAT}","msg_id":"{CHAT}:{number}","msg":"{text}","msg_text":"{text}","timestamp":"1773480401"}}"#
    )
}

fn event(name: &str) -> String {
    format!(r#"{{"event":"chat_session_{name}","party_id":"{AGENT}"}}"#)
}
