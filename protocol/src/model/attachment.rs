use serde::{Deserialize, Serialize};

/// A file that is part of a conversation; the bytes stay at the provider until asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "tests and hosts build it")]
pub struct Attachment {
    /// The provider's id (Amazon Connect `AttachmentId`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The file's name as its sender gave it. Not sanitised: never use it as a path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its MIME type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// Whether it may be fetched.
    pub status: AttachmentStatus,
}

/// Whether an attachment may be fetched (Amazon Connect `Attachments[].Status`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AttachmentStatus {
    /// It is being scanned (`IN_PROGRESS`).
    InProgress,
    /// It may be fetched (`APPROVED`).
    Approved,
    /// The scanner refused it (`REJECTED`).
    Rejected,
    /// The provider did not say.
    Unknown,
    /// A status that we do not know.
    Other(String),
}
