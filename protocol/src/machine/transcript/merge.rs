//! How what a provider says meets what is at hand.

use super::{Entry, Place, RECIPIENTS, Section, Transcript, may_become};
use crate::dialect::{Acceptance, WireItem};
use crate::id::MessageKey;
use crate::model::{
    DeliveryStatus, Direction, ItemBody, Participant, Receipt, ReceiptKind, TranscriptChange, TranscriptItem,
};
use crate::time::WallTime;

/// What an item that came turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Merged {
    pub(crate) key: MessageKey,
    /// It was not here before.
    pub(crate) new: bool,
    /// Marks that it, or receipts that came before it, set anew on what was here.
    pub(crate) marks: Vec<NewMark>,
}

/// A mark that was not there before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NewMark {
    pub(crate) message: MessageKey,
    pub(crate) kind: ReceiptKind,
    pub(crate) by: Option<String>,
    pub(crate) at: WallTime,
}

impl Transcript {
    /// Takes an item from the provider. `bound` is the pending message that it is an echo of, as far as one
    /// can tell from its content; `fresh` is the key for it if it is new. Nothing comes back for an item
    /// that was dropped from the window long ago.
    pub(crate) fn merge(
        &mut self,
        wire: WireItem,
        direction: Direction,
        bound: Option<MessageKey>,
        fresh: impl FnOnce() -> MessageKey,
        wall: WallTime,
        changes: &mut Vec<TranscriptChange>,
    ) -> Option<Merged> {
        let known = match wire.name() {
            Some(name) => self.key_of(name).or(bound).or_else(|| self.same_words(&wire)),
            None => bound.or_else(|| self.same_words(&wire)),
        };
        if let Some(key) = known {
            let marks = self.update(key, wire, direction, bound == Some(key), changes);
            return Some(Merged { key, new: false, marks });
        }
        let at = wire.at.or_else(|| self.newest_settled()).unwrap_or(wall);
        if self.is_before_window(at, wire.name()) {
            return None;
        }
        let key = fresh();
        let mut entry = Entry {
            item: blank(key, at, direction, &wire),
            identity: wire.identity.as_deref().map(Into::into),
            seen_in: self.sight(),
            chunks: wire.chunk.map(|_| Box::default()),
            tentative: None,
        };
        let place = self.place_of(&entry, None);
        let early = self.early_receipts.take(wire.name());
        apply(&mut entry, wire);
        take_receipts(&mut entry, &early);
        self.settle(place, entry);
        self.report_added(key, changes);
        Some(Merged { key, new: true, marks: Vec::new() })
    }

    /// The provider took an own message: from here on its id is certain. Where an echo had made an item of
    /// it already, that one goes. `fresh` is the key for an echo that was wrongly taken for this message.
    pub(crate) fn confirm(
        &mut self,
        key: MessageKey,
        acceptance: Acceptance,
        fresh: impl FnOnce() -> MessageKey,
        changes: &mut Vec<TranscriptChange>,
    ) -> Vec<NewMark> {
        let Acceptance { server_id, identity, at, processing, .. } = acceptance;
        let name = identity.clone().or_else(|| server_id.clone());
        let Some(was_at) = self.place(key) else { return Vec::new() };
        let Some(mut entry) = self.take(key) else { return Vec::new() };
        let before = entry.item.clone();
        let echoed = name.as_deref().and_then(|name| self.key_of(name));
        let stood = echoed.and_then(|other| self.place(other)).unwrap_or(was_at);
        let echo = echoed.and_then(|other| self.take(other));
        if let Some(echo) = &echo {
            changes.push(TranscriptChange::Removed { key: echo.item.key });
        }
        let withheld = entry.tentative.take();
        let is_other = server_id.is_some() && entry.item.server_id != server_id;
        let mut marks = Vec::new();
        if is_other {
            if let Some(withheld) = &withheld {
                // The echo merely looked like this message: it is an item of its own, with its marks.
                let mut foreign = entry.clone();
                foreign.item.key = fresh();
                take_receipts(&mut foreign, withheld);
                let foreign_key = foreign.item.key;
                let place = self.place_of(&foreign, None);
                self.settle(place, foreign);
                self.report_added(foreign_key, changes);
                // What was said of that one holds for that one only.
                entry.seen_in = None;
                entry.item.receipts.clear();
                (entry.item.status, entry.item.processing) = (None, None);
            }
            entry.item.server_id.clone_from(&server_id);
            entry.identity = identity.map(String::into_boxed_str);
            if let Some(echo) = echo {
                entry = under_our_key(entry, echo);
            }
        } else {
            marks.extend(take_receipts(&mut entry, &withheld.unwrap_or_default()));
        }
        if entry.seen_in.is_none() {
            // What the provider shows counts more than what it answers.
            entry.item.at = at.unwrap_or(entry.item.at);
        }
        entry.item.processing = entry.item.processing.take().or(processing);
        raise(&mut entry.item, DeliveryStatus::Sent);
        let early = self.early_receipts.take(name.as_deref());
        marks.extend(take_receipts(&mut entry, &early));
        let place = self.place_of(&entry, Some(stood));
        let changed = entry.item != before || place != was_at;
        self.settle(place, entry);
        if changed {
            self.report_changed(key, changes);
        }
        marks
    }

