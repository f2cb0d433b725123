//! What files need of a runtime.

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::io;
use std::path::{Path, PathBuf};

/// A disk, and where it may be waited for. Everything but [`Disk::work`] is a plain call that may wait, and is made
/// from within it only; [`Disk::remove`] also where something is dropped.
pub trait Disk: Clone + fmt::Debug + Default + Send + Sync + 'static {
    /// An open file.
    type File: io::Read + io::Write + Send + 'static;

    /// Runs what waits for the disk where it holds nobody up. What has begun runs to its end, also where nobody
    /// waits for it any more: then what it made is dropped.
    fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> io::Result<T> + Send + 'static,
    ) -> impl Future<Output = io::Result<T>> + Send;

    /// How many bytes a file has, links followed; none where there is something else by that name.
    ///
    /// # Errors
    /// Where there is nothing, or it cannot be looked at.
    fn size(&self, path: &Path) -> io::Result<Option<u64>>;

    /// Whether there is anything by that name, be it a link to nowhere.
    fn is_taken(&self, path: &Path) -> bool;

    /// Opens a file to read it.
    ///
    /// # Errors
    /// Where it cannot be opened; none for something that is no file, and then [`Disk::is_file`] says so.
    fn open(&self, path: &Path) -> io::Result<Self::File>;

    /// Whether what was opened is a file.
    ///
    /// # Errors
    /// Where it cannot be looked at.
    fn is_file(&self, file: &Self::File) -> io::Result<bool>;

    /// Makes a new file to write.
    ///
    /// # Errors
    /// [`io::ErrorKind::AlreadyExists`] where the name is taken, and any other.
    fn create_new(&self, path: &Path) -> io::Result<Self::File>;

    /// The path without links.
    ///
    /// # Errors
    /// Where there is nothing by that name.
    fn real_path(&self, path: &Path) -> io::Result<PathBuf>;

    /// Gives a file a second name.
    ///
    /// # Errors
    /// [`io::ErrorKind::AlreadyExists`] where that is taken, and any other, as on a disk without such links.
    fn link(&self, file: &Path, name: &Path) -> io::Result<()>;

    /// Gives a file another name, instead of what had it.
    ///
    /// # Errors
    /// Where that does not work.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file.
    ///
    /// # Errors
    /// Where that does not work.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// A number that nobody can guess, for a name that nobody else uses.
    fn unguessable(&self) -> u64;
}

/// How a runtime's kind of stream is read.
pub trait Reads<R>: Clone + Send + Sync + 'static {
    /// Reads what there is, into `buffer`. Returns how many bytes that were: none at the end.
    ///
    /// # Errors
    /// Those of the stream.
    fn poll_read(
        reader: Pin<&mut R>,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>>;
}

/// How a runtime's kind of stream is written.
pub trait Writes<W>: Clone + Send + Sync + 'static {
    /// Writes what there is room for. Returns how many bytes that were.
    ///
    /// # Errors
    /// Those of the stream.
    fn poll_write(writer: Pin<&mut W>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>>;

    /// Passes on what is held back.
    ///
    /// # Errors
    /// Those of the stream.
    fn poll_flush(writer: Pin<&mut W>, context: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Passes on what is held back, and ends the stream.
    ///
    /// # Errors
    /// Those of the stream.
    fn poll_close(writer: Pin<&mut W>, context: &mut Context<'_>) -> Poll<io::Result<()>>;
}
