//! Every test looks at the transcript through a [`Chat`], which keeps a mirror of it by its changes alone and
//! holds the two equal after each step.

use super::*;
use crate::dialect::{Acceptance, Chunk, WireItem};
use crate::error::{Failure, TransportFault};
use crate::model::Receipt;
use crate::model::{Direction, ItemBody, Participant, ReceiptKind, Role};

mod echoes;
mod gaps;
mod mirror;
mod named;
mod parts;
mod receipts;
mod snapshot;
mod stuck;
mod told;

const US: Direction = Direction::Outgoing;
const THEM: Direction = Direction::Incoming;

const fn at(secs: i64) -> WallTime {
    WallTime::from_unix_millis(1_773_480_000_000 + secs * 1_000)
}

const fn m(number: u64) -> MessageKey {
    MessageKey::from_u64(number)
}

fn uncertain() -> DeliveryStatus {
    DeliveryStatus::Uncertain { failure: Failure::from(TransportFault::TimedOut) }
}

fn text(text: &str) -> ItemBody {
    ItemBody::Text { text: text.to_owned() }
}

/// An item of the agent's.
fn said(id: &str, secs: i64, words: &str) -> WireItem {
    WireItem {
        server_id: Some(id.to_owned()),
        identity: None,
        at: Some(at(secs)),
        sender: Participant { id: Some("agent-1".to_owned()), role: Role::Agent, display_name: None },
        body: text(words),
        receipts: Vec::new(),
        chunk: None,
        processing: None,
        segment: None,
        from_past: false,
    }
}

/// An own item, as the provider shows it.
fn echo(id: &str, secs: i64, words: &str) -> WireItem {
    let sender = Participant {
        id: Some("us".to_owned()),
        role: Role::Customer,
        display_name: Some("Ines".to_owned()),
    };
    WireItem { sender, segment: Some("contact-1".to_owned()), ..said(id, secs, words) }
}

fn nameless(wire: WireItem) -> WireItem {
    WireItem { server_id: None, ..wire }
}

fn taken(id: &str, secs: i64) -> Acceptance {
    Acceptance { server_id: Some(id.to_owned()), at: Some(at(secs)), ..Acceptance::default() }
}

fn receipt(by: &str, delivered: Option<i64>, read: Option<i64>) -> Receipt {
    Receipt { by: Some(by.to_owned()), delivered_at: delivered.map(at), read_at: read.map(at) }
}

/// A transcript and what its changes alone make of it.
#[derive(Clone)]
struct Chat {
    transcript: Transcript,
    mirror: Vec<TranscriptItem>,
    /// Keys handed out.
    keys: u64,
    changes: Vec<TranscriptChange>,
}

impl Chat {
    fn new() -> Self {
        Self::with_room_for(1_000)
    }

    fn with_room_for(capacity: usize) -> Self {
        Self { transcript: Transcript::new(capacity), mirror: Vec::new(), keys: 0, changes: Vec::new() }
    }

    /// Hands a message over.
    fn push(&mut self, words: &str) -> MessageKey {
        self.keys += 1;
        let key = m(self.keys);
        let item = TranscriptItem {
            key,
            server_id: None,
            at: at(500),
            sender: Participant { id: None, role: Role::Customer, display_name: None },
            direction: US,
            body: text(words),
            status: Some(DeliveryStatus::Queued),
            receipts: Vec::new(),
            partial: false,
            processing: None,
            segment: None,
            from_past: false,
        };
        self.transcript.add_pending(item, &mut self.changes);
        self.look();
        key
    }

    fn merge(&mut self, wire: WireItem, direction: Direction, bound: Option<MessageKey>) -> Option<Merged> {
        let keys = &mut self.keys;
        let fresh = || {
            *keys += 1;
            m(*keys)
        };
        let merged = self.transcript.merge(wire, direction, bound, fresh, at(900), &mut self.changes);
        self.look();
        merged
    }

