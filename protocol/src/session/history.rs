//! What was missed, and how it is fetched.

use std::collections::BTreeSet;

use super::answers::Trouble;
use super::conversation::{HistoryRun, Older};
use super::items::ends_conversation;
use super::told::Told;
use super::{Emit, Purpose, Session};
use crate::dialect::{Answer, Fact, FetchFrom, FetchQuery, Intent, Page, RefusalClass};
use crate::error::{Failure, FaultKind, ProviderFault, Retry};
use crate::event::{CommandResult, Event};
use crate::id::ConversationKey;
use crate::machine::catch_up::{Goal, Seen, Step};
use crate::machine::uploads::Outcome;
use crate::model::Origin;
use crate::output::Operation;
use crate::time::{Now, WallTime};

impl Session {
    pub(super) fn begin_catch_up(&mut self, now: Now, key: ConversationKey, goal: Goal, emit: &mut Emit<'_>) {
        let Some(conversation) = self.conversations.get_mut(&key) else {
            return;
        };
        let before = conversation.catch_up.run();
        let step = conversation.catch_up.begin(now.at, goal);
        self.catch_up_begun(now, key, before, step, emit);
    }

    /// What may be missing is looked for, as was owed.
    fn begin_look(&mut self, now: Now, key: ConversationKey, emit: &mut Emit<'_>) {
        let Some(conversation) = self.conversations.get_mut(&key) else {
            return;
        };
        // Where nothing is known to be missing, it is to be seen whether something is.
        let whole = conversation.transcript.is_whole();
        let goal = if whole { Goal::Check } else { conversation.missing() };
        let before = conversation.catch_up.run();
        let step = conversation.catch_up.begin_look(now.at, goal);
        self.catch_up_begun(now, key, before, step, emit);
    }

    fn catch_up_begun(
        &mut self,
        now: Now,
        key: ConversationKey,
        before: u32,
        step: Step,
        emit: &mut Emit<'_>,
    ) {
        if let Some(conversation) = self.conversations.get_mut(&key) {
            conversation.transcript.look_again();
        }
        self.cancel_catch_up(key, before, emit);
        self.catch_up_step(now, key, step, None, emit);
    }

    /// What a run still asks for is of no use any more.
    fn cancel_catch_up(&mut self, key: ConversationKey, run: u32, emit: &mut Emit<'_>) {
        let unwanted = self.requests.cancel_where(
            |purpose| matches!(purpose, Purpose::CatchUp { conversation, run: of, .. } if *conversation == key && *of == run),
        );
        for (id, _) in unwanted {
            emit.output(crate::output::Output::CancelRequest { id });
        }
    }

    pub(super) fn catch_up_due(&mut self, now: Now, emit: &mut Emit<'_>) {
        for key in self.conversation_keys() {
            let Some(conversation) = self.conversations.get_mut(&key) else {
                continue;
            };
            if conversation.catch_up.is_doubt_due(now.at) {
                self.begin_catch_up(now, key, Goal::Gap, emit);
                continue;
            }
            if conversation.catch_up.is_look_due(now.at) {
                self.begin_look(now, key, emit);
                continue;
            }
            let step = conversation.catch_up.due(now.at);
            self.catch_up_step(now, key, step, None, emit);
        }
    }

    /// Something came on the link that could not be read, and may have been an item: it is looked for.
    pub(super) fn doubt(&mut self, now: Now) {
        if self.link.live_socket().is_none() {
            return;
        }
        for conversation in self.conversations.values_mut() {
            conversation.transcript.doubt();
            conversation.catch_up.doubt(now.at);
        }
    }

