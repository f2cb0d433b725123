//! Bytes that pass by: where they come from, where they go, and what an adapter sees of both.
//!
//! A user brings a [`ByteSource`] or a [`ByteSink`]. An adapter is given an [`Upload`] or a [`Download`] around
//! it, which do what no adapter should have to think of: they read from the start, hold a source to its stated
//! size and a sink to its limit, and count.

mod framed;
mod meter;

use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use futures_core::Stream;
use futures_util::stream::{self, StreamExt as _};

pub(super) use framed::Framed;
pub use meter::Headway;
pub(super) use meter::Meter;

use super::calls::Task;
use crate::error::TransportFault;
use crate::wire::http::HttpResponse;

/// The bytes of a source, in order. It may open what it reads when it is first polled.
pub type ByteStream = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

/// Ends when something has been done with bytes.
pub type Written<'a> = Pin<Box<dyn Future<Output = io::Result<()>> + Send + 'a>>;

/// How large the pieces are into which bytes at hand are cut, so that progress can be told.
const PIECE: usize = 64 * 1024;

/// Empty pieces that are taken in one poll, before others get their turn.
const EMPTY_PIECES_PER_POLL: usize = 32;

/// Bytes that can be read from the start, as often as they are needed: a request that failed half-way begins
/// again.
///
/// [`Bytes`] are a source; `helpline-tokio` makes one of a file, or of anything that can be read.
pub trait ByteSource: Send + Sync + 'static {
    /// The bytes, from the first on. What goes wrong with opening comes as the first item.
    fn open(&self) -> ByteStream;
}

/// A place for bytes that are fetched.
pub trait ByteSink: Send + Sync + 'static {
    /// Begins to write, from the first byte on. It is asked for this again when a request failed half-way and
    /// is repeated, and only when a successful answer has begun: an error of the server's is never written.
    fn open(&self) -> Box<dyn ByteWriter>;
}

/// What is being written to a [`ByteSink`]. Dropped without [`ByteWriter::finish`], what was written counts for
/// nothing, and should be removed.
pub trait ByteWriter: Send {
    /// Writes more.
    fn write(&mut self, bytes: Bytes) -> Written<'_>;

    /// All is written: it counts from here on.
    fn finish(self: Box<Self>) -> Written<'static>;
}

impl ByteSource for Bytes {
    fn open(&self) -> ByteStream {
        let pieces = stream::unfold(self.clone(), |mut rest| async move {
            let piece = rest.split_to(rest.len().min(PIECE));
            (!piece.is_empty()).then_some((Ok(piece), rest))
        });
        pieces.boxed()
    }
}

impl<T: ByteSource + ?Sized> ByteSource for Arc<T> {
    fn open(&self) -> ByteStream {
        T::open(self)
    }
}

impl<T: ByteSink + ?Sized> ByteSink for Arc<T> {
    fn open(&self) -> Box<dyn ByteWriter> {
        T::open(self)
    }
}

/// The body of a request, to be read from a source. Part of an [`Exchange`](super::Exchange).
#[derive(Clone)]
pub struct Upload {
    source: Arc<dyn ByteSource>,
    size: u64,
    meter: Arc<Meter>,
}

impl Upload {
    /// The first `size` bytes of a source, which must be all it has.
    #[must_use]
    pub fn new(source: impl ByteSource, size: u64) -> Self {
        Self::metered(Arc::new(source), size, Arc::new(Meter::unread()))
    }

    pub(super) fn metered(source: Arc<dyn ByteSource>, size: u64, meter: Arc<Meter>) -> Self {
        Self { source, size, meter }
    }

    /// How many bytes the body has. It is to be sent with a `Content-Length`: storage behind presigned
    /// addresses takes no other.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The body, from its first byte on.
    #[must_use]
    pub fn open(&self) -> UploadBody {
        self.meter.begin(Some(self.size));
        UploadBody {
            stream: Some(self.source.open()),
            left: self.size,
            last: None,
            meter: self.meter.clone(),
            size: self.size,
        }
    }

