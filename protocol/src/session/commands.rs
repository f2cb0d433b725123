//! What the user asks. First everything that can be wrong with a command is looked at, then it is done: a
//! refused one changes nothing.

use super::questions::Question;
use super::{Emit, Session};
use crate::command::Command;
use crate::dialect::Provider;
use crate::error::CommandError;
use crate::event::CommandResult;
use crate::id::{CommandId, ConversationKey, MessageKey};
use crate::machine::link::Gates;
use crate::machine::link::chart::Phase;
use crate::model::{
    Choice, Direction, ItemBody, Origin, OutgoingAttachment, OutgoingContent, ReceiptSettings, TranscriptItem,
};
use crate::time::Now;

impl Session {
    /// Whether a command makes sense now.
    pub(super) fn check_command(&self, command: &Command) -> Result<(), CommandError> {
        self.check_standing(command)?;
        if let Some(question) = question_of(command, self.current, String::new) {
            return self.check_question(command.name(), &question);
        }
        let idle = self.link.phase() == Phase::Idle;
        let not_now = |hint: &str| {
            Err(CommandError::NotNow { command: command.name().to_owned(), hint: hint.to_owned() })
        };
        match command {
            Command::Connect if idle => Ok(()),
            Command::Connect => Err(CommandError::AlreadyConnected),
            Command::Leave if self.leaving.is_some() => not_now("the session is leaving already"),
            Command::Suspend if self.link.gates().suspended => not_now("the session is suspended already"),
            Command::Resume if !self.link.gates().suspended => not_now("the session is not suspended"),
            Command::Leave | Command::Suspend | Command::Resume => Ok(()),
            Command::SendMessage { conversation, content } => {
                self.check_content(self.conversation_key(*conversation)?, content)
            }
            Command::Answer { message, choice } => {
                let (key, content) = self.answer_content(*message, choice)?;
                self.check_content(key, &content)
            }
            Command::SendAttachment { conversation, attachment } => {
                self.check_attachment(self.conversation_key(*conversation)?, attachment)
            }
            Command::Cancel { command } => {
                if self.questions.contains(*command) {
                    return Ok(());
                }
                Err(CommandError::UnknownCommand { command: *command })
            }
            // Looked at above, as questions.
            Command::AttachmentUrl { .. }
            | Command::DownloadAttachment { .. }
            | Command::LoadTranscript { .. }
            | Command::AmazonConnect { .. }
            | Command::BrightPattern { .. }
            | Command::ConfigureReceipts { .. }
            | Command::Reset => Ok(()),
            Command::Resend { message } | Command::Discard { message } => {
                let (key, _) = self.find(*message)?;
                // Nobody would hear of one that is sent again where all is over.
                if matches!(command, Command::Resend { .. }) {
                    self.conversation_key(Some(key))?;
                }
                self.check_parked(key, *message, matches!(command, Command::Discard { .. }))
            }
            Command::SendTyping { conversation } | Command::StopTyping { conversation } => {
                self.conversation_key(*conversation).map(|_| ())
            }
            Command::StartConversation { introduction } => self.check_start(command.name(), introduction),
            Command::EndConversation { .. } if self.leaving.is_some() => {
                not_now("a conversation is being ended already")
            }
            Command::EndConversation { conversation } => self.conversation_key(*conversation).map(|_| ()),
            Command::PushReceived { payload } => self.check_push(command.name(), payload),
            Command::MarkRead { message } | Command::MarkDelivered { message } => {
                let (_, item) = self.find(*message)?;
                if item.direction == Direction::Incoming && item.server_id.is_some() {
                    return Ok(());
                }
                not_now("only messages of others can be marked")
            }
            Command::LoadHistory { conversation, .. } => {
                let key = self.conversation_key(*conversation)?;
                let Some(conversation) = self.conversations.get(&key) else {
                    return Ok(());
                };
                if conversation.history.run.is_some() {
                    return not_now("older items are being fetched already");
                }
                if conversation.transcript.len() >= self.limits.transcript_items() {
                    return Err(limit_reached("transcript_items", self.limits.transcript_items()));
                }
                Ok(())
            }
        }
    }

