//! The handle by which a user does things in a session.

mod files;
mod questions;
mod stats;

use core::fmt;

use futures_channel::{mpsc, oneshot};

use super::error::{ChatError, Closed};
use super::task::{Ask, Finished, Reply};
pub use files::{AttachmentUrl, Downloading};
pub use questions::EventTaken;

use crate::command::Command;
use crate::dialect::Capabilities;
use crate::error::{FaultKind, ProviderFault, Retry};
use crate::event::{CommandResult, ConnectionState};
use crate::id::{CommandId, ConversationKey, MessageKey};
use crate::input::{AppState, Input, Network};
use crate::limits::{Limits, Usage};
use crate::model::{Choice, OutgoingContent, ReceiptSettings, TranscriptItem};
use crate::output::Deadline;
use crate::session::{ConnectionDetails, Session};

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

    /// Takes a message that waits, has failed or is uncertain out of outbox and transcript; a file on its way
    /// too.
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
        let result = self.settled(Command::LoadHistory { conversation: None, limit }).await?;
        if let CommandResult::Loaded { items, complete } = result {
            return Ok(HistoryLoaded { items, complete });
        }
        Err(misfit("older items", &result))
    }

    /// Changes how receipts are sent, from now on.
    ///
    /// # Errors
    /// As of [`Chat::run`].
    pub async fn configure_receipts(&self, settings: ReceiptSettings) -> Result<(), ChatError> {
        self.done(Command::ConfigureReceipts { settings }).await
    }

    /// Takes back a command that fetches something and has not finished, such as [`Downloading::command`].
    /// Whoever waits for it is told [`ChatError::Withdrawn`].
    ///
    /// # Errors
    /// As of [`Chat::run`]: refused where there is no such command under way.
    pub async fn cancel(&self, command: CommandId) -> Result<(), ChatError> {
        self.done(Command::Cancel { command }).await
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

    /// Leaves the chat for good, and waits until the session is over: until the provider has confirmed it, and then for
    /// its goodbye, [`Policy::leave_wait`](crate::Policy::leave_wait) at the most.
    ///
    /// # Errors
    /// As of [`Chat::run`], and [`ChatError::Failed`].
    pub async fn leave(&self) -> Result<(), ChatError> {
        self.done(Command::Leave).await
    }

    /// Puts the session away without a word to the provider: the chat goes on there, and another session can take
    /// it up.
    ///
    /// # Errors
    /// As of [`Chat::run`].
    pub async fn reset(&self) -> Result<(), ChatError> {
        self.done(Command::Reset).await
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

    /// One item of the transcript that is kept, as it stands.
    ///
    /// # Errors
    /// [`Closed`] when the task is gone.
    pub async fn item(&self, message: MessageKey) -> Result<Option<TranscriptItem>, Closed> {
        self.look(move |session| session.item(message).cloned()).await
    }

    /// What the provider can do.
    ///
    /// # Errors
    /// [`Closed`] when the task is gone.
    pub async fn capabilities(&self) -> Result<Capabilities, Closed> {
        self.look(Session::capabilities).await
    }

    /// The caps of the session.
    ///
    /// # Errors
    /// [`Closed`] when the task is gone.
    pub async fn limits(&self) -> Result<Limits, Closed> {
        self.look(|session| session.limits().clone()).await
    }

    /// Whether everything that was handed over has come to its end: no message waits, no command is open, no
    /// receipt is due.
    ///
    /// # Errors
    /// [`Closed`] when the task is gone.
    pub async fn is_settled(&self) -> Result<bool, Closed> {
        self.look(Session::is_settled).await
    }

    /// Whether the chat goes on, as far as the session knows.
    ///
    /// # Errors
    /// [`Closed`] when the task is gone.
    pub async fn is_active(&self) -> Result<bool, Closed> {
        self.look(Session::is_active).await
    }

    /// What the session is connected with.
    ///
    /// # Errors
    /// [`Closed`] when the task is gone.
    pub async fn connection(&self) -> Result<ConnectionDetails, Closed> {
        self.look(Session::connection).await
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

    /// What a command came to, if it worked out.
    async fn settled(&self, command: Command) -> Result<CommandResult, ChatError> {
        worked_out(self.finish(command).await?).map(|(result, _)| result)
    }

    async fn done(&self, command: Command) -> Result<(), ChatError> {
        self.settled(command).await.map(drop)
    }

    async fn sent(&self, command: Command) -> Result<MessageKey, ChatError> {
        message_sent(self.finish(command).await?)
    }
}

impl fmt::Debug for Chat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chat").finish_non_exhaustive()
    }
}

fn worked_out(finished: Finished) -> Result<(CommandResult, Option<MessageKey>), ChatError> {
    let Finished { result, message } = finished;
    match result {
        CommandResult::Failed { failure } => Err(ChatError::Failed { failure: Box::new(failure), message }),
        CommandResult::Withdrawn => Err(ChatError::Withdrawn),
        CommandResult::Done
        | CommandResult::Sent { .. }
        | CommandResult::Loaded { .. }
        | CommandResult::AttachmentUrl { .. }
        | CommandResult::Downloaded { .. }
        | CommandResult::Page { .. }
        | CommandResult::AmazonConnect { .. }
        | CommandResult::BrightPattern { .. }
        | CommandResult::NotOurs => Ok((result, message)),
    }
}

fn message_sent(finished: Finished) -> Result<MessageKey, ChatError> {
    match worked_out(finished)? {
        (CommandResult::Sent { message }, _) | (_, Some(message)) => Ok(message),
        (other, None) => Err(misfit("a message that was sent", &other)),
    }
}

/// The session ended a command by a result of another kind. It does not; if it ever does, that is told.
fn misfit(expected: &str, found: &CommandResult) -> ChatError {
    let mut fault = ProviderFault::new(FaultKind::Unexpected, Retry::Manual);
    fault.expected = Some(expected.to_owned());
    fault.found = Some(kind(found).to_owned());
    ChatError::Failed { failure: Box::new(fault.into()), message: None }
}

const fn kind(result: &CommandResult) -> &'static str {
    match result {
        CommandResult::Done => "done",
        CommandResult::Sent { .. } => "sent",
        CommandResult::Loaded { .. } => "loaded",
        CommandResult::AttachmentUrl { .. } => "attachment_url",
        CommandResult::Downloaded { .. } => "downloaded",
        CommandResult::Page { .. } => "page",
        CommandResult::AmazonConnect { .. } => "amazon_connect",
        CommandResult::BrightPattern { .. } => "bright_pattern",
        CommandResult::NotOurs => "not_ours",
        CommandResult::Failed { .. } => "failed",
        CommandResult::Withdrawn => "withdrawn",
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
