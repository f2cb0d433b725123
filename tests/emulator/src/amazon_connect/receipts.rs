//! Who has received and read what.

use std::sync::Arc;

use serde_json::{Value, json};

use super::clock::instant;
use super::item::{EVENT, Receipt, chat_frame, receipts_json};
use super::machine::Server;
use super::stats::{ReceiptKind, ReceiptSeen};
use crate::io::Output;

/// Messages that the agent confirms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// All of the customer's that were not confirmed so before.
    All,
    /// These.
    Ids(Vec<String>),
}

impl Server {
    /// A receipt from the customer: its own id, its time, and the frame for the customer's own sockets.
    pub(super) fn customer_receipt(
        &mut self,
        now_ms: u64,
        chat: usize,
        kind: ReceiptKind,
        message_id: String,
    ) -> (String, u64, Option<String>) {
        let id = self.ids.uuid();
        let time_ms = self.tick(now_ms, chat);
        let recipient = self.chats[chat].customer.participant_id.clone();
        let frame = self.chats[chat]
            .position(&message_id)
            .map(|position| self.mark(chat, position, &recipient, kind, time_ms, &id));
        self.stats.receipts.push(ReceiptSeen { time_ms: now_ms, kind, message_id });
        (id, time_ms, frame)
    }

    /// Receipts from the agent, one frame for each message.
    pub(super) fn agent_receipts(
        &mut self,
        now_ms: u64,
        chat: usize,
        kind: ReceiptKind,
        which: Which,
        out: &mut Vec<Output>,
    ) {
        let state = &mut self.chats[chat];
        let agent = Arc::clone(&state.agent);
        let positions = match which {
            Which::Ids(ids) => ids.iter().filter_map(|id| state.position(id)).collect(),
            Which::All if kind == ReceiptKind::Read => std::mem::take(&mut state.unread),
            Which::All => std::mem::take(&mut state.undelivered),
        };
        for position in positions {
            let time_ms = self.tick(now_ms, chat);
            let id = self.ids.uuid();
            let frame = self.mark(chat, position, &agent.participant_id, kind, time_ms, &id);
            self.broadcast(now_ms, now_ms, chat, &frame, out);
        }
    }

    /// Notes a receipt on its message and makes the frame that tells of it. Receipts add up.
    fn mark(
        &mut self,
        chat: usize,
        position: usize,
        recipient: &str,
        kind: ReceiptKind,
        time_ms: u64,
        frame_id: &str,
    ) -> String {
        let item = &mut self.chats[chat].items[position];
        let known = item.receipts.iter().position(|receipt| receipt.recipient == recipient);
        let known = known.unwrap_or_else(|| {
            item.receipts.push(Receipt {
                recipient: recipient.to_owned(),
                delivered_ms: None,
                read_ms: None,
            });
            item.receipts.len() - 1
        });
        let receipt = &mut item.receipts[known];
        match kind {
            ReceiptKind::Delivered => receipt.delivered_ms.get_or_insert(time_ms),
            ReceiptKind::Read => receipt.read_ms.get_or_insert(time_ms),
        };
        let frame = json!({
            "AbsoluteTime": instant(time_ms),
            "ContentType": format!("{EVENT}message.metadata"),
            "Id": frame_id,
            "Type": "MESSAGEMETADATA",
            "MessageMetadata": {
                "MessageId": item.id,
                "Receipts": receipts_json(std::slice::from_ref(receipt)),
            },
        });
        match frame {
            Value::Object(members) => chat_frame(members),
            _ => String::new(),
        }
    }
}
