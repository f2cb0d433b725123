//! Which files may be sent, and of what type they are.

use crate::dialect::attachment::{Rules, extension};
use crate::error::CommandError;
use crate::limits::Limits;
use crate::model::OutgoingAttachment;

/// Characters as in the API model (`AttachmentName`, `ContentType` of StartAttachmentUpload); bytes as the session's
/// limits say. The types are what the service takes, by its documentation and the vendor's SDKs, with the types that
/// the iOS SDK gives.
const RULES: Rules = Rules {
    name_chars: 256,
    type_chars: 255,
    most_bytes: u64::MAX,
    types: &[
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
    ],
};

/// The content type that goes with a name's extension; none where the service is not known to take such files.
pub(super) fn type_of_name(name: &str) -> Option<&'static str> {
    RULES.type_of_name(name)
}

/// Whether a file may be handed over, and of what type it is. A type that the user gives is not judged: which ones
/// an instance takes is the service's to say.
pub(super) fn check(attachment: &OutgoingAttachment, limits: &Limits) -> Result<String, CommandError> {
    RULES.check(attachment, limits)?;
    let OutgoingAttachment { name, content_type, .. } = attachment;
    let known = content_type.clone().or_else(|| type_of_name(name).map(ToOwned::to_owned));
    known.ok_or_else(|| {
        let what = match extension(name) {
            Some(extension) => {
                format!("the extension {extension:?} is none of {}: give one of them", endings())
            }
            None => format!("it has no extension and no content type: give its name one of {}", endings()),
        };
        RULES.refusal(name, format!("{what}, or give its content type"))
    })
}

fn endings() -> String {
    RULES.types.iter().map(|(extension, _)| *extension).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
