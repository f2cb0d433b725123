//! What the client asks of the runtime that it is run on.

use std::path::PathBuf;

use helpline_protocol::driver::{AttachmentTarget, Runtime};

/// A runtime's adapter, as the client needs it beyond [`Runtime`].
pub trait Host: Send + 'static {
    /// The runtime.
    type Runtime: Runtime;
    /// A file that is written.
    type Sink: Clone + Into<AttachmentTarget> + Send + Sync + 'static;

    /// Makes the runtime. Commands may name files by their paths: within a folder, or where none is given,
    /// anywhere.
    fn runtime(files: Option<PathBuf>) -> Self::Runtime;

    /// A new file in a folder; its name is made harmless, and numbered where it is taken.
    fn sink(folder: PathBuf, name: &str) -> Self::Sink;

    /// Where a file is, once all of it is there.
    fn path(sink: &Self::Sink) -> Option<PathBuf>;
}
