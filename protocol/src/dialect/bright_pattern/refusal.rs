//! What follows from a refusal. The code counts more than the status, as proxies change the latter, and the vendor's
//! documentation gives two for some codes.

use crate::dialect::{RefusalClass, RefusalDetail};
use crate::error::Retry;
use crate::output::Operation;

/// What follows from a code, or from a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) class: RefusalClass,
    pub(super) detail: Option<RefusalDetail>,
    pub(super) retry: Retry,
    /// It says no more than that nothing has happened.
    pub(super) idle: bool,
    /// The server failed half-way, so that it may have acted.
    broken: bool,
}

impl Verdict {
    const fn new(class: RefusalClass, retry: Retry) -> Self {
        Self { class, detail: None, retry, idle: false, broken: false }
    }

    const fn with(self, detail: RefusalDetail) -> Self {
        Self { detail: Some(detail), ..self }
    }
}

/// It may work later.
const LATER: Verdict = Verdict::new(RefusalClass::TryAgain, Retry::Manual);
/// It would be refused again.
const NEVER: Verdict = Verdict::new(RefusalClass::Invalid, Retry::Never);
/// It would most likely be refused again; whether to try is the user's choice.
const MAYBE: Verdict = Verdict::new(RefusalClass::Invalid, Retry::Manual);
/// The configuration is wrong.
const FATAL: Verdict = NEVER.with(RefusalDetail::Misconfigured);
/// The chat is over.
const GONE: Verdict = Verdict::new(RefusalClass::Conflict, Retry::Never).with(RefusalDetail::Gone);
/// The server failed in a way of its own. What only reads is asked again; what may have been acted upon is not.
const BROKEN: Verdict = Verdict { broken: true, ..LATER };

/// All codes of the service, with what they say and what follows. The one place that decides it.
const CODES: [(&str, Verdict); 23] = [
    // Missing or invalid tenantUrl.
    ("1000", FATAL),
    // The authorization header: missing, malformed, of another scheme, without appId, without clientId.
    ("2000", FATAL),
    ("2001", FATAL),
    ("2002", FATAL),
    ("2003", FATAL),
    ("2004", FATAL),
    // Missing or invalid application unique id.
    ("3000", FATAL),
    // The chat server takes too long; none is available.
    ("5000", LATER),
    ("5001", LATER),
    // The body of the request is no JSON: ours to mend.
    ("5003", NEVER),
    // The chat server disconnected.
    ("5004", LATER),
    // The chat session is not found.
    ("5005", GONE),
    // The scenario entry is not found.
    ("5006", FATAL),
    // An internal error.
    ("5500", BROKEN),
    // The file is too large; it is not there.
    ("5501", NEVER),
    ("5502", NEVER),
    // Another poll of the same session is held.
    ("5509", LATER.with(RefusalDetail::Busy)),
    // No events.
    ("5511", Verdict { idle: true, ..LATER }),
    // The server could not read or write a file.
    ("5558", MAYBE),
    // There is no case.
    ("5601", NEVER),
    // The CRM server refused.
    ("5602", MAYBE),
    // More than one push service at once.
    ("5603", NEVER),
    // An unspecified error.
    ("5955", BROKEN),
];

/// What follows from the service's refusal of an operation.
pub(super) fn verdict(operation: Operation, code: Option<&str>, status: u16) -> Verdict {
    let known =
        code.and_then(|code| CODES.iter().find(|(known, _)| *known == code)).map(|(_, verdict)| *verdict);
    let by_status = of_status(status);
    let verdict = match known {
        // Some refusals have no code of their own, and come with one that says nothing.
        Some(verdict) if verdict.broken && by_status.class == RefusalClass::Invalid => by_status,
        Some(verdict) => verdict,
        None => by_status,
    };
    let is = |one: Operation| operation == one;
    if is(Operation::Download) {
        // A file may not be ready yet when the event that shows it comes. A link leads anywhere, and who serves it
        // knows nothing of the chat.
        let is_early = code == Some("5502") || status == 404;
        return if is_early { LATER } else { Verdict { detail: None, ..verdict } };
    }
    // A receipt may be refused for what it marks; the next one may well be taken.
    if is(Operation::SendReceipt) && verdict.class == RefusalClass::Invalid && verdict.detail.is_none() {
        return Verdict { class: RefusalClass::Conflict, ..verdict };
    }
    // There is no chat, and so none that could be over.
    if is(Operation::StartConversation) && verdict.detail == Some(RefusalDetail::Missing) {
        return GONE;
    }
    // What is no part of a chat tells nothing about it, unless the service says so by its code.
    if known.is_none() && is_aside(operation) && verdict.detail.is_some() {
        return NEVER;
    }
    if acts_for_good(operation) && verdict.broken { MAYBE } else { verdict }
}

/// What follows where the service gave no code that we know.
const fn of_status(status: u16) -> Verdict {
    match status {
        401 | 403 => FATAL,
        404 => Verdict::new(RefusalClass::Conflict, Retry::Never).with(RefusalDetail::Missing),
        408 | 429 => LATER,
        400..=499 => NEVER,
        500..=599 => BROKEN,
        // A redirect is not the service's: a proxy or a log-in page of the network stands between. That may pass.
        _ => LATER,
    }
}

/// Whether an operation is about something else than the chat.
const fn is_aside(operation: Operation) -> bool {
    matches!(
        operation,
        Operation::Upload
            | Operation::ServerVersion
            | Operation::Availability
            | Operation::ExpectedParameters
            | Operation::IceServers
            | Operation::Configuration
            | Operation::RequestSms
    )
}

/// Whether doing it twice would be doing it twice. A message is looked for in the history before it is sent again,
/// so it is not among these.
const fn acts_for_good(operation: Operation) -> bool {
    matches!(operation, Operation::SendEvent | Operation::CloseCase | Operation::RequestSms)
}

#[cfg(test)]
mod tests;
