//! Answers on their way out, and everything that can befall them.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::json;

use super::faults::ChanceRule;
use super::http::Reply;
use super::machine::Server;
use super::malformed;
use super::operation::{Api, Operation};
use crate::chance::{Chance, strikes};
use crate::fate::{Fate, Perils};
use crate::io::{HttpResponse, Output};

/// The call that an answer belongs to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call {
    pub(super) exchange: u64,
    pub(super) operation: Operation,
    pub(super) api: Api,
}

impl Server {
    /// Sends an answer, unless something befalls it. `batch` counts the events drained into it.
    pub(super) fn answer(
        &mut self,
        now_ms: u64,
        call: Call,
        response: HttpResponse,
        batch: usize,
        out: &mut Vec<Output>,
    ) {
        let Call { exchange, operation, .. } = call;
        let origin = self.origins.remove(&exchange);
        let mut response = dressed(response, origin);
        let mut spoilt = false;
        if strikes(&mut self.config.faults.wrong_types, operation, &mut self.chaos) {
            response.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("content-type"));
            response.headers.push(("Content-Type".to_owned(), "text/plain; charset=iso-8859-1".to_owned()));
        }
        if let Some(body) =
            malformed::replacement(&mut self.config.faults.malformed, operation, &mut self.chaos)
        {
            self.stats.malformed += 1;
            response.status = body.status.unwrap_or(response.status);
            response.body = Bytes::from_static(body.bytes);
            spoilt = true;
        }
        let faults = &mut self.config.faults;
        response.bytes_per_second = faults.bytes_per_second;
        let mut due_ms = now_ms;
        for rule in &faults.answer_delays {
            if rule.operation.is_none_or(|only| only == operation) {
                due_ms += rule.delay.draw(&mut self.chaos);
            }
        }
        let mut lost = &mut faults.lost_answers[..];
        let mut poll_lost = [ChanceRule::new(None, Chance::Every(1))];
        if operation == Operation::Poll && batch > 0 {
            self.polls_seen.batches += 1;
            if faults.lost_polls.strikes(self.polls_seen.batches, &mut self.chaos) {
                lost = &mut poll_lost;
            }
        }
        let perils = Perils {
            lost,
            garbage: &mut faults.garbage_answers,
            hang: &mut faults.hang,
            cut_half: &mut faults.cut_half,
        };
        let status = response.status;
        let is_upload = operation == Operation::Upload;
        let (output, fate) = perils.befall(operation, is_upload, exchange, response, &mut self.chaos);
        match fate {
            Fate::Lost => self.stats.lost_answers += 1,
            Fate::Hung => self.stats.hung += 1,
            Fate::Arrives | Fate::Garbled | Fate::Cut => {
                *self.stats.answers.entry(status).or_default() += 1;
                self.stats.cut_halves += u64::from(fate == Fate::Cut);
                self.journal.close(exchange, |seen| {
                    seen.answered_ms = Some(due_ms);
                    seen.status = Some(status);
                });
            }
        }
        let arrives = fate == Fate::Arrives && !spoilt;
        let counter = if arrives { &mut self.stats.events_delivered } else { &mut self.stats.events_lost };
        *counter += batch as u64;
        self.emit(now_ms, due_ms, output, out);
    }

    /// The queue of a chat as an answer, and what the faults of polls make of it.
    pub(super) fn drain(&mut self, chat: usize) -> (Bytes, usize) {
        let mut events = std::mem::take(&mut self.chats[chat].pending);
        let batch = events.len();
        if batch > 0 {
            self.spoil(chat, &mut events);
        }
        let again = std::mem::take(&mut self.chats[chat].repeated);
        self.stats.events_repeated += again.len() as u64;
        events.splice(0..0, again);
        if batch > 0 {
            self.polls_seen.repeatable += 1;
            let seen = self.polls_seen.repeatable;
            if self.config.faults.repeated_batches.strikes(seen, &mut self.chaos) {
                self.chats[chat].repeated.clone_from(&events);
            }
        }
        let body = Bytes::from(events_json(&events));
        self.chats[chat].last_answer = Some(body.clone());
        (body, batch)
    }

    /// Faults that change a batch.
    fn spoil(&mut self, chat: usize, events: &mut Vec<Arc<str>>) {
        if let Some(flood) = self.config.faults.flood.as_mut().filter(|flood| flood.times > 0) {
            flood.times -= 1;
            let party = self.chats[chat].agent_id().unwrap_or("nobody").to_owned();
            let typing = json!({ "event": "chat_session_typing", "party_id": party });
            let typing: Arc<str> = typing.to_string().into();
            events.splice(0..0, std::iter::repeat_n(typing, flood.events as usize));
        }
        if self.config.faults.read_first {
            let rank = |event: &Arc<str>| match event {
                event if event.contains("\"chat_session_message_read\"") => 0,
                event if event.contains("\"chat_session_message_delivered\"") => 1,
                _ => 2,
            };
            // Only receipts change places among themselves.
            let places: Vec<usize> = (0..events.len()).filter(|at| rank(&events[*at]) < 2).collect();
            let mut receipts: Vec<Arc<str>> = places.iter().map(|at| Arc::clone(&events[*at])).collect();
            receipts.sort_by_key(rank);
            for (at, receipt) in places.into_iter().zip(receipts) {
                events[at] = receipt;
            }
        }
    }
}

/// `{"events":[...]}`.
pub(super) fn events_json(events: &[Arc<str>]) -> String {
    let length = events.iter().map(|event| event.len() + 1).sum::<usize>();
    let mut text = String::with_capacity(length + 13);
    text.push_str("{\"events\":[");
    for (at, event) in events.iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        text.push_str(event);
    }
    text.push_str("]}");
    text
}

/// The answer as it goes out, before anything befalls it.
pub(super) fn written(reply: Reply) -> HttpResponse {
    let mut headers = reply.headers;
    if !reply.content_type.is_empty() {
        headers.push(("Content-Type".to_owned(), reply.content_type.to_owned()));
    }
    HttpResponse { status: reply.status, headers, body: reply.body, ..HttpResponse::default() }
}

/// Adds what browsers need: pages elsewhere may ask, with the cookie that tells them apart.
fn dressed(mut response: HttpResponse, origin: Option<String>) -> HttpResponse {
    const CORS: [(&str, &str); 2] = [
        ("Access-Control-Allow-Methods", "GET, POST, OPTIONS"),
        ("Access-Control-Allow-Headers", "authorization, cache-control, content-type, user-agent, useragent"),
    ];
    let mut add = |name: &str, value: &str| response.headers.push((name.to_owned(), value.to_owned()));
    match origin {
        Some(origin) => {
            add("Access-Control-Allow-Origin", &origin);
            add("Access-Control-Allow-Credentials", "true");
            add("Vary", "Origin");
        }
        None => add("Access-Control-Allow-Origin", "*"),
    }
    CORS.iter().for_each(|(name, value)| add(name, value));
    response
}
