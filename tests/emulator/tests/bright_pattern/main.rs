//! The Bright Pattern machine, without a network and without a clock.

mod calls;
mod chat;
mod determinism;
mod errors;
mod faults;
mod polls;
mod recovery;
mod rig;
mod sequences;
mod shapes;
