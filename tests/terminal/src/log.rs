//! Events in one short line each, for the panel beside the chat.

use helpline_protocol::amazon_connect::Reply;
use helpline_protocol::model::{Origin, ReceiptKind, TranscriptChange};
use helpline_protocol::{CommandId, CommandResult, ConnectionState, Event};

use crate::words::{clean_line, lost, name, short, size};

/// One line on an event.
pub(crate) fn line(event: &Event) -> String {
    let text = match event {
        Event::ConnectionChanged { state } => match state {
            ConnectionState::Reconnecting { attempt, retry_at: Some(at) } => {
                format!("connection_changed reconnecting, try {attempt} at {at}")
            }
            state => format!("connection_changed {state}"),
        },
        Event::ConnectionLost { reason } => format!("connection_lost {}", lost(reason)),
        Event::ConnectionRenewalFailed { reason } => format!("connection_renewal_failed {}", lost(reason)),
        Event::ConnectionRenewed => "connection_renewed".to_owned(),
        Event::CredentialsRenewed { expires_at } => format!("credentials_renewed until {expires_at}"),
        Event::CommandFinished { command, result } => {
            format!("command_finished {command} {}", outcome(result))
        }
        Event::MessageQueued { command, message, .. } => format!("message_queued {message} by {command}"),
        Event::TranscriptChanged { origin, changes, .. } => transcript(*origin, changes),
        Event::ReceiptReceived { message, receipt: ReceiptKind::Read, .. } => {
            format!("receipt_received {message} read")
        }
        Event::ReceiptReceived { message, .. } => format!("receipt_received {message} delivered"),
        Event::TypingStarted { participant, .. } => format!("typing_started {}", name(participant)),
        Event::TypingStopped { participant, .. } => format!("typing_stopped {}", name(participant)),
        Event::GapClosed { recovered, .. } => format!("gap_closed {recovered} recovered"),
        Event::HistoryUnavailable { failure, .. } => format!("history_unavailable {failure}"),
        Event::ConversationEnded { .. } => "conversation_ended".to_owned(),
        Event::TransferProgress { command, message, done, total } => {
            let message = message.map(|message| format!(" {message}")).unwrap_or_default();
            let total = total.map(|total| format!(" of {}", size(total))).unwrap_or_default();
            format!("{}{message} {}{total}", headway_of(*command), size(*done))
        }
        Event::ProbeFailed { probe, status, message } => {
            let status = status.map(|status| format!(" {status}")).unwrap_or_default();
            format!("probe_failed {probe}{status} {}", message.as_deref().unwrap_or_default())
        }
        Event::ProviderFault { fault } => format!("provider_fault {fault}"),
        Event::TransportFault { operation, fault, .. } => {
            format!("transport_fault {}: {fault}", operation.name())
        }
        Event::ConversationStarted { .. }
        | Event::ConversationChanged { .. }
        | Event::BrightPattern { .. } => event.to_string(),
        Event::Unrecognized { what, raw } => format!("unrecognized {what}: {raw}"),
        _ => "an event that this client does not know".to_owned(),
    };
    short(&clean_line(&text), 300)
}

/// Whether a line says how far the file of a command was.
pub(crate) fn is_headway_of(line: &str, command: CommandId) -> bool {
    line.strip_prefix(&headway_of(command)).is_some_and(|rest| rest.starts_with(' '))
}

fn headway_of(command: CommandId) -> String {
    format!("transfer_progress {command}")
}

fn outcome(result: &CommandResult) -> String {
    match result {
        CommandResult::Done => "done".to_owned(),
        CommandResult::Sent { message } => format!("sent {message}"),
        CommandResult::Loaded { items, complete: true } => format!("loaded {items}, no more"),
        CommandResult::Loaded { items, .. } => format!("loaded {items}"),
        CommandResult::Failed { failure } => format!("failed: {failure}"),
        // The address itself is a credential.
        CommandResult::AttachmentUrl { size: Some(bytes), .. } => format!("an address, of {}", size(*bytes)),
        CommandResult::AttachmentUrl { .. } => "an address".to_owned(),
        CommandResult::Downloaded { size: bytes } => format!("downloaded {}", size(*bytes)),
        CommandResult::Page { page } => {
            let more = if page.next.is_some() { ", and there are more" } else { "" };
            format!("page of {}{more}", crate::words::count(page.items.len() as u64, "item"))
        }
        CommandResult::AmazonConnect { reply } => match reply {
            Reply::View { .. } => "a form".to_owned(),
            Reply::AuthenticationUrl { .. } => "the address of a log-in page".to_owned(),
            Reply::AuthenticationCancelled => "log-in given up".to_owned(),
            Reply::Event { .. } => "event taken".to_owned(),
            _ => "answered".to_owned(),
        },
        CommandResult::BrightPattern { .. } => result.to_string(),
        CommandResult::Withdrawn => "withdrawn".to_owned(),
        _ => "ended".to_owned(),
    }
}

fn transcript(origin: Origin, changes: &[TranscriptChange]) -> String {
    let origin = match origin {
        Origin::Local => "local",
        Origin::Live => "live",
        Origin::CatchUp => "catch_up",
        Origin::History => "history",
        Origin::Restored => "restored",
        _ => "other",
    };
    let one = |change: &TranscriptChange| match change {
        TranscriptChange::Added { item, .. } => format!(" +{}", item.key),
        TranscriptChange::Changed { item, .. } => {
            let status = item.status.as_ref().map(|status| format!(" {}", crate::words::status(status).1));
            format!(" ~{}{}", item.key, status.unwrap_or_default())
        }
        TranscriptChange::Removed { key } => format!(" -{key}"),
        _ => String::new(),
    };
    let shown: String = changes.iter().take(4).map(one).collect();
    let more = changes.len().saturating_sub(4);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("transcript_changed {origin}{shown}{more}")
}
