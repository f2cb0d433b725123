//! What a conversation is told: frames as facts, facts as items, marks and typing.

use super::sending::body_of;
use super::{Emit, Session};
use crate::dialect::{Fact, WireItem};
use crate::error::{FaultKind, ProviderFault, Retry};
use crate::event::{EndReason, Event};
use crate::id::{ConversationKey, MessageKey, SocketId};
use crate::input::Frame;
use crate::machine::heartbeat::Heartbeat;
use crate::machine::transcript::{Merged, NewMark};
use crate::model::{Direction, ItemBody, Notice, Origin, Participant, Receipt, Role};
use crate::time::Now;

/// The probe that a replaced socket is probed with: the nearest, as only the socket matters.
pub(super) const RETIRED_PROBE: usize = 0;

/// How far a provider's clock may be behind ours for its echo of a message to be known as such.
const CLOCK_SKEW: core::time::Duration = core::time::Duration::from_secs(120);

impl Session {
    /// A frame came on a socket.
    pub(super) fn frame(&mut self, now: Now, socket: SocketId, frame: &Frame, emit: &mut Emit<'_>) {
        if !self.link.listens_to(socket) {
            self.stale_inputs = self.stale_inputs.saturating_add(1);
            return;
        }
        let size = match frame {
            Frame::Text(text) => text.len(),
            Frame::Binary(bytes) => bytes.len(),
        };
        if size > self.limits.frame_bytes() {
            let mut fault = ProviderFault::new(FaultKind::Malformed, Retry::Never);
            fault.expected = Some(format!("a frame of at most {} bytes", self.limits.frame_bytes()));
            fault.found = Some(format!("{size} bytes"));
            emit.event(Event::ProviderFault { fault });
            self.doubt(now);
            return;
        }
        let mut facts = Vec::new();
        self.dialect.get().frame(frame, &self.limits, &mut facts);
        for fact in facts {
            self.fact(now, socket, fact, emit);
        }
        // After the facts: where only silence calls for a probe, its answer must find it waiting.
        if self.link.live_socket() == Some(socket) {
            for heartbeat in &mut self.heartbeats {
                heartbeat.activity(now.at);
            }
        }
    }

    fn fact(&mut self, now: Now, socket: SocketId, fact: Fact, emit: &mut Emit<'_>) {
        if self.ended.is_some() {
            return;
        }
        let is_live = self.link.live_socket() == Some(socket);
        let key = self.current;
        match fact {
            Fact::Greeted => self.greeted(now, socket, emit),
            Fact::GreetingRefused => self.greeting_refused(now, socket, emit),
            Fact::ProbeAnswered { probe } if is_live => self.probe_answered(now, probe),
            Fact::ProbeAnswered { probe: RETIRED_PROBE }
            | Fact::ProbeRefused { probe: RETIRED_PROBE, .. } => {
                self.link.retired_answered(socket);
            }
            Fact::ProbeRefused { probe, status, message } if is_live => {
                self.probe_refused(now, probe, status, message, emit);
            }
            // It vouches for another socket than the one that matters.
            Fact::ProbeAnswered { .. } | Fact::ProbeRefused { .. } => {}
            Fact::Item(item) => {
                self.greeted(now, socket, emit);
                self.live_item(now, key, *item, emit);
            }
            Fact::Receipts { server_id, receipts } => {
                self.greeted(now, socket, emit);
                self.receipts_came(key, &server_id, receipts, emit);
            }
            Fact::Typing { participant } => {
                self.greeted(now, socket, emit);
                self.somebody_types(now, key, participant, emit);
            }
            Fact::Unrecognized { what, raw } => emit.event(Event::Unrecognized { what, raw }),
            Fact::Fault(fault) => {
                emit.event(Event::ProviderFault { fault });
                self.doubt(now);
            }
            other @ (Fact::StoppedTyping { .. }
            | Fact::Mark { .. }
            | Fact::Status { .. }
            | Fact::Edited { .. }
            | Fact::Deleted { .. }
            | Fact::Extension { .. }
            | Fact::Over { .. }) => {
                self.greeted(now, socket, emit);
                let told = self.told(now, key, vec![other], emit);
                if let Some(why) = told.over {
                    self.conversation_over(now, key, why, emit);
                }
            }
        }
    }

    /// The greeting is acknowledged; or something came that only comes on a greeted socket, which says as much.
    fn greeted(&mut self, now: Now, socket: SocketId, emit: &mut Emit<'_>) {
        if self.link.live_socket() != Some(socket) {
            let unanswered = self.heartbeats.get(RETIRED_PROBE).map_or(0, Heartbeat::unanswered);
            self.take_steps(now, |link, _, steps| link.greeted(now.at, socket, unanswered, steps), emit);
        }
    }

