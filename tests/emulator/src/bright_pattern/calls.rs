//! The calls around a chat: what the entry offers, and how a chat comes to be.

use serde_json::{Map, Value, json};

use super::authorization::COOKIE;
use super::chat::{Chat, ClientKey};
use super::codes::{ErrorCode, Refusal};
use super::config::Entry;
use super::event::{Draft, Party};
use super::http::{Caller, Reply, Then};
use super::machine::Server;
use super::operation::{Api, Route};
use super::script::Trigger;
use crate::io::HttpRequest;

impl Server {
    pub(super) fn entry(&self, key: &ClientKey) -> &Entry {
        &self.config.tenants[key.0].entries[key.1]
    }

    pub(super) fn availability(&self, key: &ClientKey) -> Reply {
        let entry = self.entry(key);
        let closed = self.config.faults.closed_word.as_deref().unwrap_or("notAvailable");
        let word = if entry.open { "available" } else { closed };
        let mut answer = json!({ "chat": word });
        // A closed service does not know how long one waits.
        if let Some(wait) = entry.ewt.filter(|_| entry.open).and_then(|wait| self.written_wait(wait)) {
            answer["ewt"] = wait;
        }
        Reply::json(&answer)
    }

    pub(super) fn parameters(&self, key: &ClientKey) -> Reply {
        let pairs = self.entry(key).parameters.iter().map(|(name, kind)| json!({ name: kind }));
        Reply::json(&json!({ "parameters": pairs.collect::<Vec<_>>() }))
    }

    pub(super) fn configuration(&self, key: &ClientKey) -> Reply {
        let name = &self.entry(key).service_name;
        Reply::json(&json!({
            "widgets": [{
                "name": name,
                "urls": ["https://shop.acme.example/*"],
                "definition": { "contact_tab": {
                    "enabled": true,
                    "location": "right_bottom",
                    "color": "#ffffff",
                    "bg_color": "#0a5cad",
                    "agents_available_msg": "Chat with us",
                    "agents_not_available_msg": "Leave a message",
                    "out_of_hours_msg": "We are closed",
                    "show_ewt_out_of_hours": false,
                } },
                "styles": {},
            }],
        }))
    }

    pub(super) fn request_sms(&mut self, request: &HttpRequest) -> Result<Reply, Refusal> {
        let body = object(&request.body)?;
        let number = body.get("phone_number").and_then(Value::as_str).unwrap_or_default();
        if number.is_empty() {
            return Ok(Reply::json(&json!({ "sms_error_code": "1", "error_message": "No phone number" })));
        }
        self.stats.sms += 1;
        Ok(Reply::json(&json!({ "sms_error_code": "0", "error_message": "" })))
    }

    pub(super) fn request_chat(
        &mut self,
        now_ms: u64,
        api: Api,
        caller: Caller,
        request: &HttpRequest,
    ) -> Result<Reply, Refusal> {
        if !self.entry(&caller.key).launch_point {
            return Err(ErrorCode::EntryNotFound.into());
        }
        let body = object(&request.body)?;
        if body.get("parameters").is_some_and(|parameters| !parameters.is_object()) {
            return Err(Refusal::invalid_json("parameters is not an object"));
        }
        let running = self.by_client.get(&caller.key).copied().filter(|chat| self.chats[*chat].alive());
        let running = running.or_else(|| self.find_running(now_ms, api, &caller.key, None));
        let (chat, is_new) = match running {
            Some(chat) => {
                self.stats.chats_resumed += 1;
                (chat, false)
            }
            None => (self.new_chat(now_ms, api, &caller.key, &body), true),
        };
        let mut answer = self.properties(chat);
        answer["is_new_chat"] = match api {
            Api::V2 if !self.config.faults.word_booleans => is_new.into(),
            _ => is_new.to_string().into(),
        };
        let mut reply = Reply::json(&answer);
        if let Some(cookie) = caller.cookie {
            let cookie = format!("{COOKIE}={cookie}; Path=/; SameSite=None");
            reply.headers.push(("Set-Cookie".to_owned(), cookie));
        }
        if is_new {
            reply.then.push(Then::Happened { chat, what: Trigger::Started, text: None });
            let initial = body.get("initial_message").and_then(Value::as_object);
            if let Some(message) = initial {
                reply.then.push(self.initial_message(now_ms, chat, message.clone()));
            }
        }
        Ok(reply)
    }

