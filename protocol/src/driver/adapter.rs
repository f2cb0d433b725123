//! What adapters share, so that each of them holds little but its runtime's names for things.
//!
//! For whoever writes a [`Runtime`](super::Runtime) over sockets and files; `helpline-tokio` and `helpline-smol` are
//! made of it. What users see of it they see through those crates. Nothing in here does any I/O: an [`Adapter`]
//! brings the connections, a [`Disk`](files::Disk) the files, the [`Runtime`](super::Runtime) its clock.
//!
//! - [`Builder`]: what may be changed about a runtime, the same for each.
//! - [`Carrier`]: HTTP exchanges over a client, or over a service or closure in its place: limits, times, files.
//! - [`BoxSocket`], [`WebSocket`]: sockets, over tungstenite or of the user's own.
//! - [`files`]: where attachments come from and go to.
//! - [`fault`]: from the errors of libraries to what a session knows.
//! - [`proxy`]: which connections go through one, and what is said to it.
//! - [`Clock`]: time that counts through suspend; [`PausedClock`]: one that stands still, for tests.
//! - `Http1Client` (feature `http1`): HTTP/1.1 over any stream, where a runtime has no client of its own.
//! - `TlsConfig` and `Tls` (feature `tls`): whom to believe, and as whom to come, over rustls.

mod body;
mod builder;
mod carrier;
mod client;
mod clock;
pub mod fault;
pub mod files;
#[cfg(feature = "http1")]
mod http1;
mod origin;
mod paused;
pub mod proxy;
mod socket;
#[cfg(feature = "tls")]
mod tls;
mod waiting;

pub use body::RequestBody;
pub use builder::{Adapter, Builder, Connections, Parts};
pub use carrier::{BodyLimit, Carrier, GATHERED_BYTES};
pub use client::HttpClient;
pub use clock::{Clock, Reading};
#[cfg(feature = "http1")]
pub use http1::{Connect, Http1Client, Incoming};
pub use origin::Origin;
pub use paused::PausedClock;
pub use socket::{BoxSocket, FrameLimit, WebSocket, upgrade};
#[cfg(feature = "tls")]
pub use tls::{Pin, Tls, TlsConfig, TlsConfigError};
pub use waiting::within;
