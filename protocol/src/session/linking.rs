//! The link's steps as outputs, and its heartbeats.

use super::items::RETIRED_PROBE;
use super::{Emit, Purpose, Session};
use crate::dialect::{Intent, Policy};
use crate::error::{FaultKind, ProviderFault, Retry};
use crate::event::{CommandResult, ConnectionState, EndReason, Event, LostReason, SuspendedBy};
use crate::id::{ConversationKey, SocketId};
use crate::input::SocketClosed;
use crate::machine::catch_up::Goal;
use crate::machine::credentials::Renewal;
use crate::machine::heartbeat::{Decision, FirstProbe, Heartbeat, HeartbeatPolicy, ProbeWhen, Refusal};
use crate::machine::link::chart::Phase;
use crate::machine::link::{Closing, Gates, Overdue, SocketRole, Step};
use crate::output::Output;
use crate::time::Now;
use crate::wire::text::cut_bytes;

/// A heartbeat with the policy's numbers.
pub(super) fn heartbeat(policy: &Policy) -> Heartbeat {
    Heartbeat::new(HeartbeatPolicy {
        interval: policy.heartbeat_interval,
        wait: policy.heartbeat_wait,
        probe_when: ProbeWhen::Every,
        first: FirstProbe::AtOnce,
        tolerated_failures: policy.heartbeat_refusals.saturating_sub(1),
    })
}

impl Session {
    /// Does what the link decided, in order. Doing it may make the link decide more; that follows.
    pub(super) fn follow(&mut self, now: Now, steps: Vec<Step>, emit: &mut Emit<'_>) {
        for step in steps {
            // Doing one step may have been the end. What is open is still closed then.
            let begins = !matches!(step, Step::Close(..) | Step::CancelAuthorise | Step::Down);
            if self.ended.is_some() && begins {
                continue;
            }
            match step {
                Step::Authorise => self.authorise(now, emit),
                Step::CancelAuthorise => {
                    self.cancel_authorise(emit);
                    self.credentials.failed(None);
                }
                Step::Open(socket) => self.open_socket(now, socket, emit),
                Step::Greet(socket) => {
                    if let Some(frame) = self.dialect.get().greeting() {
                        emit.output(Output::SendFrame { socket, frame });
                    }
                }
                Step::Close(id, why) => {
                    let (code, reason) = goodbye(why);
                    emit.output(Output::CloseSocket { id, code, reason: reason.to_owned() });
                }
                Step::Live { renewed, .. } => self.went_live(now, renewed, emit),
                Step::Down => self.went_down(now, emit),
                Step::Probe(socket) => {
                    if let Some(frame) = self.dialect.get().probe(RETIRED_PROBE) {
                        emit.output(Output::SendFrame { socket, frame });
                    }
                }
                Step::Gap => self.missed_something(now, emit),
            }
        }
    }

    pub(super) fn link_due(&mut self, now: Now, emit: &mut Emit<'_>) {
        let mut steps = Vec::new();
        let overdue = self.link.due(now.at, &mut self.rng, &mut steps);
        match overdue {
            Some(Overdue::Greeting) => emit.event(self.not_made(LostReason::NotGreeted)),
            Some(Overdue::Opening) => {
                let fault = crate::error::TransportFault::TimedOut;
                emit.event(self.not_made(LostReason::Transport { fault }));
            }
            None => {}
        }
        self.follow(now, steps, emit);
    }

    pub(super) fn renew_due(&mut self, now: Now, emit: &mut Emit<'_>) {
        match self.credentials.due(now.at) {
            Some(Renewal::Socket) => self.take_steps(now, |link, _, steps| link.rotate(steps), emit),
            // A link that is held obtains both when it comes up again.
            Some(Renewal::Token) if matches!(self.link.phase(), Phase::Suspended | Phase::Offline) => {}
            Some(Renewal::Token) => self.renew_token(now, emit),
            None => {}
        }
    }

