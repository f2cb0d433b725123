//! A session and its provider under virtual time.
//!
//! [`World`] runs the core beside the emulator's machine, with a network between them that takes time and
//! loses what it is told to lose. It jumps from one deadline or delivery to the next, never by a fixed tick, so
//! that a deadline which is forgotten shows.

mod network;
mod world;

pub use network::{Latency, Network};
pub use world::{Line, World, WorldConfig};
