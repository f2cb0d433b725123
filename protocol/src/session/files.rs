//! Files: sent in three stages, fetched in two.

use super::answers::Trouble;
use super::purpose::UploadStage;
use super::{Emit, Purpose, Session};
use crate::dialect::{Acceptance, Answer, Intent, RefusalClass};
use crate::error::Failure;
use crate::event::{CommandResult, Event};
use crate::id::{CommandId, ConversationKey, MessageKey, RequestId};
use crate::machine::uploads::{Failed, Outcome, Stage};
use crate::model::{Attachment, AttachmentStatus, DeliveryStatus, ItemBody, Origin, OutgoingAttachment};
use crate::output::{Operation, Output};
use crate::time::Now;

impl Session {
    /// Takes a file into the line.
    pub(super) fn send_attachment(
        &mut self,
        now: Now,
        command: CommandId,
        key: ConversationKey,
        mut attachment: OutgoingAttachment,
        emit: &mut Emit<'_>,
    ) {
        if let Ok(content_type) = self.dialect.get().check_attachment(&attachment, &self.limits) {
            attachment.content_type = Some(content_type);
        }
        let message = MessageKey::from_u64(self.message_keys.next());
        let token = self.rng.uuid();
        let shown = Attachment {
            id: None,
            name: Some(attachment.name.clone()),
            content_type: attachment.content_type.clone(),
            status: AttachmentStatus::InProgress,
        };
        let body = ItemBody::Attachments { attachments: vec![shown] };
        let item = self.pending_item(now, key, message, body);
        let Some(conversation) = self.conversations.get_mut(&key) else { return };
        conversation.uploads.push(message, attachment, token, command);
        emit.event(Event::MessageQueued { command, conversation: key, message });
        conversation.transcript.add_pending(item, emit.changes(key, Origin::Local));
        emit.checkpoint();
    }

    /// Begins the next stage of the file at the head of the line, if it may.
    pub(super) fn pump_uploads(&mut self, now: Now, key: ConversationKey, emit: &mut Emit<'_>) {
        // One that cannot be put on the wire has failed, and the next has its turn.
        while !self.begin_upload(now, key, emit) {}
    }

    /// Returns whether there is nothing more to begin now.
    fn begin_upload(&mut self, now: Now, key: ConversationKey, emit: &mut Emit<'_>) -> bool {
        // As with messages: while the link is being made again, its tries find out what a file's would.
        let open = self.may_send() && self.is_reachable(key);
        let shape = self.dialect.get().shape();
        let generation = self.credentials.generation();
        let rng = &mut self.rng;
        let Some(conversation) = self.conversations.get_mut(&key) else { return true };
        // One that may be shown already is looked for in the history first, where that is wanted.
        conversation.uploads.set_open(open && !(shape.own_ids && conversation.poller.wants_history()));
        let Some(upload) = conversation.uploads.next(now, || rng.uuid()) else { return true };
        let upload = upload.clone();
        let message = upload.key;
        let changes = emit.changes(key, Origin::Local);
        conversation.transcript.set_status(message, DeliveryStatus::Sending, changes);
        let purpose = |stage| Purpose::Upload { conversation: key, message, stage, generation };
        let (attachment, token) = (&upload.attachment, upload.token.as_str());
        let begun = match &upload.stage {
            Stage::Start if !shape.announced_files => {
                let intent = Intent::Upload { attachment, ticket: None, token };
                self.request(now, purpose(UploadStage::Put), &intent, emit)
            }
            Stage::Start => {
                let intent = Intent::StartUpload { attachment, token };
                self.request(now, purpose(UploadStage::Start), &intent, emit)
            }
            Stage::Put { ticket, .. } => {
                let intent = Intent::Upload { attachment, ticket: Some(ticket), token };
                self.request(now, purpose(UploadStage::Put), &intent, emit)
            }
            Stage::Complete { attachment_id } => {
                let intent = Intent::CompleteUpload { attachment, attachment_id, token };
                self.request(now, purpose(UploadStage::Complete), &intent, emit)
            }
        };
        emit.checkpoint();
        let Err(problem) = begun else { return true };
        let failure = Self::unencodable(purpose_operation(&upload.stage), problem);
        self.upload_settled(now, key, message, Outcome::Refused { failure }, emit);
        false
    }

