//! Bytes that are read: from files, and from whatever else can be read.

use core::fmt;
use core::future::{Future, poll_fn};
use core::marker::PhantomData;
use std::io;
use std::path::{Path, PathBuf};

use bytes::BytesMut;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::disk::{Disk, Reads};
use crate::driver::{AttachmentSource, ByteSource, ByteStream};

/// How much is read at once.
const PIECE: usize = 64 * 1024;

/// A file on the disk, read from its start each time that it is sent. It must not change meanwhile: where it
/// has another size by then, the transfer fails before the server has all of it.
///
/// It becomes an [`AttachmentSource`] with the name that it has on the disk;
/// [`AttachmentSource::with_name`] gives it another.
#[derive(Clone, Debug)]
pub struct FileSource<D> {
    disk: D,
    path: PathBuf,
    name: String,
    size: u64,
}

impl<D: Disk> FileSource<D> {
    /// Looks at a file. It is opened when it is sent.
    ///
    /// # Errors
    /// When there is no such file, or it is no file.
    pub async fn open(path: impl Into<PathBuf> + Send) -> io::Result<Self> {
        let (disk, path) = (D::default(), path.into());
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let looked_at = path.clone();
        let size = disk.work(move |disk| disk.size(&looked_at)?.ok_or_else(|| no_file(&looked_at))).await?;
        Ok(Self { disk, path, name, size })
    }

    /// How many bytes it had when it was looked at.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }
}

impl<D: Disk> ByteSource for FileSource<D> {
    fn open(&self) -> ByteStream {
        read_file(self.disk.clone(), self.path.clone(), |_, path| Ok(path.to_path_buf()))
    }
}

impl<D: Disk> From<FileSource<D>> for AttachmentSource {
    fn from(source: FileSource<D>) -> Self {
        Self::new(source.name.clone(), source.size, source)
    }
}

/// Whatever can be read, made anew by a closure each time that it is sent.
pub struct ReaderSource<F, K> {
    open: F,
    kind: PhantomData<fn() -> K>,
}

impl<F, A, R, K> ReaderSource<F, K>
where
    F: Fn() -> A + Send + Sync + 'static,
    A: Future<Output = io::Result<R>> + Send + 'static,
    R: Send + 'static,
    K: Reads<R>,
{
    /// What `open` makes is read from its start to its end.
    #[must_use]
    pub const fn new(open: F) -> Self {
        Self { open, kind: PhantomData }
    }
}

impl<F: Clone, K> Clone for ReaderSource<F, K> {
    fn clone(&self) -> Self {
        Self { open: self.open.clone(), kind: PhantomData }
    }
}

impl<F, A, R, K> ByteSource for ReaderSource<F, K>
where
    F: Fn() -> A + Send + Sync + 'static,
    A: Future<Output = io::Result<R>> + Send + 'static,
    R: Send + 'static,
    K: Reads<R>,
{
    fn open(&self) -> ByteStream {
        let pieces = |reader: R| {
            let state = (Box::pin(reader), BytesMut::new());
            stream::try_unfold(state, |(mut reader, mut buffer)| async move {
                buffer.resize(PIECE, 0);
                let read = poll_fn(|context| K::poll_read(reader.as_mut(), context, &mut buffer)).await?;
                let piece = buffer.split_to(read).freeze();
                Ok((read > 0).then_some((piece, (reader, buffer))))
            })
        };
        stream::once((self.open)()).map_ok(pieces).try_flatten().boxed()
    }
}

impl<F, K> fmt::Debug for ReaderSource<F, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReaderSource").finish_non_exhaustive()
    }
}

/// The bytes of a file, once `find` has said which file a path stands for.
pub(super) fn read_file<D: Disk>(
    disk: D,
    path: PathBuf,
    find: impl FnOnce(&D, &Path) -> io::Result<PathBuf> + Send + 'static,
) -> ByteStream {
    let opener = disk.clone();
    let opened = async move {
        let open = move |disk: &D| {
            let found = find(disk, &path)?;
            // First by its name, as some things cannot be opened without waiting; then what was opened.
            if disk.size(&found)?.is_none() {
                return Err(no_file(&path));
            }
            let file = disk.open(&found)?;
            if disk.is_file(&file)? { Ok(file) } else { Err(no_file(&path)) }
        };
        opener.work(open).await
    };
    let pieces = move |file: D::File| {
        let state = (disk.clone(), file, BytesMut::new());
        stream::try_unfold(state, |(disk, file, buffer)| async move {
            let (file, mut buffer, read) = disk.work(move |_| read_piece(file, buffer)).await?;
            let piece = buffer.split_to(read).freeze();
            Ok((read > 0).then_some((piece, (disk, file, buffer))))
        })
    };
    stream::once(opened).map_ok(pieces).try_flatten().boxed()
}

/// Reads what comes next. A piece that the client has done with gives its room in the buffer back.
fn read_piece<F: io::Read>(mut file: F, mut buffer: BytesMut) -> io::Result<(F, BytesMut, usize)> {
    buffer.resize(PIECE, 0);
    loop {
        match file.read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => return read.map(|read| (file, buffer, read)),
        }
    }
}

pub(super) fn no_file(path: &Path) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, format!("{} is no file", path.display()))
}
