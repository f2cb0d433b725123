//! Which files may be sent, and of what type they are.

use crate::error::CommandError;
use crate::limits::Limits;
use crate::model::OutgoingAttachment;
use crate::wire::text::{cut_chars, has_more_chars};

/// Bytes of a file that the service takes (its documentation: 25 MB).
const MOST_BYTES: u64 = 25 * 1024 * 1024;

/// Characters of a file's name. The service states no limit.
const NAME_CHARS: usize = 256;

/// Characters of a content type.
const TYPE_CHARS: usize = 255;

/// What a file is whose type nobody knows.
const UNKNOWN: &str = "application/octet-stream";

/// Types by extension, of what is sent in chats. The service takes any type.
const TYPES: [(&str, &str); 12] = [
    ("csv", "text/csv"),
    ("gif", "image/gif"),
    ("heic", "image/heic"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("mov", "video/quicktime"),
    ("mp4", "video/mp4"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("txt", "text/plain"),
    ("webp", "image/webp"),
    ("zip", "application/zip"),
];

/// The content type of a file: the one that it was given, that of its extension, or any.
pub(super) fn type_of(file: &OutgoingAttachment) -> &str {
    file.content_type.as_deref().unwrap_or_else(|| {
        let extension = file.name.rsplit_once('.').map_or("", |(_, extension)| extension);
        let known = TYPES.iter().find(|(known, _)| known.eq_ignore_ascii_case(extension));
        known.map_or(UNKNOWN, |(_, content_type)| content_type)
    })
}

/// Whether a file may be handed over, and of what type it is.
pub(super) fn check(file: &OutgoingAttachment, limits: &Limits) -> Result<String, CommandError> {
    let OutgoingAttachment { name, content_type, size, source: _ } = file;
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
    if *size == 0 {
        return refuse("it is empty: there is nothing to send".to_owned());
    }
    let limit = u64::try_from(limits.attachment_bytes()).unwrap_or(u64::MAX).min(MOST_BYTES);
    if *size > limit {
        return refuse(format!("it has {size} bytes, at most {limit} can be sent"));
    }
    if let Some(content_type) = content_type {
        let is_type = content_type.contains('/') && content_type.bytes().all(|byte| byte.is_ascii_graphic());
        if !is_type || has_more_chars(content_type, TYPE_CHARS) {
            return refuse(format!(
                "its content type must have 1 to {TYPE_CHARS} visible characters, such as application/pdf"
            ));
        }
    }
    Ok(type_of(file).to_owned())
}

#[cfg(test)]
mod tests;
