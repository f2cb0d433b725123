//! Connections that nobody uses at the moment.

#![allow(
    clippy::disallowed_types,
    reason = "a client belongs to many sessions: what is shared is locked for a look"
)]

use core::time::Duration;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Connect;
use super::connection::Connection;
use crate::driver::adapter::origin::Origin;

/// Connections that nobody used for this long are closed: shorter than servers and middleboxes wait, so that
/// a request seldom meets one that is just being closed.
const IDLE: Duration = Duration::from_secs(20);

/// How many are kept; the oldest go first.
const MOST: usize = 256;

/// The idle connections of a client. It is looked through with every request: no task and no timer keeps watch.
pub(super) struct Pool<C: Connect> {
    pub(super) connect: C,
    /// The oldest first.
    idle: Mutex<Vec<Idle<C>>>,
}

struct Idle<C: Connect> {
    origin: Origin,
    until: Duration,
    connection: Connection<C>,
}

impl<C: Connect> Pool<C> {
    pub(super) const fn new(connect: C) -> Self {
        Self { connect, idle: Mutex::new(Vec::new()) }
    }

    /// The connection to a server that was used last, if there is one that stands.
    pub(super) fn take(&self, origin: &Origin) -> Option<Connection<C>> {
        let mut idle = self.fresh();
        while let Some(at) = idle.iter().rposition(|idle| idle.origin == *origin) {
            let mut found = idle.remove(at).connection;
            if found.is_idle() {
                return Some(found);
            }
        }
        None
    }

    /// Keeps a connection for the next request.
    pub(super) fn put(&self, origin: Origin, connection: Connection<C>) {
        let mut idle = self.fresh();
        if idle.len() >= MOST {
            idle.remove(0);
        }
        idle.push(Idle { origin, until: self.connect.time() + IDLE, connection });
    }

    /// Those whose time is not up.
    fn fresh(&self) -> MutexGuard<'_, Vec<Idle<C>>> {
        let now = self.connect.time();
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|idle| now < idle.until);
        idle
    }
}
