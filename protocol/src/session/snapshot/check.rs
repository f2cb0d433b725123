//! Whether a snapshot can be: looked at as a whole before a session is made of it.

use std::collections::BTreeSet;

use super::{SavedConversation, SavedSession, SnapshotError};
use crate::id::{CommandId, MessageKey};
use crate::limits::Limits;

/// Looks at everything that a session relies on.
///
/// # Errors
/// The first thing that cannot be.
pub(super) fn check(saved: &SavedSession, limits: &Limits) -> Result<(), SnapshotError> {
    let cannot_be = |problem| Err(SnapshotError::Inconsistent { problem });
    let commands: BTreeSet<CommandId> = saved.open_commands.iter().copied().collect();
    within("commands", commands.len(), limits.commands())?;
    if commands.len() != saved.open_commands.len() {
        return cannot_be("a command is open twice");
    }
    let mut waited_for: Vec<CommandId> = saved.awaiting_live.clone();
    waited_for.extend(saved.questions.iter().map(|question| question.command));
    waited_for.extend(saved.leaving.iter().map(|leaving| leaving.command));
    let mut keys = BTreeSet::new();
    if saved.conversations.is_empty() {
        return cannot_be("there is no conversation");
    }
    for conversation in saved.conversations.values() {
        check_conversation(conversation, limits)?;
        if !conversation.transcript.keys().all(|key| keys.insert(key)) {
            return cannot_be("two conversations have an item with the same key");
        }
        waited_for.extend(conversation.outbox.commands());
        waited_for.extend(conversation.uploads.commands());
        waited_for.extend(conversation.history.command());
        let named = conversation.outbox.keys().chain(conversation.uploads.keys());
        keys.extend(named.chain(conversation.receipts.keys()));
    }
    if keys.last().is_some_and(|key| key.as_u64() > saved.ids.messages) {
        return cannot_be("the counter of messages is behind a key that is in use");
    }
    let last = saved.open_commands.iter().max();
    if last.is_some_and(|command| command.as_u64() > saved.ids.commands) {
        return cannot_be("the counter of commands is behind one that is open");
    }
    // One that left its place behind was finished by what took it there.
    if saved.ended.is_none() && !waited_for.iter().all(|command| is_known(*command, &commands, saved)) {
        return cannot_be("something waits for a command that is not open");
    }
    if saved.ended.is_some() && !commands.is_empty() {
        return cannot_be("the session has ended, and a command is still open");
    }
    if saved.leaving.is_some() && saved.ended.is_some() {
        return cannot_be("the session has ended, and is still leaving");
    }
    let may_rest = saved.conversations.values().all(|it| it.own.over.is_some());
    saved.link.contradiction(may_rest).map_or(Ok(()), cannot_be)
}

/// A leave that is confirmed has told its command already.
fn is_known(command: CommandId, open: &BTreeSet<CommandId>, saved: &SavedSession) -> bool {
    open.contains(&command) || saved.leaving.as_ref().is_some_and(|leaving| leaving.command == command)
}

fn check_conversation(saved: &SavedConversation, limits: &Limits) -> Result<(), SnapshotError> {
    let cannot_be = |problem| Err(SnapshotError::Inconsistent { problem });
    let SavedConversation { transcript, outbox, receipts, catch_up, uploads, .. } = saved;
    let problems = [transcript.contradiction(), outbox.contradiction(), uploads.contradiction()];
    if let Some(problem) = problems.into_iter().flatten().next() {
        return cannot_be(problem);
    }
    let here: BTreeSet<MessageKey> = transcript.keys().collect();
    if !transcript.has_dropped() && !outbox.line().chain(uploads.line()).all(|key| here.contains(&key)) {
        return cannot_be("a message is on its way that the transcript does not have");
    }
    within("outbox_items", outbox.keys().count(), limits.outbox_items())?;
    within("outbox_bytes", outbox.bytes(), limits.outbox_bytes())?;
    within("uploads", uploads.keys().count(), limits.uploads())?;
    within("pending_receipts", receipts.len(), limits.pending_receipts())?;
    within("held_items", catch_up.held(), limits.held_items())?;
    // What waits to be sent is never dropped from the window.
    let waiting = outbox.line().count() + uploads.line().count();
    within("transcript_items", transcript.len().saturating_sub(waiting), limits.transcript_items())
}

const fn within(name: &'static str, found: usize, limit: usize) -> Result<(), SnapshotError> {
    if found <= limit {
        return Ok(());
    }
    Err(SnapshotError::LimitExceeded { name, found, limit })
}
