//! What carries HTTP requests: the client, or a service or closure of the user's in its place; for bodies that
//! are bytes, and for those that are streamed.

#![allow(
    clippy::disallowed_types,
    reason = "a service of the user's need not be `Sync`: adapters lock to clone it"
)]

use core::future::{Future, poll_fn};
use core::pin::{Pin, pin};
use core::time::Duration;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::{Bytes, BytesMut};
use http::{Request, Response};
use http_body::Body;
use http_body_util::BodyExt as _;
use http_body_util::combinators::UnsyncBoxBody;
use tower_service::Service;

use super::body::RequestBody;
use super::fault::{self, BoxError, Classify};
use super::waiting::{or_late, within};
use crate::driver::{Download, Exchange, Headway, Runtime, Upload};
use crate::error::TransportFault;
use crate::wire::http::HttpResponse;

/// How many bytes of a streamed body are gathered where only a service of whole bodies may carry it: 32 MiB.
/// See [`Builder::with_http_service`](super::Builder::with_http_service).
pub const GATHERED_BYTES: usize = 32 * 1024 * 1024;

/// What is read of a body where no [`BodyLimit`] says otherwise.
const DEFAULT_LIMIT: usize = 16 * 1024 * 1024;

pub(super) type Carried<A> = Pin<Box<dyn Future<Output = Result<A, TransportFault>> + Send>>;
type ResponseBody = UnsyncBoxBody<Bytes, TransportFault>;

pub(super) type Call = Arc<dyn Fn(Request<Bytes>) -> Carried<Response<Bytes>> + Send + Sync>;
pub(super) type StreamCall =
    Arc<dyn Fn(Request<RequestBody>) -> Carried<Response<ResponseBody>> + Send + Sync>;

/// How many bytes of an answer's body to read; in the extensions of each request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "it is one number")]
pub struct BodyLimit(pub usize);

impl BodyLimit {
    /// That of a request.
    #[must_use]
    pub fn of<B>(request: &Request<B>) -> usize {
        request.extensions().get().map_or(DEFAULT_LIMIT, |Self(limit)| *limit)
    }
}

/// Carries all requests of a runtime.
pub struct Carrier {
    by: By,
    own: Classify,
}

enum By {
    /// Each kind of request by what is made for it.
    Both(Call, StreamCall),
    /// All by what streams.
    Streams(StreamCall),
    /// All by what knows whole bodies only.
    Whole(Call),
}

impl Carrier {
    /// By what the user has given, or by the adapter's client where that is nothing.
    pub(super) fn new(
        whole: Option<Call>,
        streams: Option<StreamCall>,
        client: impl FnOnce() -> StreamCall,
        own: Classify,
    ) -> Self {
        let by = match (whole, streams) {
            (Some(whole), Some(streams)) => By::Both(whole, streams),
            (Some(whole), None) => By::Whole(whole),
            (None, Some(streams)) => By::Streams(streams),
            (None, None) => By::Streams(client()),
        };
        Self { by, own }
    }

    /// Sends a request and reads the answer, within its time: [`Runtime::exchange`].
    ///
    /// # Errors
    /// Those of [`Runtime::exchange`].
    pub async fn exchange<R: Runtime>(
        &self,
        runtime: &R,
        exchange: Exchange,
    ) -> Result<HttpResponse, TransportFault> {
        let limit = exchange.timeout;
        let uploaded = exchange.upload.as_ref().map(Upload::headway);
        let downloaded = exchange.download.as_ref().map(Download::headway);
        if uploaded.is_none() && downloaded.is_none() {
            return within(runtime, limit, self.whole(exchange)).await;
        }
        let headway = move || (bytes(uploaded.as_ref()), bytes(downloaded.as_ref()));
        while_it_moves(runtime, limit, headway, self.streamed(exchange)).await
    }

    /// An exchange whose bodies are bytes.
    async fn whole(&self, exchange: Exchange) -> Result<HttpResponse, TransportFault> {
        let limit = exchange.body_limit;
        let mut request = exchange.request.into_http();
        request.extensions_mut().insert(BodyLimit(limit));
        request.extensions_mut().insert(exchange.operation);
        match &self.by {
            By::Both(call, _) | By::Whole(call) => {
                let answer = call(request).await?;
                no_more_than(limit, answer).map(HttpResponse::from)
            }
            By::Streams(call) => {
                let answer = call(request.map(RequestBody::from)).await?;
                self.receive(answer, None, limit).await
            }
        }
    }

