//! Transcript items, as they come in frames and in pages.

use super::decode::{malformed, shown};
use super::interactive;
use crate::dialect::{Chunk, Fact, WireItem};
use crate::limits::Limits;
use crate::model::{
    Attachment, AttachmentStatus, AuthenticationStage, ItemBody, Notice, Participant, ProcessingStatus,
    Receipt, Role,
};
use crate::time::WallTime;
use crate::wire::json::{Flag, Int, List, Text, object, read};
use crate::wire::text::{cut_chars, has_more_chars};

/// What the content types of events begin with.
const EVENT: &str = "application/vnd.amazonaws.connect.event.";

/// Attachments or receipts of one item. In practice there is one; more than this is no item but an attack.
const PARTS: usize = 256;

object! {
    /// An item. Nothing in it is certain to be there, not even its type.
    pub(super) struct Item<'a> {
        id: Text<'a> = "Id",
        kind: Text<'a> = "Type",
        content_type: Text<'a> = "ContentType",
        at: Text<'a> = "AbsoluteTime",
        content: Text<'a> = "Content",
        participant_id: Text<'a> = "ParticipantId",
        role: Text<'a> = "ParticipantRole",
        display_name: Text<'a> = "DisplayName",
        initial_contact_id: Text<'a> = "InitialContactId",
        contact_id: Text<'a> = "ContactId",
        related_contact_id: Text<'a> = "RelatedContactId",
        attachments: List<WireAttachment<'a>, PARTS> = "Attachments",
        metadata: Metadata<'a> = "MessageMetadata",
    }
}

object! {
    pub(super) struct WireAttachment<'a> {
        id: Text<'a> = "AttachmentId",
        name: Text<'a> = "AttachmentName",
        content_type: Text<'a> = "ContentType",
        status: Text<'a> = "Status",
    }
}

object! {
    /// Receipts, and the parts of a message that a bot is still writing.
    pub(super) struct Metadata<'a> {
        message_id: Text<'a> = "MessageId",
        receipts: List<WireReceipt<'a>, PARTS> = "Receipts",
        processing: Text<'a> = "MessageProcessingStatus",
        completed: Flag = "MessageCompleted",
        chunk: Int = "ChunkNumber",
    }
}

object! {
    pub(super) struct WireReceipt<'a> {
        delivered: Text<'a> = "DeliveredTimestamp",
        read: Text<'a> = "ReadTimestamp",
        by: Text<'a> = "RecipientParticipantId",
    }
}

object! {
    /// What the content of a few events holds.
    struct EventContent<'a> {
        message_id: Text<'a> = "messageId" | "MessageId",
        session_id: Text<'a> = "SessionId" | "sessionId",
    }
}

/// Of what kind an item is.
enum Kind<'a> {
    Message,
    Attachment,
    Metadata,
    /// By the last part of its content type.
    Event(&'a str),
    Unknown(String),
}

/// An id that is longer than the limit.
struct TooLong;

/// Turns items into facts.
#[derive(Clone, Copy)]
pub(super) struct Reader<'r> {
    pub(super) limits: &'r Limits,
    /// Ours, where it is known.
    pub(super) contact_id: Option<&'r str>,
}

