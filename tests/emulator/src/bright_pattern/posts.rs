//! Events that a customer's client posts.

use serde_json::{Map, Value};

use super::answer::events_json;
use super::calls::message_text;
use super::chat::ClientKey;
use super::codes::Refusal;
use super::event::{Draft, Party};
use super::http::{Reply, Then};
use super::machine::Server;
use super::operation::{Api, Route};
use super::script::Trigger;
use super::stats::{FormSeen, ReceiptKind, ReceiptSeen};
use crate::io::HttpRequest;

impl Server {
    pub(super) fn send_events(
        &mut self,
        now_ms: u64,
        route: &Route,
        key: &ClientKey,
        request: &HttpRequest,
    ) -> Result<Reply, Refusal> {
        let chat = self.live(route, key)?;
        let events = posted(&request.body)?;
        self.polls_seen.posts += 1;
        let seen = self.polls_seen.posts;
        let replayed = self.config.faults.replayed_posts.strikes(seen, &mut self.chaos);
        let mut then = Vec::new();
        for _ in 0..=u8::from(replayed) {
            for (name, members) in events.clone() {
                if !then.contains(&Then::End { chat }) {
                    then.extend(self.take(now_ms, chat, name, members));
                }
            }
        }
        let mut reply = match route.api {
            Api::V2 => Reply::empty(),
            Api::V1 => {
                let pending = std::mem::take(&mut self.chats[chat].pending);
                let mut reply = Reply::text("application/json", events_json(&pending));
                reply.batch = pending.len();
                reply
            }
        };
        reply.then = then;
        Ok(reply)
    }

    /// Acts upon one event.
    fn take(&mut self, now_ms: u64, chat: usize, name: String, members: Map<String, Value>) -> Option<Then> {
        let text = |key: &str| members.get(key).and_then(Value::as_str).map(str::to_owned);
        let happened = |what: Trigger, text: Option<String>| Some(Then::Happened { chat, what, text });
        let short = name.strip_prefix("chat_session_").unwrap_or(&name);
        match short {
            "typing" => {
                self.stats.typing += 1;
                self.stats.preview = text("msg").or_else(|| self.stats.preview.take());
                None
            }
            "not_typing" => {
                self.stats.not_typing += 1;
                None
            }
            "message" => {
                let said = message_text(&members);
                self.keep_message(now_ms, chat, members, &said);
                happened(Trigger::Message, Some(said))
            }
            "message_delivered" | "message_read" => {
                let kind = if short == "message_read" { ReceiptKind::Read } else { ReceiptKind::Delivered };
                let message_id = text("ref_msg_id").or_else(|| text("msg_id")).unwrap_or_default();
                let chat_id = self.chats[chat].id.to_string();
                self.stats.receipts.push(ReceiptSeen { time_ms: now_ms, chat_id, kind, message_id });
                self.keep(now_ms, chat, name, members, None);
                None
            }
            "signaling" => self.keep_signal(now_ms, chat, members),
            "form_data" | "secure_form_data" => self.keep_form(now_ms, chat, name, members),
            "secure_form_cancel" => self.cancel_form(now_ms, chat, name, members),
            _ if name == "chat_form_data_cancel" => self.cancel_form(now_ms, chat, name, members),
            "file" => {
                let file_name = text("file_name").or_else(|| text("file_id"));
                self.chats[chat].stir(now_ms);
                self.keep(now_ms, chat, name, members, file_name.as_deref());
                happened(Trigger::File, file_name)
            }
            "location" => {
                self.chats[chat].stir(now_ms);
                self.keep(now_ms, chat, name, members, None);
                happened(Trigger::Location, None)
            }
            "disconnect" => {
                self.keep(now_ms, chat, name, members, None);
                Some(Then::Disconnect { chat })
            }
            "end" => {
                self.keep(now_ms, chat, name, members, None);
                Some(Then::End { chat })
            }
            "navigation" => {
                let page = text("page");
                self.keep(now_ms, chat, name, members, page.as_deref());
                None
            }
            "cobrowsing_rejected" | "cobrowsing_started" | "cobrowsing_ended" => {
                let what = Trigger::Cobrowsing(short["cobrowsing_".len()..].to_owned());
                self.keep(now_ms, chat, name, members, None);
                happened(what, None)
            }
            _ => {
                self.stats.unknown_events += 1;
                self.keep(now_ms, chat, name, members, None);
                None
            }
        }
    }

