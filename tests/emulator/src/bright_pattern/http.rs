//! Requests in, answers out: routing, credentials, and everything that can befall an answer.

use bytes::Bytes;
use serde_json::{Value, json};

use super::answer::{Call, written};
use super::authorization::{self, COOKIE, WEB_CHAT};
use super::chat::ClientKey;
use super::codes::{ErrorCode, ErrorForm, Refusal, page};
use super::faults::ErrorRule;
use super::machine::Server;
use super::operation::{Operation, Route};
use super::script::Trigger;
use super::stats::RequestSeen;
use crate::chance::{StatusRule, status_for, strikes};
use crate::io::{HttpRequest, HttpResponse, Output, split_target};
use crate::percent;

/// Who asks.
pub(super) struct Caller {
    pub(super) key: ClientKey,
    /// A cookie that it has to be given.
    pub(super) cookie: Option<String>,
}

/// What a call has led to.
pub(super) enum Done {
    Answer(Reply),
    /// The poll waits.
    Held,
}

/// An answer, and what follows it.
pub(super) struct Reply {
    pub(super) status: u16,
    /// Empty: not told.
    pub(super) content_type: &'static str,
    pub(super) body: Bytes,
    pub(super) headers: Vec<(String, String)>,
    /// Events drained into it.
    pub(super) batch: usize,
    /// What else follows, once the answer is on its way.
    pub(super) then: Vec<Then>,
}

/// What follows an answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// Something happened that the agent's script may know.
    Happened { chat: usize, what: Trigger, text: Option<String> },
    /// The customer leaves, and the scenario goes on.
    Disconnect { chat: usize },
    /// The customer ends the chat.
    End { chat: usize },
}

impl Reply {
    pub(super) fn json(value: &Value) -> Self {
        Self::text("application/json", value.to_string())
    }

    pub(super) fn text(content_type: &'static str, body: impl Into<Bytes>) -> Self {
        Self { status: 200, content_type, body: body.into(), headers: Vec::new(), batch: 0, then: Vec::new() }
    }

    /// 200 and no byte.
    pub(super) fn empty() -> Self {
        Self::text("", Bytes::new())
    }
}

impl From<Reply> for Done {
    fn from(reply: Reply) -> Self {
        Self::Answer(reply)
    }
}

impl Server {
    pub(super) fn on_http(
        &mut self,
        now_ms: u64,
        exchange: u64,
        request: HttpRequest,
        out: &mut Vec<Output>,
    ) {
        let route = Route::of(&request.method, request.path());
        let call = Call { exchange, operation: route.operation, api: route.api };
        let operation = route.operation;
        *self.stats.calls.entry(operation).or_default() += 1;
        let seen = RequestSeen {
            time_ms: now_ms,
            operation,
            chat_id: route.chat.clone(),
            answered_ms: None,
            status: None,
            abandoned: false,
        };
        self.journal.open(exchange, seen, self.config.journal);
        if let Some(origin) = request.header("Origin") {
            self.origins.insert(exchange, origin.to_owned());
        }
        if operation == Operation::Options {
            let response = HttpResponse { status: 204, ..HttpResponse::default() };
            self.answer(now_ms, call, response, 0, out);
            return;
        }
        let cut = operation == Operation::Upload && !self.begun.take(exchange) && self.cuts_upload();
        if cut || strikes(&mut self.config.faults.lost_requests, operation, &mut self.chaos) {
            self.stats.lost_answers += 1;
            out.push(Output::NoAnswer { exchange });
            return;
        }
        if let Some(rule) = status_for(&mut self.config.faults.statuses, operation) {
            let response = self.ruled(&rule);
            self.answer(now_ms, call, response, 0, out);
            return;
        }
        if let Some(body) = self.cached(&route) {
            let response = written(Reply::text("application/json", body));
            self.answer(now_ms, call, response, 0, out);
            return;
        }
        let done = match self.config.faults.error_for(operation) {
            Some(ErrorRule { code, status, retry_after, .. }) => {
                Err(Refusal { status, retry_after, ..Refusal::from(code) })
            }
            None => self.perform(now_ms, call, &route, request),
        };
        match done {
            Ok(Done::Held) => {}
            Ok(Done::Answer(mut reply)) => {
                let (batch, then) = (reply.batch, std::mem::take(&mut reply.then));
                self.answer(now_ms, call, written(reply), batch, out);
                self.follow(now_ms, then);
            }
            Err(refusal) => self.refuse(now_ms, call, &refusal, out),
        }
    }

    /// What a cache in front of the server answers in its place.
    fn cached(&mut self, route: &Route) -> Option<Bytes> {
        if route.operation != Operation::Poll {
            return None;
        }
        let chat = *self.by_id.get(route.chat.as_deref()?)?;
        let body = self.chats[chat].last_answer.clone()?;
        self.polls_seen.cacheable += 1;
        let seen = self.polls_seen.cacheable;
        self.config.faults.cached_polls.strikes(seen, &mut self.chaos).then(|| {
            self.stats.polls_cached += 1;
            body
        })
    }

    /// The answer that a proxy gives: a page, or nothing at all.
    fn ruled(&self, rule: &StatusRule<Operation>) -> HttpResponse {
        let mut headers = Vec::new();
        let body = match self.config.faults.error_form {
            ErrorForm::Empty => String::new(),
            _ => {
                headers.push(("Content-Type".to_owned(), "text/html".to_owned()));
                page(rule.status)
            }
        };
        if let Some(seconds) = rule.retry_after {
            headers.push(("Retry-After".to_owned(), seconds.to_string()));
        }
        HttpResponse { status: rule.status, headers, body: body.into(), ..HttpResponse::default() }
    }

