//! The socket side: upgrades, control frames, and frames on their way out.

use serde_json::{Value, json};

use super::faults::Faults;
use super::item::{Item, Kind, chat_frame};
use super::machine::{Server, Timer};
use crate::io::{Output, split_target};
use crate::timers::TimerKey;

/// The topic of chat frames.
pub(super) const CHAT: &str = "aws/chat";
const SUBSCRIBE: &str = "aws/subscribe";
const HEARTBEAT: &str = "aws/heartbeat";
const PING: &str = "aws/ping";

/// An open socket.
#[derive(Debug)]
pub(super) struct Socket {
    chat: usize,
    pub(super) subscribed: bool,
    connection_id: String,
    expiry: TimerKey,
    sent: u64,
    /// Cut or closed after so many frames.
    drop_at: Option<u64>,
    /// Half open after so many frames: nothing comes any more, and nothing is heard.
    silent_at: Option<u64>,
    /// No frame may leave before the one in front of it.
    last_due_ms: u64,
    /// When all frames that are on their way will have left.
    drained_ms: u64,
}

impl Socket {
    fn is_silent(&self) -> bool {
        self.silent_at.is_some_and(|at| self.sent >= at)
    }
}

impl Server {
    pub(super) fn on_socket_requested(
        &mut self,
        now_ms: u64,
        socket: u64,
        target: &str,
        out: &mut Vec<Output>,
    ) {
        match self.admit(now_ms, target) {
            Ok((chat, until_ms)) => {
                let expiry = self.after(until_ms, Timer::Expire { socket });
                let faults = &mut self.config.faults;
                let drop_at = match faults.drop_after {
                    Some(span) if Faults::take(&mut faults.drop_times) => {
                        Some(span.draw(&mut self.chaos).max(1))
                    }
                    _ => None,
                };
                let silent_at = match faults.silent_after {
                    Some(span) if Faults::take(&mut faults.silent_times) => Some(span.draw(&mut self.chaos)),
                    _ => None,
                };
                let connection_id = format!("{}=", self.ids.token(15));
                let opened = Socket {
                    chat,
                    subscribed: false,
                    connection_id,
                    expiry,
                    sent: 0,
                    drop_at,
                    silent_at,
                    last_due_ms: 0,
                    drained_ms: 0,
                };
                self.sockets.insert(socket, opened);
                self.chats[chat].sockets.push(socket);
                self.stats.sockets_opened += 1;
                self.stats.sockets_opened_ms.push(now_ms);
                self.stats.sockets_open += 1;
                out.push(Output::AcceptSocket { socket });
            }
            Err(status) => {
                self.stats.sockets_refused += 1;
                out.push(Output::RefuseSocket { socket, status });
            }
        }
    }

    /// The chat a ticket is for and how long its socket may live, or the status to refuse it with.
    fn admit(&mut self, now_ms: u64, target: &str) -> Result<(usize, u64), u16> {
        let faults = &mut self.config.faults;
        if let Some(status) = faults.refuse_upgrade
            && Faults::take(&mut faults.refuse_times)
        {
            return Err(status);
        }
        let (path, query) = split_target(target);
        if path != "/participant/ws" {
            return Err(404);
        }
        let ticket = query
            .split('&')
            .find_map(|pair| pair.strip_prefix("ticket="))
            .and_then(|ticket| self.tokens.redeem(ticket, now_ms))
            .ok_or(403_u16)?;
        let chat = &self.chats[ticket.chat];
        if chat.ended || chat.sockets.len() >= self.config.sockets_per_participant {
            return Err(403);
        }
        Ok((ticket.chat, ticket.socket_until_ms))
    }

    pub(super) fn on_frame(&mut self, now_ms: u64, socket: u64, text: &str, out: &mut Vec<Output>) {
        let Some(open) = self.sockets.get(&socket) else {
            return;
        };
        if open.is_silent() {
            self.stats.frames_unheard += 1;
            return;
        }
        let frame = parse(text);
        let topic = frame.get("topic").and_then(Value::as_str).unwrap_or("");
        if ![SUBSCRIBE, HEARTBEAT, PING].contains(&topic) {
            self.stats.invalid_frames += 1;
            self.forbid(now_ms, socket, out);
            return;
        }
        self.stats.count_received(topic);
        match topic {
            SUBSCRIBE => self.on_subscribe(now_ms, socket, &frame, out),
            HEARTBEAT if self.config.faults.no_heartbeat => self.stats.frames_withheld += 1,
            HEARTBEAT => self.control(now_ms, socket, HEARTBEAT, &json!({ "topic": HEARTBEAT }), out),
            _ => self.on_ping(now_ms, socket, out),
        }
    }