    /// Stores an event of the customer. Whatever party it names, the customer's id is the chat's.
    fn keep(
        &mut self,
        now_ms: u64,
        chat: usize,
        name: String,
        members: Map<String, Value>,
        text: Option<&str>,
    ) {
        let id = self.chats[chat].id.to_string();
        let mut draft = Draft::of(&name, Value::Object(members)).by(Party::Customer, &id);
        draft.queued = self.config.faults.echo_own;
        draft.text = text.map(str::to_owned);
        self.publish(now_ms, chat, draft);
    }

    fn keep_message(&mut self, now_ms: u64, chat: usize, members: Map<String, Value>, said: &str) {
        self.stats.messages += 1;
        let id = members.get("msg_id").and_then(Value::as_str).map(str::to_owned);
        let state = &mut self.chats[chat];
        state.stir(now_ms);
        if let Some(id) = id.as_deref().filter(|id| !id.is_empty() && *id != "null") {
            self.stats.doubled_messages += u64::from(!state.own_ids.insert(id.to_owned()));
        }
        state.unconfirmed(id.as_deref());
        // The form without a name waits for just that.
        state.forms.retain(|form| form.secure || !form.name.is_empty());
        self.keep(now_ms, chat, "chat_session_message".to_owned(), members, Some(said));
    }

    fn keep_signal(&mut self, now_ms: u64, chat: usize, members: Map<String, Value>) -> Option<Then> {
        let data = members.get("data").cloned().unwrap_or_default();
        let kind = data.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
        self.stats.signals.push(Value::Object(members.clone()));
        self.chats[chat].stir(now_ms);
        if self.config.signaling_in_history {
            self.keep(now_ms, chat, "chat_session_signaling".to_owned(), members, Some(&kind));
        }
        Some(Then::Happened { chat, what: Trigger::Signal(kind), text: None })
    }

    fn keep_form(
        &mut self,
        now_ms: u64,
        chat: usize,
        name: String,
        mut members: Map<String, Value>,
    ) -> Option<Then> {
        let secure = name == "chat_session_secure_form_data";
        let state = &mut self.chats[chat];
        state.stir(now_ms);
        let request_id = members.get("form_request_id").map(plain).unwrap_or_default();
        let form = members.get("form_name").map(plain).unwrap_or_default();
        state.forms.retain(|open| open.request_id != request_id);
        if secure {
            // What is secret is neither kept nor told.
            members.remove("data");
            self.stats.secure_forms += 1;
        } else {
            let data = members.get("data").and_then(Value::as_object).cloned().unwrap_or_default();
            let chat_id = state.id.to_string();
            self.stats.forms.push(FormSeen { chat_id, request_id, name: form.clone(), data });
        }
        self.keep(now_ms, chat, name, members, Some(&form));
        Some(Then::Happened { chat, what: Trigger::Form, text: Some(form) })
    }

    fn cancel_form(
        &mut self,
        now_ms: u64,
        chat: usize,
        name: String,
        members: Map<String, Value>,
    ) -> Option<Then> {
        self.stats.forms_cancelled += 1;
        let request_id = members.get("form_request_id").map(plain).unwrap_or_default();
        self.chats[chat].forms.retain(|open| open.request_id != request_id);
        self.keep(now_ms, chat, name, members, None);
        Some(Then::Happened { chat, what: Trigger::FormCancelled, text: None })
    }
}

/// A text or a number, as a text.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The name of an event, and all its members.
type Posted = (String, Map<String, Value>);

/// The events of a body, each with its name.
fn posted(body: &[u8]) -> Result<Vec<Posted>, Refusal> {
    let body: Value =
        serde_json::from_slice(body).map_err(|error| Refusal::invalid_json(error.to_string()))?;
    let events = body.get("events").and_then(Value::as_array);
    let events = events.ok_or_else(|| Refusal::invalid_json("events is not an array"))?;
    let named = events.iter().map(|event| {
        let members = event.as_object().ok_or_else(|| Refusal::invalid_json("an event is not an object"))?;
        let name = members.get("event").and_then(Value::as_str);
        let name = name.ok_or_else(|| Refusal::invalid_json("an event has no name"))?;
        Ok((name.to_owned(), members.clone()))
    });
    named.collect()
}

impl super::chat::Chat {
    /// The customer has done something that counts.
    pub(super) const fn stir(&mut self, now_ms: u64) {
        self.active_ms = now_ms;
        self.warned = false;
    }
}
