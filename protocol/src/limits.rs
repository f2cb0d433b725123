//! Every cap of a session: what it is for, its default, what it costs, and what happens when it is reached.

use serde::{Deserialize, Serialize};

use crate::error::ConfigError;

macro_rules! limits {
    ($($(#[$doc:meta])* $name:ident / $set:ident: $default:expr,)*) => {
        /// Every cap of a session. What a cap counts is reported by [`Session::usage`](crate::Session::usage).
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default)]
        pub struct Limits {
            $($name: usize,)*
        }

        impl Default for Limits {
            fn default() -> Self {
                Self { $($name: $default,)* }
            }
        }

        impl Limits {
            $(
                $(#[$doc])*
                #[must_use]
                pub const fn $name(&self) -> usize {
                    self.$name
                }

                #[doc = concat!("Sets [`Limits::", stringify!($name), "`].")]
                #[must_use]
                pub const fn $set(mut self, limit: usize) -> Self {
                    self.$name = limit;
                    self
                }
            )*
        }
    };
}

limits! {
    /// Bytes of one frame. Default 256 KiB. A larger one is a `ProviderFault` and is dropped.
    frame_bytes / with_frame_bytes: 256 * 1024,
    /// Bytes of one HTTP answer. Default 16 MiB: a page of 100 items of 16,384 characters, each escaped to
    /// six bytes at the worst, has under 10. The host stops reading there and reports `TooLarge`.
    body_bytes / with_body_bytes: 16 * 1024 * 1024,
    /// Levels of nesting in JSON. Default 64. Deeper is a `ProviderFault`.
    json_depth / with_json_depth: 64,
    /// Characters of an id from a provider. Default 256. An item with a longer one is a `ProviderFault`.
    id_chars / with_id_chars: 256,
    /// Characters of a token from a provider. Default 2,000. A longer one is a `ProviderFault`.
    token_chars / with_token_chars: 2_000,
    /// Bytes of a thing that is shown as it came (unknown frames, error texts). Default 4 KiB; cut there.
    raw_bytes / with_raw_bytes: 4 * 1024,
    /// Bytes of a file that is sent. Default 20 MB, as Amazon Connect takes. A larger one is refused. None of it is
    /// held here.
    attachment_bytes / with_attachment_bytes: 20 * 1000 * 1000,
    /// Bytes of a file that is fetched. Default 100 MB. The host stops there. None of it is held here.
    download_bytes / with_download_bytes: 100 * 1000 * 1000,
    /// Files being sent, or that failed and can be sent again. Default 35, as Amazon Connect takes in a chat.
    uploads / with_uploads: 35,
    /// Requests under way at once. Default 32, of about 1 KiB each; at least [`Limits::LEAST_REQUESTS`]. What is over
    /// waits. Three are kept free of what the user asks for and of polls: for credentials or the start of a
    /// conversation, what was missed, and the goodbye; and one for the poll of each conversation.
    requests / with_requests: 32,
    /// Messages in the outbox of a conversation. Default 1,000. The next command is refused.
    outbox_items / with_outbox_items: 1_000,
    /// Bytes of text in the outbox of a conversation. Default 1 MiB. The next command is refused.
    outbox_bytes / with_outbox_bytes: 1024 * 1024,
    /// Items kept of a transcript. Default 10,000, at worst of 32 KiB each, in practice of under 1 KiB. The
    /// oldest are dropped, and at the cap no older ones are fetched: raise it to page back further.
    transcript_items / with_transcript_items: 10_000,
    /// Live items held back while missed ones are fetched. Default 1,000, as the transcript's. Beyond, they
    /// are dropped and fetched once more instead.
    held_items / with_held_items: 1_000,
    /// Participants whose typing or receipts are followed in a conversation. Default 64. Later ones are shown
    /// in the transcript only.
    participants / with_participants: 64,
    /// Receipts waiting to be sent. Default 1,000. The oldest are dropped; where only the latest counts, as on Amazon
    /// Connect, there are never more than a score.
    pending_receipts / with_pending_receipts: 1_000,
    /// Pages fetched for one gap. Default 100, so 10,000 items on Amazon Connect. Beyond, a
    /// `HistoryUnavailable` says that a gap remains.
    catch_up_pages / with_catch_up_pages: 100,
    /// Conversations of a session, past ones included, where a provider has several. Default 32. The oldest that is
    /// over is dropped, with its transcript.
    conversations / with_conversations: 32,
    /// Things told once, such as offers to call, that are kept in mind so as not to be told again. Default 10,000 a
    /// conversation, of about 100 bytes. The oldest are forgotten.
    told_once / with_told_once: 10_000,
    /// Commands accepted and not finished. Default 2,000. The next is refused.
    commands / with_commands: 2_000,
}

impl Limits {
    /// Requests that a session keeps room for whatever else is under way: for credentials or the start of a
    /// conversation, what was missed, and the goodbye.
    pub(crate) const LINK_REQUESTS: usize = 3;

    /// The least that [`Limits::requests`] can be: with less, a session could not do its own work, keep a poll under
    /// way and send two receipts at once.
    pub const LEAST_REQUESTS: usize = Self::LINK_REQUESTS + 3;

    /// What cannot work, by the field's name.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        if self.requests >= Self::LEAST_REQUESTS {
            return Ok(());
        }
        let problem = format!("{} is too few, allow at least {}", self.requests, Self::LEAST_REQUESTS);
        Err(ConfigError::Field { field: "requests", problem })
    }
}

/// How much of its limits a session uses at this moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Usage {
    /// Against [`Limits::requests`].
    pub requests: usize,
    /// Against [`Limits::outbox_items`], over all conversations.
    pub outbox_items: usize,
    /// Against [`Limits::outbox_bytes`], over all conversations.
    pub outbox_bytes: usize,
    /// Against [`Limits::uploads`], over all conversations.
    pub uploads: usize,
    /// Against [`Limits::transcript_items`], over all conversations.
    pub transcript_items: usize,
    /// Bytes of text and ids in those items.
    pub transcript_bytes: usize,
    /// Against [`Limits::held_items`], over all conversations.
    pub held_items: usize,
    /// Against [`Limits::participants`], over all conversations.
    pub participants: usize,
    /// Against [`Limits::pending_receipts`], over all conversations.
    pub pending_receipts: usize,
    /// Against [`Limits::commands`].
    pub commands: usize,
    /// Answers and frames that came too late, twice, or for nothing of ours.
    pub stale_inputs: u64,
    /// How often the host's time went back.
    pub clock_went_back: u64,
}
