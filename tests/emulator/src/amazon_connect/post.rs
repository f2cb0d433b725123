//! How an item comes into being.

use std::sync::Arc;

use super::clock::skewed;
use super::item::{Author, EVENT, Item, Kind, chat_frame};
use super::machine::{Server, Timer};
use crate::io::Output;

/// An item that has no id and no time yet.
pub(super) struct Draft {
    pub(super) author: Option<Arc<Author>>,
    pub(super) kind: Kind,
    pub(super) content_type: String,
    pub(super) content: Option<String>,
    /// Whether it goes into the transcript, or is only told to open sockets.
    pub(super) stored: bool,
}

/// An item that has come into being, and the frame that tells of it.
pub(super) struct Posted {
    pub(super) id: String,
    pub(super) time_ms: u64,
    pub(super) frame: String,
}

impl Server {
    /// The next time of a chat as clients are told it.
    pub(super) fn tick(&mut self, now_ms: u64, chat: usize) -> u64 {
        let told_ms = skewed(now_ms, self.config.faults.clock_skew_ms);
        self.chats[chat].tick(told_ms)
    }

    /// Gives a draft its id and its time. Nothing is stored yet.
    pub(super) fn draw(&mut self, now_ms: u64, chat: usize, draft: Draft) -> Item {
        Item {
            id: self.ids.uuid(),
            time_ms: self.tick(now_ms, chat),
            kind: draft.kind,
            content_type: draft.content_type,
            content: draft.content,
            author: draft.author,
            contact_id: Arc::clone(&self.chats[chat].contact_id),
            receipts: Vec::new(),
            attachment: None,
        }
    }

    pub(super) fn post(&mut self, now_ms: u64, chat: usize, draft: Draft) -> Posted {
        let stored = draft.stored;
        let item = self.draw(now_ms, chat, draft);
        let chat = &mut self.chats[chat];
        let posted = Posted {
            id: item.id.clone(),
            time_ms: item.time_ms,
            frame: chat_frame(item.live(&chat.initial_contact_id)),
        };
        if stored {
            chat.store(item);
        }
        posted
    }

    /// Posts an item and tells it to all sockets at once.
    pub(super) fn publish(&mut self, now_ms: u64, chat: usize, draft: Draft, out: &mut Vec<Output>) {
        let posted = self.post(now_ms, chat, draft);
        self.broadcast(now_ms, now_ms, chat, &posted.frame, out);
    }

    /// Publishes an event by its short name. Those that a past transcript keeps are stored.
    pub(super) fn publish_event(
        &mut self,
        now_ms: u64,
        chat: usize,
        author: Option<Arc<Author>>,
        event: &str,
        content: Option<String>,
        out: &mut Vec<Output>,
    ) {
        let stored = matches!(
            event,
            "participant.invited"
                | "participant.joined"
                | "participant.left"
                | "chat.ended"
                | "transfer.succeeded"
                | "transfer.failed"
        );
        let draft =
            Draft { author, kind: Kind::Event, content_type: format!("{EVENT}{event}"), content, stored };
        self.publish(now_ms, chat, draft, out);
    }

    /// The end: told to all sockets, which are closed a little later. No credential is good any more.
    pub(super) fn end(&mut self, now_ms: u64, chat: usize, out: &mut Vec<Output>) {
        if self.chats[chat].ended {
            return;
        }
        self.publish_event(now_ms, chat, None, "chat.ended", None, out);
        self.chats[chat].ended = true;
        for socket in self.chats[chat].sockets.clone() {
            let drained_ms = self.drained_ms(socket).max(now_ms);
            let close = Timer::Close { socket, code: 1000, reason: "Chat ended" };
            self.after(drained_ms + self.config.close_after_end_ms, close);
        }
    }
}
