//! What a server is made of.

use serde_json::Value;

use super::faults::Faults;
use super::script::AgentScript;
use crate::chance::Span;

/// The tenant of a server by default.
pub const TENANT: &str = "acme.brightpattern.example";
/// The app of that tenant.
pub const APP_ID: &str = "7f3c1e52a9b04d6c8e15d2a7c0b94f61";

/// Settings of a [`Server`](super::Server). `Default` is what the vendor documents, with a silent agent.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// Who is served.
    pub tenants: Vec<Tenant>,
    /// How the agent of each new chat behaves.
    pub script: AgentScript,
    /// What goes wrong.
    pub faults: Faults,
    /// How long a poll is held while nothing happens, in milliseconds. The vendor says about 5 to 15 seconds.
    pub hold: Span,
    /// How long a chat lives without polls; `None`: for ever. The vendor does not say.
    pub absence_ms: Option<u64>,
    /// How long a customer may be silent; there is a warning at half of it. `None`: for ever.
    pub inactivity_ms: Option<u64>,
    /// How long after its end the history of a chat can still be read.
    pub history_after_end_ms: u64,
    /// A held poll whose client has gone is given up at once. Otherwise it stays held, and what it is answered is lost.
    pub notices_hangup: bool,
    /// Signalling is part of the history.
    pub signaling_in_history: bool,
    /// The state that a new chat is told to be in.
    pub initial_state: String,
    /// Ids for new chats, taken from the front before any are drawn.
    pub chat_ids: Vec<String>,
    /// Chats whose agents behave otherwise, by id.
    pub scripts: Vec<(String, AgentScript)>,
    /// The chats of [`Self::chat_ids`] are found running, with this history. The client that asks first owns them.
    pub running: Option<Vec<Value>>,
    /// Sessions from before, by the case that they belong to.
    pub cases: Vec<(String, Value)>,
    /// How ICE servers are handed out.
    pub ice: IceForm,
    /// How large a file may be.
    pub file_bytes: usize,
    /// How many files are kept; the oldest goes first.
    pub files_kept: usize,
    /// How many requests the journal holds; the oldest goes first.
    pub journal: usize,
}

/// A company.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// Its bare domain: what `tenantUrl` has to name.
    pub domain: String,
    /// The entries of its chats.
    pub entries: Vec<Entry>,
}

/// An entry of chats: what an app id names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The id.
    pub app_id: String,
    /// The name that customers see.
    pub service_name: String,
    /// Whether chats can be requested; otherwise its launch point counts as removed (5006).
    pub launch_point: bool,
    /// Whether it is within opening hours.
    pub open: bool,
    /// The estimated wait in seconds, if there is data.
    pub ewt: Option<u32>,
    /// Parameters that it hopes for, with their types.
    pub parameters: Vec<(String, String)>,
    /// Pushes over APNs are set up.
    pub apns: bool,
    /// Pushes over Firebase are set up.
    pub firebase: bool,
}

/// How ICE servers are handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IceForm {
    /// As the documents have it: an object with `servers`.
    #[default]
    Clear,
    /// As the newest widgets expect it: encrypted with the chat id.
    Encrypted,
}

impl Tenant {
    /// A tenant with one entry.
    #[must_use]
    pub fn new(domain: &str, app_id: &str) -> Self {
        Self { domain: domain.to_owned(), entries: vec![Entry::new(app_id)] }
    }
}

impl Entry {
    /// An entry that is open, with pushes of both kinds.
    #[must_use]
    pub fn new(app_id: &str) -> Self {
        let parameters = [
            ("first_name", "FIRST_NAME"),
            ("last_name", "LAST_NAME"),
            ("email", "EMAIL"),
            ("contact_phone", "PHONE"),
            ("order_number", "TEXT"),
            ("account", "ACCOUNT"),
            ("company", "COMPANY"),
        ];
        Self {
            app_id: app_id.to_owned(),
            service_name: "Acme Support".to_owned(),
            launch_point: true,
            open: true,
            ewt: Some(3),
            parameters: parameters.map(|(name, kind)| (name.to_owned(), kind.to_owned())).to_vec(),
            apns: true,
            firebase: true,
        }
    }
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            tenants: vec![Tenant::new(TENANT, APP_ID)],
            script: AgentScript::silent(),
            faults: Faults::default(),
            hold: Span { from: 5000, to: 15_000 },
            absence_ms: Some(300_000),
            inactivity_ms: Some(600_000),
            history_after_end_ms: 0,
            notices_hangup: false,
            signaling_in_history: false,
            initial_state: "ivr".to_owned(),
            chat_ids: Vec::new(),
            scripts: Vec::new(),
            running: None,
            cases: Vec::new(),
            ice: IceForm::Clear,
            file_bytes: 25 << 20,
            files_kept: 1000,
            journal: 10_000,
        }
    }
}

impl ServerConfig {
    /// The defaults with an agent.
    #[must_use]
    pub fn with_script(script: AgentScript) -> Self {
        Self { script, ..Self::default() }
    }
}
