//! What the agent confirms of the customer's messages.

use serde_json::json;

use super::event::{Draft, Party, TranscriptEntry};
use super::machine::Server;
use super::stats::ReceiptKind;

/// Messages that the agent confirms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// All of the customer's that were not confirmed so before.
    All,
    /// All that the customer ever sent: what a new agent's desk confirms.
    Every,
    /// These, known or not.
    Ids(Vec<String>),
}

impl Server {
    /// Receipts from the agent, one event for each message. Without an agent there is nobody who could confirm.
    pub(super) fn confirm(&mut self, now_ms: u64, chat: usize, kind: ReceiptKind, which: Which) {
        let state = &mut self.chats[chat];
        let Some(agent) = state.agent_id().map(str::to_owned) else {
            return;
        };
        let ids = match which {
            Which::Ids(ids) => ids,
            Which::Every => {
                let own = |entry: &&TranscriptEntry| {
                    entry.by == Party::Customer && entry.event == "chat_session_message"
                };
                state.events.iter().filter(own).filter_map(|entry| entry.message_id.clone()).collect()
            }
            Which::All if kind == ReceiptKind::Read => std::mem::take(&mut state.unread),
            Which::All => std::mem::take(&mut state.undelivered),
        };
        let name = match kind {
            ReceiptKind::Delivered => "chat_session_message_delivered",
            ReceiptKind::Read => "chat_session_message_read",
        };
        let (legacy, doubled) = (self.config.faults.legacy_receipts, self.config.faults.doubled_receipts);
        for id in ids {
            let key = if legacy { "msg_id" } else { "ref_msg_id" };
            for _ in 0..=u8::from(doubled) {
                let draft = Draft::of(name, json!({ key: id })).by(Party::Agent, &agent);
                self.publish(now_ms, chat, draft);
            }
        }
    }
}
