//! HTTP/1.1 over a pool of connections, as a tower service; and how a service of the user's takes its place.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use helpline_protocol::TransportFault;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body as _, Incoming};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tower_service::Service;

use crate::connector::Connector;
use crate::fault::{self, BoxError};

/// Connections that nobody used for this long are closed: shorter than servers and middleboxes wait, so that
/// a request seldom meets one that is just being closed.
const IDLE: Duration = Duration::from_secs(20);

/// What is read of a body where no [`BodyLimit`] says otherwise.
const DEFAULT_LIMIT: usize = 16 * 1024 * 1024;

pub(crate) type Answer = Pin<Box<dyn Future<Output = Result<Response<Bytes>, TransportFault>> + Send>>;
pub(crate) type Call = Arc<dyn Fn(Request<Bytes>) -> Answer + Send + Sync>;

/// How many bytes of an answer's body to read; in the extensions of each request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "it is one number")]
pub struct BodyLimit(pub usize);

/// The HTTP client that is used by default: HTTP/1.1, a pool of connections, no redirects, no retries. A
/// service of your own may wrap it; get one from [`Builder::http_client`](crate::Builder::http_client).
///
/// A body is read up to the [`BodyLimit`] among the request's extensions.
#[derive(Clone)]
pub struct HttpClient {
    client: Client<Connector, Full<Bytes>>,
}

impl HttpClient {
    pub(crate) fn new(connector: Connector) -> Self {
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .retry_canceled_requests(false)
            .build(connector);
        Self { client }
    }
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClient").finish_non_exhaustive()
    }
}

impl Service<Request<Bytes>> for HttpClient {
    type Response = Response<Bytes>;
    type Error = TransportFault;
    type Future = Answer;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), TransportFault>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Bytes>) -> Answer {
        let BodyLimit(limit) = request.extensions().get().copied().unwrap_or(BodyLimit(DEFAULT_LIMIT));
        let answer = self.client.request(request.map(Full::new));
        Box::pin(async move {
            let (parts, body) = answer.await.map_err(|error| fault::request(&error))?.into_parts();
            Ok(Response::from_parts(parts, read(body, limit).await?))
        })
    }
}

/// Reads a body, and stops at the limit whatever its length was said to be.
async fn read(mut body: Incoming, limit: usize) -> Result<Bytes, TransportFault> {
    let too_large = || TransportFault::TooLarge { limit };
    if body.size_hint().lower() > u64::try_from(limit).unwrap_or(u64::MAX) {
        return Err(too_large());
    }
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| fault::answer(&error))?;
        if let Some(data) = frame.data_ref() {
            if whole.len().saturating_add(data.len()) > limit {
                return Err(too_large());
            }
            whole.extend_from_slice(data);
        }
    }
    Ok(whole.freeze())
}

/// A service as a call that many may make at once.
pub(crate) fn from_service<S>(service: S) -> Call
where
    S: Service<Request<Bytes>, Response = Response<Bytes>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<BoxError>,
{
    // Services need not be `Sync`; the lock is held for a clone only.
    let service = Mutex::new(service);
    Arc::new(move |request| {
        let mut service = service.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Box::pin(async move {
            poll_fn(|context| service.poll_ready(context))
                .await
                .map_err(|error| fault::service(error.into()))?;
            let answer = service.call(request);
            answer.await.map_err(|error| fault::service(error.into()))
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
