//! What goes out: messages, receipts, typing.

use super::answers::Trouble;
use super::{Emit, Purpose, Session};
use crate::dialect::{Acceptance, Answer, Intent, LinkKind, OutgoingReceipt, RefusalClass};
use crate::event::{CommandResult, Event};
use crate::id::{CommandId, ConversationKey, MessageKey};
use crate::machine::catch_up::Goal;
use crate::machine::outbox::{Fate, Next, Outcome};
use crate::machine::receipts::Send;
use crate::machine::typing::Outbound;
use crate::model::{
    DeliveryStatus, Direction, ItemBody, Origin, OutgoingContent, Participant, Role, TranscriptItem,
};
use crate::output::Operation;
use crate::time::Now;

impl Session {
    /// Sends what may go out now.
    pub(super) fn pump(&mut self, now: Now, emit: &mut Emit<'_>) {
        if self.ended.is_some() {
            return;
        }
        self.pump_leave(now, emit);
        self.pump_questions(now, emit);
        for key in self.conversation_keys() {
            let (open, reachable, polls) = (self.may_send(), self.is_reachable(key), self.polls());
            let Some(conversation) = self.conversations.get_mut(&key) else {
                continue;
            };
            // While the link is being made again, its tries find out what messages would find out.
            let live = open && reachable;
            conversation.outbox.set_open(live);
            let next = self.next_to_send(now, key, emit);
            let Some(conversation) = self.conversations.get_mut(&key) else {
                continue;
            };
            match next {
                Some(Next::Send { key: message, content, token }) => {
                    self.send_message(now, key, message, &content, &token, emit);
                }
                // It comes in its turn, after the poll under way.
                Some(Next::Check) if polls => conversation.look_up(),
                // What is being fetched was asked for before the wait was over: it does not tell.
                Some(Next::Check)
                    if conversation.catch_up.is_running() || self.link.live_socket().is_none() =>
                {
                    conversation.outbox.not_yet();
                }
                Some(Next::Check) => self.begin_catch_up(now, key, Goal::Check, emit),
                None => {}
            }
            self.pump_uploads(now, key, emit);
            self.pump_history(now, key, emit);
            if polls {
                self.pump_poll(now, key, emit);
            }
            // Last, so that receipts take no room from what the user waits for.
            self.let_receipts(key, live);
        }
    }

    /// What the head of the line needs. One of unknown outcome need not be looked for where the transcript shows it
    /// already: no answer came that could tell that this was another.
    fn next_to_send(&mut self, now: Now, key: ConversationKey, emit: &mut Emit<'_>) -> Option<Next> {
        loop {
            let conversation = self.conversations.get_mut(&key)?;
            let next = conversation.outbox.next(now.at)?;
            match conversation.outbox.checking().filter(|message| conversation.is_shown(*message)) {
                Some(shown) => self.message_found(key, shown, emit),
                None => return Some(next),
            }
        }
    }

    /// A message of unknown outcome stands in the transcript, and no answer to it can come any more.
    pub(super) fn message_found(&mut self, key: ConversationKey, message: MessageKey, emit: &mut Emit<'_>) {
        let Some(conversation) = self.conversations.get_mut(&key) else {
            return;
        };
        let entry = conversation.outbox.accepted(message);
        let marks = conversation.transcript.believe(message, emit.changes(key, Origin::Local));
        self.report_marks(key, marks, emit);
        self.message_sent(message, entry.and_then(|entry| entry.command), emit);
    }

    /// Lets receipts go while the link is `live` and there is room: one of each kind may go at once.
    fn let_receipts(&mut self, key: ConversationKey, live: bool) {
        let room = live && self.room() >= 2;
        let Some(conversation) = self.conversations.get_mut(&key) else { return };
        if room {
            conversation.receipts.release();
        } else {
            conversation.receipts.hold();
        }
    }

