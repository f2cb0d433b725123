//! The engine under customer-support chat: connect, heartbeat, reconnect, receipts, outbox and transcript as
//! pure state machines, speaking the wire protocols of contact-centre providers.

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
pub use dialect::{Capabilities, Policy, Provider, amazon_connect};
pub use error::{CommandError, ConfigError, Failure, FaultKind, ProviderFault, Retry, TransportFault};
pub use event::{CommandResult, ConnectionState, EndReason, Event, LostReason, SuspendedBy};
pub use id::{CommandId, ConversationKey, InvalidId, MessageKey, RequestId, SocketId};
pub use input::{AppState, Frame, Input, Network, SocketClosed};
pub use limits::{Limits, Usage};
pub use machine::link::chart as link_chart;
pub use output::{Deadline, DeadlineReason, Operation, Output, Priority, Replay};
pub use secret::Secret;
pub use session::Session;
pub use time::{InvalidTime, Now, Timestamp, WallTime};
pub use wire::http::{Body, HttpRequest, HttpResponse};