    /// The link is away: what a run brings would have a hole at its end, and what comes next is not known to
    /// follow on what is here.
    pub(super) fn abort_catch_up(&mut self, now: Now, key: ConversationKey, emit: &mut Emit<'_>) {
        let Some(conversation) = self.conversations.get_mut(&key) else {
            return;
        };
        conversation.transcript.open_gap();
        conversation.outbox.unchecked(now.at, &mut self.rng);
        conversation.poller.history_cut();
        let run = conversation.catch_up.run();
        let held = conversation.catch_up.abort();
        self.cancel_catch_up(key, run, emit);
        for item in held {
            self.take_item(now, key, item, Origin::Live, emit);
        }
    }

    /// Tells what was held back.
    pub(super) fn release_held(&mut self, now: Now, key: ConversationKey, emit: &mut Emit<'_>) {
        let Some(conversation) = self.conversations.get_mut(&key) else {
            return;
        };
        for item in conversation.catch_up.release() {
            self.take_item(now, key, item, Origin::Live, emit);
        }
        self.trim(key, Origin::Live, emit);
    }

    pub(super) fn catch_up_answered(
        &mut self,
        now: Now,
        key: ConversationKey,
        run: u32,
        outcome: Result<Answer, Trouble>,
        emit: &mut Emit<'_>,
    ) {
        let polls = self.polls();
        let Some(conversation) = self.conversations.get_mut(&key) else {
            return;
        };
        if conversation.catch_up.run() != run {
            self.stale_inputs = self.stale_inputs.saturating_add(1);
            return;
        }
        let trouble = match outcome {
            Ok(Answer::Page(page)) => {
                let (seen, told) = self.take_page(now, key, page, emit);
                let Some(conversation) = self.conversations.get_mut(&key) else {
                    return;
                };
                let step = conversation.catch_up.page(seen);
                let recovered = conversation.poller.history_came(now.at);
                self.catch_up_step(now, key, step, None, emit);
                if polls {
                    self.provider_answers(now, key, recovered, emit);
                }
                if let Some(why) = told.over {
                    self.conversation_over(now, key, why, emit);
                }
                return;
            }
            Ok(_) => Self::unexpected(Operation::CatchUp, "a page of the transcript"),
            Err(trouble) => trouble,
        };
        if polls && (trouble.class() == RefusalClass::TryAgain || trouble.detail().is_some()) {
            self.history_not_answered(now, key, &trouble, emit);
            return;
        }
        conversation.poller.history_refused();
        let step = match trouble.class() {
            RefusalClass::Credential => {
                let step = conversation.catch_up.paused(now.at);
                if !self.credential_in_doubt {
                    conversation.catch_up.unpaused(now.at);
                }
                self.catch_up_step(now, key, step, Some(trouble.failure()), emit);
                return;
            }
            RefusalClass::TryAgain => {
                conversation.catch_up.failed(now.at, &mut self.rng, trouble.retry_after())
            }
            RefusalClass::Invalid | RefusalClass::Conflict => conversation.catch_up.refused(),
        };
        let retry_at = conversation.catch_up.retry_at();
        self.report(now, Operation::CatchUp, &trouble, retry_at, emit);
        self.catch_up_step(now, key, step, Some(trouble.failure()), emit);
    }

