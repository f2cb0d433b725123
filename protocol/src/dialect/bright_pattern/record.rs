//! A configuration as it is written, without the client id: whoever has that is the customer.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{ApiVersion, BrightPattern, Config, Coordinates};
use crate::model::Introduction;
use crate::secret::Secret;

/// Whom to talk to, and what to say of the customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    endpoint: String,
    tenant: String,
    app_id: String,
    #[serde(default)]
    introduction: Introduction,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    user_platform: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    location: Option<Coordinates>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    initial_message: Option<String>,
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    resume_only: bool,
    #[serde(default)]
    version: ApiVersion,
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    allow_plaintext: bool,
}

impl BrightPattern {
    /// Without the client id.
    pub(crate) fn record(&self) -> Record {
        Record {
            endpoint: self.endpoint.to_string(),
            tenant: self.tenant.clone(),
            app_id: self.app_id.clone(),
            introduction: self.introduction.clone(),
            user_platform: self.user_platform.clone(),
            location: self.location.clone(),
            initial_message: self.initial_message.clone(),
            resume_only: self.resume_only,
            version: self.version,
            allow_plaintext: self.allow_plaintext,
        }
    }
}

impl Record {
    /// The configuration, with the client id. It is checked as any other when a session is made of it.
    pub(crate) fn config(&self, client_id: &Secret) -> Config {
        let config = Config::new(self.tenant.as_str(), self.app_id.as_str(), client_id.expose())
            .with_introduction(self.introduction.clone())
            .with_user_platform(self.user_platform.clone())
            .with_resume_only(self.resume_only)
            .with_api_version(self.version)
            .with_endpoint(self.endpoint.as_str())
            .dangerous_allow_plaintext(self.allow_plaintext);
        let config = match &self.location {
            Some(location) => config.with_location(location.clone()),
            None => config,
        };
        match &self.initial_message {
            Some(text) => config.with_initial_message(text.as_str()),
            None => config,
        }
    }

    /// Whether both are of one customer of one company, as far as both say.
    pub(crate) fn is_same_chat(&self, other: &Self) -> bool {
        self.tenant == other.tenant && self.app_id == other.app_id
    }
}
