//! Which files may be sent, and of what type they are.

use http::HeaderValue;

use crate::error::CommandError;
use crate::limits::Limits;
use crate::model::OutgoingAttachment;
use crate::wire::text::{cut_chars, has_more_chars};

/// Characters of a file's name (API model: `AttachmentName`).
const NAME_CHARS: usize = 256;

/// Characters of a content type (API model: `ContentType` of StartAttachmentUpload).
const TYPE_CHARS: usize = 255;

/// What the service takes, by its documentation and the vendor's SDKs, with the types that the iOS SDK gives.
const TYPES: [(&str, &str); 17] = [
    ("csv", "text/csv"),
    ("doc", "application/msword"),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("heic", "image/heic"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("mov", "video/quicktime"),
    ("mp4", "video/mp4"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("ppt", "application/vnd.ms-powerpoint"),
    ("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    ("rtf", "application/rtf"),
    ("txt", "text/plain"),
    ("wav", "audio/wav"),
    ("xls", "application/vnd.ms-excel"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
];

/// The content type that goes with a name's extension; none where the service is not known to take such files.
pub(super) fn type_of_name(name: &str) -> Option<&'static str> {
    let extension = extension(name)?;
    TYPES
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(extension))
        .map(|(_, content_type)| *content_type)
}

fn extension(name: &str) -> Option<&str> {
    name.rsplit_once('.').map(|(_, extension)| extension).filter(|extension| !extension.is_empty())
}

/// Whether a file may be handed over, and of what type it is. A type that the user gives is not judged: which ones
/// an instance takes is the service's to say.
pub(super) fn check(attachment: &OutgoingAttachment, limits: &Limits) -> Result<String, CommandError> {
    let OutgoingAttachment { name, content_type, size, source: _ } = attachment;
    let refuse = |hint: String| {
        Err(CommandError::InvalidAttachment { name: cut_chars(name, NAME_CHARS).to_owned(), hint })
    };
    if name.is_empty() {
        return refuse("it has no name: give one with an extension, such as receipt.pdf".to_owned());
    }
    if has_more_chars(name, NAME_CHARS) {
        return refuse(format!("its name has more than {NAME_CHARS} characters: give a shorter one"));
    }
    if name.contains(|c: char| c.is_control() || c == '/' || c == '\\') {
        return refuse("its name has a path or control characters in it: give the name alone".to_owned());
    }
    let limit = limits.attachment_bytes();
    if *size == 0 {
        return refuse("it is empty: there is nothing to send".to_owned());
    }
    if usize::try_from(*size).map_or(true, |size| size > limit) {
        return refuse(format!("it has {size} bytes, and {limit} are allowed: send a smaller one"));
    }
    match (content_type, extension(name)) {
        (Some(given), _) => {
            let is_type = !has_more_chars(given, TYPE_CHARS) && !given.trim().is_empty();
            match is_type && HeaderValue::from_str(given).is_ok() {
                true => Ok(given.clone()),
                false => refuse(format!(
                    "its content type must have 1 to {TYPE_CHARS} visible characters, such as application/pdf"
                )),
            }
        }
        (None, Some(extension)) => match type_of_name(name) {
            Some(content_type) => Ok(content_type.to_owned()),
            None => refuse(format!(
                "the extension {extension:?} is none of {}: give one of them, or give its content type",
                known_extensions()
            )),
        },
        (None, None) => refuse(format!(
            "it has no extension and no content type: give its name one of {}, or give its content type",
            known_extensions()
        )),
    }
}

fn known_extensions() -> String {
    TYPES.map(|(extension, _)| extension).join(" ")
}

#[cfg(test)]
mod tests;
