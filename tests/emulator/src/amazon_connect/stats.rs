//! What the server has seen, for tests to look at.

use std::collections::BTreeMap;

use super::operation::Operation;

/// Counts since the start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stats {
    /// Requests by operation, also those that a fault refused.
    pub calls: BTreeMap<Operation, u64>,
    /// Answers by HTTP status.
    pub answers: BTreeMap<u16, u64>,
    /// Requests whose answer was lost, before or after the server acted.
    pub lost_answers: u64,
    /// Requests that will never be answered.
    pub hung: u64,
    /// Calls answered from memory because of their ClientToken.
    pub duplicates: u64,
    /// Messages accepted from customers.
    pub messages: u64,
    /// Typing events accepted from customers.
    pub typing: u64,
    /// Receipts accepted from customers, in order.
    pub receipts: Vec<ReceiptSeen>,
    /// Sockets accepted.
    pub sockets_opened: u64,
    /// When each of them was, in order.
    pub sockets_opened_ms: Vec<u64>,
    /// Sockets refused at the upgrade.
    pub sockets_refused: u64,
    /// Sockets closed by either side or cut.
    pub sockets_closed: u64,
    /// Sockets open at the moment.
    pub sockets_open: u64,
    /// Close codes received; 0 stands for a close without a code and for a lost connection.
    pub client_close_codes: BTreeMap<u16, u64>,
    /// Frames sent by topic; `""` for those without a topic.
    pub frames_sent: BTreeMap<String, u64>,
    /// Frames received by topic, well-formed ones.
    pub frames_received: BTreeMap<String, u64>,
    /// Frames that could not be understood.
    pub invalid_frames: u64,
    /// Binary frames.
    pub binary_frames: u64,
    /// Frames that a fault kept back for good.
    pub frames_withheld: u64,
    /// Frames that came on half-open sockets.
    pub frames_unheard: u64,
    /// Uploads announced; a repeated call counts once.
    pub uploads_started: u64,
    /// Files that were put into the storage.
    pub uploads_stored: u64,
    /// Their bytes.
    pub upload_bytes: u64,
    /// Uploads completed; a repeated call counts once.
    pub uploads_completed: u64,
    /// Files that were got from the storage.
    pub downloads: u64,
    /// Their bytes.
    pub download_bytes: u64,
    /// What the storage refused, by the code in its XML.
    pub storage_errors: BTreeMap<String, u64>,
    /// Answers and uploads cut in the middle.
    pub cut_halves: u64,
    /// Views handed out.
    pub views: u64,
    /// Authentication addresses handed out.
    pub authentication_urls: u64,
}

impl Stats {
    /// How often an operation was called.
    #[must_use]
    pub fn calls_of(&self, operation: Operation) -> u64 {
        self.calls.get(&operation).copied().unwrap_or(0)
    }

    /// Frames sent on a topic.
    #[must_use]
    pub fn sent(&self, topic: &str) -> u64 {
        self.frames_sent.get(topic).copied().unwrap_or(0)
    }

    /// Frames received on a topic.
    #[must_use]
    pub fn received(&self, topic: &str) -> u64 {
        self.frames_received.get(topic).copied().unwrap_or(0)
    }

    pub(crate) fn count_sent(&mut self, topic: &str) {
        count(&mut self.frames_sent, topic);
    }

    pub(crate) fn count_received(&mut self, topic: &str) {
        count(&mut self.frames_received, topic);
    }
}

fn count(counts: &mut BTreeMap<String, u64>, topic: &str) {
    if let Some(known) = counts.get_mut(topic) {
        *known += 1;
    } else {
        counts.insert(topic.to_owned(), 1);
    }
}

/// A receipt that a customer sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptSeen {
    /// When it arrived.
    pub time_ms: u64,
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
