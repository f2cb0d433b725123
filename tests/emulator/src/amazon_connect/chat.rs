//! One contact: who is in it and what was said.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::item::{AttachmentEntry, Author, Item, Kind, Receipt, Role};
use super::script::AgentScript;

/// What a backend hands to the app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatDetails {
    /// The contact.
    pub contact_id: String,
    /// The customer in it.
    pub participant_id: String,
    /// The customer's credential for CreateParticipantConnection.
    pub participant_token: String,
}

/// One item as a test sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TranscriptEntry {
    /// Its id.
    pub id: String,
    /// Its AbsoluteTime.
    pub time_ms: u64,
    /// `MESSAGE`, `EVENT` or `ATTACHMENT`.
    pub kind: &'static str,
    /// Its content type; empty for an attachment, which has its own.
    pub content_type: String,
    /// Its content; events mostly have none.
    pub content: Option<String>,
    /// Who wrote it; the end of a chat was written by nobody.
    pub role: Option<Role>,
    /// Who wrote it, by id.
    pub participant_id: Option<String>,
    /// What became of it.
    pub receipts: Vec<Receipt>,
    /// The file, of an item that is one.
    pub attachment: Option<AttachmentEntry>,
}

/// A chat and its state.
#[derive(Debug)]
pub(crate) struct Chat {
    pub(crate) initial_contact_id: Arc<str>,
    pub(crate) contact_id: Arc<str>,
    /// Every contact of the chain, the present one included.
    pub(crate) contacts: BTreeSet<String>,
    pub(crate) customer: Arc<Author>,
    pub(crate) system: Arc<Author>,
    pub(crate) bot: Arc<Author>,
    /// The agent who speaks.
    pub(crate) agent: Arc<Author>,
    pub(crate) supervisor: Option<Arc<Author>>,
    pub(crate) agent_joined: bool,
    pub(crate) content_types: BTreeSet<String>,
    pub(crate) started_ms: u64,
    pub(crate) connected: bool,
    /// The customer's socket was subscribed once, or the participant was connected without one.
    pub(crate) present: bool,
    pub(crate) ended: bool,
    /// The position of a message that came with StartChatContact and waits for the agent.
    pub(crate) initial: Option<usize>,
    /// What was said in the chats that this one goes on from; it does not change any more.
    pub(crate) past: Vec<Item>,
    pub(crate) items: Vec<Item>,
    by_id: BTreeMap<String, usize>,
    last_time: u64,
    /// The customer's open sockets, in order of opening.
    pub(crate) sockets: Vec<u64>,
    /// Positions of customer messages that the agent has not confirmed yet.
    pub(crate) undelivered: Vec<usize>,
    pub(crate) unread: Vec<usize>,
    pub(crate) script: AgentScript,
    pub(crate) next_agent: usize,
    pub(crate) replies: u64,
    /// Choices on offer, and what the agent says to each.
    pub(crate) offers: BTreeMap<String, String>,
}

/// What a new chat needs to know.
pub(crate) struct NewChat {
    pub(crate) contact_id: String,
    pub(crate) customer: Author,
    pub(crate) system_id: String,
    pub(crate) bot_id: String,
    pub(crate) agent: Author,
    pub(crate) content_types: BTreeSet<String>,
    pub(crate) started_ms: u64,
    pub(crate) script: AgentScript,
}

impl Chat {
    pub(crate) fn new(new: NewChat) -> Self {
        let contact_id: Arc<str> = new.contact_id.into();
        let system = |participant_id, display_name: &str| {
            Arc::new(Author { participant_id, display_name: display_name.to_owned(), role: Role::System })
        };
        Self {
            initial_contact_id: Arc::clone(&contact_id),
            contacts: BTreeSet::from([contact_id.to_string()]),
            contact_id,
            customer: Arc::new(new.customer),
            system: system(new.system_id, "SYSTEM_MESSAGE"),
            bot: system(new.bot_id, "BOT"),
            agent: Arc::new(new.agent),
            supervisor: None,
            agent_joined: false,
            content_types: new.content_types,
            started_ms: new.started_ms,
            connected: false,
            present: false,
            ended: false,
            initial: None,
            past: Vec::new(),
            items: Vec::new(),
            by_id: BTreeMap::new(),
            last_time: 0,
            sockets: Vec::new(),
            undelivered: Vec::new(),
            unread: Vec::new(),
            script: new.script,
            next_agent: 1,
            replies: 0,
            offers: BTreeMap::new(),
        }
    }

    /// The next AbsoluteTime: `time_ms`, or later by so much that no two are equal.
    pub(crate) fn tick(&mut self, time_ms: u64) -> u64 {
        self.last_time = time_ms.max(self.last_time + 1);
        self.last_time
    }

    /// Puts an item at the end; its time must come from [`Self::tick`].
    pub(crate) fn store(&mut self, item: Item) {
        let at = self.items.len();
        let by_customer = item.author.as_ref().is_some_and(|author| author.role == Role::Customer);
        if by_customer && item.kind != Kind::Attachment {
            self.undelivered.push(at);
            self.unread.push(at);
        }
        self.by_id.insert(item.id.clone(), at);
        self.items.push(item);
    }

    pub(crate) fn position(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    /// Customer, agent, supervisor: those whose number decides about receipts.
    pub(crate) fn participants(&self) -> usize {
        1 + usize::from(self.agent_joined) + usize::from(self.supervisor.is_some())
    }

    pub(crate) fn transcript(&self) -> Vec<TranscriptEntry> {
        self.items
            .iter()
            .map(|item| TranscriptEntry {
                id: item.id.clone(),
                time_ms: item.time_ms,
                kind: item.kind.as_str(),
                content_type: item.content_type.clone(),
                content: item.content.clone(),
                role: item.author.as_ref().map(|author| author.role),
                participant_id: item.author.as_ref().map(|a| a.participant_id.clone()),
                receipts: item.receipts.clone(),
                attachment: item.attachment.clone(),
            })
            .collect()
    }
}
