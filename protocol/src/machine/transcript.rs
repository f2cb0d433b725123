//! The items of one conversation, in one total order that does not depend on the order in which they came.
//!
//! The order is that of the provider's times; equal times are told apart by a hash of the provider's id,
//! which is the same whichever came first. Where times are no help it is that in which the provider tells things:
//! see [`told`]. What the provider does not have yet stands at the end, in the order in which it was handed over.
//!
//! An item is known by a key of ours, for ever. The provider's id comes later, with the answer or the echo,
//! whichever is first; where both made an item, the one that the user knows stays.
//!
//! *Gaps.* While the link is away items are missed. What was seen while nothing was missing is *anchored*;
//! an item that came since is not, until the gap is closed, and so does not prove that a page which holds it
//! reaches back to what was known before. Each gap has a number, each item that of the gap it came in. A part of the
//! transcript that was asked for by itself has none, as nothing tells how it hangs together with the rest.

mod chunks;
mod early;
mod merge;
mod snapshot;
mod told;

use std::collections::BTreeMap;

use chunks::Chunks;
use early::EarlyReceipts;
pub(crate) use merge::{Merged, NewMark};
pub(crate) use snapshot::SavedTranscript;
use told::Told;

use crate::id::MessageKey;
use crate::model::{DeliveryStatus, ItemBody, Receipt, TranscriptChange, TranscriptItem};
use crate::time::WallTime;

/// Where an item stands; the order of the transcript.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    section: Section,
    at: WallTime,
    tie: u64,
    key: MessageKey,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Section {
    /// The provider has it.
    Settled,
    /// It does not, yet.
    Pending,
}

#[derive(Clone, Debug, PartialEq)]
struct Entry {
    item: TranscriptItem,
    /// What tells it from all others, where its id alone does not.
    identity: Option<Box<str>>,
    /// The gap in which it was seen last; none while only an answer, or a part of the transcript, told of it.
    seen_in: Option<u32>,
    /// The parts of a message that is still being written.
    chunks: Option<Box<Chunks>>,
    /// Its server id was taken from an echo that merely looked like it. The marks that came for that id are kept
    /// here until it is certain.
    tentative: Option<Vec<Receipt>>,
}

impl Entry {
    /// What it is known by.
    fn name(&self) -> Option<&str> {
        self.identity.as_deref().or(self.item.server_id.as_deref())
    }
}

/// The transcript of one conversation.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Transcript {
    entries: BTreeMap<Place, Entry>,
    places: BTreeMap<MessageKey, Place>,
    /// The items by what they are known by: their identity, or else their id.
    names: BTreeMap<Box<str>, MessageKey>,
    /// The order of telling, where that is the order of items.
    told: Option<Told>,
    /// Items that came without an id: they are told apart by what they say.
    nameless: BTreeMap<MessageKey, ()>,
    /// Receipts for what is not here, or not known by its id yet.
    early_receipts: EarlyReceipts,
    /// What comes now is a part that was asked for by itself.
    in_part: bool,
    /// The number of the present gap.
    gap: u32,
    /// Gaps up to and including this one are closed.
    closed: u32,
    /// Something that came in this gap could not be read, and has not been looked for since.
    doubted: Option<u32>,
    /// Items at and before this place were dropped: they are not taken for new again.
    dropped_through: Option<Place>,
    capacity: usize,
    bytes: usize,
}

/// How many recipients of one message are followed.
const RECIPIENTS: usize = 64;

