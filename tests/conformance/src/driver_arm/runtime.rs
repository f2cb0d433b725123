//! An adapter's runtime, with the far side of the simulation behind it.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_channel::{mpsc, oneshot};
use futures_util::StreamExt as _;
use helpline_protocol::driver::adapter::Builder;
use helpline_protocol::driver::{Dial, Exchange, Runtime, Socket};
use helpline_protocol::{
    Frame, HttpRequest, HttpResponse, Input, Now, RequestId, SocketClosed, SocketId, Timestamp,
    TransportFault,
};
use helpline_simulation::{Provider, at, session_seed};

use super::Paused;

type Answer = Result<HttpResponse, TransportFault>;
type Opened = Result<(), TransportFault>;
type Heard = Result<Frame, SocketClosed>;

/// The far side, and who waits for what.
pub(super) struct Far {
    pub(super) provider: Provider,
    /// In milliseconds.
    now: u64,
    names: u64,
    answers: BTreeMap<RequestId, oneshot::Sender<Answer>>,
    opens: BTreeMap<SocketId, oneshot::Sender<Opened>>,
    sockets: BTreeMap<SocketId, mpsc::UnboundedSender<Heard>>,
}

impl Far {
    pub(super) const fn new(provider: Provider) -> Self {
        Self {
            provider,
            now: 0,
            names: 0,
            answers: BTreeMap::new(),
            opens: BTreeMap::new(),
            sockets: BTreeMap::new(),
        }
    }

    const fn name(&mut self) -> u64 {
        self.names += 1;
        self.names
    }

    /// Whoever waited for it may have gone away.
    fn deliver(&mut self, input: Input) {
        match input {
            Input::Response { request, result } => {
                if let Some(waits) = self.answers.remove(&request) {
                    drop(waits.send(result));
                }
            }
            Input::SocketOpened { socket } => self.open(socket, Ok(())),
            Input::Frame { socket, frame } => self.hear(socket, Ok(frame)),
            Input::SocketClosed { socket, why } => {
                if let SocketClosed::Failed(fault) = &why {
                    self.open(socket, Err(fault.clone()));
                }
                self.hear(socket, Err(why));
                self.sockets.remove(&socket);
            }
            other => panic!("the far side does not say {other:?}"),
        }
    }

    fn open(&mut self, socket: SocketId, opened: Opened) {
        if let Some(waits) = self.opens.remove(&socket) {
            drop(waits.send(opened));
        }
    }

    fn hear(&self, socket: SocketId, heard: Heard) {
        if let Some(line) = self.sockets.get(&socket) {
            drop(line.unbounded_send(heard));
        }
    }
}

/// Clock, sleep and HTTP are the adapter's; sockets, seed and the wall's time are the simulation's.
pub(super) struct InMemory<A: Paused> {
    adapter: A::Runtime,
    far: Arc<Mutex<Far>>,
    seed: u64,
}

impl<A: Paused> Clone for InMemory<A> {
    fn clone(&self) -> Self {
        Self { adapter: self.adapter.clone(), far: self.far.clone(), seed: self.seed }
    }
}

impl<A: Paused> InMemory<A> {
    pub(super) fn new(far: Far, seed: u64) -> (Self, A::Time) {
        let far = Arc::new(Mutex::new(far));
        let at_far = Arc::clone(&far);
        let call = move |request: http::Request<Bytes>| {
            let (send, answer) = oneshot::channel();
            let mut far = lock(&at_far);
            let id = RequestId::from_u64(far.name());
            far.answers.insert(id, send);
            let now = far.now;
            far.provider.request(now, id, HttpRequest::from(request));
            async move {
                let answer = answer.await.unwrap_or(Err(TransportFault::Cancelled))?;
                let mut response = http::Response::new(answer.body);
                *response.status_mut() = answer.status;
                *response.headers_mut() = answer.headers;
                Ok::<_, TransportFault>(response)
            }
        };
        let (adapter, time) = A::pause(Builder::new().with_http_fn(call));
        (Self { adapter, far, seed }, time)
    }

    pub(super) fn far(&self) -> MutexGuard<'_, Far> {
        lock(&self.far)
    }

    pub(super) fn millis(&self) -> u64 {
        self.adapter.now().at.as_micros() / 1_000
    }

    /// Hands over the next thing that is due. Whether there was one.
    pub(super) fn arrive(&self) -> bool {
        let now = self.millis();
        let mut far = self.far();
        far.now = now;
        let input = far.provider.advance(now);
        let arrived = input.is_some();
        if let Some(input) = input {
            far.deliver(input);
        }
        arrived
    }
}

fn lock(far: &Mutex<Far>) -> MutexGuard<'_, Far> {
    far.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<A: Paused> Runtime for InMemory<A> {
    type Socket = InMemorySocket<A>;

    fn now(&self) -> Now {
        at(self.millis())
    }

    async fn sleep_until(&self, at: Timestamp) {
        let millis = at.saturating_since(Timestamp::ZERO).as_micros().div_ceil(1_000);
        let millis = u64::try_from(millis).unwrap_or(u64::MAX);
        self.adapter.sleep_until(Timestamp::ZERO + Duration::from_millis(millis)).await;
    }

    async fn exchange(&self, exchange: Exchange) -> Answer {
        self.adapter.exchange(exchange).await
    }

    async fn open(&self, dial: Dial) -> Result<InMemorySocket<A>, TransportFault> {
        let (send, opened) = oneshot::channel();
        let (line, heard) = mpsc::unbounded();
        let socket = {
            let mut far = self.far();
            let id = SocketId::from_u64(far.name());
            far.opens.insert(id, send);
            far.sockets.insert(id, line);
            far.provider.open(self.millis(), id, &dial.request);
            InMemorySocket { id, runtime: self.clone(), heard }
        };
        opened.await.unwrap_or(Err(TransportFault::Cancelled))?;
        Ok(socket)
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.adapter.spawn(task);
    }

    fn seed(&self) -> [u8; 32] {
        session_seed(self.seed)
    }
}

/// A socket whose frames go straight to the far side.
pub(super) struct InMemorySocket<A: Paused> {
    id: SocketId,
    runtime: InMemory<A>,
    heard: mpsc::UnboundedReceiver<Heard>,
}

impl<A: Paused> InMemorySocket<A> {
    fn hang_up(&self, code: Option<u16>) {
        let now = self.runtime.millis();
        let mut far = self.runtime.far();
        far.sockets.remove(&self.id);
        far.provider.close(now, self.id, code);
    }
}

impl<A: Paused> Drop for InMemorySocket<A> {
    fn drop(&mut self) {
        self.hang_up(None);
    }
}

impl<A: Paused> Socket for InMemorySocket<A> {
    fn poll_recv(&mut self, context: &mut Context<'_>) -> Poll<Heard> {
        let lost = Err(SocketClosed::Failed(TransportFault::ConnectionLost));
        self.heard.poll_next_unpin(context).map(|heard| heard.unwrap_or(lost))
    }

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportFault>> {
        Poll::Ready(Ok(()))
    }

    fn start_send(&mut self, frame: Frame) -> Result<(), TransportFault> {
        let now = self.runtime.millis();
        self.runtime.far().provider.frame(now, self.id, frame);
        Ok(())
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportFault>> {
        Poll::Ready(Ok(()))
    }

    async fn close(self, code: u16, _reason: String) {
        self.hang_up(Some(code));
    }
}
