//! What the session did so far.

use futures_channel::oneshot;

use super::Chat;
use crate::driver::error::Closed;
use crate::driver::task::Ask;
use crate::driver::watch::SessionStats;

impl Chat {
    /// What the session did so far, in numbers.
    ///
    /// # Errors
    /// [`Closed`] when the task is gone.
    pub async fn stats(&self) -> Result<SessionStats, Closed> {
        let (reply, answer) = oneshot::channel();
        self.ask(Ask::Stats(reply))?;
        answer.await.map_err(|_| Closed)
    }
}