    /// Puts a page of what was missed into the transcript.
    fn take_page(&mut self, now: Now, key: ConversationKey, page: Page, emit: &mut Emit<'_>) -> (Seen, Told) {
        let first = self.conversations.get(&key).is_some_and(|it| it.catch_up.goal() == Some(Goal::First));
        let origin = if first { Origin::History } else { Origin::CatchUp };
        let reach = self.reach(key);
        let (mut over, mut told, mut status) = (false, Told::default(), None);
        let shape = self.dialect.get().shape();
        if let Some(conversation) = self.conversations.get_mut(&key).filter(|_| shape.whole_history) {
            conversation.transcript.begin_walk();
        }
        let reached = reached_by(&page);
        let mut seen = Seen { overlap: false, items: 0, added: 0, next: page.next };
        let mut walked = BTreeSet::new();
        for fact in page.facts.into_iter().rev() {
            if let Fact::Item(item) = fact {
                seen.items += 1;
                let known = item.name().zip(reach).is_some_and(|(id, until)| {
                    self.conversations.get(&key).is_some_and(|it| it.transcript.anchors(id, until))
                });
                seen.overlap |= known;
                over |= !first && !shape.several && ends_conversation(&item);
                // A message that arrived twice, as a late try of it does, stands where it stood first.
                let again =
                    shape.whole_history && item.name().is_some_and(|name| !walked.insert(name.to_owned()));
                if !again && self.take_item(now, key, *item, origin, emit) {
                    seen.added += 1;
                }
            } else if let Fact::Status { .. } = fact {
                // Of all that it has been through, only the last is how it stands.
                status = Some(fact);
            } else {
                self.tell(now, key, fact, origin, &mut told, emit);
            }
        }
        if let Some(status) = status {
            self.tell(now, key, status, origin, &mut told, emit);
        }
        if let Some(conversation) = self.conversations.get_mut(&key) {
            conversation.transcript.end_walk();
        }
        self.trim(key, origin, emit);
        if first && let Some(conversation) = self.conversations.get_mut(&key) {
            let generation = self.credentials.generation();
            conversation.history.reached = reached;
            conversation.history.complete = seen.next.is_none();
            conversation.history.older =
                seen.next.clone().map(|cursor| Older { cursor, start: None, generation });
        }
        if over {
            self.ended_by_provider(now, emit);
        }
        (seen, told)
    }

    /// A page reaches back far enough with an item that was known before and is not younger than this.
    fn reach(&self, key: ConversationKey) -> Option<WallTime> {
        let conversation = self.conversations.get(&key)?;
        let anchor = conversation.transcript.newest_anchor()?;
        let doubtful =
            conversation.outbox.in_doubt().filter_map(|entry| conversation.transcript.get(entry.key));
        let oldest_doubtful = doubtful.map(|item| item.at).min();
        let from = oldest_doubtful.filter(|_| conversation.outbox.is_checking());
        let from = from.into_iter().chain(conversation.catch_up.since()).fold(anchor, WallTime::min);
        Some(from - self.policy.reorder_slack)
    }

    fn catch_up_step(
        &mut self,
        now: Now,
        key: ConversationKey,
        step: Step,
        failure: Option<Failure>,
        emit: &mut Emit<'_>,
    ) {
        match step {
            Step::Nothing => {}
            Step::Fetch { goal, cursor } => {
                let Some(conversation) = self.conversations.get(&key) else {
                    return;
                };
                let run = conversation.catch_up.run();
                let generation = self.credentials.generation();
                let purpose = Purpose::CatchUp { conversation: key, run, generation };
                let from = match &cursor {
                    Some(cursor) => FetchFrom::Cursor { cursor, start: None },
                    None => FetchFrom::Newest,
                };
                let limit = match goal {
                    Goal::First => self.policy.first_page,
                    Goal::Gap | Goal::Check => self.policy.catch_up_page,
                };
                self.request_or_end(now, purpose, &Intent::Fetch(FetchQuery { from, limit }), emit);
            }
            Step::Closed { goal } => self.gap_closed(now, key, goal, emit),
            Step::Incomplete { .. } => {
                let mut fault = ProviderFault::new(FaultKind::Unexpected, Retry::Manual);
                fault.operation = Some(Operation::CatchUp);
                let pages = self.limits.catch_up_pages();
                fault.expected = Some(format!("what was missed on {pages} pages"));
                self.not_found(now, key, Failure::OutOfSight { pages }, emit);
                self.gap_remains(now, key, fault.into(), emit);
            }
            Step::Unavailable { .. } => {
                let unknown = || ProviderFault::new(FaultKind::Refused, Retry::Manual).into();
                self.gap_remains(now, key, failure.unwrap_or_else(unknown), emit);
            }
        }
    }

