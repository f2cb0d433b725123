//! The conversations of a session: how each begins and ends, where a provider has several.

use super::{Emit, Purpose, Session};
use crate::dialect::{Acceptance, EncodeError};
use crate::error::{CommandError, Failure};
use crate::event::{CommandResult, EndReason, Event};
use crate::id::{CommandId, ConversationKey};
use crate::machine::link::chart::Phase;
use crate::model::{ConversationEnd, Introduction};
use crate::output::Output;
use crate::session::conversation::Conversation;
use crate::time::Now;

impl Session {
    /// The conversation that is meant where none is named, made anew if it is over.
    pub(super) fn fresh_conversation(&mut self) -> ConversationKey {
        let over = self.conversations.get(&self.current).is_none_or(|it| it.over.is_some());
        if over {
            self.add_conversation();
        }
        self.current
    }

    /// Adds a conversation that has not begun yet, and drops the oldest that is over where there are too many.
    pub(super) fn add_conversation(&mut self) -> ConversationKey {
        let key = ConversationKey::from_u64(self.conversation_ids.next());
        if self.conversations.len() >= self.limits.conversations().max(1) {
            let oldest = self.conversations.keys().find(|key| !self.active.contains(key)).copied();
            if let Some(oldest) = oldest {
                self.conversations.remove(&oldest);
            }
        }
        let conversation = Conversation::new(self.dialect.get().shape(), &self.policy, &self.limits);
        self.conversations.insert(key, Box::new(conversation));
        self.active.insert(key);
        self.current = key;
        key
    }

    /// Whether a command that begins a conversation makes sense now.
    pub(super) fn check_start(&self, name: &str, introduction: &Introduction) -> Result<(), CommandError> {
        if self.link.phase() != Phase::Idle {
            return Err(CommandError::AlreadyConnected);
        }
        match self.dialect.get().check_introduction(introduction) {
            Ok(()) => Ok(()),
            Err(EncodeError { problem }) => {
                Err(CommandError::InvalidArgument { command: name.to_owned(), hint: problem })
            }
        }
    }

    /// Whether a push can be read.
    pub(super) fn check_push(&self, name: &str, payload: &str) -> Result<(), CommandError> {
        match self.dialect.get().push(payload, &self.limits) {
            Ok(_) => Ok(()),
            Err(EncodeError { problem }) => {
                Err(CommandError::InvalidArgument { command: name.to_owned(), hint: problem })
            }
        }
    }

    /// Connects, with another conversation if the last one is over.
    pub(super) fn connect(
        &mut self,
        now: Now,
        command: CommandId,
        introduction: Option<Introduction>,
        emit: &mut Emit<'_>,
    ) {
        let key = self.fresh_conversation();
        if let Some(conversation) = self.conversations.get_mut(&key) {
            conversation.introduction = introduction.map(Box::new);
        }
        self.awaiting_live.push(command);
        self.take_steps(now, |link, _, steps| link.connect(steps), emit);
    }

    /// A push came for the conversation with this id of the provider's, or for nobody that we know.
    pub(super) fn pushed(&mut self, now: Now, command: CommandId, id: Option<String>, emit: &mut Emit<'_>) {
        let Some(id) = id else {
            self.finish(command, CommandResult::NotOurs, emit);
            return;
        };
        let known = self.conversations.iter().find(|(_, it)| it.remote.as_ref() == Some(&id));
        let known = known.map(|(key, _)| *key);
        let beginning = self.active.iter().any(|key| {
            self.conversations.get(key).is_some_and(|it| it.remote.is_none())
                && self.link.phase() != Phase::Idle
        });
        match known {
            Some(key) => {
                if let Some(conversation) = self.conversations.get_mut(&key) {
                    conversation.poller.wake(now.at, &mut self.rng);
                }
            }
            // The provider says in a moment which conversation goes on.
            None if beginning => {}
            None => {
                let unused = self
                    .conversations
                    .get(&self.current)
                    .is_some_and(|it| it.remote.is_none() && it.over.is_none());
                let key = if unused { self.current } else { self.add_conversation() };
                self.take_up(now, key, id, true, emit);
            }
        }
        self.finish(command, CommandResult::Done, emit);
        self.take_steps(now, |link, _, steps| link.connect(steps), emit);
    }

