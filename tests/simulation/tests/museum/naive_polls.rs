//! A client that polls as one writes it in an afternoon: each answer begins the next poll, whatever it was; what it
//! brings is shown; going to the front begins polling again, for the chat on the screen.

use std::collections::BTreeMap;

use helpline_emulator::bright_pattern::{APP_ID, TENANT};
use helpline_protocol::{HttpRequest, Input, RequestId};
use helpline_simulation::{BrightPattern, Provider};
use http::{HeaderValue, Method};
use serde_json::Value;

use crate::polls::Polling;

/// What a request is for.
#[derive(Clone, Debug)]
enum For {
    Chat,
    Poll(String),
}

/// The client, and its provider, and time.
pub(crate) struct Poller {
    provider: Provider<BrightPattern>,
    now: u64,
    /// The chat on the screen.
    chat: Option<String>,
    shown: Vec<String>,
    front: bool,
    requests: BTreeMap<u64, For>,
    ids: u64,
}

impl Poller {
    pub(crate) const fn new(provider: Provider<BrightPattern>) -> Self {
        Self {
            provider,
            now: 0,
            chat: None,
            shown: Vec::new(),
            front: true,
            requests: BTreeMap::new(),
            ids: 0,
        }
    }

    fn request(&mut self, method: Method, path: &str, what: For) {
        let uri = format!("http://127.0.0.1:80/clientweb/api/v2/{path}?tenantUrl={TENANT}");
        let mut request = HttpRequest::new(method, uri.parse().expect("an address"));
        let client = &self.provider.chat.client_id;
        let who = format!("MOBILE-API-140-327-PLAIN appId={APP_ID}, clientId={client}");
        let who = HeaderValue::from_str(&who).expect("a header");
        request.headers.insert(http::header::AUTHORIZATION, who);
        self.ids += 1;
        self.requests.insert(self.ids, what);
        self.provider.request(self.now, RequestId::from_u64(self.ids), request);
    }

    fn poll(&mut self, chat: String) {
        if self.front {
            self.request(Method::GET, &format!("chats/{chat}/events"), For::Poll(chat));
        }
    }

    fn takes(&mut self, input: Input) {
        let Input::Response { request, result } = input else { return };
        let Some(what) = self.requests.remove(&request.as_u64()) else { return };
        let body = result.map(|answer| answer.body).unwrap_or_default();
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        match what {
            For::Chat => {
                if let Some(chat) = body["chat_id"].as_str() {
                    self.chat = Some(chat.to_owned());
                    self.poll(chat.to_owned());
                }
            }
            For::Poll(chat) => {
                for event in body["events"].as_array().into_iter().flatten() {
                    if let Some(text) = event["msg"].as_str() {
                        self.shown.push(text.to_owned());
                    }
                }
                self.poll(chat);
            }
        }
    }
}

impl Polling for Poller {
    fn provider(&mut self) -> &mut Provider<BrightPattern> {
        &mut self.provider
    }

    fn now(&self) -> u64 {
        self.now
    }

    fn connect(&mut self) {
        self.request(Method::POST, "chats", For::Chat);
    }

    fn take_up(&mut self, chat: &str) {
        self.poll(chat.to_owned());
    }

    fn foreground(&mut self, front: bool) {
        self.front = front;
        if let Some(chat) = self.chat.clone().filter(|_| front) {
            self.poll(chat);
        }
    }

    fn run_for(&mut self, span: u64) {
        let end = self.now + span;
        while let Some(next) = self.provider.next().filter(|next| *next <= end) {
            self.now = self.now.max(next);
            while let Some(input) = self.provider.advance(self.now) {
                self.takes(input);
            }
        }
        self.now = end;
    }

    fn shown(&self) -> Vec<String> {
        self.shown.clone()
    }
}
