//! What the user asks the provider: parts of the transcript, addresses of files and the files themselves, and
//! what only one provider has.

use std::collections::BTreeMap;

use super::answers::Trouble;
use super::told::Told;
use super::{Emit, Purpose, Session};
use crate::dialect::{Answer, Fact, Intent, Page, RefusalClass, Scope, amazon_connect, bright_pattern};
use crate::error::{CommandError, TransportFault};
use crate::event::CommandResult;
use crate::id::{CommandId, ConversationKey, MessageKey};
use crate::machine::queries::Outcome;
use crate::model::{
    ItemBody, Origin, ScanDirection, SinkKey, SortOrder, StartPosition, Template, TranscriptPage,
    TranscriptQuery,
};
use crate::output::{Operation, Output, Sink};
use crate::secret::{DownloadUrl, Secret};
use crate::time::Now;

/// What is asked.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Question {
    /// The address of a file; with a sink, to be fetched from it at once.
    Address { attachment: String, expires_in: Option<u32>, sink: Option<SinkKey> },
    /// A file, at an address that was obtained for it.
    File { attachment: String, url: DownloadUrl, size: Option<u64>, sink: SinkKey },
    /// A part of the transcript.
    Transcript { conversation: ConversationKey, query: TranscriptQuery },
    /// What only Amazon Connect has.
    AmazonConnect { request: amazon_connect::Request, token: String },
    /// What only Bright Pattern has.
    BrightPattern { conversation: ConversationKey, request: Box<bright_pattern::Request>, token: String },
}

impl Question {
    pub(super) const fn operation(&self) -> Operation {
        match self {
            Self::Address { .. } => Operation::AttachmentUrl,
            Self::File { .. } => Operation::Download,
            Self::Transcript { .. } => Operation::LoadTranscript,
            Self::AmazonConnect { request, .. } => match request {
                amazon_connect::Request::DescribeView { .. } => Operation::DescribeView,
                amazon_connect::Request::AuthenticationUrl { .. } => Operation::AuthenticationUrl,
                amazon_connect::Request::CancelAuthentication { .. } => Operation::CancelAuthentication,
                amazon_connect::Request::SendEvent { .. } => Operation::SendEvent,
            },
            Self::BrightPattern { request, .. } => request.operation(),
        }
    }

    /// The conversation in whose order it stands, where it says something to the others: what is signalled about a
    /// call must not overtake what was signalled before.
    fn line(&self) -> Option<ConversationKey> {
        let Self::BrightPattern { conversation, request, .. } = self else { return None };
        (request.operation() == Operation::SendEvent).then_some(*conversation)
    }
}

impl Session {
    /// Asks what may be asked now.
    pub(super) fn pump_questions(&mut self, now: Now, emit: &mut Emit<'_>) {
        loop {
            let open = self.may_ask();
            self.questions.set_open(open);
            let heads = self.heads_of_lines();
            let may = |command: CommandId, question: &Question| {
                question.line().is_none_or(|line| heads.get(&line) == Some(&command))
            };
            let Some((command, question)) = self.questions.next(now.at, may) else { return };
            let question = question.clone();
            if let Err(problem) = self.ask(now, command, &question, emit) {
                let failure = Self::unencodable(question.operation(), problem);
                self.questions.cancel(command);
                self.finish(command, CommandResult::Failed { failure }, emit);
            }
        }
    }

    /// The first of those that keep their order, in each conversation: the others wait until it is through.
    fn heads_of_lines(&self) -> BTreeMap<ConversationKey, CommandId> {
        let mut heads = BTreeMap::new();
        for (command, question) in self.questions.iter() {
            if let Some(line) = question.line() {
                heads.entry(line).or_insert(command);
            }
        }
        heads
    }

