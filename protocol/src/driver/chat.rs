//! The handle by which a user does things in a session.

use core::fmt;

use futures_channel::{mpsc, oneshot};

use super::error::{ChatError, Closed};
use super::task::{Ask, Finished, Reply};
use crate::command::Command;
use crate::dialect::Capabilities;
use crate::event::{CommandResult, ConnectionState};
use crate::id::{CommandId, ConversationKey, MessageKey};
use crate::input::{AppState, Input, Network};
use crate::limits::Usage;
use crate::model::{Choice, OutgoingContent, TranscriptItem};
use crate::output::Deadline;
use crate::session::Session;

/// A handle to a running session, by which a user does things in it. Clones are cheap and stand for the same
/// session. What happens is told by [`Events`](super::Events), command results included.
///
/// # Cancel safety
/// Each call is handed to the session's task when its future is first polled. Dropping the future after that
/// loses nothing: the command takes its course and its end is told as an event. Dropping it before does
/// nothing.
///
/// # Dropping
/// The session runs on while there is a `Chat` or the [`Events`](super::Events). With the last `Chat` gone it
/// can only be watched; with the events gone too, its sockets are closed with a goodbye, requests that
/// carry what the user said are given [`CLOSE_WAIT`](super::CLOSE_WAIT), and the task ends. The chat goes on
/// at the provider: [`Chat::leave`] ends it. After the session has ended, a `Chat` still shows its state and
/// transcript.
#[derive(Clone)]
pub struct Chat {
    asks: mpsc::UnboundedSender<Ask>,
}

/// What [`Chat::load_history`] brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HistoryLoaded {
    /// How many items are new here.
    pub items: u32,
    /// Nothing older exists.
    pub complete: bool,
}

impl Chat {
    // Unbounded in form; in fact each call waits for its answer, and the task serves every one at once.
    pub(super) const fn new(asks: mpsc::UnboundedSender<Ask>) -> Self {
        Self { asks }
    }

    /// Gives the session a command and returns once it is accepted. Its end comes as
    /// [`Event::CommandFinished`](crate::Event::CommandFinished).
    ///
    /// # Errors
    /// [`ChatError::Refused`], [`ChatError::EventsUnread`] or [`ChatError::Closed`]; nothing has changed.
    pub async fn execute(&self, command: Command) -> Result<CommandId, ChatError> {
        let (reply, answer) = oneshot::channel();
        self.ask(Ask::Command { command, reply: Reply::Accepted(reply) })?;
        answer.await.map_err(|_| Closed)?
    }

    /// Gives the session a command and waits until it has come to its end, well or not.
    ///
    /// # Errors
    /// [`ChatError::Refused`], [`ChatError::EventsUnread`] or [`ChatError::Closed`]. An accepted command
    /// that fails is no error here but a [`CommandResult::Failed`].
    pub async fn run(&self, command: Command) -> Result<CommandResult, ChatError> {
        Ok(self.finish(command).await?.result)
    }

    /// Connects, and waits until the link is live: through retries, for as long as it takes.
    ///
    /// # Errors
    /// As of [`Chat::run`], and [`ChatError::Failed`] when the session ended first.
    pub async fn connect(&self) -> Result<(), ChatError> {
        self.done(Command::Connect).await
    }

    /// Sends plain text, and waits until the provider has it: offline and through reconnects, for as long as
    /// it takes. If the future is dropped the message stays in the outbox.
    ///
    /// # Errors
    /// As of [`Chat::run`]; [`ChatError::Failed`] with the message's key when it failed or is uncertain;
    /// [`ChatError::Withdrawn`] when it was discarded.
    pub async fn send_text(&self, text: impl Into<String> + Send) -> Result<MessageKey, ChatError> {
        self.send(OutgoingContent::text(text)).await
    }

    /// Sends a message and waits until the provider has it, as [`Chat::send_text`] does.
    ///
    /// # Errors
    /// As of [`Chat::send_text`].
    pub async fn send(&self, content: OutgoingContent) -> Result<MessageKey, ChatError> {
        self.sent(Command::SendMessage { conversation: None, content }).await
    }

    /// Hands over plain text and returns as soon as it stands in the outbox and the transcript. How it fares
    /// is told by events.
    ///
    /// # Errors
    /// As of [`Chat::execute`].
    pub async fn queue_text(&self, text: impl Into<String> + Send) -> Result<MessageKey, ChatError> {
        self.queue(OutgoingContent::text(text)).await
    }

