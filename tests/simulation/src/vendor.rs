//! What a simulation has to know of one provider: how its emulator is driven, and how it is made to play.
//!
//! Everything else here (network, world, plans, checks) knows no provider. [`Vendor`] is the wire, [`Stage`] the
//! play: what the agent does, what goes wrong, and what the transcript must be in the end.

pub(crate) mod amazon_connect;

use std::collections::BTreeMap;

use helpline_protocol::{Config, HttpRequest, HttpResponse, TransportFault};

use crate::alphabet::{Agent, ServerFault};
use crate::provider::Provider;
use crate::setup::Setup;
use crate::truth::Truth;

/// The emulator of one provider, as a host's network meets it. The names of exchanges and sockets are the host's.
pub trait Vendor: Sized {
    /// The emulator's machine.
    type Server;
    /// What goes into it. Copied, where a request arrives twice.
    type Input: Clone;
    /// What comes out of it.
    type Output;
    /// What a backend hands to an app.
    type Chat: Clone;

    /// A whole request arrives.
    fn http(exchange: u64, request: HttpRequest, target: String) -> Self::Input;
    /// A socket is asked for.
    fn socket_requested(socket: u64, target: String) -> Self::Input;
    /// A text frame arrives.
    fn frame(socket: u64, text: String) -> Self::Input;
    /// A socket was closed by the client.
    fn socket_closed(socket: u64, code: Option<u16>) -> Self::Input;
    /// The time has come.
    fn wakeup() -> Self::Input;
    /// Hands an input in.
    fn handle(server: &mut Self::Server, wall: u64, input: Self::Input, out: &mut Vec<Self::Output>);
    /// When the server wants to be woken.
    fn next_wakeup(server: &Self::Server) -> Option<u64>;
    /// What an output means for the client.
    fn effect(output: Self::Output) -> Effect;
    /// The credential that a request bears, and the idempotency token of a message.
    fn credential(request: &HttpRequest) -> Option<String>;
}

/// What a server's output means for the client.
#[derive(Clone, Debug)]
pub enum Effect {
    /// An answer.
    Answer {
        /// To which request.
        exchange: u64,
        /// The answer, or what the client's host makes of there being none.
        result: Result<HttpResponse, TransportFault>,
    },
    /// There will be no answer, and nothing that shows it.
    Hang,
    /// A socket is open.
    Opened {
        /// Which.
        socket: u64,
    },
    /// A socket is refused.
    Refused {
        /// Which.
        socket: u64,
        /// With which status.
        status: u16,
    },
    /// A frame.
    Frame {
        /// On which socket.
        socket: u64,
        /// What.
        text: String,
    },
    /// A socket is closed.
    Closed {
        /// Which.
        socket: u64,
        /// With which code.
        code: u16,
        /// With which words.
        reason: String,
    },
    /// A socket is reset: what is on its way on it is lost.
    Cut {
        /// Which.
        socket: u64,
    },
}

/// A provider that can be made to play a plan.
pub trait Stage: Vendor {
    /// What the transcript is made of at the server.
    type Entry: Truth + Clone;

    /// A provider with a chat that was just started.
    fn begin(seed: u64, setup: &Setup) -> Provider<Self>;
    /// What a session needs to be in the chat.
    fn config(provider: &Provider<Self>) -> Config;
    /// The agent, or the company's side in general, does something.
    fn act(provider: &mut Provider<Self>, now: u64, agent: &Agent);
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