    fn live_item(&mut self, now: Now, key: ConversationKey, item: WireItem, emit: &mut Emit<'_>) {
        if ends_conversation(&item) {
            // Nothing more comes: what is held back belongs before it.
            self.release_held(now, key, emit);
            self.take_item(now, key, item, Origin::Live, emit);
            self.ended_by_provider(now, emit);
            return;
        }
        let Some(conversation) = self.conversations.get_mut(&key) else {
            return;
        };
        if let Some(item) = conversation.catch_up.hold(item) {
            self.take_item(now, key, item, Origin::Live, emit);
            self.trim(key, Origin::Live, emit);
        }
    }

    /// Puts an item into the transcript, and draws what follows from it; but for the end of the session, if
    /// this is its goodbye: the caller may have more to put before that. Returns whether it is new.
    pub(super) fn take_item(
        &mut self,
        now: Now,
        key: ConversationKey,
        mut item: WireItem,
        origin: Origin,
        emit: &mut Emit<'_>,
    ) -> bool {
        let shape = self.dialect.get().shape();
        if shape.several {
            self.introduce(key, &mut item.sender);
        }
        let direction = self.direction(key, &item);
        if direction == Direction::Outgoing && self.own_id.is_none() && !shape.several {
            self.own_id.clone_from(&item.sender.id);
        }
        if direction == Direction::Outgoing && shape.own_ids {
            self.number_came(key, item.server_id.as_deref());
        }
        let own_id = self.own_id_in(key).map(ToOwned::to_owned);
        item.receipts.retain(|receipt| !is_own_receipt(own_id.as_deref(), receipt));
        let upload = self.upload_of(key, &item.body);
        let bound = upload.or_else(|| self.echo_of(key, &item, direction, origin));
        let shown = upload.map(|_| item.body.clone());
        let sender = item.sender.clone();
        let is_message = item.body.is_message();
        let Some(conversation) = self.conversations.get_mut(&key) else {
            return false;
        };
        let keys = &mut self.message_keys;
        let fresh = || MessageKey::from_u64(keys.next());
        let changes = emit.changes(key, origin);
        let merged = conversation.transcript.merge(item, direction, bound, fresh, now.wall, changes);
        let Some(Merged { key: message, new, mut marks }) = merged else {
            return false;
        };
        if upload.is_some() {
            // A file is known by its id, not by what it looks like.
            marks.extend(conversation.transcript.believe(message, emit.changes(key, origin)));
        }
        // Where ids are ours, an own message is known by its id alone.
        let found = bound.filter(|bound| *bound == message);
        let certain = shape.own_ids && direction == Direction::Outgoing;
        if let Some(found) = found.or_else(|| certain.then_some(message)) {
            self.found_in_transcript(now, key, found, emit);
        }
        if let Some(body) = shown {
            self.upload_shown(key, &body, emit);
        }
        self.report_marks(key, marks, emit);
        if direction != Direction::Outgoing {
            self.stopped_typing(key, &sender, emit);
        }
        // What comes live is told as delivered even if a page brought it first, as at the very beginning.
        let deliverable = is_message
            && direction == Direction::Incoming
            && (shape.each_receipt || matches!(sender.role, Role::Agent | Role::Bot | Role::Supervisor))
            && (origin == Origin::Live || (new && origin == Origin::CatchUp));
        if deliverable
            && let Some(conversation) = self.conversations.get_mut(&key)
            && let Some(mark) = conversation.mark(message)
        {
            conversation.receipts.arrived(now.at, mark);
        }
        new
    }

    /// The provider said goodbye.
    pub(super) fn ended_by_provider(&mut self, now: Now, emit: &mut Emit<'_>) {
        let reason = if self.leaving.is_some() { EndReason::Left } else { EndReason::ChatEnded };
        self.end(now, reason, emit);
    }

    /// Drops what the window does not hold any more.
    pub(super) fn trim(&mut self, key: ConversationKey, origin: Origin, emit: &mut Emit<'_>) {
        if let Some(conversation) = self.conversations.get_mut(&key)
            && conversation.transcript.len() > self.limits.transcript_items()
        {
            conversation.transcript.trim(emit.changes(key, origin));
            // What was dropped can be fetched again.
            conversation.history.complete = false;
            conversation.history.older = None;
            conversation.history.reached = None;
        }
    }

    pub(super) fn receipts_came(
        &mut self,
        key: ConversationKey,
        server_id: &str,
        mut receipts: Vec<Receipt>,
        emit: &mut Emit<'_>,
    ) {
        receipts.retain(|receipt| !is_own_receipt(self.own_id_in(key), receipt));
        let Some(conversation) = self.conversations.get_mut(&key) else {
            return;
        };
        let changes = emit.changes(key, Origin::Live);
        let marks = conversation.transcript.mark(server_id, receipts, changes);
        self.report_marks(key, marks, emit);
    }

    pub(super) fn report_marks(&self, key: ConversationKey, marks: Vec<NewMark>, emit: &mut Emit<'_>) {
        for NewMark { message, kind, by, at } in marks {
            emit.event(Event::ReceiptReceived { conversation: key, message, receipt: kind, by, at });
        }
    }