    /// Hands over a message and returns as soon as it stands in the outbox and the transcript.
    ///
    /// # Errors
    /// As of [`Chat::execute`].
    pub async fn queue(&self, content: OutgoingContent) -> Result<MessageKey, ChatError> {
        let (reply, answer) = oneshot::channel();
        let command = Command::SendMessage { conversation: None, content };
        self.ask(Ask::Command { command, reply: Reply::Queued(reply) })?;
        answer.await.map_err(|_| Closed)?
    }

    /// Answers a question by a choice, and waits until the provider has the answer: a message like any other,
    /// whose key is returned.
    ///
    /// # Errors
    /// As of [`Chat::send_text`].
    pub async fn answer(&self, message: MessageKey, choice: Choice) -> Result<MessageKey, ChatError> {
        self.sent(Command::Answer { message, choice }).await
    }

    /// Tells the others that the user types. Call it at every key; it is throttled.
    ///
    /// # Errors
    /// As of [`Chat::run`], and [`ChatError::Failed`].
    pub async fn typing(&self) -> Result<(), ChatError> {
        self.done(Command::SendTyping { conversation: None }).await
    }

    /// Marks a message, and all before it, as read by the user. Returns as soon as that is noted.
    ///
    /// # Errors
    /// As of [`Chat::run`].
    pub async fn mark_read(&self, message: MessageKey) -> Result<(), ChatError> {
        self.done(Command::MarkRead { message }).await
    }

    /// Marks a message as delivered to the user, where that is not done automatically.
    ///
    /// # Errors
    /// As of [`Chat::run`].
    pub async fn mark_delivered(&self, message: MessageKey) -> Result<(), ChatError> {
        self.done(Command::MarkDelivered { message }).await
    }

    /// Sends a failed or uncertain message again, and waits until the provider has it.
    ///
    /// # Errors
    /// As of [`Chat::send_text`].
    pub async fn resend(&self, message: MessageKey) -> Result<(), ChatError> {
        self.done(Command::Resend { message }).await.map_err(|error| name_message(error, message))
    }

    /// Takes a message that waits, has failed or is uncertain out of outbox and transcript.
    ///
    /// # Errors
    /// As of [`Chat::run`], and [`ChatError::Failed`].
    pub async fn discard(&self, message: MessageKey) -> Result<(), ChatError> {
        self.done(Command::Discard { message }).await
    }

    /// Fetches items older than those at hand: `limit` at the most, or the provider's default page.
    ///
    /// # Errors
    /// As of [`Chat::run`], and [`ChatError::Failed`].
    pub async fn load_history(&self, limit: Option<u32>) -> Result<HistoryLoaded, ChatError> {
        let finished = self.finish(Command::LoadHistory { conversation: None, limit }).await?;
        match finished.result {
            CommandResult::Loaded { items, complete } => Ok(HistoryLoaded { items, complete }),
            CommandResult::Done | CommandResult::Sent { .. } => {
                Ok(HistoryLoaded { items: 0, complete: false })
            }
            CommandResult::Failed { failure } => {
                Err(ChatError::Failed { failure: Box::new(failure), message: None })
            }
            CommandResult::Withdrawn => Err(ChatError::Withdrawn),
        }
    }

    /// Closes the link and holds everything until [`Chat::resume`].
    ///
    /// # Errors
    /// As of [`Chat::run`], and [`ChatError::Failed`].
    pub async fn suspend(&self) -> Result<(), ChatError> {
        self.done(Command::Suspend).await
    }

    /// Opens the link again and fetches what was missed.
    ///
    /// # Errors
    /// As of [`Chat::run`], and [`ChatError::Failed`].
    pub async fn resume(&self) -> Result<(), ChatError> {
        self.done(Command::Resume).await
    }

    /// Leaves the chat for good, and waits until the provider has confirmed it.
    ///
    /// # Errors
    /// As of [`Chat::run`], and [`ChatError::Failed`].
    pub async fn leave(&self) -> Result<(), ChatError> {
        self.done(Command::Leave).await
    }

    /// Says whether the machine has a network.
    ///
    /// # Errors
    /// [`Closed`] when the task is gone.
    pub async fn network(&self, network: Network) -> Result<(), Closed> {
        self.tell(Input::Network(network)).await
    }