    pub(super) fn upload_answered(
        &mut self,
        now: Now,
        key: ConversationKey,
        message: MessageKey,
        stage: UploadStage,
        outcome: Result<Answer, Trouble>,
        emit: &mut Emit<'_>,
    ) {
        let operation = stage.operation();
        let own_ids = self.dialect.get().shape().own_ids;
        let complete_token = match (own_ids, &outcome) {
            (true, Ok(Answer::Uploaded { .. })) => self.next_message_id(key).unwrap_or_default(),
            (true, _) => String::new(),
            (false, _) => self.rng.uuid(),
        };
        let Some(conversation) = self.conversations.get_mut(&key) else { return };
        let trouble = match (stage, outcome) {
            (UploadStage::Start, Ok(Answer::Ticket(ticket))) => {
                let (id, expires) = (ticket.attachment_id.clone(), ticket.expires);
                conversation.uploads.announced(message, id, expires, ticket);
                emit.checkpoint();
                return;
            }
            (UploadStage::Put, Ok(Answer::Uploaded { attachment_id })) => {
                conversation.uploads.uploaded(message, attachment_id, complete_token);
                emit.checkpoint();
                return;
            }
            (UploadStage::Put, Ok(Answer::Done)) => {
                conversation.uploads.put(message, complete_token);
                emit.checkpoint();
                return;
            }
            // What was completed by a try whose answer was lost cannot be completed again.
            (UploadStage::Complete, Err(trouble))
                if trouble.class() == RefusalClass::Conflict
                    && conversation.uploads.may_be_complete(message) =>
            {
                self.upload_completed(key, message, emit);
                return;
            }
            (UploadStage::Complete, Ok(Answer::Done | Answer::Accepted(_))) => {
                if own_ids {
                    self.file_shown_under_own_id(key, message, emit);
                }
                self.upload_completed(key, message, emit);
                return;
            }
            (_, Ok(_)) => Self::unexpected(operation, "the answer to this stage of an upload"),
            (_, Err(trouble)) => trouble,
        };
        let failure = trouble.failure_of(operation);
        let retry_after = trouble.retry_after();
        let outcome = match trouble.class() {
            RefusalClass::Credential => Outcome::Denied { failure },
            RefusalClass::TryAgain => {
                Outcome::TryAgain { failure, retry_after, maybe_acted: trouble.may_have_acted() }
            }
            RefusalClass::Invalid | RefusalClass::Conflict => Outcome::Refused { failure },
        };
        let in_doubt = matches!(outcome, Outcome::TryAgain { maybe_acted: true, .. });
        if own_ids && in_doubt && stage == UploadStage::Complete {
            conversation.look_up();
        }
        self.upload_settled(now, key, message, outcome, emit);
        if trouble.class() != RefusalClass::Credential {
            let retry_at = self.conversations.get(&key).and_then(|it| it.uploads.retry_at());
            self.report(now, operation, &trouble, retry_at, emit);
        }
    }

    /// A file of ours is in the chat, under the id that we gave it.
    fn file_shown_under_own_id(&mut self, key: ConversationKey, message: MessageKey, emit: &mut Emit<'_>) {
        let Some(conversation) = self.conversations.get_mut(&key) else { return };
        let Some(id) = conversation.uploads.head(message).map(|head| head.token.clone()) else { return };
        let identity = Some(self.dialect.get().own_identity(&id));
        let acceptance = Acceptance { server_id: Some(id), identity, ..Acceptance::default() };
        let keys = &mut self.message_keys;
        let fresh = || MessageKey::from_u64(keys.next());
        let changes = emit.changes(key, Origin::Local);
        let marks = conversation.transcript.confirm(message, acceptance, fresh, changes);
        self.report_marks(key, marks, emit);
    }

    /// The provider has all of a file.
    fn upload_completed(&mut self, key: ConversationKey, message: MessageKey, emit: &mut Emit<'_>) {
        let Some(conversation) = self.conversations.get_mut(&key) else { return };
        let command = conversation.uploads.completed(message);
        let changes = emit.changes(key, Origin::Local);
        conversation.transcript.set_status(message, DeliveryStatus::Sent, changes);
        self.message_sent(message, command, emit);
    }