    /// Obtains a token alone, unless one is on its way already.
    pub(super) fn renew_token(&mut self, now: Now, emit: &mut Emit<'_>) {
        if self.credentials.begin() {
            let purpose = Purpose::Authorise { socket: false };
            self.request_or_end(now, purpose, &Intent::Authorise { socket: false }, emit);
        }
    }

    pub(super) fn socket_opened(&mut self, now: Now, socket: SocketId, emit: &mut Emit<'_>) {
        let mut steps = Vec::new();
        if !self.link.opened(now.at, socket, &mut steps) {
            self.stale_inputs = self.stale_inputs.saturating_add(1);
        }
        self.follow(now, steps, emit);
    }

    pub(super) fn socket_closed(
        &mut self,
        now: Now,
        socket: SocketId,
        why: SocketClosed,
        emit: &mut Emit<'_>,
    ) {
        let mut steps = Vec::new();
        let role = self.link.closed(now.at, &mut self.rng, socket, &mut steps);
        match role {
            SocketRole::Live | SocketRole::Attempted => {
                let reason = match why {
                    SocketClosed::ByPeer { code, reason } => LostReason::Closed {
                        code,
                        text: cut_bytes(&reason, self.limits.raw_bytes()).to_owned(),
                    },
                    SocketClosed::Failed(fault) => LostReason::Transport { fault },
                };
                let attempted = role == SocketRole::Attempted;
                emit.event(if attempted { self.not_made(reason) } else { Event::ConnectionLost { reason } });
            }
            SocketRole::Retiring => {}
            SocketRole::Unknown => self.stale_inputs = self.stale_inputs.saturating_add(1),
        }
        self.follow(now, steps, emit);
    }

    pub(super) fn gate(&mut self, now: Now, gates: Gates, emit: &mut Emit<'_>) {
        let was_live = self.link.is_live();
        self.take_steps(now, |link, rng, steps| link.gate(now.at, rng, gates, steps), emit);
        // Without a socket there is none whose loss would tell.
        if was_live && self.polls() && !self.link.is_live() {
            self.went_down(now, emit);
        }
    }

    /// The network or the user is back: look at once whether the link is, and wait no longer than needed.
    pub(super) fn look_alive(&mut self, now: Now) {
        self.link.hurry(now.at, &mut self.rng);
        for key in &self.active {
            let Some(conversation) = self.conversations.get_mut(key) else { continue };
            conversation.outbox.hurry(now.at, &mut self.rng);
            conversation.poller.wake(now.at, &mut self.rng);
        }
        if self.link.live_socket().is_some() {
            for heartbeat in &mut self.heartbeats {
                heartbeat.probe_now(now.at);
            }
        }
    }

    pub(super) fn heartbeats_due(&mut self, now: Now, emit: &mut Emit<'_>) {
        for probe in 0..self.heartbeats.len() {
            let decision = self.heartbeats.get_mut(probe).and_then(|heartbeat| heartbeat.due(now.at));
            match decision {
                Some(Decision::Probe) => {
                    let frame = self.dialect.get().probe(probe);
                    if let (Some(frame), Some(socket)) = (frame, self.link.live_socket()) {
                        emit.output(Output::SendFrame { socket, frame });
                    }
                }
                Some(Decision::Lost) => {
                    let reason = LostReason::Silent { probe: self.probe_name(probe) };
                    self.link_lost(now, reason, emit);
                    return;
                }
                None => {}
            }
        }
    }

    pub(super) fn probe_answered(&mut self, now: Now, probe: usize) {
        let answered = self.heartbeats.get_mut(probe).is_some_and(|heartbeat| heartbeat.answered(now.at));
        if !answered {
            self.stale_inputs = self.stale_inputs.saturating_add(1);
        }
    }

