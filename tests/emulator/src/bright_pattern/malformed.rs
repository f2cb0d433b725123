//! Bodies that no client should trip over: those of the wire's dossier, in place of an answer.

use super::faults::MalformedRule;
use super::operation::Operation;
use crate::rng::Rng;

/// A body, and where it belongs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Malformed {
    pub(super) name: &'static str,
    /// The call that it was made for.
    operation: Operation,
    /// The status that goes with it, if it is not the answer's own.
    pub(super) status: Option<u16>,
    pub(super) bytes: &'static [u8],
}

macro_rules! body {
    ($name:literal, $operation:ident, $status:expr) => {
        Malformed {
            name: $name,
            operation: Operation::$operation,
            status: $status,
            bytes: include_bytes!(concat!("../../fixtures/bright-pattern/malformed/", $name, ".txt")),
        }
    };
}

/// All bodies that a server can send. The one that is left out is a request.
pub(super) const BODIES: [Malformed; 39] = [
    body!("array-root", Poll, None),
    body!("bom-prefix", Poll, None),
    body!("case-history-session-without-id", CaseHistory, None),
    body!("deep-nesting", Poll, None),
    body!("duplicate-keys", Poll, None),
    body!("empty", Poll, None),
    body!("error-as-text", Poll, Some(404)),
    body!("error-code-only", Poll, Some(404)),
    body!("error-nested", Poll, Some(404)),
    body!("event-name-missing", Poll, None),
    body!("event-name-number", Poll, None),
    body!("events-missing", Poll, None),
    body!("events-mixed", Poll, None),
    body!("events-null", Poll, None),
    body!("events-object", Poll, None),
    body!("ewt-garbage", Poll, None),
    body!("html-instead-of-json", Poll, None),
    body!("iceservers-bad-base64", IceServers, None),
    body!("iceservers-short", IceServers, None),
    body!("invalid-utf8", Poll, None),
    body!("location-missing-comma", Poll, None),
    body!("lone-surrogate", Poll, None),
    body!("message-msg-number", Poll, None),
    body!("message-without-msg", Poll, None),
    body!("nul-in-text", Poll, None),
    body!("null", Poll, None),
    body!("request-chat-empty-id", RequestChat, None),
    body!("request-chat-id-with-slash", RequestChat, None),
    body!("request-chat-without-id", RequestChat, None),
    body!("signaling-data-missing", Poll, None),
    body!("signaling-data-string", Poll, None),
    body!("smart-quotes", Poll, None),
    body!("timestamp-garbage", Poll, None),
    body!("timestamp-negative", Poll, None),
    body!("timestamp-overflow", Poll, None),
    body!("trailing-garbage", Poll, None),
    body!("truncated-events", Poll, None),
    body!("two-documents", Poll, None),
    body!("whitespace-only", Poll, None),
];

/// The names of all bodies that [`MalformedRule`] knows.
pub fn malformed_names() -> impl Iterator<Item = &'static str> {
    BODIES.iter().map(|body| body.name)
}

/// The body that replaces this answer, if one does.
pub(super) fn replacement(
    rules: &mut [MalformedRule],
    operation: Operation,
    rng: &mut Rng,
) -> Option<Malformed> {
    let mut chosen = None;
    for rule in rules {
        let wanted = |body: &&Malformed| rule.name.as_deref().is_none_or(|name| name == body.name);
        let fits = |body: &&Malformed| rule.operation.unwrap_or(body.operation) == operation;
        let fitting: Vec<&Malformed> = BODIES.iter().filter(wanted).filter(fits).collect();
        if fitting.is_empty() {
            continue;
        }
        rule.seen += 1;
        if rule.chance.strikes(rule.seen, rng) {
            chosen = Some(*fitting[rule.sent % fitting.len()]);
            rule.sent += 1;
        }
    }
    chosen
}
