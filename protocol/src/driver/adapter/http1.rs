//! HTTP/1.1 over a pool of connections, as a tower service: for runtimes that have streams, and no client of their own.
//!
//! A [`Connect`] brings the streams; `ureq-proto` says what is written to them, and understands what is read.

mod connection;
mod incoming;
mod pool;

use core::fmt;
use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::time::Duration;
use std::sync::Arc;

use bytes::{Buf as _, Bytes};
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{Request, Response, Version};
use http_body::Body as _;
use tower_service::Service;
use ureq_proto::client::state::{RecvResponse, SendRequest};
use ureq_proto::client::{Await100Result, Call, RecvResponseResult, SendRequestResult};

use super::body::RequestBody;
use super::fault;
use super::files::{Reads, Writes};
use super::origin::Origin;
use crate::error::TransportFault;
use connection::{Connection, MOST};
pub use incoming::Incoming;
use incoming::{Home, Reading};
use pool::Pool;

/// A body of up to so many bytes goes out together with its head.
const TOGETHER: usize = 16 * 1024;

/// How an answer begins that is not the last one.
const INTERIM: &[u8] = b"HTTP/1.1 1";

/// What HTTP asks of a runtime.
pub trait Connect: Clone + Send + Sync + 'static {
    /// A connection, in plain or by TLS.
    type Stream: Send + Unpin + 'static;
    /// How it is read and written.
    type Kind: Reads<Self::Stream> + Writes<Self::Stream>;

    /// Makes a connection. Dropping the future abandons it.
    ///
    /// # Errors
    /// Why there is none.
    fn connect(&self, origin: &Origin) -> impl Future<Output = Result<Self::Stream, TransportFault>> + Send;

    /// What a clock shows that goes steadily, from wherever it began.
    fn time(&self) -> Duration;
}

type Streamed<C> = Pin<Box<dyn Future<Output = Result<Response<Incoming<C>>, TransportFault>> + Send>>;

/// HTTP/1.1 over a pool of connections, with streamed bodies, without redirects and retries. Where a body fails, its
/// request does. Clones share their connections.
///
/// # Bounds
/// A head may have 128 KiB, in either direction, and an answer's 128 headers. A connection holds as much of what it
/// reads. Idle ones are kept for 20 s, and 256 of them; who is too old is found with the next request.
pub struct Http1Client<C: Connect> {
    pool: Arc<Pool<C>>,
}

impl<C: Connect> Http1Client<C> {
    /// A client without a connection yet.
    #[must_use]
    pub fn new(connect: C) -> Self {
        Self { pool: Arc::new(Pool::new(connect)) }
    }

    async fn send(self, request: Request<RequestBody>) -> Result<Response<Incoming<C>>, TransportFault> {
        let origin = Origin::of(request.uri())?;
        let (head, call, mut body) = begin(request)?;
        let mut connection = match self.pool.take(&origin) {
            Some(idle) => idle,
            None => Connection::new(self.pool.connect.connect(&origin).await?),
        };
        let size = body.size_hint().exact().unwrap_or_default();
        let reusable = send_all(&mut connection, head, &mut body).await?;
        let home = Home { pool: self.pool, origin, reusable };
        receive(connection, sent(call, size)?, home).await
    }
}

impl<C: Connect> Clone for Http1Client<C> {
    fn clone(&self) -> Self {
        Self { pool: Arc::clone(&self.pool) }
    }
}

impl<C: Connect> Service<Request<RequestBody>> for Http1Client<C> {
    type Response = Response<Incoming<C>>;
    type Error = TransportFault;
    type Future = Streamed<C>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), TransportFault>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<RequestBody>) -> Streamed<C> {
        Box::pin(self.clone().send(request))
    }
}

impl<C: Connect> fmt::Debug for Http1Client<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http1Client").finish_non_exhaustive()
    }
}

/// The head of a request as it goes out, and what comes after it.
fn begin(request: Request<RequestBody>) -> Result<(Vec<u8>, Call<SendRequest>, RequestBody), TransportFault> {
    let (mut parts, body) = request.into_parts();
    let size = body.size_hint().exact().unwrap_or_default();
    parts.version = Version::HTTP_11;
    // What the body is says the body, and in one piece.
    parts.headers.remove(TRANSFER_ENCODING);
    parts.headers.insert(CONTENT_LENGTH, size.into());
    if size == 0 && !(parts.method == "POST" || parts.method == "PUT" || parts.method == "PATCH") {
        parts.headers.remove(CONTENT_LENGTH);
    }
    let refused = |error: ureq_proto::Error| TransportFault::Local { reason: error.to_string() };
    let mut call = Call::new(Request::from_parts(parts, ())).map_err(refused)?;
    call.allow_non_standard_methods(true);
    if size > 0 {
        call.force_send_body();
    }
    let mut call = call.proceed();
    let mut head = vec![0; MOST];
    let used = call.write(&mut head).map_err(refused)?;
    if !call.can_proceed() {
        return Err(TransportFault::Local {
            reason: format!("the request's head has more than {MOST} bytes"),
        });
    }
    head.truncate(used);
    // The rest was never touched, and is not to be held while a body goes out.
    head.shrink_to_fit();
    Ok((head, call, body))
}

