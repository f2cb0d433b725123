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
//! Whom to believe, as whom to come, and through which proxy to go, is the builder's; the same for requests and
//! sockets. Without a word about it the operating system judges certificates, and the variables of the environment
//! (`HTTPS_PROXY` and its like) name a proxy.
//!
//! ```no_run
//! use helpline_smol::{Proxy, ProxyConfig, TlsConfig, SmolRuntime};
//!
//! # async fn example(config: helpline_protocol::Config) -> Result<(), Box<dyn std::error::Error>> {
//! let tls = TlsConfig::platform()
//!     .with_root_pem(&std::fs::read("corporate-authority.pem")?)?
//!     .with_pin_for("chat.example.com", "sha256/n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=".parse()?);
//! let proxy: Proxy = "http://proxy.corp.example:3128".parse()?;
//! let proxy = ProxyConfig::all(proxy.with_credentials("ines", std::env::var("PROXY_PASSWORD")?)?);
//! let runtime = SmolRuntime::builder().with_tls(tls).with_proxy(proxy).build();
//! let (chat, events) = helpline_protocol::driver::connect(runtime, config)?;
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
mod connector;
mod disk;
pub mod files;
mod runtime;
mod socket;

pub use connector::{Connector, HttpClient, StreamingHttpClient};
pub use helpline_protocol;
#[cfg(feature = "test-util")]
pub use helpline_protocol::driver::adapter::PausedClock;
pub use helpline_protocol::driver::adapter::proxy::{Proxy, ProxyConfig, ProxyConfigError, ProxyKind};
pub use helpline_protocol::driver::adapter::{
    BodyLimit, FrameLimit, GATHERED_BYTES, Pin, RequestBody, TlsConfig, TlsConfigError,
};
pub use helpline_protocol::driver::{
    AttachmentSource, AttachmentTarget, Chat, ChatError, Closed, Downloading, Driver, Events,
};
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