impl Reader<'_> {
    /// What an item says. `raw` is its text, to be shown where it is not understood.
    pub(super) fn fact(self, item: Item<'_>, raw: &str) -> Fact {
        if self.is_foreign(&item) {
            return Fact::Unrecognized { what: "foreign contact".to_owned(), raw: shown(raw, self.limits) };
        }
        self.known(item, raw).unwrap_or_else(|TooLong| {
            let limit = self.limits.id_chars();
            malformed(&format!("ids of at most {limit} characters"), shown(raw, self.limits))
        })
    }

    /// Whether an item belongs to another chat. A transfer changes the contact but not the initial one; past
    /// items that a chat continues name the contact they are from.
    fn is_foreign(self, item: &Item<'_>) -> bool {
        let Some(ours) = self.contact_id else {
            return false;
        };
        let known = |id: &Option<Text<'_>>| id.as_ref().is_some_and(|id| !id.as_str().is_empty());
        let other = |id: &Option<Text<'_>>| known(id) && id.as_ref().is_some_and(|id| id.as_str() != ours);
        !known(&item.related_contact_id) && other(&item.initial_contact_id) && other(&item.contact_id)
    }

    fn known(self, mut item: Item<'_>, raw: &str) -> Result<Fact, TooLong> {
        let unrecognized = |what| Ok(Fact::Unrecognized { what, raw: shown(raw, self.limits) });
        // The type and content type are taken out, so that the kind may borrow from them.
        let (kind, content_type) = (item.kind.take(), item.content_type.take());
        let content_type =
            content_type.as_ref().map(|text| text.as_str().split(';').next().unwrap_or_default().trim());
        match kind_of(kind.as_ref().map(Text::as_str), content_type, item.attachments.is_some(), self.limits)
        {
            Kind::Message => {
                let body = self.message(&mut item, content_type);
                self.item(item, body)
            }
            Kind::Attachment => {
                let wire = item.attachments.take().map_or_else(Vec::new, |list| list.0);
                let attachments =
                    wire.into_iter().map(|file| self.attachment(file)).collect::<Result<_, _>>()?;
                self.item(item, ItemBody::Attachments { attachments })
            }
            Kind::Metadata => {
                let metadata = item.metadata.unwrap_or_default();
                match self.id(metadata.message_id)? {
                    Some(server_id) => {
                        Ok(Fact::Receipts { server_id, receipts: self.receipts(metadata.receipts)? })
                    }
                    None => Ok(malformed("metadata with a MessageId", shown(raw, self.limits))),
                }
            }
            Kind::Event("typing") => Ok(Fact::Typing { participant: self.participant(&mut item)? }),
            Kind::Event(name @ ("message.delivered" | "message.read")) => self.receipt_event(item, name, raw),
            Kind::Event(name) => match self.notice(name, item.content.take()) {
                Some(notice) => self.item(item, ItemBody::Notice { notice }),
                None => unrecognized(format!("event {}", cut_chars(name, self.limits.id_chars()))),
            },
            Kind::Unknown(what) => unrecognized(what),
        }
    }

    fn item(self, mut item: Item<'_>, body: ItemBody) -> Result<Fact, TooLong> {
        let metadata = item.metadata.take().unwrap_or_default();
        let sender = self.participant(&mut item)?;
        let related = self.id(item.related_contact_id)?;
        let from_past = related.is_some();
        Ok(Fact::Item(Box::new(WireItem {
            server_id: self.id(item.id)?,
            identity: None,
            at: time(item.at),
            sender,
            body,
            receipts: self.receipts(metadata.receipts)?,
            chunk: chunk(metadata.chunk, metadata.completed),
            processing: metadata.processing.and_then(|status| processing(status.as_str(), self.limits)),
            segment: self.id(item.contact_id)?.or(related),
            from_past,
        })))
    }

    fn message(self, item: &mut Item<'_>, content_type: Option<&str>) -> ItemBody {
        let content = item.content.take();
        let of_text = |content: Option<Text<'_>>| content.map(Text::into_owned).unwrap_or_default();
        match content_type.unwrap_or_default().to_ascii_lowercase().as_str() {
            "text/plain" => ItemBody::Text { text: of_text(content) },
            "text/markdown" => ItemBody::Markdown { text: of_text(content) },
            "application/json" => ItemBody::Json { text: of_text(content) },
            "application/vnd.amazonaws.connect.message.interactive" => {
                let content = content.as_ref().map_or("", Text::as_str);
                ItemBody::Interactive { interactive: interactive::read_question(content, self.limits) }
            }
            "application/vnd.amazonaws.connect.message.interactive.response" => {
                ItemBody::InteractiveResponse { text: of_text(content) }
            }
            _ => ItemBody::Other {
                content_type: content_type.map(|name| cut_chars(name, self.limits.id_chars()).to_owned()),
                content: content.map(Text::into_owned),
            },
        }
    }

    fn attachment(self, file: WireAttachment<'_>) -> Result<Attachment, TooLong> {
        let status = match file.status.as_ref().map(Text::as_str) {
            Some("IN_PROGRESS") => AttachmentStatus::InProgress,
            Some("APPROVED") => AttachmentStatus::Approved,
            Some("REJECTED") => AttachmentStatus::Rejected,
            Some(other) => AttachmentStatus::Other(cut_chars(other, self.limits.id_chars()).to_owned()),
            None => AttachmentStatus::Unknown,
        };
        Ok(Attachment {
            id: self.id(file.id)?,
            name: self.label(file.name),
            content_type: self.label(file.content_type),
            status,
        })
    }

    /// A receipt as an event of its own. The operation for sending one has this form; the service itself sends
    /// metadata instead, but the vendor's SDKs are ready for it.
    fn receipt_event(self, mut item: Item<'_>, name: &str, raw: &str) -> Result<Fact, TooLong> {
        let content = item.content.take();
        let mut spare = String::new();
        let inner = content
            .as_ref()
            .and_then(|text| read::<EventContent<'_>>(text.as_str(), &mut spare, self.limits).ok());
        let in_metadata = item.metadata.take().and_then(|metadata| metadata.message_id);
        let message_id = self.id(inner.and_then(|content| content.message_id).or(in_metadata))?;
        let (Some(server_id), Some(at)) = (message_id, time(item.at.take())) else {
            return Ok(malformed("a receipt with a messageId and an AbsoluteTime", shown(raw, self.limits)));
        };
        let read = name == "message.read";
        let by = self.id(item.participant_id)?;
        let receipt = Receipt { by, delivered_at: (!read).then_some(at), read_at: read.then_some(at) };
        Ok(Fact::Receipts { server_id, receipts: vec![receipt] })
    }

    fn receipts<'a>(self, receipts: Option<List<WireReceipt<'a>, PARTS>>) -> Result<Vec<Receipt>, TooLong> {
        let receipt = |wire: WireReceipt<'a>| {
            Ok(Receipt {
                by: self.id(wire.by)?,
                delivered_at: time(wire.delivered),
                read_at: time(wire.read),
            })
        };
        receipts.map_or_else(Vec::new, |list| list.0).into_iter().map(receipt).collect()
    }

    /// What an event of this name is in a transcript; none for an unknown one.
    fn notice(self, name: &str, content: Option<Text<'_>>) -> Option<Notice> {
        let authentication = |stage, attempt| Notice::Authentication { stage, attempt };
        Some(match name {
            "participant.joined" => Notice::ParticipantJoined,
            "participant.left" => Notice::ParticipantLeft,
            "participant.invited" => Notice::ParticipantInvited,
            "participant.idle" => Notice::ParticipantIdle,
            "participant.returned" => Notice::ParticipantReturned,
            "participant.autodisconnection" => Notice::ParticipantAutoDisconnected,
            "participant.active" => Notice::ParticipantActive,
            "participant.inactive" => Notice::ParticipantInactive,
            "participant.displayname.updated" => Notice::ParticipantRenamed,
            "connection.acknowledged" => Notice::ConnectionAcknowledged,
            "transfer.succeeded" => Notice::TransferSucceeded,
            "transfer.failed" => Notice::TransferFailed,
            "chat.ended" => Notice::ConversationEnded,
            "chat.rehydrated" => Notice::ConversationRehydrated { content: content.map(Text::into_owned) },
            "authentication.initiated" => {
                authentication(AuthenticationStage::Initiated, self.attempt(content))
            }
            "authentication.succeeded" => authentication(AuthenticationStage::Succeeded, None),
            "authentication.failed" => authentication(AuthenticationStage::Failed, None),
            "authentication.timeout" => authentication(AuthenticationStage::TimedOut, None),
            "authentication.expired" => authentication(AuthenticationStage::Expired, None),
            "authentication.cancelled" => authentication(AuthenticationStage::Cancelled, None),
            "workflow.cancelled" => Notice::WorkflowCancelled,
            _ => return None,
        })
    }

    /// The `SessionId` of an attempt to log in. The notice says enough without one.
    fn attempt(self, content: Option<Text<'_>>) -> Option<String> {
        let mut spare = String::new();
        let content = content?;
        let inner = read::<EventContent<'_>>(content.as_str(), &mut spare, self.limits).ok()?;
        self.id(inner.session_id).ok().flatten()
    }

    fn participant(self, item: &mut Item<'_>) -> Result<Participant, TooLong> {
        let role = match item.role.as_ref().map(Text::as_str) {
            Some("CUSTOMER") => Role::Customer,
            Some("AGENT") => Role::Agent,
            Some("SYSTEM") => Role::System,
            Some("CUSTOM_BOT") => Role::Bot,
            Some("SUPERVISOR") => Role::Supervisor,
            Some("") | None => Role::Unknown,
            Some(other) => Role::Other(cut_chars(other, self.limits.id_chars()).to_owned()),
        };
        Ok(Participant {
            id: self.id(item.participant_id.take())?,
            role,
            display_name: self.label(item.display_name.take()),
        })
    }

    /// An id; an empty one is none.
    fn id(self, id: Option<Text<'_>>) -> Result<Option<String>, TooLong> {
        match id {
            Some(id) if has_more_chars(id.as_str(), self.limits.id_chars()) => Err(TooLong),
            Some(id) => Ok(Some(id.into_owned()).filter(|id| !id.is_empty())),
            None => Ok(None),
        }
    }

    /// A name to show, cut where it is longer than any that the service allows.
    fn label(self, text: Option<Text<'_>>) -> Option<String> {
        text.map(|text| match has_more_chars(text.as_str(), self.limits.id_chars()) {
            true => cut_chars(text.as_str(), self.limits.id_chars()).to_owned(),
            false => text.into_owned(),
        })
    }
}

