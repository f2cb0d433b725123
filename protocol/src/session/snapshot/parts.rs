//! What a snapshot of version 1 is made of. Machines write their own parts; a field that is added later has a
//! default, and none that is here is ever given another meaning.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::conversation::{Conversation, History, HistoryRun, Older};
use super::super::ending::SavedLeaving;
use super::super::questions::Question;
use super::Session;
use crate::config::ConfigRecord;
use crate::dialect::{UploadTicket, WireItem, amazon_connect, bright_pattern};
use crate::event::EndReason;
use crate::id::{CommandId, ConversationKey, MessageKey};
use crate::machine::catch_up::SavedCatchUp;
use crate::machine::credentials::SavedToken;
use crate::machine::link::SavedLink;
use crate::machine::outbox::SavedOutbox;
use crate::machine::queries::SavedQuery;
use crate::machine::receipts::SavedReceipts;
use crate::machine::transcript::{Place, SavedTranscript};
use crate::machine::uploads::SavedUploads;
use crate::model::{ConversationEnd, ConversationState, Introduction, Participant, SinkKey, TranscriptQuery};
use crate::secret::Secret;
use crate::time::{Timestamp, WallTime};

/// A session.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct SavedSession {
    pub(super) taken_at: WallTime,
    pub(super) config: ConfigRecord,
    pub(super) ids: SavedIds,
    #[serde(default)]
    pub(super) link: SavedLink,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) own_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) ended: Option<EndReason>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) leaving: Option<SavedLeaving>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) open_commands: Vec<CommandId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) awaiting_live: Vec<CommandId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) questions: Vec<SavedQuery<SavedQuestion>>,
    pub(super) conversations: BTreeMap<ConversationKey, SavedConversation>,
    /// The one that is meant where none is named; the newest where it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) current: Option<ConversationKey>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) secrets: Option<SavedSecrets>,
}

/// The numbers that were handed out last. What they name is never named so again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SavedIds {
    pub(super) messages: u64,
    pub(super) commands: u64,
    pub(super) requests: u64,
    #[serde(default)]
    pub(super) credentials: u64,
}

/// A conversation.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct SavedConversation {
    pub(super) transcript: SavedTranscript,
    #[serde(default)]
    pub(super) outbox: SavedOutbox,
    pub(super) receipts: SavedReceipts<Place>,
    pub(super) catch_up: SavedCatchUp<WireItem>,
    #[serde(default)]
    pub(super) history: SavedHistory,
    #[serde(default)]
    pub(super) uploads: SavedUploads,
    #[serde(flatten)]
    pub(super) own: SavedOwn,
}

/// What a conversation has for itself where a provider has several.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct SavedOwn {
    /// The provider's id of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) introduction: Option<Box<Introduction>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) over: Option<ConversationEnd>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<(ConversationState, Option<u64>)>,
    /// The number of the last message of ours.
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) number: u64,
    /// What was told once, the oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) told_once: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) participants: BTreeMap<String, Participant>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// The fetching of older items.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct SavedHistory {
    #[serde(skip_serializing_if = "Option::is_none")]
    older: Option<SavedOlder>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reached: Option<String>,
    complete: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<SavedHistoryRun>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct SavedOlder {
    cursor: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    start: Option<String>,
    credential: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct SavedHistoryRun {
    command: CommandId,
    limit: u32,
    pages: u32,
    added: u32,
    waiting: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    start: Option<String>,
}

/// A question of the user's. A file whose address was obtained already is asked for from its address on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "asks_for", rename_all = "snake_case")]
pub(super) enum SavedQuestion {
    File {
        attachment: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires_in: Option<u32>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sink: Option<SinkKey>,
    },
    Transcript {
        conversation: ConversationKey,
        query: TranscriptQuery,
    },
    AmazonConnect {
        request: amazon_connect::Request,
        token: String,
    },
    BrightPattern {
        conversation: ConversationKey,
        request: Box<bright_pattern::Request>,
        token: String,
    },
}

/// What is written only where it was asked for.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct SavedSecrets {
    /// The configuration's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) credential: Option<String>,
    /// The one in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) token: Option<SavedToken>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) token_expires_at: Option<WallTime>,
    #[serde(skip_serializing_if = "core::ops::Not::not")]
    pub(super) in_doubt: bool,
    /// Those of forms.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) view_tokens: BTreeMap<MessageKey, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) upload_tickets: Vec<SavedTicket>,
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct SavedTicket {
    attachment_id: String,
    url: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at: Option<WallTime>,
    headers: Vec<(String, String)>,
}

impl SavedSecrets {
    /// Every secret there is, as text.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        let tickets = self.upload_tickets.iter();
        let tickets = tickets.flat_map(|it| {
            core::iter::once(it.url.as_str()).chain(it.headers.iter().map(|(_, value)| value.as_str()))
        });
        let tokens = self.credential.as_deref().into_iter();
        let tokens = tokens.chain(self.token.iter().map(|token| token.token.as_str()));
        tokens.chain(self.view_tokens.values().map(String::as_str)).chain(tickets)
    }

    pub(super) fn ticket(&self, attachment_id: &str) -> Option<UploadTicket> {
        let saved = self.upload_tickets.iter().find(|ticket| ticket.attachment_id == attachment_id)?;
        let headers = saved.headers.iter();
        Some(UploadTicket {
            attachment_id: saved.attachment_id.clone(),
            url: Secret::new(saved.url.as_str()),
            expires: saved.expires_at,
            headers: headers.map(|(name, value)| (name.clone(), Secret::new(value.as_str()))).collect(),
        })
    }
}