    pub(super) fn probe_refused(
        &mut self,
        now: Now,
        probe: usize,
        status: Option<i64>,
        message: Option<String>,
        emit: &mut Emit<'_>,
    ) {
        let Some(heartbeat) = self.heartbeats.get_mut(probe) else {
            return;
        };
        let refusal = heartbeat.refused(now.at);
        let name = self.probe_name(probe);
        if refusal == Refusal::Unasked {
            self.stale_inputs = self.stale_inputs.saturating_add(1);
            return;
        }
        emit.event(Event::ProbeFailed { probe: name.clone(), status, message });
        if refusal == Refusal::Lost {
            self.link_lost(now, LostReason::Unhealthy { probe: name }, emit);
        }
    }

    pub(super) fn greeting_refused(&mut self, now: Now, socket: SocketId, emit: &mut Emit<'_>) {
        let mut steps = Vec::new();
        if self.link.greeting_refused(now.at, &mut self.rng, socket, &mut steps) {
            emit.event(self.not_made(LostReason::NotGreeted));
        }
        self.follow(now, steps, emit);
    }

    /// A socket did not come up: the link, or only the one that was to renew it.
    const fn not_made(&self, reason: LostReason) -> Event {
        if self.link.live_socket().is_some() {
            Event::ConnectionRenewalFailed { reason }
        } else {
            Event::ConnectionLost { reason }
        }
    }

    /// The connection's state as the user sees it.
    pub(super) fn public_state(&self, now: Now) -> ConnectionState {
        let (link, attempt) = (&self.link, self.link.attempt_number());
        match link.phase() {
            Phase::Idle => ConnectionState::Idle,
            Phase::Live => ConnectionState::Live,
            Phase::Waiting => {
                let retry_at = link.planned().map(|at| now.wall_at(at));
                ConnectionState::Reconnecting { attempt, retry_at }
            }
            Phase::Authorising | Phase::Opening | Phase::Greeting if self.is_first_connect() => {
                ConnectionState::Connecting
            }
            Phase::Authorising | Phase::Opening | Phase::Greeting => {
                ConnectionState::Reconnecting { attempt, retry_at: None }
            }
            Phase::Suspended if link.gates().suspended => {
                ConnectionState::Suspended { by: SuspendedBy::User }
            }
            Phase::Suspended => ConnectionState::Suspended { by: SuspendedBy::Background },
            Phase::Offline => ConnectionState::Offline,
            Phase::Ended => {
                let reason = self.ended.clone().unwrap_or(EndReason::Left);
                ConnectionState::Ended { reason }
            }
        }
    }

    /// Tells the user of the state, if it is another than they were told last.
    pub(super) fn show_state(&mut self, now: Now, emit: &mut Emit<'_>) {
        // The stages of one try look the same from outside.
        let phase = self.link.phase();
        let under_way = matches!(phase, Phase::Opening | Phase::Greeting);
        let phase = if under_way { Phase::Authorising } else { phase };
        let basis = (phase, self.link.gates(), self.link.attempt_number(), self.link.planned());
        if basis == self.shown.basis {
            return;
        }
        self.shown.basis = basis;
        let state = self.public_state(now);
        if state != self.shown.state {
            self.shown.state = state.clone();
            emit.event(Event::ConnectionChanged { state });
        }
    }

    fn is_first_connect(&self) -> bool {
        !self.link.been_live() && !self.link.has_failed()
    }

    fn probe_name(&self, probe: usize) -> String {
        self.dialect.get().probes().get(probe).copied().unwrap_or_default().to_owned()
    }

    fn link_lost(&mut self, now: Now, reason: LostReason, emit: &mut Emit<'_>) {
        emit.event(Event::ConnectionLost { reason });
        self.take_steps(now, |link, rng, steps| link.lost(now.at, rng, steps), emit);
    }

    fn authorise(&mut self, now: Now, emit: &mut Emit<'_>) {
        if self.has_left() {
            // The provider knows, and there is nobody left to say goodbye to us.
            self.end(now, EndReason::Left, emit);
            return;
        }
        if self.polls() {
            self.connect_by_poll(now, emit);
            return;
        }
        // One at a time: what renews the token alone is overtaken by what brings a socket as well.
        self.cancel_authorise(emit);
        self.credentials.begin();
        let purpose = Purpose::Authorise { socket: true };
        self.request_or_end(now, purpose, &Intent::Authorise { socket: true }, emit);
    }

