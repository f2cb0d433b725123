//! What a session needs to know about the tenant and the chat it is to ask for.

use core::fmt;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::ConfigError;
use crate::model::Introduction;
use crate::wire::text::{cut_chars, has_more_chars};

/// Characters of an id or a tenant's name. The service states no limit; a header must end somewhere.
const ID_CHARS: usize = 256;

/// The id of the vendor's own web page, which is told apart by cookies instead.
const BROWSER: &str = "WebChat";

/// Which generation of the service's interface is spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ApiVersion {
    /// Of older servers. It has no version of its own to ask for, and an invitation by SMS.
    V1,
    /// The one that all servers of today have.
    #[default]
    V2,
}

impl ApiVersion {
    /// How it stands in an address.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::V1 => "v1",
            Self::V2 => "v2",
        }
    }
}

/// A place on earth, as the numbers were written. Their range is not checked: the service does not either.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "the user builds it")]
pub struct Coordinates {
    /// Degrees north.
    pub latitude: String,
    /// Degrees east.
    pub longitude: String,
}

/// Whom to talk to, and as whom. Turn it into a [`Config`](crate::config::Config) to set timers and caps.
///
/// One client has at most one chat at a time: asked for another, the service answers with the one that runs.
/// Several chats at once need a client id each.
#[derive(Clone, PartialEq, Eq)]
pub struct Config {
    pub(super) tenant: String,
    pub(super) app_id: String,
    pub(super) client_id: String,
    pub(super) introduction: Introduction,
    pub(super) user_platform: BTreeMap<String, String>,
    pub(super) location: Option<Coordinates>,
    pub(super) initial_message: Option<String>,
    pub(super) resume_only: bool,
    pub(super) version: ApiVersion,
    pub(super) endpoint: Option<String>,
    pub(super) allow_plaintext: bool,
}

impl Config {
    /// A chat with a tenant.
    ///
    /// - `tenant`: the bare domain of the tenant, such as `acme.brightpattern.example`. Unless an endpoint is set,
    ///   its server is there too.
    /// - `app_id`: the id of the Messaging/Chat scenario entry, from the vendor's administrator application.
    /// - `client_id`: whose chat it is; by convention a UUID made once for an installation and kept.
    #[must_use]
    pub fn new(tenant: impl Into<String>, app_id: impl Into<String>, client_id: impl Into<String>) -> Self {
        Self {
            tenant: tenant.into(),
            app_id: app_id.into(),
            client_id: client_id.into(),
            introduction: Introduction::default(),
            user_platform: BTreeMap::new(),
            location: None,
            initial_message: None,
            resume_only: false,
            version: ApiVersion::V2,
            endpoint: None,
            allow_plaintext: false,
        }
    }

    /// Sets what the customer says of themselves: the number at which they can be called back (`phone_number`; the
    /// agent, or the service by itself, may dial it), who they are (`from`), and what the scenario is to know
    /// (`parameters`, there `$(item.externalChatData.<name>)`). What the service expects is answered to
    /// [`Request::ExpectedParameters`](super::Request::ExpectedParameters). A chat that is started with an
    /// introduction of its own takes that one instead.
    #[must_use]
    pub fn with_introduction(mut self, introduction: Introduction) -> Self {
        self.introduction = introduction;
        self
    }

    /// Sets what the device is (`parameters.user_platform`), such as `os` and `model`. The vendor's SDKs always say.
    #[must_use]
    pub fn with_user_platform(mut self, platform: BTreeMap<String, String>) -> Self {
        self.user_platform = platform;
        self
    }

    /// Sets where the customer is as the chat begins (`parameters.location`).
    #[must_use]
    pub fn with_location(mut self, location: Coordinates) -> Self {
        self.location = Some(location);
        self
    }

    /// Sets a first message, which the request for the chat says by itself (`initial_message`).
    #[must_use]
    pub fn with_initial_message(mut self, text: impl Into<String>) -> Self {
        self.initial_message = Some(text.into());
        self
    }

    /// Whether only a chat that runs already is taken up, and none is begun: where there is none, the session ends.
    /// What a push notification asks for. Default: no.
    #[must_use]
    pub const fn with_resume_only(mut self, resume_only: bool) -> Self {
        self.resume_only = resume_only;
        self
    }

