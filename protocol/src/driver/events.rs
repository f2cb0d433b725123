//! What happens in a session, for one reader; and the bounded queue in front of it.

use core::convert::Infallible;
use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::collections::VecDeque;

use futures_channel::{mpsc, oneshot};
use futures_core::Stream;
use futures_util::FutureExt as _;
use futures_util::stream::StreamExt as _;

use crate::event::Event;
use crate::model::Participant;

/// Unread events from which on sockets are neither read nor opened. An event is of the size of what arrived,
/// so at worst this many frames of `Limits::frame_bytes`; in practice under 1 KiB each.
pub const EVENTS_WAITING: usize = 256;

/// Unread events from which on commands are refused, and sockets are not read even where a call waits for
/// its result. Beyond it come only the events of what is under way already.
pub const EVENTS_WAITING_AT_MOST: usize = 4096;

/// Events that stand ready for the reader, out of reach of coalescing, to spare a wake for each.
const READY: usize = 16;

/// What happens in a session, in order: a [`Stream`] that ends when the session has.
///
/// Dropping it lets the session run on with its events thrown away, as long as there is a
/// [`Chat`](super::Chat); with neither left, the session is closed.
pub struct Events {
    ready: mpsc::Receiver<Event>,
    /// Its drop tells the task, which may have no event to find it out by.
    _present: oneshot::Sender<Infallible>,
}

impl Events {
    /// The next event; none once the session has ended.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<Event> {
        self.ready.next().await
    }
}

impl Stream for Events {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Event>> {
        self.ready.poll_next_unpin(context)
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").finish_non_exhaustive()
    }
}

/// The task's end of [`Events`].
pub(super) struct Outlet {
    ready: Option<mpsc::Sender<Event>>,
    waiting: VecDeque<Event>,
    reader: oneshot::Receiver<Infallible>,
}

impl Outlet {
    pub(super) fn new() -> (Self, Events) {
        let (sender, ready) = mpsc::channel(READY);
        let (present, reader) = oneshot::channel();
        (Self { ready: Some(sender), waiting: VecDeque::new(), reader }, Events { ready, _present: present })
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Queues an event, unless nobody reads any more.
    pub(super) fn push(&mut self, event: Event) {
        if self.ready.is_none() {
            return;
        }
        let crowded = self.waiting.len() >= EVENTS_WAITING;
        if (is_ever_changing(&event) || (crowded && is_momentary(&event)))
            && let Some(index) = self.waiting.iter().rposition(|earlier| replaces(&event, earlier))
        {
            self.waiting.remove(index);
        }
        self.waiting.push_back(event);
    }

    /// Hands over what the reader has room for, and notices when the reader is gone.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) {
        if self.ready.is_some() && self.reader.poll_unpin(context).is_ready() {
            self.ready = None;
        }
        while !self.waiting.is_empty() {
            let Some(ready) = &mut self.ready else { break };
            match ready.poll_ready(context) {
                Poll::Pending => return,
                Poll::Ready(Ok(())) => {
                    if let Some(event) = self.waiting.pop_front() {
                        // It has just said that there is room; if it is gone since, nobody misses the event.
                        drop(ready.start_send(event));
                    }
                }
                Poll::Ready(Err(_gone)) => self.ready = None,
            }
        }
        if self.ready.is_none() {
            self.waiting = VecDeque::new();
        }
    }

    /// Gives room back that is not needed now.
    pub(super) fn rest(&mut self) {
        if self.waiting.is_empty() {
            self.waiting = VecDeque::new();
        }
    }

    /// Ends the stream for the reader, once all is handed over. Whether it has.
    pub(super) fn finish(&mut self) -> bool {
        if self.waiting.is_empty() {
            self.ready = None;
        }
        self.is_gone()
    }

    /// Nobody reads, or has anything left to read.
    pub(super) const fn is_gone(&self) -> bool {
        self.ready.is_none()
    }
}

/// Whether an event tells no more than how things stand just now.
const fn is_momentary(event: &Event) -> bool {
    match event {
        Event::ConnectionChanged { .. }
        | Event::ConnectionLost { .. }
        | Event::ConnectionRenewed
        | Event::ConnectionRenewalFailed { .. }
        | Event::CredentialsRenewed { .. }
        | Event::TypingStarted { .. }
        | Event::TypingStopped { .. }
        | Event::HistoryUnavailable { .. }
        | Event::TransferProgress { .. }
        | Event::ProbeFailed { .. }
        | Event::TransportFault { .. } => true,
        Event::CommandFinished { .. }
        | Event::MessageQueued { .. }
        | Event::TranscriptChanged { .. }
        | Event::ReceiptReceived { .. }
        | Event::GapClosed { .. }
        | Event::ConversationStarted { .. }
        | Event::ConversationChanged { .. }
        | Event::ConversationEnded { .. }
        | Event::BrightPattern { .. }
        | Event::ProviderFault { .. }
        | Event::Unrecognized { .. } => false,
    }
}

/// Whether only the latest of it is worth keeping, crowded or not.
const fn is_ever_changing(event: &Event) -> bool {
    matches!(
        event,
        Event::TypingStarted { .. } | Event::TypingStopped { .. } | Event::TransferProgress { .. }
    )
}

/// Whether the later of two momentary events makes the earlier one needless.
fn replaces(later: &Event, earlier: &Event) -> bool {
    if let (Some(later), Some(earlier)) = (typist(later), typist(earlier)) {
        return later.0 == earlier.0 && same(later.1, earlier.1);
    }
    match (later, earlier) {
        (
            Event::HistoryUnavailable { conversation: one, .. },
            Event::HistoryUnavailable { conversation: other, .. },
        ) => one == other,
        (Event::TransferProgress { command: one, .. }, Event::TransferProgress { command: other, .. }) => {
            one == other
        }
        (Event::TransportFault { operation: one, .. }, Event::TransportFault { operation: other, .. }) => {
            one == other
        }
        _ => is_momentary(earlier) && core::mem::discriminant(later) == core::mem::discriminant(earlier),
    }
}

const fn typist(event: &Event) -> Option<(crate::id::ConversationKey, &Participant)> {
    if let Event::TypingStarted { conversation, participant }
    | Event::TypingStopped { conversation, participant } = event
    {
        Some((*conversation, participant))
    } else {
        None
    }
}

/// A participant with an id may change its name.
fn same(one: &Participant, other: &Participant) -> bool {
    (one.id.is_some() && one.id == other.id) || one == other
}

#[cfg(test)]
mod tests;
