//! What only Amazon Connect has.

use serde::{Deserialize, Serialize};

use crate::id::MessageKey;
use crate::time::WallTime;

/// What can be asked of Amazon Connect alone; the `request` of [`Command::AmazonConnect`](crate::Command).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Request {
    /// Fetches the form that a message asks to be filled in (DescribeView).
    DescribeView {
        /// A message whose template is a [`Template::View`](crate::model::Template::View).
        message: MessageKey,
    },
    /// Obtains the address of the log-in page, within a minute of the notice that asks for it
    /// (GetAuthenticationUrl).
    AuthenticationUrl {
        /// The attempt that [`Notice::Authentication`](crate::model::Notice::Authentication) named.
        attempt: String,
        /// Where the page sends the user back to.
        redirect_uri: String,
    },
    /// Gives the log-in up (CancelParticipantAuthentication).
    CancelAuthentication {
        /// The attempt that the notice named.
        attempt: String,
    },
    /// Sends an event of any content type (SendEvent).
    SendEvent {
        /// Its content type.
        content_type: String,
        /// Its content, where it has any.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        content: Option<String>,
    },
}

/// What Amazon Connect answers to a [`Request`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reply {
    /// The form.
    View {
        /// Its description.
        view: View,
    },
    /// The address of the log-in page.
    AuthenticationUrl {
        /// The address.
        url: crate::secret::DownloadUrl,
    },
    /// The log-in is given up.
    AuthenticationCancelled,
    /// The event was taken.
    Event {
        /// The id that it got (`Id`).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        /// The time that it got (`AbsoluteTime`).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<WallTime>,
    },
}

impl Reply {
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::View { .. } => "view",
            Self::AuthenticationUrl { .. } => "authentication_url",
            Self::AuthenticationCancelled => "authentication_cancelled",
            Self::Event { .. } => "event",
        }
    }
}

/// The description of a form (DescribeView, `View`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct View {
    /// `Id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `Arn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    /// `Name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `Version`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// What can be chosen (`Content.Actions`): the `action` of a [`Choice::Form`](crate::model::Choice::Form).
    pub actions: Vec<String>,
    /// What values it takes, as JSON text (`Content.InputSchema`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_schema: Option<String>,
    /// What it looks like, as JSON text (`Content.Template`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
}
