//! Asking a customer who they are, by way of a provider of identities.

use std::sync::Arc;

use serde_json::json;

use super::agent::AgentAction;
use super::errors::Refusal;
use super::http::{Done, Then};
use super::machine::{Server, Timer};
use super::operation::SIGN_IN;
use super::validate::Body;
use crate::io::{HttpRequest, HttpResponse, Output, split_target};
use crate::percent;
use crate::timers::TimerKey;

/// How an authentication ends, unless the customer cancels it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuthenticationResult {
    /// The customer is who they say. A name that the provider knows replaces the one of the chat.
    Succeeded {
        /// The name from now on.
        display_name: Option<String>,
    },
    /// The provider refused.
    Failed,
    /// The customer took too long at the provider.
    Timeout,
    /// The customer did not ask for the address in time.
    Expired,
}

/// An authentication that has begun. A chat has one at most.
#[derive(Debug)]
pub(super) struct Session {
    chat: usize,
    until_ms: u64,
    /// Where the browser goes afterwards, once the address was asked for.
    redirect: Option<String>,
    timer: TimerKey,
}

impl Server {
    /// The flow asks the customer to authenticate. Whatever was begun before is forgotten.
    pub(super) fn request_authentication(&mut self, now_ms: u64, chat: usize, out: &mut Vec<Output>) {
        self.take_session(chat);
        let id = self.ids.uuid();
        let until_ms = now_ms + self.config.authentication_url_ms;
        let timer = self.authentication_ends(until_ms, chat, AuthenticationResult::Expired);
        self.sessions.insert(id.clone(), Session { chat, until_ms, redirect: None, timer });
        let system = Arc::clone(&self.chats[chat].system);
        let content = json!({ "SessionId": id }).to_string();
        self.publish_event(now_ms, chat, Some(system), "authentication.initiated", Some(content), out);
    }

    fn authentication_ends(&mut self, due_ms: u64, chat: usize, result: AuthenticationResult) -> TimerKey {
        let action = AgentAction::AuthenticationResult(result);
        self.after(due_ms, Timer::Act { chat, action })
    }

    /// The authentication of a chat ends so; nothing happens if none has begun.
    pub(super) fn authenticated(
        &mut self,
        now_ms: u64,
        chat: usize,
        result: AuthenticationResult,
        out: &mut Vec<Output>,
    ) {
        if !self.take_session(chat) {
            return;
        }
        let (event, name) = match result {
            AuthenticationResult::Succeeded { display_name } => ("authentication.succeeded", display_name),
            AuthenticationResult::Failed => ("authentication.failed", None),
            AuthenticationResult::Timeout => ("authentication.timeout", None),
            AuthenticationResult::Expired => ("authentication.expired", None),
        };
        let system = Arc::clone(&self.chats[chat].system);
        self.publish_event(now_ms, chat, Some(system), event, None, out);
        if let Some(name) = name {
            self.act(now_ms, chat, AgentAction::Rename(name), out);
        }
    }

    /// Forgets the authentication of a chat; whether there was one.
    fn take_session(&mut self, chat: usize) -> bool {
        let open = self.sessions.iter().find(|(_, session)| session.chat == chat);
        let Some(session) = open.map(|(id, _)| id.clone()).and_then(|id| self.sessions.remove(&id)) else {
            return false;
        };
        self.forget_timer(session.timer);
        true
    }

    pub(super) fn authentication_url(
        &mut self,
        now_ms: u64,
        chat: usize,
        body: &Body,
    ) -> Result<Done, Refusal> {
        let id = body.text("SessionId", 36, 36)?;
        let redirect = body.text("RedirectUri", 1, 1024)?;
        let until_ms = now_ms + self.config.authentication_ms;
        let session = self.sessions.get(&id).filter(|session| session.chat == chat);
        let session = session.ok_or_else(|| Refusal::validation("Unknown or expired session"))?;
        // A second address for the same session is as good as the first.
        if session.redirect.is_none() {
            if now_ms >= session.until_ms {
                return Err(Refusal::validation("Unknown or expired session"));
            }
            self.forget_timer(session.timer);
            let script = &self.chats[chat].script;
            let ends = match script.authenticated_after_ms {
                Some(wait) if wait < self.config.authentication_ms => {
                    let display_name = script.authenticated_name.clone();
                    (now_ms + wait, AuthenticationResult::Succeeded { display_name })
                }
                _ => (until_ms, AuthenticationResult::Timeout),
            };
            let timer = self.authentication_ends(ends.0, chat, ends.1);
            let session = Session { chat, until_ms, redirect: Some(redirect), timer };
            self.sessions.insert(id.clone(), session);
        }
        self.stats.authentication_urls += 1;
        let base = self.config.socket_base.replacen("ws", "http", 1);
        let url = format!("{base}{SIGN_IN}?response_type=code&client_id=emulator&state={id}");
        Ok(Done::with(json!({ "AuthenticationUrl": url })))
    }

    pub(super) fn cancel_authentication(&mut self, chat: usize, body: &Body) -> Result<Done, Refusal> {
        let id = body.text("SessionId", 36, 36)?;
        let session = self.sessions.get(&id).filter(|session| session.chat == chat);
        if session.is_none() {
            return Err(Refusal::validation("Unknown or expired session"));
        }
        self.take_session(chat);
        Ok(Done { then: Then::AuthenticationCancelled { chat }, ..Done::with(json!({})) })
    }

    pub(super) fn on_authentication_cancelled(&mut self, now_ms: u64, chat: usize, out: &mut Vec<Output>) {
        let system = Arc::clone(&self.chats[chat].system);
        self.publish_event(now_ms, chat, Some(system), "authentication.cancelled", None, out);
    }

    /// The page behind an authentication address: whoever opens it is authenticated, and sent on to where the client
    /// wanted them. The chat to tell of it, if the address is still good.
    pub(super) fn sign_in(&mut self, request: &HttpRequest) -> (HttpResponse, Option<usize>) {
        let (_, query) = split_target(&request.target);
        let state = query.split('&').find_map(|pair| pair.strip_prefix("state=")).and_then(percent::decode);
        let session = state.as_ref().and_then(|state| self.sessions.get(state));
        let Some((chat, redirect)) =
            session.and_then(|session| Some((session.chat, session.redirect.as_ref()?)))
        else {
            let body = "<html><body><h1>This address is not good any more.</h1></body></html>";
            let headers = vec![("Content-Type".to_owned(), "text/html".to_owned())];
            return (
                HttpResponse { status: 410, headers, body: body.into(), ..HttpResponse::default() },
                None,
            );
        };
        let mark = if redirect.contains('?') { '&' } else { '?' };
        let state = state.as_deref().unwrap_or_default();
        let location = format!("{redirect}{mark}code=emulated&state={state}");
        let headers = vec![("Location".to_owned(), location)];
        (HttpResponse { status: 302, headers, ..HttpResponse::default() }, Some(chat))
    }

    /// What the provider of identities says of whoever has signed in.
    pub(super) fn signed_in(&mut self, now_ms: u64, chat: usize, out: &mut Vec<Output>) {
        let display_name = self.chats[chat].script.authenticated_name.clone();
        self.authenticated(now_ms, chat, AuthenticationResult::Succeeded { display_name }, out);
    }
}
