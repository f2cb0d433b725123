//! What requests brought.

use core::time::Duration;

use super::polling::poll_mark;
use super::{Emit, Purpose, Session};
use crate::dialect::{Answer, Asked, Fact, Grant, Refusal, RefusalClass, RefusalDetail};
use crate::error::{Failure, FaultKind, ProviderFault, Retry, TransportFault};
use crate::event::{CommandResult, EndReason, Event};
use crate::id::ConversationKey;
use crate::machine::credentials::{Grant as Granted, RejectedDecision, SocketGrant};
use crate::machine::receipts;
use crate::model::ConversationEnd;
use crate::output::Operation;
use crate::time::{Now, Timestamp};
use crate::wire::http::HttpResponse;

/// Why a request brought nothing.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Trouble {
    Refused(Refusal),
    Transport(TransportFault),
}

impl Trouble {
    pub(super) fn failure(&self) -> Failure {
        match self {
            Self::Refused(refusal) => refusal.fault.clone().into(),
            Self::Transport(fault) => fault.clone().into(),
        }
    }

    /// The same, where more than one request could have brought it.
    pub(super) fn failure_of(&self, operation: Operation) -> Failure {
        match self {
            Self::Refused(_) => self.failure(),
            Self::Transport(fault) => Failure::Transport { operation: Some(operation), fault: fault.clone() },
        }
    }

    pub(super) const fn class(&self) -> RefusalClass {
        match self {
            Self::Refused(refusal) => refusal.class,
            Self::Transport(TransportFault::Local { .. }) => RefusalClass::Invalid,
            Self::Transport(_) => RefusalClass::TryAgain,
        }
    }

    pub(super) const fn detail(&self) -> Option<RefusalDetail> {
        match self {
            Self::Refused(refusal) => refusal.detail,
            Self::Transport(_) => None,
        }
    }

    pub(super) const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused(refusal) => refusal.retry_after,
            Self::Transport(_) => None,
        }
    }

    /// Whether the provider may have acted on the request all the same. A throttled one was turned away
    /// before anything was done, and one that found no connection never arrived.
    pub(super) fn may_have_acted(&self) -> bool {
        match self {
            Self::Refused(refusal) => refusal.fault.status != Some(429),
            Self::Transport(fault) => !matches!(
                fault,
                TransportFault::NameNotFound
                    | TransportFault::ConnectFailed
                    | TransportFault::Certificate { .. }
                    | TransportFault::Proxy { .. }
                    | TransportFault::Tls { .. }
                    | TransportFault::Insecure
                    | TransportFault::RateLimited
            ),
        }
    }

    fn code(&self) -> Option<String> {
        match self {
            Self::Refused(refusal) => refusal.fault.code.clone(),
            Self::Transport(_) => None,
        }
    }
}

