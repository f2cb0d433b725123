//! The engine under customer-support chat: connect, heartbeat, reconnect, receipts, outbox and transcript as
//! pure state machines, speaking the wire protocols of contact-centre providers. Today: Amazon Connect Chat.
//!
//! A [`Session`] is one customer's chat. It does no I/O, reads no clock and draws no chance of its own: what
//! happens goes in with the time, and what is to be done comes out.
//!
//! # The loop of a host
//!
//! ```
//! use helpline_protocol::{Command, CommandError, Input, Now, Output, Session};
//!
//! /// What a host has: a clock, HTTP, sockets, a user.
//! trait World {
//!     fn now(&self) -> Now;
//!     /// Sends a request, opens or closes a socket, sends a frame, or tells the user.
//!     fn carry_out(&mut self, output: Output);
//!     /// What comes first: an answer, a frame, something else that happened, or the deadline.
//!     fn wait(&mut self, until: Option<helpline_protocol::Deadline>) -> Input;
//! }
//!
//! fn drive(session: &mut Session, world: &mut impl World) -> Result<(), CommandError> {
//!     let mut out = Vec::new();
//!     session.execute(world.now(), Command::Connect, &mut out)?;
//!     while session.deadline().is_some() || !out.is_empty() {
//!         for output in out.drain(..) {
//!             world.carry_out(output);
//!         }
//!         let input = world.wait(session.deadline());
//!         session.handle(world.now(), input, &mut out);
//!     }
//!     Ok(())
//! }
//! ```
//!
//! There is nothing that a host could forget: outputs are complete when a call returns, and the deadline says
//! what it is for. The feature `driver` has this loop for any async runtime; the crate `helpline-tokio` brings it
//! to tokio.
//!
//! # Where to find what
//!
//! - What a user asks: [`Command`]. What they are told: [`Event`], and the items of a transcript in [`model`].
//! - What a host does: [`Output`]. What it tells: [`Input`].
//! - Intervals, waits and retries: [`Policy`]. Caps: [`Limits`]. A provider's own: [`amazon_connect`].
//! - The states of a link, and what leads from one to the next: [`link_chart`].
//! - What is kept beyond the process: [`Snapshot`]. What is recorded, and replayed: [`Recorder`], [`Replayer`].
//! - What goes wrong, by whose fault: [`CommandError`], [`ProviderFault`], [`TransportFault`].

#![cfg_attr(not(test), warn(clippy::indexing_slicing))]

mod command;
mod config;
mod dialect;
#[cfg(feature = "driver")]
pub mod driver;
mod error;
mod event;
mod id;
mod input;
mod limits;
mod machine;
pub mod model;
mod output;
mod rng;
mod secret;
mod session;
mod time;
mod wire;

pub use command::Command;
pub use config::Config;
pub use dialect::{Capabilities, LinkKind, Policy, Provider, Rate, amazon_connect, bright_pattern};
pub use error::{
    CertificateProblem, CommandError, ConfigError, Failure, FaultKind, ProviderFault, Retry, TransportFault,
};
pub use event::{CommandResult, ConnectionState, EndReason, Event, LostReason, SuspendedBy};
pub use id::{CommandId, ConversationKey, InvalidId, MessageKey, RequestId, SocketId};
pub use input::{AppState, Frame, Input, Network, SocketClosed};
pub use limits::{Limits, Usage};
pub use machine::link::chart as link_chart;
pub use output::{Deadline, DeadlineReason, Operation, Output, Priority, Replay, Sink};
pub use secret::{DownloadUrl, Secret};
pub use session::{
    Called, ConnectionDetails, Difference, Journal, JournalError, Recorder, ReplayStep, Replayer, Secrets,
    Session, Snapshot, SnapshotError,
};
pub use time::{InvalidTime, Now, Timestamp, WallTime};
pub use wire::http::{Body, HttpRequest, HttpResponse};
