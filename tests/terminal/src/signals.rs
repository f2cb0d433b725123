//! Being asked to stop from outside.

use async_signal::{Signal, Signals};
use futures_util::StreamExt as _;

#[cfg(unix)]
const ENDS: [Signal; 3] = [Signal::Int, Signal::Term, Signal::Hup];
#[cfg(not(unix))]
const ENDS: [Signal; 1] = [Signal::Int];

/// Waits until the system asks for an end, and says which way.
pub(crate) async fn ended() -> &'static str {
    let Ok(mut signals) = Signals::new(ENDS) else { return core::future::pending().await };
    match signals.next().await {
        Some(Ok(Signal::Term)) => "asked to end",
        Some(Ok(Signal::Hup)) => "the terminal is gone",
        Some(Ok(_)) => "interrupted",
        // Nothing more can be told.
        Some(Err(_)) | None => core::future::pending().await,
    }
}