/// The kind by the type, or where that is missing by the content type. The types below `MESSAGEMETADATA` are in
/// the API model; the service has sent events instead for as long as is known.
fn kind_of<'a>(
    kind: Option<&str>,
    content_type: Option<&'a str>,
    attachments: bool,
    limits: &Limits,
) -> Kind<'a> {
    let of_event = |content_type: &'a str| match content_type.strip_prefix(EVENT) {
        Some("message.metadata") => Kind::Metadata,
        Some(name) => Kind::Event(name),
        None => Kind::Unknown(format!("event {}", cut_chars(content_type, limits.id_chars()))),
    };
    match kind {
        Some("MESSAGE") => Kind::Message,
        Some("EVENT") => of_event(content_type.unwrap_or_default()),
        Some("ATTACHMENT") => Kind::Attachment,
        Some("MESSAGEMETADATA") => Kind::Metadata,
        Some("TYPING") => Kind::Event("typing"),
        Some("PARTICIPANT_JOINED") => Kind::Event("participant.joined"),
        Some("PARTICIPANT_LEFT") => Kind::Event("participant.left"),
        Some("CHAT_ENDED") => Kind::Event("chat.ended"),
        Some("TRANSFER_SUCCEEDED") => Kind::Event("transfer.succeeded"),
        Some("TRANSFER_FAILED") => Kind::Event("transfer.failed"),
        Some("CONNECTION_ACK") => Kind::Event("connection.acknowledged"),
        Some("MESSAGE_DELIVERED") => Kind::Event("message.delivered"),
        Some("MESSAGE_READ") => Kind::Event("message.read"),
        Some(other) => Kind::Unknown(format!("type {}", cut_chars(other, limits.id_chars()))),
        None => match content_type {
            Some(content_type) if content_type.starts_with(EVENT) => of_event(content_type),
            Some(_) => Kind::Message,
            None if attachments => Kind::Attachment,
            None => Kind::Unknown("item without a type".to_owned()),
        },
    }
}

/// Which part of a message. A completed one is the whole text, whatever its number.
fn chunk(number: Option<Int>, completed: Option<Flag>) -> Option<Chunk> {
    if number.is_none() && completed.is_none() {
        return None;
    }
    let number = number.and_then(|number| number.0).and_then(|number| u64::try_from(number).ok());
    Some(Chunk { number: number.unwrap_or(1), completed: completed.and_then(|flag| flag.0).unwrap_or(false) })
}

/// What the service's own processing made of a message; none where it says nothing.
pub(super) fn processing(status: &str, limits: &Limits) -> Option<ProcessingStatus> {
    match status {
        "" => None,
        "PROCESSING" => Some(ProcessingStatus::Processing),
        "FAILED" => Some(ProcessingStatus::Failed),
        "REJECTED" => Some(ProcessingStatus::Rejected),
        other => Some(ProcessingStatus::Other(cut_chars(other, limits.id_chars()).to_owned())),
    }
}

/// A time; one that cannot be read is none, as the item says more than its time.
pub(super) fn time(text: Option<Text<'_>>) -> Option<WallTime> {
    text.and_then(|text| WallTime::parse(text.as_str()).ok())
}
