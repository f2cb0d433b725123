//! What a server is made of.

use super::faults::Faults;
use super::script::AgentScript;

/// Settings of a [`Server`](super::Server). `Default` is what the vendor documents, with a silent agent.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// Scheme and authority of socket addresses, `ws://127.0.0.1:PORT`. A host sets it when it knows its port.
    pub socket_base: String,
    /// How the agent of each new chat behaves.
    pub script: AgentScript,
    /// What goes wrong.
    pub faults: Faults,
    /// How long a connection token lives.
    pub token_life_ms: u64,
    /// How long a socket may stay open, counted from the call that made its ticket.
    pub socket_life_ms: u64,
    /// How long a ticket may wait to be dialled.
    pub ticket_life_ms: u64,
    /// How soon after its start a chat must be connected to.
    pub first_connect_ms: u64,
    /// How long sockets stay open after `chat.ended`.
    pub close_after_end_ms: u64,
    /// Sockets that one participant may have open.
    pub sockets_per_participant: usize,
    /// Hold messages to the documented sizes by content type, not only to the model's 16384 characters.
    pub documented_sizes: bool,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            socket_base: "ws://127.0.0.1:80".to_owned(),
            script: AgentScript::silent(),
            faults: Faults::default(),
            token_life_ms: 24 * 3600 * 1000,
            socket_life_ms: 3600 * 1000,
            ticket_life_ms: 100 * 1000,
            first_connect_ms: 5 * 60 * 1000,
            close_after_end_ms: 1000,
            sockets_per_participant: 5,
            documented_sizes: true,
        }
    }
}

impl ServerConfig {
    /// The default with another agent.
    #[must_use]
    pub fn with_script(script: AgentScript) -> Self {
        Self { script, ..Self::default() }
    }
}