    pub(super) fn cancel_authorise(&mut self, emit: &mut Emit<'_>) {
        let makes_the_link = |purpose: &Purpose| {
            matches!(purpose, Purpose::Authorise { .. } | Purpose::StartConversation { .. })
        };
        for (id, _) in self.requests.cancel_where(makes_the_link) {
            emit.output(Output::CancelRequest { id });
        }
    }

    fn open_socket(&mut self, now: Now, socket: SocketId, emit: &mut Emit<'_>) {
        let Some(url) = self.address.take() else { return };
        match self.dialect.get().socket(&url) {
            Ok(request) => {
                let timeout = self.policy.open_timeout;
                emit.output(Output::OpenSocket { id: socket, request, timeout });
            }
            Err(error) => {
                let mut fault = ProviderFault::new(FaultKind::Malformed, Retry::Manual);
                fault.expected = Some("a socket address that is encrypted, or on this machine".to_owned());
                fault.found = Some(error.problem);
                let mut steps = Vec::new();
                self.link.fail(now.at, &mut self.rng, None, &mut steps);
                // The socket was never opened: there is nothing to close.
                steps.retain(|step| !matches!(step, Step::Close(..)));
                if let Some(at) = self.link.planned() {
                    fault.retry = Retry::Automatic { at: now.wall_at(at) };
                }
                emit.event(Event::ProviderFault { fault });
                self.follow(now, steps, emit);
            }
        }
    }

    fn went_live(&mut self, now: Now, renewed: bool, emit: &mut Emit<'_>) {
        for heartbeat in &mut self.heartbeats {
            heartbeat.start(now.at);
        }
        if renewed {
            emit.event(Event::ConnectionRenewed);
            return;
        }
        self.show_state(now, emit);
        for command in core::mem::take(&mut self.awaiting_live) {
            self.finish(command, CommandResult::Done, emit);
        }
        for key in self.conversation_keys() {
            let Some(conversation) = self.conversations.get_mut(&key) else {
                continue;
            };
            conversation.outbox.went_live(now.at);
            conversation.uploads.went_live(now.at);
            let goal = conversation.missing();
            self.begin_catch_up(now, key, goal, emit);
        }
    }

    fn went_down(&mut self, now: Now, emit: &mut Emit<'_>) {
        for heartbeat in &mut self.heartbeats {
            heartbeat.stop();
        }
        self.credentials.lost_socket();
        for key in self.conversation_keys() {
            if let Some(conversation) = self.conversations.get_mut(&key) {
                for participant in conversation.typing.clear() {
                    emit.event(Event::TypingStopped { conversation: key, participant });
                }
            }
            self.abort_catch_up(now, key, emit);
        }
    }

    /// Whether what a conversation sends is likely to get through.
    pub(super) fn is_reachable(&self, key: ConversationKey) -> bool {
        let well = || self.conversations.get(&key).is_some_and(|it| it.poller.is_well());
        self.link.is_live() && (!self.polls() || well())
    }

    /// Something may have been missed though the link is live.
    pub(super) fn missed_something(&mut self, now: Now, emit: &mut Emit<'_>) {
        for key in self.conversation_keys() {
            if let Some(conversation) = self.conversations.get_mut(&key) {
                conversation.transcript.open_gap();
            }
            if self.link.live_socket().is_some() {
                self.begin_catch_up(now, key, Goal::Gap, emit);
            }
        }
    }
}

/// What a socket is closed with.
const fn goodbye(why: Closing) -> (u16, &'static str) {
    match why {
        Closing::Held => (1000, "suspended"),
        Closing::Replaced => (1000, "replaced"),
        Closing::Faulty => (1000, "faulty"),
        Closing::Over => (1000, "over"),
    }
}
