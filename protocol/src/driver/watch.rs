//! What a driver can tell of its session's doings: counts ([`SessionStats`]), and with the feature `tracing`
//! spans and events. The core itself counts and logs nothing; all is read off what goes in and comes out.
//!
//! Nothing here shows a secret: of an address only the host is told, since sockets' and files' addresses carry
//! their own credentials, and of what users say nothing at all.

mod stats;
pub(super) mod trace;

use std::collections::BTreeMap;

pub use stats::{RequestStats, SessionStats};
pub(super) use trace::Span;

use crate::error::{Retry, TransportFault};
use crate::event::{CommandResult, ConnectionState, Event};
use crate::id::{CommandId, MessageKey, RequestId, SocketId};
use crate::input::{Frame, Input, SocketClosed};
use crate::model::{DeliveryStatus, Direction, Origin, TranscriptChange};
use crate::output::{Operation, Output};
use crate::session::Session;
use crate::time::Timestamp;
use stats::Counts;

/// Counts and tells what a session does.
pub(super) struct Watch {
    counts: Counts,
    span: Span,
    /// The time of the last call.
    at: Timestamp,
    /// The call was made since a deadline had passed.
    woke: bool,
    requests: BTreeMap<RequestId, (Operation, Timestamp)>,
    /// Sockets that were asked for, and whether they are open.
    sockets: BTreeMap<SocketId, bool>,
    /// Messages on their way, by the commands that handed them over.
    messages: BTreeMap<CommandId, MessageKey>,
    been_live: bool,
}

impl Watch {
    pub(super) fn new() -> Self {
        Self {
            counts: Counts::default(),
            span: Span::session(),
            at: Timestamp::ZERO,
            woke: false,
            requests: BTreeMap::new(),
            sockets: BTreeMap::new(),
            messages: BTreeMap::new(),
            been_live: false,
        }
    }

    /// The counts, and what the session itself has counted.
    pub(super) fn stats(&self, session: &Session) -> SessionStats {
        let usage = session.usage();
        let mut stats = self.counts.stats();
        stats.stale_inputs = usage.stale_inputs;
        stats.clock_went_back = usage.clock_went_back;
        stats
    }

    /// Gives room back that is not needed now.
    pub(super) fn rest(&mut self) {
        if self.requests.is_empty() {
            self.requests = BTreeMap::new();
        }
        if self.messages.is_empty() {
            self.messages = BTreeMap::new();
        }
        if self.sockets.is_empty() {
            self.sockets = BTreeMap::new();
        }
    }

    /// In which everything of this session is told.
    pub(super) const fn span(&self) -> &Span {
        &self.span
    }

    /// A command is given.
    pub(super) const fn command(&mut self, at: Timestamp) {
        self.at = at;
        self.woke = false;
    }

    /// Something is told to the session.
    pub(super) fn input(&mut self, at: Timestamp, input: &Input) {
        self.at = at;
        self.woke = *input == Input::Woke;
        match input {
            Input::Response { request, result } => {
                let Some((operation, began)) = self.requests.remove(request) else { return };
                let took = at.saturating_since(began);
                let counts = self.counts.of(operation);
                counts.add_time(took);
                match result {
                    Ok(answer) if answer.status.is_success() => counts.granted += 1,
                    Ok(_) => counts.refused += 1,
                    Err(fault) => {
                        counts.failed += 1;
                        self.counts.fault(fault.kind());
                    }
                }
                self.span.answered(*request, operation, result, took);
            }
            Input::SocketOpened { socket } => {
                self.counts.connects += 1;
                self.sockets.insert(*socket, true);
                self.span.opened(*socket);
            }
            Input::Frame { frame, .. } => {
                self.counts.frames_received += 1;
                self.counts.bytes_received += size(frame);
            }
            Input::SocketClosed { socket, why } => self.closed(*socket, why),
            Input::Progress { .. } | Input::Woke | Input::Network(_) | Input::App(_) => {}
        }
    }

    fn closed(&mut self, socket: SocketId, why: &SocketClosed) {
        match self.sockets.remove(&socket) {
            Some(true) => self.counts.sockets_lost += 1,
            Some(false) => self.counts.connects_failed += 1,
            None => {}
        }
        if let SocketClosed::Failed(fault) = why {
            self.counts.fault(fault.kind());
        }
        self.span.closed(socket, why);
    }

