//! A runtime without a network: every request is answered at once, every socket opens, greets and is silent. So
//! what a session takes in a driver can be weighed by itself.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use helpline_protocol::driver::{Dial, Exchange, Runtime, Socket};
use helpline_protocol::{
    Frame, HttpResponse, Now, Operation, SocketClosed, Timestamp, TransportFault, WallTime,
};

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A runtime without a network, whose clock stands still. Its tasks are run by [`Quiet::run`].
#[derive(Clone, Default)]
pub struct Quiet {
    tasks: Arc<Mutex<Vec<Task>>>,
}

impl Quiet {
    /// Runs all tasks for a while; none of them has anything left to do after it.
    pub fn run(&self, rounds: usize) {
        let mut tasks = std::mem::take(&mut *self.lock());
        for _ in 0..rounds {
            tasks.retain_mut(|task| task.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        }
        self.lock().append(&mut tasks);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Task>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Runtime for Quiet {
    type Socket = QuietSocket;

    fn now(&self) -> Now {
        Now::new(Timestamp::from_secs(1), WallTime::from_unix_millis(1_773_480_400_000))
    }

    async fn sleep_until(&self, _: Timestamp) {
        std::future::pending().await
    }

    async fn exchange(&self, exchange: Exchange) -> Result<HttpResponse, TransportFault> {
        let body = match exchange.operation {
            Operation::Authorise => {
                r#"{"ConnectionCredentials":{"ConnectionToken":"t","Expiry":"2099-01-01T00:00:00.000Z"},
                "Websocket":{"Url":"wss://host.example/?t=1","ConnectionExpiry":"2099-01-01T00:00:00.000Z"}}"#
            }
            _ => r#"{"InitialContactId":"c","Transcript":[]}"#,
        };
        Ok(HttpResponse::new(http::StatusCode::OK, body))
    }

    async fn open(&self, _: Dial) -> Result<QuietSocket, TransportFault> {
        let text = r#"{"topic":"aws/subscribe","content":{"status":"success","topics":["aws/chat"]}}"#;
        Ok(QuietSocket { frames: [Frame::Text(text.to_owned())].into() })
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.lock().push(Box::pin(task));
    }

    fn seed(&self) -> [u8; 32] {
        [7; 32]
    }
}

/// A socket that greets and is silent.
pub struct QuietSocket {
    frames: VecDeque<Frame>,
}

impl Socket for QuietSocket {
    fn poll_recv(&mut self, _: &mut Context<'_>) -> Poll<Result<Frame, SocketClosed>> {
        let frame = self.frames.pop_front();
        if frame.is_some() {
            self.frames = VecDeque::new();
        }
        frame.map_or(Poll::Pending, |frame| Poll::Ready(Ok(frame)))
    }

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportFault>> {
        Poll::Ready(Ok(()))
    }

    fn start_send(&mut self, _: Frame) -> Result<(), TransportFault> {
        Ok(())
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportFault>> {
        Poll::Ready(Ok(()))
    }

    async fn close(self, _: u16, _: String) {}
}
