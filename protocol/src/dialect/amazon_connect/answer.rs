//! Answers to requests, and the table of refusals.

mod files;
mod storage;
mod view;

use http::HeaderValue;
use serde_json::value::RawValue;

use super::Reply;
use super::decode::{malformed, shown};
use super::item::{self, Item, processing, time};
use crate::dialect::{Acceptance, Answer, Fact, Grant, Page, Refusal, RefusalClass};
use crate::error::{FaultKind, ProviderFault, Retry};
use crate::limits::Limits;
use crate::output::Operation;
use crate::secret::Secret;
use crate::wire::http::HttpResponse;
use crate::wire::json::{List, Loose, Text, object, read};
use crate::wire::retry_after::retry_after;
use crate::wire::text::{cut_bytes, cut_chars, has_more_chars};

/// Items of a page. We ask for 100 at the most.
const ITEMS: usize = 1_000;

object! {
    /// CreateParticipantConnection.
    struct Connection<'a> {
        socket: WireSocket<'a> = "Websocket",
        credentials: WireCredentials<'a> = "ConnectionCredentials",
    }
}

object! {
    struct WireSocket<'a> {
        url: Text<'a> = "Url",
        expiry: Text<'a> = "ConnectionExpiry",
    }
}

object! {
    struct WireCredentials<'a> {
        token: Text<'a> = "ConnectionToken",
        expiry: Text<'a> = "Expiry",
    }
}

object! {
    /// SendMessage and SendEvent; other operations that only confirm, with no members at all.
    struct Sent<'a> {
        id: Text<'a> = "Id",
        at: Text<'a> = "AbsoluteTime",
        metadata: SentMetadata<'a> = "MessageMetadata",
    }
}

object! {
    struct SentMetadata<'a> {
        processing: Text<'a> = "MessageProcessingStatus",
    }
}

object! {
    /// GetTranscript.
    struct Transcript<'a> {
        initial_contact_id: Loose<'a> = "InitialContactId",
        next: Text<'a> = "NextToken",
        items: List<Item<'a>, ITEMS> = "Transcript",
    }
}

object! {
    /// GetTranscript once more, where the text of each item is wanted.
    struct RawTranscript<'a> {
        initial_contact_id: Loose<'a> = "InitialContactId",
        next: Text<'a> = "NextToken",
        items: List<&'a RawValue, ITEMS> = "Transcript",
    }
}

object! {
    /// A refusal.
    struct ErrorBody<'a> {
        kind: Text<'a> = "__type",
        code: Text<'a> = "code",
        message: Text<'a> = "message" | "Message",
    }
}

/// What follows from an exception or, where that has no row, from a status. The one place that decides it.
const REFUSALS: [Row; 8] = [
    ("ThrottlingException", (429, 429), RefusalClass::TryAgain),
    ("InternalServerException", (500, 599), RefusalClass::TryAgain),
    ("RequestTimeoutException", (408, 408), RefusalClass::TryAgain),
    // The wire does not tell apart: a wrong token, one that ran out, a chat that is over, a wrong region.
    ("AccessDeniedException", (403, 403), RefusalClass::Credential),
    ("UnauthorizedException", (401, 401), RefusalClass::Credential),
    ("ConflictException", (409, 409), RefusalClass::Conflict),
    // With ServiceQuotaExceeded (402: files that are too many or too large) and ResourceNotFound (404: a view).
    ("ValidationException", (400, 499), RefusalClass::Invalid),
    // A redirect is not the service's: a proxy or a log-in page of the network stands between. That may pass.
    ("", (0, u16::MAX), RefusalClass::TryAgain),
];

