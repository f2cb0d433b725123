//! What only this provider has.

use std::collections::BTreeMap;

use http::Method;
use serde::Serialize;

use super::event::{Data, Outgoing};
use super::{bare, error, get, post, send};
use crate::dialect::EncodeError;
use crate::dialect::bright_pattern::config::ApiVersion;
use crate::dialect::bright_pattern::signal::SDP_BYTES;
use crate::dialect::bright_pattern::{BrightPattern, PushService, Request};
use crate::wire::html::to_html;
use crate::wire::http::HttpRequest;
use crate::wire::text::has_more_chars;

/// Characters of any text that goes out. The service states no limit.
const TEXT_CHARS: usize = 32_768;

/// Which device is to be notified; none for none any more.
#[derive(Default, Serialize)]
struct Notifications<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    ios_apns_device_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ios_app_bundle_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ios_firebase_device_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    android_firebase_device_token: Option<&'a str>,
}

/// An invitation by SMS.
#[derive(Serialize)]
struct RequestSms<'a> {
    phone_number: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'a str>,
    parameters: &'a BTreeMap<String, String>,
}

/// The request for what only this provider has. `token` is an id for an event that has one; `chat` is the chat's.
pub(super) fn request(
    dialect: &BrightPattern,
    request: &Request,
    token: &str,
    chat: Option<&str>,
) -> Result<HttpRequest, EncodeError> {
    let in_chat = || chat.ok_or_else(|| error("there is no chat: start one first"));
    match request {
        Request::ServerVersion if dialect.version == ApiVersion::V1 => {
            Err(error("the first version of the interface cannot be asked for the server's version"))
        }
        Request::ServerVersion => get(dialect, &["version"]),
        Request::Availability => get(dialect, &["availability"]),
        Request::ExpectedParameters => get(dialect, &["parameters"]),
        Request::ActiveChat => get(dialect, &["chats", "active"]),
        Request::CaseHistory => get(dialect, &["chats", in_chat()?, "casehistory"]),
        Request::CloseCase => bare(dialect, Method::POST, &["chats", in_chat()?, "closecase"], &[]),
        Request::Subscribe { service } => {
            post(dialect, &["chats", in_chat()?, "notifications"], &device(service)?)
        }
        Request::Unsubscribe => {
            post(dialect, &["chats", in_chat()?, "notifications"], &Notifications::default())
        }
        Request::IceServers { domain } => {
            let mut query = vec![("appId", dialect.app_id.as_str())];
            query.extend(domain.as_deref().map(|domain| ("domain", domain)));
            query.extend(chat.map(|chat| ("sessionId", chat)));
            bare(dialect, Method::GET, &["iceservers"], &query)
        }
        Request::Configuration => get(dialect, &["configuration"]),
        Request::ProfilePhoto { party, .. } => get(dialect, &["chats", in_chat()?, "profilephotos", party]),
        Request::ChatIcon { .. } => get(dialect, &["chats", in_chat()?, "chaticon"]),
        Request::RequestSms { phone_number, from, parameters } => {
            if dialect.version != ApiVersion::V1 {
                return Err(error("only the first version of the interface invites by SMS"));
            }
            if phone_number.is_empty() {
                return Err(error("`phone_number` is empty: there is nobody to write to"));
            }
            post(dialect, &["requestsms"], &RequestSms { phone_number, from: from.as_deref(), parameters })
        }
        Request::Disconnect
        | Request::TypingPreview { .. }
        | Request::SendLocation { .. }
        | Request::SendNavigation { .. }
        | Request::SubmitForm { .. }
        | Request::CancelForm { .. }
        | Request::SubmitSecureForm { .. }
        | Request::CancelSecureForm { .. }
        | Request::RejectCobrowsing
        | Request::StartCobrowsing { .. }
        | Request::EndCobrowsing
        | Request::CobrowsingCode { .. }
        | Request::Signal { .. } => send(dialect, in_chat()?, &[event(request, token)?]),
    }
}

fn device(service: &PushService) -> Result<Notifications<'_>, EncodeError> {
    let blank = Notifications::default();
    let (PushService::Apns { token, .. }
    | PushService::FirebaseIos { token }
    | PushService::FirebaseAndroid { token }) = service;
    if token.is_empty() {
        return Err(error("the device's token is missing: it is not kept, give it again"));
    }
    let token = Some(token.expose());
    Ok(match service {
        PushService::Apns { bundle_id, .. } if bundle_id.is_empty() => {
            return Err(error("`bundle_id` is empty: it is the topic of the notifications"));
        }
        PushService::Apns { bundle_id, .. } => {
            Notifications { ios_apns_device_token: token, ios_app_bundle_id: Some(bundle_id), ..blank }
        }
        PushService::FirebaseIos { .. } => Notifications { ios_firebase_device_token: token, ..blank },
        PushService::FirebaseAndroid { .. } => {
            Notifications { android_firebase_device_token: token, ..blank }
        }
    })
}

