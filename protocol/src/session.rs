//! A session: one customer at one provider, from the first connect to the end.
//!
//! This is the only place where facts meet machines and decisions become outputs. The parts:
//! [`commands`] what the user asks, [`linking`] the link and its heartbeats, [`answers`] what requests
//! brought, [`polling`] polls, [`items`] and [`told`] what a conversation is told, [`sending`] what goes out,
//! [`history`] what was missed or is older, [`conversations`] how each begins and ends, [`ending`] the end,
//! [`view`] what can be read, [`snapshot`] what is kept beyond the process, [`journal`] what is written of it to be
//! replayed.

mod answers;
mod commands;
mod conversation;
mod conversations;
mod emit;
mod ending;
mod files;
mod history;
mod items;
mod journal;
mod linking;
mod older;
mod once;
mod polling;
mod purpose;
mod questions;
mod room;
mod sending;
mod snapshot;
mod told;
mod view;

pub use journal::{Called, Difference, Journal, JournalError, Recorder, Replayer, Step as ReplayStep};
pub use snapshot::{Secrets, Snapshot, SnapshotError};
pub use view::ConnectionDetails;

use std::collections::{BTreeMap, BTreeSet};

use conversation::{Conversation, backoff};
use emit::Emit;
use ending::Leaving;
use purpose::Purpose;
use questions::Question;

use crate::command::Command;
use crate::config::{Config, ProviderConfig};
use crate::dialect::amazon_connect::AmazonConnect;
use crate::dialect::bright_pattern::BrightPattern;
use crate::dialect::{Dialect, Intent, Policy, Scope};
use crate::error::{CommandError, ConfigError, TransportFault};
use crate::event::{ConnectionState, EndReason};
use crate::id::{CommandId, ConversationKey, Counter};
use crate::input::{AppState, Input, Network};
use crate::limits::Limits;
use crate::machine::Alarms;
use crate::machine::backoff::Backoff;
use crate::machine::credentials::{CredentialPolicy, Credentials};
use crate::machine::heartbeat::Heartbeat;
use crate::machine::link::chart::Phase;
use crate::machine::link::{Gates, Link, LinkPolicy, Step};
use crate::machine::queries::Queries;
use crate::machine::requests::Requests;
use crate::output::{Deadline, DeadlineReason, Operation, Output, Priority, Replay, Sink};
use crate::rng::Rng;
use crate::secret::Secret;
use crate::time::{Now, Timestamp, WallTime};

/// One customer's chat at one provider, as a state machine: commands, answers and frames go in with the
/// time, and requests, socket actions and events come out. It reads no clock and does no I/O.
///
/// See the [crate's documentation](crate) for the smallest host.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    dialect: Dialect,
    policy: Policy,
    limits: Limits,
    rng: Rng,
    clock: Clock,
    link: Link,
    credentials: Credentials,
    /// A provider did not take the credential: nothing goes out until there is another.
    credential_in_doubt: bool,
    /// Spaces out renewals of the token alone that did not work.
    renewals: Backoff,
    /// The address of the socket that is to be dialled next.
    address: Option<Secret>,
    /// When token and socket end, as the provider said last.
    expiries: (Option<WallTime>, Option<WallTime>),
    heartbeats: Vec<Heartbeat>,
    requests: Requests<Purpose>,
    /// Boxed, as a map makes room for several at once and most sessions have one.
    conversations: BTreeMap<ConversationKey, Box<Conversation>>,
    conversation_ids: Counter,
    /// Those that are not over: only in them anything can be due, so the cost of a call does not grow with the rest.
    active: BTreeSet<ConversationKey>,
    /// The conversation that was begun last: the one meant where none is named.
    current: ConversationKey,
    message_keys: Counter,
    command_ids: Counter,
    open_commands: BTreeSet<CommandId>,
    /// Commands that wait for a live link.
    awaiting_live: Vec<CommandId>,
    leaving: Option<Leaving>,
    questions: Queries<Question>,
    /// Our own id at the provider, once an own message showed it.
    own_id: Option<String>,
    ended: Option<EndReason>,
    shown: Shown,
    stale_inputs: u64,
}

/// The time of the last call.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Clock {
    last: Now,
    went_back: u64,
}

impl Clock {
    /// Time never goes back for a session.
    fn advance(&mut self, now: Now) -> Now {
        if now.at < self.last.at {
            self.went_back = self.went_back.saturating_add(1);
        }
        // At the very end of time nothing could be later than now.
        let at = self.last.at.max(now.at).min(LAST_TIME);
        self.last = Now::new(at, now.wall);
        self.last
    }
}

