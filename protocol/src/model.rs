//! Vendor-neutral data: what a conversation consists of, whoever provides it.

mod attachment;
mod content;
mod conversation;
mod interactive;
mod item;
mod notice;
mod participant;
mod receipt;
mod transcript_page;

pub use attachment::{Attachment, AttachmentStatus, OutgoingAttachment, SinkKey, SourceKey};
pub use content::OutgoingContent;
pub use conversation::{ConversationEnd, ConversationState, Introduction};
pub use interactive::{
    Card, Choice, Element, ElementAction, Heading, Image, Interactive, Location, ReplyMessage, Template,
    TimeSlot,
};
pub use item::{
    DeliveryStatus, Direction, ItemBody, Origin, ProcessingStatus, TranscriptChange, TranscriptItem,
};
pub use notice::{AuthenticationStage, Notice};
pub use participant::{Participant, Role};
pub use receipt::{Receipt, ReceiptKind, ReceiptSettings};
pub use transcript_page::{ScanDirection, SortOrder, StartPosition, TranscriptPage, TranscriptQuery};
