//! HTTP/1.1 over a pool of connections, as a tower service.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use helpline_protocol::TransportFault;
use helpline_protocol::driver::adapter::{self, RequestBody};
use http::{Request, Response};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tower_service::Service;

use crate::connector::Connector;
use crate::fault;

/// Connections that nobody used for this long are closed: shorter than servers and middleboxes wait, so that
/// a request seldom meets one that is just being closed.
const IDLE: Duration = Duration::from_secs(20);

/// What a connection holds at most of what it reads, and of what it writes: enough for a fast file, and for any
/// head of a request.
const BUFFER: usize = 128 * 1024;

type StreamedAnswer = Pin<Box<dyn Future<Output = Result<Response<Incoming>, TransportFault>> + Send>>;

/// The HTTP client that is used by default, over hyper. A service of your own may wrap it; get one from
/// [`Builder::http_client`](crate::Builder::http_client).
pub type HttpClient = adapter::HttpClient<StreamingHttpClient>;

/// An [`HttpClient`] as a service of streamed bodies. As for errors: where a body fails, its request does.
#[derive(Clone)]
pub struct StreamingHttpClient {
    client: Client<Connector, RequestBody>,
}

impl StreamingHttpClient {
    pub(crate) fn new(connector: Connector) -> Self {
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .http1_max_buf_size(BUFFER)
            .retry_canceled_requests(false)
            .build(connector);
        Self { client }
    }
}

impl fmt::Debug for StreamingHttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamingHttpClient").finish_non_exhaustive()
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
        let answer = self.client.request(request);
        Box::pin(async move { answer.await.map_err(|error| fault::request(&error)) })
    }
}
