//! Reads a journal, and walks through it.

use serde::Deserialize;
use serde_json::Value;

use super::encoding::Seed;
use super::error::{Difference, JournalError};
use super::tape::written;
use super::wire::WrittenInput;
use super::{Session, Snapshot, SnapshotError, VERSION};
use crate::command::Command;
use crate::config::ConfigRecord;
use crate::error::{CommandError, ConfigError};
use crate::id::CommandId;
use crate::input::Input;
use crate::output::{Deadline, Output};
use crate::secret::Secret;
use crate::time::{Now, Timestamp, WallTime};

/// How far apart the places are that a replay can go back to at once.
const MARK_EVERY: usize = 64;

/// How many of them there are at the most; of a longer journal they are further apart.
const MOST_MARKS: usize = 256;

/// A journal that was read whole.
#[derive(Clone, PartialEq)]
pub struct Journal {
    header: Header,
    calls: Vec<Call>,
}

#[derive(Clone, PartialEq, Deserialize)]
struct Header {
    secrets: SecretsWritten,
    seed: Seed,
    at: Timestamp,
    wall: WallTime,
    config: ConfigRecord,
    #[serde(default)]
    credential: Option<String>,
    #[serde(default)]
    snapshot: Option<Box<Snapshot>>,
    #[serde(default)]
    outputs: Vec<Value>,
    #[serde(default)]
    deadline: Value,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SecretsWritten {
    Redacted,
    Included,
}

#[derive(Clone, PartialEq, Deserialize)]
struct Call {
    at: Timestamp,
    wall: WallTime,
    #[serde(default)]
    command: Option<Command>,
    #[serde(default)]
    input: Option<WrittenInput>,
    #[serde(default)]
    accepted: Option<CommandId>,
    #[serde(default)]
    refused: Option<CommandError>,
    outputs: Vec<Value>,
    deadline: Value,
    /// The line it stands in.
    #[serde(skip)]
    line: usize,
}

#[derive(Deserialize)]
struct Version {
    #[serde(default)]
    helpline_journal: Option<u64>,
}

impl Journal {
    /// Reads a journal. Lines that are empty are none.
    ///
    /// # Errors
    /// When a line is cut off or damaged, or this is something else, or of a version to come.
    pub fn parse(text: &str) -> Result<Self, JournalError> {
        let mut lines = text.lines().enumerate().map(|(place, line)| (place + 1, line));
        let mut lines = lines.by_ref().filter(|(_, line)| !line.trim().is_empty());
        let (line, first) = lines.next().ok_or(JournalError::Empty)?;
        let version: Version =
            serde_json::from_str(first).map_err(|error| JournalError::json(line, &error))?;
        match version.helpline_journal {
            None => return Err(JournalError::Foreign),
            Some(VERSION) => {}
            Some(found) => return Err(JournalError::UnknownVersion { found, newest: VERSION }),
        }
        let header = serde_json::from_str(first).map_err(|error| JournalError::json(line, &error))?;
        let calls = lines.map(|(line, text)| Call::parse(line, text)).collect::<Result<_, _>>()?;
        Ok(Self { header, calls })
    }

    /// How many calls are in it.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.calls.len()
    }

    /// Whether the session was born, and nothing more.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    /// Whether secrets are in it.
    #[must_use]
    pub fn has_secrets(&self) -> bool {
        self.header.secrets == SecretsWritten::Included
    }
}

impl core::fmt::Debug for Journal {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Journal").field("calls", &self.calls.len()).finish_non_exhaustive()
    }
}

impl Header {
    fn now(&self) -> Now {
        Now::new(self.at, self.wall)
    }

    fn session(&self, out: &mut Vec<Output>) -> Result<Session, SnapshotError> {
        let token = Secret::new(self.credential.clone().unwrap_or_default());
        let unreadable =
            || ConfigError::Field { field: "policy", problem: "it has no such numbers".to_owned() };
        let config = self.config.config(token).ok_or_else(unreadable)?;
        match &self.snapshot {
            Some(snapshot) => Session::restore(config, snapshot, self.seed.0, self.now(), out),
            None => Ok(Session::new(config, self.seed.0, self.now())?),
        }
    }
}

impl Call {
    fn parse(line: usize, text: &str) -> Result<Self, JournalError> {
        let mut call: Self = serde_json::from_str(text).map_err(|error| JournalError::json(line, &error))?;
        call.line = line;
        if call.called().is_none() {
            return Err(JournalError::Malformed { line, column: 1 });
        }
        Ok(call)
    }

    /// None where it is neither a command nor an input, or both.
    fn called(&self) -> Option<Called> {
        match (&self.command, &self.input) {
            (Some(command), None) => Some(Called::Command(command.clone())),
            (None, Some(input)) => input.input().map(Called::Input),
            (Some(_), Some(_)) | (None, None) => None,
        }
    }

    fn now(&self) -> Now {
        Now::new(self.at, self.wall)
    }
}

/// What a session was called with.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Called {
    /// [`Session::execute`].
    Command(Command),
    /// [`Session::handle`].
    Input(Input),
}

/// One call of a session, as today's code does it. Prints as readable lines.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Step {
    /// The number of the call, from 1; zero for the restoring that a journal begins with.
    pub number: usize,
    /// The time of it.
    pub now: Now,
    /// What with; none for the restoring.
    pub called: Option<Called>,
    /// Whether a command was accepted; none for an input.
    pub result: Option<Result<CommandId, CommandError>>,
    /// What it caused.
    pub outputs: Vec<Output>,
    /// The deadline afterwards.
    pub deadline: Option<Deadline>,
    /// Where that is not what the journal says.
    pub difference: Option<Difference>,
}

