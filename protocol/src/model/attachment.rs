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

/// A file that a user hands over to be sent. Its bytes stay with the host, which reads them when it is asked to
/// upload them: a session never holds a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "the user builds it")]
pub struct OutgoingAttachment {
    /// The name that the others see, with its extension. Not a path.
    pub name: String,
    /// Its MIME type; guessed from the extension where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// Its size in bytes.
    pub size: u64,
    /// What the host knows the bytes by.
    pub source: SourceKey,
}

macro_rules! host_key {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// A name of the host's choosing: a path, a number, anything.
            #[must_use]
            pub fn new(name: impl Into<String>) -> Self {
                Self(name.into())
            }

            /// The name.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    };
}

host_key!(
    /// Bytes that a host can read from the start, as often as it is asked to.
    SourceKey
);
host_key!(
    /// A place where a host puts bytes that it fetched.
    SinkKey
);
