//! Emulators of support-chat services.
//!
//! [`amazon_connect`] is the customer side of Amazon Connect Chat as a sans-IO server machine, with an agent that
//! follows a script and switches for everything that can go wrong; [`bright_pattern`] is the same of Bright Pattern's
//! mobile and web API, which is polled. [`loopback`] serves any of them over HTTP and WebSocket on 127.0.0.1. What the
//! machines have in common is in [`io`] and [`chance`].

#![warn(missing_docs)]

pub mod amazon_connect;
pub mod bright_pattern;
pub mod certificates;
pub mod chance;
mod fate;
mod fault_values;
pub mod front;
pub mod io;
pub mod loopback;
mod machine;
mod multipart;
mod percent;
pub mod proxy;
mod rng;
mod timers;
mod words;

pub use fault_values::FaultError;
pub use machine::Machine;
