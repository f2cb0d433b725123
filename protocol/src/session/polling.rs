//! The link of a provider that is asked again and again: it is up as long as one conversation gets answers.

use super::answers::Trouble;
use super::told::Told;
use super::{Emit, Purpose, Session};
use crate::dialect::{Answer, Intent, LinkKind, RefusalDetail, Started};
use crate::event::{CommandResult, EndReason, Event, LostReason};
use crate::id::ConversationKey;
use crate::machine::catch_up::Goal;
use crate::machine::link::Tries;
use crate::machine::poller::{Brought, Failed, Work};
use crate::model::ConversationEnd;
use crate::output::Operation;
use crate::time::Now;

impl Session {
    pub(super) fn polls(&self) -> bool {
        self.dialect.get().shape().link == LinkKind::Poll
    }

    /// Begins or takes up what the session is for, where there is no socket to open.
    pub(super) fn connect_by_poll(&mut self, now: Now, emit: &mut Emit<'_>) {
        self.cancel_authorise(emit);
        for key in self.conversation_keys() {
            let Some(conversation) = self.conversations.get_mut(&key) else { continue };
            if conversation.remote.is_some() {
                conversation.poller.wake(now.at, &mut self.rng);
                // What it last heard is not long ago, and a poll of before may still be held.
                let well = conversation.poller.is_well() && !conversation.poller.wants_history();
                if well {
                    self.provider_answers(now, key, false, emit);
                }
                continue;
            }
            let introduction = conversation.introduction.clone();
            let intent = Intent::StartConversation { introduction: introduction.as_deref() };
            let purpose = Purpose::StartConversation { conversation: key };
            if let Err(problem) = self.request(now, purpose, &intent, emit) {
                self.end(now, problem, emit);
                return;
            }
        }
    }

    pub(super) fn start_answered(
        &mut self,
        now: Now,
        key: ConversationKey,
        outcome: Result<Answer, Trouble>,
        emit: &mut Emit<'_>,
    ) {
        let trouble = match outcome {
            Ok(Answer::Started(started)) => {
                self.started(now, key, started, emit);
                return;
            }
            Ok(_) => Self::unexpected(Operation::StartConversation, "the id of the conversation"),
            Err(trouble) => trouble,
        };
        if trouble.class() == crate::dialect::RefusalClass::TryAgain {
            let mut steps = Vec::new();
            self.link.fail(now.at, &mut self.rng, trouble.retry_after(), &mut steps);
            self.report(now, Operation::StartConversation, &trouble, self.link.next_attempt(), emit);
            self.follow(now, steps, emit);
            return;
        }
        self.report(now, Operation::StartConversation, &trouble, None, emit);
        for command in core::mem::take(&mut self.awaiting_live) {
            self.finish(command, CommandResult::Failed { failure: trouble.failure() }, emit);
        }
        self.conversation_over(now, key, ConversationEnd::Failed, emit);
    }

    fn started(&mut self, now: Now, key: ConversationKey, started: Started, emit: &mut Emit<'_>) {
        let Started { conversation: id, resumed, facts } = started;
        self.take_up(now, key, id, resumed, emit);
        let told = self.told(now, key, facts, emit);
        if resumed {
            self.link.answered(now.at);
        } else {
            self.provider_answers(now, key, false, emit);
        }
        self.end_if_over(now, key, told, emit);
    }

    /// A conversation is known by its id from here on.
    pub(super) fn take_up(
        &mut self,
        now: Now,
        key: ConversationKey,
        id: String,
        resumed: bool,
        emit: &mut Emit<'_>,
    ) {
        let Some(conversation) = self.conversations.get_mut(&key) else { return };
        conversation.remote = Some(id.clone());
        conversation.poller.start(now.at, resumed);
        let mut loading = None;
        if !resumed {
            // Nothing was said before it began.
            conversation.transcript.close_gap();
            conversation.history.complete = true;
            loading = conversation.history.run.take();
        }
        emit.event(Event::ConversationStarted { conversation: key, id, resumed });
        if let Some(run) = loading {
            self.finish(run.command, CommandResult::Loaded { items: 0, complete: true }, emit);
        }
        emit.checkpoint();
    }

    /// Begins a poll, or the fetching of the history, if that is due.
    pub(super) fn pump_poll(&mut self, now: Now, key: ConversationKey, emit: &mut Emit<'_>) {
        let open = self.link.lets_try() && self.room_for_polls() > 0;
        let Some(conversation) = self.conversations.get_mut(&key) else { return };
        conversation.poller.set_open(open);
        match conversation.poller.next(now.at) {
            None => {}
            Some(Work::Poll) => {
                self.request_or_end(now, Purpose::Poll { conversation: key }, &Intent::Poll, emit);
            }
            Some(Work::History) => {
                let goal = if conversation.outbox.is_checking() {
                    Goal::Check
                } else if conversation.transcript.was_whole() {
                    Goal::Gap
                } else {
                    Goal::First
                };
                self.begin_catch_up(now, key, goal, emit);
            }
        }
    }

