//! The async driver: it does what a session asks for, over any [`Runtime`], and brings none itself.
//!
//! [`Driver`] is the loop by itself: it spawns nothing, and whoever polls [`Driver::next_event`] moves it.
//! [`start`] puts it into one background task and gives out handles to it: [`Chat`], to do things, and
//! [`Events`], to see what happens. Adapters such as `helpline-tokio` implement [`Runtime`].
//!
//! # Bounds
//! - **Events that nobody reads.** A driver makes none while [`Driver::next_event`] is not polled. The task
//!   behind the handles goes on, as commands and timers must: with [`EVENTS_WAITING`] events unread it reads
//!   no socket and opens none, so the server's flow control takes over; message events are never dropped,
//!   while those that describe a present state (typing, the connection, failing probes and requests) keep
//!   only the latest of their kind. A link that nobody reads from is lost after a while, and what was missed
//!   is fetched when the user reads on. While a call such as [`Chat::run`] waits for its result, sockets are
//!   read up to [`EVENTS_WAITING_AT_MOST`], since on some providers the result comes that way. With so many
//!   unread, new commands are refused with [`ChatError::EventsUnread`]: the results of earlier ones still
//!   reach their callers, in whatever order events and results are awaited.
//! - **A server that does not read.** Frames that wait for it are bounded; beyond, the socket counts as
//!   broken and the session is told.
//! - **Closing.** A socket has [`CLOSE_WAIT`] to say goodbye, in the background of the driver's own polling.
//! - **Work.** A poll does a bounded number of steps and then yields.
//! - **Files.** None is held in memory: an adapter moves a [`ByteSource`] or into a [`ByteSink`] piece by piece.
//!   Of how far it is, an event comes with every 64 KiB or every 100 ms, and the last with all of it.
//!
//! # Files
//! [`Chat::send_attachment`] takes an [`AttachmentSource`], [`Chat::download_attachment`] an
//! [`AttachmentTarget`]. Commands that come as data, as in JSON, name a source or sink by its key instead: by
//! one that was registered ([`Driver::register_source`], [`Chat::register_source`]), or one that the runtime
//! finds ([`Runtime::source`]). A key that nobody knows fails the request, and nothing else.

#[cfg(feature = "adapter")]
pub mod adapter;
mod alarm;
mod calls;
mod chat;
mod error;
mod events;
mod exchanges;
mod files;
mod line;
mod runtime;
mod task;
#[cfg(test)]
mod testing;
mod transfer;

use core::future::poll_fn;
use core::mem;
use core::task::{Context, Poll};
use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};

use futures_util::future::{Either, select};
use futures_util::stream::{FuturesUnordered, StreamExt as _};

pub use chat::{AttachmentUrl, Chat, Downloading, EventTaken, HistoryLoaded};
pub use error::{ChatError, Closed};
pub use events::{EVENTS_WAITING, EVENTS_WAITING_AT_MOST, Events};
pub use files::{AttachmentSource, AttachmentTarget, Progress};
pub use runtime::{Dial, Exchange, Runtime, Socket};
pub use task::{connect, start};
pub use transfer::{
    ByteSink, ByteSource, ByteStream, ByteWriter, Download, DownloadBody, Headway, Upload, UploadBody,
    Written,
};

use crate::Config;
use crate::command::Command;
use crate::error::{CommandError, ConfigError, TransportFault};
use crate::event::{ConnectionState, Event};
use crate::id::{CommandId, RequestId, SocketId};
use crate::input::{AppState, Input, Network, SocketClosed};
use crate::output::{Operation, Output, Sink};
use crate::session::Session;
use alarm::Alarm;
use calls::{AtEnd, Calls, Task};
use exchanges::Exchanges;
use files::Files;
use line::Line;

/// How long a socket may take to close cleanly, and requests that carry what the user said to finish, once
/// they are not needed any more.
pub const CLOSE_WAIT: Duration = Duration::from_secs(2);

/// Steps of work in one poll, before others get their turn.
const STEPS_PER_POLL: usize = 64;

