//! [`helpline_protocol`] on tokio: customer-support chats over hyper, tokio-tungstenite and rustls.
//!
//! [`connect`] is all that most programs need; [`TokioRuntime::builder`] changes TLS, timeouts, and what
//! carries HTTP requests and socket upgrades.
//!
//! ```no_run
//! # async fn example(config: helpline_protocol::Config) -> Result<(), Box<dyn std::error::Error>> {
//! let (chat, mut events) = helpline_tokio::connect(config)?;
//! let message = chat.send_text("Hello, my parcel has not come").await?;
//! println!("the provider has {message}");
//! while let Some(event) = events.next().await {
//!     println!("{event:?}");
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Policy is the session's: there are no redirects, no retries and no timeouts but those that it gives.

mod connector;
mod fault;
mod http_client;
mod runtime;
mod socket;
mod tls;

pub use helpline_protocol;
pub use helpline_protocol::driver::{Chat, ChatError, Closed, Driver, Events};
pub use http_client::{BodyLimit, HttpClient};
pub use runtime::{Builder, TokioRuntime};
pub use rustls;
pub use socket::TokioSocket;

use helpline_protocol::{Config, ConfigError};

/// Starts a session in a task of the current tokio runtime and connects it, without waiting: messages may be
/// handed over at once and are sent when the link is live.
///
/// # Errors
/// When the configuration cannot work; then nothing was started.
///
/// # Panics
/// Outside of a tokio runtime, or in one without its clock and network enabled.
pub fn connect(config: impl Into<Config>) -> Result<(Chat, Events), ConfigError> {
    helpline_protocol::driver::connect(TokioRuntime::new(), config)
}
