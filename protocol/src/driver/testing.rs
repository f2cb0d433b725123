//! A runtime whose clock is set by hand and whose servers are a few switches.

use core::future::{Future, pending, poll_fn};
use core::task::{Context, Poll};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use futures_util::stream::StreamExt as _;

use super::{Dial, Download, Exchange, Runtime, Socket, Upload};
use crate::error::TransportFault;
use crate::input::{Frame, SocketClosed};
use crate::output::Operation;
use crate::time::{Now, Timestamp, WallTime};
use crate::wire::http::HttpResponse;

#[derive(Clone, Default)]
pub(super) struct ByHand(Arc<State>);

#[derive(Default)]
struct State {
    micros: AtomicU64,
    sleeps: AtomicUsize,
    restless: AtomicBool,
    silent: AtomicBool,
    abandoned: AtomicUsize,
    chatty: AtomicBool,
    read: AtomicUsize,
    written: AtomicUsize,
    closed: AtomicUsize,
}

impl ByHand {
    pub(super) fn set(&self, at: Timestamp) {
        self.0.micros.store(at.as_micros(), Ordering::Relaxed);
    }

    /// Sleeps end at once, whatever the clock says.
    pub(super) fn restless(&self) {
        self.0.restless.store(true, Ordering::Relaxed);
    }

    /// Requests are not answered any more.
    pub(super) fn silent(&self) {
        self.0.silent.store(true, Ordering::Relaxed);
    }

    /// Sockets have a frame to read at any time.
    pub(super) fn chatty(&self) {
        self.0.chatty.store(true, Ordering::Relaxed);
    }

    pub(super) fn sleeps(&self) -> usize {
        self.0.sleeps.load(Ordering::Relaxed)
    }

    /// Requests that were dropped without an answer.
    pub(super) fn abandoned(&self) -> usize {
        self.0.abandoned.load(Ordering::Relaxed)
    }

    pub(super) fn read(&self) -> usize {
        self.0.read.load(Ordering::Relaxed)
    }

    /// Sockets that were asked to close. None ever does.
    pub(super) fn closed(&self) -> usize {
        self.0.closed.load(Ordering::Relaxed)
    }

    pub(super) fn socket(&self) -> StubbornSocket {
        StubbornSocket { state: self.0.clone(), greeted: false, takes: 10 }
    }
}

/// Storage that takes a whole body, with a pause after each piece.
async fn sent(upload: &Upload) -> Result<HttpResponse, TransportFault> {
    let mut body = upload.open();
    while let Some(piece) = body.next().await {
        piece?;
        pause().await;
    }
    Ok(HttpResponse::new(http::StatusCode::OK, ""))
}

/// Storage that has a file of 300,000 bytes.
async fn fetched(download: &Download) -> Result<HttpResponse, TransportFault> {
    let mut body = download.open(Some(300_000))?;
    for _ in 0..10 {
        body.write(vec![7; 30_000].into()).await?;
        pause().await;
    }
    let mut answer = HttpResponse::new(http::StatusCode::OK, "");
    answer.sunk = Some(body.finish().await?);
    Ok(answer)
}