    /// The echo that looked like a message is taken for it: no answer comes any more that could tell otherwise. What
    /// came for its id meanwhile holds for the message.
    pub(crate) fn believe(&mut self, key: MessageKey, changes: &mut Vec<TranscriptChange>) -> Vec<NewMark> {
        let Some(entry) = self.places.get(&key).and_then(|place| self.entries.get_mut(place)) else {
            return Vec::new();
        };
        let withheld = entry.tentative.take().unwrap_or_default();
        let marks = take_receipts(entry, &withheld);
        if !marks.is_empty() {
            self.report_changed(key, changes);
        }
        marks
    }

    /// Sets marks on a message. They only ever rise. What is not here yet is remembered for a while.
    pub(crate) fn mark(
        &mut self,
        server_id: &str,
        receipts: Vec<Receipt>,
        changes: &mut Vec<TranscriptChange>,
    ) -> Vec<NewMark> {
        let Some(key) = self.key_of(server_id) else {
            self.early_receipts.note(server_id, &receipts);
            return Vec::new();
        };
        let Some(entry) = self.places.get(&key).and_then(|place| self.entries.get_mut(place)) else {
            return Vec::new();
        };
        let before = entry.item.receipts.clone();
        let marks = take_receipts(entry, &receipts);
        if entry.item.receipts != before {
            self.report_changed(key, changes);
        }
        marks
    }

    fn update(
        &mut self,
        key: MessageKey,
        wire: WireItem,
        direction: Direction,
        echo: bool,
        changes: &mut Vec<TranscriptChange>,
    ) -> Vec<NewMark> {
        let sight = self.sight();
        let Some(was_at) = self.place(key) else { return Vec::new() };
        let Some(mut entry) = self.take(key) else {
            return Vec::new();
        };
        let before = entry.item.clone();
        let was_pending = before.server_id.is_none();
        if was_pending && wire.server_id.is_some() {
            entry.item.server_id.clone_from(&wire.server_id);
            entry.identity = wire.identity.as_deref().map(Into::into);
            entry.tentative = echo.then(Vec::new);
        }
        entry.seen_in = entry.seen_in.into_iter().chain(sight).min();
        entry.item.direction = direction;
        entry.item.at = match (wire.at, wire.chunk) {
            // A message that is still being written stands where it began.
            (Some(at), Some(_)) => at.min(entry.item.at),
            (Some(at), None) => at,
            (None, _) => entry.item.at,
        };
        let early = self.early_receipts.take(wire.name());
        let mut marks = apply(&mut entry, wire);
        marks.extend(take_receipts(&mut entry, &early));
        let place = self.place_of(&entry, Some(was_at));
        let changed = entry.item != before || place != was_at;
        self.settle(place, entry);
        if changed {
            self.report_changed(key, changes);
        }
        marks
    }

    /// Puts an item where the provider's time says; one without an id is known by its words from here on.
    fn settle(&mut self, place: Place, entry: Entry) {
        if entry.item.server_id.is_none() {
            self.nameless.insert(place.key, ());
        }
        self.insert(place, entry);
    }

    /// An item that came without an id, or comes without one now, is the one that says the same at the same
    /// time from the same side.
    fn same_words(&self, wire: &WireItem) -> Option<MessageKey> {
        if wire.server_id.is_some() {
            return self.nameless.keys().copied().find(|key| self.says_the_same(*key, wire));
        }
        let at = wire.at?;
        let from = Place { section: Section::Settled, at, tie: 0, key: MessageKey::from_u64(0) };
        let same_time = self.entries.range(from..).take_while(|(place, _)| place.at == at);
        same_time.map(|(place, _)| place.key).find(|key| self.says_the_same(*key, wire))
    }

    fn says_the_same(&self, key: MessageKey, wire: &WireItem) -> bool {
        self.get(key).is_some_and(|item| {
            wire.at == Some(item.at) && item.sender.role == wire.sender.role && item.body == wire.body
        })
    }
}

