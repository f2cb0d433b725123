//! Files: the upload, the event that shows one, the download.

use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method};

use super::event::Outgoing;
use super::{add_segment, addressed, bare, error};
use crate::dialect::EncodeError;
use crate::dialect::bright_pattern::config::ApiVersion;
use crate::dialect::bright_pattern::{BrightPattern, attachment};
use crate::model::OutgoingAttachment;
use crate::wire::http::HttpRequest;
use crate::wire::multipart::{FilePart, form};
use crate::wire::percent::escape;
use crate::wire::text::has_more_chars;
use crate::wire::url::{UrlKind, check, join};

/// The form's field, by the name that all of the vendor's clients use. Its documentation says `file`.
const FIELD: &str = "file-upload-input";

/// Characters of an address that is fetched from.
const URL_CHARS: usize = 4_096;

/// The upload. `token` is drawn at random, and so makes a boundary.
pub(super) fn upload(
    dialect: &BrightPattern,
    file: &OutgoingAttachment,
    token: &str,
) -> Result<HttpRequest, EncodeError> {
    let mut request = bare(dialect, Method::POST, &["files"], &[])?;
    let part = FilePart { field: FIELD, name: &file.name, content_type: attachment::type_of(file) };
    let boundary: String = token.chars().filter(char::is_ascii_alphanumeric).take(60).collect();
    let (content_type, body) = form(&format!("helpline-{boundary}"), &part, file.source.clone(), file.size);
    let content_type = HeaderValue::from_str(&content_type)
        .map_err(|_| error("the boundary of the form has characters that no header can carry"))?;
    request.headers.insert(CONTENT_TYPE, content_type);
    request.body = body;
    Ok(request)
}

/// The event that shows a file which was uploaded. Some servers of the first version fail on one with an id.
pub(super) fn shown<'a>(
    version: ApiVersion,
    file: &'a OutgoingAttachment,
    file_id: &'a str,
    id: &'a str,
) -> Outgoing<'a> {
    let is_image = attachment::type_of(file).starts_with("image/");
    Outgoing {
        id: (version != ApiVersion::V1).then_some(id),
        file: Some(file_id),
        file_type: Some(if is_image { "image" } else { "attachment" }),
        file_name: Some(&file.name),
        ..Outgoing::new("chat_session_file")
    }
}

/// The address of a file: one that a message linked to is it itself, any other is below its chat. None for an id
/// that makes no address.
pub(in crate::dialect::bright_pattern) fn address(
    dialect: &BrightPattern,
    chat: Option<&str>,
    file: &str,
) -> Option<String> {
    if file.starts_with("https://") || file.starts_with("http://") {
        return Some(file.to_owned());
    }
    let mut path = format!("/clientweb/api/{}/chats/", dialect.version.name());
    add_segment(chat?, &mut path).ok()?;
    path.push_str("/files/");
    add_segment(file, &mut path).ok()?;
    path.push_str("?tenantUrl=");
    escape(&dialect.tenant, &mut path);
    join(&dialect.endpoint, &path).ok().map(|uri| uri.to_string())
}

/// Fetches from an address. The service's own wants to know who asks; nobody else is told.
pub(super) fn download(dialect: &BrightPattern, url: &str) -> Result<HttpRequest, EncodeError> {
    if has_more_chars(url, URL_CHARS) {
        return Err(error(&format!("the file's address has more than {URL_CHARS} characters")));
    }
    let uri = check(url, UrlKind::Http, dialect.allow_plaintext)
        .map_err(|problem| error(&format!("the file's address cannot be used: {problem}")))?;
    let is_own = uri.scheme() == dialect.endpoint.scheme() && uri.authority() == dialect.endpoint.authority();
    if !is_own {
        return Ok(HttpRequest::new(Method::GET, uri));
    }
    let mut request = addressed(dialect, Method::GET, "/")?;
    request.uri = uri;
    Ok(request)
}