impl SavedConversation {
    pub(super) fn items(&self) -> usize {
        self.transcript.len()
    }
}

impl SavedHistory {
    pub(super) fn command(&self) -> Option<CommandId> {
        self.run.as_ref().map(|run| run.command)
    }

    pub(super) fn restore(self) -> History {
        let older = self.older.map(|SavedOlder { cursor, start, credential }| Older {
            cursor,
            start,
            generation: credential,
        });
        let run = self.run.map(|SavedHistoryRun { command, limit, pages, added, waiting, start }| {
            HistoryRun { command, limit, pages, added, waiting, start }
        });
        History { older, reached: self.reached, complete: self.complete, unavailable: false, run }
    }

    fn new(history: &History) -> Self {
        let older = history.older.clone().map(|Older { cursor, start, generation }| SavedOlder {
            cursor,
            start,
            credential: generation,
        });
        let run = history.run.clone();
        let run = run.map(|HistoryRun { command, limit, pages, added, waiting, start }| SavedHistoryRun {
            command,
            limit,
            pages,
            added,
            waiting,
            start,
        });
        Self { older, reached: history.reached.clone(), complete: history.complete, run }
    }
}

impl Conversation {
    pub(super) fn save(&self, now: Timestamp) -> SavedConversation {
        SavedConversation {
            transcript: self.transcript.save(),
            outbox: self.outbox.save(now),
            receipts: self.receipts.save(now),
            catch_up: self.catch_up.save(now),
            history: SavedHistory::new(&self.history),
            uploads: self.uploads.save(now),
            own: SavedOwn {
                id: self.remote.clone(),
                introduction: self.introduction.clone(),
                over: self.over,
                status: self.status.clone(),
                number: self.number,
                told_once: self.once.iter().map(ToOwned::to_owned).collect(),
                participants: self.participants.clone(),
            },
        }
    }
}

impl Session {
    pub(super) fn saved_secrets(&self, now: Timestamp) -> SavedSecrets {
        let conversations = self.conversations.values();
        let tickets = conversations.clone().flat_map(|conversation| conversation.uploads.tickets());
        let tickets = tickets.map(|ticket| SavedTicket {
            attachment_id: ticket.attachment_id.clone(),
            url: ticket.url.expose().to_owned(),
            expires_at: ticket.expires,
            headers: ticket
                .headers
                .iter()
                .map(|(name, value)| (name.clone(), value.expose().to_owned()))
                .collect(),
        });
        let token = self.credentials.save(now);
        SavedSecrets {
            credential: self.dialect.get().credential().map(|secret| secret.expose().to_owned()),
            token_expires_at: self.expiries.0.filter(|_| token.is_some()),
            token,
            in_doubt: self.credential_in_doubt,
            view_tokens: conversations.flat_map(|it| it.transcript.view_tokens()).collect(),
            upload_tickets: tickets.collect(),
        }
    }
}

pub(super) fn save_question(question: &Question) -> SavedQuestion {
    match question.clone() {
        Question::Address { attachment, expires_in, sink } => {
            SavedQuestion::File { attachment, expires_in, sink }
        }
        Question::File { attachment, sink, .. } => {
            SavedQuestion::File { attachment, expires_in: None, sink: Some(sink) }
        }
        Question::Transcript { conversation, query } => SavedQuestion::Transcript { conversation, query },
        Question::AmazonConnect { request, token } => SavedQuestion::AmazonConnect { request, token },
        Question::BrightPattern { conversation, request, token } => {
            SavedQuestion::BrightPattern { conversation, request, token }
        }
    }
}

pub(super) fn question(saved: SavedQuestion) -> Question {
    match saved {
        SavedQuestion::File { attachment, expires_in, sink } => {
            Question::Address { attachment, expires_in, sink }
        }
        SavedQuestion::Transcript { conversation, query } => Question::Transcript { conversation, query },
        SavedQuestion::AmazonConnect { request, token } => Question::AmazonConnect { request, token },
        SavedQuestion::BrightPattern { conversation, request, token } => {
            Question::BrightPattern { conversation, request, token }
        }
    }
}
