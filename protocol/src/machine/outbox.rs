//! What the user handed over and the provider has not acknowledged: one line a conversation.
//!
//! First in, first out, one on its way at a time, so that messages arrive in the order in which they were
//! written. Each message carries one idempotency token from the moment it is handed over, over every try.
//!
//! A try ends in one of four ways:
//! - *accepted*: the message leaves the outbox;
//! - *not now* (throttled, broken, no connection): it is tried again after a backoff;
//! - *unknown* (no answer came): the same, under the same token, while the provider can be expected to
//!   remember that token. Once that is doubtful, or no try is left, the transcript is asked first
//!   ([`Next::Check`]), and not before the provider must be done with the last try: what stands there is not
//!   sent again;
//! - *refused*: it has failed, and with it what waits behind it, since sending that would silently turn the
//!   order around. Sending the failed one again brings the others back too. What the user hands over after
//!   that report goes out: they know.
//!
//! What failed or is uncertain stays parked, so that it can be sent again under its old token.

mod parked;
mod snapshot;

use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};

pub(crate) use snapshot::SavedOutbox;

use super::Alarms;
use super::backoff::Backoff;
use crate::error::Failure;
use crate::id::{CommandId, MessageKey};
use crate::model::OutgoingContent;
use crate::output::DeadlineReason;
use crate::rng::Rng;
use crate::time::Timestamp;

/// The numbers of an outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OutboxPolicy {
    /// How long after its first try a message of unknown outcome may simply be sent again.
    pub(crate) replay_window: Duration,
    /// A message of unknown outcome is not looked for sooner than this after its last try: the provider may still be
    /// at work on it.
    pub(crate) doubt_wait: Duration,
    /// How often a message is tried.
    pub(crate) tries: u32,
}

/// A message that waits.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) key: MessageKey,
    pub(crate) content: OutgoingContent,
    pub(crate) token: String,
    /// The command that wants to hear of it; none once it has.
    pub(crate) command: Option<CommandId>,
    progress: Progress,
    tries: u32,
    denials: u32,
    /// Until when the provider can be expected to remember the token; none before the first try.
    replay_until: Option<Timestamp>,
    /// At least one try may have been acted on.
    unknown: bool,
    /// Why no further try is made, while the transcript is still to be asked.
    given_up: Option<Failure>,
    /// It stands further back, if anywhere, than the transcript is looked through.
    out_of_sight: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    Waiting,
    Sending,
    /// The transcript is being asked.
    Checking,
}

/// What the head of the line needs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Next {
    /// Send it.
    Send { key: MessageKey, content: OutgoingContent, token: String },
    /// See whether the transcript has it.
    Check,
}

/// How a try ended.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Outcome {
    /// The provider did not act on it, and may later.
    NotNow { failure: Failure, retry_after: Option<Duration> },
    /// The provider may have acted on it.
    Unknown { failure: Failure, retry_after: Option<Duration> },
    /// The provider did not act on it, and would not later.
    Refused { failure: Failure },
    /// The credential was not taken; the message is as it was.
    Again { failure: Failure },
}

/// How often a message may be refused for its credential.
const MOST_DENIALS: u32 = 3;

/// What became of a message.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Fate {
    /// It waits for the next try.
    Waits(MessageKey),
    /// It has failed; `command` wants to hear of it.
    Failed { key: MessageKey, command: Option<CommandId>, failure: Failure },
    /// Nobody can tell; `command` wants to hear of it.
    Uncertain { key: MessageKey, command: Option<CommandId>, failure: Failure },
}

/// The line of a conversation.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Outbox {
    policy: OutboxPolicy,
    line: VecDeque<Entry>,
    /// What failed or is uncertain, and what it holds up.
    parked: BTreeMap<MessageKey, Parked>,
    backoff: Backoff,
    retry_at: Option<Timestamp>,
    /// Nothing brings a check forward to before this: the provider may still be at work on the last try.
    check_from: Timestamp,
    open: bool,
    bytes: usize,
}