/// A name, a status from and to (both included), and what follows.
type Row = (&'static str, (u16, u16), RefusalClass);

/// What a table says: the row of that name or, where it has none, the first of that status.
fn look_up(rows: &[Row], name: Option<&str>, status: u16) -> RefusalClass {
    let by_name = name.and_then(|name| rows.iter().find(|(known, ..)| *known == name));
    let by_status = || rows.iter().find(|(_, (from, to), _)| (*from..=*to).contains(&status));
    by_name.or_else(by_status).map_or(RefusalClass::TryAgain, |(.., class)| *class)
}

/// What follows from the service's refusal of an operation.
fn class_of(operation: Operation, name: Option<&str>, status: u16) -> RefusalClass {
    // A receipt is refused where its message is of a past contact; the next one may well be taken.
    match (operation, look_up(&REFUSALS, name, status)) {
        (Operation::SendReceipt, RefusalClass::Invalid) => RefusalClass::Conflict,
        (_, class) => class,
    }
}

const fn retry_of(class: RefusalClass) -> Retry {
    match class {
        RefusalClass::TryAgain => Retry::Manual,
        RefusalClass::Credential => Retry::AfterLogin,
        RefusalClass::Conflict | RefusalClass::Invalid => Retry::Never,
    }
}

/// Reads one answer.
#[derive(Clone, Copy)]
pub(super) struct Reader<'r> {
    pub(super) operation: Operation,
    pub(super) response: &'r HttpResponse,
    pub(super) limits: &'r Limits,
    /// The participant token, in case a server repeats it in an error.
    pub(super) own_token: &'r Secret,
}