    fn on_ping(&mut self, now_ms: u64, socket: u64, out: &mut Vec<Output>) {
        if self.config.faults.no_ping {
            self.stats.frames_withheld += 1;
            return;
        }
        let (status, text) = match self.config.faults.ping_status {
            Some(status) if status != 200 => (status, "Internal Server Error"),
            _ => (200, "OK"),
        };
        let answer = json!({ "topic": PING, "statusCode": status, "statusContent": text });
        self.control(now_ms, socket, PING, &answer, out);
    }

    fn on_subscribe(&mut self, now_ms: u64, socket: u64, frame: &Value, out: &mut Vec<Output>) {
        let topics = frame.pointer("/content/topics").cloned().unwrap_or_else(|| json!([]));
        let faults = &mut self.config.faults;
        let known = topics.as_array().is_some_and(|topics| topics.iter().any(|topic| topic == CHAT));
        let granted = known && faults.ack_failures == 0;
        faults.ack_failures = faults.ack_failures.saturating_sub(1);
        let withheld = faults.no_ack;
        let status = if granted { "success" } else { "failure" };
        let Some(open) = self.sockets.get_mut(&socket) else {
            return;
        };
        open.subscribed |= granted;
        let chat = open.chat;
        if withheld {
            self.stats.frames_withheld += 1;
        } else {
            let ack = json!({
                "topic": SUBSCRIBE,
                "content": { "status": status, "topics": topics },
            });
            self.control(now_ms, socket, SUBSCRIBE, &ack, out);
        }
        if granted {
            self.on_customer_present(now_ms, chat, out);
        }
    }

    fn forbid(&mut self, now_ms: u64, socket: u64, out: &mut Vec<Output>) {
        let Some(open) = self.sockets.get(&socket) else {
            return;
        };
        let frame = json!({
            "message": "Forbidden",
            "connectionId": open.connection_id,
            "requestId": format!("{}=", self.ids.token(15)),
        });
        self.control(now_ms, socket, "", &frame, out);
    }

    fn control(
        &mut self,
        now_ms: u64,
        socket: u64,
        topic: &'static str,
        frame: &Value,
        out: &mut Vec<Output>,
    ) {
        self.send(now_ms, now_ms, socket, topic, frame.to_string(), out);
    }

    pub(super) fn on_socket_closed(&mut self, now_ms: u64, socket: u64, code: Option<u16>) {
        if self.remove(now_ms, socket) {
            *self.stats.client_close_codes.entry(code.unwrap_or(0)).or_default() += 1;
        }
    }

    /// Puts a chat frame on every subscribed socket of the customer.
    pub(super) fn broadcast(
        &mut self,
        now_ms: u64,
        not_before_ms: u64,
        chat: usize,
        text: &str,
        out: &mut Vec<Output>,
    ) {
        for socket in self.chats[chat].sockets.clone() {
            if self.sockets.get(&socket).is_some_and(|open| open.subscribed) {
                self.send_chat(now_ms, not_before_ms, socket, text, out);
            }
        }
    }

    /// One chat frame on one socket, with whatever faults go with it.
    fn send_chat(&mut self, now_ms: u64, not_before_ms: u64, socket: u64, text: &str, out: &mut Vec<Output>) {
        self.chat_frames += 1;
        let count = self.chat_frames;
        let faults = &mut self.config.faults;
        let every = |n: u64| n > 0 && count.is_multiple_of(n);
        let foreign = every(faults.foreign_every);
        let garbage = every(faults.garbage_every);
        let truncate = every(faults.truncate_every);
        let twice = faults.duplicate.strikes(count, &mut self.chaos);
        if foreign {
            let frame = self.foreign_frame(now_ms);
            self.send(now_ms, not_before_ms, socket, CHAT, frame, out);
        }
        if garbage {
            const GARBAGE: [&str; 5] = ["", "garbage", "{\"topic\":", "[1,2", "{\"topic\":\"aws/chat\"}}"];
            let text = GARBAGE[usize::try_from(self.chaos.range(0, 4)).unwrap_or(0)].to_owned();
            self.send(now_ms, not_before_ms, socket, "", text, out);
        }
        let text = if truncate { half(text) } else { text };
        if twice {
            self.send(now_ms, not_before_ms, socket, CHAT, text.to_owned(), out);
        }
        self.send(now_ms, not_before_ms, socket, CHAT, text.to_owned(), out);
    }

