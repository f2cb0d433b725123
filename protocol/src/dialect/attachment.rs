//! What any provider asks of a file that is sent: a name that is no path, some bytes but not too many, and a type that
//! can stand in a header.

use http::HeaderValue;

use crate::error::CommandError;
use crate::limits::Limits;
use crate::model::OutgoingAttachment;
use crate::wire::text::{cut_chars, has_more_chars};

/// A provider's numbers for files, and the types that go with names.
pub(super) struct Rules {
    /// Characters that a name may have.
    pub(super) name_chars: usize,
    /// Characters that a content type may have.
    pub(super) type_chars: usize,
    /// Bytes that the provider takes, whatever the session's limits say.
    pub(super) most_bytes: u64,
    /// Types by extension, in lower case.
    pub(super) types: &'static [(&'static str, &'static str)],
}

impl Rules {
    /// Refuses what nobody would take.
    pub(super) fn check(&self, file: &OutgoingAttachment, limits: &Limits) -> Result<(), CommandError> {
        let OutgoingAttachment { name, content_type, size, source: _ } = file;
        let refuse = |hint: String| Err(self.refusal(name, hint));
        if name.is_empty() {
            return refuse("it has no name: give one with an extension, such as receipt.pdf".to_owned());
        }
        if has_more_chars(name, self.name_chars) {
            return refuse(format!(
                "its name has more than {} characters: give a shorter one",
                self.name_chars
            ));
        }
        if name.contains(|c: char| c.is_control() || c == '/' || c == '\\') {
            return refuse("its name has a path or control characters in it: give the name alone".to_owned());
        }
        if *size == 0 {
            return refuse("it is empty: there is nothing to send".to_owned());
        }
        let limit = u64::try_from(limits.attachment_bytes()).unwrap_or(u64::MAX).min(self.most_bytes);
        if *size > limit {
            return refuse(format!("it has {size} bytes, and {limit} are allowed: send a smaller one"));
        }
        if content_type.as_deref().is_some_and(|given| !self.is_type(given)) {
            return refuse(format!(
                "its content type must have 1 to {} visible characters, such as application/pdf",
                self.type_chars
            ));
        }
        Ok(())
    }

    fn is_type(&self, given: &str) -> bool {
        !has_more_chars(given, self.type_chars)
            && !given.trim().is_empty()
            && HeaderValue::from_str(given).is_ok()
    }

    /// A refusal of a file, with what to do.
    pub(super) fn refusal(&self, name: &str, hint: String) -> CommandError {
        CommandError::InvalidAttachment { name: cut_chars(name, self.name_chars).to_owned(), hint }
    }

    /// The content type that goes with a name's extension, where it is known.
    pub(super) fn type_of_name(&self, name: &str) -> Option<&'static str> {
        let extension = extension(name)?;
        let known = self.types.iter().find(|(known, _)| known.eq_ignore_ascii_case(extension));
        known.map(|(_, content_type)| *content_type)
    }
}

/// What stands behind the last dot of a name.
pub(super) fn extension(name: &str) -> Option<&str> {
    name.rsplit_once('.').map(|(_, extension)| extension).filter(|extension| !extension.is_empty())
}
