//! The Amazon Connect machine, without a network and without a clock.

mod agent;
mod calls;
mod connection;
mod determinism;
mod fault_calls;
mod faults;
mod receipts;
mod rig;
mod shapes;
mod sockets;
mod start_chat;
mod transcript;
