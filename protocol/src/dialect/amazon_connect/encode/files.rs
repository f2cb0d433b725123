//! Files: StartAttachmentUpload, the upload itself, CompleteAttachmentUpload, GetAttachment, the download.
//!
//! The bytes go to and come from storage by addresses that carry their own signature. No token of ours goes there.

use http::header::{CONTENT_LENGTH, HeaderName, TRANSFER_ENCODING};
use http::{HeaderValue, Method};
use serde::Serialize;

use super::{error, given_url, has_chars};
use crate::dialect::amazon_connect::attachment::type_of_name;
use crate::dialect::{EncodeError, UploadTicket};
use crate::model::OutgoingAttachment;
use crate::wire::http::{Body, HttpRequest};
use crate::wire::text::cut_chars;
use crate::wire::url::UrlKind;

/// Characters of a file's id (API model: `AttachmentId`).
const ID_CHARS: usize = 256;

/// Seconds that an address may be good for (API model: `UrlExpiryInSeconds`).
const EXPIRY: core::ops::RangeInclusive<u32> = 5..=300;

/// StartAttachmentUpload.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct StartAttachmentUpload<'a> {
    content_type: &'a str,
    attachment_size_in_bytes: u64,
    attachment_name: &'a str,
    client_token: &'a str,
}

/// CompleteAttachmentUpload; the model wants exactly one id.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CompleteAttachmentUpload<'a> {
    attachment_ids: [&'a str; 1],
    client_token: &'a str,
}

/// GetAttachment. `UrlContentDisposition` is left out: who fetches a file decides whether to show it.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetAttachment<'a> {
    attachment_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url_expiry_in_seconds: Option<u32>,
}

pub(super) fn start<'a>(
    attachment: &'a OutgoingAttachment,
    token: &'a str,
) -> Result<StartAttachmentUpload<'a>, EncodeError> {
    let content_type = attachment.content_type.as_deref().or_else(|| type_of_name(&attachment.name));
    Ok(StartAttachmentUpload {
        content_type: content_type.ok_or_else(|| error("the file's content type is not known: give it"))?,
        attachment_size_in_bytes: attachment.size,
        attachment_name: &attachment.name,
        client_token: token,
    })
}

/// The upload: every header of the ticket as it came, for the signature covers them, and no other.
pub(super) fn upload(
    attachment: &OutgoingAttachment,
    ticket: &UploadTicket,
    allow_plaintext: bool,
) -> Result<HttpRequest, EncodeError> {
    let uri = given_url(ticket.url.expose(), UrlKind::Http, allow_plaintext, "the upload's")?;
    let mut request = HttpRequest::new(Method::PUT, uri);
    for (name, value) in &ticket.headers {
        let refuse = |problem: &str| {
            error(&format!("the upload's header {:?} cannot be sent: {problem}", cut_chars(name, 64)))
        };
        let header: HeaderName = name.parse().map_err(|_| refuse("it is no name of a header"))?;
        // A file's name may have letters beyond ASCII; they are signed as the bytes that they are.
        let mut text = HeaderValue::from_bytes(value.expose().as_bytes())
            .map_err(|_| refuse("its value has characters that no header can carry"))?;
        // Where a body ends is for the host to say. A length that is not the file's would cut it, or let what
        // follows be taken for another request.
        if header == TRANSFER_ENCODING {
            return Err(refuse("the file is sent as it is"));
        }
        if header == CONTENT_LENGTH && value.expose().parse() != Ok(attachment.size) {
            return Err(refuse("it is not the size of the file"));
        }
        text.set_sensitive(true);
        request.headers.append(header, text);
    }
    request.body = Body::Source { source: attachment.source.clone(), size: attachment.size };
    Ok(request)
}

pub(super) const fn complete<'a>(attachment_id: &'a str, token: &'a str) -> CompleteAttachmentUpload<'a> {
    CompleteAttachmentUpload { attachment_ids: [attachment_id], client_token: token }
}

pub(super) fn address(attachment: &str, expires_in: Option<u32>) -> Result<GetAttachment<'_>, EncodeError> {
    if !has_chars(attachment, ID_CHARS) {
        return Err(error("a file's id has 1 to 256 characters: give the `id` of an attachment that came"));
    }
    if let Some(seconds) = expires_in.filter(|seconds| !EXPIRY.contains(seconds)) {
        let (least, most) = (EXPIRY.start(), EXPIRY.end());
        return Err(error(&format!(
            "an address can be good for {least} to {most} seconds, not for {seconds}"
        )));
    }
    Ok(GetAttachment { attachment_id: attachment, url_expiry_in_seconds: expires_in })
}

/// The download, with no header at all.
pub(super) fn download(url: &str, allow_plaintext: bool) -> Result<HttpRequest, EncodeError> {
    given_url(url, UrlKind::Http, allow_plaintext, "the file's").map(|uri| HttpRequest::new(Method::GET, uri))
}

#[cfg(test)]
mod tests;