    /// Sets the generation of the interface. Default: [`ApiVersion::V2`]. The shapes of both are understood in any
    /// case.
    #[must_use]
    pub const fn with_api_version(mut self, version: ApiVersion) -> Self {
        self.version = version;
        self
    }

    /// Sets the address of the server, where it is not the tenant's domain: on-premises with a port of its own, an
    /// emulator, a proxy. `https://` unless it is on this machine.
    #[must_use]
    pub fn with_endpoint(mut self, url: impl Into<String>) -> Self {
        self.endpoint = Some(url.into());
        self
    }

    /// Whether unencrypted addresses are allowed beyond this machine: everybody on the way can then read and change
    /// the chat, and take it over. Default: no.
    #[must_use]
    pub const fn dangerous_allow_plaintext(mut self, allow: bool) -> Self {
        self.allow_plaintext = allow;
        self
    }

    /// The tenant's domain.
    #[must_use]
    pub fn tenant(&self) -> &str {
        &self.tenant
    }

    /// What the customer says of themselves.
    #[must_use]
    pub const fn introduction(&self) -> &Introduction {
        &self.introduction
    }

    /// What cannot stand in an address or a header as it is, by the field's name.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        check_tenant(&self.tenant)?;
        check_id("app_id", &self.app_id, "give the id of the scenario entry alone")?;
        check_id("client_id", &self.client_id, "a UUID made once for the installation will do")?;
        if self.client_id == BROWSER {
            return refuse(
                "client_id",
                format!("{BROWSER} is the vendor's web page: give an id of your own"),
            );
        }
        check_introduction(&self.introduction).or_else(|problem| refuse("with_introduction", problem))
    }
}

/// Names of parameters that have a place of their own.
const TAKEN: [&str; 2] = ["user_platform", "location"];

/// What cannot be said of a customer, and what would be right.
pub(super) fn check_introduction(introduction: &Introduction) -> Result<(), String> {
    for name in introduction.attributes.keys() {
        if name.is_empty() {
            return Err("an attribute has no name: the scenario could not ask for it".to_owned());
        }
        if TAKEN.contains(&name.as_str()) {
            return Err(format!("the attribute {name} has a setter of its own: use that"));
        }
    }
    Ok(())
}

fn refuse(field: &'static str, problem: String) -> Result<(), ConfigError> {
    Err(ConfigError::Field { field, problem })
}

/// A bare domain: the service looks the tenant up by it, and it goes into each address.
fn check_tenant(tenant: &str) -> Result<(), ConfigError> {
    let hint = "give the bare domain, such as acme.brightpattern.com, with no scheme, port or path";
    if tenant.is_empty() {
        return refuse("tenant", format!("it is empty: {hint}"));
    }
    let is_domain =
        tenant.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'));
    if !is_domain || has_more_chars(tenant, ID_CHARS) {
        return refuse("tenant", format!("{:?} is no domain: {hint}", cut_chars(tenant, 64)));
    }
    Ok(())
}

/// An id stands in a header between blanks, commas and perhaps quotes.
fn check_id(field: &'static str, id: &str, hint: &str) -> Result<(), ConfigError> {
    if id.is_empty() {
        return refuse(field, format!("it is empty: {hint}"));
    }
    if has_more_chars(id, ID_CHARS) {
        return refuse(field, format!("it has more than {ID_CHARS} characters: {hint}"));
    }
    let fits = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b',' | b';' | b'\\' | b'=');
    if !id.bytes().all(fits) {
        let problem =
            "it has a blank, a quote, a comma, or another character that the header would not carry";
        return refuse(field, format!("{problem}: {hint}"));
    }
    Ok(())
}

/// Shows whether there is an endpoint but not which: it may hold a password, and is not checked yet. The client id
/// is all that the service knows the customer by, and what is said of the customer is about a person.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("tenant", &self.tenant)
            .field("app_id", &self.app_id)
            .field("client_id", &"[redacted]")
            .field("introduction", &self.introduction.attributes.keys())
            .field("user_platform", &self.user_platform.keys())
            .field("location", &self.location.as_ref().map(|_| "[set]"))
            .field("initial_message", &self.initial_message.as_ref().map(|_| "[set]"))
            .field("resume_only", &self.resume_only)
            .field("version", &self.version)
            .field("endpoint", &self.endpoint.as_ref().map(|_| "[set]"))
            .field("allow_plaintext", &self.allow_plaintext)
            .finish()
    }
}

#[cfg(test)]
mod tests;
