//! Bright Pattern's chat for mobile and web clients, the customer's side.
//!
//! All of it is HTTPS and JSON. Who asks is said by three strings: the tenant in the query, app id and client id in
//! one header. What is said goes out by POST; what others say comes by a GET that the server holds until there is
//! something to tell, and that has no cursor and no acknowledgement: what an answer brings is gone from the server's
//! queue, whether the answer arrives or not. Then only the history has it. Everything that happens in a chat is an
//! event object, in both directions.
//!
//! - `config`: what there is to configure.
//! - `encode`: intents as requests.
//! - `answer`: answers to requests; `refusal`: the table of refusals.
//! - `decode`, `body`, `directive`, `identity`: events as facts, and what tells one from another.
//! - `event`, `signal`, `extension`: what only this service has.
//! - `choose`, `attachment`: choices as messages; which files may be sent.
//! - `push`: push notifications.
//! - [`sdk`]: the vendor's SDK, item by item, and what there is for each here.

mod answer;
mod attachment;
mod body;
mod choose;
mod config;
mod decode;
mod directive;
mod encode;
mod event;
mod extension;
mod fields;
mod identity;
mod push;
mod record;
mod refusal;
mod signal;
#[cfg(test)]
mod tests;

#[doc = include_str!("bright_pattern/sdk.md")]
pub mod sdk {}

use core::fmt;
use std::collections::BTreeMap;

use http::{HeaderValue, Uri};

pub use config::{ApiVersion, Config, Coordinates};
pub use event::{Event, MessageCard};
pub use extension::{
    Availability, CaseEntry, CaseSession, ChatProperties, ExpectedParameter, IceServer, IceServers,
    PushService, Reply, Request,
};
pub use push::{Push, PushError, read_push};
pub(crate) use record::Record;
pub use signal::CallSignal;

use super::{
    Answer, Asked, Capabilities, EncodeError, Intent, LinkKind, Provider, Refusal, Scope, Shape, Translate,
    sealed,
};
use crate::error::{CommandError, ConfigError};
use crate::limits::Limits;
use crate::model::{
    Choice, Interactive, Introduction, OutgoingAttachment, OutgoingContent, Participant, Role,
    TranscriptQuery,
};
use crate::secret::{DownloadUrl, Secret};
use crate::wire::http::{HttpRequest, HttpResponse};
use crate::wire::url::{UrlKind, check};

/// The translation for one client of one tenant.
#[derive(Clone, PartialEq)]
pub(crate) struct BrightPattern {
    /// What the operations' paths are added to.
    endpoint: Uri,
    tenant: String,
    app_id: String,
    /// Known to every server error that repeats what we sent.
    client_id: Secret,
    /// Marked as sensitive.
    authorization: HeaderValue,
    introduction: Introduction,
    user_platform: BTreeMap<String, String>,
    location: Option<Coordinates>,
    initial_message: Option<String>,
    resume_only: bool,
    version: ApiVersion,
    allow_plaintext: bool,
}

impl BrightPattern {
    /// Checks a configuration as a whole.
    pub(crate) fn new(config: &Config) -> Result<Self, ConfigError> {
        config.check()?;
        let Config { tenant, app_id, client_id, .. } = config.clone();
        // The service takes it with quotes and without; the vendor's SDKs send none.
        let authorization = format!("MOBILE-API-140-327-PLAIN appId={app_id}, clientId={client_id}");
        let mut authorization = HeaderValue::from_str(&authorization).map_err(|_| ConfigError::Field {
            field: "client_id",
            problem: "it has characters that no header can carry".to_owned(),
        })?;
        authorization.set_sensitive(true);
        Ok(Self {
            endpoint: endpoint_of(config)?,
            tenant,
            app_id,
            client_id: client_id.into(),
            authorization,
            introduction: config.introduction.clone(),
            user_platform: config.user_platform.clone(),
            location: config.location.clone(),
            initial_message: config.initial_message.clone(),
            resume_only: config.resume_only,
            version: config.version,
            allow_plaintext: config.allow_plaintext,
        })
    }
}

