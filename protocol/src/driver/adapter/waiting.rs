//! Waiting, by the clock of a runtime.

use core::future::Future;
use core::pin::pin;
use core::time::Duration;

use futures_util::future::{Either, select};

use crate::driver::Runtime;
use crate::error::TransportFault;

/// What `work` comes to, if it does within `limit`.
///
/// # Errors
/// [`TransportFault::TimedOut`] where it does not, and its own.
pub async fn within<R: Runtime, T>(
    runtime: &R,
    limit: Duration,
    work: impl Future<Output = Result<T, TransportFault>> + Send,
) -> Result<T, TransportFault> {
    let mut work = pin!(work);
    match or_late(runtime, limit, &mut work).await {
        Some(result) => result,
        None => Err(TransportFault::TimedOut),
    }
}

/// What `work` comes to; none after `limit`.
pub(super) async fn or_late<R: Runtime, W: Future + Unpin>(
    runtime: &R,
    limit: Duration,
    work: &mut W,
) -> Option<W::Output> {
    let until = runtime.now().at + limit;
    loop {
        match select(&mut *work, pin!(runtime.sleep_until(until))).await {
            Either::Left((done, _)) => return Some(done),
            // A sleep may end too early.
            Either::Right(_) if runtime.now().at >= until => return None,
            Either::Right(_) => {}
        }
    }
}