    fn gap_closed(&mut self, now: Now, key: ConversationKey, goal: Goal, emit: &mut Emit<'_>) {
        let Some(conversation) = self.conversations.get_mut(&key) else {
            return;
        };
        emit.checkpoint();
        conversation.history.unavailable = false;
        let from = conversation.transcript.newest_anchor();
        let recovered = conversation.catch_up.recovered();
        // Who asks for all that was said again, or looks for a message, may miss nothing.
        let had_gap = !conversation.transcript.is_whole() || recovered > 0;
        conversation.transcript.close_gap();
        let mut fates = Vec::new();
        // What was fetched before it was wanted does not tell.
        if conversation.catch_up.run() >= conversation.look_up_in {
            conversation.outbox.checked(&mut fates);
        }
        if !fates.is_empty() {
            self.apply_fates(key, fates, emit);
        }
        self.release_held(now, key, emit);
        let Some(conversation) = self.conversations.get(&key) else {
            return;
        };
        if goal == Goal::Gap && had_gap {
            let to = conversation.transcript.newest_settled();
            let recovered = u32::try_from(recovered).unwrap_or(u32::MAX);
            emit.event(Event::GapClosed { conversation: key, from, to, recovered });
        }
        self.whole_history_came(key, recovered, emit);
    }

    /// Where all that was said comes in one page, that is what a user who wants older items waits for.
    fn whole_history_came(&mut self, key: ConversationKey, recovered: usize, emit: &mut Emit<'_>) {
        if !self.dialect.get().shape().whole_history {
            return;
        }
        let Some(conversation) = self.conversations.get_mut(&key) else { return };
        let run = conversation.catch_up.run();
        if run >= conversation.look_up_in
            && let Some(HistoryRun { command, .. }) = conversation.history.run.take()
        {
            let items = u32::try_from(recovered).unwrap_or(u32::MAX);
            self.finish(command, CommandResult::Loaded { items, complete: true }, emit);
        }
    }

    pub(super) fn gap_remains(
        &mut self,
        now: Now,
        key: ConversationKey,
        failure: Failure,
        emit: &mut Emit<'_>,
    ) {
        let Some(conversation) = self.conversations.get_mut(&key) else {
            return;
        };
        if conversation.catch_up.has_overflowed() {
            conversation.transcript.open_gap();
        }
        let loading =
            if self.dialect.get().shape().whole_history { conversation.history.run.take() } else { None };
        self.not_found(now, key, failure.clone(), emit);
        if let Some(run) = loading {
            self.finish(run.command, CommandResult::Failed { failure: failure.clone() }, emit);
        }
        self.release_held(now, key, emit);
        let told = self
            .conversations
            .get_mut(&key)
            .is_some_and(|it| core::mem::replace(&mut it.history.unavailable, true));
        if !told {
            emit.event(Event::HistoryUnavailable { conversation: key, failure });
        }
    }

    /// What was looked for was not found, and may be there all the same.
    fn not_found(&mut self, now: Now, key: ConversationKey, failure: Failure, emit: &mut Emit<'_>) {
        let own_ids = self.dialect.get().shape().own_ids;
        let Some(conversation) = self.conversations.get_mut(&key) else { return };
        let mut fates = Vec::new();
        conversation.outbox.uncheckable(failure.clone(), &mut fates);
        // A provider that tells a repetition by its token is asked again instead.
        let file = conversation.uploads.in_doubt().filter(|_| own_ids);
        if !fates.is_empty() {
            self.apply_fates(key, fates, emit);
        }
        if let Some(file) = file {
            self.upload_settled(now, key, file, Outcome::Refused { failure }, emit);
        }
    }
}

/// The oldest item of a page that the provider can be asked to begin at. Pages go back in time.
pub(super) fn reached_by(page: &Page) -> Option<String> {
    page.facts.iter().rev().find_map(|fact| {
        let Fact::Item(item) = fact else { return None };
        item.server_id.clone().filter(|_| !item.from_past)
    })
}
