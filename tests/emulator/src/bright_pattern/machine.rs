//! The server: its state, its clockwork, and what leaves it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::Value;

use super::agent::AgentAction;
use super::chat::{Chat, ChatRequest, ClientKey};
use super::config::ServerConfig;
use super::event::TranscriptEntry;
use super::faults::Faults;
use super::files::File;
use super::notifications::{Push, Subscription};
use super::operation::{Operation, Route};
use super::stats::{Journal, RequestSeen, Stats};
use crate::Machine;
use crate::chance::strikes;
use crate::fate::Begun;
use crate::io::{Input, Output, Reception, split_target};
use crate::rng::Rng;
use crate::timers::{TimerKey, Timers};

/// A Bright Pattern service with any number of tenants and chats, as a machine: no clock, no sockets, no chance but its
/// seed.
#[derive(Debug)]
pub struct Server {
    pub(super) config: ServerConfig,
    pub(super) stats: Stats,
    pub(super) journal: Journal,
    /// Draws ids.
    pub(super) ids: Rng,
    /// Draws faults; apart, so that a fault does not change the ids.
    pub(super) chaos: Rng,
    pub(super) chats: Vec<Chat>,
    pub(super) by_id: BTreeMap<String, usize>,
    /// The running or latest chat of each client.
    pub(super) by_client: BTreeMap<ClientKey, usize>,
    /// Sessions that belong to a case, by tenant and case.
    pub(super) cases: BTreeMap<(usize, String), Vec<CaseSession>>,
    pub(super) files: BTreeMap<String, File>,
    /// Files in the order of their upload.
    pub(super) file_order: VecDeque<String>,
    /// Uploads that the host has asked about.
    pub(super) begun: Begun,
    pub(super) pushes: Vec<Push>,
    /// Where browsers' requests that are to be answered come from.
    pub(super) origins: BTreeMap<u64, String>,
    /// Chats whose queue has grown since their held polls were looked at.
    pub(super) stirred: BTreeSet<usize>,
    /// Polls of chats answered so far, and events told, for those faults that count them.
    pub(super) polls_seen: PollsSeen,
    pub(super) queued_events: u64,
    pub(super) form_count: u32,
    timers: Timers<Timer>,
}

/// Occasions for the faults of polls.
#[derive(Debug, Default)]
pub(super) struct PollsSeen {
    pub(super) batches: u64,
    pub(super) repeatable: u64,
    pub(super) arrived: u64,
    pub(super) cacheable: u64,
    pub(super) posts: u64,
}

/// A session of a case.
#[derive(Debug)]
pub(super) enum CaseSession {
    /// One that this server has.
    Chat(usize),
    /// One from before, as the wire tells it.
    Past(Value),
}

/// What is to happen later.
#[derive(Debug)]
pub(super) enum Timer {
    Emit(Output),
    /// A poll has been held long enough.
    HoldEnds {
        chat: usize,
        exchange: u64,
    },
    Act {
        chat: usize,
        action: AgentAction,
    },
    /// The client may not have polled for too long.
    Absent {
        chat: usize,
    },
    /// The customer may not have said anything for too long.
    Inactive {
        chat: usize,
    },
    /// The customer may not have filled in a form.
    FormEnds {
        chat: usize,
        request_id: String,
    },
}

impl Server {
    /// A server without chats.
    #[must_use]
    pub fn new(mut config: ServerConfig, seed: u64) -> Self {
        let mut cases = BTreeMap::<(usize, String), Vec<CaseSession>>::new();
        for (case_id, session) in std::mem::take(&mut config.cases) {
            cases.entry((0, case_id)).or_default().push(CaseSession::Past(session));
        }
        Self {
            config,
            stats: Stats::default(),
            journal: Journal::default(),
            ids: Rng::new(seed),
            chaos: Rng::new(!seed),
            chats: Vec::new(),
            by_id: BTreeMap::new(),
            by_client: BTreeMap::new(),
            cases,
            files: BTreeMap::new(),
            file_order: VecDeque::new(),
            begun: Begun::default(),
            pushes: Vec::new(),
            origins: BTreeMap::new(),
            stirred: BTreeSet::new(),
            polls_seen: PollsSeen::default(),
            queued_events: 0,
            form_count: 0,
            timers: Timers::default(),
        }
    }

    /// Takes one input. Whatever was due before it happens first.
    pub fn handle(&mut self, now_ms: u64, input: Input, out: &mut Vec<Output>) {
        self.run_due(now_ms, out);
        match input {
            Input::Http { exchange, request } => self.on_http(now_ms, exchange, request, out),
            Input::Gone { exchange } => self.on_gone(exchange),
            // There is no socket in this API.
            Input::SocketRequested { socket, .. } => out.push(Output::RefuseSocket { socket, status: 404 }),
            Input::Frame { .. } | Input::Binary { .. } | Input::SocketClosed { .. } | Input::Wakeup => {}
        }
        self.settle(now_ms, out);
        self.run_due(now_ms, out);
    }

    /// When to hand in [`Input::Wakeup`] at the latest.
    #[must_use]
    pub fn next_wakeup(&self) -> Option<u64> {
        self.timers.next()
    }

    /// Makes the agent of a chat do something now. Unknown chats and those that are over are left alone.
    pub fn agent(&mut self, now_ms: u64, chat_id: &str, action: AgentAction, out: &mut Vec<Output>) {
        self.run_due(now_ms, out);
        if let Some(chat) = self.by_id.get(chat_id).copied() {
            self.act(now_ms, chat, action);
        }
        self.settle(now_ms, out);
        self.run_due(now_ms, out);
    }