    pub(super) fn refuse(&mut self, now_ms: u64, call: Call, refusal: &Refusal, out: &mut Vec<Output>) {
        *self.stats.errors.entry(refusal.code.number()).or_default() += 1;
        let response = refusal.response(call.api, self.config.faults.error_form);
        self.answer(now_ms, call, response, 0, out);
    }

    fn perform(
        &mut self,
        now_ms: u64,
        call: Call,
        route: &Route,
        request: HttpRequest,
    ) -> Result<Done, Refusal> {
        if route.operation == Operation::Unknown {
            // What the API does not know is not answered by it.
            return Ok(Reply { status: 404, ..Reply::empty() }.into());
        }
        if route.open {
            return self.download(now_ms, route).map(Done::from);
        }
        let caller = self.identify(route, &request)?;
        if strikes(&mut self.config.faults.lost_sessions, route.operation, &mut self.chaos)
            && let Some(chat) = self.by_client.get(&caller.key).copied()
        {
            self.lose(chat);
        }
        let key = &caller.key;
        if let Some(id) = route.chat.as_deref().filter(|id| !self.by_id.contains_key(*id)) {
            self.find_running(now_ms, route.api, key, Some(id));
        }
        match route.operation {
            Operation::Version => {
                Ok(Reply::json(&json!({ "server_version": "5.5.6.12345 (Stable)" })).into())
            }
            Operation::Availability => Ok(self.availability(key).into()),
            Operation::Parameters => Ok(self.parameters(key).into()),
            Operation::Configuration => Ok(self.configuration(key).into()),
            Operation::IceServers => Ok(self.ice_servers(&request)?.into()),
            Operation::RequestSms => Ok(self.request_sms(&request)?.into()),
            Operation::RequestChat => Ok(self.request_chat(now_ms, route.api, caller, &request)?.into()),
            Operation::ActiveChat => Ok(self.active_chat(key)?.into()),
            Operation::SendEvents => Ok(self.send_events(now_ms, route, key, &request)?.into()),
            Operation::Poll => self.poll(now_ms, call, route, key),
            Operation::History => Ok(self.history(now_ms, route, key)?.into()),
            Operation::CaseHistory => Ok(self.case_history(route, key)?.into()),
            Operation::CloseCase => Ok(self.close_case(route, key)?.into()),
            Operation::Notifications => Ok(self.notifications(route, key, &request)?.into()),
            Operation::Upload => Ok(self.upload(now_ms, &request)?.into()),
            Operation::Download => {
                self.live(route, key)?;
                Ok(self.download(now_ms, route)?.into())
            }
            Operation::Photo => Ok(self.photo(route, key)?.into()),
            Operation::Icon => Ok(self.icon(route, key)?.into()),
            Operation::Options | Operation::Unknown => Err(ErrorCode::Unspecified.into()),
        }
    }

    /// Tenant, entry and client of a request.
    fn identify(&mut self, route: &Route, request: &HttpRequest) -> Result<Caller, Refusal> {
        // Pictures and files are asked for without a tenant.
        let bare = matches!(route.operation, Operation::Download | Operation::Photo | Operation::Icon);
        let named = query(&request.target, "tenantUrl");
        let tenant = named.as_deref().and_then(|named| self.tenant(named));
        if tenant.is_none() && !bare {
            return Err(ErrorCode::BadTenantUrl.into());
        }
        let credentials = authorization::parse(request.header("Authorization"))?;
        let entry_of = |tenant: usize| {
            let entries = &self.config.tenants[tenant].entries;
            entries.iter().position(|entry| entry.app_id == credentials.app_id)
        };
        let mut tenants = tenant.map_or(0..self.config.tenants.len(), |tenant| tenant..tenant + 1);
        let found = tenants.find_map(|tenant| Some((tenant, entry_of(tenant)?)));
        let (tenant, entry) = found.ok_or(ErrorCode::BadAppId)?;
        if credentials.client_id != WEB_CHAT {
            return Ok(Caller { key: (tenant, entry, credentials.client_id), cookie: None });
        }
        let known = authorization::session_cookie(request.header("Cookie")).map(str::to_owned);
        let cookie = known.is_none().then(|| self.ids.token(24));
        let client = known.or_else(|| cookie.clone()).unwrap_or_default();
        Ok(Caller { key: (tenant, entry, format!("{COOKIE}={client}")), cookie })
    }

    /// The tenant of a `tenantUrl`, which may come with a scheme and a final slash.
    fn tenant(&self, named: &str) -> Option<usize> {
        let named = named.strip_prefix("https://").or_else(|| named.strip_prefix("http://")).unwrap_or(named);
        let named = named.strip_suffix('/').unwrap_or(named);
        self.config.tenants.iter().position(|tenant| tenant.domain.eq_ignore_ascii_case(named))
    }

    fn follow(&mut self, now_ms: u64, then: Vec<Then>) {
        for what in then {
            match what {
                Then::Happened { chat, what, text } => self.react(now_ms, chat, &what, text),
                Then::Disconnect { chat } => self.on_disconnect(now_ms, chat),
                Then::End { chat } => self.end(now_ms, chat),
            }
        }
    }
}

/// A parameter of a target's query, decoded.
pub(super) fn query(target: &str, wanted: &str) -> Option<String> {
    let (_, query) = split_target(target);
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let value = pairs.into_iter().find(|(name, _)| *name == wanted).map(|(_, value)| value)?;
    percent::decode(&value.replace('+', " "))
}
