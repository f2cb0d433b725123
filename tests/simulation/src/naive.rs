//! A client as one writes it in an afternoon, and as those in use are in part: no catch-up, no dedupe, a new token with
//! each try, any frame a sign of life, a backoff that is forgotten with the first success.
//!
//! It is here to be beaten: what a simulation or a scenario does not break in it proves nothing. Each of its
//! [`Habits`] is one of a client in use; the scenarios of the bug museum say which.

mod wire;

use std::collections::BTreeMap;

use helpline_emulator::amazon_connect::AgentAction;
use helpline_protocol::{Frame, HttpResponse, Input, RequestId, SocketId, TransportFault};

use crate::alphabet::{Act, Host, User};
use crate::clock::Clock;
use crate::plan::Plan;
use crate::provider::Provider;
use crate::vendor::Stage;
use crate::vendor::amazon_connect::AmazonConnect;
use wire::Heard;

/// What else it does that others have done. `Default` does none of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Habits {
    /// Handlers are registered anew with each socket, and the old ones stay.
    pub handlers_pile_up: bool,
    /// Messages wait for the one before them, which is tried for ever.
    pub stubborn_queue: bool,
    /// After a reconnect the newest so many items are fetched, and no more.
    pub refetches: Option<u32>,
}

/// What a request is for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum For {
    Connection,
    Transcript,
    Message { text: String, tries: u32 },
    Nothing,
}

const HEARTBEAT_MS: u64 = 10_000;
const TIMEOUT_MS: u64 = 15_000;
const RETRY_MS: u64 = 1_000;
const TRIES: u32 = 3;

/// The client, and its provider, and time.
pub struct Naive {
    /// The far side.
    pub provider: Provider,
    /// What the user sees, in order.
    pub shown: Vec<String>,
    /// Messages that it says it could not send.
    pub failed: Vec<String>,
    /// How often it said that it is connected.
    pub established: u32,
    /// It says that the chat is over.
    pub over: bool,
    /// Something it did not expect came, and it is gone.
    pub crashed: bool,
    habits: Habits,
    now: u64,
    clock: Clock,
    still: Option<(u64, Vec<Input>)>,
    token: Option<String>,
    socket: Option<SocketId>,
    live: bool,
    handlers: u32,
    heartbeat_runs: bool,
    heard: bool,
    waiting: Vec<String>,
    requests: BTreeMap<u64, (For, u64)>,
    ids: u64,
    /// Wall-clock times at which it wants to do something.
    heartbeat_at: Option<u64>,
    connect_at: Option<u64>,
    delivered_at: Vec<(u64, String)>,
}

impl Naive {
    /// In the chat of a provider, not connected.
    #[must_use]
    pub const fn new(provider: Provider, habits: Habits) -> Self {
        Self {
            provider,
            shown: Vec::new(),
            failed: Vec::new(),
            established: 0,
            over: false,
            crashed: false,
            habits,
            now: 0,
            clock: Clock::new(),
            still: None,
            token: None,
            socket: None,
            live: false,
            handlers: 0,
            heartbeat_runs: false,
            heard: false,
            waiting: Vec::new(),
            requests: BTreeMap::new(),
            ids: 0,
            heartbeat_at: None,
            connect_at: None,
            delivered_at: Vec::new(),
        }
    }

    /// Milliseconds since the start.
    #[must_use]
    pub const fn now(&self) -> u64 {
        self.now
    }

    /// Whether it believes to be connected.
    #[must_use]
    pub const fn is_live(&self) -> bool {
        self.live
    }

    /// Obtains a token, and all else follows. Nothing keeps a second call from doing it twice.
    pub fn connect(&mut self) {
        let request = wire::connection(&self.provider.chat.participant_token);
        self.request(For::Connection, request);
    }

    /// Sends a message.
    pub fn say(&mut self, text: &str) {
        self.shown.push(text.to_owned());
        self.waiting.push(text.to_owned());
        self.send_waiting();
    }

    /// A key was pressed.
    pub fn key(&mut self) {
        if let Some(token) = self.token.clone() {
            self.request(For::Nothing, wire::event(&token, "typing", None));
        }
    }

    /// Another chat, in the same instance.
    pub fn begin_anew(&mut self, chat: helpline_emulator::amazon_connect::ChatDetails) {
        self.provider.forget_client();
        self.provider.chat = chat;
        (self.token, self.socket, self.live) = (None, None, false);
        (self.requests, self.heartbeat_at, self.connect_at) = (BTreeMap::new(), None, None);
        self.connect();
    }

    /// The machine stands still for so many milliseconds.
    pub fn stand_still(&mut self, span: u64) {
        self.still = Some((self.now + span, Vec::new()));
    }

    /// The machine's wall clock is set so many milliseconds off.
    pub const fn set_wall_clock(&mut self, off: i64) {
        self.clock.set_wall(off);
    }

