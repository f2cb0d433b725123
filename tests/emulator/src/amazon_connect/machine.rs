//! The server: its state, its clockwork, and what leaves it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::agent::{AgentAction, Step};
use super::attachments::File;
use super::authentication::Session;
use super::chat::{Chat, ChatDetails, TranscriptEntry};
use super::config::ServerConfig;
use super::faults::Faults;
use super::item::AttachmentStatus;
use super::operation::Operation;
use super::sockets::Socket;
use super::stats::Stats;
use super::storage::Download;
use super::throttle::Throttle;
use super::tokens::Tokens;
use super::views::ViewGrant;
use crate::Machine;
use crate::fate::Begun;
use crate::io::{Input, Output, Reception, split_target};
use crate::rng::Rng;
use crate::timers::{TimerKey, Timers};

/// An Amazon Connect Chat service with any number of chats, as a machine: no clock, no sockets, no chance but its seed.
#[derive(Debug)]
pub struct Server {
    pub(super) config: ServerConfig,
    pub(super) stats: Stats,
    /// Draws ids and tokens.
    pub(super) ids: Rng,
    /// Draws faults; apart, so that a fault does not change the ids.
    pub(super) chaos: Rng,
    pub(super) secret: u64,
    pub(super) chats: Vec<Chat>,
    pub(super) by_contact: BTreeMap<String, usize>,
    pub(super) tokens: Tokens,
    pub(super) sockets: BTreeMap<u64, Socket>,
    /// Answers to calls that bore a ClientToken.
    pub(super) answered: BTreeMap<AnsweredKey, Value>,
    /// Answers to StartChatContact calls that bore a ClientToken.
    pub(super) started: BTreeMap<(String, Vec<u8>), Value>,
    /// Files of all chats, by attachment id.
    pub(super) files: BTreeMap<String, File>,
    /// Permissions to get a file, by its id and the query of the address.
    pub(super) downloads: BTreeMap<(String, String), Download>,
    /// Uploads that the host has asked about.
    pub(super) begun: Begun,
    /// Permissions to see a view, by token.
    pub(super) views: BTreeMap<String, ViewGrant>,
    /// Authentications that have begun, by session id.
    pub(super) sessions: BTreeMap<String, Session>,
    pub(super) throttle: Throttle,
    /// Chat frames so far, one for each socket, for those faults that count them.
    pub(super) chat_frames: u64,
    timers: Timers<Timer>,
}

/// Participant (one customer a chat), operation, ClientToken, content type, content.
pub(super) type AnsweredKey = (usize, Operation, String, String, Option<String>);

/// What is to happen later.
#[derive(Debug)]
pub(super) enum Timer {
    Emit(Output),
    Frame {
        socket: u64,
        topic: &'static str,
        text: String,
    },
    Act {
        chat: usize,
        action: AgentAction,
    },
    Step {
        chat: usize,
        step: Step,
    },
    /// The scan of a file has come to its end.
    Scanned {
        id: String,
        status: AttachmentStatus,
    },
    Expire {
        socket: u64,
    },
    Close {
        socket: u64,
        code: u16,
        reason: &'static str,
    },
    EndIfAway {
        chat: usize,
    },
}

impl Server {
    /// A server without chats.
    #[must_use]
    pub fn new(config: ServerConfig, seed: u64) -> Self {
        let mut chaos = Rng::new(!seed);
        Self {
            config,
            stats: Stats::default(),
            ids: Rng::new(seed),
            secret: chaos.next(),
            chaos,
            chats: Vec::new(),
            by_contact: BTreeMap::new(),
            tokens: Tokens::default(),
            sockets: BTreeMap::new(),
            answered: BTreeMap::new(),
            started: BTreeMap::new(),
            files: BTreeMap::new(),
            downloads: BTreeMap::new(),
            begun: Begun::default(),
            views: BTreeMap::new(),
            sessions: BTreeMap::new(),
            throttle: Throttle::default(),
            chat_frames: 0,
            timers: Timers::default(),
        }
    }

    /// One chat as a backend's StartChatContact would make it.
    pub fn start_chat(&mut self, now_ms: u64, display_name: &str) -> ChatDetails {
        self.new_chat(now_ms, display_name, None)
    }

    /// Takes one input. Whatever was due before it happens first.
    pub fn handle(&mut self, now_ms: u64, input: Input, out: &mut Vec<Output>) {
        self.run_due(now_ms, out);
        match input {
            Input::Http { exchange, request } => self.on_http(now_ms, exchange, request, out),
            Input::SocketRequested { socket, target } => {
                self.on_socket_requested(now_ms, socket, &target, out);
            }
            Input::Frame { socket, text } => self.on_frame(now_ms, socket, &text, out),
            Input::Binary { .. } => self.stats.binary_frames += 1,
            Input::SocketClosed { socket, code } => self.on_socket_closed(now_ms, socket, code),
            Input::Gone { .. } | Input::Wakeup => {}
        }
        self.run_due(now_ms, out);
    }

    /// When to hand in [`Input::Wakeup`] at the latest.
    #[must_use]
    pub fn next_wakeup(&self) -> Option<u64> {
        self.timers.next()
    }

    /// Makes the agent of a chat do something now. Unknown contacts and ended chats are left alone.
    pub fn agent(&mut self, now_ms: u64, contact_id: &str, action: AgentAction, out: &mut Vec<Output>) {
        self.run_due(now_ms, out);
        if let Some(chat) = self.by_contact.get(contact_id).copied() {
            self.act(now_ms, chat, action, out);
        }
        self.run_due(now_ms, out);
    }

