//! Where outputs are put: into the caller's buffer, transcript changes gathered into one delta.

use crate::event::Event;
use crate::id::ConversationKey;
use crate::model::{Origin, TranscriptChange};
use crate::output::Output;

/// The outputs of one call.
pub(super) struct Emit<'a> {
    out: &'a mut Vec<Output>,
    changes: Vec<TranscriptChange>,
    group: Option<(ConversationKey, Origin)>,
    checkpoint: bool,
}

impl<'a> Emit<'a> {
    pub(super) const fn new(out: &'a mut Vec<Output>) -> Self {
        Self { out, changes: Vec::new(), group: None, checkpoint: false }
    }

    /// Where changes of this conversation's transcript go.
    pub(super) fn changes(
        &mut self,
        conversation: ConversationKey,
        origin: Origin,
    ) -> &mut Vec<TranscriptChange> {
        if self.group != Some((conversation, origin)) {
            self.flush();
            self.group = Some((conversation, origin));
        }
        &mut self.changes
    }

    /// Tells the user, after the changes so far.
    pub(super) fn event(&mut self, event: Event) {
        self.flush();
        self.out.push(Output::Event(event));
    }

    /// Asks the host.
    pub(super) fn output(&mut self, output: Output) {
        self.out.push(output);
    }

    /// What a snapshot holds has changed.
    pub(super) const fn checkpoint(&mut self) {
        self.checkpoint = true;
    }

    /// Nothing more comes in this call.
    pub(super) fn finish(mut self) {
        self.flush();
        if self.checkpoint {
            self.out.push(Output::Checkpoint);
        }
    }

    fn flush(&mut self) {
        if self.changes.is_empty() {
            return;
        }
        if let Some((conversation, origin)) = self.group {
            self.checkpoint = true;
            let changes = core::mem::take(&mut self.changes);
            self.out.push(Output::Event(Event::TranscriptChanged { conversation, origin, changes }));
        }
    }
}