    /// Runs for so many milliseconds.
    pub fn run_for(&mut self, span: u64) {
        let end = self.now + span;
        while let Some(next) = self.next_step().filter(|next| *next <= end) {
            self.now = self.now.max(next);
            self.step();
        }
        self.now = end;
    }

    /// Goes through a plan as far as it understands it, and heals. What was lost and what was doubled.
    #[must_use]
    pub fn live(plan: &Plan) -> (u64, u64) {
        let mut naive = Self::new(AmazonConnect::begin(plan.seed, &plan.setup), Habits::default());
        let mut said = Vec::new();
        naive.connect();
        for (wait, act) in &plan.acts {
            naive.run_for(*wait);
            match act {
                Act::User(User::Say(texts)) if naive.still.is_none() => {
                    for text in texts {
                        said.push(text.clone());
                        naive.say(text);
                    }
                }
                Act::Agent(agent) => AmazonConnect::act(&mut naive.provider, naive.now, agent),
                Act::Weather(weather) => naive.provider.set_weather(naive.now, *weather),
                Act::Server(fault) => AmazonConnect::strike(&mut naive.provider, naive.now, fault),
                Act::Host(Host::Freeze(span)) => naive.stand_still(*span),
                Act::User(_) | Act::Host(_) => {}
            }
        }
        AmazonConnect::heal(&mut naive.provider);
        naive.provider.set_weather(naive.now, crate::network::Weather::default());
        naive.run_for(crate::life::HEALING_MS);
        naive.compare(&said)
    }

    /// What the agent said and is not shown, and what the user said and neither arrived nor failed; then what is
    /// there more than once.
    fn compare(&self, said: &[String]) -> (u64, u64) {
        let truth = AmazonConnect::truth(&self.provider);
        let count = |texts: &[&str], text: &str| texts.iter().filter(|other| **other == text).count();
        let shown: Vec<&str> = self.shown.iter().map(String::as_str).collect();
        let failed: Vec<&str> = self.failed.iter().map(String::as_str).collect();
        let mine: Vec<&str> = said.iter().map(String::as_str).collect();
        let own = |own: bool| -> Vec<&str> {
            use crate::truth::Truth as _;
            let of = truth.iter().filter(|entry| entry.is_message() && entry.is_own() == own);
            of.filter_map(|entry| entry.content.as_deref()).collect()
        };
        let (arrived, theirs) = (own(true), own(false));
        let (mut lost, mut doubled) = (0, 0);
        let mut judge = |there: usize, wanted: usize, excused: usize| {
            lost += u64::from(there + excused < wanted);
            doubled += u64::from(there > wanted);
        };
        for text in mine.iter().collect::<std::collections::BTreeSet<_>>() {
            judge(count(&arrived, text), count(&mine, text), count(&failed, text));
        }
        for text in theirs.iter().collect::<std::collections::BTreeSet<_>>() {
            judge(count(&shown, text), count(&theirs, text), 0);
        }
        (lost, doubled)
    }

    fn wall(&self) -> u64 {
        u64::try_from(self.clock.at(self.now).wall.as_unix_millis()).unwrap_or(0)
    }

    fn next_step(&self) -> Option<u64> {
        let provider = self.provider.next();
        if let Some((until, _)) = &self.still {
            return provider.into_iter().chain([*until]).min();
        }
        let timers = self.heartbeat_at.iter().chain(&self.connect_at);
        let timers = timers.chain(self.delivered_at.iter().map(|(at, _)| at)).copied();
        let (wall, now) = (self.wall(), self.now);
        let timers = timers.map(|at| now + at.saturating_sub(wall));
        let timeouts = self.requests.values().map(|(_, at)| (*at).max(now));
        provider.into_iter().chain(timers).chain(timeouts).min()
    }

    fn step(&mut self) {
        while let Some(input) = self.provider.arrival(self.now) {
            match &mut self.still {
                Some((_, waiting)) => waiting.push(input),
                None => self.take(input),
            }
        }
        if let Some((until, _)) = &self.still {
            if *until > self.now {
                return;
            }
            for input in self.still.take().map(|(_, waiting)| waiting).unwrap_or_default() {
                self.take(input);
            }
        }
        self.timers();
    }

    fn timers(&mut self) {
        let wall = self.wall();
        let due: Vec<u64> =
            self.requests.iter().filter(|(_, (_, at))| *at <= self.now).map(|(id, _)| *id).collect();
        for id in due {
            self.answered(id, Err(TransportFault::TimedOut));
        }
        if self.connect_at.is_some_and(|at| at <= wall) {
            self.connect_at = None;
            self.connect();
        }
        let ready = |at: &u64| *at <= wall;
        while let Some(place) = self.delivered_at.iter().position(|(at, _)| ready(at)) {
            let (_, id) = self.delivered_at.remove(place);
            self.receipt("message.delivered", &id);
        }
        if self.heartbeat_at.is_some_and(|at| at <= wall) {
            self.heartbeat_at = Some(wall + HEARTBEAT_MS);
            if std::mem::take(&mut self.heard) {
                self.beat();
            } else {
                self.lost();
            }
        }
    }