/// The event that says it.
fn event<'a>(request: &'a Request, token: &'a str) -> Result<Outgoing<'a>, EncodeError> {
    Ok(match request {
        Request::Disconnect => Outgoing::new("chat_session_disconnect"),
        Request::TypingPreview { text } => {
            Outgoing { html: Some(bearable("text", text)?.into()), ..Outgoing::new("chat_session_typing") }
        }
        Request::SendLocation { place, url } => Outgoing {
            id: Some(token),
            url: url.as_deref(),
            latitude: Some(said("latitude", &place.latitude)?),
            longitude: Some(said("longitude", &place.longitude)?),
            ..Outgoing::new("chat_session_location")
        },
        Request::SendNavigation { title, page } => Outgoing {
            id: Some(token),
            title: Some(bearable("title", title)?),
            page: Some(said("page", page)?),
            ..Outgoing::new("chat_session_navigation")
        },
        Request::CobrowsingCode { code } => Outgoing {
            id: Some(token),
            html: Some(to_html(said("code", code)?).into()),
            kind: Some("cobrowsing"),
            ..Outgoing::new("chat_session_message")
        },
        Request::RejectCobrowsing => Outgoing::new("chat_session_cobrowsing_rejected"),
        Request::StartCobrowsing { provider, url, id } => Outgoing {
            provider: Some(said("provider", provider)?),
            cobrowsing_url: Some(said("url", url)?),
            cobrowsing_id: id.as_deref(),
            ..Outgoing::new("chat_session_cobrowsing_started")
        },
        Request::EndCobrowsing => Outgoing::new("chat_session_cobrowsing_ended"),
        Request::Signal { to, signal } => {
            let data = signal.data().ok_or_else(|| error("a signal that nobody knows cannot be sent"))?;
            if data.sdp.is_some_and(|sdp| sdp.len() > SDP_BYTES) {
                return Err(error(&format!("a session description has at most {SDP_BYTES} bytes")));
            }
            Outgoing {
                id: Some(token),
                to: Some(said("to", to)?),
                data: Some(Data::Signal(data)),
                ..Outgoing::new("chat_session_signaling")
            }
        }
        Request::SubmitForm { id, name, data } => {
            form("chat_session_form_data", id, name, Some(Data::Form(data)))?
        }
        // The name has no `session` in it.
        Request::CancelForm { id, name } => form("chat_form_data_cancel", id, name, None)?,
        Request::SubmitSecureForm { data, .. } if data.is_empty() => {
            return Err(error("the values of a secure form are missing: they are not kept, give them again"));
        }
        Request::SubmitSecureForm { id, name, data } => {
            form("chat_session_secure_form_data", id, name, Some(Data::Secret(data)))?
        }
        Request::CancelSecureForm { id, name } => form("chat_session_secure_form_cancel", id, name, None)?,
        Request::ServerVersion
        | Request::Availability
        | Request::ExpectedParameters
        | Request::ActiveChat
        | Request::CaseHistory
        | Request::CloseCase
        | Request::Subscribe { .. }
        | Request::Unsubscribe
        | Request::IceServers { .. }
        | Request::Configuration
        | Request::ProfilePhoto { .. }
        | Request::ChatIcon { .. }
        | Request::RequestSms { .. } => return Err(error("this is said by no event")),
    })
}

/// The answer to a form, or that there is none.
fn form<'a>(
    event: &'static str,
    id: &'a str,
    name: &'a str,
    data: Option<Data<'a>>,
) -> Result<Outgoing<'a>, EncodeError> {
    let form_request_id = Some(said("id", id)?);
    Ok(Outgoing { form_request_id, form_name: Some(name), data, ..Outgoing::new(event) })
}

/// A text that is there, and of a bearable size.
fn said<'a>(field: &str, text: &'a str) -> Result<&'a str, EncodeError> {
    if text.is_empty() {
        return Err(error(&format!("`{field}` is empty")));
    }
    bearable(field, text)
}

fn bearable<'a>(field: &str, text: &'a str) -> Result<&'a str, EncodeError> {
    if has_more_chars(text, TEXT_CHARS) {
        return Err(error(&format!("`{field}` has more than {TEXT_CHARS} characters")));
    }
    Ok(text)
}
