//! Writes a journal's lines.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::encoding::Seed;
use super::secrets::Redactor;
use super::wire::{WrittenInput, written_deadline, written_output};
use super::{Secrets, Session, Snapshot, VERSION};
use crate::command::Command;
use crate::config::ConfigRecord;
use crate::error::CommandError;
use crate::id::CommandId;
use crate::input::Input;
use crate::output::{Deadline, Output};
use crate::time::Now;

/// Writes a journal to a sink, line by line.
pub(crate) struct Tape<S> {
    redactor: Redactor,
    sink: S,
}

impl<S: FnMut(&str)> Tape<S> {
    /// Writes the header of a session that was just born, or restored with these outputs.
    pub(crate) fn begin(
        session: &Session,
        seed: [u8; 32],
        now: Now,
        secrets: Secrets,
        restored: Option<(&Snapshot, &[Output])>,
        sink: S,
    ) -> Self {
        let redactor = match secrets {
            Secrets::Omit => Redactor::replacing(),
            Secrets::Include => Redactor::keeping(),
        };
        let mut tape = Self { redactor, sink };
        let credential = session.dialect.get().credential();
        if let Some(secret) = credential {
            tape.redactor.learn(secret.expose());
        }
        let mut header = Map::new();
        header.insert("helpline_journal".to_owned(), VERSION.into());
        let kept = secrets == Secrets::Include;
        header.insert("secrets".to_owned(), if kept { "included" } else { "redacted" }.into());
        put(&mut header, "seed", &Seed(seed));
        time(&mut header, now);
        put(&mut header, "config", &ConfigRecord::new(&session.dialect, &session.policy, &session.limits));
        if let Some(secret) = credential {
            header.insert("credential".to_owned(), secret.expose().into());
        }
        if let Some((snapshot, outputs)) = restored {
            snapshot.secret_texts().for_each(|secret| tape.redactor.learn(secret));
            put(&mut header, "snapshot", snapshot);
            done(&mut header, outputs, session.deadline());
        }
        tape.redactor.begin();
        tape.write(header);
        tape
    }

    /// A command was given, with this result.
    pub(crate) fn command(
        &mut self,
        now: Now,
        command: &Command,
        result: &Result<CommandId, CommandError>,
        outputs: &[Output],
        deadline: Option<Deadline>,
    ) {
        let mut line = Map::new();
        time(&mut line, now);
        put(&mut line, "command", command);
        match result {
            Ok(id) => put(&mut line, "accepted", id),
            Err(error) => put(&mut line, "refused", error),
        }
        done(&mut line, outputs, deadline);
        self.write(line);
    }

    /// How an input is to be written; asked before the session has it.
    pub(crate) fn hear(&mut self, session: &Session, input: &Input) -> Heard {
        let replaced = self.redactor.hear(session, input);
        Heard(WrittenInput::from(replaced.as_ref().unwrap_or(input)))
    }

    /// An input was given.
    pub(crate) fn input(&mut self, now: Now, heard: &Heard, outputs: &[Output], deadline: Option<Deadline>) {
        let mut line = Map::new();
        time(&mut line, now);
        put(&mut line, "input", &heard.0);
        done(&mut line, outputs, deadline);
        self.write(line);
    }

    fn write(&mut self, line: Map<String, Value>) {
        let mut line = Value::Object(line);
        self.redactor.value(&mut line);
        (self.sink)(&line.to_string());
    }
}

/// An input as it will be written.
pub(crate) struct Heard(WrittenInput);

/// What a call brought about, as it is written.
pub(super) fn written(outputs: &[Output], deadline: Option<Deadline>) -> (Vec<Value>, Value) {
    (outputs.iter().map(written_output).collect(), deadline.map_or(Value::Null, written_deadline))
}

fn done(line: &mut Map<String, Value>, outputs: &[Output], deadline: Option<Deadline>) {
    let (outputs, deadline) = written(outputs, deadline);
    line.insert("outputs".to_owned(), outputs.into());
    line.insert("deadline".to_owned(), deadline);
}

fn time(line: &mut Map<String, Value>, now: Now) {
    put(line, "at", &now.at);
    put(line, "wall", &now.wall);
}

/// There is nothing in a journal that JSON cannot say.
fn put(line: &mut Map<String, Value>, name: &str, value: &impl Serialize) {
    line.insert(name.to_owned(), json!(value));
}
