//! Waiting for several things at once.

use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::task::Poll;

use helpline_protocol::Timestamp;
use helpline_protocol::driver::Runtime;

/// One of the things that are waited for.
pub(crate) type Awaited<'a, T> = Pin<&'a mut (dyn Future<Output = T> + Send + 'a)>;

/// What the first of them to be ready says; of several that are, the one that stands first. The others are
/// dropped, and should be such that nothing is lost with them.
pub(crate) async fn first<T, const N: usize>(mut awaited: [Awaited<'_, T>; N]) -> T {
    poll_fn(|context| {
        for one in &mut awaited {
            if let Poll::Ready(ready) = one.as_mut().poll(context) {
                return Poll::Ready(ready);
            }
        }
        Poll::Pending
    })
    .await
}

/// Waits until a time; for ever where there is none.
pub(crate) async fn sleep_until(runtime: &impl Runtime, at: Option<Timestamp>) {
    match at {
        Some(at) => runtime.sleep_until(at).await,
        None => core::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use core::future::{pending, ready};
    use core::pin::pin;

    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn of_several_that_are_ready_it_is_the_first() {
        let found = first([pin!(pending()), pin!(ready(2)), pin!(ready(3))]).now_or_never();
        assert_eq!(found, Some(2));
    }
}
