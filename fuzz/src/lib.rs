//! What the fuzz targets do, as ordinary code: each body takes bytes and panics where a promise is broken. The targets
//! in `fuzz/targets` are three lines each; `fuzz/tests/corpus.rs` replays the corpora on stable Rust.
//!
//! What is promised, said once: any bytes are facts or one fault, never a panic ([`mod@bench`] watches what a session puts
//! out after every input); the deadline lies ahead; no cap is exceeded; nothing is sent to a socket that is gone.

#![warn(missing_docs)]

mod adapter;
mod amazon_connect;
pub mod bench;
mod bright_pattern;
mod choices;
mod emulator;
mod kept;
mod seeds;
mod session;
mod text;

pub use seeds::{Seed, seeds};

/// A fuzz target.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The name of its binary, its corpus and its dictionary.
    pub name: &'static str,
    /// What it does with an input.
    pub body: fn(&[u8]),
    /// Its dictionary, by the name of the file in `fuzz/dictionaries`.
    pub dictionary: &'static str,
}

macro_rules! targets {
    ($($(#[$doc:meta])* $name:ident($dictionary:literal): $body:path,)*) => {
        /// Every target.
        pub const TARGETS: &[Target] =
            &[$(Target { name: stringify!($name), body: $name, dictionary: $dictionary },)*];

        $(
            $(#[$doc])*
            pub fn $name(data: &[u8]) {
                $body(data);
            }
        )*
    };
}

targets! {
    /// A frame of Amazon Connect, text or binary, on a live socket.
    amazon_connect_frames("amazon_connect"): amazon_connect::frames,
    /// The item within a chat frame of Amazon Connect.
    amazon_connect_items("amazon_connect"): amazon_connect::items,
    /// The template of an interactive message of Amazon Connect, and every way to answer it.
    amazon_connect_templates("amazon_connect"): amazon_connect::templates,
    /// The answer to any operation of Amazon Connect.
    amazon_connect_answers("amazon_connect"): amazon_connect::answers,
    /// What a backend got from StartChatContact.
    amazon_connect_details("amazon_connect"): amazon_connect::details,
    /// The body of a poll's answer of Bright Pattern.
    bright_pattern_polls("bright_pattern"): bright_pattern::polls,
    /// One event of Bright Pattern in such a body, twice.
    bright_pattern_events("bright_pattern"): bright_pattern::events,
    /// The answer to any operation of Bright Pattern.
    bright_pattern_answers("bright_pattern"): bright_pattern::answers,
    /// What a push of Bright Pattern brought.
    bright_pattern_pushes("bright_pattern"): bright_pattern::pushes,
    /// Inputs and commands in any order, at any times.
    session_inputs("amazon_connect"): session::inputs,
    /// Commands as JSON, given to a live session.
    session_commands("commands"): session::commands,
    /// Events as JSON, read and written again.
    session_events("commands"): session::events,
    /// `Retry-After`, in seconds or as a date.
    retry_after("times"): text::retry_after,
    /// Times as a provider writes them.
    timestamps("times"): text::timestamps,
    /// Any request to the emulator of Amazon Connect.
    emulator_amazon_connect_requests("amazon_connect"): emulator::amazon_connect_requests,
    /// Any frame to the emulator of Amazon Connect.
    emulator_amazon_connect_frames("amazon_connect"): emulator::amazon_connect_frames,
    /// Any request to the emulator of Bright Pattern.
    emulator_bright_pattern_requests("bright_pattern"): emulator::bright_pattern_requests,
    /// A snapshot of a session, restored where it can be.
    snapshots("kept"): kept::snapshots,
    /// A journal of a session, replayed where it can be.
    journals("kept"): kept::journals,
    /// What a proxy says before there is a tunnel.
    proxy_handshakes("proxies"): adapter::proxy_handshakes,
    /// The address of a proxy.
    proxy_addresses("proxies"): adapter::proxy_addresses,
    /// Names of files that somebody else chose.
    file_names("proxies"): adapter::file_names,
}

/// Caps so low that they are met.
fn small() -> helpline_protocol::Limits {
    helpline_protocol::Limits::default()
        .with_frame_bytes(64 * 1024)
        .with_requests(8)
        .with_outbox_items(20)
        .with_outbox_bytes(4 * 1024)
        .with_uploads(4)
        .with_transcript_items(40)
        .with_held_items(10)
        .with_participants(4)
        .with_pending_receipts(8)
        .with_catch_up_pages(3)
        .with_commands(30)
}
