//! Bytes that are read: from files, and from whatever else can be read.

use std::fmt;
use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;

use bytes::BytesMut;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use helpline_protocol::driver::{AttachmentSource, ByteSource, ByteStream};
use tokio::io::{AsyncRead, AsyncReadExt as _};

/// How much is read at once.
const PIECE: usize = 64 * 1024;

/// A file on the disk, read from its start each time that it is sent. It must not change meanwhile: where it
/// has another size by then, the transfer fails before the server has all of it.
///
/// It becomes an [`AttachmentSource`] with the name that it has on the disk;
/// [`AttachmentSource::with_name`] gives it another.
#[derive(Clone, Debug)]
pub struct FileSource {
    path: PathBuf,
    name: String,
    size: u64,
}

impl FileSource {
    /// Looks at a file. It is opened when it is sent.
    ///
    /// # Errors
    /// When there is no such file, or it is no file.
    pub async fn open(path: impl Into<PathBuf> + Send) -> io::Result<Self> {
        let path = path.into();
        let about = tokio::fs::metadata(&path).await?;
        if !about.is_file() {
            return Err(no_file(&path));
        }
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Ok(Self { path, name, size: about.len() })
    }

    /// How many bytes it had when it was looked at.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }
}

impl ByteSource for FileSource {
    fn open(&self) -> ByteStream {
        read_file(self.path.clone(), |path| Ok(path.to_path_buf()))
    }
}

impl From<FileSource> for AttachmentSource {
    fn from(source: FileSource) -> Self {
        Self::new(source.name.clone(), source.size, source)
    }
}

/// Whatever can be read, made anew by a closure each time that it is sent.
///
/// ```
/// use helpline_tokio::AttachmentSource;
/// use helpline_tokio::files::ReaderSource;
///
/// let source = ReaderSource::new(|| async { Ok(&b"hello"[..]) });
/// let attachment = AttachmentSource::new("hello.txt", 5, source);
/// ```
#[derive(Clone)]
pub struct ReaderSource<F> {
    open: F,
}

impl<F, A, R> ReaderSource<F>
where
    F: Fn() -> A + Send + Sync + 'static,
    A: Future<Output = io::Result<R>> + Send + 'static,
    R: AsyncRead + Send + 'static,
{
    /// What `open` makes is read from its start to its end.
    #[must_use]
    pub const fn new(open: F) -> Self {
        Self { open }
    }
}

impl<F, A, R> ByteSource for ReaderSource<F>
where
    F: Fn() -> A + Send + Sync + 'static,
    A: Future<Output = io::Result<R>> + Send + 'static,
    R: AsyncRead + Send + 'static,
{
    fn open(&self) -> ByteStream {
        read((self.open)())
    }
}

impl<F> fmt::Debug for ReaderSource<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReaderSource").finish_non_exhaustive()
    }
}

/// The bytes of a file, once `find` has said which file a path stands for.
pub(super) fn read_file(
    path: PathBuf,
    find: impl FnOnce(&Path) -> io::Result<PathBuf> + Send + 'static,
) -> ByteStream {
    read(async move {
        let file = super::blocking(move || {
            let found = find(&path)?;
            // First by its name, as some things cannot be opened without waiting; then what was opened.
            if !std::fs::metadata(&found)?.is_file() {
                return Err(no_file(&path));
            }
            let file = std::fs::File::open(found)?;
            if file.metadata()?.is_file() { Ok(file) } else { Err(no_file(&path)) }
        });
        Ok(tokio::fs::File::from_std(file.await?))
    })
}

/// The bytes of a reader that is being made.
fn read<R: AsyncRead + Send + 'static>(
    open: impl Future<Output = io::Result<R>> + Send + 'static,
) -> ByteStream {
    stream::once(open).map_ok(pieces).try_flatten().boxed()
}

fn pieces<R: AsyncRead + Send + 'static>(reader: R) -> ByteStream {
    let reader: Pin<Box<dyn AsyncRead + Send>> = Box::pin(reader);
    let pieces = stream::try_unfold((reader, BytesMut::new()), |(mut reader, mut buffer)| async move {
        // A piece that the client has done with gives its room back.
        buffer.reserve(PIECE);
        let read = (&mut reader).take(u64::try_from(PIECE).unwrap_or(u64::MAX)).read_buf(&mut buffer).await?;
        let piece = buffer.split().freeze();
        io::Result::Ok((read > 0).then_some((piece, (reader, buffer))))
    });
    pieces.boxed()
}

pub(super) fn no_file(path: &Path) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, format!("{} is no file", path.display()))
}
