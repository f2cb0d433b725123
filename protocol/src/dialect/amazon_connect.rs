//! Amazon Connect Chat, the customer's side.
//!
//! A backend starts the chat (`StartChatContact`) and hands over [`ChatDetails`]. From its participant token
//! `CreateParticipantConnection` makes a connection token and the address of a WebSocket. Sending is HTTPS with
//! the connection token in `X-Amz-Bearer`, unsigned; on the socket come JSON frames `{topic, content}`, where
//! the content of the topic `aws/chat` is one transcript item as JSON in a string. Upstream, the socket carries
//! nothing but the subscription and two kinds of heartbeat.
//!
//! - `config`, `endpoint`: what there is to configure, and which host follows from it.
//! - `encode`, `choose`: intents as requests; choices as messages.
//! - `attachment`: which files may be sent.
//! - `extension`: what only this service has.
//! - `decode`, `item`, `interactive`: frames and items as facts.
//! - `answer`: answers to requests, and the table of refusals.
//! - `rates`: how often an account may call what.
//! - [`sdk`]: the vendor's SDK, item by item, and what there is for each here.

mod answer;
mod attachment;
mod choose;
mod config;
mod decode;
mod encode;
mod endpoint;
mod extension;
mod interactive;
mod item;
mod rates;
mod record;
#[cfg(test)]
mod tests;

#[doc = include_str!("amazon_connect/sdk.md")]
#[cfg_attr(feature = "driver", doc = include_str!("amazon_connect/sdk_handles.md"))]
pub mod sdk {}

use http::{HeaderValue, Uri};

pub use config::{ChatDetails, Config};
pub use extension::{Reply, Request, View};
pub use rates::RATES;
pub(crate) use record::Record;

use super::{
    Answer, Asked, Capabilities, EncodeError, Fact, Intent, LinkKind, Provider, Refusal, Scope, Shape,
    Translate, sealed,
};
use crate::error::{CommandError, ConfigError};
use crate::input::Frame;
use crate::limits::Limits;
use crate::model::{
    Choice, Interactive, OutgoingAttachment, OutgoingContent, Participant, Role, TranscriptQuery,
};
use crate::secret::Secret;
use crate::wire::http::{HttpRequest, HttpResponse};
use crate::wire::text::{cut_chars, has_more_chars};
use crate::wire::url::{UrlKind, check};

/// The topics of the two kinds of probe, by their number: the gateway's echo, and the chat service behind it.
pub(crate) const PROBES: [&str; 2] = ["aws/heartbeat", "aws/ping"];

/// Characters that a token may have (API model: `ParticipantToken`).
const TOKEN_CHARS: usize = 1_000;

/// The translation for one chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AmazonConnect {
    /// What the operations' paths are added to.
    endpoint: Uri,
    participant_token: Secret,
    contact_id: Option<String>,
    participant_id: Option<String>,
    allow_plaintext: bool,
}

impl AmazonConnect {
    /// Checks a configuration as a whole.
    pub(crate) fn new(config: &Config) -> Result<Self, ConfigError> {
        let ChatDetails { contact_id, participant_id, participant_token } = config.chat.clone();
        check_token(&participant_token)?;
        Ok(Self {
            endpoint: endpoint_of(config)?,
            participant_token,
            contact_id,
            participant_id,
            allow_plaintext: config.allow_plaintext,
        })
    }
}

fn check_token(token: &Secret) -> Result<(), ConfigError> {
    let refuse =
        |problem: &str| Err(ConfigError::Field { field: "participant_token", problem: problem.to_owned() });
    if token.is_empty() {
        return refuse("it is empty: give the ParticipantToken that StartChatContact answered");
    }
    if has_more_chars(token.expose(), TOKEN_CHARS) {
        return refuse("it has more than 1000 characters: give the ParticipantToken alone");
    }
    if HeaderValue::from_str(token.expose()).is_err() {
        return refuse("it has characters that no token has: give the ParticipantToken as it came");
    }
    Ok(())
}

fn endpoint_of(config: &Config) -> Result<Uri, ConfigError> {
    let refuse = |field, problem: String| Err(ConfigError::Field { field, problem });
    let Some(text) = &config.endpoint else {
        let Some(url) = endpoint::of_region(&config.region, config.fips, config.dual_stack) else {
            let region = cut_chars(&config.region, 64);
            let problem =
                format!("{region:?} is no AWS region: give one such as us-west-2, or use with_endpoint");
            return refuse("with_region", problem);
        };
        return check(&url, UrlKind::Http, false).or_else(|error| refuse("with_region", error.to_string()));
    };
    for (field, set) in [("with_fips", config.fips), ("with_dual_stack", config.dual_stack)] {
        if set {
            return refuse(field, "it chooses a host, and so does with_endpoint: use one of them".to_owned());
        }
    }
    if text.contains(['?', '#']) {
        return refuse("with_endpoint", "the address must have no query and no fragment".to_owned());
    }
    check(text, UrlKind::Http, config.allow_plaintext)
        .or_else(|error| refuse("with_endpoint", error.to_string()))
}

impl sealed::Sealed for AmazonConnect {}

impl Translate for AmazonConnect {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            provider: Provider::AmazonConnect,
            typing: true,
            delivered_receipts: true,
            read_receipts: true,
            history: true,
            interactive: true,
            many_conversations: false,
            stopped_typing: false,
            attachments: true,
            push: false,
            link: LinkKind::Socket,
        }
    }

    fn shape(&self) -> Shape {
        Shape {
            link: LinkKind::Socket,
            tokens: true,
            several: false,
            own_ids: false,
            told_order: false,
            whole_history: false,
            each_receipt: false,
            receipts_together: false,
            told_by_all: false,
            announced_files: true,
        }
    }

    fn request(&self, intent: &Intent<'_>, scope: Scope<'_>) -> Result<HttpRequest, EncodeError> {
        encode::request(self, intent, scope.credential)
    }

    fn socket(&self, url: &Secret) -> Result<HttpRequest, EncodeError> {
        encode::socket(url, self.allow_plaintext)
    }

    fn greeting(&self) -> Option<Frame> {
        Some(encode::greeting())
    }

    fn probe(&self, probe: usize) -> Option<Frame> {
        encode::probe(probe)
    }

    fn answer(&self, asked: Asked<'_>, response: &HttpResponse) -> Result<Answer, Refusal> {
        let Asked { operation, limits, .. } = asked;
        answer::Reader { operation, response, limits, own_token: &self.participant_token }.answer()
    }

    fn frame(&self, frame: &Frame, limits: &Limits, facts: &mut Vec<Fact>) {
        facts.push(decode::frame(frame, self.contact_id.as_deref(), limits));
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

    fn probes(&self) -> &'static [&'static str] {
        &PROBES
    }

    fn credential(&self) -> Option<&Secret> {
        Some(&self.participant_token)
    }

    fn own_id(&self) -> Option<String> {
        self.participant_id.clone()
    }

    /// The configured participant, or any customer: of those there is one, but in past chats that this one
    /// continues they had another participant id.
    fn is_own(&self, participant: &Participant) -> bool {
        let same_id = participant.id.is_some() && participant.id == self.participant_id;
        same_id || participant.role == Role::Customer
    }
}
