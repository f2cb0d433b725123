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
    /// How long a presigned address takes a file.
    pub upload_life_ms: u64,
    /// How large a file may be.
    pub attachment_bytes: u64,
    /// How many files a chat may have.
    pub attachments_per_chat: usize,
    /// The ends of names that files may have, in lower case.
    pub attachment_extensions: Vec<String>,
    /// How long a view's token is good. The vendor does not say.
    pub view_life_ms: u64,
    /// How soon after `authentication.initiated` its address must be asked for.
    pub authentication_url_ms: u64,
    /// How long an authentication may take from then on.
    pub authentication_ms: u64,
    /// Hold messages to the documented sizes by content type, not only to the model's 16384 characters.
    pub documented_sizes: bool,
}

const EXTENSIONS: [&str; 17] = [
    "csv", "doc", "docx", "heic", "jpeg", "jpg", "mov", "mp4", "pdf", "png", "ppt", "pptx", "rtf", "txt",
    "wav", "xls", "xlsx",
];

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
            upload_life_ms: 15 * 60 * 1000,
            attachment_bytes: 20 * 1024 * 1024,
            attachments_per_chat: 35,
            attachment_extensions: EXTENSIONS.map(str::to_owned).to_vec(),
            view_life_ms: u64::MAX,
            authentication_url_ms: 60 * 1000,
            authentication_ms: 3 * 60 * 1000,
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