    /// An item of somebody else's comes, and must be taken. Returns its key.
    fn hear(&mut self, wire: WireItem) -> MessageKey {
        self.merge(wire, THEM, None).expect("it is not too old").key
    }

    fn confirm(&mut self, key: MessageKey, acceptance: Acceptance) -> Vec<NewMark> {
        let keys = &mut self.keys;
        let fresh = || {
            *keys += 1;
            m(*keys)
        };
        let marks = self.transcript.confirm(key, acceptance, fresh, &mut self.changes);
        self.look();
        marks
    }

    fn mark(&mut self, id: &str, receipts: Vec<Receipt>) -> Vec<NewMark> {
        let marks = self.transcript.mark(id, receipts, &mut self.changes);
        self.look();
        marks
    }

    fn status(&mut self, key: MessageKey, status: DeliveryStatus) {
        self.transcript.set_status(key, status, &mut self.changes);
        self.look();
    }

    fn remove(&mut self, key: MessageKey) {
        self.transcript.remove(key, &mut self.changes);
        self.look();
    }

    /// Drops what is too much, and returns what went.
    fn trim(&mut self) -> Vec<MessageKey> {
        self.transcript.trim(&mut self.changes);
        let gone = self.changes.iter().filter_map(|change| match change {
            TranscriptChange::Removed { key } => Some(*key),
            TranscriptChange::Added { .. } | TranscriptChange::Changed { .. } => None,
        });
        let gone = gone.collect();
        self.look();
        gone
    }

    fn item(&self, key: MessageKey) -> &TranscriptItem {
        self.transcript.get(key).expect("it is here")
    }

    fn words(&self) -> Vec<&str> {
        self.transcript.iter().map(|item| item.body.text().unwrap_or("-")).collect()
    }

    fn ids(&self) -> Vec<&str> {
        self.transcript.iter().map(|item| item.server_id.as_deref().unwrap_or("-")).collect()
    }

    /// Brings the mirror up to date, and holds everything that can be read equal to it.
    fn look(&mut self) {
        for change in core::mem::take(&mut self.changes) {
            self.apply(change);
        }
        let items: Vec<TranscriptItem> = self.transcript.iter().cloned().collect();
        assert_eq!(items, self.mirror, "the changes do not say what happened");
        assert_eq!(self.transcript.len(), items.len());
        let bytes: usize = items.iter().map(weight_by_hand).sum();
        assert_eq!(self.transcript.bytes(), bytes);
        let places: Vec<_> =
            items.iter().map(|item| self.transcript.place(item.key).expect("placed")).collect();
        assert!(places.is_sorted());
        for item in &items {
            assert_eq!(self.transcript.get(item.key), Some(item));
            if let Some(id) = &item.server_id {
                assert_eq!(self.transcript.key_of(id), Some(item.key), "{id} leads to another item");
            }
        }
    }

    fn apply(&mut self, change: TranscriptChange) {
        let index_of = |mirror: &[TranscriptItem], key| mirror.iter().position(|item| item.key == key);
        let (item, after) = match change {
            TranscriptChange::Removed { key } => {
                let index = index_of(&self.mirror, key).expect("only what is there is removed");
                self.mirror.remove(index);
                return;
            }
            TranscriptChange::Added { item, after } => {
                assert_eq!(index_of(&self.mirror, item.key), None, "{} is added twice", item.key);
                (item, after)
            }
            TranscriptChange::Changed { item, after } => {
                let index = index_of(&self.mirror, item.key).expect("only what is there changes");
                self.mirror.remove(index);
                (item, after)
            }
        };
        let index =
            after.map_or(0, |after| index_of(&self.mirror, after).expect("it stands after something") + 1);
        self.mirror.insert(index, *item);
    }
}

/// What the bytes of an item are, counted another way.
fn weight_by_hand(item: &TranscriptItem) -> usize {
    let id = item.server_id.as_deref().unwrap_or_default();
    let texts = [
        id,
        id,
        item.sender.id.as_deref().unwrap_or_default(),
        item.sender.display_name.as_deref().unwrap_or_default(),
        item.segment.as_deref().unwrap_or_default(),
        item.body.text().unwrap_or_default(),
    ];
    texts.concat().len()
}

