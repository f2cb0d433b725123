//! Asking for a chat.

use std::collections::BTreeMap;

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use super::event::Outgoing;
use super::{error, get, post};
use crate::dialect::EncodeError;
use crate::dialect::bright_pattern::BrightPattern;
use crate::dialect::bright_pattern::config::Coordinates;
use crate::dialect::bright_pattern::config::check_introduction;
use crate::model::Introduction;
use crate::wire::html::to_html;
use crate::wire::http::HttpRequest;

/// The id of the message that the request for a chat says by itself; the chat's own id is not known yet.
pub(in crate::dialect::bright_pattern) const FIRST_MESSAGE: &str = "1";

/// A request for a chat.
#[derive(Serialize)]
struct RequestChat<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    phone_number: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'a str>,
    parameters: Parameters<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    initial_message: Option<Outgoing<'a>>,
}

/// What the scenario is to know, with what has a place of its own there.
struct Parameters<'a> {
    attributes: &'a BTreeMap<String, String>,
    user_platform: &'a BTreeMap<String, String>,
    location: Option<&'a Coordinates>,
}

impl Serialize for Parameters<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in self.attributes {
            map.serialize_entry(name, value)?;
        }
        if !self.user_platform.is_empty() {
            map.serialize_entry("user_platform", self.user_platform)?;
        }
        if let Some(location) = self.location {
            map.serialize_entry("location", location)?;
        }
        map.end()
    }
}

/// Asks for a chat: the one that runs is given where there is one, and else a new one, unless only the former is
/// wanted. To ask twice is safe, as the second finds what the first began.
pub(super) fn start(
    dialect: &BrightPattern,
    introduction: Option<&Introduction>,
) -> Result<HttpRequest, EncodeError> {
    if dialect.resume_only && introduction.is_none() {
        return get(dialect, &["chats", "active"]);
    }
    let introduction = introduction.unwrap_or(&dialect.introduction);
    check_introduction(introduction).map_err(|problem| error(&problem))?;
    let first = dialect.initial_message.as_deref();
    let body = RequestChat {
        phone_number: introduction.phone_number.as_deref(),
        from: introduction.name.as_deref(),
        parameters: Parameters {
            attributes: &introduction.attributes,
            user_platform: &dialect.user_platform,
            location: dialect.location.as_ref(),
        },
        initial_message: first.map(|text| Outgoing {
            id: Some(FIRST_MESSAGE),
            html: Some(to_html(text).into()),
            text: Some(text.into()),
            ..Outgoing::new("chat_session_message")
        }),
    };
    post(dialect, &["chats"], &body)
}
