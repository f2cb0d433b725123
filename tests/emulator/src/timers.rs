//! What is to happen later, in order.

use std::collections::BTreeMap;

/// When, and in which order of those of one moment.
pub(crate) type TimerKey = (u64, u64);

/// Timers of one server.
#[derive(Debug)]
pub(crate) struct Timers<T> {
    waiting: BTreeMap<TimerKey, T>,
    count: u64,
}

impl<T> Default for Timers<T> {
    fn default() -> Self {
        Self { waiting: BTreeMap::new(), count: 0 }
    }
}

impl<T> Timers<T> {
    pub(crate) fn add(&mut self, due_ms: u64, timer: T) -> TimerKey {
        self.count += 1;
        let key = (due_ms, self.count);
        self.waiting.insert(key, timer);
        key
    }

    pub(crate) fn forget(&mut self, key: TimerKey) {
        self.waiting.remove(&key);
    }

    /// When the next one is due.
    pub(crate) fn next(&self) -> Option<u64> {
        self.waiting.keys().next().map(|(due_ms, _)| *due_ms)
    }

    /// Takes the first of those due, with its own time.
    pub(crate) fn take_due(&mut self, now_ms: u64) -> Option<(u64, T)> {
        let entry = self.waiting.first_entry()?;
        let (due_ms, _) = *entry.key();
        (due_ms <= now_ms).then(|| (due_ms, entry.remove()))
    }
}
