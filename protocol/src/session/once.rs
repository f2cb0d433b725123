//! Things that are told once: what has been told already.

use std::collections::{BTreeSet, VecDeque};

/// What has been told, up to a number of things.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Once {
    cap: usize,
    known: BTreeSet<String>,
    order: VecDeque<String>,
}

impl Once {
    pub(super) const fn new(cap: usize) -> Self {
        Self { cap, known: BTreeSet::new(), order: VecDeque::new() }
    }

    /// What has been told, the oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        self.order.iter().map(String::as_str)
    }

    /// Notes a thing by what tells it from others. Whether it was not told yet.
    pub(super) fn note(&mut self, identity: String) -> bool {
        if !self.known.insert(identity.clone()) {
            return false;
        }
        self.order.push_back(identity);
        if self.order.len() > self.cap
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::Once;

    #[test]
    fn a_thing_is_told_once_until_it_is_forgotten_for_newer_ones() {
        let mut once = Once::new(2);
        let mut note = |identity: &str| once.note(identity.to_owned());
        assert!(note("a") && note("b"));
        assert!(!note("a") && !note("b"));
        assert!(note("c"));
        assert!(note("a"), "the oldest is forgotten");
        assert!(!note("c"));
    }
}
