//! Files and streams, by smol's and the standard library's names.

use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll};

use helpline_protocol::driver::adapter::files::{Disk, Reads, Writes};
use smol::io::{AsyncRead, AsyncWrite};

use crate::Smol;

impl Disk for Smol {
    type File = File;

    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let (done, result) = futures_channel::oneshot::channel();
        // A task of the pool would not begin, or not end, once nobody waits for it: this one does.
        smol::unblock(move || drop(done.send(work(&Self)))).detach();
        result.await.map_err(io::Error::other)?
    }

    fn size(&self, path: &Path) -> io::Result<Option<u64>> {
        fs::metadata(path).map(|about| about.is_file().then_some(about.len()))
    }

    fn is_taken(&self, path: &Path) -> bool {
        fs::symlink_metadata(path).is_ok()
    }

    fn open(&self, path: &Path) -> io::Result<File> {
        File::open(path)
    }

    fn is_file(&self, file: &File) -> io::Result<bool> {
        file.metadata().map(|about| about.is_file())
    }

    fn create_new(&self, path: &Path) -> io::Result<File> {
        OpenOptions::new().write(true).create_new(true).open(path)
    }

    fn real_path(&self, path: &Path) -> io::Result<PathBuf> {
        fs::canonicalize(path)
    }

    fn link(&self, file: &Path, name: &Path) -> io::Result<()> {
        fs::hard_link(file, name)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn unguessable(&self) -> u64 {
        RandomState::new().hash_one(0_u8)
    }
}

impl<R: AsyncRead> Reads<R> for Smol {
    fn poll_read(
        reader: Pin<&mut R>,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        reader.poll_read(context, buffer)
    }
}

impl<W: AsyncWrite> Writes<W> for Smol {
    fn poll_write(writer: Pin<&mut W>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        writer.poll_write(context, bytes)
    }

    fn poll_flush(writer: Pin<&mut W>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        writer.poll_flush(context)
    }

    fn poll_close(writer: Pin<&mut W>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        writer.poll_close(context)
    }
}