/// Whom is talked to, and nothing of who talks.
impl fmt::Debug for BrightPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BrightPattern")
            .field("endpoint", &self.endpoint)
            .field("tenant", &self.tenant)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

fn endpoint_of(config: &Config) -> Result<Uri, ConfigError> {
    let refuse = |field, problem: String| Err(ConfigError::Field { field, problem });
    let Some(text) = &config.endpoint else {
        let url = format!("https://{}", config.tenant);
        return check(&url, UrlKind::Http, false).or_else(|error| refuse("tenant", error.to_string()));
    };
    if text.contains(['?', '#']) {
        return refuse("with_endpoint", "the address must have no query and no fragment".to_owned());
    }
    check(text, UrlKind::Http, config.allow_plaintext)
        .or_else(|error| refuse("with_endpoint", error.to_string()))
}

impl sealed::Sealed for BrightPattern {}

impl Translate for BrightPattern {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            provider: Provider::BrightPattern,
            typing: true,
            delivered_receipts: true,
            read_receipts: true,
            history: true,
            interactive: true,
            many_conversations: true,
            stopped_typing: true,
            attachments: true,
            push: true,
            link: LinkKind::Poll,
        }
    }

    fn shape(&self) -> Shape {
        Shape {
            link: LinkKind::Poll,
            tokens: false,
            several: true,
            own_ids: true,
            told_order: true,
            whole_history: true,
            each_receipt: true,
            receipts_together: true,
            told_by_all: self.version == ApiVersion::V1,
            announced_files: false,
        }
    }

    fn request(&self, intent: &Intent<'_>, scope: Scope<'_>) -> Result<HttpRequest, EncodeError> {
        encode::request(self, intent, scope)
    }

    fn answer(&self, asked: Asked<'_>, response: &HttpResponse) -> Result<Answer, Refusal> {
        answer::Reader { asked, response, client_id: self.client_id.expose() }.answer()
    }

    fn choose(&self, question: &Interactive, choice: &Choice) -> Result<OutgoingContent, EncodeError> {
        choose::choose(question, choice)
    }

    fn check(&self, content: &OutgoingContent) -> Result<(), CommandError> {
        encode::check(content)
    }

    fn check_attachment(
        &self,
        attachment: &OutgoingAttachment,
        limits: &Limits,
    ) -> Result<String, CommandError> {
        attachment::check(attachment, limits)
    }

    fn check_query(&self, query: &TranscriptQuery) -> Result<(), EncodeError> {
        encode::check_query(query)
    }

    /// Whoever has it is the customer.
    fn credential(&self) -> Option<&Secret> {
        Some(&self.client_id)
    }

    /// The customer's party id is the chat's id, which is not known before there is a chat.
    fn own_id(&self) -> Option<String> {
        None
    }

    fn is_own(&self, participant: &Participant) -> bool {
        participant.role == Role::Customer
    }

    fn message_id(&self, conversation: &str, number: u64) -> Option<String> {
        Some(format!("{conversation}:{number}"))
    }

    fn message_number(&self, conversation: &str, id: &str) -> Option<u64> {
        id.strip_prefix(conversation)?.strip_prefix(':')?.parse().ok()
    }

    fn own_identity(&self, id: &str) -> String {
        identity::Identity::of(None, id)
    }

    fn check_introduction(&self, introduction: &Introduction) -> Result<(), EncodeError> {
        config::check_introduction(introduction).map_err(|problem| EncodeError { problem })
    }

    fn file_address(&self, conversation: Option<&str>, attachment: &str) -> Option<DownloadUrl> {
        encode::file_address(self, conversation, attachment).map(DownloadUrl::new)
    }

    fn push(&self, payload: &str, _limits: &Limits) -> Result<Option<String>, EncodeError> {
        match read_push(payload) {
            Ok(Push::Chat { chat_id }) => Ok(Some(chat_id)),
            Ok(Push::Foreign) => Ok(None),
            Err(error) => Err(EncodeError { problem: error.to_string() }),
        }
    }
}