    fn ask(
        &mut self,
        now: Now,
        command: CommandId,
        question: &Question,
        emit: &mut Emit<'_>,
    ) -> Result<(), crate::event::EndReason> {
        let generation = self.credentials.generation();
        let conversation = match question {
            Question::Transcript { conversation, .. } | Question::BrightPattern { conversation, .. } => {
                *conversation
            }
            Question::Address { .. } | Question::File { .. } | Question::AmazonConnect { .. } => self.current,
        };
        let purpose =
            Purpose::Question { conversation, command, operation: question.operation(), generation };
        match question {
            Question::Address { attachment, expires_in, sink } => {
                if let Some(url) = self.known_address(attachment) {
                    self.address_known(command, attachment, url, sink.clone(), emit);
                    return Ok(());
                }
                let intent = Intent::AttachmentUrl { attachment, expires_in: *expires_in };
                self.request(now, purpose, &intent, emit)
            }
            Question::File { url, size, sink, .. } => {
                let cap = u64::try_from(self.limits.download_bytes()).unwrap_or(u64::MAX);
                let limit = size.unwrap_or(cap).min(cap);
                let sink = Some(Sink::new(sink.clone(), limit));
                let intent = Intent::Download { url: url.expose() };
                self.request_into(now, Purpose::Download { conversation, command }, &intent, sink, emit)
            }
            Question::Transcript { conversation, query } => {
                let start = self.start_of(*conversation, query);
                let query = TranscriptQuery {
                    limit: Some(query.limit.unwrap_or(self.policy.first_page)),
                    ..query.clone()
                };
                let query = &query;
                let intent = Intent::Query { query, start: start.as_deref() };
                self.request(now, purpose, &intent, emit)
            }
            Question::AmazonConnect { request, token } => {
                let view_token = self.view_token(request);
                let view_token = view_token.as_ref();
                self.request(now, purpose, &Intent::AmazonConnect { request, view_token, token }, emit)
            }
            Question::BrightPattern { request, token, .. } => {
                let intent = Intent::BrightPattern { request, token };
                let Some(sink) = request.sink() else {
                    return self.request(now, purpose, &intent, emit);
                };
                let limit = u64::try_from(self.limits.download_bytes()).unwrap_or(u64::MAX);
                let sink = Some(Sink::new(sink.clone(), limit));
                self.request_into(now, Purpose::Download { conversation, command }, &intent, sink, emit)
            }
        }
    }

    /// The address of a file, where the provider need not be asked for it.
    fn known_address(&self, attachment: &str) -> Option<DownloadUrl> {
        let conversation = self.conversations.get(&self.current)?.remote.as_deref();
        self.dialect.get().file_address(conversation, attachment)
    }

    fn address_known(
        &mut self,
        command: CommandId,
        attachment: &str,
        url: DownloadUrl,
        sink: Option<SinkKey>,
        emit: &mut Emit<'_>,
    ) {
        if let Some(sink) = sink {
            self.questions
                .put(command, Question::File { attachment: attachment.to_owned(), url, size: None, sink });
        } else {
            self.questions.answered(command);
            self.finish(command, CommandResult::AttachmentUrl { url, expires_at: None, size: None }, emit);
        }
    }

    pub(super) fn question_answered(
        &mut self,
        now: Now,
        command: CommandId,
        operation: Operation,
        outcome: Result<Answer, Trouble>,
        emit: &mut Emit<'_>,
    ) {
        let trouble = match outcome {
            Ok(answer) => match self.take_answer(now, command, answer, emit) {
                Ok(()) => return,
                Err(expected) => Self::unexpected(operation, expected),
            },
            Err(trouble) => trouble,
        };
        let failure = trouble.failure_of(operation);
        let outcome = match trouble.class() {
            RefusalClass::Credential => Outcome::Denied { failure },
            // It would be as large the next time.
            RefusalClass::TryAgain
                if matches!(trouble, Trouble::Transport(TransportFault::TooLarge { .. })) =>
            {
                Outcome::Refused { failure }
            }
            // Done twice it might be done twice: that is for the user to decide.
            RefusalClass::TryAgain if trouble.may_have_acted() && self.acts_for_good(command) => {
                Outcome::Refused { failure }
            }
            RefusalClass::TryAgain => Outcome::TryAgain { failure, retry_after: trouble.retry_after() },
            RefusalClass::Invalid | RefusalClass::Conflict => Outcome::Refused { failure },
        };
        let last = self.questions.settle(now.at, &mut self.rng, command, outcome);
        if let Some(at) = self.questions.retry_at(command) {
            self.report(now, operation, &trouble, Some(at), emit);
        }
        if let Some(failure) = last {
            self.finish(command, CommandResult::Failed { failure }, emit);
        }
    }

