//! The body of an answer, as it comes.

use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::sync::Arc;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use ureq_proto::BodyMode;
use ureq_proto::client::state::RecvBody;
use ureq_proto::client::{Call, RecvBodyResult};

use super::connection::Connection;
use super::pool::Pool;
use super::{Connect, protocol};
use crate::driver::adapter::fault;
use crate::driver::adapter::origin::Origin;
use crate::error::TransportFault;

/// How much of a body is put out at once.
const PIECE: usize = 64 * 1024;

/// The body of an answer, as it comes. Once all of it has been read its connection serves the next request; if it
/// is dropped before, the connection is closed.
pub struct Incoming<C: Connect>(Option<Reading<C>>);

pub(super) struct Reading<C: Connect> {
    pub(super) call: Call<RecvBody>,
    pub(super) connection: Connection<C>,
    pub(super) home: Home<C>,
}

/// Where a connection goes after its exchange.
pub(super) struct Home<C: Connect> {
    pub(super) pool: Arc<Pool<C>>,
    pub(super) origin: Origin,
    /// Whether all of the request was sent.
    pub(super) reusable: bool,
}

impl<C: Connect> Home<C> {
    /// The exchange is over; `must_close` is what HTTP says.
    pub(super) fn take_back(self, connection: Connection<C>, must_close: bool) {
        if self.reusable && !must_close && connection.unread().is_empty() {
            self.pool.put(self.origin, connection);
        }
    }
}

impl<C: Connect> Incoming<C> {
    pub(super) const fn new(reading: Reading<C>) -> Self {
        Self(Some(reading))
    }

    /// There is none.
    pub(super) const fn nothing() -> Self {
        Self(None)
    }

    /// All of it has been read.
    fn finish(&mut self) {
        let Some(Reading { call, connection, home }) = self.0.take() else { return };
        let must_close = match call.proceed() {
            Some(RecvBodyResult::Cleanup(call)) => call.must_close_connection(),
            Some(RecvBodyResult::Redirect(call)) => call.must_close_connection(),
            None => true,
        };
        home.take_back(connection, must_close);
    }
}

impl<C: Connect> Reading<C> {
    /// Whether all of it is there, without a look at whether the server closes.
    fn is_complete(&self) -> bool {
        self.call.can_proceed() && !self.is_until_close()
    }

    fn is_until_close(&self) -> bool {
        self.call.body_mode() == BodyMode::CloseDelimited
    }

    /// The next piece; none at the end.
    fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Bytes>, TransportFault>> {
        loop {
            if self.is_complete() {
                return Poll::Ready(Ok(None));
            }
            let unread = self.connection.unread();
            let mut piece = vec![0; unread.len().min(PIECE)];
            let (used, read) = self.call.read(unread, &mut piece).map_err(|error| protocol(&error))?;
            self.connection.consume(used);
            if read > 0 {
                piece.truncate(read);
                return Poll::Ready(Ok(Some(piece.into())));
            }
            if used > 0 {
                continue;
            }
            if self.connection.is_full() {
                let reason = "a chunk of the answer has no beginning".to_owned();
                return Poll::Ready(Err(TransportFault::Protocol { reason }));
            }
            let filled = ready!(self.connection.poll_fill(context));
            if filled.map_err(|error| fault::connection(&error))? == 0 {
                let end = if self.is_until_close() { Ok(None) } else { Err(TransportFault::ConnectionLost) };
                return Poll::Ready(end);
            }
        }
    }
}

impl<C: Connect> Body for Incoming<C> {
    type Data = Bytes;
    type Error = TransportFault;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportFault>>> {
        let this = self.get_mut();
        let Some(reading) = &mut this.0 else { return Poll::Ready(None) };
        let piece = ready!(reading.poll_piece(context));
        let complete = reading.is_complete();
        Poll::Ready(match piece {
            Ok(Some(piece)) => {
                // At once, so that the connection is free before somebody thinks of asking for more.
                if complete {
                    this.finish();
                }
                Some(Ok(Frame::data(piece)))
            }
            Ok(None) => {
                this.finish();
                None
            }
            Err(fault) => {
                this.0 = None;
                Some(Err(fault))
            }
        })
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            None => SizeHint::with_exact(0),
            Some(reading) => match reading.call.body_mode() {
                BodyMode::NoBody => SizeHint::with_exact(0),
                BodyMode::LengthDelimited(left) => SizeHint::with_exact(left),
                BodyMode::Chunked | BodyMode::CloseDelimited => SizeHint::default(),
            },
        }
    }
}

impl<C: Connect> fmt::Debug for Incoming<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming").field("left", &self.size_hint().exact()).finish_non_exhaustive()
    }
}
