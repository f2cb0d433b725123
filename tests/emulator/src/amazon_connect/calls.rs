//! The customer's calls: connecting, sending, reading back.

use serde_json::{Value, json};

use super::clock::{instant, skewed};
use super::errors::Refusal;
use super::http::{Done, Then};
use super::item::{EVENT, INTERACTIVE_RESPONSE, Kind};
use super::machine::{AnsweredKey, Server};
use super::operation::Operation;
use super::post::Draft;
use super::stats::ReceiptKind;
use super::tokens::Ticket;
use super::transcript::{self, Paging};
use super::validate::{Body, constraint};

impl Server {
    pub(super) fn create_connection(
        &mut self,
        now_ms: u64,
        chat: usize,
        body: &Body,
    ) -> Result<Done, Refusal> {
        let types = body.list("Type")?;
        let without_socket = body.boolean("ConnectParticipant")?;
        let known = ["WEBSOCKET", "CONNECTION_CREDENTIALS", "WEBRTC_CONNECTION"];
        let types = match types {
            Some(types) if types.is_empty() => {
                return Err(constraint("Type", "Member must have length greater than or equal to 1"));
            }
            Some(types) if types.iter().any(|kind| !known.contains(&kind.as_str())) => {
                return Err(constraint("Type", "Member must satisfy enum value set"));
            }
            Some(types) if types.iter().any(|kind| kind == "WEBRTC_CONNECTION") => {
                return Err(Refusal::validation("This contact has no WebRTC connection"));
            }
            types => types.unwrap_or_default(),
        };
        let state = &mut self.chats[chat];
        if !state.connected && now_ms > state.started_ms + self.config.first_connect_ms {
            return Err(Refusal::access_denied());
        }
        state.connected = true;
        let wants = |name: &str| types.iter().any(|kind| kind == name);
        let answer = self.connection(now_ms, chat, wants("WEBSOCKET"), wants("CONNECTION_CREDENTIALS"));
        let then = if without_socket { Then::Present { chat } } else { Then::Nothing };
        Ok(Done { then, ..Done::with(answer) })
    }

    /// A new ticket and a new token, as asked for.
    pub(super) fn connection(&mut self, now_ms: u64, chat: usize, socket: bool, credentials: bool) -> Value {
        let (skew, form) = (self.config.faults.clock_skew_ms, self.config.faults.expiry);
        let told = |time_ms| form.write(skewed(time_ms, skew));
        let (config, faults) = (&self.config, &self.config.faults);
        let token_until = now_ms + faults.token_life_ms.unwrap_or(config.token_life_ms);
        let ticket = Ticket {
            chat,
            dial_until_ms: now_ms + faults.ticket_life_ms.unwrap_or(config.ticket_life_ms),
            socket_until_ms: now_ms + faults.socket_life_ms.unwrap_or(config.socket_life_ms),
        };
        let mut answer = json!({});
        if socket {
            let expiry = told(ticket.socket_until_ms);
            let ticket = self.tokens.ticket(ticket, &mut self.ids);
            let url = format!("{}/participant/ws?ticket={ticket}", self.config.socket_base);
            answer["Websocket"] = json!({ "Url": url });
            if let Some(expiry) = expiry {
                answer["Websocket"]["ConnectionExpiry"] = expiry.into();
            }
        }
        if credentials {
            let token = self.tokens.connection(chat, token_until, &mut self.ids);
            answer["ConnectionCredentials"] = json!({ "ConnectionToken": token });
            if let Some(expiry) = told(token_until) {
                answer["ConnectionCredentials"]["Expiry"] = expiry.into();
            }
        }
        answer
    }

    pub(super) fn send_message(&mut self, now_ms: u64, chat: usize, body: &Body) -> Result<Done, Refusal> {
        let content_type = body.text("ContentType", 1, 100)?;
        let content = body.text("Content", 1, 16384)?;
        let token = body.client_token()?;
        self.check_content(chat, &content_type, &content)?;
        let key = key(chat, Operation::SendMessage, token, &content_type, Some(&content));
        if let Some(known) = self.known_answer(key.as_ref()) {
            return Ok(known);
        }
        let author = self.chats[chat].customer.clone();
        let posted = self.post(
            now_ms,
            chat,
            Draft {
                author: Some(author),
                kind: Kind::Message,
                content_type,
                content: Some(content),
                stored: true,
            },
        );
        self.stats.messages += 1;
        let answer = json!({ "Id": posted.id, "AbsoluteTime": instant(posted.time_ms) });
        self.remember(key, &answer);
        let position = self.chats[chat].items.len() - 1;
        Ok(Done { body: answer, echo: Some((chat, posted.frame)), then: Then::React { chat, position } })
    }

