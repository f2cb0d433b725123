//! The Amazon Connect machine, without a network and without a clock.

mod agent;
mod attachments;
mod authentication;
mod calls;
mod connection;
mod determinism;
mod fault_calls;
mod faults;
mod persistent;
mod receipts;
mod rig;
mod shapes;
mod sockets;
mod start_chat;
mod storage;
mod transcript;
mod validation;
mod views;