    /// The truth about a chat, in the server's order; empty for one that is unknown.
    #[must_use]
    pub fn transcript(&self, chat_id: &str) -> &[TranscriptEntry] {
        self.chat(chat_id).map(|chat| &chat.events[..]).unwrap_or_default()
    }

    /// All chats there ever were, by id, in the order of their making.
    pub fn chat_ids(&self) -> impl Iterator<Item = &str> {
        self.chats.iter().map(|chat| &*chat.id)
    }

    /// An id for a client that has none yet.
    pub fn new_client_id(&mut self) -> String {
        self.ids.uuid().to_uppercase()
    }

    /// The latest chat of a client, whatever its tenant and app.
    #[must_use]
    pub fn chat_of_client(&self, client_id: &str) -> Option<&str> {
        let found = self.by_client.iter().filter(|((_, _, client), _)| client == client_id);
        found.map(|(_, chat)| *chat).max().map(|chat| &*self.chats[chat].id)
    }

    /// What a chat was requested with.
    #[must_use]
    pub fn request_of(&self, chat_id: &str) -> Option<&ChatRequest> {
        self.chat(chat_id).map(|chat| &chat.request)
    }

    /// Whether a chat is over; `None` for one that is unknown.
    #[must_use]
    pub fn has_ended(&self, chat_id: &str) -> Option<bool> {
        self.chat(chat_id).map(|chat| !chat.alive())
    }

    /// The state that a chat is in, as its status tells it.
    #[must_use]
    pub fn state(&self, chat_id: &str) -> Option<&str> {
        self.chat(chat_id).map(|chat| chat.state.as_str())
    }

    /// Events that no poll has fetched yet.
    #[must_use]
    pub fn pending(&self, chat_id: &str) -> usize {
        self.chat(chat_id).map_or(0, |chat| chat.pending.len())
    }

    /// Whether a poll of a chat is held at the moment.
    #[must_use]
    pub fn is_polled(&self, chat_id: &str) -> bool {
        self.chat(chat_id).is_some_and(|chat| chat.held.is_some())
    }

    /// Makes a chat disappear without a word: 5005 from now on.
    pub fn lose_chat(&mut self, now_ms: u64, chat_id: &str, out: &mut Vec<Output>) {
        if let Some(chat) = self.by_id.get(chat_id).copied() {
            self.lose(chat);
            self.settle(now_ms, out);
        }
    }

    /// The device that a chat pushes to.
    #[must_use]
    pub fn subscription(&self, chat_id: &str) -> Option<&Subscription> {
        self.chat(chat_id)?.subscription.as_ref()
    }

    /// The pushes made so far, in order.
    #[must_use]
    pub fn pushes(&self) -> &[Push] {
        &self.pushes
    }

    /// Whether the case of a chat was closed.
    #[must_use]
    pub fn case_closed(&self, chat_id: &str) -> bool {
        self.chat(chat_id).is_some_and(|chat| chat.case_closed)
    }

    /// The settings.
    #[must_use]
    pub const fn config(&self) -> &ServerConfig {
        &self.config
    }

    /// The settings, to be changed. Timers that run already are not.
    pub const fn config_mut(&mut self) -> &mut ServerConfig {
        &mut self.config
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

    /// The latest requests, oldest first.
    pub fn journal(&self) -> impl Iterator<Item = &RequestSeen> {
        self.journal.iter()
    }

    fn chat(&self, chat_id: &str) -> Option<&Chat> {
        self.chats.get(*self.by_id.get(chat_id)?)
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

    /// Everything due, in order, each at its own time. What happens in one moment is told in one batch.
    fn run_due(&mut self, now_ms: u64, out: &mut Vec<Output>) {
        let mut moment = None;
        while let Some((due_ms, timer)) = self.timers.take_due(now_ms) {
            if let Some(earlier) = moment.filter(|moment| *moment < due_ms) {
                self.settle(earlier, out);
            }
            moment = Some(due_ms);
            match timer {
                Timer::Emit(output) => out.push(output),
                Timer::HoldEnds { chat, exchange } => self.on_hold_ends(due_ms, chat, exchange, out),
                Timer::Act { chat, action } => self.act(due_ms, chat, action),
                Timer::Absent { chat } => self.on_absent(due_ms, chat),
                Timer::Inactive { chat } => self.on_inactive(due_ms, chat),
                Timer::FormEnds { chat, request_id } => self.on_form_ends(due_ms, chat, &request_id),
            }
        }
        if let Some(moment) = moment {
            self.settle(moment, out);
        }
    }
}

impl Machine for Server {
    type Config = ServerConfig;

    fn new(config: ServerConfig, seed: u64) -> Self {
        Self::new(config, seed)
    }

    fn served_at(&mut self, _: &str) {}

    fn handle(&mut self, now_ms: u64, input: Input, out: &mut Vec<Output>) {
        self.handle(now_ms, input, out);
    }

    fn next_wakeup(&self) -> Option<u64> {
        self.next_wakeup()
    }

    fn begin_upload(&mut self, exchange: u64, method: &str, target: &str) -> Option<Reception> {
        let route = Route::of(method, split_target(target).0);
        (route.operation == Operation::Upload).then(|| {
            let cut = self.cuts_upload();
            self.begun.begin(exchange, cut, self.config.faults.bytes_per_second)
        })
    }
}

impl Server {
    pub(super) fn cuts_upload(&mut self) -> bool {
        let cut = strikes(&mut self.config.faults.cut_half, Operation::Upload, &mut self.chaos);
        self.stats.cut_halves += u64::from(cut);
        cut
    }
}