    /// Takes a message into the outbox.
    pub(super) fn hand_over(
        &mut self,
        now: Now,
        command: CommandId,
        key: ConversationKey,
        content: OutgoingContent,
        emit: &mut Emit<'_>,
    ) {
        let message = MessageKey::from_u64(self.message_keys.next());
        // Where ids are ours, it has one once it is tried: what was said before is known then.
        let own_ids = self.dialect.get().shape().own_ids;
        let token = if own_ids { String::new() } else { self.rng.uuid() };
        let item = self.pending_item(now, key, message, body_of(&content));
        let Some(conversation) = self.conversations.get_mut(&key) else {
            return;
        };
        conversation.outbox.push(message, content, token, command);
        conversation.typing.sent_message();
        emit.event(Event::MessageQueued { command, conversation: key, message });
        conversation.transcript.add_pending(item, emit.changes(key, Origin::Local));
        emit.checkpoint();
    }

    /// How something that was just handed over stands in the transcript.
    pub(super) fn pending_item(
        &self,
        now: Now,
        conversation: ConversationKey,
        key: MessageKey,
        body: ItemBody,
    ) -> TranscriptItem {
        let id = self.own_id_in(conversation).map(ToOwned::to_owned);
        TranscriptItem {
            key,
            server_id: None,
            at: now.wall,
            sender: Participant { id, role: Role::Customer, display_name: None },
            direction: Direction::Outgoing,
            body,
            status: Some(DeliveryStatus::Queued),
            receipts: Vec::new(),
            partial: false,
            processing: None,
            segment: None,
            from_past: false,
        }
    }

    fn send_message(
        &mut self,
        now: Now,
        key: ConversationKey,
        message: MessageKey,
        content: &OutgoingContent,
        token: &str,
        emit: &mut Emit<'_>,
    ) {
        if let Some(conversation) = self.conversations.get_mut(&key) {
            let changes = emit.changes(key, Origin::Local);
            conversation.transcript.set_status(message, DeliveryStatus::Sending, changes);
        }
        let generation = self.credentials.generation();
        let purpose = Purpose::SendMessage { conversation: key, message, generation };
        let named = if token.is_empty() { self.name_message(key, message) } else { None };
        let token = named.as_deref().unwrap_or(token);
        self.request_or_end(now, purpose, &Intent::SendMessage { content, token }, emit);
    }

    /// The id of the next message of ours, where ids are ours.
    pub(super) fn next_message_id(&mut self, key: ConversationKey) -> Option<String> {
        let conversation = self.conversations.get_mut(&key)?;
        let number = conversation.next_number();
        self.dialect.get().message_id(conversation.remote.as_deref()?, number)
    }

    /// Gives a message its id, for this try and all that follow.
    fn name_message(&mut self, key: ConversationKey, message: MessageKey) -> Option<String> {
        let id = self.next_message_id(key)?;
        let identity = self.dialect.get().own_identity(&id);
        let conversation = self.conversations.get_mut(&key)?;
        conversation.outbox.name(message, id.clone());
        conversation.transcript.name(message, identity);
        Some(id)
    }

    pub(super) fn message_answered(
        &mut self,
        now: Now,
        key: ConversationKey,
        message: MessageKey,
        outcome: Result<Answer, Trouble>,
        emit: &mut Emit<'_>,
    ) {
        let trouble = match outcome {
            Ok(Answer::Accepted(acceptance)) => {
                self.message_accepted(key, message, acceptance, emit);
                return;
            }
            Ok(_) => Self::unexpected(Operation::SendMessage, "the id of the message"),
            Err(trouble) => trouble,
        };
        let failure = trouble.failure();
        let retry_after = trouble.retry_after();
        let outcome = match trouble.class() {
            RefusalClass::Credential => Outcome::Again { failure },
            RefusalClass::Invalid | RefusalClass::Conflict => Outcome::Refused { failure },
            RefusalClass::TryAgain if trouble.may_have_acted() => Outcome::Unknown { failure, retry_after },
            RefusalClass::TryAgain => Outcome::NotNow { failure, retry_after },
        };
        let Some(conversation) = self.conversations.get_mut(&key) else {
            return;
        };
        let mut fates = Vec::new();
        conversation.outbox.settle(now.at, &mut self.rng, message, outcome, &mut fates);
        let retry_at = conversation.outbox.retry_at();
        if trouble.class() != RefusalClass::Credential {
            self.report(now, Operation::SendMessage, &trouble, retry_at, emit);
        }
        self.apply_fates(key, fates, emit);
    }

