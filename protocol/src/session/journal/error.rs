//! What can be wrong with a journal, and how today's code may differ from it.

use core::fmt;

use crate::session::SnapshotError;

/// Why a journal cannot be read or replayed. No text of it shows anything of the journal's content.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// There is nothing in it.
    #[error("the journal is empty: the first line is written when the session is born")]
    Empty,
    /// A line ends in the middle.
    #[error(
        "line {line} of the journal ends in the middle, as the last one does where its writer was killed: take \
         that line out to replay what is before it"
    )]
    Truncated {
        /// Counted from 1.
        line: usize,
    },
    /// A line is no JSON, or not what a line of a journal is.
    #[error(
        "line {line} of the journal is damaged at column {column}: what is before it can be replayed without \
         this line and those after it"
    )]
    Malformed {
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
    },
    /// It is something else.
    #[error("this is no journal of a session: there is no `helpline_journal` in its first line")]
    Foreign,
    /// It was written by a version to come, or by none.
    #[error("the journal is of version {found}, and this version reads up to {newest}: use a newer one")]
    UnknownVersion {
        /// The version it names.
        found: u64,
        /// The newest that is read.
        newest: u64,
    },
    /// Its header is of no session: the configuration cannot work, or the snapshot is none.
    #[error("no session begins as line 1 of the journal says: {0}")]
    Unborn(#[source] SnapshotError),
}

impl JournalError {
    /// What serde says of a line, without what it quotes of it.
    pub(super) fn json(line: usize, error: &serde_json::Error) -> Self {
        if error.is_eof() {
            return Self::Truncated { line };
        }
        Self::Malformed { line, column: error.column() }
    }
}

/// Where today's code does otherwise than a journal says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Difference {
    /// The journal's line, counted from 1.
    pub line: usize,
    /// What differs: an `output`, the `result` or the `deadline`.
    pub of: &'static str,
    /// What the journal says, as JSON; the first output that differs, where outputs do.
    pub recorded: String,
    /// What it is today.
    pub today: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "line {}: another {} than recorded", self.line, self.of)?;
        writeln!(f, "  recorded: {}", self.recorded)?;
        write!(f, "  today:    {}", self.today)
    }
}
