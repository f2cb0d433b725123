//! One conversation of a session: the machines that each has for itself.

use crate::dialect::{Policy, UploadTicket, WireItem};
use crate::id::{CommandId, MessageKey};
use crate::limits::Limits;
use crate::machine::Alarms;
use crate::machine::backoff::{Backoff, BackoffPolicy};
use crate::machine::catch_up::{CatchUp, CatchUpPolicy};
use crate::machine::outbox::{Outbox, OutboxPolicy};
use crate::machine::receipts::{Mark, ReceiptPolicy, ReceiptStyle, Receipts};
use crate::machine::transcript::{Place, Transcript};
use crate::machine::typing::{Typing, TypingPolicy};
use crate::machine::uploads::{UploadPolicy, Uploads};
use crate::output::DeadlineReason;
use crate::time::Timestamp;

/// One conversation.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Conversation {
    pub(super) transcript: Transcript,
    pub(super) outbox: Outbox,
    pub(super) receipts: Receipts<Place>,
    pub(super) typing: Typing,
    pub(super) catch_up: CatchUp<WireItem>,
    pub(super) history: History,
    pub(super) uploads: Uploads<UploadTicket>,
}

/// The fetching of older items.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct History {
    /// How to go on from the oldest item.
    pub(super) older: Option<Older>,
    /// The oldest item that a page reached back to. What is older than it may be missing; an own message that is
    /// older, and known from its answer alone, does not change that.
    pub(super) reached: Option<String>,
    /// Nothing older exists.
    pub(super) complete: bool,
    pub(super) run: Option<HistoryRun>,
}

/// How to go on where a page ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Older {
    pub(super) cursor: String,
    /// The item at which the query began.
    pub(super) start: Option<String>,
    /// The credential that it holds for.
    pub(super) generation: u64,
}

/// A command that fetches older items.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct HistoryRun {
    pub(super) command: CommandId,
    pub(super) limit: u32,
    pub(super) pages: u32,
    pub(super) added: u32,
    /// It waits for a credential or the network.
    pub(super) waiting: bool,
    /// The item at which the page under way began.
    pub(super) start: Option<String>,
}

impl Conversation {
    pub(super) fn new(policy: &Policy, limits: &Limits) -> Self {
        Self {
            transcript: Transcript::new(limits.transcript_items()),
            outbox: Outbox::new(
                OutboxPolicy { replay_window: policy.replay_window, tries: policy.send_tries },
                backoff(policy),
            ),
            receipts: Receipts::new(
                ReceiptPolicy {
                    enabled: policy.receipts,
                    automatic_delivered: policy.automatic_delivered,
                    window: policy.receipt_window,
                    delivered_delay: policy.delivered_delay,
                    style: ReceiptStyle::LatestOfKind,
                },
                limits.pending_receipts(),
            ),
            typing: Typing::new(
                TypingPolicy {
                    throttle: policy.typing_throttle,
                    expiry: policy.typing_expiry,
                    stop_after: None,
                },
                limits.participants(),
            ),
            catch_up: CatchUp::new(
                CatchUpPolicy {
                    pages: limits.catch_up_pages(),
                    tries: policy.catch_up_tries,
                    held: limits.held_items(),
                },
                backoff(policy),
            ),
            history: History::default(),
            uploads: Uploads::new(UploadPolicy { tries: policy.upload_tries }, backoff(policy)),
        }
    }

    /// The mark that names a message to the receipts.
    pub(super) fn mark(&self, message: MessageKey) -> Option<Mark<Place>> {
        self.transcript.place(message).map(|position| Mark { position, message })
    }
}

impl Alarms for Conversation {
    fn alarms(&self, alarm: &mut dyn FnMut(Timestamp, DeadlineReason)) {
        self.outbox.alarms(alarm);
        self.receipts.alarms(alarm);
        self.typing.alarms(alarm);
        self.catch_up.alarms(alarm);
        self.uploads.alarms(alarm);
    }
}

/// A backoff with the policy's numbers.
pub(super) const fn backoff(policy: &Policy) -> Backoff {
    Backoff::new(backoff_policy(policy))
}

/// A backoff's numbers.
pub(super) const fn backoff_policy(policy: &Policy) -> BackoffPolicy {
    BackoffPolicy {
        base: policy.backoff_base,
        factor: policy.backoff_factor,
        cap: policy.backoff_cap,
        reset_after: policy.backoff_reset_after,
        wake_jitter: policy.wake_jitter,
    }
}