    /// The provider took a message: its answer says so, or somebody marks it who can only have it from there.
    pub(super) fn message_accepted(
        &mut self,
        key: ConversationKey,
        message: MessageKey,
        mut acceptance: Acceptance,
        emit: &mut Emit<'_>,
    ) {
        let own_ids = self.dialect.get().shape().own_ids;
        let Some(conversation) = self.conversations.get_mut(&key) else {
            return;
        };
        let entry = conversation.outbox.accepted(message);
        if own_ids && let Some(entry) = &entry {
            acceptance.identity = Some(self.dialect.get().own_identity(&entry.token));
            acceptance.server_id = Some(entry.token.clone());
        }
        let keys = &mut self.message_keys;
        let fresh = || MessageKey::from_u64(keys.next());
        let changes = emit.changes(key, Origin::Local);
        let marks = conversation.transcript.confirm(message, acceptance, fresh, changes);
        self.report_marks(key, marks, emit);
        self.message_sent(message, entry.and_then(|entry| entry.command), emit);
    }

    /// The provider has a message.
    pub(super) fn message_sent(
        &mut self,
        message: MessageKey,
        command: Option<CommandId>,
        emit: &mut Emit<'_>,
    ) {
        emit.checkpoint();
        if let Some(command) = command {
            self.finish(command, CommandResult::Sent { message }, emit);
        }
    }

    /// Shows what became of messages, and tells whoever handed them over.
    pub(super) fn apply_fates(&mut self, key: ConversationKey, fates: Vec<Fate>, emit: &mut Emit<'_>) {
        let mut finished = Vec::new();
        let Some(conversation) = self.conversations.get_mut(&key) else {
            return;
        };
        for fate in fates {
            let (message, status) = match fate {
                Fate::Waits(message) => (message, DeliveryStatus::Queued),
                Fate::Failed { key, command, failure } => {
                    finished.extend(command.map(|command| (command, failure.clone())));
                    (key, DeliveryStatus::Failed { failure })
                }
                Fate::Uncertain { key, command, failure } => {
                    finished.extend(command.map(|command| (command, failure.clone())));
                    (key, DeliveryStatus::Uncertain { failure })
                }
            };
            let changes = emit.changes(key, Origin::Local);
            conversation.transcript.set_status(message, status, changes);
        }
        emit.checkpoint();
        for (command, failure) in finished {
            self.finish(command, CommandResult::Failed { failure }, emit);
        }
    }

    pub(super) fn receipts_due(&mut self, now: Now, emit: &mut Emit<'_>) {
        let together = self.dialect.get().shape().receipts_together;
        for key in self.conversation_keys() {
            // Those of the conversation before may have taken the room.
            self.let_receipts(key, self.may_send() && self.is_reachable(key));
            let Some(conversation) = self.conversations.get_mut(&key) else {
                continue;
            };
            let mut batch = Vec::new();
            for sent in conversation.receipts.due(now.at) {
                let item = conversation.transcript.get(sent.message);
                match item.and_then(|item| item.server_id.clone()) {
                    Some(server_id) => batch.push((sent, OutgoingReceipt { kind: sent.kind, server_id })),
                    None => {
                        conversation.receipts.settled(now.at, sent, crate::machine::receipts::Outcome::Drop);
                    }
                }
            }
            let a_request = if together { batch.len().max(1) } else { 1 };
            for part in batch.chunks(a_request) {
                self.send_receipts(now, key, part, emit);
            }
        }
    }