    /// A poll was answered. `mark` is the same for the same answer.
    pub(super) fn poll_answered(
        &mut self,
        now: Now,
        key: ConversationKey,
        outcome: Result<Answer, Trouble>,
        mark: u64,
        emit: &mut Emit<'_>,
    ) {
        let trouble = match outcome {
            Ok(Answer::Polled(facts)) => {
                let nothing = facts.is_empty();
                let told = self.told(now, key, facts, emit);
                let Some(conversation) = self.conversations.get_mut(&key) else { return };
                let repeated = core::mem::replace(&mut conversation.poll_mark, mark) == mark;
                let brought = match (nothing, repeated, told.news) {
                    (true, ..) => Brought::Nothing,
                    (false, true, _) => Brought::Repeated,
                    (false, false, true) => Brought::News,
                    (false, false, false) => Brought::Known,
                };
                let recovered = conversation.poller.answered(now.at, brought);
                self.provider_answers(now, key, recovered, emit);
                self.end_if_over(now, key, told, emit);
                return;
            }
            Ok(_) => Self::unexpected(Operation::Poll, "what has happened since the last poll"),
            Err(trouble) => trouble,
        };
        let Some(conversation) = self.conversations.get_mut(&key) else { return };
        let failed = match trouble.detail() {
            // What a conversation that is gone means is decided for all requests alike.
            Some(RefusalDetail::Gone | RefusalDetail::Misconfigured) => return,
            Some(RefusalDetail::Busy) => {
                conversation.poller.busy(now.at);
                return;
            }
            Some(RefusalDetail::Missing) => conversation.poller.missing(now.at, &mut self.rng),
            None => conversation.poller.failed(now.at, &mut self.rng, trouble.retry_after()),
        };
        self.out_of_reach(now, key, Operation::Poll, failed, &trouble, emit);
    }

    /// The history did not come.
    pub(super) fn history_not_answered(
        &mut self,
        now: Now,
        key: ConversationKey,
        trouble: &Trouble,
        emit: &mut Emit<'_>,
    ) {
        let Some(conversation) = self.conversations.get_mut(&key) else { return };
        conversation.catch_up.abort();
        let failed = match trouble.detail() {
            Some(RefusalDetail::Gone | RefusalDetail::Misconfigured) => return,
            Some(RefusalDetail::Missing) => conversation.poller.missing(now.at, &mut self.rng),
            Some(RefusalDetail::Busy) | None => {
                conversation.poller.failed(now.at, &mut self.rng, trouble.retry_after())
            }
        };
        self.out_of_reach(now, key, Operation::CatchUp, failed, trouble, emit);
    }

    /// The provider answered in a conversation. `recovered`: it had not for a while.
    pub(super) fn provider_answers(
        &mut self,
        now: Now,
        key: ConversationKey,
        recovered: bool,
        emit: &mut Emit<'_>,
    ) {
        let Some(conversation) = self.conversations.get_mut(&key) else { return };
        if recovered {
            conversation.outbox.went_live(now.at);
            conversation.uploads.went_live(now.at);
        }
        if !conversation.poller.is_well() || !self.link.reached() {
            return;
        }
        self.show_state(now, emit);
        for command in core::mem::take(&mut self.awaiting_live) {
            self.finish(command, CommandResult::Done, emit);
        }
    }

    /// A conversation is out of reach, or still is. With the last one the link is lost.
    fn out_of_reach(
        &mut self,
        now: Now,
        key: ConversationKey,
        operation: Operation,
        failed: Failed,
        trouble: &Trouble,
        emit: &mut Emit<'_>,
    ) {
        let first = match failed {
            Failed::Stale => {
                self.stale_inputs = self.stale_inputs.saturating_add(1);
                return;
            }
            Failed::Over => {
                self.conversation_over(now, key, ConversationEnd::NotFound, emit);
                return;
            }
            Failed::Again { first } => first,
            Failed::WithoutHistory { first } => {
                self.without_history(now, key, trouble, emit);
                first
            }
        };
        let Some(conversation) = self.conversations.get_mut(&key) else { return };
        let retry_at = conversation.poller.retry_at();
        if first {
            conversation.transcript.open_gap();
            for participant in conversation.typing.clear() {
                emit.event(Event::TypingStopped { conversation: key, participant });
            }
            self.report(now, operation, trouble, retry_at, emit);
        }
        let polled = || self.active.iter().filter_map(|key| self.conversations.get(key)).map(|it| &it.poller);
        if polled().any(|poller| poller.is_well()) {
            return;
        }
        let next = polled().filter_map(|poller| Some((poller.retry_at()?, poller.attempt()))).min();
        let Some((next_at, failed)) = next else { return };
        if self.link.unreached(Tries { failed, next_at }) {
            emit.event(Event::ConnectionLost { reason: lost_reason(trouble) });
        }
    }

    /// What was missed cannot be fetched for now: the conversation goes on without it.
    fn without_history(&mut self, now: Now, key: ConversationKey, trouble: &Trouble, emit: &mut Emit<'_>) {
        self.gap_remains(now, key, trouble.failure(), emit);
        let millis = u64::try_from(now.wall.as_unix_millis()).unwrap_or_default();
        if let Some(conversation) = self.conversations.get_mut(&key) {
            // Which numbers messages had before is not known: the time is above them all.
            conversation.number = conversation.number.max(millis);
        }
    }

    fn end_if_over(&mut self, now: Now, key: ConversationKey, told: Told, emit: &mut Emit<'_>) {
        if let Some(why) = told.over {
            self.conversation_over(now, key, why, emit);
        }
    }

    /// Nothing works with this configuration.
    pub(super) fn misconfigured(&mut self, now: Now, trouble: &Trouble, emit: &mut Emit<'_>) {
        let problem = trouble.failure().to_string();
        self.end(now, EndReason::Misconfigured { problem }, emit);
    }
}

fn lost_reason(trouble: &Trouble) -> LostReason {
    match trouble {
        Trouble::Transport(fault) => LostReason::Transport { fault: fault.clone() },
        Trouble::Refused(refusal) => LostReason::Refused { fault: refusal.fault.clone() },
    }
}

/// What tells one answer to a poll from another: FNV-1a of its bytes.
pub(super) fn poll_mark(body: &[u8]) -> u64 {
    body.iter()
        .fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3))
}
