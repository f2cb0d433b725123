//! Files: sent, fetched, and known by a key.

use core::fmt;
use std::sync::Arc;

use futures_channel::oneshot;

use super::{Chat, message_sent, misfit, worked_out};
use crate::command::Command;
use crate::driver::error::{ChatError, Closed};
use crate::driver::files::{AttachmentSource, AttachmentTarget, Files};
use crate::driver::task::{Ask, Finished, Reply};
use crate::driver::transfer::{ByteSink, ByteSource};
use crate::event::CommandResult;
use crate::id::{CommandId, MessageKey};
use crate::model::{SinkKey, SourceKey};
use crate::secret::DownloadUrl;
use crate::time::WallTime;

/// An address from which a file can be fetched for a while, by whoever has it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AttachmentUrl {
    /// The address. `Debug` does not show it.
    pub url: DownloadUrl,
    /// Until when, where the provider says.
    pub expires_at: Option<WallTime>,
    /// The file's size in bytes, where the provider says.
    pub size: Option<u64>,
}

/// A file that is being fetched. Dropping it changes nothing: the file arrives all the same.
pub struct Downloading {
    chat: Chat,
    command: CommandId,
    end: oneshot::Receiver<Result<Finished, ChatError>>,
}

impl Downloading {
    /// The command that fetches it: [`Chat::cancel`] takes it back, and
    /// [`Event::TransferProgress`](crate::Event::TransferProgress) names it.
    #[must_use]
    pub const fn command(&self) -> CommandId {
        self.command
    }

    /// Waits until all of the file is there. Returns its size in bytes.
    ///
    /// # Errors
    /// [`ChatError::Failed`] when it cannot be fetched, [`ChatError::Withdrawn`] when it was taken back.
    pub async fn finished(self) -> Result<u64, ChatError> {
        let finished = self.end.await.map_err(|_| Closed)??;
        let result = worked_out(finished)?.0;
        if let CommandResult::Downloaded { size } = result {
            return Ok(size);
        }
        Err(misfit("a file that was fetched", &result))
    }

    /// Takes it back: the connection is closed, and what has come of the file counts for nothing.
    ///
    /// # Errors
    /// As of [`Chat::run`]: refused where it has come to its end already.
    pub async fn cancel(&self) -> Result<(), ChatError> {
        self.chat.cancel(self.command).await
    }
}

impl fmt::Debug for Downloading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Downloading").field("command", &self.command).finish_non_exhaustive()
    }
}

impl Chat {
    /// Sends a file, and waits until the provider has all of it: offline and through reconnects, for as long as
    /// it takes. It stands in the transcript at once; how far it is comes as
    /// [`Event::TransferProgress`](crate::Event::TransferProgress), and to
    /// [`AttachmentSource::with_progress`].
    ///
    /// If the future is dropped the file is sent all the same: [`Chat::discard`] takes it back.
    ///
    /// # Errors
    /// As of [`Chat::send_text`].
    pub async fn send_attachment(
        &self,
        attachment: impl Into<AttachmentSource> + Send,
    ) -> Result<MessageKey, ChatError> {
        let attachment = attachment.into();
        let (reply, answer) = oneshot::channel();
        self.ask(Ask::Send { attachment, reply: Reply::Finished(reply) })?;
        message_sent(answer.await.map_err(|_| Closed)??)
    }

    /// Hands over a file and returns as soon as it stands in the transcript. How it fares is told by events.
    ///
    /// # Errors
    /// As of [`Chat::execute`].
    pub async fn queue_attachment(
        &self,
        attachment: impl Into<AttachmentSource> + Send,
    ) -> Result<MessageKey, ChatError> {
        let attachment = attachment.into();
        let (reply, answer) = oneshot::channel();
        self.ask(Ask::Send { attachment, reply: Reply::Queued(reply) })?;
        answer.await.map_err(|_| Closed)?
    }

