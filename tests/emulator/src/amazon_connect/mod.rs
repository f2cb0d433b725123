//! Amazon Connect Chat, the service that a customer's client talks to.
//!
//! [`Server`] is a machine: hand it [`Input`]s with the time, do its [`Output`]s, and wake it at
//! [`Server::next_wakeup`]. Times are Unix milliseconds. The same seed and the same inputs give the same outputs.
//!
//! ```
//! use helpline_emulator::amazon_connect::{HttpRequest, Input, Output, Server, ServerConfig};
//!
//! let mut server = Server::new(ServerConfig::default(), 42);
//! let now_ms = 1_773_480_400_000;
//! let chat = server.start_chat(now_ms, "Ines");
//! let body = r#"{"Type":["WEBSOCKET","CONNECTION_CREDENTIALS"]}"#;
//! let request = HttpRequest::post("/participant/connection", &chat.participant_token, body);
//! let mut out = Vec::new();
//! server.handle(now_ms, Input::Http { exchange: 1, request }, &mut out);
//! let [Output::Answer { exchange: 1, response }] = &out[..] else { panic!() };
//! assert_eq!(response.status, 200);
//! ```
//!
//! It shares no wire types with the client: a mistake in a shared type would be invisible.

mod agent;
mod attachments;
mod authentication;
mod calls;
mod chat;
mod clock;
mod config;
mod errors;
mod fault_names;
mod faults;
mod http;
mod interactive;
mod item;
mod machine;
mod operation;
mod persistent;
mod post;
mod receipts;
mod replies;
mod script;
mod sockets;
mod start_chat;
mod stats;
mod storage;
mod throttle;
mod tokens;
mod transcript;
mod validate;
mod views;

pub use agent::AgentAction;
pub use attachments::Scan;
pub use authentication::AuthenticationResult;
pub use chat::{ChatDetails, TranscriptEntry};
pub use config::ServerConfig;
pub use errors::ErrorEncoding;
pub use fault_names::FAULT_HELP;
pub use faults::{ChanceRule, EchoOrder, ExpiryForm, Faults, StatusRule};
pub use interactive::InteractiveKind;

pub use crate::chance::{Chance, Span};
pub use crate::fault_values::FaultError;
pub use crate::io::{HttpRequest, HttpResponse, Input, Output, Reception};
pub use item::{AttachmentEntry, AttachmentStatus, Receipt, Role};
pub use machine::Server;
pub use operation::Operation;
pub use receipts::Which;
pub use script::{AgentScript, Rate, Reply};
pub use stats::{ReceiptKind, ReceiptSeen, Stats};
