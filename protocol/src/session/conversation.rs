//! One conversation of a session: the machines that each has for itself.

use std::collections::BTreeMap;

use super::once::Once;
use crate::dialect::{Policy, Shape, UploadTicket, WireItem};
use crate::id::{CommandId, MessageKey};
use crate::limits::Limits;
use crate::machine::Alarms;
use crate::machine::backoff::{Backoff, BackoffPolicy};
use crate::machine::catch_up::{CatchUp, CatchUpPolicy, Goal};
use crate::machine::outbox::{Outbox, OutboxPolicy};
use crate::machine::poller::{PollPolicy, Poller};
use crate::machine::receipts::{Mark, ReceiptPolicy, ReceiptStyle, Receipts};
use crate::machine::transcript::{Place, Transcript};
use crate::machine::typing::{Typing, TypingPolicy};
use crate::machine::uploads::{UploadPolicy, Uploads};
use crate::model::{ConversationEnd, ConversationState, DeliveryStatus, Introduction, Participant, Role};
use crate::output::DeadlineReason;
use crate::time::Timestamp;

/// One conversation.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Conversation {
    /// The provider's id of it, once it is known; none where a provider has just one.
    pub(super) remote: Option<String>,
    /// What to say of the customer when it begins, where that is not what the configuration says.
    pub(super) introduction: Option<Box<Introduction>>,
    /// How it ended, where that is not the end of the session.
    pub(super) over: Option<ConversationEnd>,
    /// How far it has got, and how many seconds there are to wait, as the provider said last.
    pub(super) status: Option<(ConversationState, Option<u64>)>,
    pub(super) poller: Poller,
    /// The last answer to a poll, in short.
    pub(super) poll_mark: u64,
    /// The greatest number of a message of ours, where ids are ours.
    pub(super) number: u64,
    /// What waits to be looked up in the history, which must be a run of this number or later.
    pub(super) look_up_in: u32,
    pub(super) once: Once,
    /// Who takes part, where the provider says that once and names only ids from then on.
    pub(super) participants: BTreeMap<String, Participant>,
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
    /// What was missed could not be fetched, which was said, and has not been since.
    pub(super) unavailable: bool,
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
    pub(super) fn new(shape: Shape, policy: &Policy, limits: &Limits) -> Self {
        let transcript = Transcript::new(limits.transcript_items());
        let style = if shape.each_receipt { ReceiptStyle::Each } else { ReceiptStyle::LatestOfKind };
        Self {
            remote: None,
            introduction: None,
            over: None,
            status: None,
            poller: Poller::new(poll_policy(policy), backoff(policy)),
            poll_mark: 0,
            number: 0,
            look_up_in: 0,
            once: Once::new(limits.told_once()),
            participants: BTreeMap::new(),
            transcript: if shape.told_order { transcript.in_told_order() } else { transcript },
            outbox: Outbox::new(
                OutboxPolicy {
                    replay_window: policy.replay_window,
                    doubt_wait: policy.doubt_wait,
                    tries: policy.send_tries,
                },
                backoff(policy),
            ),
            receipts: Receipts::new(
                ReceiptPolicy {
                    enabled: policy.receipts,
                    automatic_delivered: policy.automatic_delivered,
                    window: policy.receipt_window,
                    delivered_delay: policy.delivered_delay,
                    style,
                },
                limits.pending_receipts(),
            ),
            typing: Typing::new(
                TypingPolicy {
                    throttle: policy.typing_throttle,
                    expiry: policy.typing_expiry,
                    stop_after: policy.typing_stop_after,
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

    /// Whether the provider shows this message.
    pub(super) fn is_shown(&self, message: MessageKey) -> bool {
        self.transcript.get(message).is_some_and(|item| item.server_id.is_some())
    }

    /// Whether the provider shows this message, or has it by the word of somebody who has received it.
    pub(super) fn is_proven(&self, message: MessageKey) -> bool {
        let marked =
            |status: &DeliveryStatus| matches!(status, DeliveryStatus::Delivered | DeliveryStatus::Read);
        self.is_shown(message)
            || self.transcript.get(message).and_then(|item| item.status.as_ref()).is_some_and(marked)
    }

    /// The mark that names a message to the receipts.
    pub(super) fn mark(&self, message: MessageKey) -> Option<Mark<Place>> {
        self.transcript.place(message).map(|position| Mark { position, message })
    }

    /// Fills in what was said of a participant before, and keeps in mind what is said now.
    pub(super) fn introduce(&mut self, participant: &mut Participant, cap: usize) {
        let Some(id) = &participant.id else { return };
        if participant.role != Role::Unknown {
            if self.participants.len() < cap || self.participants.contains_key(id) {
                self.participants.insert(id.clone(), participant.clone());
            }
            return;
        }
        if let Some(known) = self.participants.get(id) {
            participant.role = known.role.clone();
            participant.display_name = participant.display_name.take().or_else(|| known.display_name.clone());
        }
    }

    /// The number of the next message of ours, where ids are ours.
    pub(super) const fn next_number(&mut self) -> u64 {
        self.number = self.number.saturating_add(1);
        self.number
    }

    /// What a run is for that fetches what is missing.
    pub(super) fn missing(&self) -> Goal {
        let known = self.transcript.was_whole() || self.transcript.newest_settled().is_some();
        if known { Goal::Gap } else { Goal::First }
    }

    /// The history is looked up, in a run that begins after now.
    pub(super) fn look_up(&mut self) {
        self.look_up_in = self.catch_up.run().saturating_add(1);
        self.poller.want_history();
    }
}

impl Alarms for Conversation {
    fn alarms(&self, alarm: &mut dyn FnMut(Timestamp, DeadlineReason)) {
        self.outbox.alarms(alarm);
        self.receipts.alarms(alarm);
        self.typing.alarms(alarm);
        self.catch_up.alarms(alarm);
        self.uploads.alarms(alarm);
        self.poller.alarms(alarm);
    }
}

const fn poll_policy(policy: &Policy) -> PollPolicy {
    PollPolicy {
        gap: policy.poll_gap,
        gap_cap: policy.poll_gap_cap,
        busy_wait: policy.poll_busy_wait,
        stale_after: policy.poll_stale_after,
        history_tries: policy.catch_up_tries,
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