    /// Whether a session takes such a command at all, as it stands.
    fn check_standing(&self, command: &Command) -> Result<(), CommandError> {
        if let Some(reason) = &self.ended {
            return Err(CommandError::Ended { reason: reason.clone() });
        }
        if self.open_commands.len() >= self.limits.commands() {
            return Err(limit_reached("commands", self.limits.commands()));
        }
        if self.is_unsupported(command) {
            let provider = self.dialect.get().capabilities().provider.name().to_owned();
            return Err(CommandError::Unsupported { command: command.name().to_owned(), provider });
        }
        // A session that was connected can be put away between two conversations.
        let put_away = self.link.been_live() && matches!(command, Command::Leave | Command::Reset);
        // And one that was held then is let go, so that what it asks besides is asked.
        let let_go = self.link.gates().suspended && matches!(command, Command::Resume);
        if self.link.phase() == Phase::Idle && !put_away && !let_go && !needs_no_link(command) {
            return Err(CommandError::NotConnected);
        }
        Ok(())
    }

    fn check_attachment(
        &self,
        key: ConversationKey,
        attachment: &OutgoingAttachment,
    ) -> Result<(), CommandError> {
        let uploads = self.conversations.get(&key).map_or(0, |it| it.uploads.len());
        if uploads >= self.limits.uploads() {
            return Err(limit_reached("uploads", self.limits.uploads()));
        }
        self.dialect.get().check_attachment(attachment, &self.limits).map(|_| ())
    }

    /// Does a command that was found to make sense.
    pub(super) fn apply_command(&mut self, now: Now, id: CommandId, command: Command, emit: &mut Emit<'_>) {
        match command {
            Command::Connect => self.connect(now, id, None, emit),
            Command::StartConversation { introduction } => self.connect(now, id, Some(introduction), emit),
            Command::EndConversation { conversation } => {
                self.leave(now, id, conversation.unwrap_or(self.current), true, emit);
            }
            Command::PushReceived { payload } => {
                let pushed = self.dialect.get().push(&payload, &self.limits);
                self.pushed(now, id, pushed.ok().flatten(), emit);
            }
            Command::SendMessage { conversation, content } => {
                self.hand_over(now, id, conversation.unwrap_or(self.current), content, emit);
            }
            Command::Answer { message, choice } => {
                if let Ok((key, content)) = self.answer_content(message, &choice) {
                    self.hand_over(now, id, key, content, emit);
                }
            }
            Command::SendAttachment { conversation, attachment } => {
                self.send_attachment(now, id, conversation.unwrap_or(self.current), attachment, emit);
            }
            Command::AttachmentUrl { .. }
            | Command::DownloadAttachment { .. }
            | Command::LoadTranscript { .. }
            | Command::AmazonConnect { .. }
            | Command::BrightPattern { .. } => {
                let rng = &mut self.rng;
                if let Some(question) = question_of(&command, self.current, || rng.uuid()) {
                    self.questions.put(id, question);
                }
            }
            Command::Cancel { command } => {
                self.cancel_question(command, emit);
                self.finish(id, CommandResult::Done, emit);
            }
            Command::ConfigureReceipts { settings } => {
                self.configure_receipts(&settings);
                self.finish(id, CommandResult::Done, emit);
            }
            Command::Reset => {
                self.finish(id, CommandResult::Done, emit);
                self.end(now, crate::event::EndReason::Reset, emit);
            }
            Command::Resend { message } => self.resend(id, message, emit),
            Command::Discard { message } => self.discard(now, id, message, emit),
            Command::SendTyping { conversation } => {
                self.user_types(now, id, conversation.unwrap_or(self.current), emit);
            }
            Command::StopTyping { conversation } => {
                self.user_stops(now, id, conversation.unwrap_or(self.current), emit);
            }
            Command::MarkRead { message } => self.mark(now, id, message, true, emit),
            Command::MarkDelivered { message } => self.mark(now, id, message, false, emit),
            Command::LoadHistory { conversation, limit } => {
                self.load_history(id, conversation.unwrap_or(self.current), limit, emit);
            }
            Command::Suspend => {
                for waiting in core::mem::take(&mut self.awaiting_live) {
                    // A connect still finishes once the link is live; a resume was just taken back.
                    if self.link.been_live() {
                        self.finish(waiting, CommandResult::Withdrawn, emit);
                    } else {
                        self.awaiting_live.push(waiting);
                    }
                }
                let gates = Gates { suspended: true, ..self.link.gates() };
                self.gate(now, gates, emit);
                self.finish(id, CommandResult::Done, emit);
            }
            Command::Resume => {
                if self.link.phase() == Phase::Idle {
                    self.finish(id, CommandResult::Done, emit);
                } else {
                    self.awaiting_live.push(id);
                }
                let gates = Gates { suspended: false, ..self.link.gates() };
                self.gate(now, gates, emit);
            }
            Command::Leave => self.leave(now, id, self.current, false, emit),
        }
    }

