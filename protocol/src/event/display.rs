//! Events as one readable line each, as transcripts of scenarios show them.

use core::fmt;

use super::{CommandResult, Event, LostReason};
use crate::error::Retry;
use crate::model::{
    DeliveryStatus, Direction, Element, ItemBody, Participant, ReceiptKind, Template, TranscriptChange,
    TranscriptItem,
};

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ConnectionChanged { state } => write!(f, "connection {state}"),
            Self::ConnectionLost { reason } => write!(f, "connection lost: {reason}"),
            Self::ConnectionRenewalFailed { reason } => write!(f, "connection not renewed: {reason}"),
            Self::ConnectionRenewed => f.write_str("connection renewed"),
            Self::CredentialsRenewed { expires_at } => write!(f, "credentials renewed until {expires_at}"),
            Self::CommandFinished { command, result } => write!(f, "{command} {result}"),
            Self::MessageQueued { command, message, .. } => write!(f, "{command} queued {message}"),
            Self::TranscriptChanged { changes, .. } => changes_on(f, changes),
            Self::ReceiptReceived { message, receipt, by, .. } => {
                let kind = match receipt {
                    ReceiptKind::Delivered => "delivered",
                    ReceiptKind::Read => "read",
                };
                write!(f, "receipt: {message} {kind} by {}", by.as_deref().unwrap_or("somebody"))
            }
            Self::TypingStarted { participant, .. } => write!(f, "typing: {participant} began"),
            Self::TypingStopped { participant, .. } => write!(f, "typing: {participant} stopped"),
            Self::GapClosed { recovered, .. } => write!(f, "gap closed: {recovered} recovered"),
            Self::HistoryUnavailable { failure, .. } => write!(f, "history unavailable: {failure}"),
            Self::ConversationStarted { conversation, id, resumed } => {
                let how = if *resumed { "goes on" } else { "begins" };
                write!(f, "conversation {conversation} {how} as {id}")
            }
            Self::ConversationChanged { conversation, progress, wait_seconds } => {
                write!(f, "conversation {conversation} {progress}")?;
                wait_seconds.map_or(Ok(()), |wait| write!(f, ", about {wait} s to wait"))
            }
            Self::ConversationEnded { conversation, why: None } => {
                write!(f, "conversation {conversation} ended")
            }
            Self::ConversationEnded { conversation, why: Some(why) } => {
                write!(f, "conversation {conversation} ended: {why}")
            }
            Self::TransferProgress { command, done, total, .. } => {
                write!(
                    f,
                    "{command} {done} of {} bytes",
                    total.map_or_else(|| "?".to_owned(), |total| total.to_string())
                )
            }
            Self::ProbeFailed { probe, status, message } => {
                write!(f, "probe {probe} failed")?;
                if let Some(status) = status {
                    write!(f, " with {status}")?;
                }
                message.as_ref().map_or(Ok(()), |message| write!(f, " {message:?}"))
            }
            // What came by itself is not asked for again.
            Self::ProviderFault { fault } if fault.operation.is_none() => write!(f, "fault: {fault}"),
            Self::ProviderFault { fault } => write!(f, "fault: {fault}; {}", fault.retry),
            Self::TransportFault { operation, fault, retry } => {
                write!(f, "fault: {}: {fault}; {retry}", operation.name())
            }
            Self::BrightPattern { event, .. } => event.fmt(f),
            Self::Unrecognized { what, raw } => write!(f, "unrecognized {what}: {raw}"),
        }
    }
}

impl fmt::Display for CommandResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.write_str("done"),
            Self::Sent { message } => write!(f, "sent {message}"),
            Self::Loaded { items, complete } => {
                write!(f, "loaded {items}{}", if *complete { ", nothing older" } else { "" })
            }
            Self::AttachmentUrl { size: Some(size), .. } => write!(f, "address of a file of {size} bytes"),
            Self::AttachmentUrl { size: None, .. } => f.write_str("address of a file"),
            Self::Downloaded { size } => write!(f, "downloaded {size} bytes"),
            Self::Page { page } => write!(f, "page of {} items", page.items.len()),
            Self::AmazonConnect { reply } => write!(f, "answered {}", reply.name()),
            Self::BrightPattern { reply } => write!(f, "answered {}", reply.name()),
            Self::NotOurs => f.write_str("is somebody else's"),
            Self::Failed { failure } => write!(f, "failed: {failure}"),
            Self::Withdrawn => f.write_str("withdrawn"),
        }
    }
}

