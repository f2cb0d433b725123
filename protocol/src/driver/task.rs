//! The one task behind the handles: it serves their calls, drives the session and passes events on.

use core::future::poll_fn;
use core::task::{Context, Poll};
use std::collections::BTreeMap;

use futures_channel::{mpsc, oneshot};
use futures_util::stream::StreamExt as _;

use super::chat::Chat;
use super::error::ChatError;
use super::events::{EVENTS_WAITING, EVENTS_WAITING_AT_MOST, Events, Outlet};
use super::files::{AttachmentSource, AttachmentTarget, Files};
use super::runtime::Runtime;
use super::watch::SessionStats;
use super::{Driver, Intake, STEPS_PER_POLL};
use crate::Config;
use crate::command::Command;
use crate::error::{CommandError, ConfigError};
use crate::event::{CommandResult, ConnectionState, Event};
use crate::id::{CommandId, MessageKey};
use crate::input::Input;
use crate::session::Session;

/// Starts a session in a background task of `runtime`; [`Chat::connect`] connects it.
///
/// # Errors
/// When the configuration cannot work; then nothing was started.
pub fn start<R: Runtime>(runtime: R, config: impl Into<Config>) -> Result<(Chat, Events), ConfigError> {
    Ok(Driver::new(runtime, config)?.start())
}

/// Starts a session and connects it, without waiting: messages may be handed over at once and are sent when
/// the link is live.
///
/// # Errors
/// When the configuration cannot work; then nothing was started.
pub fn connect<R: Runtime>(runtime: R, config: impl Into<Config>) -> Result<(Chat, Events), ConfigError> {
    let mut driver = Driver::new(runtime, config)?;
    let accepted = driver.execute(Command::Connect);
    debug_assert!(accepted.is_ok(), "a new session takes `connect`");
    Ok(driver.start())
}

impl<R: Runtime> Driver<R> {
    /// Puts the driver into a background task of its runtime. Its events so far come first.
    pub fn start(self) -> (Chat, Events) {
        let runtime = self.runtime.clone();
        let (mut task, chat, events) = Task::new(self);
        runtime.spawn(async move { poll_fn(|context| task.poll(context)).await });
        (chat, events)
    }
}

/// What a [`Chat`] asks of the task.
pub(super) enum Ask {
    Command { command: Command, reply: Reply },
    Send { attachment: AttachmentSource, reply: Reply },
    Fetch { attachment: String, into: AttachmentTarget, reply: Reply },
    Arrange(Box<dyn FnOnce(&mut Files) + Send>),
    Tell { input: Input, reply: oneshot::Sender<()> },
    Look(Box<dyn FnOnce(&Session) + Send>),
    Stats(oneshot::Sender<SessionStats>),
}

/// When a command's caller is answered. Those who have gone away are not missed.
pub(super) enum Reply {
    Accepted(oneshot::Sender<Result<CommandId, ChatError>>),
    Queued(oneshot::Sender<Result<MessageKey, ChatError>>),
    Finished(oneshot::Sender<Result<Finished, ChatError>>),
    /// At both ends: first when it is accepted.
    Begun(oneshot::Sender<Result<CommandId, ChatError>>, oneshot::Sender<Result<Finished, ChatError>>),
}

impl Reply {
    fn refuse(self, error: ChatError) {
        match self {
            Self::Accepted(reply) | Self::Begun(reply, _) => drop(reply.send(Err(error))),
            Self::Queued(reply) => drop(reply.send(Err(error))),
            Self::Finished(reply) => drop(reply.send(Err(error))),
        }
    }
}

/// How a command ended, and the message that it queued.
pub(super) struct Finished {
    pub(super) result: CommandResult,
    pub(super) message: Option<MessageKey>,
}

struct Waiter {
    reply: Reply,
    message: Option<MessageKey>,
    /// It is answered no sooner than the session is seen to be over.
    at_end: bool,
}

/// A driver behind its handles.
pub(super) struct Task<R: Runtime> {
    driver: Driver<R>,
    /// None once the last [`Chat`] is gone.
    asks: Option<mpsc::UnboundedReceiver<Ask>>,
    outlet: Outlet,
    waiters: BTreeMap<CommandId, Waiter>,
}

impl<R: Runtime> Task<R> {
    pub(super) fn new(driver: Driver<R>) -> (Self, Chat, Events) {
        let (sender, asks) = mpsc::unbounded();
        let (outlet, events) = Outlet::new();
        let task = Self { driver, asks: Some(asks), outlet, waiters: BTreeMap::new() };
        (task, Chat::new(sender), events)
    }

    /// Closes the session with a goodbye, whoever has handles to it. What was told so far can still be read.
    pub(super) fn close(&mut self) {
        self.asks = None;
        self.driver.wind_up();
    }

    /// Gives room back that is not needed now.
    pub(super) fn rest(&mut self) {
        self.driver.rest();
        self.outlet.rest();
        if self.waiters.is_empty() {
            self.waiters = BTreeMap::new();
        }
    }

    pub(super) fn stats(&self) -> SessionStats {
        self.driver.stats()
    }

    /// Does what there is to do. Ready when the session is over and nobody has a handle to it any more.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        for _ in 0..STEPS_PER_POLL {
            let asked = self.poll_asks(context);
            while let Some(event) = self.driver.take_event() {
                self.answer_waiters(&event);
                self.outlet.push(event);
            }
            self.outlet.poll(context);
            if self.asks.is_none() && self.outlet.is_gone() {
                self.driver.wind_up();
            }
            if self.driver.is_over() {
                // No command can end any more; whoever still waits finds out.
                self.waiters.clear();
                if self.outlet.finish() && self.asks.is_none() {
                    return Poll::Ready(());
                }
            }
            let moved = !self.driver.is_over() && self.driver.poll_step(context, self.intake()).is_ready();
            if !asked && !moved {
                return Poll::Pending;
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }

