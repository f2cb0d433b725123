//! One entry of a transcript, and its JSON.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::clock::instant;

/// Prefix of event content types.
pub(crate) const EVENT: &str = "application/vnd.amazonaws.connect.event.";
/// The content type of interactive messages.
pub(crate) const INTERACTIVE: &str = "application/vnd.amazonaws.connect.message.interactive";
/// The content type of answers to them.
pub(crate) const INTERACTIVE_RESPONSE: &str =
    "application/vnd.amazonaws.connect.message.interactive.response";

/// Who wrote an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Author {
    pub(crate) participant_id: String,
    pub(crate) display_name: String,
    pub(crate) role: Role,
}

/// The roles of the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Whoever asks for help.
    Customer,
    /// Whoever helps.
    Agent,
    /// The flow, and Lex bots.
    System,
    /// A bot of a third party.
    CustomBot,
    /// Whoever listens in on the agent, or barges in.
    Supervisor,
}

impl Role {
    /// As the wire writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "CUSTOMER",
            Self::Agent => "AGENT",
            Self::System => "SYSTEM",
            Self::CustomBot => "CUSTOM_BOT",
            Self::Supervisor => "SUPERVISOR",
        }
    }
}

/// What kind of item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Message,
    Event,
    Attachment,
}

impl Kind {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Message => "MESSAGE",
            Self::Event => "EVENT",
            Self::Attachment => "ATTACHMENT",
        }
    }
}

/// What one participant has done with a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Who received or read it.
    pub recipient: String,
    /// When it arrived there.
    pub delivered_ms: Option<u64>,
    /// When it was read.
    pub read_ms: Option<u64>,
}

impl Receipt {
    fn json(&self) -> Value {
        let mut out = Map::new();
        if let Some(at) = self.delivered_ms {
            out.insert("DeliveredTimestamp".to_owned(), instant(at).into());
        }
        if let Some(at) = self.read_ms {
            out.insert("ReadTimestamp".to_owned(), instant(at).into());
        }
        out.insert("RecipientParticipantId".to_owned(), self.recipient.clone().into());
        Value::Object(out)
    }
}

/// Receipts as the wire writes them.
pub(crate) fn receipts_json(receipts: &[Receipt]) -> Value {
    Value::Array(receipts.iter().map(Receipt::json).collect())
}

/// What the scan of a file has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AttachmentStatus {
    /// It is being scanned.
    InProgress,
    /// It can be had.
    Approved,
    /// It can not be had.
    Rejected,
}

impl AttachmentStatus {
    /// As the wire writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InProgress => "IN_PROGRESS",
            Self::Approved => "APPROVED",
            Self::Rejected => "REJECTED",
        }
    }
}

/// A file as an item names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachmentEntry {
    /// What GetAttachment wants to be given.
    pub id: String,
    /// The file's name.
    pub name: String,
    /// The file's content type.
    pub content_type: String,
    /// What its scan has come to.
    pub status: AttachmentStatus,
}

impl AttachmentEntry {
    fn json(&self) -> Value {
        json!({
            "ContentType": self.content_type,
            "AttachmentId": self.id,
            "AttachmentName": self.name,
            "Status": self.status.as_str(),
        })
    }
}

/// One item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) id: String,
    pub(crate) time_ms: u64,
    pub(crate) kind: Kind,
    pub(crate) content_type: String,
    pub(crate) content: Option<String>,
    pub(crate) author: Option<Arc<Author>>,
    pub(crate) contact_id: Arc<str>,
    pub(crate) receipts: Vec<Receipt>,
    /// The file, of an item that is one.
    pub(crate) attachment: Option<AttachmentEntry>,
}

impl Item {
    /// As GetTranscript gives it.
    pub(crate) fn json(&self) -> Map<String, Value> {
        let mut out = Map::new();
        let mut put = |name: &str, value: Value| out.insert(name.to_owned(), value);
        put("AbsoluteTime", instant(self.time_ms).into());
        if let Some(attachment) = &self.attachment {
            put("Attachments", json!([attachment.json()]));
        } else {
            put("ContentType", self.content_type.clone().into());
        }
        put("Id", self.id.clone().into());
        put("Type", self.kind.as_str().into());
        put("ContactId", (&*self.contact_id).into());
        if let Some(content) = &self.content {
            put("Content", content.clone().into());
        }
        if let Some(author) = &self.author {
            if !author.participant_id.is_empty() {
                put("ParticipantId", author.participant_id.clone().into());
            }
            put("DisplayName", author.display_name.clone().into());
            put("ParticipantRole", author.role.as_str().into());
        }
        if self.has_metadata() {
            put(
                "MessageMetadata",
                json!({ "MessageId": self.id, "Receipts": receipts_json(&self.receipts) }),
            );
        }
        out
    }

    /// As GetTranscript gives it in a later chat that goes on from this one.
    pub(crate) fn past_json(&self) -> Map<String, Value> {
        let mut out = self.json();
        if let Some(contact_id) = out.remove("ContactId") {
            out.insert("RelatedContactId".to_owned(), contact_id);
        }
        out
    }

    /// As a live frame carries it.
    pub(crate) fn live(&self, initial_contact_id: &str) -> Map<String, Value> {
        let mut out = self.json();
        out.insert("InitialContactId".to_owned(), initial_contact_id.into());
        out
    }

    fn has_metadata(&self) -> bool {
        let by_customer = self.author.as_ref().is_some_and(|a| a.role == Role::Customer);
        self.kind == Kind::Message && (by_customer || !self.receipts.is_empty())
    }
}

/// A whole frame around an item.
pub(crate) fn chat_frame(item: Map<String, Value>) -> String {
    json!({
        "topic": "aws/chat",
        "contentType": "application/json",
        "content": Value::Object(item).to_string(),
    })
    .to_string()
}