    /// The truth about a chat, in the server's order; empty for an unknown contact.
    #[must_use]
    pub fn transcript(&self, contact_id: &str) -> Vec<TranscriptEntry> {
        self.chat_of(contact_id).map(Chat::transcript).unwrap_or_default()
    }

    /// Whether a chat is over; `None` for an unknown contact.
    #[must_use]
    pub fn has_ended(&self, contact_id: &str) -> Option<bool> {
        self.chat_of(contact_id).map(|chat| chat.ended)
    }

    /// The contact a chat is at now: another one than at its start after a transfer.
    #[must_use]
    pub fn current_contact(&self, contact_id: &str) -> Option<&str> {
        self.chat_of(contact_id).map(|chat| &*chat.contact_id)
    }

    /// Sockets of a chat that are open.
    #[must_use]
    pub fn open_sockets(&self, contact_id: &str) -> Vec<u64> {
        self.chat_of(contact_id).map(|chat| chat.sockets.clone()).unwrap_or_default()
    }

    /// Makes all connection tokens of a chat invalid at once; its participant token stays good.
    pub fn expire_tokens(&mut self, contact_id: &str) {
        if let Some(chat) = self.by_contact.get(contact_id) {
            self.tokens.expire_connections(*chat);
        }
    }

    /// Resets all sockets of a chat, with no close frame.
    pub fn cut_sockets(&mut self, now_ms: u64, contact_id: &str, out: &mut Vec<Output>) {
        for socket in self.open_sockets(contact_id) {
            self.cut(now_ms, socket, out);
        }
    }

    /// Makes all sockets of a chat half open: they stay, but nothing comes any more and nothing is heard.
    pub fn silence_sockets(&mut self, contact_id: &str) {
        for socket in self.open_sockets(contact_id) {
            self.silence(socket);
        }
    }

    /// Closes all sockets of a chat with a close frame.
    pub fn close_sockets(
        &mut self,
        now_ms: u64,
        contact_id: &str,
        code: u16,
        reason: &str,
        out: &mut Vec<Output>,
    ) {
        for socket in self.open_sockets(contact_id) {
            self.close(now_ms, socket, code, reason, out);
        }
    }

    /// Where new socket addresses point: `ws://127.0.0.1:PORT`.
    pub fn set_socket_base(&mut self, base: &str) {
        base.clone_into(&mut self.config.socket_base);
    }

    /// The switches.
    #[must_use]
    pub const fn faults(&self) -> &Faults {
        &self.config.faults
    }

    /// The switches, to be changed.
    pub const fn faults_mut(&mut self) -> &mut Faults {
        &mut self.config.faults
    }

    /// Replaces all switches.
    pub fn set_faults(&mut self, faults: Faults) {
        self.config.faults = faults;
    }

    /// What was seen so far.
    #[must_use]
    pub const fn stats(&self) -> &Stats {
        &self.stats
    }

    fn chat_of(&self, contact_id: &str) -> Option<&Chat> {
        self.chats.get(*self.by_contact.get(contact_id)?)
    }

    pub(super) fn after(&mut self, due_ms: u64, timer: Timer) -> TimerKey {
        self.timers.add(due_ms, timer)
    }

    pub(super) fn forget_timer(&mut self, key: TimerKey) {
        self.timers.forget(key);
    }

    /// Gives an output to the host, now or when it is due.
    pub(super) fn emit(&mut self, now_ms: u64, due_ms: u64, output: Output, out: &mut Vec<Output>) {
        if due_ms <= now_ms {
            out.push(output);
        } else {
            self.after(due_ms, Timer::Emit(output));
        }
    }

    /// Everything due, in order, each at its own time.
    fn run_due(&mut self, now_ms: u64, out: &mut Vec<Output>) {
        while let Some((due_ms, timer)) = self.timers.take_due(now_ms) {
            match timer {
                Timer::Emit(output) => out.push(output),
                Timer::Frame { socket, topic, text } => self.deliver(due_ms, socket, topic, text, out),
                Timer::Act { chat, action } => self.act(due_ms, chat, action, out),
                Timer::Step { chat, step } => self.step(due_ms, chat, step, out),
                Timer::Scanned { id, status } => self.on_scanned(due_ms, &id, status, out),
                Timer::Expire { socket } => self.close(due_ms, socket, 1001, "Going away", out),
                Timer::Close { socket, code, reason } => self.close(due_ms, socket, code, reason, out),
                Timer::EndIfAway { chat } => {
                    if self.chats[chat].sockets.is_empty() {
                        self.act(due_ms, chat, AgentAction::End, out);
                    }
                }
            }
        }
    }
}

impl Machine for Server {
    type Config = ServerConfig;

    fn new(config: ServerConfig, seed: u64) -> Self {
        Self::new(config, seed)
    }

    fn served_at(&mut self, socket_base: &str) {
        self.set_socket_base(socket_base);
    }

    fn handle(&mut self, now_ms: u64, input: Input, out: &mut Vec<Output>) {
        self.handle(now_ms, input, out);
    }

    fn next_wakeup(&self) -> Option<u64> {
        self.next_wakeup()
    }

    fn begin_upload(&mut self, exchange: u64, method: &str, target: &str) -> Option<Reception> {
        let put = Operation::of(method, split_target(target).0) == Operation::Upload;
        put.then(|| self.begin_upload(exchange, target))
    }
}
