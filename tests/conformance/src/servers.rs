//! Tiny servers on loopback, and the requests that reach them.

pub mod amazon;
pub mod storage;

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use helpline_protocol::driver::adapter::BoxSocket;
use helpline_protocol::driver::{Dial, Exchange, Runtime, Socket};
use helpline_protocol::{Frame, HttpRequest, HttpResponse, Operation, SocketClosed, TransportFault};
use http::{Method, Request, Response, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::WebSocketStream;

pub type ServerSocket = WebSocketStream<TcpStream>;

/// No test here takes longer, unless it hangs.
pub const SOON: Duration = Duration::from_secs(10);

/// Runs a handler for each connection.
pub async fn serve<F, A>(handle: F) -> SocketAddr
where
    F: Fn(TcpStream) -> A + Send + 'static,
    A: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(handle(stream));
        }
    });
    address
}

/// Answers HTTP requests.
pub async fn serve_http<F, A>(answer: F) -> SocketAddr
where
    F: Fn(Request<Bytes>) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = Response<Bytes>> + Send + 'static,
{
    serve(move |stream| answer_http(stream, answer.clone())).await
}

/// Answers HTTP requests on one connection.
pub async fn answer_http<F, A>(stream: TcpStream, answer: F)
where
    F: Fn(Request<Bytes>) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = Response<Bytes>> + Send + 'static,
{
    let service = service_fn(move |request: Request<hyper::body::Incoming>| {
        let answer = answer.clone();
        async move {
            let (parts, body) = request.into_parts();
            let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
            Ok::<_, Infallible>(answer(Request::from_parts(parts, body)).await.map(Full::new))
        }
    });
    drop(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await);
}

/// Runs a handler for each WebSocket.
pub async fn serve_sockets<F, A>(handle: F) -> SocketAddr
where
    F: Fn(ServerSocket) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = ()> + Send + 'static,
{
    serve(move |stream| {
        let handle = handle.clone();
        async move { handle(tokio_tungstenite::accept_async(stream).await.unwrap()).await }
    })
    .await
}

pub fn request(method: Method, uri: &str) -> HttpRequest {
    HttpRequest::new(method, uri.parse::<Uri>().unwrap())
}

/// A GET as a session would ask for it.
pub async fn get(
    runtime: &impl Runtime<Socket = BoxSocket>,
    uri: &str,
    limit: usize,
) -> Result<HttpResponse, TransportFault> {
    runtime.exchange(Exchange::new(request(Method::GET, uri), Operation::Authorise, SOON, limit)).await
}

pub async fn open(
    runtime: &impl Runtime<Socket = BoxSocket>,
    uri: &str,
    limit: usize,
) -> Result<BoxSocket, TransportFault> {
    runtime.open(Dial::new(request(Method::GET, uri), SOON, limit)).await
}

pub async fn recv(socket: &mut BoxSocket) -> Result<Frame, SocketClosed> {
    let recv = std::future::poll_fn(|context| socket.poll_recv(context));
    tokio::time::timeout(SOON, recv).await.expect("something to be received")
}

pub async fn send(socket: &mut BoxSocket, text: &str) -> Result<(), TransportFault> {
    std::future::poll_fn(|context| socket.poll_ready(context)).await?;
    socket.start_send(Frame::Text(text.to_owned()))?;
    std::future::poll_fn(|context| socket.poll_flush(context)).await
}
