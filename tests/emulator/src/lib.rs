//! Emulators of support-chat services.
//!
//! [`amazon_connect`] is the customer side of Amazon Connect Chat as a sans-IO server machine, with an agent that
//! follows a script and switches for everything that can go wrong. [`loopback`] serves it over HTTP and WebSocket on
//! 127.0.0.1. What the machines of several providers have in common is in [`io`] and [`chance`].

#![warn(missing_docs)]

pub mod amazon_connect;
pub mod chance;
mod fault_values;
pub mod io;
pub mod loopback;
mod machine;
mod percent;
mod rng;
mod timers;

pub use fault_values::FaultError;
pub use machine::Machine;