#[derive(Clone, Debug, PartialEq)]
struct Parked {
    entry: Entry,
    behind: Option<MessageKey>,
}

impl Outbox {
    pub(crate) fn new(policy: OutboxPolicy, backoff: Backoff) -> Self {
        Self {
            policy,
            line: VecDeque::new(),
            parked: BTreeMap::new(),
            backoff,
            retry_at: None,
            check_from: Timestamp::ZERO,
            open: false,
            bytes: 0,
        }
    }

    /// Messages in it, the parked ones included.
    pub(crate) fn len(&self) -> usize {
        self.line.len() + self.parked.len()
    }

    /// Bytes of their texts.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Takes a message.
    pub(crate) fn push(
        &mut self,
        key: MessageKey,
        content: OutgoingContent,
        token: String,
        command: CommandId,
    ) {
        self.bytes = self.bytes.saturating_add(content.as_str().len());
        self.line.push_back(Entry {
            key,
            content,
            token,
            command: Some(command),
            progress: Progress::Waiting,
            tries: 0,
            denials: 0,
            replay_until: None,
            unknown: false,
            given_up: None,
            out_of_sight: false,
        });
    }

    /// Whether messages may go out: there is a credential, and nothing holds the session.
    pub(crate) fn set_open(&mut self, open: bool) {
        self.open = open;
    }

    /// The network is back: no reason to wait any longer.
    pub(crate) fn hurry(&mut self, now: Timestamp, rng: &mut Rng) {
        if let Some(planned) = self.retry_at {
            let soon = self.backoff.hurry(now, rng, planned);
            self.retry_at = Some(self.not_before(soon));
        }
    }

    /// The link has come up: what stood in the way is gone.
    pub(crate) fn went_live(&mut self, now: Timestamp) {
        self.retry_at = self.retry_at.map(|planned| self.not_before(self.backoff.soonest(now, planned)));
    }

    /// When the head has its turn that is planned for this: a check waits until it can tell.
    fn not_before(&self, planned: Timestamp) -> Timestamp {
        let check = self.line.front().is_some_and(|head| head.wants_check(planned));
        if check { planned.max(self.check_from) } else { planned }
    }

    /// The provider will know the head by this from its first try on.
    pub(crate) fn name(&mut self, key: MessageKey, token: String) {
        if let Some(head) = self.line.front_mut().filter(|head| head.key == key) {
            head.token = token;
        }
    }

    /// What the head of the line needs now, if anything. It counts as begun.
    pub(crate) fn next(&mut self, now: Timestamp) -> Option<Next> {
        if !self.open || self.retry_at.is_some_and(|at| at > now) {
            return None;
        }
        let head = self.line.front_mut()?;
        if head.progress != Progress::Waiting {
            return None;
        }
        let checks = head.wants_check(now);
        if checks && self.check_from > now {
            self.retry_at = Some(self.check_from);
            return None;
        }
        self.retry_at = None;
        if checks {
            head.progress = Progress::Checking;
            return Some(Next::Check);
        }
        head.progress = Progress::Sending;
        head.tries = head.tries.saturating_add(1);
        head.replay_until.get_or_insert(now + self.policy.replay_window);
        Some(Next::Send { key: head.key, content: head.content.clone(), token: head.token.clone() })
    }

    /// The messages of which a try may have been acted on, while that is not known: an echo of such a
    /// content is that message.
    pub(crate) fn in_doubt(&self) -> impl Iterator<Item = &Entry> {
        // One that is sent again may stand anywhere in the line.
        let line = self.line.iter().filter(|entry| entry.progress == Progress::Sending || entry.unknown);
        line.chain(self.parked.values().map(|parked| &parked.entry).filter(|entry| entry.unknown))
    }

