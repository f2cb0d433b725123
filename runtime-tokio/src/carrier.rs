//! What carries HTTP requests: the client, or a service or closure of the user's in its place; for bodies that
//! are bytes, and for those that are streamed.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use helpline_protocol::driver::{Download, Exchange, Headway, Upload};
use helpline_protocol::{HttpResponse, TransportFault};
use http::{Request, Response};
use http_body_util::BodyExt as _;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::Body;
use tokio::time::timeout;
use tower_service::Service;

use crate::body::RequestBody;
use crate::fault::{self, BoxError};

/// How many bytes of a streamed body are gathered where only a service of whole bodies may carry it: 32 MiB.
/// See [`Builder::with_http_service`](crate::Builder::with_http_service).
pub const GATHERED_BYTES: usize = 32 * 1024 * 1024;

/// What is read of a body where no [`BodyLimit`] says otherwise.
const DEFAULT_LIMIT: usize = 16 * 1024 * 1024;

type Carried<A> = Pin<Box<dyn Future<Output = Result<A, TransportFault>> + Send>>;
type ResponseBody = UnsyncBoxBody<Bytes, TransportFault>;

pub(crate) type Answer = Carried<Response<Bytes>>;
pub(crate) type Call = Arc<dyn Fn(Request<Bytes>) -> Answer + Send + Sync>;
pub(crate) type StreamCall =
    Arc<dyn Fn(Request<RequestBody>) -> Carried<Response<ResponseBody>> + Send + Sync>;

/// How many bytes of an answer's body to read; in the extensions of each request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "it is one number")]
pub struct BodyLimit(pub usize);

impl BodyLimit {
    pub(crate) fn of<B>(request: &Request<B>) -> usize {
        request.extensions().get().map_or(DEFAULT_LIMIT, |Self(limit)| *limit)
    }
}

/// Carries all requests of a runtime.
pub(crate) enum Carrier {
    /// Each kind of request by what is made for it.
    Both(Call, StreamCall),
    /// All by what streams.
    Streams(StreamCall),
    /// All by what knows whole bodies only.
    Whole(Call),
}

impl Carrier {
    /// Sends a request and reads the answer, within its time.
    pub(crate) async fn exchange(&self, exchange: Exchange) -> Result<HttpResponse, TransportFault> {
        let limit = exchange.timeout;
        let uploaded = exchange.upload.as_ref().map(Upload::headway);
        let downloaded = exchange.download.as_ref().map(Download::headway);
        if uploaded.is_none() && downloaded.is_none() {
            return timeout(limit, self.whole(exchange)).await.map_err(|_| TransportFault::TimedOut)?;
        }
        let headway = move || (bytes(uploaded.as_ref()), bytes(downloaded.as_ref()));
        while_it_moves(limit, headway, self.streamed(exchange)).await
    }

    /// An exchange whose bodies are bytes.
    async fn whole(&self, exchange: Exchange) -> Result<HttpResponse, TransportFault> {
        let limit = exchange.body_limit;
        let mut request = exchange.request.into_http();
        request.extensions_mut().insert(BodyLimit(limit));
        request.extensions_mut().insert(exchange.operation);
        match self {
            Self::Both(call, _) | Self::Whole(call) => {
                let answer = call(request).await?;
                within(answer, limit).map(HttpResponse::from)
            }
            Self::Streams(call) => receive(call(request.map(RequestBody::from)).await?, None, limit).await,
        }
    }

    /// An exchange with a source or a sink.
    async fn streamed(&self, exchange: Exchange) -> Result<HttpResponse, TransportFault> {
        let Exchange { request, operation, body_limit, upload, download, .. } = exchange;
        let mut request = request.into_http();
        request.extensions_mut().insert(BodyLimit(body_limit));
        request.extensions_mut().insert(operation);
        let body = upload.map(|upload| (upload.size(), RequestBody::from(upload.open())));
        match self {
            Self::Both(_, call) | Self::Streams(call) => {
                let request = request.map(|bytes| body.map_or_else(|| bytes.into(), |(_, body)| body));
                receive(call(request).await?, download.as_ref(), body_limit).await
            }
            Self::Whole(call) => {
                if let Some((size, body)) = body {
                    if size > length(GATHERED_BYTES) {
                        return Err(TransportFault::TooLarge { limit: GATHERED_BYTES });
                    }
                    *request.body_mut() = body.collect().await?.to_bytes();
                }
                let mut limit = body_limit;
                if let Some(download) = &download {
                    let most = usize::try_from(download.limit()).unwrap_or(usize::MAX).min(GATHERED_BYTES);
                    limit = limit.max(most);
                    request.extensions_mut().insert(BodyLimit(limit));
                }
                let answer = within(call(request).await?, limit)?;
                let whole = http_body_util::Full::new(answer.body().clone());
                receive(answer.map(|_| whole), download.as_ref(), body_limit).await
            }
        }
    }
}