    /// Fetches a file by the provider's id of it, and waits until it is there. Returns its size in bytes.
    ///
    /// If the future is dropped the file is fetched all the same: [`Chat::start_download`] gives a handle by
    /// which it can be taken back.
    ///
    /// # Errors
    /// As of [`Chat::execute`] and [`Downloading::finished`].
    pub async fn download_attachment(
        &self,
        attachment: impl Into<String> + Send,
        into: impl Into<AttachmentTarget> + Send,
    ) -> Result<u64, ChatError> {
        // Neither argument is kept over an await.
        let (attachment, into) = (attachment.into(), into.into());
        self.start_download(attachment, into).await?.finished().await
    }

    /// Begins to fetch a file by the provider's id of it, and returns as soon as that is accepted.
    ///
    /// # Errors
    /// As of [`Chat::execute`].
    pub async fn start_download(
        &self,
        attachment: impl Into<String> + Send,
        into: impl Into<AttachmentTarget> + Send,
    ) -> Result<Downloading, ChatError> {
        let (attachment, into) = (attachment.into(), into.into());
        let (accepted, begun) = oneshot::channel();
        let (finished, end) = oneshot::channel();
        self.ask(Ask::Fetch { attachment, into, reply: Reply::Begun(accepted, finished) })?;
        let command = begun.await.map_err(|_| Closed)??;
        Ok(Downloading { chat: self.clone(), command, end })
    }

    /// Obtains an address from which a file can be fetched for a while, without credentials: treat it as one.
    /// `expires_in` is for how many seconds it should be good; the provider decides where none is said.
    ///
    /// # Errors
    /// As of [`Chat::run`], and [`ChatError::Failed`].
    pub async fn attachment_url(
        &self,
        attachment: impl Into<String> + Send,
        expires_in: Option<u32>,
    ) -> Result<AttachmentUrl, ChatError> {
        let attachment = attachment.into();
        let result = self.settled(Command::AttachmentUrl { attachment, expires_in }).await?;
        if let CommandResult::AttachmentUrl { url, expires_at, size } = result {
            return Ok(AttachmentUrl { url, expires_at, size });
        }
        Err(misfit("the address of a file", &result))
    }

    /// Makes a source known by a key, for commands that name it ([`Command::SendAttachment`]). It stays until
    /// it is forgotten or replaced: a file that failed can be sent again.
    ///
    /// # Errors
    /// [`Closed`] when the task is gone.
    pub async fn register_source(&self, key: SourceKey, source: impl ByteSource) -> Result<(), Closed> {
        self.arrange(move |files| files.register_source(key, Arc::new(source))).await
    }

    /// Makes a sink known by a key, for commands that name it ([`Command::DownloadAttachment`]), until it is
    /// forgotten or replaced.
    ///
    /// # Errors
    /// [`Closed`] when the task is gone.
    pub async fn register_sink(&self, key: SinkKey, sink: impl ByteSink) -> Result<(), Closed> {
        self.arrange(move |files| files.register_sink(key, Arc::new(sink))).await
    }

    /// Forgets a source. A request that is reading from it reads on.
    ///
    /// # Errors
    /// [`Closed`] when the task is gone.
    pub async fn forget_source(&self, key: SourceKey) -> Result<(), Closed> {
        self.arrange(move |files| files.forget_source(&key)).await
    }

    /// Forgets a sink. A request that is writing to it writes on.
    ///
    /// # Errors
    /// [`Closed`] when the task is gone.
    pub async fn forget_sink(&self, key: SinkKey) -> Result<(), Closed> {
        self.arrange(move |files| files.forget_sink(&key)).await
    }

    async fn arrange(&self, arrange: impl FnOnce(&mut Files) + Send + 'static) -> Result<(), Closed> {
        let (reply, answer) = oneshot::channel();
        self.ask(Ask::Arrange(Box::new(move |files| {
            arrange(files);
            // Whoever asked may have gone away.
            _ = reply.send(());
        })))?;
        answer.await.map_err(|_| Closed)
    }
}
