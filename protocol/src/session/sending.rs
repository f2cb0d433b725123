//! What goes out: messages, receipts, typing.

use super::answers::Trouble;
use super::{Emit, Purpose, Session};
use crate::dialect::{Answer, Intent, RefusalClass};
use crate::event::{CommandResult, Event};
use crate::id::{CommandId, ConversationKey, MessageKey};
use crate::machine::catch_up::Goal;
use crate::machine::outbox::{Fate, Next, Outcome};
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
            let open = self.may_send();
            let Some(conversation) = self.conversations.get_mut(&key) else {
                continue;
            };
            // While the link is being made again, its tries find out what messages would find out.
            let live = open && self.link.live_socket().is_some();
            conversation.outbox.set_open(live);
            match conversation.outbox.next(now.at) {
                Some(Next::Send { key: message, content, token }) => {
                    self.send_message(now, key, message, &content, &token, emit);
                }
                Some(Next::Check) => {
                    let running = conversation.catch_up.is_running();
                    if !running && self.link.live_socket().is_some() {
                        self.begin_catch_up(now, key, Goal::Check, emit);
                    }
                }
                None => {}
            }
            self.pump_uploads(now, key, emit);
            self.pump_history(now, key, emit);
            // Last, so that receipts take no room from what the user waits for. One of each kind may go at once.
            let room = live && self.requests.len().saturating_add(2) <= self.limits.requests();
            if let Some(conversation) = self.conversations.get_mut(&key) {
                if room {
                    conversation.receipts.release();
                } else {
                    conversation.receipts.hold();
                }
            }
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
        let token = self.rng.uuid();
        let item = self.pending_item(now, message, body_of(&content));
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
    pub(super) fn pending_item(&self, now: Now, key: MessageKey, body: ItemBody) -> TranscriptItem {
        TranscriptItem {
            key,
            server_id: None,
            at: now.wall,
            sender: Participant { id: self.own_id.clone(), role: Role::Customer, display_name: None },
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
        self.request_or_end(now, purpose, &Intent::SendMessage { content, token }, emit);
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
                let Some(conversation) = self.conversations.get_mut(&key) else {
                    return;
                };
                let entry = conversation.outbox.accepted(message);
                let keys = &mut self.message_keys;
                let fresh = || MessageKey::from_u64(keys.next());
                let changes = emit.changes(key, Origin::Local);
                let marks = conversation.transcript.confirm(message, acceptance, fresh, changes);
                self.report_marks(key, marks, emit);
                self.message_sent(message, entry.and_then(|entry| entry.command), emit);
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
        for key in self.conversation_keys() {
            let Some(conversation) = self.conversations.get_mut(&key) else {
                continue;
            };
            for sent in conversation.receipts.due(now.at) {
                let Some(conversation) = self.conversations.get_mut(&key) else {
                    continue;
                };
                let item = conversation.transcript.get(sent.message);
                let Some(server_id) = item.and_then(|item| item.server_id.clone()) else {
                    conversation.receipts.settled(now.at, sent, crate::machine::receipts::Outcome::Drop);
                    continue;
                };
                let generation = self.credentials.generation();
                let purpose = Purpose::SendReceipt { conversation: key, sent, generation };
                let token = self.rng.uuid();
                let intent = Intent::SendReceipt { kind: sent.kind, server_id: &server_id, token: &token };
                self.request_or_end(now, purpose, &intent, emit);
            }
        }
    }

    /// The user types. What cannot be told now is not worth telling later.
    pub(super) fn user_types(
        &mut self,
        now: Now,
        command: CommandId,
        key: ConversationKey,
        emit: &mut Emit<'_>,
    ) {
        let possible = self.may_send() && self.link.live_socket().is_some();
        let tell = possible
            && self
                .conversations
                .get_mut(&key)
                .is_some_and(|conversation| conversation.typing.typed(now.at).is_some());
        if !tell {
            self.finish_held_back(command, emit);
            return;
        }
        let generation = self.credentials.generation();
        let purpose = Purpose::SendTyping { conversation: key, command, generation };
        let token = self.rng.uuid();
        self.request_or_end(now, purpose, &Intent::SendTyping { token: &token }, emit);
    }

    pub(super) fn typing_due(&mut self, now: Now, emit: &mut Emit<'_>) {
        for (key, conversation) in &mut self.conversations {
            for participant in conversation.typing.due(now.at).stopped {
                emit.event(Event::TypingStopped { conversation: *key, participant });
            }
        }
    }
}

/// How a message stands in the transcript.
pub(super) fn body_of(content: &OutgoingContent) -> ItemBody {
    match content.clone() {
        OutgoingContent::Text { text } => ItemBody::Text { text },
        OutgoingContent::Markdown { text } => ItemBody::Markdown { text },
        OutgoingContent::Json { text } => ItemBody::Json { text },
        OutgoingContent::InteractiveResponse { text } => ItemBody::InteractiveResponse { text },
    }
}
