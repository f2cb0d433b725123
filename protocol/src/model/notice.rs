use serde::{Deserialize, Serialize};

/// Something that happened in a conversation and stands in its transcript, other than a message.
/// The participant concerned is the item's sender.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "notice", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Notice {
    /// Amazon Connect `…participant.joined`.
    ParticipantJoined,
    /// Amazon Connect `…participant.left`.
    ParticipantLeft,
    /// Amazon Connect `…participant.invited`.
    ParticipantInvited,
    /// Nothing came from the participant for a while. Amazon Connect `…participant.idle`.
    ParticipantIdle,
    /// The participant is back from idling. Amazon Connect `…participant.returned`.
    ParticipantReturned,
    /// The participant was put out for inactivity. Amazon Connect `…participant.autodisconnection`.
    ParticipantAutoDisconnected,
    /// Amazon Connect `…participant.active`.
    ParticipantActive,
    /// Amazon Connect `…participant.inactive`.
    ParticipantInactive,
    /// The participant has another name now. Amazon Connect `…participant.displayname.updated`.
    ParticipantRenamed,
    /// The participant confirmed the connection. Amazon Connect `…connection.acknowledged`.
    ConnectionAcknowledged,
    /// Amazon Connect `…transfer.succeeded`.
    TransferSucceeded,
    /// Amazon Connect `…transfer.failed`.
    TransferFailed,
    /// The conversation is over. Amazon Connect `…chat.ended`.
    ConversationEnded,
    /// The conversation goes on from an earlier one. Amazon Connect `…chat.rehydrated`.
    ConversationRehydrated {
        /// What the provider sent along, as it came.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        content: Option<String>,
    },
    /// A step of the customer's log-in. Amazon Connect `…authentication.*`.
    Authentication {
        /// Which step.
        stage: AuthenticationStage,
        /// The provider's id of the attempt, on `Initiated`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        attempt: Option<String>,
    },
    /// Amazon Connect `…workflow.cancelled`.
    WorkflowCancelled,
}

/// A step of the customer's log-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AuthenticationStage {
    /// The customer is asked to log in.
    Initiated,
    /// They did.
    Succeeded,
    /// They could not.
    Failed,
    /// They took too long.
    TimedOut,
    /// The request for it is too old.
    Expired,
    /// They would not.
    Cancelled,
}
