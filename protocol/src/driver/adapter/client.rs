//! An adapter's client as a service of whole bodies.

use core::fmt;
use core::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use super::body::RequestBody;
use super::carrier::{BodyLimit, Carried, read};
use super::fault::{BoxError, Classify};
use crate::error::TransportFault;

/// The HTTP client that is used by default: HTTP/1.1, a pool of connections, no redirects, no retries. A
/// service of your own may wrap it; get one from [`Builder::http_client`](super::Builder::http_client).
///
/// Bodies are bytes here, and an answer's is read up to the [`BodyLimit`] among the request's extensions;
/// [`HttpClient::streaming`] streams them.
#[derive(Clone)]
pub struct HttpClient<S> {
    streaming: S,
    own: Classify,
}

impl<S: Clone> HttpClient<S> {
    pub(super) const fn new(streaming: S, own: Classify) -> Self {
        Self { streaming, own }
    }

    /// The same client, with the same connections, as a service of streamed bodies.
    #[must_use]
    pub fn streaming(&self) -> S {
        self.streaming.clone()
    }
}

impl<S> fmt::Debug for HttpClient<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClient").finish_non_exhaustive()
    }
}

impl<S, B> Service<Request<Bytes>> for HttpClient<S>
where
    S: Service<Request<RequestBody>, Response = Response<B>, Error = TransportFault>,
    S::Future: Send + 'static,
    B: Body<Data = Bytes> + Send,
    B::Error: Into<BoxError>,
{
    type Response = Response<Bytes>;
    type Error = TransportFault;
    type Future = Carried<Response<Bytes>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), TransportFault>> {
        self.streaming.poll_ready(context)
    }

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let (limit, own) = (BodyLimit::of(&request), self.own);
        let answer = self.streaming.call(request.map(RequestBody::from));
        Box::pin(async move {
            let (parts, body) = answer.await?.into_parts();
            Ok(Response::from_parts(parts, read(body, limit, own).await?))
        })
    }
}
