use serde::{Deserialize, Serialize};

use super::TranscriptItem;
use crate::id::MessageKey;
use crate::time::WallTime;

/// Which part of a provider's transcript to fetch (Amazon Connect GetTranscript).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(clippy::exhaustive_structs, reason = "the user builds it, with the rest as default")]
pub struct TranscriptQuery {
    /// Back in time, or on (`ScanDirection`).
    pub direction: ScanDirection,
    /// How the items of a page are ordered (`SortOrder`).
    pub order: SortOrder,
    /// How many items at the most; the policy's first page where none is said (`MaxResults`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Where the last page of the same query ended (`NextToken`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Where to begin (`StartPosition`). Going on in time needs one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<StartPosition>,
    /// Another part of the conversation than the present one (`ContactId`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segment: Option<String>,
}

/// Which way a transcript is walked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ScanDirection {
    /// To what is older.
    #[default]
    Backward,
    /// To what is newer.
    Forward,
}

/// How the items of a page are ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SortOrder {
    /// The oldest first.
    #[default]
    Ascending,
    /// The newest first.
    Descending,
}

/// Where a walk begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "snake_case")]
#[non_exhaustive]
pub enum StartPosition {
    /// At an item; it may come again.
    Item {
        /// Which. It must be one that the provider has.
        message: MessageKey,
    },
    /// At a time.
    Time {
        /// The provider's time.
        time: WallTime,
    },
    /// At the newest items.
    MostRecent {
        /// How many of them.
        count: u32,
    },
}

/// A part of a provider's transcript, as it was asked for. Its items stand in the session's transcript too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TranscriptPage {
    /// The first part of the conversation (Amazon Connect `InitialContactId`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initial_segment: Option<String>,
    /// The items, in the order that was asked for.
    pub items: Vec<TranscriptItem>,
    /// How to go on; none at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}
