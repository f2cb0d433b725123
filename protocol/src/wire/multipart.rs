//! A form with one file in it (RFC 7578), around bytes that the host has.

use bytes::Bytes;

use crate::model::SourceKey;
use crate::wire::http::Body;

/// One file of a form.
pub(crate) struct FilePart<'a> {
    /// The form field's name.
    pub(crate) field: &'a str,
    /// The file's name.
    pub(crate) name: &'a str,
    /// Its MIME type.
    pub(crate) content_type: &'a str,
}

/// The value of `Content-Type`, and the body. The boundary has to be one that stands nowhere in the file: drawn
/// at random, of characters that need no quotes.
pub(crate) fn form(boundary: &str, part: &FilePart<'_>, source: SourceKey, size: u64) -> (String, Body) {
    let FilePart { field, name, content_type } = part;
    let before = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"; filename=\"{}\"\r\n\
         Content-Type: {}\r\n\r\n",
        quoted(field),
        quoted(name),
        content_type.replace(['\r', '\n'], " "),
    );
    let after = format!("\r\n--{boundary}--\r\n");
    let body = Body::Framed { before: Bytes::from(before), source, size, after: Bytes::from(after) };
    (format!("multipart/form-data; boundary={boundary}"), body)
}

/// A parameter as browsers write it: what would end it is escaped, other characters stand as they are.
fn quoted(text: &str) -> String {
    text.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

#[cfg(test)]
mod tests;
