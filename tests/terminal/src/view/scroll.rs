//! Which rows of the timeline are on the screen. The row at the bottom is held by the entry it belongs to,
//! so that it stays where it is when others come or go.

use core::ops::Range;
use std::collections::BTreeMap;

use ratatui::text::Line;

use crate::app::timeline::{Entry, EntryId};

/// Where the user looks.
#[derive(Debug, Default)]
pub(crate) struct Scroll {
    /// The row at the bottom; none while the newest is.
    anchor: Option<(EntryId, usize)>,
    /// What the user asked for since the last drawing.
    moves: Vec<Move>,
    below: usize,
}

/// A step of the user's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Move {
    Up(usize),
    Down(usize),
    Top,
    Bottom,
}

/// The rows to draw, and the entries that they are of.
pub(crate) struct Window {
    pub(crate) rows: Vec<Line<'static>>,
    pub(crate) entries: Range<usize>,
}

/// A row: the entry's place, and the row within it.
type Place = (usize, usize);

impl Scroll {
    pub(crate) fn go(&mut self, step: Move) {
        self.moves.push(step);
    }

    /// How many entries stand below the screen.
    pub(crate) const fn below(&self) -> usize {
        self.below
    }

    /// The window after what the user asked for. Lays out no more than it needs.
    pub(crate) fn window(
        &mut self,
        entries: &[Entry],
        height: usize,
        layout: impl Fn(usize) -> Vec<Line<'static>>,
    ) -> Window {
        let mut rows = Rows { laid: BTreeMap::new(), layout, entries: entries.len() };
        let Some(last) = rows.last_of(entries.len().checked_sub(1)) else {
            self.moves.clear();
            return Window { rows: Vec::new(), entries: 0..0 };
        };
        let mut bottom = self.anchor.and_then(|anchor| find(entries, anchor)).unwrap_or(last);
        bottom.1 = bottom.1.min(rows.of(bottom.0).len().saturating_sub(1));
        for step in self.moves.drain(..) {
            match step {
                Move::Top => bottom = (0, 0),
                Move::Bottom => bottom = last,
                Move::Up(by) => bottom = rows.walk(bottom, by, Rows::above),
                Move::Down(by) => bottom = rows.walk(bottom, by, Rows::below),
            }
            // Nobody scrolls past the first row.
            let above = rows.count_above(bottom, height.saturating_sub(1));
            bottom = rows.walk(bottom, height.saturating_sub(1).saturating_sub(above), Rows::below);
        }
        let above = rows.count_above(bottom, height.saturating_sub(1));
        bottom = rows.walk(bottom, height.saturating_sub(1).saturating_sub(above), Rows::below);
        self.anchor =
            (bottom != last).then(|| entries.get(bottom.0).map(|entry| (entry.id(), bottom.1))).flatten();
        self.below = if self.anchor.is_some() { entries.len() - bottom.0 - 1 } else { 0 };
        if self.anchor.is_some() {
            self.below = self.below.max(1);
        }
        rows.window(bottom, height)
    }
}

fn find(entries: &[Entry], (id, row): (EntryId, usize)) -> Option<Place> {
    entries.iter().rposition(|entry| entry.id() == id).map(|at| (at, row))
}

/// Rows that are laid out when they are asked for.
struct Rows<L> {
    laid: BTreeMap<usize, Vec<Line<'static>>>,
    layout: L,
    entries: usize,
}

impl<L: Fn(usize) -> Vec<Line<'static>>> Rows<L> {
    fn of(&mut self, entry: usize) -> &[Line<'static>] {
        self.laid.entry(entry).or_insert_with(|| (self.layout)(entry))
    }

    fn last_of(&mut self, entry: Option<usize>) -> Option<Place> {
        let entry = entry?;
        Some((entry, self.of(entry).len().saturating_sub(1)))
    }

    fn above(&mut self, (entry, row): Place) -> Option<Place> {
        match row.checked_sub(1) {
            Some(row) => Some((entry, row)),
            None => self.last_of(entry.checked_sub(1)),
        }
    }

    fn below(&mut self, (entry, row): Place) -> Option<Place> {
        if row + 1 < self.of(entry).len() {
            return Some((entry, row + 1));
        }
        (entry + 1 < self.entries).then_some((entry + 1, 0))
    }

    fn walk(&mut self, from: Place, steps: usize, step: impl Fn(&mut Self, Place) -> Option<Place>) -> Place {
        let mut place = from;
        for _ in 0..steps {
            let Some(next) = step(self, place) else { break };
            place = next;
        }
        place
    }

    /// How many rows stand above, counted no further than `most`.
    fn count_above(&mut self, from: Place, most: usize) -> usize {
        let mut place = from;
        for count in 0..most {
            let Some(next) = self.above(place) else {
                return count;
            };
            place = next;
        }
        most
    }

    fn window(&mut self, bottom: Place, height: usize) -> Window {
        let top = self.walk(bottom, height.saturating_sub(1), Self::above);
        let mut rows = Vec::with_capacity(height);
        let mut place = Some(top);
        while let Some((entry, row)) = place {
            rows.extend(self.of(entry).get(row).cloned());
            place = if (entry, row) == bottom { None } else { self.below((entry, row)) };
        }
        rows.truncate(height);
        Window { rows, entries: top.0..bottom.0 + 1 }
    }
}