    fn take_answer(
        &mut self,
        now: Now,
        command: CommandId,
        answer: Answer,
        emit: &mut Emit<'_>,
    ) -> Result<(), &'static str> {
        let operation = self.questions.peek(command).map(Question::operation);
        let result = match (operation, answer) {
            (Some(Operation::AttachmentUrl), Answer::Address { url, expires, size }) => {
                match self.questions.answered(command) {
                    Some(Question::Address { attachment, sink: Some(sink), .. }) => {
                        self.questions.put(command, Question::File { attachment, url, size, sink });
                        return Ok(());
                    }
                    _ => CommandResult::AttachmentUrl { url, expires_at: expires, size },
                }
            }
            (Some(Operation::LoadTranscript), Answer::Page(page)) => match self.questions.answered(command) {
                Some(Question::Transcript { conversation, query }) => {
                    let page = self.take_query_page(now, conversation, &query, page, emit);
                    CommandResult::Page { page }
                }
                _ => return Ok(()),
            },
            (Some(_), Answer::AmazonConnect(reply)) => {
                self.questions.answered(command);
                CommandResult::AmazonConnect { reply }
            }
            (Some(_), Answer::BrightPattern(reply)) => {
                self.questions.answered(command);
                CommandResult::BrightPattern { reply }
            }
            (Some(_), Answer::Accepted(_)) => {
                self.questions.answered(command);
                CommandResult::Done
            }
            (Some(operation), Answer::Done) if operation.only_confirms() => {
                self.questions.answered(command);
                CommandResult::Done
            }
            (None, _) => return Ok(()),
            (Some(Operation::AttachmentUrl), _) => return Err("the address of the file"),
            (Some(Operation::LoadTranscript), _) => return Err("a page of the transcript"),
            (Some(_), _) => return Err("the answer to what was asked"),
        };
        self.finish(command, result, emit);
        Ok(())
    }

    pub(super) fn download_answered(
        &mut self,
        now: Now,
        command: CommandId,
        outcome: Result<Answer, Trouble>,
        done: u64,
        emit: &mut Emit<'_>,
    ) {
        let asked = self.questions.peek(command);
        let announced = if let Some(Question::File { size, .. }) = asked { *size } else { None };
        let short = announced.is_some_and(|size| size != done);
        // A server that says no length can be cut off without a sign.
        let outcome = if short {
            outcome.and(Err(Trouble::Transport(TransportFault::ConnectionLost)))
        } else {
            outcome
        };
        if outcome.is_ok() {
            self.questions.answered(command);
            self.finish(command, CommandResult::Downloaded { size: done }, emit);
        } else {
            self.question_answered(now, command, Operation::Download, outcome, emit);
        }
    }

    /// Takes a question back.
    pub(super) fn cancel_question(&mut self, command: CommandId, emit: &mut Emit<'_>) {
        self.questions.cancel(command);
        let asked = |purpose: &Purpose| matches!(purpose, Purpose::Question { command: of, .. } | Purpose::Download { command: of, .. } if *of == command);
        for (id, _) in self.requests.cancel_where(asked) {
            emit.output(Output::CancelRequest { id });
        }
        self.finish(command, CommandResult::Withdrawn, emit);
    }

    /// Whether what is asked for can be put to the provider at all.
    pub(super) fn check_question(&self, name: &str, question: &Question) -> Result<(), CommandError> {
        let invalid = |hint: String| Err(CommandError::InvalidArgument { command: name.to_owned(), hint });
        match question {
            Question::Transcript { conversation, query } => {
                let conversation = self.conversation_key(Some(*conversation))?;
                if let Some(StartPosition::Item { message }) = &query.from {
                    if self.start_of(conversation, query).is_none() {
                        return Err(CommandError::UnknownMessage { message: *message });
                    }
                    if self.item(*message).is_some_and(|item| item.from_past) {
                        return invalid(format!(
                            "{message} is of a past conversation, where no walk can begin: fetch it by load_history"
                        ));
                    }
                }
                match self.dialect.get().check_query(query) {
                    Ok(()) => Ok(()),
                    Err(error) => invalid(error.problem),
                }
            }
            Question::AmazonConnect { request, .. } => {
                let is_view = matches!(request, amazon_connect::Request::DescribeView { .. });
                if is_view && self.view_token(request).is_none() {
                    return invalid("the message has no form to fill in".to_owned());
                }
                self.check_encodes(
                    name,
                    &Intent::AmazonConnect {
                        request,
                        view_token: self.view_token(request).as_ref(),
                        token: "",
                    },
                )
            }
            Question::BrightPattern { conversation, request, .. } => {
                let has_begun = self.conversations.get(conversation).is_some_and(|it| it.remote.is_some());
                if request.needs_chat() && !has_begun {
                    let hint = "no conversation has begun: wait until the session is connected".to_owned();
                    return Err(CommandError::NotNow { command: name.to_owned(), hint });
                }
                self.check_encodes(name, &Intent::BrightPattern { request, token: "x" })
            }
            Question::Address { attachment, .. } if self.known_address(attachment).is_some() => Ok(()),
            Question::Address { attachment, expires_in, .. } => {
                self.check_encodes(name, &Intent::AttachmentUrl { attachment, expires_in: *expires_in })
            }
            Question::File { .. } => Ok(()),
        }
    }

    /// Whether what was asked does something that a second try would do again.
    fn acts_for_good(&self, command: CommandId) -> bool {
        match self.questions.peek(command) {
            Some(Question::BrightPattern { request, .. }) => !request.only_asks(),
            Some(
                Question::Address { .. }
                | Question::File { .. }
                | Question::Transcript { .. }
                | Question::AmazonConnect { .. },
            )
            | None => false,
        }
    }

    fn check_encodes(&self, name: &str, intent: &Intent<'_>) -> Result<(), CommandError> {
        let stand_in = Secret::new("x");
        let scope = Scope { credential: Some(&stand_in), conversation: Some("x") };
        match self.dialect.get().request(intent, scope) {
            Ok(_) => Ok(()),
            Err(error) => {
                Err(CommandError::InvalidArgument { command: name.to_owned(), hint: error.problem })
            }
        }
    }

    fn start_of(&self, conversation: ConversationKey, query: &TranscriptQuery) -> Option<String> {
        let Some(StartPosition::Item { message }) = &query.from else { return None };
        let item = self.conversations.get(&conversation)?.transcript.get(*message)?;
        item.server_id.clone()
    }

    fn view_token(&self, request: &amazon_connect::Request) -> Option<Secret> {
        let amazon_connect::Request::DescribeView { message } = request else { return None };
        let item = self.conversations.values().find_map(|it| it.transcript.get(*message))?;
        let ItemBody::Interactive { interactive } = &item.body else { return None };
        let Template::View { token, .. } = &interactive.template else { return None };
        (!token.is_empty()).then(|| token.clone())
    }

    fn take_query_page(
        &mut self,
        now: Now,
        key: ConversationKey,
        query: &TranscriptQuery,
        mut page: Page,
        emit: &mut Emit<'_>,
    ) -> TranscriptPage {
        let whole = self.dialect.get().shape().whole_history;
        if whole {
            // What is told in its order is taken in it.
            page.facts.reverse();
        } else if let Some(conversation) = self.conversations.get_mut(&key) {
            conversation.transcript.begin_part();
        }
        let mut keys = Vec::new();
        for fact in page.facts {
            if let Fact::Item(item) = fact {
                let id = item.identity.clone().or_else(|| item.server_id.clone());
                self.take_item(now, key, *item, Origin::History, emit);
                let transcript = self.conversations.get(&key).map(|it| &it.transcript);
                keys.extend(id.and_then(|id| transcript?.key_of(&id)));
            } else {
                self.tell(now, key, fact, Origin::History, &mut Told::default(), emit);
            }
        }
        if let Some(conversation) = self.conversations.get_mut(&key) {
            conversation.transcript.end_part();
        }
        if whole {
            as_asked(&mut keys, query);
        }
        let transcript = self.conversations.get(&key).map(|it| &it.transcript);
        let items = keys.into_iter().filter_map(|key| transcript?.get(key).cloned()).collect();
        TranscriptPage { initial_segment: page.initial_segment, items, next: page.next }
    }
}

/// The part that was asked for of a whole history, which comes with the oldest first.
fn as_asked(keys: &mut Vec<MessageKey>, query: &TranscriptQuery) {
    let limit = query.limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
    let surplus = keys.len().saturating_sub(limit);
    match query.direction {
        ScanDirection::Backward => drop(keys.drain(..surplus)),
        ScanDirection::Forward => keys.truncate(limit),
    }
    if query.order == SortOrder::Descending {
        keys.reverse();
    }
}
