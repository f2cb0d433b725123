//! The engine under customer-support chat: connect, heartbeat, reconnect, receipts, outbox and transcript as
//! pure state machines, speaking the wire protocols of contact-centre providers. Today: Amazon Connect Chat.
//!
//! A [`Session`] is one customer's chat. It does no I/O, reads no clock and draws no chance of its own: what
//! happens goes in with the time, and what is to be done comes out.
//!
//! # The smallest working host
//!
//! It carries out what comes out, and tells what happens. The world here is a script: a provider that grants all, and
//! a clock that jumps to the next thing. Put HTTP, WebSockets and a real clock in their places, and it chats.
//!
//! ```
//! use helpline_protocol::model::OutgoingContent;
//! use helpline_protocol::{
//!     Command, Event, Frame, HttpResponse, Input, Now, Operation, Output, Session, Timestamp, WallTime, amazon_connect,
//! };
//! use std::collections::VecDeque;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let config = amazon_connect::Config::new(amazon_connect::ChatDetails::new("participant-token"));
//! let mut now = Now::new(Timestamp::ZERO, WallTime::from_unix_millis(1_767_225_600_000));
//! let mut session = Session::new(config, [7; 32], now)?;
//! let (mut out, mut happened, mut told) = (Vec::new(), VecDeque::new(), Vec::new());
//! let content = OutgoingContent::text("Where is my parcel?");
//! session.execute(now, Command::Connect, &mut out)?;
//! session.execute(now, Command::SendMessage { conversation: None, content }, &mut out)?;
//! while told.last().is_none_or(|event| event != "c2 sent m1") {
//!     for output in out.drain(..) {
//!         match output {
//!             Output::Request { id: request, operation, .. } => {
//!                 let answer = HttpResponse::new(http::StatusCode::OK, provider(operation));
//!                 happened.push_back(Input::Response { request, result: Ok(answer) });
//!             }
//!             Output::OpenSocket { id: socket, .. } => happened.push_back(Input::SocketOpened { socket }),
//!             Output::SendFrame { socket, .. } => {
//!                 let frame = r#"{"topic":"aws/subscribe","content":{"status":"success","topics":["aws/chat"]}}"#;
//!                 happened.push_back(Input::Frame { socket, frame: Frame::Text(frame.to_owned()) });
//!             }
//!             Output::Event(event) => told.push(event.to_string()),
//!             _ => {} // nothing to cancel or to close here
//!         }
//!     }
//!     // What comes first: something that happened, or the deadline.
//!     let input = happened.pop_front().unwrap_or(Input::Woke);
//!     if let (Input::Woke, Some(deadline)) = (&input, session.deadline()) {
//!         now.at = deadline.at;
//!     }
//!     session.handle(now, input, &mut out);
//! }
//! assert!(told.contains(&"~ m1 me: \"Where is my parcel?\" [sent]".to_owned()), "{told:#?}");
//! # Ok(())
//! # }
//!
//! fn provider(operation: Operation) -> &'static str {
//!     match operation {
//!         Operation::Authorise => {
//!             r#"{"ConnectionCredentials":{"ConnectionToken":"t","Expiry":"2099-01-01T00:00:00.000Z"},
//!                 "Websocket":{"Url":"wss://host.example/","ConnectionExpiry":"2099-01-01T00:00:00.000Z"}}"#
//!         }
//!         Operation::SendMessage => r#"{"Id":"1","AbsoluteTime":"2026-01-01T00:00:01.000Z"}"#,
//!         _ => r#"{"Transcript":[]}"#,
//!     }
//! }
//! ```
//!
//! There is nothing that a host could forget: outputs are complete when a call returns, and the deadline says
//! what it is for. A host with threads and blocking sockets is an example of the tests (`blocking_host`); the feature
//! `driver` has the loop for any async runtime, and the crate `helpline-tokio` brings it to tokio.
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
    CertificateProblem, CommandError, ConfigError, Failure, FaultKind, ProviderFault, ProxyProblem, Retry,
    TransportFault,
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