async fn pause() {
    let mut paused = false;
    poll_fn(|context| {
        if core::mem::replace(&mut paused, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Counts the exchanges that are dropped half-way.
struct Abandon<'a>(&'a State);

impl Drop for Abandon<'_> {
    fn drop(&mut self) {
        self.0.abandoned.fetch_add(1, Ordering::Relaxed);
    }
}

impl Runtime for ByHand {
    type Socket = StubbornSocket;

    fn now(&self) -> Now {
        Now::new(Timestamp::from_micros(self.0.micros.load(Ordering::Relaxed)), WallTime::EPOCH)
    }

    async fn sleep_until(&self, at: Timestamp) {
        self.0.sleeps.fetch_add(1, Ordering::Relaxed);
        let over = || self.0.restless.load(Ordering::Relaxed) || self.now().at >= at;
        poll_fn(|context| {
            if over() {
                return Poll::Ready(());
            }
            // Nobody else would wake it when the clock is set.
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }

    async fn exchange(&self, exchange: Exchange) -> Result<HttpResponse, TransportFault> {
        if self.0.silent.load(Ordering::Relaxed) {
            let _abandon = Abandon(&self.0);
            pending::<()>().await;
        }
        if let Some(upload) = &exchange.upload {
            return sent(upload).await;
        }
        if let Some(download) = &exchange.download {
            return fetched(download).await;
        }
        let body = match exchange.operation {
            Operation::Authorise => {
                r#"{"ConnectionCredentials":{"ConnectionToken":"t","Expiry":"2099-01-01T00:00:00.000Z"},
                "Websocket":{"Url":"wss://host.example/?t=1","ConnectionExpiry":"2099-01-01T00:00:00.000Z"}}"#
            }
            Operation::CatchUp | Operation::LoadHistory => r#"{"InitialContactId":"c","Transcript":[]}"#,
            Operation::StartUpload => {
                r#"{"AttachmentId":"a-1","UploadMetadata":{"Url":"https://storage.example/put",
                "UrlExpiry":"2099-01-01T00:00:00.000Z","HeadersToInclude":{}}}"#
            }
            Operation::AttachmentUrl => {
                r#"{"Url":"https://storage.example/get","UrlExpiry":"2099-01-01T00:00:00.000Z",
                "AttachmentSizeInBytes":300000}"#
            }
            Operation::SendMessage
            | Operation::SendReceipt
            | Operation::SendTyping
            | Operation::StartConversation
            | Operation::Poll
            | Operation::SendEvent
            | Operation::LoadTranscript
            | Operation::Upload
            | Operation::CompleteUpload
            | Operation::Download
            | Operation::DescribeView
            | Operation::AuthenticationUrl
            | Operation::CancelAuthentication
            | Operation::ServerVersion
            | Operation::Availability
            | Operation::ExpectedParameters
            | Operation::ActiveConversation
            | Operation::CaseHistory
            | Operation::CloseCase
            | Operation::Notifications
            | Operation::IceServers
            | Operation::Configuration
            | Operation::RequestSms
            | Operation::Leave => "{}",
        };
        Ok(HttpResponse::new(http::StatusCode::OK, body))
    }

    async fn open(&self, _: Dial) -> Result<StubbornSocket, TransportFault> {
        Ok(self.socket())
    }

    fn spawn(&self, _: impl Future<Output = ()> + Send + 'static) {}

    fn seed(&self) -> [u8; 32] {
        [7; 32]
    }
}

/// A socket that greets, takes ten frames and no more, and never gets closed.
pub(super) struct StubbornSocket {
    state: Arc<State>,
    greeted: bool,
    takes: usize,
}

impl Socket for StubbornSocket {
    fn poll_recv(&mut self, _: &mut Context<'_>) -> Poll<Result<Frame, SocketClosed>> {
        let frame = if !self.greeted {
            r#"{"topic":"aws/subscribe","content":{"status":"success","topics":["aws/chat"]}}"#
        } else if self.state.chatty.load(Ordering::Relaxed) {
            r#"{"topic":"aws/heartbeat"}"#
        } else {
            return Poll::Pending;
        };
        self.greeted = true;
        self.state.read.fetch_add(1, Ordering::Relaxed);
        Poll::Ready(Ok(Frame::Text(frame.to_owned())))
    }

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportFault>> {
        if self.takes > 0 { Poll::Ready(Ok(())) } else { Poll::Pending }
    }

    fn start_send(&mut self, _: Frame) -> Result<(), TransportFault> {
        self.takes -= 1;
        self.state.written.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportFault>> {
        Poll::Ready(Ok(()))
    }

    async fn close(self, _: u16, _: String) {
        self.state.closed.fetch_add(1, Ordering::Relaxed);
        pending::<()>().await;
    }
}
