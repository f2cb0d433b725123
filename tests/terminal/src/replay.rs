//! Shows a recorded session again, step by step, and says whether today's code does the same.

mod screen;

use std::fs;
use std::io::{self, IsTerminal as _, Write};
use std::path::{Path, PathBuf};

use helpline_protocol::{Journal, JournalError, Replayer};

use crate::{Exit, diagnose};

/// A journal that is to be replayed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Replay {
    pub(crate) file: PathBuf,
    /// Only to say whether the outputs are those that were recorded.
    pub(crate) check: bool,
    /// All steps as lines, whatever stdout is.
    pub(crate) plain: bool,
}

impl Replay {
    /// Shows it, or checks it.
    pub(crate) fn run(&self) -> Result<Exit, String> {
        let replayer = self.open()?;
        let screen = io::stdout().is_terminal() && io::stdin().is_terminal();
        let exit = if self.check {
            check(replayer, io::stdout())
        } else if self.plain || !screen {
            lines(replayer, io::stdout())
        } else {
            screen::run(replayer, &self.file)
        };
        exit.map_err(|error| error.to_string())
    }

    fn open(&self) -> Result<Replayer, String> {
        let says = |error: &dyn std::fmt::Display| format!("{}: {error}", self.file.display());
        let text = fs::read_to_string(&self.file).map_err(|error| says(&error))?;
        let journal = read(&text, &self.file).map_err(|error| says(&error))?;
        Replayer::new(journal).map_err(|error| says(&error))
    }
}

/// The last line of a process that was killed may be half a line: what is before it is told all the same.
fn read(text: &str, file: &Path) -> Result<Journal, JournalError> {
    let error = match Journal::parse(text) {
        Err(error @ JournalError::Truncated { .. }) => error,
        other => return other,
    };
    let whole = text.trim_end_matches('\n').rsplit_once('\n').map(|(whole, _)| whole);
    match whole.map(Journal::parse) {
        Some(Ok(journal)) => {
            diagnose(&format!("{}: the last line ends in the middle, and is left out", file.display()));
            Ok(journal)
        }
        Some(Err(_)) | None => Err(error),
    }
}

/// Says whether today's code gives the same outputs.
fn check(mut replayer: Replayer, mut out: impl Write) -> io::Result<Exit> {
    match replayer.check() {
        None => {
            writeln!(out, "{} calls, and the outputs are those that were recorded", replayer.position())?;
            Ok(Exit::Well)
        }
        Some(difference) => {
            writeln!(out, "{difference}")?;
            Ok(Exit::Failed)
        }
    }
}

/// Every step.
fn lines(mut replayer: Replayer, mut out: impl Write) -> io::Result<Exit> {
    if let Some(step) = replayer.restoring() {
        writeln!(out, "{step}")?;
    }
    let mut differences = 0_usize;
    while let Some(step) = replayer.forward() {
        differences += usize::from(step.difference.is_some());
        writeln!(out, "{step}")?;
    }
    writeln!(out, "{} calls; the session is {}", replayer.position(), replayer.session().state())?;
    if differences > 0 {
        writeln!(out, "{differences} of them do otherwise than recorded")?;
    }
    Ok(Exit::Well)
}

#[cfg(test)]
mod tests;
