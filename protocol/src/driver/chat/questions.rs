//! What the user asks the provider: parts of the transcript, and what only Amazon Connect has.

use super::{Chat, misfit};
use crate::command::Command;
use crate::dialect::amazon_connect::{Reply, Request, View};
use crate::driver::error::ChatError;
use crate::event::CommandResult;
use crate::id::MessageKey;
use crate::model::{TranscriptPage, TranscriptQuery};
use crate::secret::DownloadUrl;
use crate::time::WallTime;

/// What the provider says of an event that it took.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventTaken {
    /// The id that it got.
    pub id: Option<String>,
    /// The time that it got.
    pub at: Option<WallTime>,
}

impl Chat {
    /// Fetches any part of the provider's transcript, in either direction. Its items stand in the session's
    /// transcript too.
    ///
    /// # Errors
    /// As of [`Chat::run`], and [`ChatError::Failed`].
    pub async fn load_transcript(&self, query: TranscriptQuery) -> Result<TranscriptPage, ChatError> {
        let result = self.settled(Command::LoadTranscript { conversation: None, query }).await?;
        if let CommandResult::Page { page } = result {
            return Ok(page);
        }
        Err(misfit("a part of the transcript", &result))
    }

    /// Fetches the form that a message asks to be filled in (Amazon Connect DescribeView).
    ///
    /// # Errors
    /// As of [`Chat::run`], and [`ChatError::Failed`].
    pub async fn describe_view(&self, message: MessageKey) -> Result<View, ChatError> {
        let result = self.amazon_connect(Request::DescribeView { message }).await?;
        if let CommandResult::AmazonConnect { reply: Reply::View { view } } = result {
            return Ok(view);
        }
        Err(misfit("the description of a form", &result))
    }

    /// Obtains the address of the log-in page, within a minute of the notice that asks for it (Amazon Connect
    /// GetAuthenticationUrl). `attempt` is what the notice named, `redirect_uri` where the page sends the user
    /// back to.
    ///
    /// # Errors
    /// As of [`Chat::run`], and [`ChatError::Failed`].
    pub async fn authentication_url(
        &self,
        attempt: impl Into<String> + Send,
        redirect_uri: impl Into<String> + Send,
    ) -> Result<DownloadUrl, ChatError> {
        let (attempt, redirect_uri) = (attempt.into(), redirect_uri.into());
        let result = self.amazon_connect(Request::AuthenticationUrl { attempt, redirect_uri }).await?;
        if let CommandResult::AmazonConnect { reply: Reply::AuthenticationUrl { url } } = result {
            return Ok(url);
        }
        Err(misfit("the address of a log-in page", &result))
    }

    /// Gives the log-in up (Amazon Connect CancelParticipantAuthentication).
    ///
    /// # Errors
    /// As of [`Chat::run`], and [`ChatError::Failed`].
    pub async fn cancel_authentication(&self, attempt: impl Into<String> + Send) -> Result<(), ChatError> {
        let attempt = attempt.into();
        self.amazon_connect(Request::CancelAuthentication { attempt }).await.map(drop)
    }

    /// Sends an event of any content type (Amazon Connect SendEvent).
    ///
    /// # Errors
    /// As of [`Chat::run`], and [`ChatError::Failed`].
    pub async fn send_event(
        &self,
        content_type: impl Into<String> + Send,
        content: Option<String>,
    ) -> Result<EventTaken, ChatError> {
        let content_type = content_type.into();
        let result = self.amazon_connect(Request::SendEvent { content_type, content }).await?;
        if let CommandResult::AmazonConnect { reply: Reply::Event { id, at } } = result {
            return Ok(EventTaken { id, at });
        }
        Err(misfit("an event that was taken", &result))
    }

    async fn amazon_connect(&self, request: Request) -> Result<CommandResult, ChatError> {
        self.settled(Command::AmazonConnect { request }).await
    }
}
