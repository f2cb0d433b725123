//! [`helpline_protocol`] on smol: customer-support chats over async-io, ureq-proto, async-tungstenite and rustls,
//! without tokio.
//!
//! [`connect`] is all that most programs need; [`SmolRuntime::builder`] changes TLS, timeouts, and what carries
//! HTTP requests and socket upgrades.
//!
//! ```no_run
//! # async fn example(config: helpline_protocol::Config) -> Result<(), Box<dyn std::error::Error>> {
//! let (chat, mut events) = helpline_smol::connect(config)?;
//! let message = chat.send_text("Hello, my parcel has not come").await?;
//! println!("the provider has {message}");
//! while let Some(event) = events.next().await {
//!     println!("{event:?}");
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Files are streamed from and to where [`files`] says: what is in memory of them at any time is small.
//!
//! ```no_run
//! # use helpline_smol::Chat;
//! use helpline_smol::files::{FileSink, FileSource, download};
//!
//! # async fn example(chat: Chat) -> Result<(), Box<dyn std::error::Error>> {
//! chat.send_attachment(FileSource::open("receipt.pdf").await?).await?;
//! let path = download(&chat, "attachment-id", FileSink::in_folder("downloads", "answer.pdf")).await?;
//! println!("it is in {}", path.display());
//! # Ok(())
//! # }
//! ```
//!
//! # Threads
//! A session is one task. It runs on smol's global executor, which has a thread of its own once something is
//! spawned on it (`SMOL_THREADS` makes it more): nothing has to be set up, and a program that blocks elsewhere
//! holds up no heartbeat. [`SmolRuntime::with_spawner`] puts sessions on another executor. Sockets and timers are
//! async-io's, names and files wait in the threads of the `blocking` crate, both made when they are first needed.
//!
//! Policy is the session's: there are no redirects, no retries and no timeouts but those that it gives.

mod clock;
mod connection;
mod connector;
mod disk;
pub mod files;
mod http_client;
mod incoming;
mod pool;
mod runtime;
mod socket;

#[cfg(feature = "test-util")]
pub use clock::PausedClock;
pub use helpline_protocol;
pub use helpline_protocol::driver::adapter::{
    BodyLimit, FrameLimit, GATHERED_BYTES, Pin, RequestBody, TlsConfig, TlsConfigError,
};
pub use helpline_protocol::driver::{
    AttachmentSource, AttachmentTarget, Chat, ChatError, Closed, Downloading, Driver, Events,
};
pub use http_client::{HttpClient, StreamingHttpClient};
pub use incoming::Incoming;
pub use runtime::{Builder, Smol, SmolRuntime};
pub use rustls;
pub use socket::{SmolSocket, SocketClient};

use helpline_protocol::{Config, ConfigError};

/// Starts a session in a task of smol's global executor and connects it, without waiting: messages may be handed
/// over at once and are sent when the link is live.
///
/// # Errors
/// When the configuration cannot work; then nothing was started.
pub fn connect(config: impl Into<Config>) -> Result<(Chat, Events), ConfigError> {
    helpline_protocol::driver::connect(SmolRuntime::new(), config)
}