    /// How an exchange with this body has ended, given what the client made of it. A fault of the source comes
    /// before whatever followed from it, and no success counts while a part of the body is unread.
    ///
    /// The driver asks for this itself, after [`Runtime::exchange`](super::Runtime::exchange).
    ///
    /// # Errors
    /// That of the client, or what was wrong with the body.
    pub fn settle(
        &self,
        result: Result<HttpResponse, TransportFault>,
    ) -> Result<HttpResponse, TransportFault> {
        if let Some(fault) = self.meter.fault() {
            return Err(fault);
        }
        let (done, size) = (self.meter.bytes(), self.size);
        match result {
            Ok(answer) if answer.status.is_success() && done < size => Err(TransportFault::Other {
                reason: format!("the server was content with {done} bytes of {size}"),
            }),
            other => other,
        }
    }

    /// How far it has got.
    #[must_use]
    pub fn headway(&self) -> Headway {
        Headway::new(self.meter.clone())
    }
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload").field("size", &self.size).finish_non_exhaustive()
    }
}

/// The body of a request as a stream: exactly [`Upload::size`] bytes, or a fault before the last of them has
/// been given out. So a server never has a whole body of which a part is wrong.
pub struct UploadBody {
    /// None once it has ended.
    stream: Option<ByteStream>,
    left: u64,
    /// The last piece, held back until the source has shown that nothing follows.
    last: Option<Bytes>,
    meter: Arc<Meter>,
    size: u64,
}

impl UploadBody {
    /// How many bytes are still to come.
    #[must_use]
    pub fn left(&self) -> u64 {
        let last = self.last.as_ref().map_or(0, |last| length(last.len()));
        self.left.saturating_add(last)
    }

    fn fail(&mut self, fault: TransportFault) -> Poll<Option<Result<Bytes, TransportFault>>> {
        (self.stream, self.last) = (None, None);
        self.meter.fail(fault.clone());
        Poll::Ready(Some(Err(fault)))
    }

    fn give(&self, piece: Bytes) -> Poll<Option<Result<Bytes, TransportFault>>> {
        self.meter.add(length(piece.len()));
        Poll::Ready(Some(Ok(piece)))
    }
}

impl Stream for UploadBody {
    type Item = Result<Bytes, TransportFault>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        let size = this.size;
        if this.stream.is_some() && this.meter.is_over() {
            // Nobody waits for the answer any more: the client is to stop sending.
            this.stream = None;
            return Poll::Ready(Some(Err(TransportFault::Cancelled)));
        }
        for _ in 0..EMPTY_PIECES_PER_POLL {
            let Some(stream) = &mut this.stream else { return Poll::Ready(None) };
            match stream.poll_next_unpin(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Some(Ok(piece))) => {
                    let long = length(piece.len());
                    if long > this.left {
                        return this.fail(local(format!("the source has more than the {size} bytes stated")));
                    }
                    this.left -= long;
                    if this.left > 0 && long > 0 {
                        return this.give(piece);
                    }
                    if long > 0 {
                        this.last = Some(piece);
                    }
                }
                Poll::Ready(Some(Err(error))) => {
                    return this.fail(local(format!("the source cannot be read: {error}")));
                }
                Poll::Ready(None) if this.left > 0 => {
                    let had = size - this.left;
                    return this.fail(local(format!("the source ended after {had} of {size} bytes")));
                }
                Poll::Ready(None) => {
                    this.stream = None;
                    return this.last.take().map_or(Poll::Ready(None), |last| this.give(last));
                }
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

impl fmt::Debug for UploadBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UploadBody").field("size", &self.size).field("left", &self.left()).finish()
    }
}

/// Where the body of a successful answer goes. Part of an [`Exchange`](super::Exchange).
#[derive(Clone)]
pub struct Download {
    sink: Arc<dyn ByteSink>,
    limit: u64,
    meter: Arc<Meter>,
}

