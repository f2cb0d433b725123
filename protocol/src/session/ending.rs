//! The end: leaving, and being over.

use serde::{Deserialize, Serialize};

use super::answers::Trouble;
use super::{Emit, Purpose, Session, backoff};
use crate::dialect::{Answer, Intent, RefusalClass, RefusalDetail};
use crate::error::Failure;
use crate::event::{CommandResult, EndReason, Event};
use crate::id::{CommandId, ConversationKey};
use crate::machine::Alarms;
use crate::machine::backoff::{Backoff, BackoffPolicy};
use crate::machine::link::chart::Phase;
use crate::machine::saved::{Left, SavedBackoff, Thaw};
use crate::model::ConversationEnd;
use crate::output::{DeadlineReason, Operation, Output};
use crate::time::{Now, Timestamp};

/// The user wants to leave.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Leaving {
    /// Which conversation is left.
    conversation: ConversationKey,
    /// The session goes on: only that conversation is to end.
    alone: bool,
    command: CommandId,
    token: String,
    stage: Stage,
    backoff: Backoff,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// It is to be said as soon as it can be.
    Wanted,
    /// It is being said.
    Asked,
    /// It did not get through, and is said again then.
    Waiting { until: Timestamp },
    /// The provider knows. Its goodbye is waited for until then.
    Confirmed { until: Timestamp },
}

/// The first conversation of a session, and the only one of most.
const FIRST: ConversationKey = ConversationKey::from_u64(1);

/// A leave as it is written into a snapshot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct SavedLeaving {
    /// Which conversation is left, where that is not the only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    conversation: Option<ConversationKey>,
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    alone: bool,
    pub(super) command: CommandId,
    token: String,
    stage: SavedStage,
    #[serde(default)]
    backoff: SavedBackoff,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SavedStage {
    Wanted,
    Asked,
    WaitingFor(Left),
    ConfirmedFor(Left),
}

impl Leaving {
    pub(super) fn is_of(&self, conversation: ConversationKey) -> bool {
        self.conversation == conversation
    }

    pub(super) const fn is_of_session(&self) -> bool {
        !self.alone
    }

    pub(super) const fn command(&self) -> CommandId {
        self.command
    }

    pub(super) fn save(&self, now: Timestamp) -> SavedLeaving {
        let stage = match self.stage {
            Stage::Wanted => SavedStage::Wanted,
            Stage::Asked => SavedStage::Asked,
            Stage::Waiting { until } => SavedStage::WaitingFor(Left::until(now, until)),
            Stage::Confirmed { until } => SavedStage::ConfirmedFor(Left::until(now, until)),
        };
        let backoff = self.backoff.save(now);
        SavedLeaving {
            conversation: (self.conversation != FIRST).then_some(self.conversation),
            alone: self.alone,
            command: self.command,
            token: self.token.clone(),
            stage,
            backoff,
        }
    }

    pub(super) fn restore(saved: SavedLeaving, policy: BackoffPolicy, thaw: Thaw) -> Self {
        let stage = match saved.stage {
            SavedStage::Wanted => Stage::Wanted,
            SavedStage::Asked => Stage::Asked,
            SavedStage::WaitingFor(left) => Stage::Waiting { until: thaw.timer(left) },
            SavedStage::ConfirmedFor(left) => Stage::Confirmed { until: thaw.timer(left) },
        };
        let backoff = Backoff::restore(policy, saved.backoff, thaw);
        Self {
            conversation: saved.conversation.unwrap_or(FIRST),
            alone: saved.alone,
            command: saved.command,
            token: saved.token,
            stage,
            backoff,
        }
    }

    /// Whether it is being said.
    pub(super) fn is_asked(&self) -> bool {
        self.stage == Stage::Asked
    }
}

impl Alarms for Leaving {
    fn alarms(&self, alarm: &mut dyn FnMut(Timestamp, DeadlineReason)) {
        match self.stage {
            Stage::Waiting { until } | Stage::Confirmed { until } => {
                alarm(until, DeadlineReason::LeaveTimeout)
            }
            Stage::Wanted | Stage::Asked => {}
        }
    }
}

impl Session {
    /// An accepted command has come to its end.
    pub(super) fn finish(&mut self, command: CommandId, result: CommandResult, emit: &mut Emit<'_>) {
        if self.open_commands.remove(&command) {
            emit.checkpoint();
            emit.event(Event::CommandFinished { command, result });
        }
    }

    /// The same for a key that nobody needs to hear of. There are many, and none is worth a snapshot.
    pub(super) fn finish_held_back(&mut self, command: CommandId, emit: &mut Emit<'_>) {
        if self.open_commands.remove(&command) {
            emit.event(Event::CommandFinished { command, result: CommandResult::Done });
        }
    }

    /// Leaves for good: a conversation `alone`, or the session with it.
    pub(super) fn leave(
        &mut self,
        now: Now,
        command: CommandId,
        conversation: ConversationKey,
        alone: bool,
        emit: &mut Emit<'_>,
    ) {
        let token = self.rng.uuid();
        let backoff = backoff(&self.policy);
        self.leaving = Some(Leaving { conversation, alone, command, token, stage: Stage::Wanted, backoff });
        let known = if self.dialect.get().shape().several {
            let of_it = |key| self.conversations.get(key).is_some_and(|it| it.remote.is_some());
            self.active.get(&conversation).is_some_and(of_it)
        } else {
            self.credentials.token().is_some() || self.link.been_live()
        };
        if !known {
            // The provider has not heard of us: there is nobody to say goodbye to.
            self.left(now, emit);
        }
    }

