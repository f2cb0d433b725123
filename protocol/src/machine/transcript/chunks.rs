//! A message that comes in parts, as a bot writes it (Amazon Connect `ResponseMode INCREMENTAL`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::dialect::Chunk;

/// How many bytes of parts are kept of one message; what is over waits for the whole text.
pub(super) const MOST_BYTES: usize = 64 * 1024;

/// What a part costs beside its text, so that a flood of empty ones is bounded too.
const PART_BYTES: usize = 16;

/// The parts so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
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
        let bytes = self.bytes.saturating_add(text.len()).saturating_add(PART_BYTES);
        let over = bytes > MOST_BYTES;
        if over || self.parts.contains_key(&chunk.number) {
            return None;
        }
        self.bytes = bytes;
        self.parts.insert(chunk.number, text);
        let shown: String = (1..).map_while(|number| self.parts.get(&number).map(String::as_str)).collect();
        (!shown.is_empty()).then_some(shown)
    }

    /// How many parts are kept.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.parts.len()
    }

    /// Whether more is to come.
    pub(super) const fn is_partial(&self) -> bool {
        !self.completed
    }
}