    /// A conversation is over; the session is not, unless it was to be.
    pub(super) fn conversation_over(
        &mut self,
        now: Now,
        key: ConversationKey,
        why: ConversationEnd,
        emit: &mut Emit<'_>,
    ) {
        if !self.active.contains(&key) || self.ended.is_some() {
            return;
        }
        let leaving = self.leaving.take_if(|leaving| leaving.is_of(key));
        if leaving.as_ref().is_some_and(super::ending::Leaving::is_of_session) {
            self.leaving = leaving;
            self.end(now, EndReason::Left, emit);
            return;
        }
        let why = if leaving.is_some() { ConversationEnd::Left } else { why };
        let reason = if leaving.is_some() { EndReason::Left } else { EndReason::ChatEnded };
        let failure = Failure::Ended { reason };
        self.active.remove(&key);
        self.cancel_of(key, &failure, emit);
        self.wind_up(now, key, &failure, Some(why), emit);
        if let Some(leaving) = leaving {
            self.finish(leaving.command(), CommandResult::Done, emit);
        }
        if self.active.is_empty() {
            for command in core::mem::take(&mut self.awaiting_live) {
                self.finish(command, CommandResult::Failed { failure: failure.clone() }, emit);
            }
            self.take_steps(now, |link, _, steps| link.rest(now.at, steps), emit);
        }
        emit.checkpoint();
    }

    /// Takes back what was asked in a conversation.
    fn cancel_of(&mut self, key: ConversationKey, failure: &Failure, emit: &mut Emit<'_>) {
        let of_it = |purpose: &Purpose| {
            purpose.conversation() == Some(key)
                && !matches!(purpose, Purpose::Question { .. } | Purpose::Download { .. })
        };
        for (id, purpose) in self.requests.cancel_where(of_it) {
            emit.output(Output::CancelRequest { id });
            if let Purpose::SendTyping { command: Some(command), .. } = purpose {
                self.finish(command, CommandResult::Failed { failure: failure.clone() }, emit);
            }
        }
    }

    /// Brings everything in a conversation to its end.
    pub(super) fn wind_up(
        &mut self,
        now: Now,
        key: ConversationKey,
        failure: &Failure,
        why: Option<ConversationEnd>,
        emit: &mut Emit<'_>,
    ) {
        self.release_held(now, key, emit);
        // No answer comes any more: what the transcript shows, or somebody marked, has arrived.
        let proven = self.conversations.get(&key).into_iter().flat_map(|it| {
            it.outbox.in_doubt().map(|entry| entry.key).filter(|message| it.is_proven(*message))
        });
        for message in proven.collect::<Vec<_>>() {
            self.message_accepted(key, message, Acceptance::default(), emit);
        }
        let Some(conversation) = self.conversations.get_mut(&key) else { return };
        conversation.over = why.or(conversation.over);
        conversation.poller.stop();
        conversation.catch_up.end();
        conversation.receipts.end();
        let stopped = conversation.typing.clear();
        let mut fates = Vec::new();
        conversation.outbox.end(failure, &mut fates);
        let loading = conversation.history.run.take();
        let files = conversation.uploads.end(failure);
        self.uploads_failed(key, files, emit);
        self.apply_fates(key, fates, emit);
        for participant in stopped {
            emit.event(Event::TypingStopped { conversation: key, participant });
        }
        if why.is_some() {
            if let Some(run) = loading {
                self.finish(run.command, CommandResult::Failed { failure: failure.clone() }, emit);
            }
            emit.event(Event::ConversationEnded { conversation: key, why });
        }
    }
}
