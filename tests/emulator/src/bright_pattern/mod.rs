//! Bright Pattern's mobile and web API, the service that a customer's client talks to.
//!
//! [`Server`] is a machine: hand it [`Input`]s with the time, do its [`Output`]s, and wake it at
//! [`Server::next_wakeup`]. Times are Unix milliseconds. The same seed and the same inputs give the same outputs. A poll
//! that is held is a request without an answer yet.
//!
//! ```
//! use helpline_emulator::bright_pattern::{AgentAction, Client, HttpRequest, Input, Output, Server, ServerConfig};
//!
//! let mut server = Server::new(ServerConfig::default(), 42);
//! let client = Client::new("0B9D1C3E-52F7-4A86-9E41-3C7D8A5F2B10");
//! let now_ms = 1_773_480_400_000;
//! let mut out = Vec::new();
//! let request = client.post("chats", r#"{"from":"Dana"}"#);
//! server.handle(now_ms, Input::Http { exchange: 1, request }, &mut out);
//! let [Output::Answer { exchange: 1, response }] = &out[..] else { panic!() };
//! let chat = response.json()["chat_id"].as_str().unwrap().to_owned();
//!
//! out.clear();
//! let request = client.get(&format!("chats/{chat}/events"));
//! server.handle(now_ms, Input::Http { exchange: 2, request }, &mut out);
//! assert!(out.is_empty(), "the poll is held");
//! server.agent(now_ms + 5, &chat, AgentAction::Say("Hello".to_owned()), &mut out);
//! let [Output::Answer { exchange: 2, response }] = &out[..] else { panic!() };
//! assert_eq!(response.json()["events"][0]["msg"], "Hello");
//! ```
//!
//! It shares no wire types with the client: a mistake in a shared type would be invisible.

mod agent;
mod answer;
mod authorization;
mod births;
mod calls;
mod chat;
mod client;
mod codes;
mod config;
mod event;
mod fault_names;
mod faults;
mod files;
mod forms;
mod history;
mod http;
mod ice;
mod machine;
mod malformed;
mod notifications;
mod operation;
mod poll;
mod posts;
mod receipts;
mod replies;
mod script;
mod signals;
mod stats;
mod stories;

pub use crate::chance::{Chance, Span};
pub use crate::fault_values::FaultError;
pub use crate::io::{HttpRequest, HttpResponse, Input, Output, Reception};
pub use agent::AgentAction;
pub use chat::ChatRequest;
pub use client::Client;
pub use codes::{ErrorCode, ErrorForm};
pub use config::{APP_ID, Entry, IceForm, ServerConfig, TENANT, Tenant};
pub use event::{Party, TranscriptEntry};
pub use fault_names::FAULT_HELP;
pub use faults::{
    ChanceRule, DelayRule, ErrorRule, Faults, Flood, IdleForm, MalformedRule, StatusRule, TimeForm, WaitForm,
};
pub use machine::Server;
pub use malformed::malformed_names;
pub use notifications::{Notice, Push, Subscription};
pub use operation::{Api, Operation};
pub use receipts::Which;
pub use script::{AgentName, AgentScript, Rate, Reply, Rule, Trigger};
pub use signals::CallSignal;
pub use stats::{FormSeen, ReceiptKind, ReceiptSeen, RequestSeen, Stats};
pub use stories::STORIES;
