//! Refusals of the storage that files are put into and fetched from. It is another service than the chat (Amazon
//! S3), knows none of our tokens, and says what is wrong in XML: `<Error><Code>…</Code><Message>…</Message>…`.

use std::borrow::Cow;

use super::{Reader, Row, look_up};
use crate::dialect::{Refusal, RefusalClass};
use crate::output::Operation;

/// What follows from a code or, where that has no row, from a status. (Amazon S3, API reference, "Error responses".)
const REFUSALS: [Row; 6] = [
    // Of a connection that stalled, with the status 400.
    ("RequestTimeout", (408, 408), RefusalClass::TryAgain),
    ("OperationAborted", (409, 409), RefusalClass::TryAgain),
    ("SlowDown", (429, 429), RefusalClass::TryAgain),
    ("InternalError", (500, 599), RefusalClass::TryAgain),
    // An address with a signature does not get better: it ran out, or what was sent is not what was signed. It says
    // nothing about our credential, which was not sent.
    ("", (400, 499), RefusalClass::Invalid),
    ("", (0, u16::MAX), RefusalClass::TryAgain),
];

/// Whether it is the storage that answers an operation.
pub(super) fn answers(operation: Operation) -> bool {
    matches!(operation, Operation::Upload | Operation::Download)
}

/// What a refusal says. Of the body only the two texts are shown: beside them stand the request's signature and all
/// that it was made of.
pub(super) fn refusal(reader: Reader<'_>, body: &str) -> Refusal {
    let (code, message) = (element(body, "Code"), element(body, "Message"));
    let class = look_up(&REFUSALS, code.as_deref(), reader.response.status.as_u16());
    let mut refusal = reader.refused(class, code.as_deref(), message.as_deref());
    if code.is_none() && message.is_none() && !body.is_empty() {
        refusal.fault.found = Some(reader.body_shown(body));
    }
    refusal
}

/// The text of the first element of a name, whatever is around it. None where it is empty. This is no reader of XML:
/// nothing is decided by it but whether to try again.
fn element<'b>(body: &'b str, name: &str) -> Option<Cow<'b, str>> {
    let (_, rest) = body.split_once(&format!("<{name}>"))?;
    let text = rest.split('<').next().unwrap_or_default().trim();
    if text.is_empty() {
        return None;
    }
    if !text.contains('&') {
        return Some(Cow::Borrowed(text));
    }
    let mut plain = text.to_owned();
    // The ampersand last, so that nothing is decoded twice.
    for (escape, character) in
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")]
    {
        plain = plain.replace(escape, character);
    }
    Some(Cow::Owned(plain))
}