    /// Whether the provider has nothing like it.
    fn is_unsupported(&self, command: &Command) -> bool {
        let can = self.dialect.get().capabilities();
        match command {
            Command::StartConversation { .. } | Command::EndConversation { .. } => !can.many_conversations,
            Command::PushReceived { .. } => !can.push,
            Command::AmazonConnect { .. } => can.provider != Provider::AmazonConnect,
            Command::BrightPattern { .. } => can.provider != Provider::BrightPattern,
            Command::SendAttachment { .. }
            | Command::AttachmentUrl { .. }
            | Command::DownloadAttachment { .. } => !can.attachments,
            Command::Connect
            | Command::SendMessage { .. }
            | Command::Answer { .. }
            | Command::Resend { .. }
            | Command::Discard { .. }
            | Command::SendTyping { .. }
            | Command::StopTyping { .. }
            | Command::MarkRead { .. }
            | Command::MarkDelivered { .. }
            | Command::LoadHistory { .. }
            | Command::Cancel { .. }
            | Command::LoadTranscript { .. }
            | Command::ConfigureReceipts { .. }
            | Command::Reset
            | Command::Suspend
            | Command::Resume
            | Command::Leave => false,
        }
    }

    pub(super) fn conversation_key(
        &self,
        key: Option<ConversationKey>,
    ) -> Result<ConversationKey, CommandError> {
        let key = key.unwrap_or(self.current);
        match self.conversations.get(&key) {
            Some(conversation) if conversation.over.is_some() => {
                Err(CommandError::ConversationOver { conversation: key })
            }
            Some(_) => Ok(key),
            None => Err(CommandError::UnknownConversation { conversation: key }),
        }
    }

    fn find(&self, message: MessageKey) -> Result<(ConversationKey, &TranscriptItem), CommandError> {
        let mut found = self
            .conversations
            .iter()
            .filter_map(|(key, conversation)| Some((*key, conversation.transcript.get(message)?)));
        found.next().ok_or(CommandError::UnknownMessage { message })
    }

    fn check_content(&self, key: ConversationKey, content: &OutgoingContent) -> Result<(), CommandError> {
        self.dialect.get().check(content)?;
        let Some(conversation) = self.conversations.get(&key) else {
            return Ok(());
        };
        if conversation.outbox.len() >= self.limits.outbox_items() {
            return Err(limit_reached("outbox_items", self.limits.outbox_items()));
        }
        let bytes = conversation.outbox.bytes().saturating_add(content.as_str().len());
        if bytes > self.limits.outbox_bytes() {
            return Err(limit_reached("outbox_bytes", self.limits.outbox_bytes()));
        }
        Ok(())
    }

    fn check_parked(
        &self,
        key: ConversationKey,
        message: MessageKey,
        or_waiting: bool,
    ) -> Result<(), CommandError> {
        let Some(conversation) = self.conversations.get(&key) else {
            return Ok(());
        };
        // The transcript shows that it arrived, though no answer said so.
        let shown = conversation.is_shown(message);
        let parked = conversation.outbox.is_parked(message) || conversation.uploads.is_parked(message);
        let waiting = conversation.outbox.is_waiting(message) || conversation.uploads.is_under_way(message);
        if !shown && (parked || (or_waiting && waiting)) {
            return Ok(());
        }
        Err(CommandError::NotFailed { message })
    }

    fn answer_content(
        &self,
        message: MessageKey,
        choice: &Choice,
    ) -> Result<(ConversationKey, OutgoingContent), CommandError> {
        let (key, item) = self.find(message)?;
        let ItemBody::Interactive { interactive } = &item.body else {
            let hint = "it asks nothing".to_owned();
            return Err(CommandError::InvalidChoice { message, hint });
        };
        match self.dialect.get().choose(interactive, choice) {
            Ok(content) => Ok((key, content)),
            Err(error) => Err(CommandError::InvalidChoice { message, hint: error.problem }),
        }
    }

    fn resend(&mut self, id: CommandId, message: MessageKey, emit: &mut Emit<'_>) {
        for (key, conversation) in &mut self.conversations {
            let rng = &mut self.rng;
            let mut again = conversation.outbox.resend(message, id);
            if conversation.uploads.resend(message, id, || rng.uuid()) {
                again.push(message);
            }
            for back in again {
                let changes = emit.changes(*key, Origin::Local);
                conversation.transcript.set_status(back, crate::model::DeliveryStatus::Queued, changes);
            }
        }
        emit.checkpoint();
    }