/// Sends a head and its body. Whether all of it went out: a server that answers before that is listened to.
async fn send_all<C: Connect>(
    connection: &mut Connection<C>,
    head: Vec<u8>,
    body: &mut RequestBody,
) -> Result<bool, TransportFault> {
    let mut out = Bytes::from(head);
    let mut next = None;
    let (mut ended, mut listening) = (false, true);
    poll_fn(|context| {
        // What is at hand goes out in one packet with the head.
        if let Poll::Ready(Some(first)) = Pin::new(&mut *body).poll_frame(context)? {
            let first = first.into_data().unwrap_or_default();
            if first.len() <= TOGETHER {
                out = [out.as_ref(), &first].concat().into();
            } else {
                next = Some(first);
            }
        }
        Poll::Ready(Ok::<_, TransportFault>(()))
    })
    .await?;
    poll_fn(|context| {
        loop {
            ended |= body.size_hint().exact() == Some(0);
            if ended && out.is_empty() && next.is_none() {
                let flushed = ready!(connection.poll_flush(context));
                return Poll::Ready(flushed.map(|()| true).map_err(|error| fault::connection(&error)));
            }
            if listening && let Poll::Ready(early) = poll_early(connection, context)? {
                match early {
                    Early::Answer => return Poll::Ready(Ok(false)),
                    Early::Interim => listening = false,
                }
            }
            if !out.is_empty() {
                let written = ready!(connection.poll_write(context, &out));
                out.advance(written.map_err(|error| fault::connection(&error))?);
            } else if let Some(next) = next.take() {
                out = next;
            } else {
                match ready!(Pin::new(&mut *body).poll_frame(context)?) {
                    Some(frame) => out = frame.into_data().unwrap_or_default(),
                    None => ended = true,
                }
            }
        }
    })
    .await
}

/// What comes while a request is being sent.
enum Early {
    Answer,
    Interim,
}

fn poll_early<C: Connect>(
    connection: &mut Connection<C>,
    context: &mut Context<'_>,
) -> Poll<Result<Early, TransportFault>> {
    loop {
        let unread = connection.unread();
        let known = unread.len().min(INTERIM.len());
        if unread.get(..known) != INTERIM.get(..known) {
            return Poll::Ready(Ok(Early::Answer));
        }
        if known == INTERIM.len() {
            return Poll::Ready(Ok(Early::Interim));
        }
        let filled = ready!(connection.poll_fill(context));
        if filled.map_err(|error| fault::connection(&error))? == 0 {
            return Poll::Ready(Err(TransportFault::ConnectionLost));
        }
    }
}

/// The call once its body is sent, or nobody wants the rest of it.
fn sent(call: Call<SendRequest>, mut size: u64) -> Result<Call<RecvResponse>, TransportFault> {
    let broken = || TransportFault::Local { reason: "the request was not sent to its end".to_owned() };
    let mut call = match call.proceed().map_err(|error| protocol(&error))?.ok_or_else(broken)? {
        SendRequestResult::RecvResponse(call) => return Ok(call),
        SendRequestResult::SendBody(call) => call,
        SendRequestResult::Await100(call) => match call.proceed().map_err(|error| protocol(&error))? {
            Await100Result::SendBody(call) => call,
            Await100Result::RecvResponse(call) => return Ok(call),
        },
    };
    while size > 0 {
        let part = usize::try_from(size).unwrap_or(usize::MAX);
        call.consume_direct_write(part).map_err(|error| protocol(&error))?;
        size -= u64::try_from(part).unwrap_or(size);
    }
    call.proceed().ok_or_else(broken)
}

/// Reads the head of an answer.
async fn receive<C: Connect>(
    mut connection: Connection<C>,
    mut call: Call<RecvResponse>,
    home: Home<C>,
) -> Result<Response<Incoming<C>>, TransportFault> {
    // How much has been looked through for the end of the head: all of it is read once it is there, and the very
    // first bytes at once, for they show a server that speaks something else.
    let mut seen = 0;
    let answer = loop {
        let unread = connection.unread();
        if (seen == 0 && !unread.is_empty()) || has_end(unread, seen) {
            let (used, answer) = call.try_response(unread, false).map_err(|error| protocol(&error))?;
            connection.consume(used);
            if let Some(answer) = answer {
                break answer;
            }
            if used > 0 {
                // An interim answer. Another may be there already.
                seen = 0;
                continue;
            }
        }
        seen = connection.unread().len();
        if seen >= MOST {
            let reason = "the head of the answer is too large".to_owned();
            return Err(TransportFault::Protocol { reason });
        }
        let filled = poll_fn(|context| connection.poll_fill(context)).await;
        if filled.map_err(|error| fault::connection(&error))? == 0 {
            return Err(TransportFault::ConnectionLost);
        }
    };
    let must_close = match call.proceed() {
        Some(RecvResponseResult::RecvBody(call)) => {
            return Ok(answer.map(|()| Incoming::new(Reading { call, connection, home })));
        }
        Some(RecvResponseResult::Redirect(call)) => call.must_close_connection(),
        Some(RecvResponseResult::Cleanup(call)) => call.must_close_connection(),
        None => true,
    };
    home.take_back(connection, must_close);
    Ok(answer.map(|()| Incoming::nothing()))
}

/// Whether an empty line is in it, other than in what was seen before.
fn has_end(head: &[u8], seen: usize) -> bool {
    let new = head.get(seen.saturating_sub(3)..).unwrap_or_default();
    new.windows(2).any(|pair| pair == b"\n\n") || new.windows(3).any(|three| three == b"\n\r\n")
}

/// What is wrong with an answer.
fn protocol(error: &ureq_proto::Error) -> TransportFault {
    TransportFault::Protocol { reason: error.to_string() }
}

#[cfg(test)]
mod tests;
