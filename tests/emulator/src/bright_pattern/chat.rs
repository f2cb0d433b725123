//! One chat session: who is in it and what was said.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value};

use super::event::{Party, TranscriptEntry};
use super::notifications::Subscription;
use super::operation::Api;
use super::script::{AgentScript, Trigger};
use crate::timers::TimerKey;

/// Tenant, entry, and the client's id or its cookie.
pub(crate) type ClientKey = (usize, usize, String);

/// What a client has said about the customer when it requested a chat.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ChatRequest {
    /// The customer's name or number.
    pub from: Option<String>,
    /// The number to call back.
    pub phone_number: Option<String>,
    /// What else: the scenario sees it as data of the chat.
    pub parameters: Map<String, Value>,
}

/// Somebody in a chat who is not the customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) party_id: String,
    pub(crate) kind: Party,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) display_name: String,
}

/// A poll that waits for something to happen.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) exchange: u64,
    pub(crate) until: Option<TimerKey>,
    /// Its client has gone away, and the server does not know.
    pub(crate) abandoned: bool,
}

/// A form that the customer has to fill in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OpenForm {
    pub(crate) request_id: String,
    pub(crate) name: String,
    pub(crate) secure: bool,
}

/// A chat and its state.
#[derive(Debug)]
pub(crate) struct Chat {
    pub(crate) id: Arc<str>,
    pub(crate) owner: ClientKey,
    pub(crate) api: Api,
    pub(crate) request: ChatRequest,
    pub(crate) started_ms: u64,
    pub(crate) state: String,
    pub(crate) ewt: Option<u32>,
    /// Everything that happened, in the server's order.
    pub(crate) events: Vec<TranscriptEntry>,
    /// Events that no poll has fetched yet.
    pub(crate) pending: Vec<Arc<str>>,
    pub(crate) held: Option<Held>,
    /// What the last poll was answered.
    pub(crate) last_answer: Option<bytes::Bytes>,
    /// A batch that a fault will repeat.
    pub(crate) repeated: Vec<Arc<str>>,
    /// When it ended.
    pub(crate) ended_ms: Option<u64>,
    /// It is gone without a word.
    pub(crate) lost: bool,
    pub(crate) polled_ms: u64,
    pub(crate) active_ms: u64,
    pub(crate) warned: bool,
    pub(crate) bot: Option<Member>,
    pub(crate) agent: Option<Member>,
    /// Everybody who was ever there, by party id.
    pub(crate) members: BTreeMap<String, Party>,
    pub(crate) next_agent: usize,
    pub(crate) case_id: Option<String>,
    pub(crate) case_closed: bool,
    pub(crate) subscription: Option<Subscription>,
    pub(crate) forms: Vec<OpenForm>,
    /// Customer messages that the agent has not confirmed yet.
    pub(crate) undelivered: Vec<String>,
    pub(crate) unread: Vec<String>,
    /// Ids that the customer has given to messages.
    pub(crate) own_ids: BTreeSet<String>,
    pub(crate) last_agent_message: Option<String>,
    pub(crate) script: AgentScript,
    pub(crate) happened: BTreeMap<Trigger, u32>,
    pub(crate) replies: u64,
}

impl Chat {
    /// Whether it takes part in anything still.
    pub(crate) const fn alive(&self) -> bool {
        self.ended_ms.is_none() && !self.lost
    }

    pub(crate) fn note(&mut self, entry: TranscriptEntry) {
        self.events.push(entry);
    }

    /// The party who speaks for the company.
    pub(crate) fn agent_id(&self) -> Option<&str> {
        self.agent.as_ref().map(|agent| agent.party_id.as_str())
    }

    /// How often something has happened, this time included.
    pub(crate) fn happens(&mut self, what: &Trigger) -> u32 {
        if let Some(count) = self.happened.get_mut(what) {
            *count += 1;
            return *count;
        }
        self.happened.insert(what.clone(), 1);
        1
    }
}