/// Drives one session over a runtime. It spawns nothing: work is done while [`Driver::next_event`] is polled.
///
/// Dropping it abandons everything at once, without a goodbye; [`Driver::close`] says one.
pub struct Driver<R: Runtime> {
    runtime: R,
    session: Session,
    alarm: Alarm,
    exchanges: Exchanges,
    files: Files,
    opens: Calls<SocketId, Result<R::Socket, TransportFault>>,
    lines: BTreeMap<SocketId, Line<R::Socket>>,
    closings: FuturesUnordered<Task<()>>,
    inbox: VecDeque<Input>,
    outputs: Vec<Output>,
    events: VecDeque<Event>,
    phase: Phase,
}

/// How far a driver has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Running,
    /// The session is over, or is to be closed: only goodbyes are under way.
    WindingUp,
}

/// Whether sockets are opened and read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Intake {
    Open,
    /// The user is too far behind with reading.
    Shut,
}

impl<R: Runtime> Driver<R> {
    /// A driver with a new session, which has done nothing yet; [`Command::Connect`] begins.
    ///
    /// # Errors
    /// When the configuration cannot work.
    pub fn new(runtime: R, config: impl Into<Config>) -> Result<Self, ConfigError> {
        let session = Session::new(config, runtime.seed(), runtime.now())?;
        Ok(Self {
            runtime,
            session,
            alarm: Alarm::new(),
            exchanges: Exchanges::new(),
            files: Files::new(),
            opens: Calls::new(),
            lines: BTreeMap::new(),
            closings: FuturesUnordered::new(),
            inbox: VecDeque::new(),
            outputs: Vec::new(),
            events: VecDeque::new(),
            phase: Phase::Running,
        })
    }

    /// The next event, as soon as there is one; none once the session has ended and every socket is closed.
    ///
    /// # Cancel safety
    /// The future may be dropped at any time and nothing is lost: what is half done lives in the driver.
    /// While nobody polls it, nothing happens at all, so a driver wants to be polled steadily.
    pub async fn next_event(&mut self) -> Option<Event> {
        poll_fn(|context| self.poll_event(context)).await
    }

    /// Gives the session a command. What follows from it happens with the next [`Driver::next_event`].
    ///
    /// # Errors
    /// When the session refuses it; then nothing has changed.
    pub fn execute(&mut self, command: Command) -> Result<CommandId, CommandError> {
        let id = self.session.execute(self.runtime.now(), command, &mut self.outputs)?;
        self.perform_all();
        Ok(id)
    }

    /// Says whether the machine has a network.
    pub fn network(&mut self, network: Network) {
        self.handle(Input::Network(network));
    }

    /// Says whether the app is in front of the user.
    pub fn app(&mut self, app: AppState) {
        self.handle(Input::App(app));
    }

    /// The session, to look at.
    #[must_use]
    pub const fn session(&self) -> &Session {
        &self.session
    }

    /// The runtime.
    #[must_use]
    pub const fn runtime(&self) -> &R {
        &self.runtime
    }

    /// Closes every socket with a goodbye and lets requests that carry what the user said finish, within
    /// [`CLOSE_WAIT`]. The chat itself goes on at the provider: to end it, give [`Command::Leave`] and read
    /// events to their end. Events that were not read are lost; dropping the future abandons the rest.
    pub async fn close(mut self) {
        self.wind_up();
        while self.closings.next().await.is_some() {}
    }

