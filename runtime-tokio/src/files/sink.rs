//! Files that are written: whole under their names, or not at all.

use std::fs;
use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use helpline_protocol::driver::{ByteSink, ByteWriter, Written};
use tokio::io::AsyncWriteExt as _;

use super::blocking;
use super::keys::real_within;
use super::name::{numbered, sanitised};

/// Numbers that are tried where a name is taken.
const MOST_NUMBERS: u32 = 1_000;
/// Names that are tried for a temporary file. One is enough unless somebody plays tricks.
const TEMPORARY_TRIES: u32 = 16;

/// A file on the disk. It is written under a temporary name in the same folder, and has its own name once it is
/// whole: what is taken back or fails leaves nothing. No file is ever replaced. (A program that is killed half-way
/// leaves a `.helpline-….part`.)
///
/// Clones stand for the same file.
#[derive(Clone, Debug)]
pub struct FileSink {
    place: Arc<Place>,
    written: Arc<Mutex<Option<PathBuf>>>,
}

#[derive(Debug)]
struct Place {
    path: PathBuf,
    taken: Taken,
    /// The folder that it must not lie outside of.
    root: Option<PathBuf>,
}

/// What to do where there is a file of that name already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Taken {
    /// Another name: `name (1).ext`.
    Number,
    Fail,
}

impl FileSink {
    /// A file in a folder that exists, under a name that somebody else chose: it is [`sanitised`], and where it
    /// is taken, a number is added: `name (1).ext`.
    #[must_use]
    pub fn in_folder(folder: impl Into<PathBuf>, name: &str) -> Self {
        Self::new(folder.into().join(sanitised(name)), Taken::Number, None)
    }

    /// A file at just this path, whose folder exists. Fails where there is one already, before anything is
    /// fetched where that can be seen by then.
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self::new(path.into(), Taken::Fail, None)
    }

    /// A file at just this path within `root`, as [`FileKeys`](super::FileKeys) has it.
    pub(super) fn within(root: PathBuf, path: PathBuf) -> Self {
        Self::new(path, Taken::Fail, Some(root))
    }

    fn new(path: PathBuf, taken: Taken, root: Option<PathBuf>) -> Self {
        Self { place: Arc::new(Place { path, taken, root }), written: Arc::default() }
    }

    /// Where the file is, once all of it is there.
    #[must_use]
    pub fn path(&self) -> Option<PathBuf> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ByteSink for FileSink {
    fn open(&self) -> Box<dyn ByteWriter> {
        Box::new(FileWriter { sink: self.clone(), open: None })
    }
}

impl Place {
    /// The path, and whether it may be written at all.
    fn check(&self) -> io::Result<PathBuf> {
        let path = match (&self.root, self.path.parent(), self.path.file_name()) {
            (Some(root), Some(folder), Some(name)) => real_within(root, folder)?.join(name),
            _ => self.path.clone(),
        };
        if self.taken == Taken::Fail && fs::symlink_metadata(&path).is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        Ok(path)
    }
}

struct FileWriter {
    sink: FileSink,
    open: Option<Open>,
}

struct Open {
    file: tokio::fs::File,
    temporary: Temporary,
    path: PathBuf,
}

impl FileWriter {
    async fn opened(&mut self) -> io::Result<&mut Open> {
        if self.open.is_none() {
            let place = self.sink.place.clone();
            // If nobody waits for it any more, what is made is dropped, and with that removed.
            let made = blocking(move || {
                let path = place.check()?;
                let (file, temporary) = Temporary::beside(&path)?;
                Ok((file, temporary, path))
            });
            let (file, temporary, path) = made.await?;
            self.open = Some(Open { file: tokio::fs::File::from_std(file), temporary, path });
        }
        self.open.as_mut().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl ByteWriter for FileWriter {
    fn write(&mut self, bytes: Bytes) -> Written<'_> {
        Box::pin(async move { self.opened().await?.file.write_all(&bytes).await })
    }

    fn finish(mut self: Box<Self>) -> Written<'static> {
        Box::pin(async move {
            // An empty file is one too.
            self.opened().await?.file.flush().await?;
            let Some(Open { file, temporary, path }) = self.open.take() else { return Ok(()) };
            drop(file.into_std().await);
            let taken = self.sink.place.taken;
            let path = blocking(move || temporary.publish(&path, taken)).await?;
            *self.sink.written.lock().unwrap_or_else(PoisonError::into_inner) = Some(path);
            Ok(())
        })
    }
}

/// A file under a name that nobody looks for. It is removed when this is dropped.
struct Temporary(PathBuf);

impl Temporary {
    fn beside(path: &Path) -> io::Result<(fs::File, Self)> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or_else(|| Path::new("."));
        let mut last = io::Error::from(io::ErrorKind::AlreadyExists);
        for _ in 0..TEMPORARY_TRIES {
            let path = folder.join(format!(".helpline-{:016x}.part", RandomState::new().hash_one(0_u8)));
            match fs::OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => return Ok((file, Self(path))),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => last = error,
                Err(error) => return Err(error),
            }
        }
        Err(last)
    }

    /// Gives it its own name. Returns what that became.
    fn publish(self, path: &Path, taken: Taken) -> io::Result<PathBuf> {
        let mut target = path.to_path_buf();
        for number in 1..=MOST_NUMBERS {
            match self.rename(&target) {
                Ok(()) => return Ok(target),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && taken == Taken::Number => {
                    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
                    target = path.with_file_name(numbered(&name, number));
                }
                Err(error) => return Err(error),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    /// Renames it without replacing another file, which a plain rename would do. A second link is refused where
    /// the name is taken; where the file system has none, the name is taken first, and the file then put over
    /// what is our own.
    fn rename(&self, target: &Path) -> io::Result<()> {
        match fs::hard_link(&self.0, target) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                drop(fs::OpenOptions::new().write(true).create_new(true).open(target)?);
                fs::rename(&self.0, target).inspect_err(|_| drop(fs::remove_file(target)))
            }
            linked => linked,
        }
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // Where it was renamed there is nothing left to remove.
        drop(fs::remove_file(&self.0));
    }
}

#[cfg(test)]
mod tests;