    /// The provider has it. Returns the entry, unless it is not here any more.
    pub(crate) fn accepted(&mut self, key: MessageKey) -> Option<Entry> {
        // That an older one is found to have arrived does not hurry the head.
        if self.line.front().is_some_and(|head| head.key == key) {
            self.backoff.reset();
            self.retry_at = None;
        }
        self.take(key)
    }

    /// A try ended otherwise.
    pub(crate) fn settle(
        &mut self,
        now: Timestamp,
        rng: &mut Rng,
        key: MessageKey,
        outcome: Outcome,
        fates: &mut Vec<Fate>,
    ) {
        let Some(head) = self.line.front_mut().filter(|head| head.key == key) else {
            return;
        };
        head.progress = Progress::Waiting;
        let (failure, retry_after) = match outcome {
            Outcome::Again { failure } => {
                // A credential that serves for everything else but is refused here will be refused again.
                head.denials = head.denials.saturating_add(1);
                if head.denials > MOST_DENIALS {
                    self.give_up(failure, fates);
                    return;
                }
                head.tries = head.tries.saturating_sub(1);
                fates.push(Fate::Waits(key));
                return;
            }
            Outcome::Refused { failure } => {
                self.give_up(failure, fates);
                return;
            }
            Outcome::Unknown { failure, retry_after } => {
                head.unknown = true;
                self.check_from = now + self.policy.doubt_wait;
                (failure, retry_after)
            }
            Outcome::NotNow { failure, retry_after } => (failure, retry_after),
        };
        let given_up = head.tries >= self.policy.tries;
        let next = self.backoff.next(now, rng, retry_after);
        if given_up {
            self.give_up(failure, fates);
            // What comes after it waits no shorter than the provider asked for.
            self.retry_at = retry_after.map(|_| self.not_before(next));
            return;
        }
        self.retry_at = Some(self.not_before(next));
        fates.push(Fate::Waits(key));
    }

    /// The transcript is known to be whole, and does not have the head: it never arrived.
    pub(crate) fn checked(&mut self, fates: &mut Vec<Fate>) {
        let Some(head) = self.line.front_mut().filter(|head| head.progress == Progress::Checking) else {
            return;
        };
        head.progress = Progress::Waiting;
        head.unknown = false;
        head.replay_until = None;
        if let Some(failure) = head.given_up.take() {
            self.park_head(failure, false, fates);
        }
    }

    /// The transcript cannot be asked just now: something older is being fetched. The head wants it as before.
    pub(crate) fn not_yet(&mut self) {
        if let Some(head) = self.line.front_mut().filter(|head| head.progress == Progress::Checking) {
            head.progress = Progress::Waiting;
        }
    }

    /// The transcript could not be asked; the head will want it again.
    pub(crate) fn unchecked(&mut self, now: Timestamp, rng: &mut Rng) {
        if let Some(head) = self.line.front_mut()
            && head.progress == Progress::Checking
        {
            head.progress = Progress::Waiting;
            self.retry_at = Some(self.backoff.next(now, rng, None));
        }
    }

    /// The transcript cannot be asked, so nobody can tell whether the head arrived. Where it was, as far as may be,
    /// asking again would be in vain: that the message is sent again is then what its sender wants.
    pub(crate) fn uncheckable(&mut self, failure: Failure, fates: &mut Vec<Fate>) {
        if let Some(head) = self.line.front_mut().filter(|head| head.progress == Progress::Checking) {
            head.out_of_sight = matches!(failure, Failure::OutOfSight { .. });
            self.park_head(failure, true, fates);
        }
    }

    /// Whether the head waits for the transcript.
    pub(crate) fn is_checking(&self) -> bool {
        self.checking().is_some()
    }

    /// Whether this message waits for the transcript to be asked.
    pub(crate) fn wants_check(&self, now: Timestamp, key: MessageKey) -> bool {
        let head = self.line.front().filter(|head| head.key == key && head.progress == Progress::Waiting);
        head.is_some_and(|head| head.wants_check(now))
    }