    fn send_receipts(
        &mut self,
        now: Now,
        key: ConversationKey,
        batch: &[(Send, OutgoingReceipt)],
        emit: &mut Emit<'_>,
    ) {
        let (sent, receipts): (Vec<Send>, Vec<OutgoingReceipt>) = batch.iter().cloned().unzip();
        let generation = self.credentials.generation();
        let purpose = Purpose::SendReceipt { conversation: key, sent, generation };
        let token = self.rng.uuid();
        let intent = Intent::SendReceipts { receipts: &receipts, token: &token };
        self.request_or_end(now, purpose, &intent, emit);
    }

    /// The user types. What cannot be told now is not worth telling later.
    pub(super) fn user_types(
        &mut self,
        now: Now,
        command: CommandId,
        key: ConversationKey,
        emit: &mut Emit<'_>,
    ) {
        let tell = self.may_tell_typing(key)
            && self
                .conversations
                .get_mut(&key)
                .is_some_and(|conversation| conversation.typing.typed(now.at).is_some());
        if tell {
            self.tell_typing(now, key, true, Some(command), emit);
        } else {
            self.finish_held_back(command, emit);
        }
    }

    /// The user has stopped typing.
    pub(super) fn user_stops(
        &mut self,
        now: Now,
        command: CommandId,
        key: ConversationKey,
        emit: &mut Emit<'_>,
    ) {
        let told = self.conversations.get_mut(&key).and_then(|conversation| conversation.typing.stopped());
        if told.is_some() && self.may_tell_typing(key) && self.dialect.get().capabilities().stopped_typing {
            self.tell_typing(now, key, false, Some(command), emit);
        } else {
            self.finish(command, CommandResult::Done, emit);
        }
    }

    /// Whether it makes sense to say now that the user types: not while a message is under way, which says more,
    /// where the two might overtake each other.
    fn may_tell_typing(&self, key: ConversationKey) -> bool {
        let Some(conversation) = self.conversations.get(&key) else { return false };
        let by_poll = self.dialect.get().shape().link == LinkKind::Poll;
        self.may_send() && self.is_reachable(key) && !(by_poll && conversation.outbox.is_sending())
    }

    fn tell_typing(
        &mut self,
        now: Now,
        key: ConversationKey,
        typing: bool,
        command: Option<CommandId>,
        emit: &mut Emit<'_>,
    ) {
        let generation = self.credentials.generation();
        let purpose = Purpose::SendTyping { conversation: key, command, generation };
        let token = self.rng.uuid();
        self.request_or_end(now, purpose, &Intent::SendTyping { typing, token: &token }, emit);
    }

    pub(super) fn typing_due(&mut self, now: Now, emit: &mut Emit<'_>) {
        for key in self.conversation_keys() {
            let Some(conversation) = self.conversations.get_mut(&key) else { continue };
            let silence = conversation.typing.due(now.at);
            for participant in silence.stopped {
                emit.event(Event::TypingStopped { conversation: key, participant });
            }
            if silence.outbound == Some(Outbound::Stopped) && self.may_tell_typing(key) {
                self.tell_typing(now, key, false, None, emit);
            }
        }
    }
}

/// How a message stands in the transcript.
pub(super) fn body_of(content: &OutgoingContent) -> ItemBody {
    match content.clone() {
        OutgoingContent::Text { text } => ItemBody::Text { text },
        OutgoingContent::Markdown { text } => ItemBody::Markdown { text },
        OutgoingContent::Html { html } => {
            let text = crate::wire::html::to_text(&html).into_owned();
            ItemBody::Html { html, text }
        }
        OutgoingContent::Reply { text, question: _ } => ItemBody::Text { text },
        OutgoingContent::Json { text } => ItemBody::Json { text },
        OutgoingContent::InteractiveResponse { text } => ItemBody::InteractiveResponse { text },
    }
}
