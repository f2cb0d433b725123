//! What a conversation is told by an answer: polls, histories, and whatever else brings news.

use super::{Emit, Session};
use crate::dialect::{Acceptance, Extension, Fact};
use crate::event::Event;
use crate::id::ConversationKey;
use crate::model::{ConversationEnd, ConversationState, ItemBody, Origin, Receipt, ReceiptKind};
use crate::time::{Now, WallTime};

/// What there was in what was told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// Something that was not known.
    pub(super) news: bool,
    /// The conversation is over.
    pub(super) over: Option<ConversationEnd>,
}

/// A mark, as it came.
struct Mark {
    identity: String,
    kind: ReceiptKind,
    by: Option<String>,
    at: Option<WallTime>,
}

impl Session {
    /// Takes what came of itself, in the order in which it came.
    pub(super) fn told(
        &mut self,
        now: Now,
        key: ConversationKey,
        facts: Vec<Fact>,
        emit: &mut Emit<'_>,
    ) -> Told {
        let mut told = Told::default();
        for fact in facts {
            self.tell(now, key, fact, Origin::Live, &mut told, emit);
        }
        self.trim(key, Origin::Live, emit);
        told
    }

    /// Takes one thing that was told.
    pub(super) fn tell(
        &mut self,
        now: Now,
        key: ConversationKey,
        fact: Fact,
        origin: Origin,
        told: &mut Told,
        emit: &mut Emit<'_>,
    ) {
        let live = origin == Origin::Live;
        told.news |= match fact {
            Fact::Item(item) => self.take_item(now, key, *item, origin, emit),
            Fact::Receipts { server_id, receipts } => {
                self.receipts_came(key, &server_id, receipts, emit);
                true
            }
            Fact::Mark { identity, kind, by, at } => {
                self.mark_came(now, key, Mark { identity, kind, by, at }, emit)
            }
            // Where it stands in a history, it is long over.
            Fact::Typing { participant } => live && self.somebody_types(now, key, participant, emit),
            Fact::StoppedTyping { participant } => live && self.stopped_typing(key, &participant, emit),
            Fact::Status { state, wait } => {
                self.status_came(key, state, wait.map(|wait| wait.as_secs()), emit)
            }
            Fact::Edited { identity, body } => self.edited(key, &identity, body, origin, emit),
            Fact::Deleted { identity } => self.deleted(key, &identity, origin, emit),
            Fact::Extension { identity, event } => self.extension(key, identity, *event, origin, emit),
            Fact::Over { why } => {
                told.over = Some(why);
                true
            }
            Fact::Unrecognized { what, raw } => {
                emit.event(Event::Unrecognized { what, raw });
                true
            }
            Fact::Fault(fault) => {
                emit.event(Event::ProviderFault { fault });
                true
            }
            // These are said on sockets.
            Fact::Greeted
            | Fact::GreetingRefused
            | Fact::ProbeAnswered { .. }
            | Fact::ProbeRefused { .. } => false,
        };
    }

    /// A mark on one message: of somebody else on ours, or one of our own, which need not be set again.
    fn mark_came(&mut self, now: Now, key: ConversationKey, mark: Mark, emit: &mut Emit<'_>) -> bool {
        let Mark { identity, kind, by, at } = mark;
        let own = by.is_some() && by.as_deref() == self.own_id_in(key);
        let Some(conversation) = self.conversations.get_mut(&key) else { return false };
        if own {
            let place = conversation.transcript.key_of(&identity).and_then(|key| conversation.mark(key));
            return place.is_some_and(|mark| conversation.receipts.is_set(kind, mark.position));
        }
        let at = Some(at.unwrap_or(now.wall));
        let (delivered_at, read_at) = match kind {
            ReceiptKind::Delivered => (at, None),
            ReceiptKind::Read => (None, at),
        };
        let changes = emit.changes(key, Origin::Live);
        let receipt = Receipt { by, delivered_at, read_at };
        let marks = conversation.transcript.mark(&identity, vec![receipt], changes);
        let news = !marks.is_empty();
        // Who marks a message of ours has it, whatever became of the answer to it.
        let proven = conversation.transcript.key_of(&identity);
        let proven = proven.filter(|message| conversation.outbox.is_in_doubt(*message));
        self.report_marks(key, marks, emit);
        if let Some(message) = proven {
            self.message_accepted(key, message, Acceptance::default(), emit);
        }
        news
    }

    fn status_came(
        &mut self,
        key: ConversationKey,
        progress: ConversationState,
        wait_seconds: Option<u64>,
        emit: &mut Emit<'_>,
    ) -> bool {
        let Some(conversation) = self.conversations.get_mut(&key) else { return false };
        let status = Some((progress.clone(), wait_seconds));
        if conversation.status == status {
            return false;
        }
        conversation.status = status;
        emit.event(Event::ConversationChanged { conversation: key, progress, wait_seconds });
        true
    }

    fn edited(
        &mut self,
        key: ConversationKey,
        identity: &str,
        body: ItemBody,
        origin: Origin,
        emit: &mut Emit<'_>,
    ) -> bool {
        let Some(conversation) = self.conversations.get_mut(&key) else { return false };
        conversation.transcript.edit(identity, body, emit.changes(key, origin))
    }

    fn deleted(&mut self, key: ConversationKey, identity: &str, origin: Origin, emit: &mut Emit<'_>) -> bool {
        let Some(conversation) = self.conversations.get_mut(&key) else { return false };
        let Some(message) = conversation.transcript.key_of(identity) else { return false };
        conversation.transcript.remove(message, emit.changes(key, origin));
        true
    }

    /// What only this provider has; once, where it has an identity.
    fn extension(
        &mut self,
        key: ConversationKey,
        identity: Option<String>,
        event: Extension,
        origin: Origin,
        emit: &mut Emit<'_>,
    ) -> bool {
        let Some(conversation) = self.conversations.get_mut(&key) else { return false };
        if identity.is_some_and(|identity| !conversation.once.note(identity)) {
            return false;
        }
        match event {
            Extension::BrightPattern(event) => {
                emit.event(Event::BrightPattern { conversation: key, origin, event });
            }
        }
        true
    }
}