/// Walks through a journal, with a session that does what it says.
#[derive(Clone)]
pub struct Replayer {
    journal: Journal,
    session: Session,
    /// How many calls the session has had.
    position: usize,
    /// Sessions on the way, so that going back need not begin at the beginning; the first is the newborn.
    marks: Vec<(usize, Session)>,
    mark_every: usize,
    born: Step,
}

impl Replayer {
    /// At the beginning: the session is born, or restored.
    ///
    /// # Errors
    /// When no session begins as the header says.
    pub fn new(journal: Journal) -> Result<Self, JournalError> {
        let mut outputs = Vec::new();
        let session = journal.header.session(&mut outputs).map_err(JournalError::Unborn)?;
        let deadline = session.deadline();
        let difference = match &journal.header.snapshot {
            Some(_) => differs(1, (&journal.header.outputs, &journal.header.deadline), &outputs, deadline),
            None => None,
        };
        let now = journal.header.now();
        let born = Step { number: 0, now, called: None, result: None, outputs, deadline, difference };
        let mark_every = journal.len().div_ceil(MOST_MARKS).max(MARK_EVERY);
        Ok(Self { marks: vec![(0, session.clone())], journal, session, position: 0, mark_every, born })
    }

    /// The restoring, where the journal begins with one.
    #[must_use]
    pub fn restoring(&self) -> Option<&Step> {
        self.journal.header.snapshot.as_ref().map(|_| &self.born)
    }

    /// The next call; none at the end.
    pub fn forward(&mut self) -> Option<Step> {
        let call = self.journal.calls.get(self.position)?;
        let called = call.called()?;
        let now = call.now();
        let mut outputs = Vec::new();
        let result = match called.clone() {
            Called::Command(command) => Some(self.session.execute(now, command, &mut outputs)),
            Called::Input(input) => {
                self.session.handle(now, input, &mut outputs);
                None
            }
        };
        let deadline = self.session.deadline();
        let difference = result_differs(call, result.as_ref())
            .or_else(|| differs(call.line, (&call.outputs, &call.deadline), &outputs, deadline));
        self.position += 1;
        let last = self.marks.last().map_or(0, |(at, _)| *at);
        if self.position >= last.saturating_add(self.mark_every) {
            self.marks.push((self.position, self.session.clone()));
        }
        let called = Some(called);
        Some(Step { number: self.position, now, called, result, outputs, deadline, difference })
    }

    /// Undoes the last call. Whether there was one.
    pub fn back(&mut self) -> bool {
        let Some(before) = self.position.checked_sub(1) else { return false };
        self.seek(before);
        true
    }

    /// Goes to where so many calls have been made; to the end, where there are fewer.
    pub fn seek(&mut self, position: usize) {
        if position < self.position {
            let mark = self.marks.iter().rev().find(|(at, _)| *at <= position);
            if let Some((at, session)) = mark {
                (self.position, self.session) = (*at, session.clone());
            }
        }
        while self.position < position && self.forward().is_some() {}
    }

    /// How many calls have been made.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.position
    }

    /// The session as it stands here.
    #[must_use]
    pub const fn session(&self) -> &Session {
        &self.session
    }

    /// The journal.
    #[must_use]
    pub const fn journal(&self) -> &Journal {
        &self.journal
    }

    /// How many sessions are kept on the way.
    #[cfg(test)]
    pub(super) fn marks(&self) -> usize {
        self.marks.len()
    }

    /// The first place, from the beginning on, where today's code does otherwise.
    pub fn check(&mut self) -> Option<Difference> {
        if self.born.difference.is_some() {
            return self.born.difference.clone();
        }
        self.seek(0);
        while let Some(step) = self.forward() {
            if step.difference.is_some() {
                return step.difference;
            }
        }
        None
    }
}

impl core::fmt::Debug for Replayer {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let calls = self.journal.len();
        f.debug_struct("Replayer")
            .field("position", &self.position)
            .field("calls", &calls)
            .finish_non_exhaustive()
    }
}

fn result_differs(call: &Call, today: Option<&Result<CommandId, CommandError>>) -> Option<Difference> {
    let recorded = match (&call.accepted, &call.refused) {
        (Some(id), _) => Some(Ok(*id)),
        (None, Some(error)) => Some(Err(error.clone())),
        (None, None) => None,
    };
    if recorded.as_ref() == today {
        return None;
    }
    let shown = |result: Option<&Result<CommandId, CommandError>>| match result {
        Some(Ok(id)) => format!("accepted as {id}"),
        Some(Err(error)) => format!("refused: {error}"),
        None => "neither accepted nor refused".to_owned(),
    };
    let (recorded, today) = (shown(recorded.as_ref()), shown(today));
    Some(Difference { line: call.line, of: "result", recorded, today })
}

fn differs(
    line: usize,
    recorded: (&[Value], &Value),
    outputs: &[Output],
    deadline: Option<Deadline>,
) -> Option<Difference> {
    let (outputs, deadline) = written(outputs, deadline);
    let nothing = || "nothing".to_owned();
    if *recorded.0 != *outputs {
        let differing = |place: &usize| recorded.0.get(*place) != outputs.get(*place);
        let place = (0..recorded.0.len().max(outputs.len())).find(differing).unwrap_or_default();
        let shown = |outputs: &[Value]| outputs.get(place).map_or_else(nothing, Value::to_string);
        let (recorded, today) = (shown(recorded.0), shown(&outputs));
        return Some(Difference { line, of: "output", recorded, today });
    }
    if *recorded.1 != deadline {
        let (recorded, today) = (recorded.1.to_string(), deadline.to_string());
        return Some(Difference { line, of: "deadline", recorded, today });
    }
    None
}
