//! What a provider says.

use core::time::Duration;

use serde::{Deserialize, Serialize};

use crate::error::ProviderFault;
use crate::model::{
    ConversationEnd, ConversationState, ItemBody, Participant, ProcessingStatus, Receipt, ReceiptKind,
};
use crate::time::WallTime;

/// Something that the provider said.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Fact {
    /// The greeting is acknowledged.
    Greeted,
    /// The greeting is refused for now.
    GreetingRefused,
    /// A probe is answered, by its place in [`Translate::probes`].
    ProbeAnswered { probe: usize },
    /// A probe is answered, but with a failure.
    ProbeRefused { probe: usize, status: Option<i64>, message: Option<String> },
    /// An item of the transcript.
    Item(Box<WireItem>),
    /// Marks on a message, which is named as an item is told apart: by its identity, or else its id.
    Receipts { server_id: String, receipts: Vec<Receipt> },
    /// One mark on a message, where the provider need not say when it was set.
    Mark { identity: String, kind: ReceiptKind, by: Option<String>, at: Option<WallTime> },
    /// Somebody types.
    Typing { participant: Participant },
    /// Somebody does not type any more.
    StoppedTyping { participant: Participant },
    /// How far a conversation has got; `wait` is what the provider expects until somebody is there.
    Status { state: ConversationState, wait: Option<Duration> },
    /// An item says something else now.
    Edited { identity: String, body: ItemBody },
    /// An item was taken back.
    Deleted { identity: String },
    /// Something that only this provider has. With an identity it is told once only.
    Extension { identity: Option<String>, event: Box<Extension> },
    /// The conversation is over, once all that came with this is told.
    Over { why: ConversationEnd },
    /// Something of a kind that we do not know.
    Unrecognized { what: String, raw: String },
    /// Something that cannot be read.
    Fault(ProviderFault),
}

/// An item as it came, before it has a key and a place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct WireItem {
    pub(crate) server_id: Option<String>,
    /// What tells it from all others of its conversation, where its id alone does not; none where it does. The same
    /// item has the same one however often and by whatever way it comes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) identity: Option<String>,
    pub(crate) at: Option<WallTime>,
    pub(crate) sender: Participant,
    pub(crate) body: ItemBody,
    pub(crate) receipts: Vec<Receipt>,
    /// A part of a message that is still being written.
    pub(crate) chunk: Option<Chunk>,
    pub(crate) processing: Option<ProcessingStatus>,
    pub(crate) segment: Option<String>,
    pub(crate) from_past: bool,
}

impl WireItem {
    /// What it is known by: its identity, or else its id.
    pub(crate) fn name(&self) -> Option<&str> {
        self.identity.as_deref().or(self.server_id.as_deref())
    }
}

/// Which part of a message that comes in parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Chunk {
    /// Counted from 1.
    pub(crate) number: u64,
    /// It is the whole text, and nothing follows.
    pub(crate) completed: bool,
}

/// What only one provider says, and a user of that one is told as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Extension {
    /// Bright Pattern.
    BrightPattern(super::bright_pattern::Event),
}
