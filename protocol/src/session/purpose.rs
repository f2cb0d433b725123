//! What a request is for, kept beside it until its answer comes.

use crate::id::{CommandId, ConversationKey, MessageKey};
use crate::machine::receipts::Send;
use crate::output::Operation;

/// What a request is for. Data, so that it can be printed, compared and kept.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Purpose {
    Authorise {
        socket: bool,
    },
    StartConversation {
        conversation: ConversationKey,
    },
    Poll {
        conversation: ConversationKey,
    },
    SendMessage {
        conversation: ConversationKey,
        message: MessageKey,
        generation: u64,
    },
    /// Of one or several; each is settled by itself.
    SendReceipt {
        conversation: ConversationKey,
        sent: Vec<Send>,
        generation: u64,
    },
    SendTyping {
        conversation: ConversationKey,
        /// The command that wants to hear of it; none where silence was to be told.
        command: Option<CommandId>,
        generation: u64,
    },
    CatchUp {
        conversation: ConversationKey,
        run: u32,
        generation: u64,
    },
    LoadHistory {
        conversation: ConversationKey,
        generation: u64,
    },
    Leave {
        conversation: ConversationKey,
        generation: u64,
    },
    Upload {
        conversation: ConversationKey,
        message: MessageKey,
        stage: UploadStage,
        generation: u64,
    },
    /// A question's; the machine that keeps the questions has the rest.
    Question {
        conversation: ConversationKey,
        command: CommandId,
        operation: Operation,
        generation: u64,
    },
    Download {
        conversation: ConversationKey,
        command: CommandId,
    },
}

/// A stage of sending a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UploadStage {
    Start,
    Put,
    Complete,
}

impl UploadStage {
    pub(super) const fn operation(self) -> Operation {
        match self {
            Self::Start => Operation::StartUpload,
            Self::Put => Operation::Upload,
            Self::Complete => Operation::CompleteUpload,
        }
    }
}

impl Purpose {
    pub(super) const fn operation(&self) -> Operation {
        match self {
            Self::Authorise { .. } => Operation::Authorise,
            Self::StartConversation { .. } => Operation::StartConversation,
            Self::Poll { .. } => Operation::Poll,
            Self::SendMessage { .. } => Operation::SendMessage,
            Self::SendReceipt { .. } => Operation::SendReceipt,
            Self::SendTyping { .. } => Operation::SendTyping,
            Self::CatchUp { .. } => Operation::CatchUp,
            Self::LoadHistory { .. } => Operation::LoadHistory,
            Self::Leave { .. } => Operation::Leave,
            Self::Upload { stage, .. } => stage.operation(),
            Self::Question { operation, .. } => *operation,
            Self::Download { .. } => Operation::Download,
        }
    }

    /// Whether it stands for itself: that it is denied says nothing of the rest.
    pub(super) const fn is_alone(&self) -> bool {
        matches!(self, Self::Question { .. } | Self::Upload { .. } | Self::Download { .. })
    }

    /// The conversation that the request is about, where it is known to be about one.
    pub(super) const fn conversation(&self) -> Option<ConversationKey> {
        match self {
            Self::SendMessage { conversation, .. }
            | Self::SendReceipt { conversation, .. }
            | Self::SendTyping { conversation, .. }
            | Self::CatchUp { conversation, .. }
            | Self::LoadHistory { conversation, .. }
            | Self::Upload { conversation, .. }
            | Self::Poll { conversation }
            | Self::StartConversation { conversation }
            | Self::Question { conversation, .. }
            | Self::Download { conversation, .. }
            | Self::Leave { conversation, .. } => Some(*conversation),
            Self::Authorise { .. } => None,
        }
    }

    /// The credential that the request was made with; none for the one that obtains it.
    pub(super) const fn generation(&self) -> Option<u64> {
        match self {
            // The provider's storage knows no credential of ours: the address carries its own.
            Self::Authorise { .. }
            | Self::Upload { stage: UploadStage::Put, .. }
            | Self::Download { .. }
            | Self::StartConversation { .. }
            | Self::Poll { .. } => None,
            Self::SendMessage { generation, .. }
            | Self::SendReceipt { generation, .. }
            | Self::SendTyping { generation, .. }
            | Self::CatchUp { generation, .. }
            | Self::LoadHistory { generation, .. }
            | Self::Upload { generation, .. }
            | Self::Question { generation, .. }
            | Self::Leave { generation, .. } => Some(*generation),
        }
    }
}
