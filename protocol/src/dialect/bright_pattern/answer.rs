//! Answers to requests.

mod case;
mod extension;

use serde_json::value::RawValue;

use super::decode::{Reader as Events, When, WireEvent, end_of, malformed, shown, state_of, wait};
use super::refusal::{Verdict, verdict};
use super::{ChatProperties, Reply};
use crate::dialect::{Acceptance, Answer, Asked, Fact, Page, Refusal, RefusalDetail, Started};
use crate::error::{FaultKind, ProviderFault};
use crate::output::Operation;
use crate::wire::http::HttpResponse;
use crate::wire::json::{List, Scalar, object, read};
use crate::wire::retry_after::retry_after;
use crate::wire::text::{cut_bytes, cut_chars, has_more_chars};

/// Events of one answer. A history has no pages, so it is all that was said in a chat.
const EVENTS: usize = 100_000;

object! {
    /// Events; and, as some servers fail with a success, an error.
    struct Container<'a> {
        events: List<WireEvent<'a>, EVENTS> = "events",
        code: Scalar<'a> = "error_code",
        message: Scalar<'a> = "error_message",
    }
}

object! {
    /// The same once more, where the text of each event is wanted.
    struct RawContainer<'a> {
        events: List<&'a RawValue, EVENTS> = "events",
    }
}

object! {
    /// A refusal.
    struct ErrorBody<'a> {
        code: Scalar<'a> = "error_code",
        message: Scalar<'a> = "error_message",
    }
}

object! {
    /// A chat.
    struct WireChat<'a> {
        id: Scalar<'a> = "chat_id",
        state: Scalar<'a> = "state",
        wait: Scalar<'a> = "ewt",
        is_new: Scalar<'a> = "is_new_chat",
        phone_number: Scalar<'a> = "phone_number",
    }
}

object! {
    /// A file that was uploaded.
    struct WireFile<'a> {
        id: Scalar<'a> = "file_id",
    }
}

/// Reads one answer.
#[derive(Clone, Copy)]
pub(super) struct Reader<'r> {
    pub(super) asked: Asked<'r>,
    pub(super) response: &'r HttpResponse,
    /// What is in the header of each request, in case a server repeats it in an error.
    pub(super) client_id: &'r str,
}