impl fmt::Display for LostReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed { code: Some(code), text } => write!(f, "closed with {code} {text:?}"),
            Self::Closed { code: None, .. } => f.write_str("closed"),
            Self::Silent { probe } => write!(f, "no answer to {probe}"),
            Self::Unhealthy { probe } => write!(f, "{probe} was answered with a failure again"),
            Self::Transport { fault } => fault.fmt(f),
            Self::Refused { fault } => fault.fmt(f),
            Self::NotGreeted => f.write_str("the greeting was not acknowledged"),
        }
    }
}

impl fmt::Display for Retry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Automatic { at } => write!(f, "again at {at}"),
            Self::Manual => f.write_str("may be tried again"),
            Self::AfterLogin => f.write_str("needs new credentials"),
            Self::Never => f.write_str("would fail again"),
        }
    }
}

impl fmt::Display for Participant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.display_name {
            Some(name) => f.write_str(name),
            None => write!(f, "{:?}", self.role),
        }
    }
}

impl fmt::Display for TranscriptItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.key)?;
        match self.direction {
            Direction::Outgoing => f.write_str("me")?,
            Direction::Incoming | Direction::Common => self.sender.fmt(f)?,
        }
        match &self.body {
            ItemBody::Interactive { interactive } => write!(f, " asks {}", interactive.template)?,
            ItemBody::Attachments { attachments } => {
                let names: Vec<&str> = attachments.iter().filter_map(|file| file.name.as_deref()).collect();
                write!(f, " attached {names:?}")?;
            }
            ItemBody::Notice { notice } => write!(f, " * {notice:?}")?,
            ItemBody::Text { .. }
            | ItemBody::Markdown { .. }
            | ItemBody::Json { .. }
            | ItemBody::Html { .. }
            | ItemBody::InteractiveResponse { .. }
            | ItemBody::Other { .. } => write!(f, ": {:?}", self.body.text().unwrap_or_default())?,
        }
        if self.partial {
            f.write_str(" …")?;
        }
        match &self.status {
            Some(status) => write!(f, " [{status}]"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let titles = |elements: &[Element]| elements.iter().map(|it| it.title.clone()).collect::<Vec<_>>();
        match self {
            Self::ListPicker { heading, elements, .. } => {
                write!(f, "list {:?} {:?}", heading.title, titles(elements))
            }
            Self::Panel { heading, elements } => {
                write!(f, "panel {:?} {:?}", heading.title, titles(elements))
            }
            Self::QuickReply { heading, elements } => {
                write!(f, "quick reply {:?} {:?}", heading.title, titles(elements))
            }
            Self::TimePicker { heading, slots, .. } => {
                let dates: Vec<&str> = slots.iter().map(|slot| slot.date.as_str()).collect();
                write!(f, "time {:?} {dates:?}", heading.title)
            }
            Self::Carousel { heading, cards } => write!(f, "carousel {:?} of {}", heading.title, cards.len()),
            Self::View { id, .. } => write!(f, "form {:?}", id.as_deref().unwrap_or_default()),
            Self::Unknown { name, reason, .. } => {
                write!(f, "{:?}, which is not known: {reason}", name.as_deref().unwrap_or_default())
            }
        }
    }
}

impl fmt::Display for DeliveryStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Queued => f.write_str("queued"),
            Self::Sending => f.write_str("sending"),
            Self::Sent => f.write_str("sent"),
            Self::Delivered => f.write_str("delivered"),
            Self::Read => f.write_str("read"),
            Self::Failed { failure } => write!(f, "failed: {failure}"),
            Self::Uncertain { failure } => write!(f, "uncertain: {failure}"),
        }
    }
}

fn changes_on(f: &mut fmt::Formatter<'_>, changes: &[TranscriptChange]) -> fmt::Result {
    for (index, change) in changes.iter().enumerate() {
        if index > 0 {
            f.write_str(" | ")?;
        }
        match change {
            TranscriptChange::Added { item, .. } => write!(f, "+ {item}")?,
            TranscriptChange::Changed { item, .. } => write!(f, "~ {item}")?,
            TranscriptChange::Removed { key } => write!(f, "- {key}")?,
        }
    }
    Ok(())
}
