//! Which files may be sent, and of what type they are.

use crate::dialect::attachment::Rules;
use crate::error::CommandError;
use crate::limits::Limits;
use crate::model::OutgoingAttachment;

/// The service takes 25 MB (its documentation) of any type, and states no limit of a name. The types are of what is
/// sent in chats.
const RULES: Rules = Rules {
    name_chars: 256,
    type_chars: 255,
    most_bytes: 25 * 1024 * 1024,
    types: &[
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
    ],
};

/// What a file is whose type nobody knows.
const UNKNOWN: &str = "application/octet-stream";

/// The content type of a file: the one that it was given, that of its extension, or any.
pub(super) fn type_of(file: &OutgoingAttachment) -> &str {
    file.content_type.as_deref().unwrap_or_else(|| RULES.type_of_name(&file.name).unwrap_or(UNKNOWN))
}

/// Whether a file may be handed over, and of what type it is.
pub(super) fn check(file: &OutgoingAttachment, limits: &Limits) -> Result<String, CommandError> {
    RULES.check(file, limits)?;
    let given = file.content_type.as_deref();
    if given.is_some_and(|given| !given.contains('/') || !given.bytes().all(|byte| byte.is_ascii_graphic())) {
        let hint = "its content type is none: give one such as application/pdf".to_owned();
        return Err(RULES.refusal(&file.name, hint));
    }
    Ok(type_of(file).to_owned())
}

#[cfg(test)]
mod tests;