/// An own message as its echo shows it, under the key that the user knows.
fn under_our_key(own: Entry, mut echo: Entry) -> Entry {
    echo.item.key = own.item.key;
    echo.item.direction = own.item.direction;
    if let Some(status) = own.item.status {
        raise(&mut echo.item, status);
    }
    echo
}

/// An item with nothing on it yet but who it is from.
fn blank(key: MessageKey, at: WallTime, direction: Direction, wire: &WireItem) -> TranscriptItem {
    TranscriptItem {
        key,
        server_id: wire.server_id.clone(),
        at,
        sender: Participant { id: None, role: wire.sender.role.clone(), display_name: None },
        direction,
        body: ItemBody::Text { text: String::new() },
        status: None,
        receipts: Vec::new(),
        partial: false,
        processing: None,
        segment: None,
        from_past: wire.from_past,
    }
}

/// Puts onto an item what came. A field that is not said now keeps what was said before.
fn apply(entry: &mut Entry, wire: WireItem) -> Vec<NewMark> {
    let WireItem { sender, body, receipts, chunk, processing, segment, from_past, .. } = wire;
    let item = &mut entry.item;
    item.sender.role = sender.role;
    item.sender.id = sender.id.or_else(|| item.sender.id.take());
    item.sender.display_name = sender.display_name.or_else(|| item.sender.display_name.take());
    item.processing = processing.or_else(|| item.processing.take());
    item.segment = segment.or_else(|| item.segment.take());
    item.from_past = from_past;
    match (chunk, body, &mut entry.chunks) {
        (Some(chunk), ItemBody::Text { text }, Some(chunks)) => {
            if let Some(text) = chunks.take(chunk, text) {
                item.body = ItemBody::Text { text };
            }
            item.partial = chunks.is_partial();
        }
        // It came whole before: a part is late.
        (Some(chunk), ItemBody::Text { .. }, None) if !chunk.completed => {}
        (_, body, _) => {
            entry.chunks = None;
            item.partial = false;
            item.body = body;
        }
    }
    if item.direction == Direction::Outgoing && item.body.is_message() {
        raise(item, DeliveryStatus::Sent);
    }
    take_receipts(entry, &receipts)
}

fn raise(item: &mut TranscriptItem, status: DeliveryStatus) {
    if may_become(item.status.as_ref(), &status) {
        item.status = Some(status);
    }
}

/// Puts marks on an item; the status of an own message follows. Those of an echo that merely looks like a message
/// wait: a mark that was told cannot be taken back.
fn take_receipts(entry: &mut Entry, receipts: &[Receipt]) -> Vec<NewMark> {
    let item = &mut entry.item;
    if let Some(withheld) = &mut entry.tentative {
        merge_receipts(withheld, receipts);
        return Vec::new();
    }
    let marks = merge_receipts(&mut item.receipts, receipts);
    if item.direction == Direction::Outgoing {
        if item.receipts.iter().any(|receipt| receipt.read_at.is_some()) {
            raise(item, DeliveryStatus::Read);
        } else if item.receipts.iter().any(|receipt| receipt.delivered_at.is_some()) {
            raise(item, DeliveryStatus::Delivered);
        }
    }
    let message = item.key;
    marks.into_iter().map(|(kind, by, at)| NewMark { message, kind, by, at }).collect()
}

/// Merges marks, one entry a recipient. Times appear and stay. Returns what is new.
pub(super) fn merge_receipts(
    known: &mut Vec<Receipt>,
    receipts: &[Receipt],
) -> Vec<(ReceiptKind, Option<String>, WallTime)> {
    let mut marks = Vec::new();
    for receipt in receipts.iter().filter(|receipt| receipt.delivered_at.or(receipt.read_at).is_some()) {
        let at_hand = known.iter().any(|known| known.by == receipt.by);
        if !at_hand && known.len() < RECIPIENTS {
            known.push(Receipt { by: receipt.by.clone(), delivered_at: None, read_at: None });
        }
        let Some(known) = known.iter_mut().find(|known| known.by == receipt.by) else {
            continue;
        };
        let was_read = known.read_at.is_some();
        for (kind, slot, said) in [
            (ReceiptKind::Delivered, &mut known.delivered_at, receipt.delivered_at),
            (ReceiptKind::Read, &mut known.read_at, receipt.read_at),
        ] {
            if slot.is_none()
                && let Some(at) = said
            {
                *slot = Some(at);
                // Who has read it has had it delivered: that is no news any more.
                if kind == ReceiptKind::Read || !was_read {
                    marks.push((kind, receipt.by.clone(), at));
                }
            }
        }
    }
    marks
}
