//! Scenarios: small texts that say what user, host, network and provider do; and the arms that play them.
//!
//! A scenario's transcript is what the user was told, one line an event. It is the same on every arm: the
//! simulation ([`simulate`]) and the async driver on tokio ([`play_on_tokio`]) and on smol ([`play_on_smol`]).

mod adapters;
mod driver_arm;
mod parse;
mod play;
mod report;
mod scenario;
pub mod sdk;
pub mod servers;
mod simulation;

pub use adapters::new;
pub use driver_arm::{play_on_smol, play_on_tokio};
pub use parse::{ParseError, parse};
pub use scenario::{Act, Expectation, Far, Scenario, Step, Target, Times, User};
pub use simulation::simulate;

/// The README's example compiles.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