impl Session {
    /// What an answer is to be read as an answer to.
    pub(super) fn asked(&self, purpose: &Purpose) -> Asked<'_> {
        let conversation = self.scope_of(purpose);
        Asked { operation: purpose.operation(), conversation, limits: &self.limits }
    }

    /// A request has ended, this way or that.
    pub(super) fn answered(
        &mut self,
        now: Now,
        purpose: Purpose,
        result: Result<HttpResponse, TransportFault>,
        emit: &mut Emit<'_>,
    ) {
        if self.ended.is_some() {
            return;
        }
        let mark = match (&purpose, &result) {
            (Purpose::Poll { .. }, Ok(response)) => poll_mark(&response.body),
            _ => 0,
        };
        let sunk = result.as_ref().ok().and_then(|response| response.sunk).unwrap_or_default();
        let mut outcome = match result {
            Ok(response) => {
                self.dialect.get().answer(self.asked(&purpose), &response).map_err(Trouble::Refused)
            }
            Err(fault) => Err(Trouble::Transport(fault)),
        };
        let of = purpose.conversation();
        let detail = outcome.as_ref().err().and_then(Trouble::detail);
        self.judge(now, &purpose, &outcome, emit);
        if self.ended.is_some() {
            return;
        }
        let facts = self.besides(of, &mut outcome);
        self.settle(now, purpose, outcome, mark, sunk, emit);
        let Some(key) = of else { return };
        let told = self.told(now, key, facts, emit);
        let gone = (detail == Some(RefusalDetail::Gone)).then_some(ConversationEnd::NotFound);
        if let Some(why) = told.over.or(gone) {
            self.conversation_over(now, key, why, emit);
        }
    }

    /// What an answer says of who asks, whatever was asked.
    fn judge(&mut self, now: Now, purpose: &Purpose, outcome: &Result<Answer, Trouble>, emit: &mut Emit<'_>) {
        let Err(trouble) = outcome else {
            if let Some(generation) = purpose.generation() {
                self.credentials.accepted(generation);
            }
            return;
        };
        if trouble.detail() == Some(RefusalDetail::Misconfigured) {
            self.misconfigured(now, trouble, emit);
            return;
        }
        if trouble.class() != RefusalClass::Credential {
            return;
        }
        if !self.dialect.get().shape().tokens {
            // There is none to be renewed.
            if !purpose.is_alone() {
                self.report(now, purpose.operation(), trouble, None, emit);
                let code = trouble.code();
                self.end(now, EndReason::CredentialRejected { code, chat_may_have_ended: false }, emit);
            }
            return;
        }
        let Some(generation) = purpose.generation() else { return };
        // The token was given a moment ago: it is this one thing that is denied, and not the chat.
        if !(purpose.is_alone() && self.credentials.is_on_probation(now.at, generation)) {
            self.credential_refused(now, generation, trouble, emit);
        }
    }

    /// What an answer says besides: some hand out with any what waits for the next poll. One that is lost is as a
    /// poll that is lost.
    fn besides(&mut self, of: Option<ConversationKey>, outcome: &mut Result<Answer, Trouble>) -> Vec<Fact> {
        match outcome {
            Ok(Answer::Accepted(acceptance)) => return core::mem::take(&mut acceptance.facts),
            Ok(_) => {}
            Err(trouble) => {
                let lost = trouble.may_have_acted() && self.dialect.get().shape().told_by_all;
                let conversation = of.filter(|_| lost).and_then(|key| self.conversations.get_mut(&key));
                if let Some(conversation) = conversation {
                    conversation.poller.want_history();
                }
            }
        }
        Vec::new()
    }

    /// Does what an answer is for.
    fn settle(
        &mut self,
        now: Now,
        purpose: Purpose,
        outcome: Result<Answer, Trouble>,
        mark: u64,
        sunk: u64,
        emit: &mut Emit<'_>,
    ) {
        match purpose {
            Purpose::StartConversation { conversation } => {
                self.start_answered(now, conversation, outcome, emit);
            }
            Purpose::Poll { conversation } => self.poll_answered(now, conversation, outcome, mark, emit),
            Purpose::Authorise { socket } => self.authorise_answered(now, socket, outcome, emit),
            Purpose::SendMessage { conversation, message, .. } => {
                self.message_answered(now, conversation, message, outcome, emit);
            }
            Purpose::SendReceipt { conversation, sent, .. } => {
                let verdict = match &outcome {
                    Ok(_) => receipts::Outcome::Sent,
                    Err(trouble) => self.receipt_refused(now, trouble, emit),
                };
                if let Some(conversation) = self.conversations.get_mut(&conversation) {
                    emit.checkpoint();
                    for sent in sent {
                        conversation.receipts.settled(now.at, sent, verdict);
                    }
                }
            }
            Purpose::SendTyping { conversation, command, .. } => {
                let result = match outcome {
                    Ok(_) => CommandResult::Done,
                    Err(trouble) => {
                        if let Some(conversation) = self.conversations.get_mut(&conversation) {
                            conversation.typing.failed();
                        }
                        CommandResult::Failed { failure: trouble.failure() }
                    }
                };
                if let Some(command) = command {
                    self.finish(command, result, emit);
                }
            }
            Purpose::CatchUp { conversation, run, .. } => {
                self.catch_up_answered(now, conversation, run, outcome, emit);
            }
            Purpose::LoadHistory { conversation, .. } => {
                self.history_answered(now, conversation, outcome, emit);
            }
            Purpose::Leave { .. } => self.leave_answered(now, outcome, emit),
            Purpose::Upload { conversation, message, stage, .. } => {
                self.upload_answered(now, conversation, message, stage, outcome, emit);
            }
            Purpose::Question { command, operation, .. } => {
                self.question_answered(now, command, operation, outcome, emit);
            }
            Purpose::Download { command, .. } => self.download_answered(now, command, outcome, sunk, emit),
        }
    }

    /// Tells the user of trouble, and when it will be tried again.
    pub(super) fn report(
        &self,
        now: Now,
        operation: Operation,
        trouble: &Trouble,
        retry_at: Option<Timestamp>,
        emit: &mut Emit<'_>,
    ) {
        let automatic = retry_at.map(|at| Retry::Automatic { at: now.wall_at(at) });
        match trouble {
            Trouble::Refused(refusal) => {
                let mut fault = refusal.fault.clone();
                fault.retry = automatic.unwrap_or(fault.retry);
                emit.event(Event::ProviderFault { fault });
            }
            Trouble::Transport(fault) => {
                let retry = automatic.unwrap_or(Retry::Manual);
                emit.event(Event::TransportFault { operation, fault: fault.clone(), retry });
            }
        }
    }

    /// An answer that belongs to another question.
    pub(super) fn unexpected(operation: Operation, expected: &str) -> Trouble {
        let mut fault = ProviderFault::new(FaultKind::Unexpected, Retry::Manual);
        fault.operation = Some(operation);
        fault.expected = Some(expected.to_owned());
        Trouble::Refused(Refusal { fault, class: RefusalClass::TryAgain, detail: None, retry_after: None })
    }

    fn authorise_answered(
        &mut self,
        now: Now,
        socket: bool,
        outcome: Result<Answer, Trouble>,
        emit: &mut Emit<'_>,
    ) {
        let trouble = match outcome {
            Ok(Answer::Granted(grant)) if grant.socket_url.is_some() || !socket => {
                self.granted(now, socket, grant, emit);
                return;
            }
            Ok(_) => Self::unexpected(Operation::Authorise, "credentials and the address of a socket"),
            Err(trouble) => trouble,
        };
        let lasting = !matches!(trouble.class(), RefusalClass::TryAgain);
        if lasting || matches!(trouble, Trouble::Transport(TransportFault::Insecure)) {
            self.report(now, Operation::Authorise, &trouble, None, emit);
            let reason = match &trouble {
                Trouble::Refused(_) => EndReason::CredentialRejected {
                    code: trouble.code(),
                    chat_may_have_ended: self.link.been_live(),
                },
                Trouble::Transport(fault) => EndReason::Misconfigured { problem: fault.to_string() },
            };
            self.end(now, reason, emit);
            return;
        }
        let retry_after = trouble.retry_after();
        if socket {
            self.credentials.failed(None);
            let mut steps = Vec::new();
            self.link.fail(now.at, &mut self.rng, retry_after, &mut steps);
            self.report(now, Operation::Authorise, &trouble, self.link.next_attempt(), emit);
            self.follow(now, steps, emit);
        } else {
            let at = self.renewals.next(now.at, &mut self.rng, retry_after);
            self.credentials.failed(Some(at));
            self.put_off_leave(at);
            self.report(now, Operation::Authorise, &trouble, Some(at), emit);
        }
    }

    fn granted(&mut self, now: Now, socket: bool, grant: Grant, emit: &mut Emit<'_>) {
        let had_one = self.credentials.token().is_some();
        let expires = grant.token_expires;
        self.expiries.0 = expires;
        if socket {
            self.expiries.1 = grant.socket_expires;
        }
        self.credentials.obtained(
            now,
            &mut self.rng,
            Granted {
                token: grant.token,
                token_expires: expires,
                socket: if socket {
                    SocketGrant::New { expires: grant.socket_expires }
                } else {
                    SocketGrant::Kept
                },
            },
        );
        self.renewals.reset();
        self.credential_in_doubt = false;
        if had_one {
            let assumed = now.wall + self.policy.assumed_token_lifetime;
            emit.event(Event::CredentialsRenewed { expires_at: expires.unwrap_or(assumed) });
        }
        emit.checkpoint();
        for conversation in self.conversations.values_mut() {
            conversation.catch_up.unpaused(now.at);
        }
        if socket {
            self.address = grant.socket_url;
            self.take_steps(now, |link, _, steps| link.authorised(now.at, steps), emit);
        }
    }

    /// A request's credential was not taken: another is obtained, or the session is over.
    fn credential_refused(&mut self, now: Now, generation: u64, trouble: &Trouble, emit: &mut Emit<'_>) {
        match self.credentials.rejected(now.at, generation) {
            RejectedDecision::Renew => {
                self.credential_in_doubt = true;
                self.renew_token(now, emit);
            }
            RejectedDecision::AwaitRenewal => self.credential_in_doubt = true,
            RejectedDecision::AlreadyRenewed => {}
            RejectedDecision::Final => {
                let reason = EndReason::CredentialRejected {
                    code: trouble.code(),
                    chat_may_have_ended: self.link.been_live(),
                };
                self.end(now, reason, emit);
            }
        }
    }

    fn receipt_refused(&self, now: Now, trouble: &Trouble, emit: &mut Emit<'_>) -> receipts::Outcome {
        match trouble.class() {
            RefusalClass::TryAgain | RefusalClass::Credential => {
                let not_before = trouble.retry_after().map(|span| now.at + span);
                receipts::Outcome::TryAgain { not_before }
            }
            // Amazon Connect refuses receipts while more than two take part: there is nothing to tell.
            RefusalClass::Conflict => receipts::Outcome::Drop,
            RefusalClass::Invalid => {
                self.report(now, Operation::SendReceipt, trouble, None, emit);
                receipts::Outcome::Drop
            }
        }
    }
}
