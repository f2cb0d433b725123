//! Where files come from and go to: the disk, anything that can be read or written, memory.
//!
//! Each of these is read or written piece by piece, so that a file of any size takes little memory.
//!
//! - [`FileSource`], [`ReaderSource`]; bytes at hand are a source by themselves.
//! - [`FileSink`], [`WriterSink`], [`MemorySink`].
//! - [`FileKeys`] for commands that come as data and name a path.

mod keys;
mod memory;
mod name;
mod sink;
mod source;
mod writer;

pub use keys::FileKeys;
pub use memory::MemorySink;
pub use name::sanitised;
pub use sink::FileSink;
pub use source::{FileSource, ReaderSource};
pub use writer::WriterSink;

use std::io;
use std::path::PathBuf;

use helpline_protocol::driver::{Chat, ChatError};

/// Fetches a file into a folder, and waits until it is there. Returns its path.
///
/// # Cancel safety
/// If the future is dropped the file is fetched all the same; [`Chat::start_download`] gives a handle by which
/// it can be taken back.
///
/// # Errors
/// As of [`Chat::download_attachment`].
pub async fn download(
    chat: &Chat,
    attachment: impl Into<String> + Send,
    into: FileSink,
) -> Result<PathBuf, ChatError> {
    let attachment = attachment.into();
    chat.download_attachment(attachment, into.clone()).await?;
    Ok(into.path().unwrap_or_default())
}

/// Runs what waits for the disk where it holds nobody up.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}