/// At the very end of time nothing could be later than now: here a session stops to tell deadlines.
const LAST_TIME: Timestamp = Timestamp::from_micros(u64::MAX - 1_000_000);

/// The connection's state as the user was told last.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Shown {
    state: ConnectionState,
    /// What it was made of. Wall times are not compared: they would differ with every look at the clock.
    basis: (Phase, Gates, u32, Option<Timestamp>),
}

impl Session {
    /// A session that has done nothing yet. Everything ambient comes in here: `seed` decides all of its
    /// chance (jitter and idempotency tokens), so give each session another one.
    ///
    /// # Errors
    /// When the configuration cannot work; the error names the field.
    pub fn new(config: impl Into<Config>, seed: [u8; 32], now: Now) -> Result<Self, ConfigError> {
        let config = config.into();
        config.check()?;
        let dialect = match &config.provider {
            ProviderConfig::AmazonConnect(config) => Dialect::AmazonConnect(AmazonConnect::new(config)?),
            ProviderConfig::BrightPattern(config) => {
                Dialect::BrightPattern(Box::new(BrightPattern::new(config)?))
            }
        };
        let Config { policy, limits, .. } = config;
        let link = Link::new(link_policy(&policy), backoff(&policy));
        let credentials = Credentials::new(credential_policy(&policy));
        let heartbeats = dialect.get().probes().iter().map(|_| linking::heartbeat(&policy)).collect();
        let renewals = backoff(&policy);
        let questions = Queries::new(policy.query_tries, backoff(&policy));
        let own_id = dialect.get().own_id();
        let basis = (Phase::Idle, Gates::default(), 1, None);
        let mut session = Self {
            conversations: BTreeMap::new(),
            conversation_ids: Counter::new(),
            active: BTreeSet::new(),
            current: ConversationKey::from_u64(0),
            dialect,
            policy,
            limits,
            rng: Rng::new(seed),
            clock: Clock { last: now, went_back: 0 },
            link,
            credentials,
            credential_in_doubt: false,
            renewals,
            address: None,
            expiries: (None, None),
            heartbeats,
            requests: Requests::new(),
            message_keys: Counter::new(),
            command_ids: Counter::new(),
            open_commands: BTreeSet::new(),
            awaiting_live: Vec::new(),
            leaving: None,
            questions,
            own_id,
            ended: None,
            shown: Shown { state: ConnectionState::Idle, basis },
            stale_inputs: 0,
        };
        session.add_conversation();
        Ok(session)
    }

    /// Asks for something. What it causes is appended to `out`.
    ///
    /// # Errors
    /// When the command makes no sense now. Nothing has changed then, and nothing was appended.
    pub fn execute(
        &mut self,
        now: Now,
        command: Command,
        out: &mut Vec<Output>,
    ) -> Result<CommandId, CommandError> {
        self.check_command(&command)?;
        let now = self.clock.advance(now);
        let mut emit = Emit::new(out);
        let id = CommandId::from_u64(self.command_ids.next());
        self.open_commands.insert(id);
        self.apply_command(now, id, command, &mut emit);
        if self.open_commands.contains(&id) {
            emit.checkpoint();
        }
        self.conclude(now, emit);
        Ok(id)
    }

    /// Tells the session something. What it causes is appended to `out`.
    pub fn handle(&mut self, now: Now, input: Input, out: &mut Vec<Output>) {
        let now = self.clock.advance(now);
        let mut emit = Emit::new(out);
        if self.ended.is_none() {
            self.apply_input(now, input, &mut emit);
        } else if input != Input::Woke {
            self.stale_inputs = self.stale_inputs.saturating_add(1);
        }
        self.conclude(now, emit);
    }

    /// When to call [`Session::handle`] with [`Input::Woke`], if nothing happens before. Later than the time
    /// of the last call; none where only an input or command can change anything.
    #[must_use]
    pub fn deadline(&self) -> Option<Deadline> {
        // The floor is for machines that are wrong: a host must not spin for it.
        let soonest = self.clock.last.at + core::time::Duration::from_micros(1);
        if self.clock.last.at >= LAST_TIME {
            return None;
        }
        self.next_alarm().map(|next| Deadline::new(next.at.max(soonest), next.why))
    }

