//! The transcript as a user's own list, made of nothing but the changes that were told.

use helpline_protocol::model::{DeliveryStatus, Receipt, TranscriptChange, TranscriptItem};
use helpline_protocol::{Event, MessageKey};

/// A list that follows [`Event::TranscriptChanged`] as an app's would.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mirror {
    items: Vec<TranscriptItem>,
}

impl Mirror {
    /// Takes what an event says of the transcript.
    ///
    /// # Panics
    /// When it cannot be applied: an item that is added twice, or one that is not there. And when it takes back what
    /// was said before: that a message was sent or read, or who has it.
    pub fn apply(&mut self, event: &Event) {
        let Event::TranscriptChanged { changes, .. } = event else {
            return;
        };
        for change in changes {
            match change {
                TranscriptChange::Added { item, after } => {
                    assert!(self.position(item.key).is_none(), "P7: {} is added twice", item.key);
                    self.insert(item, *after);
                }
                TranscriptChange::Changed { item, after } => {
                    let before = self.remove(item.key);
                    let moves_on = rank(&before) <= rank(item) && covers(&item.receipts, &before.receipts);
                    assert!(moves_on, "P8: {before} goes back to {item}");
                    self.insert(item, *after);
                }
                TranscriptChange::Removed { key } => {
                    self.remove(*key);
                }
                other => panic!("an unknown change: {other:?}"),
            }
        }
    }

    /// The list as it stands.
    #[must_use]
    pub fn items(&self) -> &[TranscriptItem] {
        &self.items
    }

    /// The first place where it is not the list given.
    #[must_use]
    pub fn difference<'a>(&self, truth: impl Iterator<Item = &'a TranscriptItem>) -> Option<String> {
        let mut mine = self.items.iter();
        for (place, item) in truth.enumerate() {
            match mine.next() {
                Some(same) if same == item => {}
                other => return Some(format!("at {place}: {other:?} instead of {item:?}")),
            }
        }
        mine.next().map(|item| format!("too many: {item:?}"))
    }

    fn position(&self, key: MessageKey) -> Option<usize> {
        self.items.iter().rposition(|item| item.key == key)
    }

    fn insert(&mut self, item: &TranscriptItem, after: Option<MessageKey>) {
        let place = after.map_or(0, |after| {
            let before = self.position(after);
            1 + before
                .unwrap_or_else(|| panic!("P7: {} is to stand behind {after}, which is not there", item.key))
        });
        self.items.insert(place, item.clone());
    }

    fn remove(&mut self, key: MessageKey) -> TranscriptItem {
        let place = self.position(key);
        self.items.remove(place.unwrap_or_else(|| panic!("P7: {key} changes, and is not there")))
    }
}

/// What an own message has reached for good. Up to "sent" it goes back and forth with its tries.
const fn rank(item: &TranscriptItem) -> u8 {
    match &item.status {
        Some(DeliveryStatus::Sent) => 1,
        Some(DeliveryStatus::Delivered) => 2,
        Some(DeliveryStatus::Read) => 3,
        _ => 0,
    }
}

/// Whether every mark that was there is there.
fn covers(now: &[Receipt], before: &[Receipt]) -> bool {
    before.iter().all(|old| {
        now.iter().any(|new| {
            new.by == old.by
                && (old.delivered_at.is_none() || new.delivered_at.is_some())
                && (old.read_at.is_none() || new.read_at.is_some())
        })
    })
}
