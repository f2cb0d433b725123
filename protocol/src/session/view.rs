//! What can be read of a session.

use super::Session;
use super::conversation::Conversation;
use crate::dialect::Capabilities;
use crate::event::ConnectionState;
use crate::id::{ConversationKey, MessageKey, SocketId};
use crate::limits::{Limits, Usage};
use crate::model::TranscriptItem;
use crate::secret::Secret;
use crate::time::WallTime;

/// What a session is connected with (Amazon Connect SDK: `ConnectionDetails`). `Debug` shows no token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConnectionDetails {
    /// The token that requests carry; none before the first connect and after the end.
    pub token: Option<Secret>,
    /// Until when it is good, where the provider said so in a form that can be read.
    pub token_expires_at: Option<WallTime>,
    /// The live socket, if there is one.
    pub socket: Option<SocketId>,
    /// Until when it may live, likewise.
    pub socket_expires_at: Option<WallTime>,
}

impl Session {
    /// Where the connection stands; what the last [`Event::ConnectionChanged`](crate::Event) said.
    #[must_use]
    pub fn state(&self) -> ConnectionState {
        self.shown.state.clone()
    }

    /// Whether the chat goes on, as far as the session knows: it was connected, and has not ended. A link that is
    /// away does not change that (Amazon Connect SDK: `isChatSessionActive`).
    #[must_use]
    pub const fn is_active(&self) -> bool {
        self.link.been_live() && self.ended.is_none()
    }

    /// What the session is connected with. The socket's address is not part of it: it is good for one dial, and
    /// forgotten with that.
    #[must_use]
    pub fn connection(&self) -> ConnectionDetails {
        let (token, socket) = (self.credentials.token().cloned(), self.link.live_socket());
        ConnectionDetails {
            token_expires_at: self.expiries.0.filter(|_| token.is_some()),
            socket_expires_at: self.expiries.1.filter(|_| socket.is_some()),
            token,
            socket,
        }
    }

    /// What the provider can do.
    #[must_use]
    pub fn capabilities(&self) -> Capabilities {
        self.dialect.get().capabilities()
    }

    /// The conversations there are.
    pub fn conversations(&self) -> impl Iterator<Item = ConversationKey> + '_ {
        self.conversations.keys().copied()
    }

    /// A conversation's items in their order; none for a conversation that does not exist.
    pub fn transcript(
        &self,
        conversation: ConversationKey,
    ) -> impl DoubleEndedIterator<Item = &TranscriptItem> + '_ {
        self.conversations.get(&conversation).into_iter().flat_map(|it| it.transcript.iter())
    }

    /// An item, by its key.
    #[must_use]
    pub fn item(&self, key: MessageKey) -> Option<&TranscriptItem> {
        self.conversations.values().find_map(|conversation| conversation.transcript.get(key))
    }

    /// Whether everything that was handed over has come to its end: no message waits, no command is open,
    /// no receipt is due, nothing is to be fetched.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        let fetches = |it: &Conversation| it.catch_up.is_running() || it.catch_up.is_owed();
        self.open_commands.is_empty()
            && self.conversations.values().all(|it| it.receipts.len() == 0 && !fetches(it))
    }

    /// The caps in use.
    #[must_use]
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// How much of the caps is used.
    #[must_use]
    pub fn usage(&self) -> Usage {
        let mut usage = Usage {
            requests: self.requests.len(),
            commands: self.open_commands.len(),
            stale_inputs: self.stale_inputs,
            clock_went_back: self.clock.went_back,
            ..Usage::default()
        };
        for conversation in self.conversations.values() {
            usage.outbox_items += conversation.outbox.len();
            usage.uploads += conversation.uploads.len();
            usage.outbox_bytes += conversation.outbox.bytes();
            usage.transcript_items += conversation.transcript.len();
            usage.transcript_bytes += conversation.transcript.bytes();
            usage.held_items += conversation.catch_up.held();
            usage.participants += conversation.typing.len();
            usage.pending_receipts += conversation.receipts.len();
        }
        usage
    }
}
