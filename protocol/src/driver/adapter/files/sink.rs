//! Files that are written: whole under their names, or not at all.

#![allow(clippy::disallowed_types, reason = "clones share the path with the task that writes the file")]

use core::mem;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

use super::disk::Disk;
use super::keys::real_within;
use super::name::{numbered, sanitised};
use crate::driver::{ByteSink, ByteWriter, Written};

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
pub struct FileSink<D> {
    disk: D,
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

impl<D: Disk> FileSink<D> {
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
        let place = Arc::new(Place { path, taken, root });
        Self { disk: D::default(), place, written: Arc::default() }
    }

    /// Where the file is, once all of it is there.
    #[must_use]
    pub fn path(&self) -> Option<PathBuf> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl<D: Disk> ByteSink for FileSink<D> {
    fn open(&self) -> Box<dyn ByteWriter> {
        Box::new(FileWriter { sink: self.clone(), state: State::New })
    }
}

impl Place {
    /// The path, and whether it may be written at all.
    fn check<D: Disk>(&self, disk: &D) -> io::Result<PathBuf> {
        let path = match (&self.root, self.path.parent(), self.path.file_name()) {
            (Some(root), Some(folder), Some(name)) => real_within(disk, root, folder)?.join(name),
            _ => self.path.clone(),
        };
        if self.taken == Taken::Fail && disk.is_taken(&path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        Ok(path)
    }
}

struct FileWriter<D: Disk> {
    sink: FileSink<D>,
    state: State<D>,
}

/// How far a file is. If nobody waits for a step any more, what it made is dropped, and with that removed.
enum State<D: Disk> {
    New,
    Open(Open<D>),
    /// A step is under way, or was given up or failed: what was written by then is gone.
    Broken,
}

struct Open<D: Disk> {
    file: D::File,
    temporary: Temporary<D>,
    path: PathBuf,
}

impl<D: Disk> FileWriter<D> {
    /// Does a step with the open file, which is made where it is not there yet.
    async fn step<T: Send + 'static>(
        &mut self,
        step: impl FnOnce(Open<D>) -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let state = mem::replace(&mut self.state, State::Broken);
        let place = self.sink.place.clone();
        let work = move |disk: &D| match state {
            State::New => {
                let path = place.check(disk)?;
                let (file, temporary) = Temporary::beside(disk, &path)?;
                step(Open { file, temporary, path })
            }
            State::Open(open) => step(open),
            State::Broken => Err(io::ErrorKind::BrokenPipe.into()),
        };
        self.sink.disk.work(work).await
    }
}

impl<D: Disk> ByteWriter for FileWriter<D> {
    fn write(&mut self, bytes: Bytes) -> Written<'_> {
        Box::pin(async move {
            // The bytes come back to be freed where they were made: the client's buffer has its room again.
            let written = move |mut open: Open<D>| open.file.write_all(&bytes).map(|()| (open, bytes));
            let (open, _bytes) = self.step(written).await?;
            self.state = State::Open(open);
            Ok(())
        })
    }

    fn finish(mut self: Box<Self>) -> Written<'static> {
        Box::pin(async move {
            let taken = self.sink.place.taken;
            // An empty file is one too.
            let published = move |Open { mut file, temporary, path }: Open<D>| {
                file.flush()?;
                drop(file);
                temporary.publish(&path, taken)
            };
            let path = self.step(published).await?;
            *self.sink.written.lock().unwrap_or_else(PoisonError::into_inner) = Some(path);
            Ok(())
        })
    }
}

/// A file under a name that nobody looks for. It is removed when this is dropped.
struct Temporary<D: Disk> {
    disk: D,
    path: PathBuf,
}

impl<D: Disk> Temporary<D> {
    fn beside(disk: &D, path: &Path) -> io::Result<(D::File, Self)> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or_else(|| Path::new("."));
        let mut last = io::Error::from(io::ErrorKind::AlreadyExists);
        for _ in 0..TEMPORARY_TRIES {
            let path = folder.join(format!(".helpline-{:016x}.part", disk.unguessable()));
            match disk.create_new(&path) {
                Ok(file) => return Ok((file, Self { disk: disk.clone(), path })),
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
        match self.disk.link(&self.path, target) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                drop(self.disk.create_new(target)?);
                self.disk.rename(&self.path, target).inspect_err(|_| drop(self.disk.remove(target)))
            }
            linked => linked,
        }
    }
}

impl<D: Disk> Drop for Temporary<D> {
    fn drop(&mut self) {
        // Where it was renamed there is nothing left to remove.
        drop(self.disk.remove(&self.path));
    }
}

#[cfg(test)]
mod tests;