    /// An exchange with a source or a sink.
    async fn streamed(&self, exchange: Exchange) -> Result<HttpResponse, TransportFault> {
        let Exchange { request, operation, body_limit, upload, download, .. } = exchange;
        let mut request = request.into_http();
        request.extensions_mut().insert(BodyLimit(body_limit));
        request.extensions_mut().insert(operation);
        let body = upload.map(|upload| (upload.size(), RequestBody::from(upload.open())));
        match &self.by {
            By::Both(_, call) | By::Streams(call) => {
                let request = request.map(|bytes| body.map_or_else(|| bytes.into(), |(_, body)| body));
                let answer = call(request).await?;
                self.receive(answer, download.as_ref(), body_limit).await
            }
            By::Whole(call) => {
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
                let answer = no_more_than(limit, call(request).await?)?;
                let answer = answer.map(http_body_util::Full::new);
                self.receive(answer, download.as_ref(), body_limit).await
            }
        }
    }

    /// Reads an answer: into the sink where there is one and the answer is a success, else into memory.
    async fn receive<B>(
        &self,
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
            let body = read(body, limit, self.own).await?;
            return Ok(Response::from_parts(parts, body).into());
        };
        let mut into = download.open(body.size_hint().exact())?;
        let mut body = pin!(body);
        while let Some(frame) = body.frame().await {
            if let Ok(data) = frame.map_err(|error| fault::service(error.into(), self.own))?.into_data() {
                into.write(data).await?;
            }
        }
        let sunk = into.finish().await?;
        let mut answer = HttpResponse::from(Response::from_parts(parts, Bytes::new()));
        answer.sunk = Some(sunk);
        Ok(answer)
    }
}

impl core::fmt::Debug for Carrier {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Carrier").finish_non_exhaustive()
    }
}

/// Reads a body, and stops at the limit whatever its length was said to be.
pub(super) async fn read<B>(body: B, limit: usize, own: Classify) -> Result<Bytes, TransportFault>
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
        let frame = frame.map_err(|error| fault::service(error.into(), own))?;
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
async fn while_it_moves<R: Runtime, T>(
    runtime: &R,
    limit: Duration,
    headway: impl Fn() -> (u64, u64),
    work: impl Future<Output = Result<T, TransportFault>>,
) -> Result<T, TransportFault> {
    let mut work = pin!(work);
    let mut before = headway();
    loop {
        if let Some(result) = or_late(runtime, limit, &mut work).await {
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
fn no_more_than(limit: usize, answer: Response<Bytes>) -> Result<Response<Bytes>, TransportFault> {
    if answer.body().len() > limit { Err(TransportFault::TooLarge { limit }) } else { Ok(answer) }
}

fn length(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

/// A service as a call that many may make at once.
pub(super) fn shared<S, Q>(service: S, own: Classify) -> impl Fn(Q) -> Carried<S::Response> + Send + Sync
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
                .map_err(|error| fault::service(error.into(), own))?;
            let answer = service.call(request);
            answer.await.map_err(|error| fault::service(error.into(), own))
        })
    }
}

/// A service of whole bodies as a call.
pub(super) fn from_service<S>(service: S, own: Classify) -> Call
where
    S: Service<Request<Bytes>, Response = Response<Bytes>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<BoxError>,
{
    Arc::new(shared(service, own))
}

/// A service of streamed bodies as a call.
pub(super) fn from_streaming<S, B>(service: S, own: Classify) -> StreamCall
where
    S: Service<Request<RequestBody>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<BoxError>,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let call = shared(service, own);
    Arc::new(move |request| {
        let answer = call(request);
        Box::pin(async move {
            let boxed = |body: B| body.map_err(move |error| fault::service(error.into(), own)).boxed_unsync();
            Ok(answer.await?.map(boxed))
        })
    })
}

/// A closure as a call.
pub(super) fn from_fn<Q, F, A, T, E>(call: F, own: Classify) -> Arc<dyn Fn(Q) -> Carried<T> + Send + Sync>
where
    F: Fn(Q) -> A + Send + Sync + 'static,
    A: Future<Output = Result<T, E>> + Send + 'static,
    E: Into<BoxError>,
{
    Arc::new(move |request| {
        let answer = call(request);
        Box::pin(async move { answer.await.map_err(|error| fault::service(error.into(), own)) })
    })
}
