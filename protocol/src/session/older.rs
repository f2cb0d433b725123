//! What is older than what is here, and is fetched on request.

use super::answers::Trouble;
use super::conversation::{HistoryRun, Older};
use super::history::reached_by;
use super::told::Told;
use super::{Emit, Purpose, Session};
use crate::dialect::{Answer, Fact, FetchFrom, FetchQuery, Intent, RefusalClass};
use crate::event::CommandResult;
use crate::id::{CommandId, ConversationKey};
use crate::machine::catch_up::Goal;
use crate::model::Origin;
use crate::output::Operation;
use crate::time::Now;

/// Pages asked for by one command, while those before held nothing new.
const MOST_HISTORY_PAGES: u32 = 10;

impl Session {
    /// Begins to fetch older items.
    pub(super) fn load_history(
        &mut self,
        command: CommandId,
        key: ConversationKey,
        limit: Option<u32>,
        emit: &mut Emit<'_>,
    ) {
        let Some(conversation) = self.conversations.get_mut(&key) else {
            return;
        };
        let whole = self.dialect.get().shape().whole_history;
        if conversation.history.complete && !whole {
            self.finish(command, CommandResult::Loaded { items: 0, complete: true }, emit);
            return;
        }
        if whole {
            conversation.look_up();
        }
        let limit = limit.unwrap_or(self.policy.first_page).max(1);
        let run = HistoryRun { command, limit, pages: 0, added: 0, waiting: true, start: None };
        conversation.history.run = Some(run);
    }

    /// Asks for the next page of older items, if one is wanted and may be asked for.
    pub(super) fn pump_history(&mut self, now: Now, key: ConversationKey, emit: &mut Emit<'_>) {
        let (may_send, generation) = (self.may_send(), self.credentials.generation());
        let Some(conversation) = self.conversations.get_mut(&key) else {
            return;
        };
        let Some(run) = conversation.history.run.as_mut().filter(|run| run.waiting) else {
            return;
        };
        // The first page is on its way: what is older than it is not known yet.
        if !may_send
            || self.dialect.get().shape().whole_history
            || (conversation.catch_up.goal() == Some(Goal::First))
        {
            return;
        }
        run.waiting = false;
        // No more than there is room for: what is dropped again at once need not be fetched.
        let room = self.limits.transcript_items().saturating_sub(conversation.transcript.len()).max(1);
        let limit = run.limit.min(u32::try_from(room).unwrap_or(u32::MAX));
        let older = conversation.history.older.take().filter(|older| older.generation == generation);
        let oldest =
            conversation.history.reached.clone().or_else(|| {
                conversation.transcript.oldest_addressable().and_then(|item| item.server_id.clone())
            });
        let from = match (&older, &oldest) {
            (Some(Older { cursor, start, .. }), _) => FetchFrom::Cursor { cursor, start: start.as_deref() },
            (None, Some(server_id)) => FetchFrom::Item { server_id },
            (None, None) => FetchFrom::Newest,
        };
        run.start = match &from {
            FetchFrom::Cursor { start, .. } => start.map(ToOwned::to_owned),
            FetchFrom::Item { server_id } => Some((*server_id).to_owned()),
            FetchFrom::Newest => None,
        };
        // A page from an item holds that item again.
        let again = u32::from(matches!(from, FetchFrom::Item { .. }));
        let limit = limit.saturating_add(again);
        let purpose = Purpose::LoadHistory { conversation: key, generation };
        self.request_or_end(now, purpose, &Intent::Fetch(FetchQuery { from, limit }), emit);
    }

    pub(super) fn history_answered(
        &mut self,
        now: Now,
        key: ConversationKey,
        outcome: Result<Answer, Trouble>,
        emit: &mut Emit<'_>,
    ) {
        let page = match outcome {
            Ok(Answer::Page(page)) => page,
            Ok(_) => {
                let trouble = Self::unexpected(Operation::LoadHistory, "a page of the transcript");
                self.history_failed(key, &trouble, emit);
                return;
            }
            Err(trouble) => {
                self.history_failed(key, &trouble, emit);
                return;
            }
        };
        let reached = reached_by(&page);
        let next = page.next;
        let mut added = 0_u32;
        for fact in page.facts.into_iter().rev() {
            if let Fact::Item(item) = fact {
                added += u32::from(self.take_item(now, key, *item, Origin::History, emit));
            } else {
                self.tell(now, key, fact, Origin::History, &mut Told::default(), emit);
            }
        }
        self.trim(key, Origin::History, emit);
        let generation = self.credentials.generation();
        let Some(conversation) = self.conversations.get_mut(&key) else {
            return;
        };
        let complete = next.is_none();
        conversation.history.reached = reached.or_else(|| conversation.history.reached.take());
        conversation.history.complete = complete;
        let start = conversation.history.run.as_ref().and_then(|run| run.start.clone());
        conversation.history.older = next.map(|cursor| Older { cursor, start, generation });
        let Some(run) = &mut conversation.history.run else {
            return;
        };
        run.pages += 1;
        run.added = run.added.saturating_add(added);
        if run.added == 0 && !complete && run.pages < MOST_HISTORY_PAGES {
            run.waiting = true;
            return;
        }
        let (command, items) = (run.command, run.added);
        conversation.history.run = None;
        self.finish(command, CommandResult::Loaded { items, complete }, emit);
    }

    fn history_failed(&mut self, key: ConversationKey, trouble: &Trouble, emit: &mut Emit<'_>) {
        let Some(conversation) = self.conversations.get_mut(&key) else {
            return;
        };
        let Some(run) = &mut conversation.history.run else {
            return;
        };
        run.pages += 1;
        if trouble.class() == RefusalClass::Credential && run.pages < MOST_HISTORY_PAGES {
            run.waiting = true;
            return;
        }
        let command = run.command;
        conversation.history.run = None;
        self.finish(command, CommandResult::Failed { failure: trouble.failure() }, emit);
    }
}
