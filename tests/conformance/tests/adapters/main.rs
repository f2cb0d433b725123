//! What an adapter does by itself, against tiny servers on loopback; the same on each runtime.

mod attachments;
mod chat;
mod clock;
mod disk_keys;
mod disk_sinks;
mod emulator;
mod exchange;
mod http1;
mod seams;
mod socket;
mod tls;
mod transfer;
