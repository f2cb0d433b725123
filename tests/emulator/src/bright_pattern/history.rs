//! What was said before: in this chat, and in the chats of its case.

use serde_json::{Value, json};

use super::chat::{Chat, ClientKey};
use super::codes::{ErrorCode, Refusal};
use super::http::{Reply, Then};
use super::machine::{CaseSession, Server};
use super::operation::Route;
use super::script::Trigger;

impl Server {
    pub(super) fn history(&self, now_ms: u64, route: &Route, key: &ClientKey) -> Result<Reply, Refusal> {
        let chat = &self.chats[self.named(route, key)?];
        let readable_ms = chat.ended_ms.map(|ended_ms| ended_ms + self.config.history_after_end_ms);
        // At the moment of the end it is over.
        if chat.lost || readable_ms.is_some_and(|until_ms| now_ms >= until_ms) {
            return Err(ErrorCode::ChatNotFound.into());
        }
        Ok(Reply::text("application/json", format!("{{\"events\":{}}}", told(chat))))
    }

    pub(super) fn case_history(&self, route: &Route, key: &ClientKey) -> Result<Reply, Refusal> {
        let chat = self.live(route, key)?;
        let case_id = self.chats[chat].case_id.clone().ok_or(ErrorCode::NoCase)?;
        let sessions = self.cases.get(&(key.0, case_id)).map(Vec::as_slice).unwrap_or_default();
        let written = sessions.iter().map(|session| match session {
            CaseSession::Past(session) => session.to_string(),
            CaseSession::Chat(chat) => {
                let chat = &self.chats[*chat];
                let created = (chat.started_ms / 1000).to_string();
                let (id, created) = (Value::from(&*chat.id), Value::from(created));
                format!("{{\"chat_id\":{id},\"created_time\":{created},\"events\":{}}}", told(chat))
            }
        });
        let written = written.collect::<Vec<_>>().join(",");
        Ok(Reply::text("application/json", format!("{{\"sessions\":[{written}]}}")))
    }

    /// Whatever body comes with it is not looked at.
    pub(super) fn close_case(&mut self, route: &Route, key: &ClientKey) -> Result<Reply, Refusal> {
        let chat = self.live(route, key)?;
        if self.chats[chat].case_id.is_none() {
            return Err(ErrorCode::NoCase.into());
        }
        self.chats[chat].case_closed = true;
        self.stats.cases_closed += 1;
        let mut reply = Reply::json(&json!({}));
        reply.then.push(Then::Happened { chat, what: Trigger::CaseClosed, text: None });
        Ok(reply)
    }
}

/// The events of a chat that its history has, as a JSON array.
fn told(chat: &Chat) -> String {
    let events = chat.events.iter().filter(|entry| entry.in_history);
    let mut text = "[".to_owned();
    for entry in events {
        if text.len() > 1 {
            text.push(',');
        }
        text.push_str(&entry.json);
    }
    text.push(']');
    text
}
