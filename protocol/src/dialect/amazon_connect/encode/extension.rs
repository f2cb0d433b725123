//! What only Amazon Connect has: DescribeView, the two operations of a log-in, and events of any type.

use http::Method;
use serde::Serialize;

use super::{CONTENT_CHARS, Send, error, has_chars, post, with_bearer};
use crate::dialect::EncodeError;
use crate::dialect::amazon_connect::{AmazonConnect, Request};
use crate::secret::Secret;
use crate::wire::http::HttpRequest;
use crate::wire::percent::escape;
use crate::wire::text::has_more_chars;

/// Characters of a view's token (API model: `ViewToken`).
const VIEW_TOKEN_CHARS: usize = 1_000;

/// Characters of an attempt to log in, no more and no less (API model: `SessionId`).
const SESSION_CHARS: usize = 36;

/// Characters of an address to come back to (API model: `RedirectUri`).
const REDIRECT_CHARS: usize = 1_024;

/// Characters of a content type (API model: `ChatContentType`).
const CONTENT_TYPE_CHARS: usize = 100;

/// GetAuthenticationUrl and, with no address, CancelParticipantAuthentication.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Authentication<'a> {
    session_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    redirect_uri: Option<&'a str>,
}

pub(super) fn request(
    dialect: &AmazonConnect,
    request: &Request,
    view_token: Option<&Secret>,
    token: &str,
    bearer: &Secret,
) -> Result<HttpRequest, EncodeError> {
    match request {
        Request::DescribeView { message: _ } => {
            let mut request = with_bearer(dialect, Method::GET, &view_path(view_token)?, bearer)?;
            request.path_is_secret = true;
            Ok(request)
        }
        Request::AuthenticationUrl { attempt, redirect_uri } => {
            let session_id = session_id(attempt)?;
            if !has_chars(redirect_uri, REDIRECT_CHARS) {
                return Err(error(&format!(
                    "`redirect_uri` has 1 to {REDIRECT_CHARS} characters: give an address that opens your app"
                )));
            }
            let body = Authentication { session_id, redirect_uri: Some(redirect_uri) };
            post(dialect, "/participant/authentication-url", bearer, &body)
        }
        Request::CancelAuthentication { attempt } => {
            let body = Authentication { session_id: session_id(attempt)?, redirect_uri: None };
            post(dialect, "/participant/cancel-authentication", bearer, &body)
        }
        Request::SendEvent { content_type, content } => {
            if !has_chars(content_type, CONTENT_TYPE_CHARS) {
                return Err(error(&format!(
                    "`content_type` has 1 to {CONTENT_TYPE_CHARS} characters, such as \
                     application/vnd.amazonaws.connect.event.typing"
                )));
            }
            // The model wants at least one character of content where there is any.
            let content = content.as_deref().filter(|content| !content.is_empty());
            if content.is_some_and(|content| has_more_chars(content, CONTENT_CHARS)) {
                return Err(error(&format!("an event's content has at most {CONTENT_CHARS} characters")));
            }
            post(dialect, "/participant/event", bearer, &Send { content_type, content, client_token: token })
        }
    }
}

/// The token is one segment of the path, so that even its slashes are escaped.
fn view_path(token: Option<&Secret>) -> Result<String, EncodeError> {
    let token = token.map_or("", Secret::expose);
    if token.is_empty() {
        return Err(error(
            "the message has no form, or its token is gone, as it is not kept over a restart: \
             have the form sent again",
        ));
    }
    if has_more_chars(token, VIEW_TOKEN_CHARS) {
        return Err(error(&format!("the form's token has more than {VIEW_TOKEN_CHARS} characters")));
    }
    let mut path = "/participant/views/".to_owned();
    escape(token, &mut path);
    Ok(path)
}

fn session_id(attempt: &str) -> Result<&str, EncodeError> {
    if attempt.chars().take(SESSION_CHARS + 1).count() != SESSION_CHARS {
        return Err(error(&format!(
            "`attempt` has {SESSION_CHARS} characters: give that of the notice that asks for the log-in"
        )));
    }
    Ok(attempt)
}

#[cfg(test)]
mod tests;
