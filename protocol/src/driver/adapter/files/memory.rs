//! Files that are kept in memory.

#![allow(clippy::disallowed_types, reason = "clones share the file with the task that writes it")]

use core::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::{Bytes, BytesMut};

use crate::driver::{ByteSink, ByteWriter, Written};

/// A file in memory, for small ones: the session's
/// [`download_bytes`](crate::Limits::download_bytes) bound its size. Clones share it.
#[derive(Clone, Default)]
pub struct MemorySink {
    whole: Arc<Mutex<Option<Bytes>>>,
}

impl MemorySink {
    /// With nothing in it.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The file, once all of it is there.
    #[must_use]
    pub fn bytes(&self) -> Option<Bytes> {
        self.whole.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ByteSink for MemorySink {
    fn open(&self) -> Box<dyn ByteWriter> {
        Box::new(Writing { sink: self.clone(), bytes: BytesMut::new() })
    }
}

impl fmt::Debug for MemorySink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemorySink").field("bytes", &self.bytes().map(|bytes| bytes.len())).finish()
    }
}

struct Writing {
    sink: MemorySink,
    bytes: BytesMut,
}

impl ByteWriter for Writing {
    fn write(&mut self, bytes: Bytes) -> Written<'_> {
        self.bytes.extend_from_slice(&bytes);
        Box::pin(core::future::ready(Ok(())))
    }

    fn finish(self: Box<Self>) -> Written<'static> {
        let mut whole = self.sink.whole.lock().unwrap_or_else(PoisonError::into_inner);
        *whole = Some(self.bytes.freeze());
        drop(whole);
        Box::pin(core::future::ready(Ok(())))
    }
}