    fn apply_input(&mut self, now: Now, input: Input, emit: &mut Emit<'_>) {
        match input {
            Input::Response { request, result } => match self.requests.settle(request) {
                Some(purpose) => self.answered(now, purpose, result, emit),
                None => self.stale_inputs = self.stale_inputs.saturating_add(1),
            },
            Input::Progress { request, done, total } => self.progress(now, request, done, total, emit),
            Input::SocketOpened { socket } => self.socket_opened(now, socket, emit),
            Input::Frame { socket, frame } => self.frame(now, socket, &frame, emit),
            Input::SocketClosed { socket, why } => self.socket_closed(now, socket, why, emit),
            Input::Woke => {}
            Input::Network(network) => {
                let offline = network == Network::Offline;
                let gates = Gates { offline, ..self.link.gates() };
                self.gate(now, gates, emit);
                if !offline {
                    self.look_alive(now);
                }
            }
            Input::App(state) => {
                let background = state == AppState::Background;
                if self.policy.close_in_background {
                    self.gate(now, Gates { background, ..self.link.gates() }, emit);
                }
                if !background {
                    self.look_alive(now);
                }
            }
        }
    }

    /// What every call ends with: timers that are due, what may go out now, and the state, once.
    fn conclude(&mut self, now: Now, mut emit: Emit<'_>) {
        self.pump(now, &mut emit);
        // Each round leaves the machine it woke with nothing due; the bound is for machines that are wrong.
        for _ in 0..MOST_ALARMS_A_CALL {
            match self.next_alarm() {
                Some(next) if next.at <= now.at => self.alarm(now, next.why, &mut emit),
                _ => break,
            }
            self.pump(now, &mut emit);
        }
        self.show_state(now, &mut emit);
        emit.finish();
    }

    fn alarm(&mut self, now: Now, why: DeadlineReason, emit: &mut Emit<'_>) {
        match why {
            DeadlineReason::RequestTimeout(_) => {
                for (id, purpose) in self.requests.due(now.at) {
                    emit.output(Output::CancelRequest { id });
                    self.answered(now, purpose, Err(TransportFault::TimedOut), emit);
                }
            }
            DeadlineReason::OpenTimeout
            | DeadlineReason::Greeting
            | DeadlineReason::Reconnect
            | DeadlineReason::Healthy => self.link_due(now, emit),
            DeadlineReason::Renew => {
                self.link_due(now, emit);
                self.renew_due(now, emit);
            }
            DeadlineReason::Heartbeat | DeadlineReason::HeartbeatLost => self.heartbeats_due(now, emit),
            // What waits for this goes out with the pump that follows.
            DeadlineReason::OutboxRetry
            | DeadlineReason::UploadRetry
            | DeadlineReason::QueryRetry
            | DeadlineReason::Poll => {}
            DeadlineReason::CatchUpRetry => self.catch_up_due(now, emit),
            DeadlineReason::ReceiptFlush => self.receipts_due(now, emit),
            DeadlineReason::TypingExpiry => self.typing_due(now, emit),
            DeadlineReason::LeaveTimeout => self.leave_due(now, emit),
        }
    }

    /// Makes a request and remembers what it is for.
    fn request(
        &mut self,
        now: Now,
        purpose: Purpose,
        intent: &Intent<'_>,
        emit: &mut Emit<'_>,
    ) -> Result<(), EndReason> {
        self.request_into(now, purpose, intent, None, emit)
    }

    /// Makes a request whose answer's body goes to a place of the host's.
    fn request_into(
        &mut self,
        now: Now,
        purpose: Purpose,
        intent: &Intent<'_>,
        sink: Option<Sink>,
        emit: &mut Emit<'_>,
    ) -> Result<(), EndReason> {
        let scope = Scope { credential: self.credentials.token(), conversation: self.scope_of(&purpose) };
        let request = self
            .dialect
            .get()
            .request(intent, scope)
            .map_err(|error| EndReason::Misconfigured { problem: error.problem })?;
        let operation = purpose.operation();
        let timeout = if operation == Operation::Authorise {
            self.policy.authorise_timeout
        } else if operation == Operation::Poll {
            self.policy.poll_timeout
        } else if matches!(operation, Operation::Upload | Operation::Download) {
            self.policy.transfer_timeout
        } else {
            self.policy.request_timeout
        };
        let id = self.requests.begin(now.at, purpose, timeout);
        let (replay, priority) = handling(intent);
        // An id that is ours is no promise of the provider's to know the second by it.
        let unknown = replay == Replay::WithSameToken && self.dialect.get().shape().own_ids;
        let replay = if unknown { Replay::Never } else { replay };
        emit.output(Output::Request { id, request, operation, timeout, replay, priority, sink });
        Ok(())
    }

    /// The provider's id of the conversation that a request is about, if it is about one.
    fn scope_of(&self, purpose: &Purpose) -> Option<&str> {
        self.conversations.get(&purpose.conversation()?)?.remote.as_deref()
    }

