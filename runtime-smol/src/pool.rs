//! Connections that nobody uses at the moment.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use helpline_protocol::driver::adapter::Origin;

use crate::connection::Connection;

/// Connections that nobody used for this long are closed: shorter than servers and middleboxes wait, so that
/// a request seldom meets one that is just being closed.
const IDLE: Duration = Duration::from_secs(20);

/// How many are kept; the oldest go first.
const MOST: usize = 256;

/// The idle connections of a client. It is looked through with every request: no task and no timer keeps watch.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    /// The oldest first.
    idle: Mutex<Vec<Idle>>,
}

#[derive(Debug)]
struct Idle {
    origin: Origin,
    since: Instant,
    connection: Connection,
}

impl Pool {
    /// The connection to a server that was used last, if there is one that stands.
    pub(crate) fn take(&self, origin: &Origin) -> Option<Connection> {
        let mut idle = self.lock();
        idle.retain(|idle| idle.since.elapsed() < IDLE);
        while let Some(at) = idle.iter().rposition(|idle| idle.origin == *origin) {
            let mut found = idle.remove(at).connection;
            if found.is_idle() {
                return Some(found);
            }
        }
        None
    }

    /// Keeps a connection for the next request.
    pub(crate) fn put(&self, origin: Origin, connection: Connection) {
        let mut idle = self.lock();
        let since = Instant::now();
        idle.retain(|idle| idle.since.elapsed() < IDLE);
        if idle.len() >= MOST {
            idle.remove(0);
        }
        idle.push(Idle { origin, since, connection });
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
