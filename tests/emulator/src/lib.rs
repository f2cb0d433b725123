//! Emulators of support-chat services.
//!
//! [`amazon_connect`] is the customer side of Amazon Connect Chat as a sans-IO server machine, with an agent that
//! follows a script and switches for everything that can go wrong. [`loopback`] serves it over HTTP and WebSocket on
//! 127.0.0.1.

#![warn(missing_docs)]

pub mod amazon_connect;
pub mod certificates;
pub mod front;
pub mod loopback;