    /// Like [`Session::request`], for what cannot be encoded only if the session itself is at fault.
    fn request_or_end(&mut self, now: Now, purpose: Purpose, intent: &Intent<'_>, emit: &mut Emit<'_>) {
        if let Err(reason) = self.request(now, purpose, intent, emit) {
            self.end(now, reason, emit);
        }
    }

    /// The conversations that are not over, as a list of its own: what is done for each may change the session.
    fn conversation_keys(&self) -> Vec<ConversationKey> {
        self.active.iter().copied().collect()
    }

    /// Whether requests other than for credentials may go out.
    fn may_send(&self) -> bool {
        let held =
            matches!(self.link.phase(), Phase::Idle | Phase::Suspended | Phase::Offline | Phase::Ended);
        self.link.been_live()
            && !held
            && !self.credential_in_doubt
            && (self.credentials.token().is_some() || !self.dialect.get().shape().tokens)
            && self.room() > 0
    }

    /// Whether questions may go out: where there is no token to be had first, before there is a link too.
    fn may_ask(&self) -> bool {
        if self.dialect.get().shape().tokens {
            return self.may_send();
        }
        let gates = self.link.gates();
        let held = gates.suspended || gates.background || gates.offline;
        !held && self.link.phase() != Phase::Ended && self.room() > 0
    }

    fn take_steps(
        &mut self,
        now: Now,
        run: impl FnOnce(&mut Link, &mut Rng, &mut Vec<Step>),
        emit: &mut Emit<'_>,
    ) {
        let mut steps = Vec::new();
        run(&mut self.link, &mut self.rng, &mut steps);
        self.follow(now, steps, emit);
    }
}

/// A link's numbers.
const fn link_policy(policy: &Policy) -> LinkPolicy {
    LinkPolicy {
        open_timeout: policy.open_timeout,
        greeting_wait: policy.greeting_wait,
        greeting_tries: policy.greeting_tries,
        greeting_refused_wait: policy.greeting_refused_wait,
        greeting_refusals: policy.greeting_refusals,
        overlap: policy.socket_overlap,
    }
}

/// The numbers of credentials.
const fn credential_policy(policy: &Policy) -> CredentialPolicy {
    CredentialPolicy {
        renew_before: policy.renew_before,
        renew_jitter: policy.renew_jitter,
        socket_lifetime_cap: policy.socket_lifetime,
        assumed_socket_lifetime: Some(policy.assumed_socket_lifetime),
        assumed_token_lifetime: Some(policy.assumed_token_lifetime),
        shortest_timer: policy.shortest_renewal,
    }
}

/// Whether a request may be repeated, and what goes before it.
const fn handling(intent: &Intent<'_>) -> (Replay, Priority) {
    match intent {
        Intent::Authorise { .. } | Intent::StartConversation { .. } => (Replay::Safe, Priority::Link),
        // A second would be told what the first was told already: nothing.
        Intent::Poll => (Replay::Never, Priority::Link),
        Intent::Leave { .. } => (Replay::WithSameToken, Priority::Link),
        Intent::SendMessage { .. }
        | Intent::StartUpload { .. }
        | Intent::Upload { .. }
        | Intent::CompleteUpload { .. } => (Replay::WithSameToken, Priority::Message),
        Intent::Fetch(_) | Intent::Query { .. } | Intent::AttachmentUrl { .. } | Intent::Download { .. } => {
            (Replay::Safe, Priority::History)
        }
        Intent::AmazonConnect { .. } => (Replay::WithSameToken, Priority::History),
        Intent::BrightPattern { request, .. } if request.only_asks() => (Replay::Safe, Priority::History),
        Intent::BrightPattern { .. } => (Replay::Never, Priority::History),
        Intent::SendReceipts { .. } => (Replay::WithSameToken, Priority::Receipt),
        Intent::SendTyping { .. } => (Replay::WithSameToken, Priority::Typing),
    }
}

/// More than all machines of a session have together, many times over.
const MOST_ALARMS_A_CALL: usize = 1_000;

impl Alarms for Session {
    fn alarms(&self, alarm: &mut dyn FnMut(Timestamp, DeadlineReason)) {
        self.requests.alarms(alarm);
        self.link.alarms(alarm);
        self.credentials.alarms(alarm);
        for heartbeat in &self.heartbeats {
            heartbeat.alarms(alarm);
        }
        for conversation in self.active.iter().filter_map(|key| self.conversations.get(key)) {
            conversation.alarms(alarm);
        }
        self.questions.alarms(alarm);
        if let Some(leaving) = &self.leaving {
            leaving.alarms(alarm);
        }
    }
}

#[cfg(test)]
mod tests;
