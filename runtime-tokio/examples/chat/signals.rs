//! Being asked to stop from outside.

/// Waits until the system asks for an end, and says which way.
#[cfg(unix)]
pub(crate) async fn ended() -> &'static str {
    use tokio::signal::unix::{SignalKind, signal};
    let wait = |kind| async move {
        match signal(kind) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => core::future::pending().await,
        }
    };
    tokio::select! {
        () = wait(SignalKind::interrupt()) => "interrupted",
        () = wait(SignalKind::terminate()) => "asked to end",
        () = wait(SignalKind::hangup()) => "the terminal is gone",
    }
}

/// Waits until the system asks for an end.
#[cfg(not(unix))]
pub(crate) async fn ended() -> &'static str {
    match tokio::signal::ctrl_c().await {
        Ok(()) => "interrupted",
        Err(_) => core::future::pending().await,
    }
}
