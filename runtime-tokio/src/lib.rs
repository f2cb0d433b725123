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
//! Files are streamed from and to where [`files`] says: what is in memory of them at any time is small.
//!
//! ```no_run
//! # use helpline_tokio::Chat;
//! use helpline_tokio::files::{FileSink, FileSource, download};
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
//! use helpline_tokio::{Proxy, ProxyConfig, TlsConfig, TokioRuntime};
//!
//! # async fn example(config: helpline_protocol::Config) -> Result<(), Box<dyn std::error::Error>> {
//! let tls = TlsConfig::platform()
//!     .with_root_pem(&std::fs::read("corporate-authority.pem")?)?
//!     .with_pin_for("chat.example.com", "sha256/n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=".parse()?);
//! let proxy: Proxy = "http://proxy.corp.example:3128".parse()?;
//! let proxy = ProxyConfig::all(proxy.with_credentials("ines", std::env::var("PROXY_PASSWORD")?)?);
//! let runtime = TokioRuntime::builder().with_tls(tls).with_proxy(proxy).build();
//! let (chat, events) = helpline_protocol::driver::connect(runtime, config)?;
//! # Ok(())
//! # }
//! ```
//!
//! Policy is the session's: there are no redirects, no retries and no timeouts but those that it gives.

mod clock;
mod connector;
mod disk;
mod fault;
pub mod files;
mod http_client;
mod runtime;
mod socket;

pub use helpline_protocol;
pub use helpline_protocol::driver::adapter::proxy::{Proxy, ProxyConfig, ProxyConfigError, ProxyKind};
pub use helpline_protocol::driver::adapter::{
    BodyLimit, FrameLimit, GATHERED_BYTES, Pin, RequestBody, TlsConfig, TlsConfigError,
};
pub use helpline_protocol::driver::{
    AttachmentSource, AttachmentTarget, Chat, ChatError, Closed, Downloading, Driver, Events,
};
pub use http_client::{HttpClient, StreamingHttpClient};
pub use runtime::{Builder, Tokio, TokioRuntime};
pub use rustls;
pub use socket::{SocketClient, TokioSocket};

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
