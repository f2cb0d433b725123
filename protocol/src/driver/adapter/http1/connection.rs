//! One connection for one exchange after the other, with what has been read of it and not used yet.

use core::pin::Pin;
use core::task::{Context, Poll, Waker, ready};
use std::io;

use super::Connect;
use crate::driver::adapter::files::{Reads as _, Writes as _};

/// What a connection holds at first of what it reads; it doubles as it is filled.
const SMALL: usize = 8 * 1024;
/// And at most: enough for a fast file, and for any head of an answer.
pub(super) const MOST: usize = 128 * 1024;

/// A connection to a server.
pub(super) struct Connection<C: Connect> {
    stream: C::Stream,
    buffer: Vec<u8>,
    /// What is in the buffer and not used yet.
    start: usize,
    end: usize,
}

impl<C: Connect> Connection<C> {
    pub(super) const fn new(stream: C::Stream) -> Self {
        Self { stream, buffer: Vec::new(), start: 0, end: 0 }
    }

    /// What has been read and not used.
    pub(super) fn unread(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// Says that so much of it is used.
    pub(super) fn consume(&mut self, bytes: usize) {
        self.start = self.start.saturating_add(bytes).min(self.end);
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
    }

    /// Whether no more can be read before something is used.
    pub(super) fn is_full(&self) -> bool {
        self.unread().len() >= MOST
    }

    /// Reads some more; how much. At the end of the stream, and where it is full, that is nothing.
    pub(super) fn poll_fill(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if self.end == self.buffer.len() {
            if self.start > 0 {
                self.buffer.copy_within(self.start..self.end, 0);
                (self.start, self.end) = (0, self.end - self.start);
            } else {
                self.buffer.resize((self.buffer.len() * 2).clamp(SMALL, MOST), 0);
            }
        }
        let room = self.buffer.get_mut(self.end..).unwrap_or_default();
        if room.is_empty() {
            return Poll::Ready(Ok(0));
        }
        let read = ready!(C::Kind::poll_read(Pin::new(&mut self.stream), context, room))?;
        self.end += read;
        Poll::Ready(Ok(read))
    }

    /// Writes some of it; how much.
    pub(super) fn poll_write(&mut self, context: &mut Context<'_>, from: &[u8]) -> Poll<io::Result<usize>> {
        match ready!(C::Kind::poll_write(Pin::new(&mut self.stream), context, from))? {
            0 => Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
            written => Poll::Ready(Ok(written)),
        }
    }

    pub(super) fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        C::Kind::poll_flush(Pin::new(&mut self.stream), context)
    }

    /// Whether it can be used for another exchange: nothing came while nobody asked, its end least of all.
    pub(super) fn is_idle(&mut self) -> bool {
        self.unread().is_empty() && self.poll_fill(&mut Context::from_waker(Waker::noop())).is_pending()
    }
}
