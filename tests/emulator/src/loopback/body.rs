//! Bodies on their way in and out: large ones are never copied but once, and faults slow them down or cut them.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::{Sleep, sleep};

use super::http::Cut;
use crate::io::{HttpResponse, Reception};

/// Larger bodies than any call has.
const CALL_LIMIT: usize = 1 << 20;
/// Larger bodies than any file is.
const FILE_LIMIT: usize = 64 << 20;
/// A slow body moves so often.
const BEAT: Duration = Duration::from_millis(50);

/// Reads a whole body; `None` if it is too large. A file goes from the connection's buffer to where it stays.
pub(super) async fn read(mut body: Incoming, reception: Option<Reception>) -> Result<Option<Vec<u8>>, Cut> {
    let limit = if reception.is_some() { FILE_LIMIT } else { CALL_LIMIT };
    let reception = reception.unwrap_or_default();
    let length = usize::try_from(body.size_hint().upper().unwrap_or(0)).unwrap_or(usize::MAX);
    let cut_at = reception.cut_at_permille.map(|share| length.saturating_mul(usize::from(share)) / 1000);
    let mut bytes = Vec::with_capacity(length.min(limit));
    loop {
        if cut_at.is_some_and(|at| bytes.len() >= at) {
            return Err(Cut);
        }
        let Some(frame) = body.frame().await else {
            return Ok(Some(bytes));
        };
        let Ok(data) = frame.map_err(|_| Cut)?.into_data() else {
            continue;
        };
        if bytes.len() + data.len() > limit {
            return Ok(None);
        }
        bytes.extend_from_slice(&data);
        if let Some(rate) = reception.bytes_per_second {
            let micros = (data.len() as u64).saturating_mul(1_000_000) / rate.max(1);
            sleep(Duration::from_micros(micros)).await;
        }
    }
}

/// A body that goes out: at once, slowly, or not to its end.
#[derive(Debug)]
pub(super) struct Outgoing {
    rest: Bytes,
    /// So many bytes more, and then the connection is cut.
    until_cut: Option<usize>,
    bytes_per_second: Option<u64>,
    pause: Option<Pin<Box<Sleep>>>,
    /// What went out has had its time to leave.
    left: bool,
}

impl Outgoing {
    /// The body of an answer.
    pub(super) fn of(response: &HttpResponse) -> Self {
        Self {
            rest: response.body.clone(),
            until_cut: response.cut_at,
            bytes_per_second: response.bytes_per_second,
            pause: None,
            left: false,
        }
    }

    pub(super) const fn empty() -> Self {
        Self { rest: Bytes::new(), until_cut: None, bytes_per_second: None, pause: None, left: false }
    }

    /// The next piece. It shares the memory of the whole.
    fn piece(&mut self) -> Bytes {
        let beat = |rate: u64| usize::try_from(rate / 20).unwrap_or(usize::MAX).max(1);
        let size = self.bytes_per_second.map_or(usize::MAX, beat).min(self.rest.len());
        let size = self.until_cut.map_or(size, |left| left.min(size));
        if let Some(left) = &mut self.until_cut {
            *left -= size;
        }
        if self.bytes_per_second.is_some() {
            self.pause = Some(Box::pin(sleep(BEAT)));
        }
        self.rest.split_to(size)
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        loop {
            if let Some(pause) = &mut self.pause {
                ready!(pause.as_mut().poll(cx));
                self.pause = None;
            }
            if self.until_cut == Some(0) {
                if std::mem::replace(&mut self.left, true) {
                    return Poll::Ready(Some(Err(Cut)));
                }
                self.pause = Some(Box::pin(sleep(BEAT)));
                continue;
            }
            if self.rest.is_empty() {
                return Poll::Ready(None);
            }
            return Poll::Ready(Some(Ok(Frame::data(self.piece()))));
        }
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.until_cut.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}