    fn discard(&mut self, now: Now, id: CommandId, message: MessageKey, emit: &mut Emit<'_>) {
        let (mut waiting, polls) = (None, self.polls());
        for (key, conversation) in &mut self.conversations {
            let in_doubt = conversation.outbox.told_by(message).or_else(|| {
                let file = conversation.uploads.may_have_arrived(message);
                file.then(|| now.at + self.policy.doubt_wait)
            });
            let handed_over_at = conversation.transcript.get(message).map(|item| item.at);
            let taken = conversation.outbox.discard(message);
            if let Some(command) = taken.or_else(|| conversation.uploads.discard(message)) {
                waiting = command;
                conversation.transcript.remove(message, emit.changes(*key, Origin::Local));
                // It may have arrived all the same: then it is to be seen that it did.
                match in_doubt.zip(handed_over_at) {
                    Some(_) if polls => conversation.look_up(),
                    Some((told_by, since)) => conversation.catch_up.owe(told_by.max(now.at), since),
                    None => {}
                }
            }
        }
        self.cancel_upload(message, emit);
        emit.checkpoint();
        if let Some(command) = waiting {
            self.finish(command, CommandResult::Withdrawn, emit);
        }
        self.finish(id, CommandResult::Done, emit);
    }

    fn configure_receipts(&mut self, settings: &ReceiptSettings) {
        let millis = |millis: u32| core::time::Duration::from_millis(millis.into());
        for conversation in self.conversations.values_mut() {
            let mut policy = conversation.receipts.policy().clone();
            policy.enabled = settings.enabled.unwrap_or(policy.enabled);
            policy.automatic_delivered = settings.automatic_delivered.unwrap_or(policy.automatic_delivered);
            policy.window = settings.window_millis.map_or(policy.window, millis);
            policy.delivered_delay = settings.delivered_delay_millis.map_or(policy.delivered_delay, millis);
            conversation.receipts.set_policy(policy);
        }
    }

    fn mark(&mut self, now: Now, id: CommandId, message: MessageKey, read: bool, emit: &mut Emit<'_>) {
        for conversation in self.conversations.values_mut() {
            if let Some(mark) = conversation.mark(message) {
                if read {
                    conversation.receipts.read(now.at, mark);
                } else {
                    conversation.receipts.delivered(now.at, mark);
                }
            }
        }
        self.finish(id, CommandResult::Done, emit);
    }
}

/// Whether a command makes sense without a link: it makes the session connect, or asks what needs no conversation.
const fn needs_no_link(command: &Command) -> bool {
    match command {
        Command::BrightPattern { request, .. } => !request.needs_chat(),
        Command::Connect
        | Command::StartConversation { .. }
        | Command::PushReceived { .. }
        | Command::Cancel { .. } => true,
        Command::EndConversation { .. }
        | Command::SendMessage { .. }
        | Command::Answer { .. }
        | Command::Resend { .. }
        | Command::Discard { .. }
        | Command::SendTyping { .. }
        | Command::StopTyping { .. }
        | Command::MarkRead { .. }
        | Command::MarkDelivered { .. }
        | Command::LoadHistory { .. }
        | Command::SendAttachment { .. }
        | Command::AttachmentUrl { .. }
        | Command::DownloadAttachment { .. }
        | Command::LoadTranscript { .. }
        | Command::ConfigureReceipts { .. }
        | Command::AmazonConnect { .. }
        | Command::Reset
        | Command::Suspend
        | Command::Resume
        | Command::Leave => false,
    }
}

/// What a command asks the provider, where it does. `token` makes the idempotency token of what needs one.
fn question_of(
    command: &Command,
    current: ConversationKey,
    token: impl FnOnce() -> String,
) -> Option<Question> {
    if let Command::AttachmentUrl { attachment, expires_in } = command {
        return Some(Question::Address {
            attachment: attachment.clone(),
            expires_in: *expires_in,
            sink: None,
        });
    }
    if let Command::DownloadAttachment { attachment, sink } = command {
        let (attachment, sink) = (attachment.clone(), Some(sink.clone()));
        return Some(Question::Address { attachment, expires_in: None, sink });
    }
    if let Command::LoadTranscript { conversation, query } = command {
        let conversation = conversation.unwrap_or(current);
        return Some(Question::Transcript { conversation, query: query.clone() });
    }
    if let Command::AmazonConnect { request } = command {
        return Some(Question::AmazonConnect { request: request.clone(), token: token() });
    }
    if let Command::BrightPattern { conversation, request } = command {
        let (conversation, request) = (conversation.unwrap_or(current), Box::new(request.clone()));
        return Some(Question::BrightPattern { conversation, request, token: token() });
    }
    None
}

fn limit_reached(name: &str, limit: usize) -> CommandError {
    CommandError::LimitReached { name: name.to_owned(), limit }
}