/// Calls `each` with every order of these.
fn every_order<T: Clone>(items: &[T], each: &mut impl FnMut(&[T])) {
    fn walk<T: Clone>(items: &mut Vec<T>, from: usize, each: &mut impl FnMut(&[T])) {
        if from == items.len() {
            return each(items);
        }
        for index in from..items.len() {
            items.swap(from, index);
            walk(items, from + 1, each);
            items.swap(from, index);
        }
    }
    walk(&mut items.to_vec(), 0, each);
}

#[test]
fn the_order_is_that_of_the_providers_times_whatever_came_first() {
    let items = [
        said("a", 3, "three"),
        said("b", 1, "one"),
        said("c", 2, "two"),
        said("d", 5, "five"),
        said("e", 4, "four"),
    ];
    let mut orders = 0;
    every_order(&items, &mut |order| {
        let mut chat = Chat::new();
        for item in order {
            chat.hear(item.clone());
        }
        assert_eq!(chat.words(), ["one", "two", "three", "four", "five"]);
        orders += 1;
    });
    assert_eq!(orders, 120);
}

#[test]
fn equal_times_stand_in_one_order_whatever_came_first() {
    let items = ["a", "b", "c", "d", "e"].map(|id| said(id, 1, id));
    let mut first: Option<Vec<String>> = None;
    every_order(&items, &mut |order| {
        let mut chat = Chat::new();
        for item in order {
            chat.hear(item.clone());
        }
        let words: Vec<String> = chat.words().into_iter().map(str::to_owned).collect();
        assert_eq!(first.get_or_insert_with(|| words.clone()), &words);
    });
}

#[test]
fn the_order_of_equal_times_is_the_same_in_every_release() {
    // FNV-1a of the empty text and of "a", from its authors' test vectors.
    assert_eq!((hash(""), hash("a")), (0xCBF2_9CE4_8422_2325, 0xAF63_DC4C_8601_EC8C));
}

#[test]
fn what_the_provider_does_not_have_stands_at_the_end_in_the_order_of_handing_over() {
    let mut chat = Chat::new();
    chat.push("first");
    chat.hear(said("a", 1_000, "much later"));
    chat.push("second");
    assert_eq!(chat.words(), ["much later", "first", "second"]);
    assert_eq!(chat.transcript.newest_settled(), Some(at(1_000)));
}

#[test]
fn an_item_that_comes_again_is_the_same_and_says_nothing_new() {
    let mut chat = Chat::new();
    let key = chat.hear(said("a", 1, "hello"));
    let before = chat.mirror.clone();
    let again = chat.merge(said("a", 1, "hello"), THEM, None).expect("taken");
    assert_eq!(again, Merged { key, new: false, marks: Vec::new() });
    assert_eq!((chat.mirror.clone(), chat.keys), (before, 1));
}

#[test]
fn a_repeated_item_reports_no_change() {
    let mut transcript = Transcript::new(10);
    let mut changes = Vec::new();
    transcript.merge(said("a", 1, "hello"), THEM, None, || m(1), at(0), &mut changes);
    assert_eq!(changes.len(), 1);
    transcript.merge(said("a", 1, "hello"), THEM, None, || m(2), at(0), &mut changes);
    assert_eq!(changes.len(), 1);
}

#[test]
fn what_is_not_said_again_stays_as_it_was() {
    let mut chat = Chat::new();
    let mut full = said("a", 1, "hello");
    full.sender.display_name = Some("Tomasz".to_owned());
    full.segment = Some("contact-1".to_owned());
    let key = chat.hear(full.clone());
    let mut scant = said("a", 1, "hello");
    scant.sender.id = None;
    chat.hear(scant);
    let item = chat.item(key);
    assert_eq!(item.sender, full.sender);
    assert_eq!(item.segment, full.segment);
}

