//! A source between bytes at hand.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::StreamExt as _;

use super::{ByteSource, ByteStream};

/// A source with something before and after it: one part of a form, as a body.
pub(in crate::driver) struct Framed {
    before: Bytes,
    inner: Arc<dyn ByteSource>,
    after: Bytes,
}

impl Framed {
    pub(in crate::driver) const fn new(before: Bytes, inner: Arc<dyn ByteSource>, after: Bytes) -> Self {
        Self { before, inner, after }
    }
}

impl ByteSource for Framed {
    fn open(&self) -> ByteStream {
        self.before.open().chain(self.inner.open()).chain(self.after.open()).boxed()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream::TryStreamExt as _;

    use super::*;

    #[test]
    fn what_stands_around_is_sent_around_each_time() {
        let inner: Arc<dyn ByteSource> = Arc::new(Bytes::from_static(b"bytes"));
        let framed = Framed::new(Bytes::from_static(b"<"), inner, Bytes::from_static(b">"));
        for _ in 0..2 {
            let pieces = futures_util::future::FutureExt::now_or_never(framed.open().try_collect::<Vec<_>>());
            assert_eq!(pieces.expect("bytes at hand").expect("no fault").concat(), b"<bytes>");
        }
    }
}
