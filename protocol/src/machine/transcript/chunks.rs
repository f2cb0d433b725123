//! A message that comes in parts, as a bot writes it (Amazon Connect `ResponseMode INCREMENTAL`).

use std::collections::BTreeMap;

use crate::dialect::Chunk;

/// How many bytes of parts are kept of one message; what is over waits for the whole text.
const MOST_BYTES: usize = 64 * 1024;

/// The parts so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Chunks {
    parts: BTreeMap<u64, String>,
    bytes: usize,
    completed: bool,
}

impl Chunks {
    /// Takes a part. Returns the text to show now, if it changed: the parts from the first on without a
    /// hole, or the whole once it is there. What comes after the whole is late and says nothing new.
    pub(super) fn take(&mut self, chunk: Chunk, text: String) -> Option<String> {
        if self.completed {
            return None;
        }
        if chunk.completed {
            *self = Self { completed: true, ..Self::default() };
            return Some(text);
        }
        let over = self.bytes.saturating_add(text.len()) > MOST_BYTES;
        if over || self.parts.contains_key(&chunk.number) {
            return None;
        }
        self.bytes = self.bytes.saturating_add(text.len());
        self.parts.insert(chunk.number, text);
        let shown: String = (1..).map_while(|number| self.parts.get(&number).map(String::as_str)).collect();
        (!shown.is_empty()).then_some(shown)
    }

    /// Whether more is to come.
    pub(super) const fn is_partial(&self) -> bool {
        !self.completed
    }
}