impl Transcript {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            entries: BTreeMap::new(),
            places: BTreeMap::new(),
            names: BTreeMap::new(),
            told: None,
            nameless: BTreeMap::new(),
            early_receipts: EarlyReceipts::default(),
            in_part: false,
            gap: 1,
            closed: 0,
            doubted: None,
            dropped_through: None,
            capacity: capacity.max(1),
            bytes: 0,
        }
    }

    /// The same, in the order in which things are told.
    pub(crate) fn in_told_order(mut self) -> Self {
        self.told = Some(Told::default());
        self
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Bytes of ids and texts, without what a collection costs.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// The items, in order.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &TranscriptItem> {
        self.entries.values().map(|entry| &entry.item)
    }

    pub(crate) fn get(&self, key: MessageKey) -> Option<&TranscriptItem> {
        self.places.get(&key).and_then(|place| self.entries.get(place)).map(|entry| &entry.item)
    }

    /// Where it stands, for comparing.
    pub(crate) fn place(&self, key: MessageKey) -> Option<Place> {
        self.places.get(&key).copied()
    }

    /// The item that is known by this: its identity, or else its id.
    pub(crate) fn key_of(&self, name: &str) -> Option<MessageKey> {
        self.names.get(name).copied()
    }

    /// The provider's time of the newest item that it has.
    pub(crate) fn newest_settled(&self) -> Option<WallTime> {
        let has =
            |(place, entry): &(&Place, &Entry)| place.section == Section::Settled && !is_stuck(&entry.item);
        self.entries.iter().rev().find(has).map(|(_, entry)| entry.item.at)
    }

    /// The oldest item that the provider can be asked to begin at: a message, as not all that happens is kept by
    /// the provider under its id, and not one from a past conversation, nor one of which only a part told.
    pub(crate) fn oldest_addressable(&self) -> Option<&TranscriptItem> {
        let seen = self.entries.values().filter(|entry| entry.seen_in.is_some()).map(|entry| &entry.item);
        let mut messages = seen.filter(|item| !item.from_past && item.body.is_message());
        messages.find(|item| item.server_id.is_some())
    }

    /// The newest anchored item's time: what a gap is measured from.
    pub(crate) fn newest_anchor(&self) -> Option<WallTime> {
        let mut settled = self.entries.iter().rev().filter(|(place, _)| place.section == Section::Settled);
        settled.find(|(_, entry)| self.is_anchored(entry)).map(|(_, entry)| entry.item.at)
    }

    /// Whether this is an item that was known before the gap, and is not younger than `until`.
    pub(crate) fn anchors(&self, name: &str, until: WallTime) -> bool {
        self.key_of(name)
            .and_then(|key| self.places.get(&key))
            .and_then(|place| self.entries.get(place))
            .is_some_and(|entry| entry.item.at <= until && self.is_anchored(entry))
    }

    /// A part of the transcript comes that was asked for by itself.
    pub(crate) const fn begin_part(&mut self) {
        self.in_part = true;
    }

    /// The part is at its end.
    pub(crate) const fn end_part(&mut self) {
        self.in_part = false;
    }

    /// The gap that what comes now is seen in.
    fn sight(&self) -> Option<u32> {
        (!self.in_part).then_some(self.gap)
    }

    /// The link is away: what comes from here on may have something missing before it.
    pub(crate) fn open_gap(&mut self) {
        if self.closed == self.gap {
            self.gap = self.gap.saturating_add(1);
        }
    }

    /// Something came that could not be read: from here on something may be missing, whatever closes the gap that
    /// was open before.
    pub(crate) fn doubt(&mut self) {
        if self.doubted.is_none() {
            self.gap = self.gap.saturating_add(1);
            self.doubted = Some(self.gap);
        }
    }

    /// What is fetched from now on has what could not be read.
    pub(crate) const fn look_again(&mut self) {
        self.doubted = None;
    }

    /// Everything is here again, but for what could not be read meanwhile.
    pub(crate) fn close_gap(&mut self) {
        self.closed = self.doubted.map_or(self.gap, |gap| gap.saturating_sub(1)).max(self.closed);
    }

    /// Whether there was a time when nothing was missing.
    pub(crate) const fn was_whole(&self) -> bool {
        self.closed > 0
    }

    /// Whether nothing is known to be missing.
    pub(crate) const fn is_whole(&self) -> bool {
        self.closed == self.gap
    }

    /// Takes a message that was just handed over.
    pub(crate) fn add_pending(&mut self, item: TranscriptItem, changes: &mut Vec<TranscriptChange>) {
        let place = Place { section: Section::Pending, at: WallTime::EPOCH, tie: 0, key: item.key };
        let key = item.key;
        self.insert(place, Entry { item, identity: None, seen_in: None, chunks: None, tentative: None });
        self.report_added(key, changes);
    }

    /// From here on the provider may know a message that was handed over by this: it is the identity that its echo
    /// and receipts for it will have.
    pub(crate) fn name(&mut self, key: MessageKey, identity: String) {
        let Some(place) = self.places.get(&key).copied() else { return };
        if let Some(mut entry) = self.take(key) {
            entry.identity = Some(identity.into_boxed_str());
            self.insert(place, entry);
        }
    }

    /// An item says something else now. Whether it is here.
    pub(crate) fn edit(&mut self, name: &str, body: ItemBody, changes: &mut Vec<TranscriptChange>) -> bool {
        let Some(key) = self.key_of(name) else { return false };
        let Some(place) = self.places.get(&key).copied() else { return false };
        let Some(mut entry) = self.take(key) else { return false };
        let changed = entry.item.body != body;
        entry.item.body = body;
        self.insert(place, entry);
        if changed {
            self.report_changed(key, changes);
        }
        changed
    }

    /// Sets how far an own message has got. A lesser state never replaces a greater one. One that has failed takes
    /// its place by the time it was handed over, so that it does not stand below all that follows for ever; one
    /// that is sent again stands at the end again.
    pub(crate) fn set_status(
        &mut self,
        key: MessageKey,
        status: DeliveryStatus,
        changes: &mut Vec<TranscriptChange>,
    ) {
        let known = self.get(key).and_then(|item| item.status.as_ref());
        if known == Some(&status) || !may_become(known, &status) {
            return;
        }
        let Some(place) = self.places.get(&key).copied() else { return };
        let Some(mut entry) = self.take(key) else { return };
        let unsettled = place.section == Section::Pending || is_stuck(&entry.item);
        entry.item.status = Some(status);
        let place = match (unsettled, is_stuck(&entry.item)) {
            (false, _) => place,
            (true, true) => self.place_at_end(entry.item.at, key),
            (true, false) => Place { section: Section::Pending, at: WallTime::EPOCH, tie: 0, key },
        };
        let nameless =
            place.section == Section::Settled && entry.seen_in.is_some() && entry.item.server_id.is_none();
        self.insert(place, entry);
        if nameless {
            self.nameless.insert(key, ());
        }
        self.report_changed(key, changes);
    }

    /// Takes an item out.
    pub(crate) fn remove(&mut self, key: MessageKey, changes: &mut Vec<TranscriptChange>) {
        if self.take(key).is_some() {
            changes.push(TranscriptChange::Removed { key });
        }
    }

    /// Drops the oldest items beyond what is kept.
    pub(crate) fn trim(&mut self, changes: &mut Vec<TranscriptChange>) {
        while self.entries.len() > self.capacity {
            let Some((place, entry)) = self.entries.first_key_value() else {
                return;
            };
            if place.section == Section::Pending {
                return;
            }
            let (place, key) = (*place, entry.item.key);
            self.dropped_through = self.dropped_through.max(Some(place));
            self.remove(key, changes);
        }
    }

    fn is_anchored(&self, entry: &Entry) -> bool {
        entry.seen_in.is_some_and(|gap| gap <= self.closed)
    }

    fn insert(&mut self, place: Place, entry: Entry) {
        self.bytes = self.bytes.saturating_add(weight(&entry.item));
        self.places.insert(place.key, place);
        if let Some(name) = entry.name() {
            self.names.insert(name.into(), place.key);
        }
        self.entries.insert(place, entry);
    }

    fn take(&mut self, key: MessageKey) -> Option<Entry> {
        let place = self.places.remove(&key)?;
        let entry = self.entries.remove(&place)?;
        self.bytes = self.bytes.saturating_sub(weight(&entry.item));
        self.nameless.remove(&key);
        if let Some(name) = entry.name() {
            self.names.remove(name);
        }
        Some(entry)
    }

    fn before(&self, place: Place) -> Option<MessageKey> {
        self.entries.range(..place).next_back().map(|(place, _)| place.key)
    }

    fn report_added(&self, key: MessageKey, changes: &mut Vec<TranscriptChange>) {
        let Some((item, after)) = self.described(key) else {
            return;
        };
        changes.push(TranscriptChange::Added { item, after });
    }

    fn report_changed(&self, key: MessageKey, changes: &mut Vec<TranscriptChange>) {
        let Some((item, after)) = self.described(key) else {
            return;
        };
        changes.push(TranscriptChange::Changed { item, after });
    }

    fn described(&self, key: MessageKey) -> Option<(Box<TranscriptItem>, Option<MessageKey>)> {
        let place = *self.places.get(&key)?;
        let entry = self.entries.get(&place)?;
        Some((Box::new(entry.item.clone()), self.before(place)))
    }
}

