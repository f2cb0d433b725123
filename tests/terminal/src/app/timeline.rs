//! What stands on the screen, in order: the session's transcript, and notes of our own between its items.

use helpline_protocol::model::{Origin, TranscriptChange, TranscriptItem};
use helpline_protocol::{MessageKey, WallTime};

/// One thing in the timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    Item(Box<TranscriptItem>),
    Note(Note),
}

/// Something that the client itself has to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Note {
    pub(crate) id: u64,
    pub(crate) at: WallTime,
    pub(crate) text: String,
    pub(crate) tone: Tone,
}

/// How a note sounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Quiet,
    Good,
    Warning,
    Bad,
}

/// The name of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EntryId {
    Item(MessageKey),
    Note(u64),
}

impl Entry {
    pub(crate) const fn id(&self) -> EntryId {
        match self {
            Self::Item(item) => EntryId::Item(item.key),
            Self::Note(note) => EntryId::Note(note.id),
        }
    }

    pub(crate) const fn item(&self) -> Option<&TranscriptItem> {
        match self {
            Self::Item(item) => Some(item),
            Self::Note(_) => None,
        }
    }
}

/// What one change did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    Added(MessageKey),
    /// With the item as it was.
    Changed(Box<TranscriptItem>),
    Removed(MessageKey),
    Nothing,
}

#[derive(Debug)]
pub(crate) struct Timeline {
    entries: Vec<Entry>,
    notes: u64,
}

/// Notes kept; the oldest go first.
const NOTES: usize = 500;

impl Timeline {
    pub(crate) const fn new() -> Self {
        Self { entries: Vec::new(), notes: 0 }
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub(crate) fn items(&self) -> impl DoubleEndedIterator<Item = &TranscriptItem> {
        self.entries.iter().filter_map(Entry::item)
    }

    pub(crate) fn get(&self, key: MessageKey) -> Option<&TranscriptItem> {
        self.find(key).and_then(|at| self.entries.get(at)).and_then(Entry::item)
    }

    /// Whether the first of two items stands before the second.
    pub(crate) fn is_before(&self, one: MessageKey, other: MessageKey) -> bool {
        self.find(one) < self.find(other)
    }

    pub(crate) fn note(&mut self, at: WallTime, tone: Tone, text: impl Into<String>) {
        self.notes += 1;
        let note = Note { id: self.notes, at, text: text.into(), tone };
        self.entries.push(Entry::Note(note));
        let is_note = |entry: &Entry| matches!(entry, Entry::Note(_));
        if self.entries.iter().filter(|entry| is_note(entry)).count() > NOTES
            && let Some(first) = self.entries.iter().position(is_note)
        {
            self.entries.remove(first);
        }
    }

    /// Does what a change says. Doing it twice does it once.
    pub(crate) fn apply(&mut self, change: &TranscriptChange, origin: Origin) -> Effect {
        match change {
            TranscriptChange::Added { item, after } | TranscriptChange::Changed { item, after } => {
                self.put(item, *after, origin)
            }
            TranscriptChange::Removed { key } => match self.find(*key) {
                Some(at) => {
                    self.entries.remove(at);
                    Effect::Removed(*key)
                }
                None => Effect::Nothing,
            },
            _ => Effect::Nothing,
        }
    }

    fn put(&mut self, item: &TranscriptItem, after: Option<MessageKey>, origin: Origin) -> Effect {
        let new = Entry::Item(Box::new(item.clone()));
        let Some(at) = self.find(item.key) else {
            let place = self.place(after, origin);
            self.entries.insert(place, new);
            return Effect::Added(item.key);
        };
        let before = self.entries[..at].iter().rev().find_map(Entry::item).map(|item| item.key);
        let old = if before == after {
            core::mem::replace(&mut self.entries[at], new)
        } else {
            let old = self.entries.remove(at);
            let place = self.place(after, origin);
            self.entries.insert(place, new);
            old
        };
        match old {
            Entry::Item(old) if *old != *item || before != after => Effect::Changed(old),
            Entry::Item(_) | Entry::Note(_) => Effect::Nothing,
        }
    }

    /// Where the item behind `after` belongs: notes that stand there already were said before it came.
    fn place(&self, after: Option<MessageKey>, origin: Origin) -> usize {
        let start = match after {
            Some(key) => self.find(key).map_or(self.entries.len(), |at| at + 1),
            // What is older than all else also stands above the notes on how this run began.
            None if origin == Origin::History && self.items().next().is_some() => return 0,
            None => 0,
        };
        let notes = self.entries[start..].iter().take_while(|entry| entry.item().is_none()).count();
        start + notes
    }

    /// From the end, where nearly all changes are.
    fn find(&self, key: MessageKey) -> Option<usize> {
        self.entries.iter().rposition(|entry| entry.id() == EntryId::Item(key))
    }
}
