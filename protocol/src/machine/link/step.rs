//! What goes into a link and what it decides.

use core::time::Duration;

use super::chart::Trigger;
use crate::id::SocketId;
use crate::time::Timestamp;

/// The numbers of a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LinkPolicy {
    pub(crate) open_timeout: Duration,
    pub(crate) greeting_wait: Duration,
    pub(crate) greeting_tries: u32,
    pub(crate) greeting_refused_wait: Duration,
    pub(crate) greeting_refusals: u32,
    /// How long a replaced socket is still listened to.
    pub(crate) overlap: Duration,
}

/// What the session has to do about the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Obtain an address.
    Authorise,
    /// Whatever obtains an address is not needed any more.
    CancelAuthorise,
    /// Dial the address just obtained, as this socket.
    Open(SocketId),
    /// Greet on this socket.
    Greet(SocketId),
    /// Close this socket.
    Close(SocketId, Closing),
    /// This socket is live. `renewed`: another one was until now, and nothing can have been missed.
    Live { socket: SocketId, renewed: bool },
    /// There was a live socket, and there is none now.
    Down,
    /// Probe this replaced socket: only its answer shows that all that was written to it has arrived.
    Probe(SocketId),
    /// A replaced socket broke, or was silent, before what was on its way had arrived.
    Gap,
}

/// Why a socket is closed by us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Closing {
    /// A gate closed.
    Held,
    /// Another socket took over.
    Replaced,
    /// It did not work.
    Faulty,
    /// The session is over.
    Over,
}

/// What holds the link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Gates {
    pub(crate) suspended: bool,
    pub(crate) background: bool,
    pub(crate) offline: bool,
}

impl Gates {
    pub(super) const fn trigger(self) -> Option<Trigger> {
        if self.suspended || self.background {
            Some(Trigger::Suspend)
        } else if self.offline {
            Some(Trigger::GoOffline)
        } else {
            None
        }
    }
}

/// Tries that are made elsewhere than by the link, while nothing gets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tries {
    /// How many have failed.
    pub(crate) failed: u32,
    /// When the next one is made.
    pub(crate) next_at: Timestamp,
}

/// What a socket that closed was to the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SocketRole {
    Live,
    Attempted,
    Retiring,
    Unknown,
}

/// What was not done in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Overdue {
    Opening,
    Greeting,
}
