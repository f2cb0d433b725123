//! The body of a request: bytes at hand, or those of a source as they come.

use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream as _;
use http_body::{Body, Frame, SizeHint};

use crate::driver::UploadBody;
use crate::error::TransportFault;

/// The body of a request, of a length that is known: bytes at hand, or those of a source as they come.
pub struct RequestBody(Kind);

enum Kind {
    Bytes(Bytes),
    Source(UploadBody),
}

impl From<Bytes> for RequestBody {
    fn from(bytes: Bytes) -> Self {
        Self(Kind::Bytes(bytes))
    }
}

impl From<UploadBody> for RequestBody {
    fn from(body: UploadBody) -> Self {
        Self(Kind::Source(body))
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = TransportFault;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportFault>>> {
        match &mut self.get_mut().0 {
            Kind::Bytes(bytes) if bytes.is_empty() => Poll::Ready(None),
            Kind::Bytes(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Kind::Source(body) => Pin::new(body).poll_next(context).map_ok(Frame::data),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(&self.0, Kind::Bytes(bytes) if bytes.is_empty())
    }

    /// Exact, so that a `Content-Length` is sent.
    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(match &self.0 {
            Kind::Bytes(bytes) => u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            Kind::Source(body) => body.left(),
        })
    }
}

impl fmt::Debug for RequestBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestBody").field("left", &self.size_hint().exact()).finish_non_exhaustive()
    }
}