    /// Whether it is news that somebody types.
    pub(super) fn somebody_types(
        &mut self,
        now: Now,
        key: ConversationKey,
        mut participant: Participant,
        emit: &mut Emit<'_>,
    ) -> bool {
        if self.dialect.get().shape().several {
            self.introduce(key, &mut participant);
        }
        if self.is_own(key, &participant) {
            return false;
        }
        let Some(conversation) = self.conversations.get_mut(&key) else {
            return false;
        };
        let news = conversation.typing.heard(now.at, participant.clone());
        if news {
            emit.event(Event::TypingStarted { conversation: key, participant });
        }
        news
    }

    /// Whether somebody typed until now.
    pub(super) fn stopped_typing(
        &mut self,
        key: ConversationKey,
        sender: &Participant,
        emit: &mut Emit<'_>,
    ) -> bool {
        let Some(conversation) = self.conversations.get_mut(&key) else {
            return false;
        };
        let typed = conversation.typing.message_from(sender);
        let news = typed.is_some();
        if let Some(participant) = typed {
            emit.event(Event::TypingStopped { conversation: key, participant });
        }
        news
    }

    fn introduce(&mut self, key: ConversationKey, participant: &mut Participant) {
        let cap = self.limits.participants();
        if let Some(conversation) = self.conversations.get_mut(&key) {
            conversation.introduce(participant, cap);
        }
    }

    /// Our own id at the provider: where there are several conversations, in each its id.
    pub(super) fn own_id_in(&self, key: ConversationKey) -> Option<&str> {
        if self.dialect.get().shape().several {
            return self.conversations.get(&key)?.remote.as_deref();
        }
        self.own_id.as_deref()
    }

    /// An own message came: later ones have greater numbers.
    fn number_came(&mut self, key: ConversationKey, id: Option<&str>) {
        let Some(conversation) = self.conversations.get_mut(&key) else { return };
        let (Some(remote), Some(id)) = (&conversation.remote, id) else { return };
        if let Some(number) = self.dialect.get().message_number(remote, id) {
            conversation.number = conversation.number.max(number);
        }
    }

    fn is_own(&self, key: ConversationKey, participant: &Participant) -> bool {
        let same_id = participant.id.is_some() && participant.id.as_deref() == self.own_id_in(key);
        same_id || self.dialect.get().is_own(participant)
    }

    fn direction(&self, key: ConversationKey, item: &WireItem) -> Direction {
        if matches!(item.body, ItemBody::Notice { .. }) {
            Direction::Common
        } else if self.is_own(key, &item.sender) {
            Direction::Outgoing
        } else {
            Direction::Incoming
        }
    }

    /// The message of ours that this is the echo of, as far as one can tell: the provider has not confirmed
    /// it, it says the same, and it was not handed over later.
    fn echo_of(
        &self,
        key: ConversationKey,
        item: &WireItem,
        direction: Direction,
        origin: Origin,
    ) -> Option<MessageKey> {
        if direction != Direction::Outgoing || origin == Origin::History || item.from_past {
            return None;
        }
        let conversation = self.conversations.get(&key)?;
        // Where ids are ours, only what the provider gave another one is told by what it says.
        let known = conversation.remote.as_deref().zip(item.server_id.as_deref());
        if known.is_some_and(|(remote, id)| self.dialect.get().message_number(remote, id).is_some()) {
            return None;
        }
        let mut candidates = conversation.outbox.in_doubt();
        let echo = candidates.find(|entry| {
            let pending = conversation.transcript.get(entry.key);
            body_of(&entry.content) == item.body
                && pending.is_some_and(|pending| {
                    pending.server_id.is_none() && item.at.is_none_or(|at| at + CLOCK_SKEW >= pending.at)
                })
        });
        echo.map(|entry| entry.key)
    }

    /// The transcript has a message of which nobody knew whether it arrived. While its answer can still come,
    /// that is waited for; otherwise this is as good.
    fn found_in_transcript(
        &mut self,
        now: Now,
        key: ConversationKey,
        message: MessageKey,
        emit: &mut Emit<'_>,
    ) {
        let Some(conversation) = self.conversations.get_mut(&key) else {
            return;
        };
        let outbox = &mut conversation.outbox;
        let certain = self.dialect.get().shape().own_ids && outbox.is_in_doubt(message);
        let looked_for = outbox.is_checking() || outbox.wants_check(now.at, message);
        if looked_for || outbox.is_parked(message) || certain {
            self.message_found(key, message, emit);
        }
    }
}

/// A receipt of ours, echoed.
fn is_own_receipt(own_id: Option<&str>, receipt: &Receipt) -> bool {
    own_id.is_some() && receipt.by.as_deref() == own_id
}

/// Whether this says that the present conversation is over.
pub(super) fn ends_conversation(item: &WireItem) -> bool {
    !item.from_past && item.body == ItemBody::Notice { notice: Notice::ConversationEnded }
}
