//! Where files come from and go to: the disk, anything that can be read or written, memory.
//!
//! Each of these is read or written piece by piece, so that a file of any size takes little memory.
//!
//! - [`FileSource`], [`ReaderSource`]; bytes at hand are a source by themselves.
//! - [`FileSink`], [`WriterSink`], [`MemorySink`].
//! - [`FileKeys`] for commands that come as data and name a path.

use helpline_protocol::driver::adapter::files;
pub use helpline_protocol::driver::adapter::files::{MemorySink, download, sanitised};

use crate::Smol;

/// A file on the disk, to be sent: see [`FileSource`](files::FileSource).
pub type FileSource = files::FileSource<Smol>;

/// A file on the disk, to be fetched into: see [`FileSink`](files::FileSink).
pub type FileSink = files::FileSink<Smol>;

/// Which files commands may name: see [`FileKeys`](files::FileKeys).
pub type FileKeys = files::FileKeys<Smol>;

/// Whatever can be read by [`AsyncRead`](smol::io::AsyncRead), made anew by a closure each time that it is sent:
/// see [`ReaderSource`](files::ReaderSource).
///
/// ```
/// use helpline_smol::AttachmentSource;
/// use helpline_smol::files::ReaderSource;
///
/// let source = ReaderSource::new(|| async { Ok(&b"hello"[..]) });
/// let attachment = AttachmentSource::new("hello.txt", 5, source);
/// ```
pub type ReaderSource<F> = files::ReaderSource<F, Smol>;

/// Whatever can be written by [`AsyncWrite`](smol::io::AsyncWrite), made anew by a closure: see
/// [`WriterSink`](files::WriterSink).
pub type WriterSink<F> = files::WriterSink<F, Smol>;
