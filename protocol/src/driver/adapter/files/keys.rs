//! Keys of sources and sinks that are the names of files.

use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::disk::Disk;
use super::name::sanitised;
use super::sink::FileSink;
use super::source::read_file;
use crate::driver::{ByteSink, ByteSource, ByteStream};
use crate::error::TransportFault;

/// Which files the keys of sources and sinks may name, in commands that come as data, such as the lines of
/// `--jsonl`. What a program registers itself comes first and is not held to this.
///
/// # Rules
/// - A key is a path, as text. A source must be a file by then; a sink must not exist, its folder must, and no
///   file is ever replaced, nor numbered: it is where the command said, or the command fails.
/// - [`FileKeys::anywhere`]: any path, relative ones from the working directory. For commands by whoever runs
///   the program: they can read and write what the program can.
/// - [`FileKeys::within`]: a relative path of plain names, without `..`, that stays within a folder once all
///   links are followed. The name of a sink must be one that [`sanitised`] leaves as it is. This is for commands
///   that are not trusted with other folders; it is no defence against somebody who changes links in that
///   folder at the same time.
#[derive(Clone, Debug)]
pub struct FileKeys<D> {
    disk: D,
    root: Option<PathBuf>,
}

impl<D: Disk> FileKeys<D> {
    /// Any path.
    #[must_use]
    pub fn anywhere() -> Self {
        Self { disk: D::default(), root: None }
    }

    /// Paths within a folder.
    #[must_use]
    pub fn within(folder: impl Into<PathBuf>) -> Self {
        Self { disk: D::default(), root: Some(folder.into()) }
    }

    /// The file of a key, to be read. It is looked at when it is.
    ///
    /// # Errors
    /// Where the key breaks the rules.
    pub fn source(&self, key: &str) -> Result<Arc<dyn ByteSource>, TransportFault> {
        let path = self.path(key)?;
        Ok(Arc::new(Keyed { disk: self.disk.clone(), root: self.root.clone(), path }))
    }

    /// The file of a key, to be written. The disk is looked at when it is.
    ///
    /// # Errors
    /// Where the key breaks the rules.
    pub fn sink(&self, key: &str) -> Result<Arc<dyn ByteSink>, TransportFault> {
        let path = self.path(key)?;
        let Some(root) = &self.root else { return Ok(Arc::new(FileSink::<D>::at(path))) };
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if sanitised(name) != name {
            return Err(refused(key, "its last part is no name for a file here"));
        }
        Ok(Arc::new(FileSink::<D>::within(root.clone(), path)))
    }

    /// The path of a key, not looked at on the disk yet.
    fn path(&self, key: &str) -> Result<PathBuf, TransportFault> {
        let path = Path::new(key);
        if key.is_empty() || key.contains('\0') {
            return Err(refused(key, "it is no path"));
        }
        let Some(root) = &self.root else { return Ok(path.to_path_buf()) };
        let plain = path.components().all(|part| matches!(part, Component::Normal(_)));
        // What would be a separator on another system is none in a name here.
        if !plain || key.contains(['\\', ':']) {
            return Err(refused(key, "it must be a relative path of plain names"));
        }
        Ok(root.join(path))
    }
}

/// A file that is looked for when it is read.
struct Keyed<D> {
    disk: D,
    root: Option<PathBuf>,
    path: PathBuf,
}

impl<D: Disk> ByteSource for Keyed<D> {
    fn open(&self) -> ByteStream {
        let root = self.root.clone();
        read_file(self.disk.clone(), self.path.clone(), move |disk, path| match root {
            Some(root) => real_within(disk, &root, path),
            None => Ok(path.to_path_buf()),
        })
    }
}

/// The path without links, where it is within a folder.
pub(super) fn real_within<D: Disk>(disk: &D, root: &Path, path: &Path) -> io::Result<PathBuf> {
    let (root, path) = (disk.real_path(root)?, disk.real_path(path)?);
    if path.starts_with(&root) {
        return Ok(path);
    }
    Err(io::Error::new(io::ErrorKind::PermissionDenied, "a link leads out of the folder"))
}

fn refused(key: &str, why: &str) -> TransportFault {
    TransportFault::Local { reason: format!("{key:?} is not allowed: {why}") }
}