impl Download {
    /// Into a sink, and no more than `limit` bytes.
    #[must_use]
    pub fn new(sink: impl ByteSink, limit: u64) -> Self {
        Self::metered(Arc::new(sink), limit, Arc::new(Meter::unread()))
    }

    pub(super) fn metered(sink: Arc<dyn ByteSink>, limit: u64, meter: Arc<Meter>) -> Self {
        Self { sink, limit, meter }
    }

    /// How many bytes it takes.
    #[must_use]
    pub const fn limit(&self) -> u64 {
        self.limit
    }

    /// Begins to write the body of an answer whose status is a success. `length` is the body's, where the
    /// server has said it.
    ///
    /// # Errors
    /// [`TransportFault::TooLarge`] where the length alone says that it is.
    pub fn open(&self, length: Option<u64>) -> Result<DownloadBody, TransportFault> {
        if length.is_some_and(|length| length > self.limit) {
            return Err(too_large(self.limit));
        }
        self.meter.begin(length);
        Ok(DownloadBody { writer: self.sink.open(), limit: self.limit, done: 0, meter: self.meter.clone() })
    }

    /// How far it has got.
    #[must_use]
    pub fn headway(&self) -> Headway {
        Headway::new(self.meter.clone())
    }
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download").field("limit", &self.limit).finish_non_exhaustive()
    }
}

/// A body on its way into a sink. Dropped before [`DownloadBody::finish`], what was written counts for nothing.
pub struct DownloadBody {
    writer: Box<dyn ByteWriter>,
    limit: u64,
    done: u64,
    meter: Arc<Meter>,
}

impl DownloadBody {
    /// Writes more. After a fault it is to be dropped.
    ///
    /// # Errors
    /// [`TransportFault::TooLarge`] beyond [`Download::limit`], before anything of `bytes` is written; another
    /// where the sink cannot be written.
    pub async fn write(&mut self, bytes: Bytes) -> Result<(), TransportFault> {
        let long = length(bytes.len());
        if self.limit - self.done < long {
            return Err(too_large(self.limit));
        }
        self.writer.write(bytes).await.map_err(|error| unwritten(&error))?;
        self.done += long;
        self.meter.add(long);
        Ok(())
    }

    /// All of the body is written. Returns how many bytes it was, for
    /// [`HttpResponse::sunk`](crate::HttpResponse).
    ///
    /// # Errors
    /// Where the sink could not keep it.
    pub async fn finish(self) -> Result<u64, TransportFault> {
        self.writer.finish().await.map_err(|error| unwritten(&error))?;
        Ok(self.done)
    }
}

impl fmt::Debug for DownloadBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DownloadBody")
            .field("limit", &self.limit)
            .field("done", &self.done)
            .finish_non_exhaustive()
    }
}

/// Runs an exchange and judges its body. Where the future is dropped, or the answer came early, a body that is
/// still being sent in the background ends.
pub(super) fn judged(
    upload: Option<Upload>,
    exchange: impl Future<Output = Result<HttpResponse, TransportFault>> + Send + 'static,
) -> Task<Result<HttpResponse, TransportFault>> {
    struct Over(Upload);
    impl Drop for Over {
        fn drop(&mut self) {
            self.0.meter.over();
        }
    }
    let Some(upload) = upload else { return Box::pin(exchange) };
    // Outside of what follows, so that it is dropped with a future that was never polled too.
    let upload = Over(upload);
    Box::pin(async move {
        let result = exchange.await;
        upload.0.settle(result)
    })
}

fn length(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

fn too_large(limit: u64) -> TransportFault {
    TransportFault::TooLarge { limit: usize::try_from(limit).unwrap_or(usize::MAX) }
}

fn unwritten(error: &io::Error) -> TransportFault {
    local(format!("the sink cannot be written: {error}"))
}

/// The fault of the host's own bytes, or of its place for them.
pub(super) const fn local(reason: String) -> TransportFault {
    TransportFault::Local { reason }
}

#[cfg(test)]
mod tests;