    /// What was to be left is left.
    fn left(&mut self, now: Now, emit: &mut Emit<'_>) {
        match &self.leaving {
            Some(leaving) if leaving.alone => {
                let key = leaving.conversation;
                self.conversation_over(now, key, ConversationEnd::Left, emit);
            }
            Some(_) | None => self.end(now, EndReason::Left, emit),
        }
    }

    /// Says that we leave, once it can be said. A suspended link does not keep anybody in.
    pub(super) fn pump_leave(&mut self, now: Now, emit: &mut Emit<'_>) {
        let possible = !self.link.gates().offline && !self.credential_in_doubt;
        let Some(leaving) = &mut self.leaving else { return };
        if leaving.stage != Stage::Wanted || !possible {
            return;
        }
        if self.credentials.token().is_none() && self.dialect.get().shape().tokens {
            // A session that was restored without its token. A link that is being made brings one; else ask.
            if self.link.phase() == Phase::Suspended {
                self.renew_token(now, emit);
            }
            return;
        }
        leaving.stage = Stage::Asked;
        let (token, conversation) = (leaving.token.clone(), leaving.conversation);
        let generation = self.credentials.generation();
        let purpose = Purpose::Leave { conversation, generation };
        self.request_or_end(now, purpose, &Intent::Leave { token: &token }, emit);
    }

    /// There is no token yet to say it with, and the next try to obtain one is not before this.
    pub(super) fn put_off_leave(&mut self, until: Timestamp) {
        let missing = self.credentials.token().is_none();
        if let Some(leaving) = self.leaving.as_mut().filter(|it| missing && it.stage == Stage::Wanted) {
            leaving.stage = Stage::Waiting { until };
        }
    }

    pub(super) fn leave_answered(&mut self, now: Now, outcome: Result<Answer, Trouble>, emit: &mut Emit<'_>) {
        let Some(leaving) = &mut self.leaving else { return };
        let command = leaving.command;
        match outcome {
            Ok(_) => {
                leaving.stage = Stage::Confirmed { until: now.at + self.policy.leave_wait };
                self.finish(command, CommandResult::Done, emit);
                if !self.link.is_live() {
                    self.left(now, emit);
                }
            }
            Err(trouble) => match trouble.class() {
                // The provider does not know us any more, which is what was wanted.
                RefusalClass::Credential => self.left(now, emit),
                _ if trouble.detail() == Some(RefusalDetail::Gone) => self.left(now, emit),
                RefusalClass::TryAgain => {
                    let until = leaving.backoff.next(now.at, &mut self.rng, trouble.retry_after());
                    leaving.stage = Stage::Waiting { until };
                    self.report(now, Operation::Leave, &trouble, Some(until), emit);
                }
                RefusalClass::Invalid | RefusalClass::Conflict => {
                    self.leaving = None;
                    self.report(now, Operation::Leave, &trouble, None, emit);
                    self.finish(command, CommandResult::Failed { failure: trouble.failure() }, emit);
                }
            },
        }
    }

    /// Whether the provider has confirmed that we left.
    pub(super) fn has_left(&self) -> bool {
        self.leaving.as_ref().is_some_and(|leaving| matches!(leaving.stage, Stage::Confirmed { .. }))
    }

    pub(super) fn leave_due(&mut self, now: Now, emit: &mut Emit<'_>) {
        let Some(leaving) = &mut self.leaving else { return };
        match leaving.stage {
            Stage::Waiting { until } if until <= now.at => leaving.stage = Stage::Wanted,
            // The provider knows that we left; its goodbye would have told us nothing more.
            Stage::Confirmed { until } if until <= now.at => self.left(now, emit),
            Stage::Wanted | Stage::Asked | Stage::Waiting { .. } | Stage::Confirmed { .. } => {}
        }
    }

    /// The session is over. Everything that was begun comes to its end here.
    pub(super) fn end(&mut self, now: Now, reason: EndReason, emit: &mut Emit<'_>) {
        if self.ended.is_some() {
            return;
        }
        // A credential that is not taken any more is how the end of a chat shows to one who is leaving.
        let leaving = self.leaving.take();
        let rejected = matches!(reason, EndReason::CredentialRejected { .. });
        let reason = if leaving.is_some() && rejected { EndReason::Left } else { reason };
        self.ended = Some(reason.clone());
        for (id, _) in self.requests.cancel_where(|_| true) {
            emit.output(Output::CancelRequest { id });
        }
        self.take_steps(now, |link, _, steps| link.end(now.at, steps), emit);
        self.credentials.clear();
        self.address = None;
        let failure = Failure::Ended { reason: reason.clone() };
        for key in self.conversation_keys() {
            self.wind_up(now, key, &failure, None, emit);
            if matches!(reason, EndReason::ChatEnded | EndReason::Left) && self.link.been_live() {
                let why = self.dialect.get().shape().several.then_some(ConversationEnd::Left);
                emit.event(Event::ConversationEnded { conversation: key, why });
            }
        }
        if let Some(leaving) = leaving {
            self.finish(leaving.command, CommandResult::Done, emit);
        }
        self.awaiting_live.clear();
        self.questions.clear();
        for command in core::mem::take(&mut self.open_commands) {
            let failure = failure.clone();
            emit.event(Event::CommandFinished { command, result: CommandResult::Failed { failure } });
        }
        self.show_state(now, emit);
        emit.checkpoint();
    }
}
