//! What the server has seen, for tests to look at.

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Map, Value};

use super::operation::Operation;

/// Counts since the start.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Stats {
    /// Requests by operation, also those that a fault refused.
    pub calls: BTreeMap<Operation, u64>,
    /// Answers by HTTP status.
    pub answers: BTreeMap<u16, u64>,
    /// Refusals by the server's own code, whoever asked for them.
    pub errors: BTreeMap<u16, u64>,
    /// Requests whose answer was lost, before or after the server acted.
    pub lost_answers: u64,
    /// Requests that will never be answered.
    pub hung: u64,
    /// Answers and uploads cut in the middle.
    pub cut_halves: u64,
    /// Answers replaced by a malformed body.
    pub malformed: u64,
    /// Chats made.
    pub chats_started: u64,
    /// Requests for a chat that were given the running one.
    pub chats_resumed: u64,
    /// Polls answered with events.
    pub polls_with_events: u64,
    /// Polls answered without events.
    pub polls_idle: u64,
    /// Polls refused because another was held. A client that polls one at a time has none.
    pub polls_refused: u64,
    /// Held polls whose client went away.
    pub polls_abandoned: u64,
    /// Polls answered by a cache.
    pub polls_cached: u64,
    /// Events that went out whole. What the network does to them is not known here.
    pub events_delivered: u64,
    /// Events drained into answers that a fault kept back or spoilt, or that nobody waited for.
    pub events_lost: u64,
    /// Events that a fault sent once more.
    pub events_repeated: u64,
    /// Messages accepted from customers.
    pub messages: u64,
    /// Those whose id had been used before in their chat: messages that the agent sees twice.
    pub doubled_messages: u64,
    /// Typing events accepted from customers.
    pub typing: u64,
    /// The end of typing, the same.
    pub not_typing: u64,
    /// The newest text that a customer was seen to type.
    pub preview: Option<String>,
    /// Receipts accepted from customers, in order.
    pub receipts: Vec<ReceiptSeen>,
    /// Forms that customers have filled in, in order.
    pub forms: Vec<FormSeen>,
    /// Secure forms filled in. What is in them is not kept.
    pub secure_forms: u64,
    /// Forms that customers did not want to fill in.
    pub forms_cancelled: u64,
    /// Signalling of calls that came from customers, in order.
    pub signals: Vec<Value>,
    /// Events from customers that the server does not know.
    pub unknown_events: u64,
    /// Files taken in.
    pub uploads: u64,
    /// Their bytes.
    pub upload_bytes: u64,
    /// Files given out.
    pub downloads: u64,
    /// Their bytes.
    pub download_bytes: u64,
    /// Devices subscribed for pushes; each change of one counts.
    pub subscriptions: u64,
    /// Cases closed.
    pub cases_closed: u64,
    /// Text messages to telephones asked for.
    pub sms: u64,
}

impl Stats {
    /// How often an operation was called.
    #[must_use]
    pub fn calls_of(&self, operation: Operation) -> u64 {
        self.calls.get(&operation).copied().unwrap_or(0)
    }

    /// How often one of the server's own codes was told.
    #[must_use]
    pub fn errors_of(&self, code: u16) -> u64 {
        self.errors.get(&code).copied().unwrap_or(0)
    }
}

/// A receipt that a customer sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptSeen {
    /// When it arrived.
    pub time_ms: u64,
    /// In which chat.
    pub chat_id: String,
    /// Which kind.
    pub kind: ReceiptKind,
    /// For which message, known to the server or not.
    pub message_id: String,
}

/// The two kinds of receipts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReceiptKind {
    /// It arrived.
    Delivered,
    /// It was read.
    Read,
}

/// A form that a customer filled in.
#[derive(Debug, Clone, PartialEq)]
pub struct FormSeen {
    /// In which chat.
    pub chat_id: String,
    /// Which asking for it.
    pub request_id: String,
    /// Its name.
    pub name: String,
    /// What was filled in.
    pub data: Map<String, Value>,
}

/// A request in the journal. It holds no credentials and no content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestSeen {
    /// When it arrived.
    pub time_ms: u64,
    /// What it asked for.
    pub operation: Operation,
    /// The chat in its path.
    pub chat_id: Option<String>,
    /// When it was answered; `None` while it is held, and for good if the answer never left.
    pub answered_ms: Option<u64>,
    /// The status of that answer.
    pub status: Option<u16>,
    /// The client went away before.
    pub abandoned: bool,
}

/// The journal of all requests: those in flight, and the latest of the rest.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    requests: VecDeque<RequestSeen>,
    /// How many have been thrown out at the front.
    gone: u64,
    /// Where the requests in flight are, counted from the first ever.
    open: BTreeMap<u64, u64>,
}

impl Journal {
    pub(crate) fn open(&mut self, exchange: u64, seen: RequestSeen, limit: usize) {
        self.open.insert(exchange, self.gone + self.requests.len() as u64);
        self.requests.push_back(seen);
        while self.requests.len() > limit {
            self.requests.pop_front();
            self.gone += 1;
        }
    }

    pub(crate) fn close(&mut self, exchange: u64, update: impl FnOnce(&mut RequestSeen)) {
        let place = self.open.remove(&exchange).and_then(|at| at.checked_sub(self.gone));
        let place = place.and_then(|at| usize::try_from(at).ok());
        if let Some(seen) = place.and_then(|at| self.requests.get_mut(at)) {
            update(seen);
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &RequestSeen> {
        self.requests.iter()
    }
}