    /// Whether a try of this message may have been acted on, and no answer to one can come any more.
    pub(crate) fn is_in_doubt(&self, key: MessageKey) -> bool {
        let mut line = self.line.iter();
        line.any(|entry| entry.key == key && entry.unknown && entry.progress != Progress::Sending)
    }

    /// If this message may have arrived: when the provider must be done with its last try.
    pub(crate) fn told_by(&self, key: MessageKey) -> Option<Timestamp> {
        self.in_doubt().find(|entry| entry.key == key).map(|_| self.check_from)
    }

    /// The provider must be done with the last try by then, if not before.
    pub(crate) fn done_by(&mut self, at: Timestamp) {
        if at < self.check_from {
            self.retry_at =
                self.retry_at.map(|planned| if planned == self.check_from { at } else { planned });
            self.check_from = at;
        }
    }

    /// The head, if the transcript is to be asked for it.
    pub(crate) fn checking(&self) -> Option<MessageKey> {
        self.line.front().filter(|head| head.progress == Progress::Checking).map(|head| head.key)
    }

    /// Whether the head is on its way.
    pub(crate) fn is_sending(&self) -> bool {
        self.line.front().is_some_and(|head| head.progress == Progress::Sending)
    }

    /// When the head is tried again, if it waits for that.
    pub(crate) const fn retry_at(&self) -> Option<Timestamp> {
        self.retry_at
    }

    /// Whether this message waits for its turn or its next try.
    pub(crate) fn is_waiting(&self, key: MessageKey) -> bool {
        self.line.iter().any(|entry| entry.key == key && entry.progress == Progress::Waiting)
    }

    /// Whether this message has failed or is uncertain.
    pub(crate) fn is_parked(&self, key: MessageKey) -> bool {
        self.parked.contains_key(&key)
    }

    /// Takes a message out, unless it is on its way. Returns the command that still waits for it.
    pub(crate) fn discard(&mut self, key: MessageKey) -> Option<Option<CommandId>> {
        let on_its_way =
            self.line.front().is_some_and(|head| head.key == key && head.progress != Progress::Waiting);
        if on_its_way {
            return None;
        }
        self.take(key).map(|entry| entry.command)
    }

    /// The session is over: everything that waits has failed.
    pub(crate) fn end(&mut self, failure: &Failure, fates: &mut Vec<Fate>) {
        self.open = false;
        self.retry_at = None;
        for mut entry in core::mem::take(&mut self.line) {
            let (key, command, failure) = (entry.key, entry.command.take(), failure.clone());
            // One that may have arrived is not called failed.
            let in_doubt = entry.unknown || entry.progress == Progress::Sending;
            self.parked.insert(key, Parked { entry, behind: None });
            fates.push(if in_doubt {
                Fate::Uncertain { key, command, failure }
            } else {
                Fate::Failed { key, command, failure }
            });
        }
    }

    fn take(&mut self, key: MessageKey) -> Option<Entry> {
        let entry = match self.line.front() {
            Some(head) if head.key == key => self.line.pop_front(),
            _ => match self.line.iter().position(|entry| entry.key == key) {
                Some(index) => self.line.remove(index),
                None => self.parked.remove(&key).map(|parked| parked.entry),
            },
        }?;
        self.bytes = self.bytes.saturating_sub(entry.content.as_str().len());
        Some(entry)
    }
}

impl Entry {
    /// Whether the transcript is to be asked before it is sent or given up, by this time.
    fn wants_check(&self, at: Timestamp) -> bool {
        let doubtful = self.replay_until.is_some_and(|until| at >= until);
        self.given_up.is_some() || (self.unknown && doubtful)
    }
}

impl Alarms for Outbox {
    fn alarms(&self, alarm: &mut dyn FnMut(Timestamp, DeadlineReason)) {
        // Nothing waits for it where the head was discarded.
        if self.open
            && let Some(at) = self.retry_at
            && !self.line.is_empty()
        {
            alarm(at, DeadlineReason::OutboxRetry);
        }
    }
}

#[cfg(test)]
mod tests;
