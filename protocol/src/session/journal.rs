//! A session's journal: everything that goes in, with its time, and what came out. It replays to the same outputs.
//!
//! A journal is JSON lines. The first is a header: the format's version, the seed and configuration that the
//! session was born with (and the snapshot, if it was restored), and whether secrets are written. Each further
//! line is one call: the time, the command or input, whether the command was accepted, the outputs, and the
//! deadline afterwards. A session reads nothing else, so the same code on the same lines does the same, byte for
//! byte; [`Replayer`] walks through it forwards and back and says where today's code does otherwise.
//!
//! Text is written as text; bytes that are no UTF-8 as `{"base64": …}`. What users wrote is in it, as a journal
//! without it would replay nothing: it is a record of a chat, and to be kept as one.
//!
//! # Secrets
//! With [`Secrets::Omit`] every token, and every address that carries one, is replaced by a placeholder, the same
//! for the same secret, wherever it occurs: in the configuration, in answers and frames, and in what is made of
//! them. The placeholders take part in the replay as tokens would, so it tells the same story.
//!
//! Those that a session begins with are kept in mind for good, those that came later as long as it holds them, and of
//! the rest at least the newest 1,000: one that is out of use and was followed by so many others would be written as it
//! is, should somebody repeat it.

mod display;
mod encoding;
mod error;
mod replay;
mod secrets;
mod tape;
mod wire;

pub use error::{Difference, JournalError};
pub use replay::{Called, Journal, Replayer, Step};
#[cfg(test)]
pub(super) use tape::Tape;
#[cfg(not(test))]
use tape::Tape;

use super::{Secrets, Session, Snapshot, SnapshotError};
use crate::command::Command;
use crate::config::Config;
use crate::error::{CommandError, ConfigError};
use crate::id::CommandId;
use crate::input::Input;
use crate::output::Output;
use crate::time::Now;

/// The version that is written.
const VERSION: u64 = 1;

/// A session whose journal is written, line by line, as it goes. It has the session's methods, and what they do is
/// the same.
///
/// Each line is handed to the sink whole and without its end, before the call returns. Nothing of it is kept here
/// but the secrets that are to be replaced, up to a number. The session's other methods are at hand as its own.
///
/// ```
/// use helpline_protocol::amazon_connect::{ChatDetails, Config};
/// use helpline_protocol::{Command, Journal, Now, Recorder, Replayer, Secrets, Timestamp, WallTime};
///
/// let config = Config::new(ChatDetails::new("the participant token"));
/// let now = Now::new(Timestamp::ZERO, WallTime::from_unix_millis(1_773_480_400_000));
/// let (mut text, mut out) = (String::new(), Vec::new());
/// let mut session = Recorder::new(config, [7; 32], now, Secrets::Omit, |line: &str| {
///     text.push_str(line);
///     text.push('\n');
/// })?;
/// session.execute(now, Command::Connect, &mut out)?;
/// drop(session);
///
/// assert!(!text.contains("the participant token"));
/// let mut replay = Replayer::new(Journal::parse(&text)?)?;
/// assert_eq!(replay.check(), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Recorder<S> {
    session: Session,
    tape: Option<Tape<S>>,
}

impl<S> Recorder<S> {
    /// A session of which nothing is written, for hosts that record one now and then.
    #[must_use]
    pub const fn silent(session: Session) -> Self {
        Self { session, tape: None }
    }

    /// The session, to look at.
    #[must_use]
    pub const fn session(&self) -> &Session {
        &self.session
    }
}

impl<S: FnMut(&str)> Recorder<S> {
    /// As [`Session::new`]. The header is written at once.
    ///
    /// # Errors
    /// When the configuration cannot work. Nothing was written then.
    pub fn new(
        config: impl Into<Config>,
        seed: [u8; 32],
        now: Now,
        secrets: Secrets,
        sink: S,
    ) -> Result<Self, ConfigError> {
        let session = Session::new(config, seed, now)?;
        let tape = Tape::begin(&session, seed, now, secrets, None, sink);
        Ok(Self { session, tape: Some(tape) })
    }

    /// As [`Session::restore`]. The header holds the snapshot, with its secrets replaced where none is to be
    /// written.
    ///
    /// # Errors
    /// As there. Nothing was written then.
    pub fn restore(
        config: impl Into<Config>,
        snapshot: &Snapshot,
        seed: [u8; 32],
        now: Now,
        secrets: Secrets,
        sink: S,
        out: &mut Vec<Output>,
    ) -> Result<Self, SnapshotError> {
        let before = out.len();
        let session = Session::restore(config, snapshot, seed, now, out)?;
        let outputs = out.get(before..).unwrap_or_default();
        let tape = Tape::begin(&session, seed, now, secrets, Some((snapshot, outputs)), sink);
        Ok(Self { session, tape: Some(tape) })
    }

    /// As [`Session::execute`].
    ///
    /// # Errors
    /// As there. A refused command is written, too.
    pub fn execute(
        &mut self,
        now: Now,
        command: Command,
        out: &mut Vec<Output>,
    ) -> Result<CommandId, CommandError> {
        let before = out.len();
        let Some(tape) = &mut self.tape else { return self.session.execute(now, command, out) };
        let written = command.clone();
        let result = self.session.execute(now, command, out);
        let outputs = out.get(before..).unwrap_or_default();
        tape.command(now, &written, &result, outputs, self.session.deadline());
        result
    }

    /// As [`Session::handle`].
    pub fn handle(&mut self, now: Now, input: Input, out: &mut Vec<Output>) {
        let before = out.len();
        let Some(tape) = &mut self.tape else { return self.session.handle(now, input, out) };
        let written = tape.hear(&self.session, &input);
        self.session.handle(now, input, out);
        let outputs = out.get(before..).unwrap_or_default();
        tape.input(now, &written, outputs, self.session.deadline());
    }
}

/// What a session is asked without being called.
impl<S> core::ops::Deref for Recorder<S> {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.session
    }
}

impl<S> core::fmt::Debug for Recorder<S> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Recorder").field("session", &self.session).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