    /// Says whether the app is in front of the user.
    ///
    /// # Errors
    /// [`Closed`] when the task is gone.
    pub async fn app(&self, app: AppState) -> Result<(), Closed> {
        self.tell(Input::App(app)).await
    }

    /// Where the connection stands.
    ///
    /// # Errors
    /// [`Closed`] when the task is gone.
    pub async fn state(&self) -> Result<ConnectionState, Closed> {
        self.look(Session::state).await
    }

    /// The conversations there are.
    ///
    /// # Errors
    /// [`Closed`] when the task is gone.
    pub async fn conversations(&self) -> Result<Vec<ConversationKey>, Closed> {
        self.look(|session| session.conversations().collect()).await
    }

    /// The transcript of the first conversation as it stands, oldest first: a copy. To follow it, apply
    /// [`Event::TranscriptChanged`](crate::Event::TranscriptChanged).
    ///
    /// # Errors
    /// [`Closed`] when the task is gone.
    pub async fn transcript(&self) -> Result<Vec<TranscriptItem>, Closed> {
        self.look(|session| {
            let conversation = session.conversations().next();
            conversation
                .map(|conversation| session.transcript(conversation).cloned().collect())
                .unwrap_or_default()
        })
        .await
    }

    /// What the provider can do.
    ///
    /// # Errors
    /// [`Closed`] when the task is gone.
    pub async fn capabilities(&self) -> Result<Capabilities, Closed> {
        self.look(Session::capabilities).await
    }

    /// How much of its limits the session uses.
    ///
    /// # Errors
    /// [`Closed`] when the task is gone.
    pub async fn usage(&self) -> Result<Usage, Closed> {
        self.look(Session::usage).await
    }

    /// When the session does something by itself next, in its runtime's time, and what.
    ///
    /// # Errors
    /// [`Closed`] when the task is gone.
    pub async fn deadline(&self) -> Result<Option<Deadline>, Closed> {
        self.look(Session::deadline).await
    }

    fn ask(&self, ask: Ask) -> Result<(), Closed> {
        self.asks.unbounded_send(ask).map_err(|_| Closed)
    }

    async fn tell(&self, input: Input) -> Result<(), Closed> {
        let (reply, answer) = oneshot::channel();
        self.ask(Ask::Tell { input, reply })?;
        answer.await.map_err(|_| Closed)
    }

    async fn look<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Session) -> T + Send + 'static,
    ) -> Result<T, Closed> {
        let (reply, answer) = oneshot::channel();
        self.ask(Ask::Look(Box::new(move |session| {
            // Whoever asked may have gone away.
            drop(reply.send(look(session)));
        })))?;
        answer.await.map_err(|_| Closed)
    }

    async fn finish(&self, command: Command) -> Result<Finished, ChatError> {
        let (reply, answer) = oneshot::channel();
        self.ask(Ask::Command { command, reply: Reply::Finished(reply) })?;
        answer.await.map_err(|_| Closed)?
    }

    async fn done(&self, command: Command) -> Result<(), ChatError> {
        let Finished { result, message } = self.finish(command).await?;
        match result {
            CommandResult::Done | CommandResult::Sent { .. } | CommandResult::Loaded { .. } => Ok(()),
            CommandResult::Failed { failure } => {
                Err(ChatError::Failed { failure: Box::new(failure), message })
            }
            CommandResult::Withdrawn => Err(ChatError::Withdrawn),
        }
    }

    async fn sent(&self, command: Command) -> Result<MessageKey, ChatError> {
        let Finished { result, message } = self.finish(command).await?;
        match result {
            CommandResult::Sent { message } => Ok(message),
            // A message that is done was sent; a session says so by `Sent`, with the key that it queued.
            CommandResult::Done | CommandResult::Loaded { .. } => message.ok_or(ChatError::Withdrawn),
            CommandResult::Failed { failure } => {
                Err(ChatError::Failed { failure: Box::new(failure), message })
            }
            CommandResult::Withdrawn => Err(ChatError::Withdrawn),
        }
    }
}

impl fmt::Debug for Chat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chat").finish_non_exhaustive()
    }
}

fn name_message(error: ChatError, named: MessageKey) -> ChatError {
    match error {
        ChatError::Failed { failure, message } => {
            ChatError::Failed { failure, message: message.or(Some(named)) }
        }
        ChatError::Refused(_)
        | ChatError::Withdrawn
        | ChatError::EventsUnread { .. }
        | ChatError::Closed(_) => error,
    }
}
