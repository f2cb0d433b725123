//! WebSockets over tokio-tungstenite, as a tower service.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};

use helpline_protocol::TransportFault;
use helpline_protocol::driver::adapter::{BoxSocket, FrameLimit, WebSocket, fault, upgrade};
use http::Request;
use hyper_util::rt::TokioIo;
use tokio_tungstenite::client_async_with_config;
use tower_service::Service;

use crate::connector::Connector;

/// An open WebSocket.
pub type TokioSocket = BoxSocket;

/// What opens WebSockets by default. A service of your own may wrap it; get one from
/// [`Builder::socket_client`](crate::Builder::socket_client).
#[derive(Clone)]
pub struct SocketClient {
    connector: Connector,
}

impl SocketClient {
    pub(crate) const fn new(connector: Connector) -> Self {
        Self { connector }
    }
}

impl fmt::Debug for SocketClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SocketClient").finish_non_exhaustive()
    }
}

impl Service<Request<()>> for SocketClient {
    type Response = TokioSocket;
    type Error = TransportFault;
    type Future = Pin<Box<dyn Future<Output = Result<TokioSocket, TransportFault>> + Send>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), TransportFault>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        let mut connector = self.connector.clone();
        Box::pin(async move {
            poll_fn(|context| connector.poll_ready(context))
                .await
                .map_err(|error| fault::connecting(&*error))?;
            let stream = connector.call(request.uri().clone()).await;
            let stream = stream.map_err(|error| fault::connecting(&*error))?;
            let limit = FrameLimit::of(&request);
            let (request, config) = upgrade(request, limit)?;
            let opened = client_async_with_config(request, TokioIo::new(stream), Some(config)).await;
            let (stream, _answer) = opened.map_err(|error| fault::socket(error, limit))?;
            Ok(BoxSocket::new(WebSocket::new(stream, limit)))
        })
    }
}
