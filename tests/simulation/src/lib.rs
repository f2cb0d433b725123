//! A session and its provider under virtual time.
//!
//! [`World`] runs the core beside the emulator's machine, with a network between them that takes time and
//! fails when it is told to. It jumps from one deadline or delivery to the next, never by a fixed tick, so
//! that a deadline which is forgotten shows. [`Provider`] is its far side alone, for hosts with a clock of
//! their own; [`compare`] and [`Mirror`] say whether what was shown is true.

mod files;
mod mirror;
mod network;
mod provider;
mod rng;
mod truth;
mod world;

pub use files::Files;
pub use mirror::Mirror;
pub use network::Latency;
pub use provider::{Provider, WALL_START, at, session_seed};
pub use rng::Rng;
pub use truth::{Verdict, compare};
pub use world::{Line, ONLY, World, WorldConfig};
