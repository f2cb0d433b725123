//! How a chat comes to be: by a request, or because it runs already.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value};

use super::chat::{Chat, ChatRequest, ClientKey};
use super::event::{Party, TranscriptEntry};
use super::machine::{Server, Timer};
use super::operation::Api;
use super::script::Trigger;

impl Server {
    pub(super) fn new_chat(
        &mut self,
        now_ms: u64,
        api: Api,
        key: &ClientKey,
        body: &Map<String, Value>,
    ) -> usize {
        let ids = &mut self.config.chat_ids;
        let id = if ids.is_empty() { self.ids.uuid() } else { ids.remove(0) };
        let id: Arc<str> = id.into();
        let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
        let own = self.config.scripts.iter().find(|(of, _)| *of == *id);
        let script = own.map_or(&self.config.script, |(_, script)| script).clone();
        let at = self.chats.len();
        self.chats.push(Chat {
            id: Arc::clone(&id),
            owner: key.clone(),
            api,
            request: ChatRequest {
                from: text("from"),
                phone_number: text("phone_number"),
                parameters: body.get("parameters").and_then(Value::as_object).cloned().unwrap_or_default(),
            },
            started_ms: now_ms,
            state: self.config.initial_state.clone(),
            ewt: Some(0),
            events: Vec::new(),
            pending: Vec::new(),
            held: None,
            last_answer: None,
            repeated: Vec::new(),
            ended_ms: None,
            lost: false,
            polled_ms: now_ms,
            active_ms: now_ms,
            warned: false,
            bot: None,
            agent: None,
            members: BTreeMap::new(),
            next_agent: 0,
            case_id: None,
            case_closed: false,
            subscription: None,
            forms: Vec::new(),
            undelivered: Vec::new(),
            unread: Vec::new(),
            own_ids: BTreeSet::new(),
            last_agent_message: None,
            script,
            happened: BTreeMap::new(),
            replies: 0,
        });
        self.by_id.insert(id.to_string(), at);
        self.by_client.insert(key.clone(), at);
        self.stats.chats_started += 1;
        if let Some(wait) = self.config.absence_ms {
            self.after(now_ms + wait, Timer::Absent { chat: at });
        }
        if let Some(wait) = self.config.inactivity_ms {
            self.after(now_ms + wait / 2, Timer::Inactive { chat: at });
        }
        at
    }

    /// A chat that is said to run already, for the client that asks for it first: the one it names, or the next.
    pub(super) fn find_running(
        &mut self,
        now_ms: u64,
        api: Api,
        key: &ClientKey,
        wanted: Option<&str>,
    ) -> Option<usize> {
        let past = self.config.running.clone()?;
        let ids = &mut self.config.chat_ids;
        let at = wanted.map_or_else(
            || (!ids.is_empty()).then_some(0),
            |wanted| ids.iter().position(|id| id == wanted),
        )?;
        let id = ids.remove(at);
        ids.insert(0, id);
        let chat = self.new_chat(now_ms, api, key, &Map::new());
        self.stats.chats_started -= 1;
        let state = &mut self.chats[chat];
        "connected".clone_into(&mut state.state);
        for event in past {
            state.remember(now_ms, &event);
        }
        self.react(now_ms, chat, &Trigger::Found, None);
        Some(chat)
    }
}

impl Chat {
    /// An event from before.
    fn remember(&mut self, now_ms: u64, event: &Value) {
        let text = |name: &str| event.get(name).and_then(Value::as_str).map(str::to_owned);
        let party_id = text("party_id");
        let kind = match text("type").as_deref() {
            Some("internal") => Party::Agent,
            Some("scenario") => Party::Scenario,
            _ => Party::External,
        };
        let by = match &party_id {
            Some(id) if **id == *self.id => Party::Customer,
            Some(id) => *self.members.entry(id.clone()).or_insert(kind),
            None => Party::Server,
        };
        self.note(TranscriptEntry {
            event: text("event").unwrap_or_default(),
            by,
            party_id,
            message_id: text("ref_msg_id").or_else(|| text("msg_id")),
            text: text("msg_text").or_else(|| text("msg")),
            time_ms: now_ms,
            in_history: true,
            json: event.to_string().into(),
        });
    }
}