/// Reads an answer: into the sink where there is one and the answer is a success, else into memory.
async fn receive<B>(
    answer: Response<B>,
    download: Option<&Download>,
    limit: usize,
) -> Result<HttpResponse, TransportFault>
where
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    let (parts, body) = answer.into_parts();
    let Some(download) = download.filter(|_| parts.status.is_success()) else {
        let body = read(body, limit).await?;
        return Ok(Response::from_parts(parts, body).into());
    };
    let mut into = download.open(body.size_hint().exact())?;
    let mut body = pin!(body);
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame.map_err(|error| fault::body(error.into()))?.into_data() {
            into.write(data).await?;
        }
    }
    let sunk = into.finish().await?;
    let mut answer = HttpResponse::from(Response::from_parts(parts, Bytes::new()));
    answer.sunk = Some(sunk);
    Ok(answer)
}

/// Reads a body, and stops at the limit whatever its length was said to be.
pub(crate) async fn read<B>(body: B, limit: usize) -> Result<Bytes, TransportFault>
where
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    let too_large = || TransportFault::TooLarge { limit };
    if body.size_hint().lower() > length(limit) {
        return Err(too_large());
    }
    let mut body = pin!(body);
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| fault::body(error.into()))?;
        if let Some(data) = frame.data_ref() {
            if whole.len().saturating_add(data.len()) > limit {
                return Err(too_large());
            }
            whole.extend_from_slice(data);
        }
    }
    Ok(whole.freeze())
}

/// Gives up when nothing has moved for `limit`; at the latest after twice as long.
async fn while_it_moves<T>(
    limit: Duration,
    headway: impl Fn() -> (u64, u64),
    work: impl Future<Output = Result<T, TransportFault>>,
) -> Result<T, TransportFault> {
    let mut work = pin!(work);
    let mut before = headway();
    loop {
        if let Ok(result) = timeout(limit, &mut work).await {
            return result;
        }
        let now = headway();
        if now == before {
            return Err(TransportFault::TimedOut);
        }
        before = now;
    }
}

fn bytes(headway: Option<&Headway>) -> u64 {
    headway.map_or(0, Headway::bytes)
}

/// A service of the user's may have read more than it was asked to.
fn within(answer: Response<Bytes>, limit: usize) -> Result<Response<Bytes>, TransportFault> {
    if answer.body().len() > limit { Err(TransportFault::TooLarge { limit }) } else { Ok(answer) }
}

fn length(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

/// A service as a call that many may make at once.
fn shared<S, Q>(service: S) -> impl Fn(Q) -> Carried<S::Response> + Send + Sync
where
    S: Service<Q> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<BoxError>,
    Q: Send + 'static,
{
    // Services need not be `Sync`; the lock is held for a clone only.
    let service = Mutex::new(service);
    move |request| {
        let mut service = service.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Box::pin(async move {
            poll_fn(|context| service.poll_ready(context))
                .await
                .map_err(|error| fault::service(error.into()))?;
            let answer = service.call(request);
            answer.await.map_err(|error| fault::service(error.into()))
        })
    }
}

/// A service of whole bodies as a call.
pub(crate) fn from_service<S>(service: S) -> Call
where
    S: Service<Request<Bytes>, Response = Response<Bytes>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<BoxError>,
{
    Arc::new(shared(service))
}

/// A service of streamed bodies as a call.
pub(crate) fn from_streaming<S, B>(service: S) -> StreamCall
where
    S: Service<Request<RequestBody>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<BoxError>,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let call = shared(service);
    Arc::new(move |request| {
        let answer = call(request);
        Box::pin(async move {
            let boxed = |body: B| body.map_err(|error| fault::body(error.into())).boxed_unsync();
            Ok(answer.await?.map(boxed))
        })
    })
}

/// A closure as a call.
pub(crate) fn from_fn<F, A, E>(call: F) -> Call
where
    F: Fn(Request<Bytes>) -> A + Send + Sync + 'static,
    A: Future<Output = Result<Response<Bytes>, E>> + Send + 'static,
    E: Into<BoxError>,
{
    Arc::new(move |request| {
        let answer = call(request);
        Box::pin(async move { answer.await.map_err(|error| fault::service(error.into())) })
    })
}