    /// What is told of a chat when it is asked for.
    fn properties(&self, chat: usize) -> Value {
        let chat = &self.chats[chat];
        let mut answer = json!({ "chat_id": &*chat.id, "state": chat.state });
        if let Some(wait) = chat.ewt.and_then(|wait| self.written_wait(wait)) {
            answer["ewt"] = wait;
        }
        if let Some(number) = chat.request.phone_number.as_ref().filter(|number| !number.is_empty()) {
            answer["phone_number"] = number.as_str().into();
        }
        answer
    }

    /// The message that comes with the request. It alone does not tell its party.
    fn initial_message(&mut self, now_ms: u64, chat: usize, members: Map<String, Value>) -> Then {
        let text = message_text(&members);
        let mut draft = Draft::of("chat_session_message", Value::Object(members));
        draft.by = Party::Customer;
        draft.queued = false;
        draft.text = Some(text.clone());
        self.stats.messages += 1;
        let entry = self.compose(now_ms, draft);
        self.chats[chat].unconfirmed(entry.message_id.as_deref());
        self.chats[chat].own_ids.extend(entry.message_id.clone());
        self.chats[chat].note(entry);
        Then::Happened { chat, what: Trigger::Message, text: Some(text) }
    }

    pub(super) fn active_chat(&self, key: &ClientKey) -> Result<Reply, Refusal> {
        let chat = self.by_client.get(key).copied().filter(|chat| self.chats[*chat].alive());
        let chat = chat.ok_or(ErrorCode::ChatNotFound)?;
        Ok(Reply::json(&self.properties(chat)))
    }

    /// The chat that a request names, or the client's only one where the documents leave it out.
    pub(super) fn named(&self, route: &Route, key: &ClientKey) -> Result<usize, Refusal> {
        let chat = match &route.chat {
            Some(id) => self.by_id.get(id).copied().filter(|chat| self.chats[*chat].owner == *key),
            None => self.by_client.get(key).copied(),
        };
        chat.ok_or_else(|| ErrorCode::ChatNotFound.into())
    }

    /// The same, if it is not over.
    pub(super) fn live(&self, route: &Route, key: &ClientKey) -> Result<usize, Refusal> {
        let chat = self.named(route, key)?;
        if self.chats[chat].alive() { Ok(chat) } else { Err(ErrorCode::ChatNotFound.into()) }
    }
}

/// A body that has to be an object. No byte at all counts as an empty one.
pub(super) fn object(body: &[u8]) -> Result<Map<String, Value>, Refusal> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Map::new());
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(Refusal::invalid_json("not an object")),
        Err(error) => Err(Refusal::invalid_json(error.to_string())),
    }
}

/// What a message says: its plain text if it has one, or else what its HTML shows.
pub(super) fn message_text(members: &Map<String, Value>) -> String {
    let text = |name: &str| members.get(name).and_then(Value::as_str);
    match text("msg_text").filter(|text| !text.is_empty()) {
        Some(plain) => plain.to_owned(),
        None => super::event::to_text(text("msg").unwrap_or_default()),
    }
}

impl Chat {
    /// A message of the customer that the agent has yet to confirm.
    pub(super) fn unconfirmed(&mut self, message_id: Option<&str>) {
        if let Some(id) = message_id {
            self.undelivered.push(id.to_owned());
            self.unread.push(id.to_owned());
        }
    }
}