    fn intake(&self) -> Intake {
        let room = if self.waiters.is_empty() { EVENTS_WAITING } else { EVENTS_WAITING_AT_MOST };
        if self.outlet.waiting() < room { Intake::Open } else { Intake::Shut }
    }

    /// Serves one call. Whether there was one.
    fn poll_asks(&mut self, context: &mut Context<'_>) -> bool {
        let Some(asks) = &mut self.asks else { return false };
        match asks.poll_next_unpin(context) {
            Poll::Ready(Some(ask)) => self.serve(ask),
            Poll::Ready(None) => self.asks = None,
            Poll::Pending => return false,
        }
        true
    }

    fn serve(&mut self, ask: Ask) {
        match ask {
            Ask::Command { command, reply } => {
                // It is confirmed a moment before the session is over, and who has left looks at nothing in between.
                let at_end = command == Command::Leave;
                self.command(reply, at_end, |driver| driver.execute(command));
            }
            Ask::Send { attachment, reply } => {
                self.command(reply, false, |driver| driver.send_attachment(None, attachment));
            }
            Ask::Fetch { attachment, into, reply } => {
                self.command(reply, false, |driver| driver.download_attachment(attachment, into));
            }
            Ask::Arrange(arrange) => arrange(&mut self.driver.files),
            Ask::Tell { input, reply } => {
                self.driver.handle(input);
                _ = reply.send(());
            }
            Ask::Look(look) => look(self.driver.session()),
            // Whoever asked may have gone away.
            Ask::Stats(reply) => drop(reply.send(self.stats())),
        }
    }

    fn command(
        &mut self,
        reply: Reply,
        at_end: bool,
        give: impl FnOnce(&mut Driver<R>) -> Result<CommandId, CommandError>,
    ) {
        if self.outlet.waiting() >= EVENTS_WAITING_AT_MOST {
            return reply.refuse(ChatError::EventsUnread { limit: EVENTS_WAITING_AT_MOST });
        }
        let id = match give(&mut self.driver) {
            Ok(id) => id,
            Err(error) => return reply.refuse(ChatError::Refused(error)),
        };
        let reply = match reply {
            Reply::Accepted(reply) => return drop(reply.send(Ok(id))),
            Reply::Begun(accepted, finished) => {
                drop(accepted.send(Ok(id)));
                Reply::Finished(finished)
            }
            reply @ (Reply::Queued(_) | Reply::Finished(_)) => reply,
        };
        self.waiters.insert(id, Waiter { reply, message: None, at_end });
    }

    /// Before an event goes to its reader, who may never come, the caller who waits for it is told.
    fn answer_waiters(&mut self, event: &Event) {
        if let Event::MessageQueued { command, message, .. } = event {
            self.message_queued(*command, *message);
        } else if let Event::CommandFinished { command, result } = event {
            let over = matches!(self.driver.session().state(), ConnectionState::Ended { .. });
            let waits = self.waiters.get(command).is_some_and(|waiter| waiter.at_end);
            if *result != CommandResult::Done || over || !waits {
                self.command_finished(*command, result);
            }
        } else if let Event::ConnectionChanged { state: ConnectionState::Ended { .. } } = event {
            // What fails was told before: it is done.
            let waiting = self.waiters.iter().filter(|(_, waiter)| waiter.at_end);
            let waiting: Vec<CommandId> = waiting.map(|(command, _)| *command).collect();
            for command in waiting {
                self.command_finished(command, &CommandResult::Done);
            }
        }
    }

    fn message_queued(&mut self, command: CommandId, message: MessageKey) {
        let Some(mut waiter) = self.waiters.remove(&command) else {
            return;
        };
        if let Reply::Queued(reply) = waiter.reply {
            drop(reply.send(Ok(message)));
            return;
        }
        waiter.message = Some(message);
        self.waiters.insert(command, waiter);
    }

    fn command_finished(&mut self, command: CommandId, result: &CommandResult) {
        let Some(Waiter { reply, message, .. }) = self.waiters.remove(&command) else {
            return;
        };
        match reply {
            // Answered when it was accepted.
            Reply::Accepted(_) | Reply::Begun(..) => {}
            Reply::Queued(reply) => drop(reply.send(never_queued(result))),
            Reply::Finished(reply) => drop(reply.send(Ok(Finished { result: result.clone(), message }))),
        }
    }
}

/// A message that came to its end before it stood in the outbox.
fn never_queued(result: &CommandResult) -> Result<MessageKey, ChatError> {
    match result {
        CommandResult::Sent { message } => Ok(*message),
        CommandResult::Failed { failure } => {
            Err(ChatError::Failed { failure: Box::new(failure.clone()), message: None })
        }
        CommandResult::Done
        | CommandResult::Loaded { .. }
        | CommandResult::AttachmentUrl { .. }
        | CommandResult::Downloaded { .. }
        | CommandResult::Page { .. }
        | CommandResult::AmazonConnect { .. }
        | CommandResult::BrightPattern { .. }
        | CommandResult::NotOurs
        | CommandResult::Withdrawn => Err(ChatError::Withdrawn),
    }
}