/// Bytes of ids and texts of an item.
fn weight(item: &TranscriptItem) -> usize {
    let name = item.sender.display_name.as_ref().map_or(0, String::len);
    let ids = item.server_id.as_ref().map_or(0, |id| id.len().saturating_mul(2));
    let segment = item.segment.as_ref().map_or(0, String::len);
    let sender = item.sender.id.as_ref().map_or(0, String::len);
    let text = item.body.text().map_or(0, str::len);
    name.saturating_add(ids).saturating_add(segment).saturating_add(sender).saturating_add(text)
}

/// An own message that the provider does not have, and that waits for the user.
const fn is_stuck(item: &TranscriptItem) -> bool {
    item.server_id.is_none()
        && matches!(item.status, Some(DeliveryStatus::Failed { .. } | DeliveryStatus::Uncertain { .. }))
}

/// Whether a state may follow another. Up to "sent" a message may go back and forth with its tries; from
/// there it only moves on.
fn may_become(from: Option<&DeliveryStatus>, to: &DeliveryStatus) -> bool {
    from.is_none_or(|from| rank(from) < SENT || rank(to) >= rank(from))
}

const SENDING: u8 = 0;
const SENT: u8 = 1;

const fn rank(status: &DeliveryStatus) -> u8 {
    match status {
        DeliveryStatus::Queued
        | DeliveryStatus::Sending
        | DeliveryStatus::Failed { .. }
        | DeliveryStatus::Uncertain { .. } => SENDING,
        DeliveryStatus::Sent => SENT,
        DeliveryStatus::Delivered => 2,
        DeliveryStatus::Read => 3,
    }
}

/// FNV-1a: the same everywhere and for ever, as the order of equal times rests on it.
fn hash(text: &str) -> u64 {
    text.bytes()
        .fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
}

#[cfg(test)]
mod tests;
