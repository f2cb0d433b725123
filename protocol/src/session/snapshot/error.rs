//! Why there is no session from a snapshot.

use crate::error::ConfigError;

/// Why a snapshot cannot be read, or no session restored from it. Nothing has happened then. No text of it shows
/// anything of the snapshot's content.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// It ends in the middle.
    #[error(
        "the snapshot ends in the middle, at line {line}, column {column}: it was not written to its end; \
         use the one before, or begin a new session"
    )]
    Truncated {
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
    },
    /// It is no JSON.
    #[error(
        "the snapshot is damaged at line {line}, column {column}, where it is no JSON; use the one before, or \
         begin a new session"
    )]
    NotJson {
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
    },
    /// It is JSON, but not what a snapshot of its version holds.
    #[error(
        "the snapshot is damaged at line {line}, column {column}, where something is missing or of another kind; \
         use the one before, or begin a new session"
    )]
    Malformed {
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
    },
    /// It is something else.
    #[error(
        "this is no snapshot of a session: there is no `helpline_snapshot` in it; give the file that was kept"
    )]
    Foreign,
    /// It is larger than may be read.
    #[error(
        "the snapshot has {bytes} bytes, and {most} may be read: give `Snapshot::parse_within` more, if it is yours"
    )]
    TooLarge {
        /// Bytes of its text.
        bytes: usize,
        /// How many may be read.
        most: usize,
    },
    /// It was written by a version to come, or by none.
    #[error("the snapshot is of version {found}, and this version reads up to {newest}: use a newer one")]
    UnknownVersion {
        /// The version it names.
        found: u64,
        /// The newest that is read.
        newest: u64,
    },
    /// Its parts contradict each other.
    #[error("the snapshot contradicts itself: {problem}; use the one before, or begin a new session")]
    Inconsistent {
        /// What cannot be.
        problem: &'static str,
    },
    /// It holds more than the configuration allows.
    #[error(
        "the snapshot has {found} {name}, and the limit is {limit}: raise `Limits::{name}` to restore it"
    )]
    LimitExceeded {
        /// The cap's name.
        name: &'static str,
        /// How much there is.
        found: usize,
        /// The cap.
        limit: usize,
    },
    /// It is of another chat than the configuration.
    #[error(
        "the snapshot is of another chat than the configuration: give the configuration it was taken under"
    )]
    OtherChat,
    /// The configuration cannot work.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

impl SnapshotError {
    /// What serde says of a text, without what it quotes of it.
    pub(in crate::session) fn json(error: &serde_json::Error) -> Self {
        let (line, column) = (error.line(), error.column());
        match error.classify() {
            serde_json::error::Category::Eof => Self::Truncated { line, column },
            serde_json::error::Category::Data => Self::Malformed { line, column },
            serde_json::error::Category::Syntax | serde_json::error::Category::Io => {
                Self::NotJson { line, column }
            }
        }
    }
}
