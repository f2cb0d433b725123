//! What is kept of a session while it is driven, and what it is restored from.

use super::{Driver, Runtime};
use crate::Config;
use crate::command::Command;
use crate::error::CommandError;
use crate::id::CommandId;
use crate::input::Input;
use crate::output::Output;
use crate::session::{Recorder, Secrets, Session, Snapshot, SnapshotError};
use crate::time::Now;

type Lines = Box<dyn FnMut(&str) + Send>;
type Keeper = Box<dyn FnMut(&Session, Now) + Send>;

/// What a driver keeps of its session, and what it restores it from. By default it is nothing.
#[derive(Default)]
pub struct Records {
    snapshot: Option<Snapshot>,
    journal: Option<(Secrets, Lines)>,
    keeper: Option<Keeper>,
}

impl Records {
    /// Nothing is kept.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The session is [restored](Session::restore) from this.
    #[must_use]
    pub fn with_snapshot(mut self, snapshot: Snapshot) -> Self {
        self.snapshot = Some(snapshot);
        self
    }

    /// The session's [journal](crate::Recorder) goes to `sink`, line by line, each before what it tells of is
    /// carried out.
    #[must_use]
    pub fn with_journal(mut self, secrets: Secrets, sink: impl FnMut(&str) + Send + 'static) -> Self {
        self.journal = Some((secrets, Box::new(sink)));
        self
    }

    /// `keeper` is called at each [`Output::Checkpoint`], before anything else of the call is carried out, and may
    /// take a [snapshot](Session::snapshot). What it has written when it returns is durable before the user hears
    /// of it and before a request goes out; the driver waits for it meanwhile.
    #[must_use]
    pub fn with_keeper(mut self, keeper: impl FnMut(&Session, Now) + Send + 'static) -> Self {
        self.keeper = Some(Box::new(keeper));
        self
    }
}

impl core::fmt::Debug for Records {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Records")
            .field("snapshot", &self.snapshot)
            .field("journal", &self.journal.as_ref().map(|(secrets, _)| secrets))
            .field("keeper", &self.keeper.is_some())
            .finish()
    }
}

/// A session, and who writes down what it does.
pub(super) struct Kept {
    session: Recorder<Lines>,
    keeper: Option<Keeper>,
}

impl Kept {
    pub(super) const fn nothing(session: Session) -> Self {
        Self { session: Recorder::silent(session), keeper: None }
    }

    fn new(
        config: Config,
        records: Records,
        seed: [u8; 32],
        now: Now,
        out: &mut Vec<Output>,
    ) -> Result<Self, SnapshotError> {
        let Records { snapshot, journal, keeper } = records;
        let session = match (&snapshot, journal) {
            (Some(snapshot), Some((secrets, sink))) => {
                Recorder::restore(config, snapshot, seed, now, secrets, sink, out)?
            }
            (Some(snapshot), None) => Recorder::silent(Session::restore(config, snapshot, seed, now, out)?),
            (None, Some((secrets, sink))) => Recorder::new(config, seed, now, secrets, sink)?,
            (None, None) => Recorder::silent(Session::new(config, seed, now)?),
        };
        let mut kept = Self { session, keeper };
        kept.checkpoint(now, out);
        Ok(kept)
    }

    pub(super) const fn session(&self) -> &Session {
        self.session.session()
    }

    pub(super) fn execute(
        &mut self,
        now: Now,
        command: Command,
        out: &mut Vec<Output>,
    ) -> Result<CommandId, CommandError> {
        let before = out.len();
        let result = self.session.execute(now, command, out);
        self.checkpoint(now, out.get(before..).unwrap_or_default());
        result
    }

    pub(super) fn handle(&mut self, now: Now, input: Input, out: &mut Vec<Output>) {
        let before = out.len();
        self.session.handle(now, input, out);
        self.checkpoint(now, out.get(before..).unwrap_or_default());
    }

    fn checkpoint(&mut self, now: Now, outputs: &[Output]) {
        if let Some(keeper) = &mut self.keeper
            && outputs.last() == Some(&Output::Checkpoint)
        {
            keeper(&self.session, now);
        }
    }
}

impl<R: Runtime> Driver<R> {
    /// A driver of a session that is restored or of which something is kept, as `records` say. One that is
    /// restored goes on by itself; a new one begins with [`Command::Connect`], and so does one that was restored
    /// [idle](crate::ConnectionState::Idle).
    ///
    /// # Errors
    /// When the configuration cannot work, or there is no session in the snapshot.
    pub fn with_records(
        runtime: R,
        config: impl Into<Config>,
        records: Records,
    ) -> Result<Self, SnapshotError> {
        let mut outputs = Vec::new();
        let kept = Kept::new(config.into(), records, runtime.seed(), runtime.now(), &mut outputs)?;
        let mut driver = Self::of(runtime, kept);
        driver.outputs = outputs;
        driver.perform_all();
        Ok(driver)
    }
}