impl Reader<'_> {
    /// What the answer says.
    pub(super) fn answer(self) -> Result<Answer, Refusal> {
        let (operation, limit) = (self.asked.operation, self.asked.limits.body_bytes());
        if self.response.body.len() > limit {
            return Err(self.unreadable(&format!("a body of at most {limit} bytes")));
        }
        if operation == Operation::Download && self.response.status.is_success() {
            return Ok(Answer::Done);
        }
        // A byte that is no UTF-8 costs one character, and a byte order mark nothing.
        let body = String::from_utf8_lossy(&self.response.body);
        let body = body.trim_start_matches('\u{feff}').trim();
        if !self.response.status.is_success() {
            return self.refused(body);
        }
        match operation {
            Operation::Poll => self.events(body, When::Live).map(Answer::Polled),
            Operation::SendMessage
            | Operation::SendTyping
            | Operation::SendReceipt
            | Operation::SendEvent
            | Operation::CompleteUpload
            | Operation::Leave => {
                let facts = self.events(body, When::Live)?;
                Ok(Answer::Accepted(Acceptance { facts, ..Acceptance::default() }))
            }
            Operation::CatchUp | Operation::LoadHistory | Operation::LoadTranscript => self.history(body),
            Operation::StartConversation => self.started(body),
            Operation::Upload => self.uploaded(body),
            Operation::Authorise
            | Operation::StartUpload
            | Operation::AttachmentUrl
            | Operation::Download
            | Operation::DescribeView
            | Operation::AuthenticationUrl
            | Operation::CancelAuthentication
            | Operation::ServerVersion
            | Operation::Availability
            | Operation::ExpectedParameters
            | Operation::ActiveConversation
            | Operation::CaseHistory
            | Operation::CloseCase
            | Operation::Notifications
            | Operation::IceServers
            | Operation::Configuration
            | Operation::RequestSms => self.extension(body),
        }
    }

    fn read<'a, T: serde::Deserialize<'a>>(self, body: &'a str, spare: &'a mut String) -> Result<T, Refusal> {
        read(body, spare, self.asked.limits)
            .map_err(|problem| self.unreadable(&format!("a JSON object: {problem}")))
    }

    /// The events in a body, in one pass; only where one is not understood once more, event by event, so that its
    /// own text can be shown and the others are kept. An empty body is as good as one without events.
    fn events(self, body: &str, when: When) -> Result<Vec<Fact>, Refusal> {
        if body.is_empty() {
            return Ok(Vec::new());
        }
        let (limits, chat) = (self.asked.limits, self.asked.conversation);
        let (mut spare, mut second_spare) = (String::new(), String::new());
        if let Ok(container) = self.read::<Container<'_>>(body, &mut spare) {
            if let Some(code) = container.code.as_ref().and_then(Scalar::as_str) {
                let message = container.message.as_ref().and_then(Scalar::as_str);
                return self.refused_by(Some(code), message, None).map(|_| Vec::new());
            }
            let mut facts = Vec::new();
            let mut events = Events::new(limits, chat, when);
            for event in container.events.map_or_else(Vec::new, |list| list.0) {
                events.read(event, "", &mut facts);
            }
            if !facts.iter().any(|fact| matches!(fact, Fact::Unrecognized { .. } | Fact::Fault(_))) {
                return Ok(facts);
            }
        }
        let container: RawContainer<'_> = self.read(body, &mut second_spare)?;
        let mut facts = Vec::new();
        let mut events = Events::new(limits, chat, when);
        for raw in container.events.map_or_else(Vec::new, |list| list.0) {
            let mut spare = String::new();
            match read::<WireEvent<'_>>(raw.get(), &mut spare, limits) {
                Ok(event) => events.read(event, raw.get(), &mut facts),
                Err(problem) => {
                    let shown = shown(raw.get(), limits);
                    facts.push(malformed(&format!("an event: {problem}"), shown));
                }
            }
        }
        Ok(facts)
    }

    /// All that happened in a chat, as a page: the newest first. Of its states only the last one still holds.
    fn history(self, body: &str) -> Result<Answer, Refusal> {
        let mut facts = self.events(body, When::Past)?;
        facts.reverse();
        let mut told = false;
        facts.retain(|fact| {
            let is_status = matches!(fact, Fact::Status { .. });
            !is_status || !core::mem::replace(&mut told, true)
        });
        Ok(Answer::Page(Page { facts, next: None, initial_segment: None }))
    }

    fn started(self, body: &str) -> Result<Answer, Refusal> {
        let chat = self.chat(body)?;
        let why = end_of(&chat.state);
        let wait = chat.wait_seconds.map(core::time::Duration::from_secs);
        let mut facts = vec![Fact::Status { state: chat.state, wait }];
        facts.extend(why.map(|why| Fact::Over { why }));
        // Where the server does not say, to look what was said costs one request, and not to may cost a message.
        Ok(Answer::Started(Started { conversation: chat.chat_id, resumed: chat.is_new != Some(true), facts }))
    }

    /// What a server says of a chat.
    fn chat(self, body: &str) -> Result<ChatProperties, Refusal> {
        let (mut spare, limits) = (String::new(), self.asked.limits);
        let chat: WireChat<'_> = self.read(body, &mut spare)?;
        let id = chat.id.as_ref().and_then(Scalar::as_str).unwrap_or_default();
        let limit = limits.id_chars();
        // It goes into each address, and one that would lead elsewhere is no id.
        let is_id = |id: &str| id.chars().all(|sign| sign.is_ascii_graphic() && !"/\\?#%&".contains(sign));
        if id.is_empty() || has_more_chars(id, limit) || !is_id(id) || id.trim_matches('.').is_empty() {
            return Err(self.unreadable(&format!(
                "a chat_id of 1 to {limit} characters, none of which means something in an address"
            )));
        }
        let state = chat.state.as_ref().and_then(Scalar::as_str).unwrap_or_default();
        Ok(ChatProperties {
            chat_id: id.to_owned(),
            state: state_of(state, limits),
            wait_seconds: wait(&chat.wait).map(|wait| wait.as_secs()),
            is_new: chat.is_new.as_ref().and_then(Scalar::flag),
            phone_number: chat.phone_number.and_then(|number| number.0).map(std::borrow::Cow::into_owned),
        })
    }

    fn uploaded(self, body: &str) -> Result<Answer, Refusal> {
        let mut spare = String::new();
        let file: WireFile<'_> = self.read(body, &mut spare)?;
        let limit = self.asked.limits.id_chars();
        match file.id.and_then(|id| id.0) {
            Some(id) if !id.is_empty() && !has_more_chars(&id, limit) => {
                Ok(Answer::Uploaded { attachment_id: id.into_owned() })
            }
            _ => Err(self.unreadable(&format!("a file_id of 1 to {limit} characters"))),
        }
    }

    /// The answer was granted, but says nothing that makes sense: a proxy, a log-in page, a broken server.
    fn unreadable(self, expected: &str) -> Refusal {
        let verdict = verdict(self.asked.operation, None, 500);
        let mut fault = ProviderFault::new(FaultKind::Malformed, verdict.retry);
        (fault.operation, fault.status) = (Some(self.asked.operation), Some(self.response.status.as_u16()));
        let found = self.body_shown(&String::from_utf8_lossy(&self.response.body));
        (fault.expected, fault.found) = (Some(expected.to_owned()), Some(found));
        let retry_after = retry_after(&self.response.headers);
        Refusal { fault, class: verdict.class, detail: verdict.detail, retry_after }
    }

    /// A body as an error may show it: never where it may hold a password, a form, or what we authorise with.
    fn body_shown(self, body: &str) -> String {
        let is_secret = matches!(
            self.asked.operation,
            Operation::IceServers | Operation::Notifications | Operation::Download
        );
        if is_secret {
            return format!("a body of {} bytes", body.len());
        }
        shown(self.without_id(body), self.asked.limits)
    }

    /// A text of the server's, unless it repeats what we authorise with. To be asked before it is cut.
    fn without_id(self, text: &str) -> &str {
        if text.contains(self.client_id) { "[redacted: it repeats the client id]" } else { text }
    }

    fn refused(self, body: &str) -> Result<Answer, Refusal> {
        let mut spare = String::new();
        let parsed = read::<ErrorBody<'_>>(body, &mut spare, self.asked.limits).unwrap_or_default();
        let code = parsed.code.as_ref().and_then(Scalar::as_str).filter(|code| !code.is_empty());
        let message = parsed.message.as_ref().and_then(Scalar::as_str);
        let found = (code.is_none() && !body.is_empty()).then(|| self.body_shown(body));
        self.refused_by(code, message, found)
    }

    /// What follows from a code and a status: a refusal, unless it merely says that nothing has happened.
    fn refused_by(
        self,
        code: Option<&str>,
        message: Option<&str>,
        found: Option<String>,
    ) -> Result<Answer, Refusal> {
        let (operation, limits, status) = (self.asked.operation, self.asked.limits, self.response.status);
        let Verdict { class, detail, retry, idle, .. } = verdict(operation, code, status.as_u16());
        if idle && operation == Operation::Poll {
            return Ok(Answer::Polled(Vec::new()));
        }
        if operation == Operation::ActiveConversation && detail == Some(RefusalDetail::Gone) {
            return Ok(Answer::BrightPattern(Reply::ActiveChat { chat: None }));
        }
        let is_error = status.is_client_error() || status.is_server_error() || code.is_some();
        let kind = if is_error { FaultKind::Refused } else { FaultKind::Unexpected };
        let mut fault = ProviderFault::new(kind, retry);
        (fault.operation, fault.status) = (Some(operation), Some(status.as_u16()));
        fault.code = code.map(|code| cut_chars(code, limits.id_chars()).to_owned());
        fault.message = message.map(|text| cut_bytes(self.without_id(text), limits.raw_bytes()).to_owned());
        fault.found = found;
        Err(Refusal { fault, class, detail, retry_after: retry_after(&self.response.headers) })
    }
}