    /// A message of a contact that the client has nothing to do with.
    fn foreign_frame(&mut self, now_ms: u64) -> String {
        let contact_id = self.ids.uuid();
        let item = Item {
            id: self.ids.uuid(),
            time_ms: now_ms,
            kind: Kind::Message,
            content_type: "text/plain".to_owned(),
            content: Some("This is for somebody else.".to_owned()),
            author: None,
            contact_id: contact_id.as_str().into(),
            receipts: Vec::new(),
            attachment: None,
        };
        chat_frame(item.live(&contact_id))
    }

    /// Puts a frame on its way. Order on one socket is kept, unless faults say otherwise.
    pub(super) fn send(
        &mut self,
        now_ms: u64,
        not_before_ms: u64,
        socket: u64,
        topic: &'static str,
        text: String,
        out: &mut Vec<Output>,
    ) {
        let faults = &self.config.faults;
        let Some(open) = self.sockets.get_mut(&socket) else {
            return;
        };
        if faults.silent_socket {
            self.stats.frames_withheld += 1;
            return;
        }
        let delay = faults.frame_delay.map_or(0, |span| span.draw(&mut self.chaos));
        let mut due_ms = not_before_ms.max(now_ms) + delay;
        if topic == CHAT && faults.reorder_ms > 0 {
            due_ms += self.chaos.range(0, faults.reorder_ms);
        } else {
            due_ms = due_ms.max(open.last_due_ms);
            open.last_due_ms = due_ms;
        }
        open.drained_ms = open.drained_ms.max(due_ms);
        if due_ms <= now_ms {
            self.deliver(now_ms, socket, topic, text, out);
        } else {
            let frame = Timer::Frame { socket, topic, text };
            self.after(due_ms, frame);
        }
    }

    /// A frame leaves, if its socket is still there.
    pub(super) fn deliver(
        &mut self,
        now_ms: u64,
        socket: u64,
        topic: &'static str,
        text: String,
        out: &mut Vec<Output>,
    ) {
        let Some(open) = self.sockets.get_mut(&socket) else {
            return;
        };
        if open.is_silent() {
            self.stats.frames_withheld += 1;
            return;
        }
        open.sent += 1;
        let last = open.drop_at.is_some_and(|at| open.sent >= at);
        self.stats.count_sent(topic);
        out.push(Output::Send { socket, text });
        match self.config.faults.drop_code {
            _ if !last => {}
            None => self.cut(now_ms, socket, out),
            Some(code) => self.close(now_ms, socket, code, "Fault", out),
        }
    }

    /// When the last frame that is on its way to a socket will have left.
    pub(super) fn drained_ms(&self, socket: u64) -> u64 {
        self.sockets.get(&socket).map_or(0, |open| open.drained_ms)
    }

    /// From now on the socket is half open.
    pub(super) fn silence(&mut self, socket: u64) {
        if let Some(open) = self.sockets.get_mut(&socket) {
            open.silent_at = Some(0);
        }
    }

    pub(super) fn close(&mut self, now_ms: u64, socket: u64, code: u16, reason: &str, out: &mut Vec<Output>) {
        if self.remove(now_ms, socket) {
            out.push(Output::Close { socket, code, reason: reason.to_owned() });
        }
    }

    pub(super) fn cut(&mut self, now_ms: u64, socket: u64, out: &mut Vec<Output>) {
        if self.remove(now_ms, socket) {
            out.push(Output::Cut { socket });
        }
    }

    fn remove(&mut self, now_ms: u64, socket: u64) -> bool {
        let Some(gone) = self.sockets.remove(&socket) else {
            return false;
        };
        self.forget_timer(gone.expiry);
        self.stats.sockets_closed += 1;
        self.stats.sockets_open -= 1;
        let chat = &mut self.chats[gone.chat];
        chat.sockets.retain(|open| *open != socket);
        if chat.sockets.is_empty()
            && !chat.ended
            && let Some(wait) = self.config.faults.end_while_away_ms
        {
            self.after(now_ms + wait, Timer::EndIfAway { chat: gone.chat });
        }
        true
    }
}

/// Reads a client's frame as the gateway does: iOS 2.0.13 sends a stray `)` after its subscribe, and is understood.
fn parse(text: &str) -> Value {
    serde_json::from_str(text)
        .or_else(|_| serde_json::from_str(text.trim_end().trim_end_matches(')')))
        .unwrap_or_default()
}

/// The first half of a text, cut at a character.
fn half(text: &str) -> &str {
    let mut at = text.len() / 2;
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    &text[..at]
}
