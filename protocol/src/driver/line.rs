//! An open socket with what waits to be sent on it.

use core::future::poll_fn;
use core::task::{Context, Poll, ready};
use std::collections::VecDeque;

use super::runtime::Socket;
use crate::error::TransportFault;
use crate::input::{Frame, SocketClosed};

/// Frames that may wait for a server that does not read, before the socket counts as broken. A session sends
/// a handful of frames a second at the most.
const WAITING_FRAMES: usize = 128;
/// And their bytes.
const WAITING_BYTES: usize = 1024 * 1024;

/// An open socket with what waits to be sent on it.
pub(super) struct Line<S> {
    socket: S,
    waiting: VecDeque<Frame>,
    waiting_bytes: usize,
    unflushed: bool,
}

impl<S: Socket> Line<S> {
    pub(super) const fn new(socket: S) -> Self {
        Self { socket, waiting: VecDeque::new(), waiting_bytes: 0, unflushed: false }
    }

    /// Queues a frame. Fails where the server has not read for so long that no more may wait.
    pub(super) fn push(&mut self, frame: Frame) -> Result<(), TransportFault> {
        let bytes = size(&frame);
        if self.waiting.len() >= WAITING_FRAMES || self.waiting_bytes.saturating_add(bytes) > WAITING_BYTES {
            let reason = "the server does not read what it is sent".to_owned();
            return Err(TransportFault::Other { reason });
        }
        self.waiting_bytes += bytes;
        self.waiting.push_back(frame);
        Ok(())
    }

    /// Gives what waits to the socket, as far as it takes it.
    pub(super) fn poll_write(&mut self, context: &mut Context<'_>) -> Poll<Result<(), TransportFault>> {
        while !self.waiting.is_empty() {
            ready!(self.socket.poll_ready(context))?;
            if let Some(frame) = self.waiting.pop_front() {
                self.waiting_bytes = self.waiting_bytes.saturating_sub(size(&frame));
                self.socket.start_send(frame)?;
                self.unflushed = true;
            }
        }
        if self.unflushed {
            ready!(self.socket.poll_flush(context))?;
            self.unflushed = false;
        }
        Poll::Ready(Ok(()))
    }

    /// Gives room back that is not needed now.
    pub(super) fn rest(&mut self) {
        if self.waiting.is_empty() {
            self.waiting = VecDeque::new();
        }
    }

    pub(super) fn poll_recv(&mut self, context: &mut Context<'_>) -> Poll<Result<Frame, SocketClosed>> {
        self.socket.poll_recv(context)
    }

    /// Sends what waits, says goodbye and waits for the other side's. The caller bounds the time.
    pub(super) async fn close(mut self: Box<Self>, code: u16, reason: String) {
        if poll_fn(|context| self.poll_write(context)).await.is_ok() {
            self.socket.close(code, reason).await;
        }
    }
}

fn size(frame: &Frame) -> usize {
    match frame {
        Frame::Text(text) => text.len(),
        Frame::Binary(bytes) => bytes.len(),
    }
}

#[cfg(test)]
mod tests;
