//! What a request is for, kept beside it until its answer comes.

use crate::id::{CommandId, ConversationKey, MessageKey};
use crate::machine::receipts::Send;
use crate::output::Operation;

/// What a request is for. Data, so that it can be printed, compared and kept.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Purpose {
    Authorise { socket: bool },
    SendMessage { conversation: ConversationKey, message: MessageKey, generation: u64 },
    SendReceipt { conversation: ConversationKey, sent: Send, generation: u64 },
    SendTyping { conversation: ConversationKey, command: CommandId, generation: u64 },
    CatchUp { conversation: ConversationKey, run: u32, generation: u64 },
    LoadHistory { conversation: ConversationKey, generation: u64 },
    Leave { generation: u64 },
}

impl Purpose {
    pub(super) const fn operation(&self) -> Operation {
        match self {
            Self::Authorise { .. } => Operation::Authorise,
            Self::SendMessage { .. } => Operation::SendMessage,
            Self::SendReceipt { .. } => Operation::SendReceipt,
            Self::SendTyping { .. } => Operation::SendTyping,
            Self::CatchUp { .. } => Operation::CatchUp,
            Self::LoadHistory { .. } => Operation::LoadHistory,
            Self::Leave { .. } => Operation::Leave,
        }
    }

    /// The credential that the request was made with; none for the one that obtains it.
    pub(super) const fn generation(&self) -> Option<u64> {
        match self {
            Self::Authorise { .. } => None,
            Self::SendMessage { generation, .. }
            | Self::SendReceipt { generation, .. }
            | Self::SendTyping { generation, .. }
            | Self::CatchUp { generation, .. }
            | Self::LoadHistory { generation, .. }
            | Self::Leave { generation } => Some(*generation),
        }
    }
}
