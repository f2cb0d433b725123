//! A session and its provider under virtual time, and whole lives of them under trouble.
//!
//! [`World`] runs the core beside an emulator's machine, with a network between them that takes time and fails when
//! it is told to. It jumps from one deadline or delivery to the next, never by a fixed tick, so that a deadline which
//! is forgotten shows. [`Provider`] is its far side alone, for hosts with a clock of their own.
//!
//! [`Plan`] draws a life from a seed: setup, workload, faults. Living through it holds the session to its promises at
//! every step ([`Watch`]), then heals everything, requires that it settles, and compares both sides
//! ([`assertions`]). Nothing here but [`vendor`] knows a provider.

pub mod alphabet;
pub mod assertions;
mod clock;
mod files;
mod life;
mod mirror;
pub mod naive;
mod network;
mod plan;
mod provider;
mod reference;
mod restart;
mod rng;
mod run;
mod setup;
mod story;
mod system;
mod truth;
pub mod vendor;
mod watch;
mod world;

pub use clock::Clock;
pub use files::Files;
pub use life::{HEALING_MS, Life, Looks, Restarts, Violation};
pub use mirror::Mirror;
pub use network::{Flow, Latency, Way, Weather};
pub use plan::{Ending, Plan};
pub use provider::{Provider, WALL_START, at, session_seed};
pub use reference::Reference;
pub use rng::Rng;
pub use run::{Manner, Report, live_twice, quiet_panics, run_many, tell};
pub use setup::Setup;
pub use story::{LEGEND, Story};
pub use system::System;
pub use truth::{Truth, Verdict, compare};
pub use vendor::amazon_connect::AmazonConnect;
pub use vendor::bright_pattern::BrightPattern;
pub use watch::Watch;
pub use world::{Line, ONLY, World, WorldConfig};
