//! HTTP/1.1 over a pool of connections, as a tower service.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes};
use helpline_protocol::TransportFault;
use helpline_protocol::driver::adapter::{self, Connections, Origin, RequestBody, fault};
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderMap, Request, Response, Version};
use http_body::Body as _;
use tower_service::Service;
use ureq_proto::client::state::{RecvResponse, SendRequest};
use ureq_proto::client::{Await100Result, Call, RecvResponseResult, SendRequestResult};

use crate::connection::{Connection, MOST};
use crate::connector::Connector;
use crate::incoming::{Home, Incoming, Reading};
use crate::pool::Pool;

/// A body of up to so many bytes goes out together with its head.
const TOGETHER: usize = 16 * 1024;

/// How an answer begins that is not the last one.
const INTERIM: &[u8] = b"HTTP/1.1 1";

/// The HTTP client that is used by default, over ureq-proto. A service of your own may wrap it; get one from
/// [`Builder::http_client`](adapter::Builder::http_client).
pub type HttpClient = adapter::HttpClient<StreamingHttpClient>;

type StreamedAnswer = Pin<Box<dyn Future<Output = Result<Response<Incoming>, TransportFault>> + Send>>;

/// An [`HttpClient`] as a service of streamed bodies. As for errors: where a body fails, its request does.
#[derive(Clone)]
pub struct StreamingHttpClient {
    connector: Connector,
    pool: Arc<Pool>,
}

impl StreamingHttpClient {
    pub(crate) fn new(connections: &Connections) -> Self {
        Self { connector: Connector::new(connections), pool: Arc::default() }
    }

    async fn send(self, request: Request<RequestBody>) -> Result<Response<Incoming>, TransportFault> {
        let origin = Origin::of(request.uri())?;
        let (head, call, mut body) = begin(request)?;
        let mut connection = match self.pool.take(&origin) {
            Some(idle) => idle,
            None => Connection::new(self.connector.connect(&origin).await?),
        };
        let size = body.size_hint().exact().unwrap_or_default();
        let reusable = send_all(&mut connection, head, &mut body).await?;
        let home = Home { pool: self.pool, origin, reusable };
        receive(connection, sent(call, size)?, home).await
    }
}

impl Service<Request<RequestBody>> for StreamingHttpClient {
    type Response = Response<Incoming>;
    type Error = TransportFault;
    type Future = StreamedAnswer;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), TransportFault>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<RequestBody>) -> StreamedAnswer {
        Box::pin(self.clone().send(request))
    }
}

impl fmt::Debug for StreamingHttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamingHttpClient").finish_non_exhaustive()
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
    let room = room(&parts.headers, &parts.uri);
    let refused = |error: ureq_proto::Error| TransportFault::Local { reason: error.to_string() };
    let mut call = Call::new(Request::from_parts(parts, ())).map_err(refused)?;
    call.allow_non_standard_methods(true);
    if size > 0 {
        call.force_send_body();
    }
    let mut call = call.proceed();
    let mut head = vec![0; room];
    let used = call.write(&mut head).map_err(refused)?;
    head.truncate(used);
    Ok((head, call, body))
}

/// Bytes that a head takes, and some more: for its first words, and for headers that are added to it.
fn room(headers: &HeaderMap, uri: &http::Uri) -> usize {
    let path = uri.path_and_query().map_or(1, |path| path.as_str().len());
    let host = uri.authority().map_or(0, |authority| authority.as_str().len());
    let headers: usize =
        headers.iter().map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len()).sum();
    headers + path + 2 * host + 512
}

/// Sends a head and its body. Whether all of it went out: a server that answers before that is listened to.
async fn send_all(
    connection: &mut Connection,
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
            } else if ended {
                let flushed = ready!(connection.poll_flush(context));
                return Poll::Ready(flushed.map(|()| true).map_err(|error| fault::connection(&error)));
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

fn poll_early(connection: &mut Connection, context: &mut Context<'_>) -> Poll<Result<Early, TransportFault>> {
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
    let broken = || TransportFault::Local { reason: "the request's head has no end".to_owned() };
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
async fn receive(
    mut connection: Connection,
    mut call: Call<RecvResponse>,
    home: Home,
) -> Result<Response<Incoming>, TransportFault> {
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
    Ok(answer.map(|()| Incoming::default()))
}

/// Whether an empty line is in it, other than in what was seen before.
fn has_end(head: &[u8], seen: usize) -> bool {
    let new = head.get(seen.saturating_sub(3)..).unwrap_or_default();
    new.windows(2).any(|pair| pair == b"\n\n") || new.windows(3).any(|three| three == b"\n\r\n")
}

/// What is wrong with an answer.
pub(crate) fn protocol(error: &ureq_proto::Error) -> TransportFault {
    TransportFault::Protocol { reason: error.to_string() }
}
