//! What can be made to go wrong. All of it is drawn from the server's seed.

use super::codes::{ErrorCode, ErrorForm};
use super::operation::Operation;
use crate::chance::{Chance, Span};

/// A chance for one operation, or for all.
pub type ChanceRule = crate::chance::ChanceRule<Operation>;

/// Calls of one operation, or of all, answered with an error status.
pub type StatusRule = crate::chance::StatusRule<Operation>;

/// The switches. `Faults::default()` is a server that behaves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults {
    /// Calls answered with an error status, by a proxy: the page of one, or nothing.
    pub statuses: Vec<StatusRule>,
    /// Calls answered with one of the server's own errors.
    pub errors: Vec<ErrorRule>,
    /// How the server's own errors are written, all of them.
    pub error_form: ErrorForm,
    /// Connections cut before the server acts.
    pub lost_requests: Vec<ChanceRule>,
    /// Connections cut after the server acted.
    pub lost_answers: Vec<ChanceRule>,
    /// Polls with events whose answer is lost: drained, and gone.
    pub lost_polls: Chance,
    /// Calls acted upon and never answered.
    pub hang: Vec<ChanceRule>,
    /// Answers that are no JSON, after acting.
    pub garbage_answers: Vec<ChanceRule>,
    /// Answers cut when half of their body is out, after acting.
    pub cut_half: Vec<ChanceRule>,
    /// Answers with a content type that does not fit.
    pub wrong_types: Vec<ChanceRule>,
    /// Answers replaced by one of the malformed bodies of the wire's dossier.
    pub malformed: Vec<MalformedRule>,
    /// Answers come later by so many milliseconds.
    pub answer_delays: Vec<DelayRule>,
    /// Answers come out at so many bytes a second.
    pub bytes_per_second: Option<u64>,
    /// Posted events are acted upon twice, as if a proxy had sent the request again.
    pub replayed_posts: Chance,
    /// The chat of the call is lost: 5005 from now on, and no event tells of it.
    pub lost_sessions: Vec<ChanceRule>,
    /// Polls answered by a cache with what the last poll was answered; the server does not see them.
    pub cached_polls: Chance,
    /// Batches of events that come again with the next answer.
    pub repeated_batches: Chance,
    /// Polls refused with 5509 though no other is held.
    pub refused_polls: Chance,
    /// The status of 5509, in place of 429.
    pub concurrent_status: Option<u16>,
    /// How a poll is answered when nothing has happened.
    pub idle: IdleForm,
    /// A poll is held until something happens.
    pub endless_hold: bool,
    /// A poll is not held at all.
    pub no_hold: bool,
    /// Batches are swollen by so many typing events, the next so many batches.
    pub flood: Option<Flood>,
    /// An event that nobody knows before every Nth event of the server. 0: never.
    pub strange_every: u64,
    /// Read receipts come before those for delivery, in one batch.
    pub read_first: bool,
    /// Each receipt comes twice.
    pub doubled_receipts: bool,
    /// Receipts name their message in `msg_id`, as old servers do.
    pub legacy_receipts: bool,
    /// The customer's own events come back with the polls.
    pub echo_own: bool,
    /// How times are written.
    pub times: TimeForm,
    /// How estimated waits are written.
    pub waits: WaitForm,
    /// `is_new_chat` is a word.
    pub word_booleans: bool,
    /// Ids and timeouts of forms are numbers.
    pub number_forms: bool,
    /// Members that the server leaves out of its events.
    pub omitted: Vec<String>,
    /// Inactivity is told by the name that the documents misspell.
    pub misspelt: bool,
    /// The word for being closed, in place of `notAvailable`.
    pub closed_word: Option<String>,
    /// A file can be fetched only so long after its upload.
    pub file_delay_ms: u64,
    /// The clock that goes on the wire is wrong by so many milliseconds.
    pub clock_skew_ms: i64,
}

/// Calls of one operation, or of all, refused by the server itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorRule {
    /// `None`: every operation.
    pub operation: Option<Operation>,
    /// The code.
    pub code: ErrorCode,
    /// How many calls; `None`: all from now on.
    pub times: Option<u32>,
    /// The HTTP status, in place of the code's own.
    pub status: Option<u16>,
    /// Seconds for a `Retry-After` header.
    pub retry_after: Option<u32>,
}

impl ErrorRule {
    /// The next `times` calls of an operation are refused so.
    #[must_use]
    pub const fn next(operation: Operation, code: ErrorCode, times: u32) -> Self {
        Self { operation: Some(operation), code, times: Some(times), status: None, retry_after: None }
    }
}

/// Answers of one operation replaced by a malformed body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MalformedRule {
    /// `None`: those operations that the body was made for.
    pub operation: Option<Operation>,
    /// Its name, or `None` for all of them in turn.
    pub name: Option<String>,
    /// How often.
    pub chance: Chance,
    /// Occasions so far; start with 0.
    pub seen: u64,
    /// How many were sent so far; start with 0.
    pub sent: usize,
}

/// Answers of one operation, or of all, come later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DelayRule {
    /// `None`: every operation.
    pub operation: Option<Operation>,
    /// By so many milliseconds.
    pub delay: Span,
}

/// Batches are swollen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flood {
    /// By so many events.
    pub events: u32,
    /// The next so many batches.
    pub times: u32,
}

/// How a poll is answered when nothing has happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IdleForm {
    /// `{"events":[]}`.
    #[default]
    EmptyArray,
    /// `{}`.
    Object,
    /// 200 and no byte.
    EmptyBody,
    /// 5511, "No events".
    Code,
}

impl IdleForm {
    /// Every form with its name on the command line.
    pub const ALL: [(&'static str, Self); 4] = [
        ("array", Self::EmptyArray),
        ("object", Self::Object),
        ("empty", Self::EmptyBody),
        ("5511", Self::Code),
    ];
}

/// How times are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TimeForm {
    /// Seconds, as a text. What real servers do.
    #[default]
    Seconds,
    /// Milliseconds, as a text.
    Milliseconds,
    /// Seconds, as a number.
    Number,
    /// Milliseconds, as a number.
    NumberMilliseconds,
    /// Seconds with a fraction, as a text.
    Fraction,
    /// A text that is no time.
    Garbage,
    /// Not at all.
    Absent,
}

impl TimeForm {
    /// Every form with its name on the command line.
    pub const ALL: [(&'static str, Self); 7] = [
        ("seconds", Self::Seconds),
        ("ms", Self::Milliseconds),
        ("number", Self::Number),
        ("number-ms", Self::NumberMilliseconds),
        ("fraction", Self::Fraction),
        ("garbage", Self::Garbage),
        ("absent", Self::Absent),
    ];
}

/// How estimated waits are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WaitForm {
    /// Seconds, as a text.
    #[default]
    Text,
    /// Seconds, as a number.
    Number,
    /// A text that is no number.
    Garbage,
    /// Not at all.
    Absent,
}

impl WaitForm {
    /// Every form with its name on the command line.
    pub const ALL: [(&'static str, Self); 4] = [
        ("text", Self::Text),
        ("number", Self::Number),
        ("garbage", Self::Garbage),
        ("absent", Self::Absent),
    ];
}

impl Faults {
    /// The rule that refuses this call, used up by one.
    pub(crate) fn error_for(&mut self, operation: Operation) -> Option<ErrorRule> {
        let fits = |rule: &&mut ErrorRule| {
            rule.times != Some(0) && rule.operation.is_none_or(|only| only == operation)
        };
        let rule = self.errors.iter_mut().find(fits)?;
        if let Some(times) = &mut rule.times {
            *times -= 1;
        }
        Some(rule.clone())
    }
}