#[test]
fn an_item_without_a_time_stands_with_the_newest_and_without_one_at_the_wall_time() {
    let mut chat = Chat::new();
    let timeless = |id: &str| WireItem { at: None, ..said(id, 0, id) };
    let alone = chat.hear(timeless("alone"));
    assert_eq!(chat.item(alone).at, at(900));
    chat.hear(said("late", 2_000, "late"));
    let key = chat.hear(timeless("then"));
    assert_eq!(chat.item(key).at, at(2_000));
}

#[test]
fn an_item_with_a_new_time_moves_and_stays_the_same_item() {
    let mut chat = Chat::new();
    let key = chat.hear(said("a", 1, "a"));
    chat.hear(said("b", 2, "b"));
    assert_eq!(chat.hear(said("a", 3, "a")), key);
    assert_eq!(chat.words(), ["b", "a"]);
}

#[test]
fn an_item_without_an_id_is_known_by_what_it_says_and_when() {
    let mut chat = Chat::new();
    let key = chat.hear(nameless(said("", 1, "hello")));
    assert_eq!(chat.hear(nameless(said("", 1, "hello"))), key);
    let others = [
        said("", 2, "hello"),
        said("", 1, "goodbye"),
        WireItem { sender: echo("", 1, "").sender, ..said("", 1, "hello") },
    ];
    for other in others {
        assert_ne!(chat.hear(nameless(other)), key);
    }
    assert_eq!(chat.transcript.len(), 4);
}

#[test]
fn an_item_is_one_whether_it_came_first_with_its_id_or_without() {
    let named = said("a", 1, "hello");
    every_order(&[named.clone(), nameless(named)], &mut |order| {
        let mut chat = Chat::new();
        for item in order {
            chat.hear(item.clone());
        }
        assert_eq!(chat.ids(), ["a"]);
        assert_eq!(chat.merge(said("a", 1, "hello"), THEM, None).map(|merged| merged.new), Some(false));
        // Another one with the same words is another one now.
        chat.hear(said("b", 1, "hello"));
        assert_eq!(chat.transcript.len(), 2);
    });
}

#[test]
fn a_state_never_falls_back_once_the_provider_has_it() {
    use DeliveryStatus::{Delivered, Queued, Read, Sending, Sent};
    let failed = DeliveryStatus::Failed { failure: Failure::from(TransportFault::TimedOut) };
    let before = [Queued, Sending, failed, uncertain()];
    let after = [Sent, Delivered, Read];
    for from in before.iter().chain(&after) {
        for to in before.iter().chain(&after) {
            let mut chat = Chat::new();
            let key = chat.push("hello");
            chat.status(key, from.clone());
            chat.status(key, to.clone());
            let index = |status| after.iter().position(|it| it == status);
            let expected = if index(to) >= index(from) { to } else { from };
            assert_eq!(chat.item(key).status.as_ref(), Some(expected), "{from:?} to {to:?}");
        }
    }
}

#[test]
fn nothing_happens_to_what_is_not_here() {
    let mut chat = Chat::new();
    chat.hear(said("a", 1, "hello"));
    let before = chat.transcript.clone();
    chat.status(m(99), DeliveryStatus::Read);
    chat.remove(m(99));
    chat.confirm(m(99), taken("b", 1));
    assert_eq!(chat.transcript, before);
    assert_eq!(
        (chat.transcript.get(m(99)), chat.transcript.place(m(99)), chat.transcript.key_of("b")),
        (None, None, None)
    );
}

#[test]
fn the_answer_for_a_message_that_is_gone_takes_nothing_with_it() {
    let mut chat = Chat::new();
    let key = chat.push("hello");
    chat.remove(key);
    chat.merge(echo("a", 1, "hello"), US, None);
    chat.confirm(key, taken("a", 1));
    assert_eq!(chat.words(), ["hello"]);
}