    fn take(&mut self, input: Input) {
        if self.crashed || !self.provider.is_wanted(&input) {
            return;
        }
        match input {
            Input::Response { request, result } => self.answered(request.as_u64(), result),
            Input::SocketOpened { socket } => {
                self.handlers += 1;
                self.provider.frame(self.now, socket, Frame::Text(wire::SUBSCRIBE.to_owned()));
                (self.live, self.heard, self.socket) = (true, true, Some(socket));
                self.established += 1;
                if !self.heartbeat_runs {
                    self.heartbeat_runs = true;
                    self.heartbeat_at = Some(self.wall() + HEARTBEAT_MS);
                }
                self.beat();
            }
            Input::Frame { frame: Frame::Text(text), .. } => self.frame(&text),
            Input::SocketClosed { socket, .. } if self.socket.is_none_or(|own| own == socket) => self.lost(),
            _ => {}
        }
    }

    fn frame(&mut self, text: &str) {
        // Whatever comes, the line must be alive.
        self.heard = true;
        match wire::read(text) {
            Heard::Message { id, text } => {
                let times = if self.habits.handlers_pile_up { self.handlers } else { 1 };
                for _ in 0..times {
                    self.shown.push(text.clone());
                }
                self.receipt("message.read", &id);
                self.delivered_at.push((self.wall() + 3_000, id));
            }
            Heard::Ended => self.over = true,
            Heard::Nothing => {}
            Heard::Unexpected => self.crashed = true,
        }
    }

    fn answered(&mut self, id: u64, result: Result<HttpResponse, TransportFault>) {
        let Some((purpose, _)) = self.requests.remove(&id) else { return };
        let answer = result.ok().filter(|answer| answer.status.is_success());
        match (purpose, answer) {
            (For::Connection, Some(answer)) => match wire::credentials(&answer.body) {
                Some((token, url)) => {
                    let first = self.token.replace(token.clone()).is_none();
                    let limit = if first { Some(30) } else { self.habits.refetches };
                    if let Some(limit) = limit {
                        self.request(For::Transcript, wire::transcript(&token, limit));
                    }
                    self.ids += 1;
                    let socket = SocketId::from_u64(self.ids);
                    self.socket = Some(socket);
                    self.provider.open(self.now, socket, &url);
                    self.send_waiting();
                }
                None => self.connect_at = Some(self.wall() + RETRY_MS),
            },
            (For::Connection, None) => self.connect_at = Some(self.wall() + RETRY_MS),
            (For::Transcript, Some(answer)) => {
                for text in wire::page(&answer.body) {
                    if !self.shown.contains(&text) {
                        self.shown.push(text);
                    }
                }
            }
            (For::Message { .. }, Some(_)) => self.send_waiting(),
            (For::Message { text, tries }, None) if tries < TRIES || self.habits.stubborn_queue => {
                self.send(text, tries + 1);
            }
            (For::Message { text, .. }, None) => self.failed.push(text),
            (For::Transcript | For::Nothing, _) => {}
        }
    }

    fn send_waiting(&mut self) {
        let busy =
            |naive: &Self| naive.requests.values().any(|(purpose, _)| matches!(purpose, For::Message { .. }));
        while self.token.is_some() && !self.waiting.is_empty() && !(self.habits.stubborn_queue && busy(self))
        {
            let text = self.waiting.remove(0);
            self.send(text, 1);
        }
    }

    fn send(&mut self, text: String, tries: u32) {
        let Some(token) = self.token.clone() else { return };
        // A new token with each try.
        let request = wire::message(&token, &text, &format!("try-{}", self.ids));
        self.request(For::Message { text, tries }, request);
    }

    fn receipt(&mut self, kind: &str, id: &str) {
        if let Some(token) = self.token.clone() {
            self.request(For::Nothing, wire::event(&token, kind, Some(id)));
        }
    }

    fn beat(&mut self) {
        if let Some(socket) = self.socket.filter(|_| self.live) {
            self.provider.frame(self.now, socket, Frame::Text(wire::HEARTBEAT.to_owned()));
        }
    }

    /// The line is gone: another, and soon.
    fn lost(&mut self) {
        if let Some(socket) = self.socket.take() {
            self.provider.close(self.now, socket, None);
        }
        self.live = false;
        self.connect_at = Some(self.wall() + RETRY_MS);
    }

    fn request(&mut self, purpose: For, request: helpline_protocol::HttpRequest) {
        self.ids += 1;
        let id = RequestId::from_u64(self.ids);
        self.requests.insert(self.ids, (purpose, self.now + TIMEOUT_MS));
        self.provider.request(self.now, id, request);
    }

    /// The agent does something.
    pub fn agent(&mut self, action: AgentAction) {
        self.provider.agent(self.now, action);
    }
}
