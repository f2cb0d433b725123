//! Amazon Connect Chat, the service that a customer's client talks to.
//!
//! [`Server`] is a machine: hand it [`Input`]s with the time, do its [`Output`]s, and wake it at
//! [`Server::next_wakeup`]. Times are Unix milliseconds. The same seed and the same inputs give the same outputs.
//!
//! It shares no wire types with the client: a mistake in a shared type would be invisible.

mod agent;
mod calls;
mod chat;
mod clock;
mod config;
mod errors;
mod fault_names;
mod faults;
mod http;
mod interactive;
mod io;
mod item;
mod machine;
mod operation;
mod post;
mod receipts;
mod replies;
mod rng;
mod script;
mod sockets;
mod start_chat;
mod stats;
mod throttle;
mod tokens;
mod transcript;
mod validate;

pub use agent::AgentAction;
pub use chat::{ChatDetails, TranscriptEntry};
pub use config::ServerConfig;
pub use errors::ErrorEncoding;
pub use fault_names::{FAULT_HELP, FaultError};
pub use faults::{Chance, ChanceRule, EchoOrder, Faults, Span, StatusRule};
pub use interactive::InteractiveKind;
pub use io::{HttpRequest, HttpResponse, Input, Output};
pub use item::{Receipt, Role};
pub use machine::Server;
pub use operation::Operation;
pub use receipts::Which;
pub use script::{AgentScript, Rate, Reply};
pub use stats::{ReceiptKind, ReceiptSeen, Stats};
