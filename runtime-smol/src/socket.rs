//! WebSockets over async-tungstenite, as a tower service.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use async_tungstenite::client_async_with_config;
use helpline_protocol::TransportFault;
use helpline_protocol::driver::adapter::{
    BoxSocket, Connect as _, FrameLimit, Origin, WebSocket, fault, upgrade,
};
use http::Request;
use tower_service::Service;

use crate::connector::Connector;

/// An open WebSocket.
pub type SmolSocket = BoxSocket;

/// What opens WebSockets by default. A service of your own may wrap it; get one from
/// [`Builder::socket_client`](helpline_protocol::driver::adapter::Builder::socket_client).
#[derive(Clone)]
pub struct SocketClient {
    connector: Connector,
}

impl SocketClient {
    pub(crate) const fn new(connector: Connector) -> Self {
        Self { connector }
    }

    async fn open(self, request: Request<()>) -> Result<SmolSocket, TransportFault> {
        let stream = self.connector.connect(&Origin::of(request.uri())?).await?;
        let limit = FrameLimit::of(&request);
        let (request, config) = upgrade(request, limit)?;
        let opened = client_async_with_config(request, stream, Some(config)).await;
        let (stream, _answer) = opened.map_err(|error| fault::socket(error, limit))?;
        Ok(BoxSocket::new(WebSocket::new(stream, limit)))
    }
}

impl fmt::Debug for SocketClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SocketClient").finish_non_exhaustive()
    }
}

impl Service<Request<()>> for SocketClient {
    type Response = SmolSocket;
    type Error = TransportFault;
    type Future = Pin<Box<dyn Future<Output = Result<SmolSocket, TransportFault>> + Send>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), TransportFault>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        Box::pin(self.clone().open(request))
    }
}