    fn poll_event(&mut self, context: &mut Context<'_>) -> Poll<Option<Event>> {
        for _ in 0..STEPS_PER_POLL {
            if let Some(event) = self.take_event() {
                return Poll::Ready(Some(event));
            }
            if self.is_over() {
                return Poll::Ready(None);
            }
            if self.poll_step(context, Intake::Open).is_pending() {
                return Poll::Pending;
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }

    fn take_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Everything is closed; there may be events left to take.
    fn is_over(&self) -> bool {
        self.phase == Phase::WindingUp && self.closings.is_empty()
    }

    /// Does one thing, of whatever kind is due. Pending where there is nothing to do; then the waker is
    /// registered with all that could change that.
    fn poll_step(&mut self, context: &mut Context<'_>, intake: Intake) -> Poll<()> {
        if let Poll::Ready(Some(())) = self.closings.poll_next_unpin(context) {
            return Poll::Ready(());
        }
        if self.phase == Phase::WindingUp {
            return Poll::Pending;
        }
        if let Some(input) = self.inbox.pop_front() {
            self.handle(input);
            return Poll::Ready(());
        }
        if let Poll::Ready(input) = self.exchanges.poll_next(context) {
            self.handle(input);
            return Poll::Ready(());
        }
        if intake == Intake::Open
            && let Poll::Ready((socket, result)) = self.opens.poll_next(context)
        {
            self.opened(socket, result);
            return Poll::Ready(());
        }
        if self.poll_lines(context, intake).is_ready() {
            return Poll::Ready(());
        }
        // Last, so that what has arrived is heard before silence is judged.
        let deadline = self.session.deadline().map(|deadline| deadline.at);
        if self.alarm.poll(context, &self.runtime, deadline).is_ready() {
            self.handle(Input::Woke);
            return Poll::Ready(());
        }
        Poll::Pending
    }

    /// Writes on every socket what waits, and reads one frame from each that has one.
    fn poll_lines(&mut self, context: &mut Context<'_>, intake: Intake) -> Poll<()> {
        let mut heard: Vec<(SocketId, Result<_, SocketClosed>)> = Vec::new();
        for (socket, line) in &mut self.lines {
            if let Poll::Ready(Err(fault)) = line.poll_write(context) {
                heard.push((*socket, Err(SocketClosed::Failed(fault))));
            } else if intake == Intake::Open
                && let Poll::Ready(frame) = line.poll_recv(context)
            {
                heard.push((*socket, frame));
            }
        }
        if heard.is_empty() {
            return Poll::Pending;
        }
        for (socket, frame) in heard {
            match frame {
                // A frame before it may have made the session give this socket up.
                Ok(frame) if self.lines.contains_key(&socket) => self.handle(Input::Frame { socket, frame }),
                Ok(_) => {}
                Err(why) => self.lost(socket, why),
            }
        }
        Poll::Ready(())
    }

    fn opened(&mut self, socket: SocketId, result: Result<R::Socket, TransportFault>) {
        match result {
            Ok(open) => {
                self.lines.insert(socket, Line::new(open));
                self.handle(Input::SocketOpened { socket });
            }
            Err(fault) => self.handle(Input::SocketClosed { socket, why: SocketClosed::Failed(fault) }),
        }
    }

    /// A socket is closed by the other side, or broken.
    fn lost(&mut self, socket: SocketId, why: SocketClosed) {
        let Some(line) = self.lines.remove(&socket) else {
            return;
        };
        if let SocketClosed::ByPeer { code, .. } = &why {
            // The goodbye wants an answer, and the connection an orderly end.
            self.bid_farewell(line, code.unwrap_or(1000), String::new());
        }
        self.handle(Input::SocketClosed { socket, why });
    }

    fn handle(&mut self, input: Input) {
        self.session.handle(self.runtime.now(), input, &mut self.outputs);
        self.perform_all();
    }

    fn perform_all(&mut self) {
        let mut outputs = mem::take(&mut self.outputs);
        let mut ended = false;
        for output in outputs.drain(..) {
            ended |= matches!(
                output,
                Output::Event(Event::ConnectionChanged { state: ConnectionState::Ended { .. } })
            );
            self.perform(output);
        }
        self.outputs = outputs;
        if ended {
            self.wind_up();
        }
    }

    fn perform(&mut self, output: Output) {
        match output {
            Output::Event(event) => {
                self.files.see(&event);
                self.events.push_back(event);
            }
            Output::Request { id, request, operation, timeout, replay, priority, sink } => {
                let body_limit = self.session.limits().body_bytes();
                let exchange = Exchange::new(request, operation, timeout, body_limit);
                self.exchange(id, Exchange { replay, priority, ..exchange }, sink.as_ref());
            }
            Output::CancelRequest { id } => self.exchanges.cancel(id),
            Output::OpenSocket { id, request, timeout } => {
                if self.phase == Phase::Running {
                    let frame_limit = self.session.limits().frame_bytes();
                    let dial = Dial::new(request, timeout, frame_limit);
                    let runtime = self.runtime.clone();
                    self.opens.start(id, AtEnd::Drop, async move { runtime.open(dial).await });
                }
            }
            Output::SendFrame { socket, frame } => {
                let Some(line) = self.lines.get_mut(&socket) else {
                    return;
                };
                if let Err(fault) = line.push(frame) {
                    self.lines.remove(&socket);
                    self.inbox.push_back(Input::SocketClosed { socket, why: SocketClosed::Failed(fault) });
                }
            }
            Output::CloseSocket { id, code, reason } => {
                self.opens.cancel(id);
                if let Some(line) = self.lines.remove(&id) {
                    self.bid_farewell(line, code, reason);
                }
            }
            // Durable state is kept by hosts that asked for it, over the session itself.
            Output::Checkpoint => {}
        }
    }

    fn exchange(&mut self, id: RequestId, exchange: Exchange, sink: Option<&Sink>) {
        if self.phase != Phase::Running {
            return;
        }
        match self.files.resolve(&self.runtime, &exchange.request, sink) {
            Ok(files) => {
                let at_end = at_end(exchange.operation);
                self.exchanges.start(&self.runtime, id, at_end, exchange, files);
            }
            Err(fault) => self.exchanges.fail(id, fault),
        }
    }

    fn bid_farewell(&self, line: Line<R::Socket>, code: u16, reason: String) {
        self.closings.push(self.within_close_wait(line.close(code, reason)));
    }

    /// Leaves nothing under way but goodbyes.
    fn wind_up(&mut self) {
        if self.phase == Phase::WindingUp {
            return;
        }
        self.phase = Phase::WindingUp;
        for (_, line) in mem::take(&mut self.lines) {
            self.bid_farewell(line, 1000, String::new());
        }
        self.opens = Calls::new();
        self.inbox.clear();
        self.files.clear();
        if let Some(rest) = self.exchanges.wind_up() {
            self.closings.push(self.within_close_wait(rest));
        }
    }

    fn within_close_wait(&self, work: impl Future<Output = ()> + Send + 'static) -> Task<()> {
        let runtime = self.runtime.clone();
        Box::pin(async move {
            let until = runtime.now().at + CLOSE_WAIT;
            let work = core::pin::pin!(work);
            let bound = core::pin::pin!(runtime.sleep_until(until));
            match select(work, bound).await {
                Either::Left(_) | Either::Right(_) => {}
            }
        })
    }
}

impl<R: Runtime> core::fmt::Debug for Driver<R> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Driver").field("state", &self.session.state()).finish_non_exhaustive()
    }
}

/// What the user said may still arrive after the session was closed; the rest has no reader any more. Of a file
/// only the last step can still make something of it.
const fn at_end(operation: Operation) -> AtEnd {
    match operation {
        Operation::SendMessage
        | Operation::SendReceipt
        | Operation::SendEvent
        | Operation::CompleteUpload
        | Operation::CancelAuthentication
        | Operation::CloseCase
        | Operation::Notifications
        | Operation::RequestSms
        | Operation::Leave => AtEnd::LetFinish,
        Operation::Authorise
        | Operation::StartConversation
        | Operation::Poll
        | Operation::SendTyping
        | Operation::CatchUp
        | Operation::LoadHistory
        | Operation::LoadTranscript
        | Operation::StartUpload
        | Operation::Upload
        | Operation::AttachmentUrl
        | Operation::Download
        | Operation::DescribeView
        | Operation::ServerVersion
        | Operation::Availability
        | Operation::ExpectedParameters
        | Operation::ActiveConversation
        | Operation::CaseHistory
        | Operation::IceServers
        | Operation::Configuration
        | Operation::AuthenticationUrl => AtEnd::Drop,
    }
}

#[cfg(test)]
mod tests;
