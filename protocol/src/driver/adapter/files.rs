//! Where files come from and go to: the disk, anything that can be read or written, memory.
//!
//! Each of these is read or written piece by piece, so that a file of any size takes little memory.
//!
//! - [`FileSource`], [`ReaderSource`]; bytes at hand are a source by themselves.
//! - [`FileSink`], [`WriterSink`], [`MemorySink`].
//! - [`FileKeys`] for commands that come as data and name a path.
//!
//! What they need of a runtime is a [`Disk`], and [`Reads`] and [`Writes`] for its kind of streams.

mod disk;
mod keys;
mod memory;
mod name;
mod sink;
mod source;
mod writer;

pub use disk::{Disk, Reads, Writes};
pub use keys::FileKeys;
pub use memory::MemorySink;
pub use name::sanitised;
pub use sink::FileSink;
pub use source::{FileSource, ReaderSource};
pub use writer::WriterSink;

use std::path::PathBuf;

use crate::driver::{Chat, ChatError};

/// Fetches a file into a folder, and waits until it is there. Returns its path.
///
/// # Cancel safety
/// If the future is dropped the file is fetched all the same; [`Chat::start_download`] gives a handle by which
/// it can be taken back.
///
/// # Errors
/// As of [`Chat::download_attachment`].
pub async fn download<D: Disk>(
    chat: &Chat,
    attachment: impl Into<String> + Send,
    into: FileSink<D>,
) -> Result<PathBuf, ChatError> {
    let attachment = attachment.into();
    chat.download_attachment(attachment, into.clone()).await?;
    Ok(into.path().unwrap_or_default())
}
