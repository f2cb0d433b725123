//! What only Bright Pattern tells.

use core::fmt;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::config::Coordinates;
use super::signal::CallSignal;
use crate::time::WallTime;

/// What only Bright Pattern tells; the `event` of [`Event::BrightPattern`](crate::Event).
///
/// Where it came with the history, it happened before: a call that was offered then rings no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// The name to show for the service (`chat_session_info`).
    ServiceInfo {
        /// The name.
        name: String,
    },
    /// Half of the time in which the customer has to say something is over (`chat_session_timeout_warning`).
    InactivityWarning {
        /// What to show.
        text: String,
        /// The provider's time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<WallTime>,
    },
    /// The chat was closed, as the customer said nothing (`chat_session_inactivity_timeout`). The end follows.
    InactivityTimeout {
        /// What to show; may be empty.
        text: String,
        /// The provider's time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<WallTime>,
    },
    /// We left the conversation; the scenario goes on (`chat_session_disconnect`, of the history).
    Disconnected {
        /// The provider's time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<WallTime>,
    },
    /// We asked for the end (`chat_session_end`, of the history).
    EndRequested {
        /// The provider's time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<WallTime>,
    },
    /// The chat belongs to a case now (`chat_session_case_set`).
    CaseSet {
        /// The case; none where the chat belongs to none any more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        case: Option<String>,
        /// The provider's time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<WallTime>,
    },
    /// A form is to be shown (`chat_session_form_show`).
    FormRequested {
        /// What the answer names.
        id: String,
        /// The form, by the name that the tenant gave it; empty where the scenario just waits for a text, and
        /// `RequestLocation` where it wants to know where the user is.
        name: String,
        /// Seconds until it is too late.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        timeout_seconds: Option<u64>,
        /// The provider's time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<WallTime>,
    },
    /// A form was answered (`chat_session_form_data`, of the history).
    FormSubmitted {
        /// The form's id.
        id: String,
        /// Its name.
        name: String,
        /// The values.
        data: BTreeMap<String, String>,
    },
    /// A form was put away (`chat_form_data_cancel`, of the history).
    FormCancelled {
        /// The form's id.
        id: String,
    },
    /// A secure form is to be shown (`chat_session_secure_form_show`).
    SecureFormRequested {
        /// What the answer names.
        id: String,
        /// The form.
        form: String,
        /// The provider's time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<WallTime>,
    },
    /// A secure form was answered (`chat_session_secure_form_data`, of the history). With what is not told.
    SecureFormSubmitted {
        /// The form's id.
        id: String,
    },
    /// A secure form is not wanted any more (`chat_session_secure_form_cancel`).
    SecureFormCancelled {
        /// The form's id.
        id: String,
    },
    /// Where somebody is (`chat_session_location`).
    Location {
        /// The party id of whose place it is; none, or the chat's id, for the customer's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        party: Option<String>,
        /// The place.
        #[serde(flatten)]
        place: Coordinates,
        /// A map of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        url: Option<String>,
        /// The provider's time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<WallTime>,
    },
    /// The customer went to another page (`chat_session_navigation`, of the history).
    Navigated {
        /// The page's title.
        title: String,
        /// Its address.
        page: String,
        /// The provider's time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<WallTime>,
    },
    /// The agent asks to browse together (`chat_session_cobrowsing_requested`).
    CobrowsingRequested {
        /// The provider's id of the request.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<String>,
    },
    /// It was refused (`chat_session_cobrowsing_rejected`).
    CobrowsingRejected,
    /// It began (`chat_session_cobrowsing_started`).
    CobrowsingStarted {
        /// Whose product it is, such as `SURFLY`.
        provider: String,
        /// Where to join.
        url: String,
        /// That provider's id of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<String>,
    },
    /// It is over (`chat_session_cobrowsing_ended`).
    CobrowsingEnded,
    /// A signal about a call (`chat_session_signaling`).
    Signal {
        /// The party id of the sender; none where the server does not say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<String>,
        /// What.
        #[serde(flatten)]
        signal: CallSignal,
        /// The provider's time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<WallTime>,
    },
    /// What came with a message (`attachments`): Adaptive Cards of Microsoft Teams.
    Cards {
        /// The provider's id of the message.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
        /// The cards.
        cards: Vec<MessageCard>,
    },
}

/// What came with a message, all of it as far as the provider says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct MessageCard {
    /// Its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its MIME type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The card, as JSON text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
}

impl Event {
    /// The name it has in JSON.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::ServiceInfo { .. } => "service_info",
            Self::InactivityWarning { .. } => "inactivity_warning",
            Self::InactivityTimeout { .. } => "inactivity_timeout",
            Self::Disconnected { .. } => "disconnected",
            Self::EndRequested { .. } => "end_requested",
            Self::CaseSet { .. } => "case_set",
            Self::FormRequested { .. } => "form_requested",
            Self::FormSubmitted { .. } => "form_submitted",
            Self::FormCancelled { .. } => "form_cancelled",
            Self::SecureFormRequested { .. } => "secure_form_requested",
            Self::SecureFormSubmitted { .. } => "secure_form_submitted",
            Self::SecureFormCancelled { .. } => "secure_form_cancelled",
            Self::Location { .. } => "location",
            Self::Navigated { .. } => "navigated",
            Self::CobrowsingRequested { .. } => "cobrowsing_requested",
            Self::CobrowsingRejected => "cobrowsing_rejected",
            Self::CobrowsingStarted { .. } => "cobrowsing_started",
            Self::CobrowsingEnded => "cobrowsing_ended",
            Self::Signal { .. } => "signal",
            Self::Cards { .. } => "cards",
        }
    }
}

/// One line for a person: what happened, and what they would want to know of it.
impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name().replace('_', " "))?;
        match self {
            Self::ServiceInfo { name } => write!(f, ": {name}"),
            Self::InactivityWarning { text, .. } | Self::InactivityTimeout { text, .. } => {
                write!(f, ": {text}")
            }
            Self::CaseSet { case: Some(case), .. } => write!(f, ": {case}"),
            Self::CaseSet { case: None, .. } => f.write_str(": none"),
            Self::FormRequested { id, name, .. } => write!(f, ": {name:?} ({id})"),
            Self::FormSubmitted { id, .. }
            | Self::FormCancelled { id }
            | Self::SecureFormRequested { id, .. }
            | Self::SecureFormSubmitted { id }
            | Self::SecureFormCancelled { id } => write!(f, ": {id}"),
            Self::Location { place, .. } => write!(f, ": {}, {}", place.latitude, place.longitude),
            Self::Navigated { page, .. } => write!(f, ": {page}"),
            Self::CobrowsingStarted { provider, .. } => write!(f, ": {provider}"),
            Self::Signal { signal, .. } => write!(f, ": {}", signal.name()),
            Self::Cards { cards, .. } => write!(f, ": {}", cards.len()),
            Self::Disconnected { .. }
            | Self::EndRequested { .. }
            | Self::CobrowsingRequested { .. }
            | Self::CobrowsingRejected
            | Self::CobrowsingEnded => Ok(()),
        }
    }
}
