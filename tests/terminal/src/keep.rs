//! What is kept of a chat on disk: its state, to go on with after this process, and its journal.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use helpline_protocol::driver::Records;
use helpline_protocol::{Now, Secrets, Session, Snapshot};

use crate::diagnose;

/// The largest state that is read, in bytes: far beyond what a session's limits let it grow to.
const LARGEST: u64 = 1024 * 1024 * 1024;

/// The file of a chat's state.
#[derive(Clone, Debug)]
pub(crate) struct State {
    path: PathBuf,
    secrets: Secrets,
}

impl State {
    /// With the tokens in it, or without.
    pub(crate) const fn new(path: PathBuf, secrets: bool) -> Self {
        Self { path, secrets: if secrets { Secrets::Include } else { Secrets::Omit } }
    }

    /// What was kept; none where there is no such file yet.
    pub(crate) fn load(&self) -> Result<Option<Snapshot>, String> {
        let says = |error: &dyn std::fmt::Display| format!("--state {}: {error}", self.path.display());
        match fs::metadata(&self.path) {
            Ok(found) if found.len() > LARGEST => return Err(says(&"it is too large to be a chat's state")),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(says(&error)),
        }
        let text = fs::read_to_string(&self.path).map_err(|error| says(&error))?;
        Snapshot::parse(&text).map(Some).map_err(|error| says(&error))
    }

    /// Writes it at each checkpoint. A state that cannot be written is told of once until one can be again.
    pub(crate) fn keeper(self) -> impl FnMut(&Session, Now) + Send + 'static {
        let mut failing = false;
        move |session, now| {
            let written = replace(&self.path, session.snapshot(now, self.secrets).to_json().as_bytes());
            match written {
                Ok(()) => failing = false,
                Err(error) if !failing => {
                    failing = true;
                    diagnose(&format!("--state {}: not written: {error}", self.path.display()));
                }
                Err(_) => {}
            }
        }
    }
}

/// What a run keeps, and what it goes on from.
pub(crate) fn records(
    state: Option<State>,
    snapshot: Option<Snapshot>,
    journal: Option<(PathBuf, bool)>,
) -> Result<Records, String> {
    let mut records = Records::new();
    if let Some(snapshot) = snapshot {
        records = records.with_snapshot(snapshot);
    }
    if let Some(state) = state {
        records = records.with_keeper(state.keeper());
    }
    if let Some((path, secrets)) = journal {
        let file = private().create_new(true).open(&path);
        let file = file.map_err(|error| format!("--journal {}: {error}", path.display()))?;
        let secrets = if secrets { Secrets::Include } else { Secrets::Omit };
        records = records.with_journal(secrets, journal_to(path, file));
    }
    Ok(records)
}

/// Each line at once, as the next may be the one that kills the process.
fn journal_to(path: PathBuf, file: File) -> impl FnMut(&str) + Send + 'static {
    let mut file = Some(file);
    move |line| {
        let Some(open) = &mut file else { return };
        let mut whole = String::with_capacity(line.len() + 1);
        whole.push_str(line);
        whole.push('\n');
        if let Err(error) = open.write_all(whole.as_bytes()) {
            // With a hole in it, it would replay something else.
            file = None;
            diagnose(&format!("--journal {}: it ends here: {error}", path.display()));
        }
    }
}

/// Puts the bytes in the place of the file, so that at every moment it is the old one or the new one, whole.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let beside = PathBuf::from(name);
    let mut file = private().create(true).truncate(true).open(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    // That the file has another content now is the folder's to remember.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or_else(|| Path::new("."));
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// A chat is nobody else's affair.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of this test's own, gone with it.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("helpline-{name}-{}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            drop(fs::remove_dir_all(&self.0));
        }
    }

    #[test]
    fn a_file_is_replaced_whole_and_for_nobody_else_to_read() {
        let folder = Folder::new("replace");
        let path = folder.0.join("state");
        for text in ["long, to begin with", "short"] {
            replace(&path, text.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 1);
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).unwrap().permissions());
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn what_is_no_state_is_told_with_its_name() {
        let folder = Folder::new("load");
        let state = State::new(folder.0.join("state"), false);
        assert_eq!(state.load(), Ok(None));
        fs::write(&state.path, "{}").unwrap();
        let says = state.load().unwrap_err();
        assert!(says.contains("state: this is no snapshot of a session"), "{says}");
        fs::remove_file(&state.path).unwrap();
        fs::create_dir(&state.path).unwrap();
        assert!(state.load().is_err());
    }

    #[test]
    fn a_journal_is_not_written_over() {
        let folder = Folder::new("journal");
        let path = folder.0.join("journal");
        fs::write(&path, "another chat").unwrap();
        let says = records(None, None, Some((path.clone(), false))).unwrap_err();
        assert!(says.starts_with("--journal ") && says.contains("exists"), "{says}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "another chat");
    }
}