    /// The session asks for something, or tells it.
    pub(super) fn output(&mut self, session: &Session, output: &Output) {
        match output {
            Output::Request { id, request, operation, .. } => {
                self.counts.of(*operation).sent += 1;
                self.requests.insert(*id, (*operation, self.at));
                self.span.request(*id, *operation, request);
            }
            Output::CancelRequest { id } => {
                let Some((operation, began)) = self.requests.remove(id) else { return };
                let took = self.at.saturating_since(began);
                let counts = self.counts.of(operation);
                if self.woke {
                    // It is taken back since its time has passed.
                    counts.failed += 1;
                    counts.add_time(took);
                    self.counts.fault(TransportFault::TimedOut.kind());
                    self.span.answered(*id, operation, &Err(TransportFault::TimedOut), took);
                } else {
                    counts.cancelled += 1;
                    self.span.cancelled(*id, operation);
                }
            }
            Output::OpenSocket { id, request, .. } => {
                self.sockets.insert(*id, false);
                self.span.dial(*id, request);
            }
            Output::SendFrame { frame, .. } => {
                self.counts.frames_sent += 1;
                self.counts.bytes_sent += size(frame);
            }
            Output::CloseSocket { id, .. } => {
                if self.sockets.remove(id) == Some(false) {
                    self.counts.connects_failed += 1;
                }
            }
            Output::Event(event) => self.event(session, event),
            Output::Checkpoint => {}
        }
    }

    fn event(&mut self, session: &Session, event: &Event) {
        self.span.event(event);
        match event {
            Event::ConnectionChanged { state: ConnectionState::Live } => {
                if core::mem::replace(&mut self.been_live, true) {
                    self.counts.reconnects += 1;
                }
            }
            Event::MessageQueued { command, message, .. } => {
                self.counts.messages_queued += 1;
                self.messages.insert(*command, *message);
            }
            Event::CommandFinished { command, result } => self.finished(session, *command, result),
            Event::TranscriptChanged { origin: Origin::Live | Origin::CatchUp, changes, .. } => {
                self.counts.messages_received +=
                    changes.iter().filter(|change| is_heard(change)).count() as u64;
            }
            Event::GapClosed { recovered, .. } => {
                self.counts.gaps_closed += 1;
                self.counts.items_recovered += u64::from(*recovered);
            }
            Event::HistoryUnavailable { .. } => self.counts.histories_unavailable += 1,
            Event::ProviderFault { fault } => {
                self.counts.fault(fault.kind.name());
                self.retry(fault.retry);
            }
            Event::TransportFault { retry, .. } => self.retry(*retry),
            Event::ProbeFailed { .. } => self.counts.probes_failed += 1,
            Event::Unrecognized { .. } => self.counts.unrecognized += 1,
            Event::ConnectionChanged { .. }
            | Event::ConnectionLost { .. }
            | Event::ConnectionRenewalFailed { .. }
            | Event::ConnectionRenewed
            | Event::CredentialsRenewed { .. }
            | Event::TranscriptChanged { .. }
            | Event::ReceiptReceived { .. }
            | Event::TypingStarted { .. }
            | Event::TypingStopped { .. }
            | Event::TransferProgress { .. }
            | Event::ConversationStarted { .. }
            | Event::ConversationChanged { .. }
            | Event::BrightPattern { .. }
            | Event::ConversationEnded { .. } => {}
        }
    }

    const fn retry(&mut self, retry: Retry) {
        if matches!(retry, Retry::Automatic { .. }) {
            self.counts.retries += 1;
        }
    }

    fn finished(&mut self, session: &Session, command: CommandId, result: &CommandResult) {
        let message = self.messages.remove(&command);
        match result {
            CommandResult::Sent { .. } => self.counts.messages_sent += 1,
            CommandResult::Failed { .. } => {
                let status = message.and_then(|key| session.item(key)).and_then(|item| item.status.as_ref());
                match status {
                    Some(DeliveryStatus::Uncertain { .. }) => self.counts.messages_uncertain += 1,
                    Some(DeliveryStatus::Failed { .. }) => self.counts.messages_failed += 1,
                    _ => {}
                }
            }
            CommandResult::Done
            | CommandResult::Loaded { .. }
            | CommandResult::AttachmentUrl { .. }
            | CommandResult::Downloaded { .. }
            | CommandResult::Page { .. }
            | CommandResult::AmazonConnect { .. }
            | CommandResult::BrightPattern { .. }
            | CommandResult::NotOurs
            | CommandResult::Withdrawn => {}
        }
    }
}

/// A message of somebody else's that is new here.
fn is_heard(change: &TranscriptChange) -> bool {
    match change {
        TranscriptChange::Added { item, .. } => {
            item.direction == Direction::Incoming && item.body.is_message()
        }
        TranscriptChange::Changed { .. } | TranscriptChange::Removed { .. } => false,
    }
}

fn size(frame: &Frame) -> u64 {
    let bytes = match frame {
        Frame::Text(text) => text.len(),
        Frame::Binary(bytes) => bytes.len(),
    };
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
