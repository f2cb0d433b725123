use serde::{Deserialize, Serialize};

use crate::time::WallTime;

/// Which mark a receipt sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ReceiptKind {
    /// The message reached the other side.
    Delivered,
    /// The other side looked at it; implies delivered.
    Read,
}

/// How far one recipient has got with one message. The times only ever appear, never vanish.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "a plain record of the two marks that exist")]
pub struct Receipt {
    /// The provider's id of the recipient, where it says (Amazon Connect `RecipientParticipantId`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// When it was delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<WallTime>,
    /// When it was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_at: Option<WallTime>,
}

/// What is to be changed about sending receipts. What is not said stays (Amazon Connect SDK: `MessageReceipts`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(clippy::exhaustive_structs, reason = "the user builds it, with the rest as default")]
pub struct ReceiptSettings {
    /// Whether receipts are sent at all (`shouldSendMessageReceipts`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Whether what arrives from an agent or bot is marked as delivered by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub automatic_delivered: Option<bool>,
    /// For how many milliseconds receipts are collected before they are sent (`throttleTime`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window_millis: Option<u32>,
    /// How many milliseconds "delivered" waits for "read" to make it needless.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivered_delay_millis: Option<u32>,
}