    /// The chat shows a file of ours: it has arrived, whatever becomes of the answer.
    pub(super) fn upload_shown(&mut self, key: ConversationKey, body: &ItemBody, emit: &mut Emit<'_>) {
        let ItemBody::Attachments { attachments } = body else { return };
        for id in attachments.iter().filter_map(|attachment| attachment.id.as_deref()) {
            let Some(conversation) = self.conversations.get_mut(&key) else { return };
            let Some(message) = conversation.uploads.known_as(id) else { continue };
            let unwanted = conversation.uploads.head(message).is_some();
            let command = conversation.uploads.shown(id);
            if unwanted {
                self.cancel_upload(message, emit);
            }
            self.message_sent(message, command, emit);
        }
    }

    /// The message that the provider shows this file as, if it is one of ours on its way.
    pub(super) fn upload_of(&self, key: ConversationKey, body: &ItemBody) -> Option<MessageKey> {
        let ItemBody::Attachments { attachments } = body else { return None };
        let uploads = &self.conversations.get(&key)?.uploads;
        attachments.iter().find_map(|attachment| uploads.known_as(attachment.id.as_deref()?))
    }

    pub(super) fn cancel_upload(&mut self, message: MessageKey, emit: &mut Emit<'_>) {
        let ours =
            |purpose: &Purpose| matches!(purpose, Purpose::Upload { message: of, .. } if *of == message);
        for (id, _) in self.requests.cancel_where(ours) {
            emit.output(Output::CancelRequest { id });
        }
    }

    /// Shows that files have failed, and tells whoever handed them over.
    pub(super) fn uploads_failed(&mut self, key: ConversationKey, failed: Vec<Failed>, emit: &mut Emit<'_>) {
        for Failed { key: message, command, failure, uncertain } in failed {
            let Some(conversation) = self.conversations.get_mut(&key) else { return };
            let status = if uncertain {
                DeliveryStatus::Uncertain { failure: failure.clone() }
            } else {
                DeliveryStatus::Failed { failure: failure.clone() }
            };
            conversation.transcript.set_status(message, status, emit.changes(key, Origin::Local));
            emit.checkpoint();
            if let Some(command) = command {
                self.finish(command, CommandResult::Failed { failure }, emit);
            }
        }
    }

    /// A request with a body of the host's, or to it, makes headway.
    pub(super) fn progress(
        &mut self,
        now: Now,
        request: RequestId,
        done: u64,
        total: Option<u64>,
        emit: &mut Emit<'_>,
    ) {
        if !self.requests.progress(now.at, request) {
            self.stale_inputs = self.stale_inputs.saturating_add(1);
            return;
        }
        let (command, message) = match self.requests.get(request) {
            Some(Purpose::Upload { conversation, message, stage: UploadStage::Put, .. }) => {
                let uploads = self.conversations.get(conversation).map(|it| &it.uploads);
                let head = uploads.and_then(|uploads| uploads.head(*message));
                (head.and_then(|head| head.command), Some(*message))
            }
            Some(Purpose::Download { command, .. }) => (Some(*command), None),
            _ => (None, None),
        };
        if let Some(command) = command {
            emit.event(Event::TransferProgress { command, message, done, total });
        }
    }

    pub(super) fn upload_settled(
        &mut self,
        now: Now,
        key: ConversationKey,
        message: MessageKey,
        outcome: Outcome,
        emit: &mut Emit<'_>,
    ) {
        let Some(conversation) = self.conversations.get_mut(&key) else { return };
        emit.checkpoint();
        let failed = conversation.uploads.settle(now.at, &mut self.rng, message, outcome);
        self.uploads_failed(key, failed.into_iter().collect(), emit);
    }

    /// What cannot be put on the wire, though its command could: the provider's own answer stands in the way.
    pub(super) fn unencodable(operation: Operation, problem: crate::event::EndReason) -> Failure {
        use crate::error::{FaultKind, ProviderFault, Retry};
        let mut fault = ProviderFault::new(FaultKind::Malformed, Retry::Manual);
        fault.operation = Some(operation);
        fault.found = Some(problem.to_string());
        fault.into()
    }
}

const fn purpose_operation<T>(stage: &Stage<T>) -> Operation {
    match stage {
        Stage::Start => Operation::StartUpload,
        Stage::Put { .. } => Operation::Upload,
        Stage::Complete { .. } => Operation::CompleteUpload,
    }
}
