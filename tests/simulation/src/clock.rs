//! The clock of the user's machine: it follows the world's time, and can be made to jump.

use helpline_protocol::{Now, Timestamp, WallTime};

use crate::provider::WALL_START;

/// A machine's two clocks, by how far they are off the world's time, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clock {
    offset: i64,
    wall_offset: i64,
}

impl Clock {
    /// One that is right.
    #[must_use]
    pub const fn new() -> Self {
        Self { offset: 0, wall_offset: 0 }
    }

    /// What the machine's clocks show at a moment of the world.
    #[must_use]
    pub fn at(self, world: u64) -> Now {
        let millis = world.saturating_add_signed(self.offset);
        let wall = i64::try_from(WALL_START.saturating_add(world)).unwrap_or(i64::MAX);
        let wall = wall.saturating_add(self.wall_offset);
        Now::new(Timestamp::from_millis(millis), WallTime::from_unix_millis(wall))
    }

    /// When, in the world's milliseconds, the machine's timer for this moment goes off.
    #[must_use]
    pub fn when(self, at: Timestamp) -> u64 {
        at.as_micros().div_ceil(1_000).saturating_add_signed(self.offset.saturating_neg())
    }

    /// Both clocks jump.
    pub const fn jump(&mut self, by: i64) {
        self.offset = self.offset.saturating_add(by);
        self.wall_offset = self.wall_offset.saturating_add(by);
    }

    /// The wall clock is set.
    pub const fn set_wall(&mut self, off: i64) {
        self.wall_offset = off;
    }
}
