//! What can go wrong with a call on a [`Chat`](super::Chat).

use crate::error::{CommandError, Failure};
use crate::id::MessageKey;

/// Why a call on a [`Chat`](super::Chat) did not work out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChatError {
    /// The session refused the command: nothing has changed.
    #[error(transparent)]
    Refused(#[from] CommandError),
    /// The command was accepted, and did not work out.
    #[error("{failure}")]
    Failed {
        /// Why, and who does what next.
        failure: Box<Failure>,
        /// The message concerned, where the command made or named one: [`Chat::resend`](super::Chat::resend)
        /// sends it again, and its item in the transcript says whether it is failed or uncertain.
        message: Option<MessageKey>,
    },
    /// Another command took it back.
    #[error("another command took it back")]
    Withdrawn,
    /// So many events are unread that no more commands are taken: nothing has changed.
    #[error("{limit} events are unread: read `Events`, or drop it")]
    EventsUnread {
        /// How many.
        limit: usize,
    },
    /// The session's task is gone.
    #[error(transparent)]
    Closed(#[from] Closed),
}

/// The session's task is gone, with the runtime that ran it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[error("the session's task is gone, with the runtime that ran it")]
pub struct Closed;
