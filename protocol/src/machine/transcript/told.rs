//! The order of items where a provider's times cannot tell it: they are missing, or the same for many. Then items
//! stand in the order in which the provider tells them.
//!
//! What comes live is put at the end. The history is the provider's own word on the order: it is *walked* from its
//! oldest item, and what it holds is put behind one another, between what stood around it. What is known and
//! stands in that order already stays where it is.

use super::{Entry, Place, Section, Transcript, is_stuck};
use crate::id::MessageKey;
use crate::time::WallTime;

/// Between two items at the end there is room for more items than a session can have.
const STEP: u64 = 1 << 40;

/// Between two items that were put between others.
const INNER_STEP: u64 = 1 << 20;

/// The order in which items were told.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Told {
    /// The greatest number that was given.
    last: u64,
    /// While a history is walked: where it has got; none at its beginning.
    walk: Option<Option<Place>>,
}

impl Transcript {
    /// A history begins, whose items come from the oldest on. Without meaning where times tell the order.
    pub(crate) fn begin_walk(&mut self) {
        if let Some(told) = &mut self.told {
            told.walk = Some(None);
        }
    }

    /// The history is at its end.
    pub(crate) fn end_walk(&mut self) {
        if let Some(told) = &mut self.told {
            told.walk = None;
        }
    }

    /// Whether an item that is not here was dropped from the window long ago, so that it is not taken for new.
    pub(super) fn is_before_window(&self, at: WallTime, name: Option<&str>) -> bool {
        let Some(through) = self.dropped_through.filter(|_| self.len() >= self.capacity) else {
            return false;
        };
        match &self.told {
            // What a history holds before the first item that is here.
            Some(told) => told.walk == Some(None),
            // Ordered before every key of the same time and tie, so that only what is truly older is refused.
            None => {
                let (tie, key) = (name.map_or(0, super::hash), MessageKey::from_u64(0));
                Place { section: Section::Settled, at, tie, key } <= through
            }
        }
    }

    /// Where an item is to stand that the provider has, and that stood at `was` until now.
    pub(super) fn place_of(&mut self, entry: &Entry, was: Option<Place>) -> Place {
        let (item, key) = (&entry.item, entry.item.key);
        let settled = was.filter(|place| place.section == Section::Settled && !is_stuck(item));
        let Some(told) = &mut self.told else {
            let tie = entry.name().map_or(0, super::hash);
            return Place { section: Section::Settled, at: item.at, tie, key };
        };
        let Some(walk) = told.walk else {
            return settled.unwrap_or_else(|| told.append(key));
        };
        let place = match settled.filter(|place| Some(*place) > walk) {
            Some(place) => place,
            None => self.place_after(walk, key),
        };
        if let Some(told) = &mut self.told {
            told.walk = Some(Some(place));
        }
        place
    }

    /// Where an item stands that is restored, and stood at `told` in the order of telling.
    pub(super) fn place_again(&mut self, entry: &Entry, told: Option<Place>) -> Place {
        let place = match told.filter(|_| self.told.is_some()) {
            Some(told) => Place { key: entry.item.key, ..told },
            None => self.place_of(entry, None),
        };
        if let Some(order) = &mut self.told {
            order.last = order.last.max(place.tie);
        }
        place
    }

    /// Where something stands that is put at the end of what the provider has.
    pub(super) fn place_at_end(&mut self, at: WallTime, key: MessageKey) -> Place {
        match &mut self.told {
            Some(told) => told.append(key),
            None => Place { section: Section::Settled, at, tie: 0, key },
        }
    }

    fn place_after(&mut self, after: Option<Place>, key: MessageKey) -> Place {
        let from = after.map_or(core::ops::Bound::Unbounded, core::ops::Bound::Excluded);
        let next = self.entries.range((from, core::ops::Bound::Unbounded)).next().map(|(place, _)| *place);
        let next = next.filter(|place| place.section == Section::Settled);
        let Some(next) = next else {
            return match &mut self.told {
                Some(told) => told.append(key),
                None => placed(0, key),
            };
        };
        let before = after.map_or(0, |place| place.tie);
        let room = next.tie.saturating_sub(before);
        // Before the first item there is much room, and more may come before it; between others little does. In no
        // room at all the keys tell, which go up with time.
        let step = if after.is_none() { room / 2 } else { (room / 2).min(INNER_STEP) };
        placed(before.saturating_add(step), key)
    }
}

impl Told {
    fn append(&mut self, key: MessageKey) -> Place {
        self.last = self.last.saturating_add(STEP);
        placed(self.last, key)
    }
}

const fn placed(number: u64, key: MessageKey) -> Place {
    Place { section: Section::Settled, at: WallTime::EPOCH, tie: number, key }
}
