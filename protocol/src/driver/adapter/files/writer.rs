//! Whatever can be written.

use core::fmt;
use core::future::{Future, poll_fn};
use core::marker::PhantomData;
use core::pin::Pin;
use std::io;

use bytes::Bytes;

use super::disk::Writes;
use crate::driver::{ByteSink, ByteWriter, Written};

/// Whatever can be written, made anew by a closure when a file begins to come, and again when that failed
/// half-way and is repeated. It is flushed and shut down when all is there; what was written of a file that did
/// not come whole is the closure's affair.
pub struct WriterSink<F, K> {
    open: F,
    kind: PhantomData<fn() -> K>,
}

impl<F, A, W, K> WriterSink<F, K>
where
    F: Fn() -> A + Send + Sync + 'static,
    A: Future<Output = io::Result<W>> + Send + 'static,
    W: Send + 'static,
    K: Writes<W>,
{
    /// A file goes into what `open` makes.
    #[must_use]
    pub const fn new(open: F) -> Self {
        Self { open, kind: PhantomData }
    }
}

impl<F: Clone, K> Clone for WriterSink<F, K> {
    fn clone(&self) -> Self {
        Self { open: self.open.clone(), kind: PhantomData }
    }
}

impl<F, A, W, K> ByteSink for WriterSink<F, K>
where
    F: Fn() -> A + Send + Sync + 'static,
    A: Future<Output = io::Result<W>> + Send + 'static,
    W: Send + 'static,
    K: Writes<W>,
{
    fn open(&self) -> Box<dyn ByteWriter> {
        let writing: Writing<W, K> = Writing::Opening(Box::pin((self.open)()));
        Box::new(writing)
    }
}

impl<F, K> fmt::Debug for WriterSink<F, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriterSink").finish_non_exhaustive()
    }
}

enum Writing<W, K> {
    Opening(Pin<Box<dyn Future<Output = io::Result<W>> + Send>>),
    Open(Pin<Box<W>>, PhantomData<fn() -> K>),
}

impl<W, K> Writing<W, K> {
    async fn opened(&mut self) -> io::Result<Pin<&mut W>> {
        if let Self::Opening(open) = self {
            *self = Self::Open(Box::pin(open.await?), PhantomData);
        }
        match self {
            Self::Open(writer, _) => Ok(writer.as_mut()),
            Self::Opening(_) => Err(io::ErrorKind::NotConnected.into()),
        }
    }
}

impl<W: Send + 'static, K: Writes<W>> ByteWriter for Writing<W, K> {
    fn write(&mut self, mut bytes: Bytes) -> Written<'_> {
        Box::pin(async move {
            let mut writer = self.opened().await?;
            while !bytes.is_empty() {
                match poll_fn(|context| K::poll_write(writer.as_mut(), context, &bytes)).await? {
                    0 => return Err(io::ErrorKind::WriteZero.into()),
                    written => drop(bytes.split_to(written.min(bytes.len()))),
                }
            }
            Ok(())
        })
    }

    fn finish(mut self: Box<Self>) -> Written<'static> {
        Box::pin(async move {
            let mut writer = self.opened().await?;
            poll_fn(|context| K::poll_flush(writer.as_mut(), context)).await?;
            poll_fn(|context| K::poll_close(writer.as_mut(), context)).await
        })
    }
}