impl Reader<'_> {
    /// What the answer says.
    pub(super) fn answer(self) -> Result<Answer, Refusal> {
        let (from_storage, limit) = (storage::answers(self.operation), self.limits.body_bytes());
        if !from_storage && self.response.body.len() > limit {
            return Err(self.unreadable(&format!("a body of at most {limit} bytes")));
        }
        // A byte that is no UTF-8 costs one character.
        let body = String::from_utf8_lossy(&self.response.body);
        if !self.response.status.is_success() {
            return Err(if from_storage { storage::refusal(self, &body) } else { self.refusal(&body) });
        }
        let spare = &mut String::new();
        match self.operation {
            Operation::Authorise => self.granted(self.read(&body, spare)?),
            Operation::SendMessage | Operation::SendTyping | Operation::SendReceipt => {
                self.accepted(self.read(&body, spare)?).map(Answer::Accepted)
            }
            Operation::CatchUp | Operation::LoadHistory | Operation::LoadTranscript => self.page(&body),
            // Not asked of this service.
            Operation::StartConversation
            | Operation::Poll
            | Operation::ServerVersion
            | Operation::Availability
            | Operation::ExpectedParameters
            | Operation::ActiveConversation
            | Operation::CaseHistory
            | Operation::CloseCase
            | Operation::Notifications
            | Operation::IceServers
            | Operation::Configuration
            | Operation::RequestSms => Ok(Answer::Done),
            Operation::Leave | Operation::CompleteUpload => {
                self.read::<Sent<'_>>(&body, spare).map(|_| Answer::Done)
            }
            // The status says it: a body is the file, or a courtesy.
            Operation::Upload | Operation::Download => Ok(Answer::Done),
            Operation::StartUpload => self.ticket(self.read(&body, spare)?),
            Operation::AttachmentUrl => self.address(self.read(&body, spare)?),
            Operation::DescribeView => self.view(self.read(&body, spare)?),
            Operation::AuthenticationUrl => self.authentication_url(self.read(&body, spare)?),
            Operation::CancelAuthentication => self
                .read::<Sent<'_>>(&body, spare)
                .map(|_| Answer::AmazonConnect(Reply::AuthenticationCancelled)),
            Operation::SendEvent => self
                .accepted(self.read(&body, spare)?)
                .map(|sent| Answer::AmazonConnect(Reply::Event { id: sent.server_id, at: sent.at })),
        }
    }

    fn read<'a, T: serde::Deserialize<'a>>(self, body: &'a str, spare: &'a mut String) -> Result<T, Refusal> {
        read(body, spare, self.limits)
            .map_err(|problem| self.unreadable(&format!("a JSON object: {problem}")))
    }

    fn granted(self, connection: Connection<'_>) -> Result<Answer, Refusal> {
        let socket = connection.socket.unwrap_or_default();
        let credentials = connection.credentials.unwrap_or_default();
        let grant = Grant {
            socket_url: self.secret(socket.url, "Websocket.Url", self.limits.token_chars())?,
            socket_expires: time(socket.expiry),
            token: self.secret(
                credentials.token,
                "ConnectionCredentials.ConnectionToken",
                self.limits.token_chars(),
            )?,
            token_expires: time(credentials.expiry),
        };
        if grant.socket_url.is_none() && grant.token.is_none() {
            return Err(self.unreadable("a Websocket.Url or a ConnectionCredentials.ConnectionToken"));
        }
        Ok(Answer::Granted(grant))
    }

    /// A token, or an address that is as good as one; none where it is missing or empty.
    fn secret(self, text: Option<Text<'_>>, what: &str, limit: usize) -> Result<Option<Secret>, Refusal> {
        let Some(text) = text.filter(|text| !text.as_str().is_empty()) else {
            return Ok(None);
        };
        if has_more_chars(text.as_str(), limit) || HeaderValue::from_str(text.as_str()).is_err() {
            return Err(
                self.unreadable(&format!("a {what} of at most {limit} characters, all of them visible"))
            );
        }
        Ok(Some(Secret::new(text.into_owned())))
    }

    /// A text of at most so many characters; none where it is missing or empty.
    fn text(self, text: Option<Text<'_>>, what: &str, limit: usize) -> Result<Option<String>, Refusal> {
        if text.as_ref().is_some_and(|text| has_more_chars(text.as_str(), limit)) {
            return Err(self.unreadable(&format!("{what} of at most {limit} characters")));
        }
        Ok(text.map(Text::into_owned).filter(|text| !text.is_empty()))
    }

    fn accepted(self, sent: Sent<'_>) -> Result<Acceptance, Refusal> {
        let status = sent.metadata.and_then(|metadata| metadata.processing);
        Ok(Acceptance {
            server_id: self.text(sent.id, "an Id", self.limits.id_chars())?,
            identity: None,
            at: time(sent.at),
            processing: status.and_then(|status| processing(status.as_str(), self.limits)),
            facts: Vec::new(),
        })
    }

    /// Reads a page in one pass; only where something in it is not understood once more, item by item, so that
    /// its own text can be shown and the others are kept.
    fn page(self, body: &str) -> Result<Answer, Refusal> {
        let reader = item::Reader { limits: self.limits, contact_id: None };
        let (mut spare, mut second_spare) = (String::new(), String::new());
        if let Ok(transcript) = self.read::<Transcript<'_>>(body, &mut spare) {
            let items = transcript.items.map_or_else(Vec::new, |list| list.0);
            let facts: Vec<_> = items.into_iter().map(|item| reader.fact(item, "")).collect();
            if !facts.iter().any(|fact| matches!(fact, Fact::Unrecognized { .. } | Fact::Fault(_))) {
                return self.whole_page(facts, transcript.next, transcript.initial_contact_id);
            }
        }
        let transcript: RawTranscript<'_> = self.read(body, &mut second_spare)?;
        let fact = |raw: &RawValue| {
            let mut spare = String::new();
            match read::<Item<'_>>(raw.get(), &mut spare, self.limits) {
                Ok(item) => reader.fact(item, raw.get()),
                Err(problem) => malformed(&format!("an item: {problem}"), shown(raw.get(), self.limits)),
            }
        };
        let facts = transcript.items.map_or_else(Vec::new, |list| list.0).into_iter().map(fact).collect();
        self.whole_page(facts, transcript.next, transcript.initial_contact_id)
    }

    /// A page with its cursor; the last one has none, or an empty one. The id of the first contact is worth no page:
    /// one that cannot be used is none.
    fn whole_page(
        self,
        facts: Vec<Fact>,
        next: Option<Text<'_>>,
        initial: Option<Loose<'_>>,
    ) -> Result<Answer, Refusal> {
        let is_id = |id: &str| !id.is_empty() && !has_more_chars(id, self.limits.id_chars());
        let initial_segment = match initial {
            Some(Loose::Text(id)) if is_id(&id) => Some(id.into_owned()),
            Some(Loose::Text(_) | Loose::Object { .. } | Loose::Other) | None => None,
        };
        Ok(Answer::Page(Page {
            facts,
            next: self.text(next, "a NextToken", self.limits.token_chars())?,
            initial_segment,
        }))
    }

    /// The answer was granted, but says nothing that makes sense: a proxy, a log-in page, a broken server.
    fn unreadable(self, expected: &str) -> Refusal {
        let found = self.body_shown(&String::from_utf8_lossy(&self.response.body));
        let mut fault = ProviderFault::new(FaultKind::Malformed, retry_of(RefusalClass::TryAgain));
        (fault.operation, fault.status) = (Some(self.operation), Some(self.response.status.as_u16()));
        (fault.expected, fault.found) = (Some(expected.to_owned()), Some(found));
        Refusal {
            fault,
            class: RefusalClass::TryAgain,
            detail: None,
            retry_after: retry_after(&self.response.headers),
        }
    }

    /// A body as an error may show it: never where it may hold tokens, or addresses that are as good as one.
    fn body_shown(self, body: &str) -> String {
        match self.operation {
            Operation::Authorise
            | Operation::StartUpload
            | Operation::Upload
            | Operation::AttachmentUrl
            | Operation::Download
            | Operation::DescribeView
            | Operation::AuthenticationUrl => format!("a body of {} bytes", body.len()),
            Operation::StartConversation
            | Operation::Poll
            | Operation::SendMessage
            | Operation::SendTyping
            | Operation::SendReceipt
            | Operation::CatchUp
            | Operation::LoadHistory
            | Operation::LoadTranscript
            | Operation::Leave
            | Operation::CompleteUpload
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
            | Operation::RequestSms
            | Operation::SendEvent => shown(self.without_token(body), self.limits),
        }
    }

    /// A text of the server's, unless a token is in it: ours or, as gateways repeat the path that they do not
    /// know, that of a view. To be asked before it is cut.
    fn without_token(self, text: &str) -> &str {
        let is_view = self.operation == Operation::DescribeView && text.contains("/views/");
        if is_view || text.contains(self.own_token.expose()) {
            return "[redacted: it repeats the token]";
        }
        text
    }

    fn refusal(self, body: &str) -> Refusal {
        let mut spare = String::new();
        let parsed = read::<ErrorBody<'_>>(body, &mut spare, self.limits);
        let is_json = parsed.is_ok();
        let parsed = parsed.unwrap_or_default();
        let in_header = self.response.header("x-amzn-errortype").and_then(|value| value.split(':').next());
        let in_body = parsed.kind.or(parsed.code);
        let name = in_header.map(str::trim).filter(|name| !name.is_empty()).or_else(|| {
            in_body.as_ref().and_then(|text| text.as_str().rsplit('#').next()).filter(|name| !name.is_empty())
        });
        let class = class_of(self.operation, name, self.response.status.as_u16());
        let mut refusal = self.refused(class, name, parsed.message.as_ref().map(Text::as_str));
        if !is_json && !body.is_empty() {
            refusal.fault.found = Some(self.body_shown(body));
        }
        refusal
    }

    /// A refusal with the server's name for it and its words.
    fn refused(self, class: RefusalClass, name: Option<&str>, message: Option<&str>) -> Refusal {
        let status = self.response.status;
        let is_error = status.is_client_error() || status.is_server_error();
        let kind = if is_error { FaultKind::Refused } else { FaultKind::Unexpected };
        let mut fault = ProviderFault::new(kind, retry_of(class));
        (fault.operation, fault.status) = (Some(self.operation), Some(status.as_u16()));
        fault.code = name.map(|name| cut_chars(self.without_token(name), self.limits.id_chars()).to_owned());
        fault.message =
            message.map(|text| cut_bytes(self.without_token(text), self.limits.raw_bytes()).to_owned());
        Refusal { fault, class, detail: None, retry_after: retry_after(&self.response.headers) }
    }
}