    /// Types that may be sent, that this contact supports, and that fit.
    fn check_content(&self, chat: usize, content_type: &str, content: &str) -> Result<(), Refusal> {
        let limit = match content_type {
            "text/plain" | "text/markdown" => 1024,
            "application/json" => 12_000,
            INTERACTIVE_RESPONSE => 12_288,
            _ => {
                return Err(Refusal::validation(format!("Unsupported content type: {content_type}")));
            }
        };
        if !self.chats[chat].content_types.contains(content_type) {
            return Err(Refusal::validation(format!(
                "Content type {content_type} is not supported by this contact"
            )));
        }
        if self.config.documented_sizes && content.len() > limit {
            return Err(Refusal::validation("Content too long"));
        }
        let is_text = content_type.starts_with("text/");
        if !is_text && serde_json::from_str::<Value>(content).is_err() {
            return Err(Refusal::validation("Content is not valid JSON"));
        }
        Ok(())
    }

    pub(super) fn send_event(&mut self, now_ms: u64, chat: usize, body: &Body) -> Result<Done, Refusal> {
        let content_type = body.text("ContentType", 1, 100)?;
        // The model's minimum is 1; mobile clients send an empty text with typing.
        let content = body.optional_text("Content", 0, 16384)?;
        let token = body.client_token()?;
        let event = content_type.strip_prefix(EVENT).unwrap_or("");
        let receipt = match event {
            "typing" | "connection.acknowledged" => None,
            "message.delivered" => Some(ReceiptKind::Delivered),
            "message.read" => Some(ReceiptKind::Read),
            _ => {
                return Err(Refusal::validation(format!("Unsupported event: {content_type}")));
            }
        };
        let message_id = match receipt {
            None => None,
            Some(_) => Some(receipt_target(content.as_deref())?),
        };
        if receipt.is_some() && self.chats[chat].participants() > 2 {
            return Err(Refusal::conflict());
        }
        let key = key(chat, Operation::SendEvent, token, &content_type, content.as_deref());
        if let Some(known) = self.known_answer(key.as_ref()) {
            return Ok(known);
        }
        let (id, time_ms, frame) = if let (Some(kind), Some(message_id)) = (receipt, message_id) {
            self.customer_receipt(now_ms, chat, kind, message_id)
        } else {
            if event == "typing" {
                self.stats.typing += 1;
            }
            let author = self.chats[chat].customer.clone();
            let posted = self.post(
                now_ms,
                chat,
                Draft { author: Some(author), kind: Kind::Event, content_type, content: None, stored: false },
            );
            (posted.id, posted.time_ms, Some(posted.frame))
        };
        let answer = json!({ "Id": id, "AbsoluteTime": instant(time_ms) });
        self.remember(key, &answer);
        Ok(Done { echo: frame.map(|frame| (chat, frame)), ..Done::with(answer) })
    }

    pub(super) fn get_transcript(&self, chat: usize, body: &Body) -> Result<Done, Refusal> {
        let paging =
            Paging { chat, secret: self.secret, empty_next_token: self.config.faults.empty_next_token };
        transcript::read(&self.chats[chat], body, paging).map(Done::with)
    }

    pub(super) fn known_answer(&mut self, key: Option<&AnsweredKey>) -> Option<Done> {
        let known = self.answered.get(key?)?.clone();
        self.stats.duplicates += 1;
        Some(Done::with(known))
    }

    pub(super) fn remember(&mut self, key: Option<AnsweredKey>, answer: &Value) {
        if let Some(key) = key {
            self.answered.insert(key, answer.clone());
        }
    }
}

/// What a call is remembered by; without a ClientToken it is not.
pub(super) fn key(
    chat: usize,
    operation: Operation,
    token: Option<String>,
    content_type: &str,
    content: Option<&str>,
) -> Option<AnsweredKey> {
    let token = token.filter(|token| !token.is_empty())?;
    let content = content.map(str::to_owned);
    Some((chat, operation, token, content_type.to_owned(), content))
}

/// The message that a receipt's Content names.
fn receipt_target(content: Option<&str>) -> Result<String, Refusal> {
    content
        .and_then(|content| serde_json::from_str::<Value>(content).ok())
        .and_then(|content| content.get("messageId")?.as_str().map(str::to_owned))
        .filter(|id| !id.is_empty())
        .ok_or_else(|| constraint("Content", "Member must be a JSON text with a messageId"))
}
