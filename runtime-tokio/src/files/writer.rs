//! Whatever can be written.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;

use bytes::Bytes;
use helpline_protocol::driver::{ByteSink, ByteWriter, Written};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};

/// Whatever can be written, made anew by a closure when a file begins to come, and again when that failed
/// half-way and is repeated. It is flushed and shut down when all is there; what was written of a file that did
/// not come whole is the closure's affair.
#[derive(Clone)]
pub struct WriterSink<F> {
    open: F,
}

impl<F, A, W> WriterSink<F>
where
    F: Fn() -> A + Send + Sync + 'static,
    A: Future<Output = io::Result<W>> + Send + 'static,
    W: AsyncWrite + Send + 'static,
{
    /// A file goes into what `open` makes.
    #[must_use]
    pub const fn new(open: F) -> Self {
        Self { open }
    }
}

impl<F, A, W> ByteSink for WriterSink<F>
where
    F: Fn() -> A + Send + Sync + 'static,
    A: Future<Output = io::Result<W>> + Send + 'static,
    W: AsyncWrite + Send + 'static,
{
    fn open(&self) -> Box<dyn ByteWriter> {
        let open = (self.open)();
        Box::new(Writing::Opening(Box::pin(async move {
            let writer: Pin<Box<dyn AsyncWrite + Send>> = Box::pin(open.await?);
            Ok(writer)
        })))
    }
}

impl<F> fmt::Debug for WriterSink<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriterSink").finish_non_exhaustive()
    }
}

type Writer = Pin<Box<dyn AsyncWrite + Send>>;

enum Writing {
    Opening(Pin<Box<dyn Future<Output = io::Result<Writer>> + Send>>),
    Open(Writer),
}

impl Writing {
    async fn opened(&mut self) -> io::Result<&mut Writer> {
        if let Self::Opening(open) = self {
            *self = Self::Open(open.await?);
        }
        match self {
            Self::Open(writer) => Ok(writer),
            Self::Opening(_) => Err(io::ErrorKind::NotConnected.into()),
        }
    }
}

impl ByteWriter for Writing {
    fn write(&mut self, bytes: Bytes) -> Written<'_> {
        Box::pin(async move { self.opened().await?.write_all(&bytes).await })
    }

    fn finish(mut self: Box<Self>) -> Written<'static> {
        Box::pin(async move { self.opened().await?.shutdown().await })
    }
}
