//! What a simulation has to know of one provider: how its emulator is driven, and how it is made to play.
//!
//! Everything else here (network, world, plans, checks) knows no provider. [`Vendor`] is the wire, [`Stage`] the
//! play: what the agent does, what goes wrong, and what the transcript must be in the end.

pub(crate) mod amazon_connect;
pub mod bright_pattern;
mod wire;

use std::collections::BTreeMap;

use helpline_emulator::io;
use helpline_protocol::{Config, HttpRequest};

use crate::alphabet::{Agent, ServerFault};
use crate::provider::Provider;
use crate::setup::Setup;
use crate::truth::Truth;
use crate::watch::Watch;
pub use wire::Effect;
pub(crate) use wire::to_server;

/// The emulator of one provider, as a host's network meets it. The names of exchanges and sockets are the host's.
pub trait Vendor: Sized {
    /// The emulator's machine.
    type Server;
    /// What a backend hands to an app.
    type Chat: Clone;

    /// Whether the server makes something of it that a client has gone away before its answer was there.
    const HEARS_HANGUPS: bool;

    /// Hands an input in.
    fn handle(server: &mut Self::Server, wall: u64, input: io::Input, out: &mut Vec<io::Output>);
    /// When the server wants to be woken.
    fn next_wakeup(server: &Self::Server) -> Option<u64>;
    /// The credential that a request bears.
    fn credential(request: &HttpRequest) -> Option<String>;
}

/// A provider that can be made to play a plan.
pub trait Stage: Vendor {
    /// What the transcript is made of at the server.
    type Entry: Truth + Clone;

    /// A provider with a chat that was just started.
    fn begin(seed: u64, setup: &Setup) -> Provider<Self>;
    /// What a session needs to be in the chat.
    fn config(provider: &Provider<Self>) -> Config;
    /// What a session's link is held to.
    fn watch(config: &Config) -> Watch;
    /// The agent, or the company's side in general, does something.
    fn act(provider: &mut Provider<Self>, now: u64, agent: &Agent);
    /// What a fault comes to here, for the tally.
    fn name_of(fault: &ServerFault) -> &'static str;
    /// Something goes wrong at the server.
    fn strike(provider: &mut Provider<Self>, now: u64, fault: &ServerFault);
    /// Nothing goes wrong at the server any more.
    fn heal(provider: &mut Provider<Self>);
    /// The transcript as the server has it.
    fn truth(provider: &Provider<Self>) -> Vec<Self::Entry>;
    /// Whether the chat is over.
    fn has_ended(provider: &Provider<Self>) -> bool;
    /// What the server did that was not asked of it, by name.
    fn tally(provider: &Provider<Self>) -> BTreeMap<&'static str, u64>;
    /// The idempotency token and the content of a request that sends a message; none for other requests.
    fn message_of(request: &HttpRequest) -> Option<(String, String)>;
}
