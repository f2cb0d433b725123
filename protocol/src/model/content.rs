use serde::{Deserialize, Serialize};

/// What a user hands over to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum OutgoingContent {
    /// Plain text (Amazon Connect `text/plain`).
    Text {
        /// The text; not empty.
        text: String,
    },
    /// Text with Markdown (Amazon Connect `text/markdown`).
    Markdown {
        /// The text; not empty.
        text: String,
    },
    /// Text as HTML (Bright Pattern `msg`). A text of it goes beside it, for those who show none.
    Html {
        /// The fragment; not empty.
        html: String,
    },
    /// A short answer to a question, which it names (Bright Pattern `directive_id`). An
    /// [`Answer`](crate::Command::Answer) makes one.
    Reply {
        /// The text; not empty.
        text: String,
        /// The provider's id of the question.
        question: String,
    },
    /// A JSON document for the provider's flow (Amazon Connect `application/json`).
    Json {
        /// The document, as text.
        text: String,
    },
    /// An answer to an interactive message in the provider's own form
    /// (Amazon Connect `…message.interactive.response`).
    InteractiveResponse {
        /// The document, as text.
        text: String,
    },
}

impl OutgoingContent {
    /// Plain text.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into() }
    }

    /// The text that goes out, whatever the kind.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Text { text }
            | Self::Markdown { text }
            | Self::Html { html: text }
            | Self::Reply { text, .. }
            | Self::Json { text }
            | Self::InteractiveResponse { text } => text,
        }
    }
}
