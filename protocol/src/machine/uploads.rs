//! Files on their way to the provider: announced, uploaded, completed; one after the other.
//!
//! Each stage is its own request with its own outcome, and a file that fails says at which. What may work later
//! is tried again after a backoff: announcing and completing under their tokens, uploading by reading the bytes
//! from the start once more, as long as the ticket is good. A ticket that ran out is asked for anew.
//!
//! A file that failed stays parked and can be sent again. It starts over, for nothing of it is in the chat; but
//! where only the completing failed it may be, and so just that is repeated.
//!
//! Files do not hold each other up: the next one goes when one has failed, as each stands for itself.

mod snapshot;

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

pub(crate) use snapshot::SavedUploads;

use super::Alarms;
use super::backoff::Backoff;
use crate::error::Failure;
use crate::id::{CommandId, MessageKey};
use crate::model::OutgoingAttachment;
use crate::output::DeadlineReason;
use crate::rng::Rng;
use crate::time::{Now, Timestamp, WallTime};

/// The numbers of uploads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UploadPolicy {
    /// How often each stage is tried.
    pub(crate) tries: u32,
}

/// How far a file has got. `T` is the provider's ticket, which this machine only carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stage<T> {
    /// To be announced.
    Start,
    /// To be uploaded.
    Put { ticket: T, attachment_id: String, expires: Option<WallTime> },
    /// To be completed.
    Complete { attachment_id: String },
}

/// A file on its way.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Upload<T> {
    pub(crate) key: MessageKey,
    pub(crate) attachment: OutgoingAttachment,
    /// The idempotency token of the stage at hand.
    pub(crate) token: String,
    /// The command that wants to hear of it; none once it has.
    pub(crate) command: Option<CommandId>,
    pub(crate) stage: Stage<T>,
    tries: u32,
    denials: u32,
    restarts: u32,
    under_way: bool,
    /// A try of the completing may have been acted on.
    maybe_acted: bool,
}

/// How a stage ended.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Outcome {
    /// It may work later.
    TryAgain {
        failure: Failure,
        retry_after: Option<Duration>,
        /// The provider may have acted on it all the same.
        maybe_acted: bool,
    },
    /// The credential was not taken.
    Denied { failure: Failure },
    /// It would fail again.
    Refused { failure: Failure },
}

/// A file that is not sent after all.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Failed {
    pub(crate) key: MessageKey,
    pub(crate) command: Option<CommandId>,
    pub(crate) failure: Failure,
    /// The completing may have been acted on.
    pub(crate) uncertain: bool,
}

/// How often a stage may be refused for its credential.
const MOST_DENIALS: u32 = 3;

/// How often a file starts over because its ticket ran out. A clock that runs ahead sees every ticket so; after
/// that many, the provider is to say whether it is good.
const MOST_RESTARTS: u32 = 3;

/// How many completed files may be known without having been shown.
const MOST_UNSHOWN: usize = 64;

/// The files of a conversation.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Uploads<T> {
    policy: UploadPolicy,
    line: VecDeque<Upload<T>>,
    parked: BTreeMap<MessageKey, Upload<T>>,
    /// Files that the provider knows by this id and has not shown in the chat yet.
    announced: BTreeMap<String, MessageKey>,
    backoff: Backoff,
    retry_at: Option<Timestamp>,
    /// Before this the server does not want to hear of any file.
    floor: Timestamp,
    open: bool,
}

impl<T: Clone> Uploads<T> {
    pub(crate) const fn new(policy: UploadPolicy, backoff: Backoff) -> Self {
        Self {
            policy,
            line: VecDeque::new(),
            parked: BTreeMap::new(),
            announced: BTreeMap::new(),
            backoff,
            retry_at: None,
            floor: Timestamp::ZERO,
            open: false,
        }
    }

    /// Files in it, those that failed included.
    pub(crate) fn len(&self) -> usize {
        self.line.len() + self.parked.len()
    }

    /// Takes a file.
    pub(crate) fn push(
        &mut self,
        key: MessageKey,
        attachment: OutgoingAttachment,
        token: String,
        command: CommandId,
    ) {
        self.line.push_back(Upload {
            key,
            attachment,
            token,
            command: Some(command),
            stage: Stage::Start,
            tries: 0,
            denials: 0,
            restarts: 0,
            under_way: false,
            maybe_acted: false,
        });
    }

    /// Whether requests may go out.
    pub(crate) const fn set_open(&mut self, open: bool) {
        self.open = open;
    }

    /// The link has come up: what stood in the way is gone.
    pub(crate) fn went_live(&mut self, now: Timestamp) {
        self.retry_at = self.retry_at.map(|planned| self.backoff.soonest(now, planned));
    }

    /// The stage that is to be done now, if any. It counts as begun. `fresh` makes the token of a stage that
    /// starts over.
    pub(crate) fn next(&mut self, now: Now, fresh: impl FnOnce() -> String) -> Option<&Upload<T>> {
        if !self.open || self.retry_at.is_some_and(|at| at > now.at) {
            return None;
        }
        let head = self.line.front_mut().filter(|head| !head.under_way)?;
        if self.floor > now.at {
            // What the file before it was told; it had the wait to itself as long as it was here.
            self.retry_at = Some(self.floor);
            return None;
        }
        self.retry_at = None;
        if let Stage::Put { attachment_id, expires: Some(expires), .. } = &head.stage
            && *expires <= now.wall
            && head.restarts < MOST_RESTARTS
        {
            self.announced.remove(attachment_id);
            head.advance(Stage::Start);
            head.token = fresh();
            head.restarts = head.restarts.saturating_add(1);
        }
        head.under_way = true;
        head.tries = head.tries.saturating_add(1);
        Some(head)
    }

    /// The file at the head of the line, if it is this one.
    pub(crate) fn head(&self, key: MessageKey) -> Option<&Upload<T>> {
        self.line.front().filter(|head| head.key == key)
    }

    /// Whether the provider may have completed it at a try whose answer did not come.
    pub(crate) fn may_be_complete(&self, key: MessageKey) -> bool {
        self.head(key).is_some_and(|head| head.maybe_acted)
    }

    /// The provider knows of the file, and says where to put it.
    pub(crate) fn announced(
        &mut self,
        key: MessageKey,
        attachment_id: String,
        expires: Option<WallTime>,
        ticket: T,
    ) {
        if let Some(head) = self.line.front_mut().filter(|head| head.key == key) {
            // Of two files under one id the first keeps it: which is shown then could not be told.
            self.announced.entry(attachment_id.clone()).or_insert(key);
            head.advance(Stage::Put { ticket, attachment_id, expires });
        }
    }

    /// All its bytes are there, though it was not announced; the provider knows it by this id. `token` is that of the
    /// completing.
    pub(crate) fn uploaded(&mut self, key: MessageKey, attachment_id: String, token: String) {
        if let Some(head) = self.line.front_mut().filter(|head| head.key == key) {
            self.announced.entry(attachment_id.clone()).or_insert(key);
            head.advance(Stage::Complete { attachment_id });
            head.token = token;
        }
    }

    /// All its bytes are there. `token` is that of the completing.
    pub(crate) fn put(&mut self, key: MessageKey, token: String) {
        if let Some(head) = self.line.front_mut().filter(|head| head.key == key)
            && let Stage::Put { attachment_id, .. } = &head.stage
        {
            let attachment_id = attachment_id.clone();
            head.advance(Stage::Complete { attachment_id });
            head.token = token;
        }
    }

    /// The provider has it. Returns the command that waits for it.
    pub(crate) fn completed(&mut self, key: MessageKey) -> Option<CommandId> {
        let upload = self.take(key);
        self.forget_unshown();
        upload.and_then(|upload| upload.command)
    }

    /// A stage ended otherwise. Something comes back if the file has failed for that.
    pub(crate) fn settle(
        &mut self,
        now: Timestamp,
        rng: &mut Rng,
        key: MessageKey,
        outcome: Outcome,
    ) -> Option<Failed> {
        let head = self.line.front_mut().filter(|head| head.key == key)?;
        head.under_way = false;
        if let Outcome::TryAgain { retry_after, maybe_acted, .. } = &outcome {
            head.maybe_acted |= *maybe_acted && head.is_completing();
            // An earlier one may reach further.
            self.floor = self.floor.max(retry_after.map_or(Timestamp::ZERO, |span| now + span));
        }
        match outcome {
            Outcome::TryAgain { retry_after, .. } if head.tries < self.policy.tries => {
                self.retry_at = Some(self.backoff.next(now, rng, retry_after));
                None
            }
            Outcome::Denied { .. } if head.denials < MOST_DENIALS => {
                head.denials = head.denials.saturating_add(1);
                head.tries = head.tries.saturating_sub(1);
                None
            }
            Outcome::TryAgain { failure, .. }
            | Outcome::Denied { failure }
            | Outcome::Refused { failure } => self.park(failure),
        }
    }

    /// When the head is tried again, if it waits for that.
    pub(crate) const fn retry_at(&self) -> Option<Timestamp> {
        self.retry_at
    }

    /// The message that the provider knows by this id.
    pub(crate) fn known_as(&self, attachment_id: &str) -> Option<MessageKey> {
        self.announced.get(attachment_id).copied()
    }

    /// The provider has shown it in the chat. Returns the command that still waits for it, if any: what stands
    /// in the chat is sent, whatever becomes of the answer.
    pub(crate) fn shown(&mut self, attachment_id: &str) -> Option<CommandId> {
        let key = self.announced.remove(attachment_id)?;
        self.take(key).and_then(|upload| upload.command)
    }

    /// Whether this file has failed.
    pub(crate) fn is_parked(&self, key: MessageKey) -> bool {
        self.parked.contains_key(&key)
    }

    /// Whether this file waits or is on its way.
    pub(crate) fn is_under_way(&self, key: MessageKey) -> bool {
        self.line.iter().any(|upload| upload.key == key)
    }

    /// Puts a file that failed back into the line; from its start, unless only the completing is missing.
    pub(crate) fn resend(
        &mut self,
        key: MessageKey,
        command: CommandId,
        fresh: impl FnOnce() -> String,
    ) -> bool {
        let Some(mut upload) = self.parked.remove(&key) else { return false };
        if !upload.is_completing() {
            self.announced.retain(|_, known| *known != key);
            upload.stage = Stage::Start;
            upload.token = fresh();
        }
        (upload.tries, upload.denials, upload.restarts) = (0, 0, 0);
        upload.command = Some(command);
        self.line.push_back(upload);
        true
    }

    /// The file at the head of the line, if a try may have completed it and no answer to one can come any more.
    pub(crate) fn in_doubt(&self) -> Option<MessageKey> {
        self.line.front().filter(|head| head.maybe_acted && !head.under_way).map(|head| head.key)
    }

    /// Whether the provider may have all of this file.
    pub(crate) fn may_have_arrived(&self, key: MessageKey) -> bool {
        let mut all = self.line.iter().chain(self.parked.values());
        let completing = |upload: &Upload<T>| upload.under_way && upload.is_completing();
        all.any(|upload| upload.key == key && (upload.maybe_acted || completing(upload)))
    }

    /// Takes a file out, on its way or not. Returns the command that waits for it.
    pub(crate) fn discard(&mut self, key: MessageKey) -> Option<Option<CommandId>> {
        self.announced.retain(|_, known| *known != key);
        self.take(key).map(|upload| upload.command)
    }

    /// The session is over.
    pub(crate) fn end(&mut self, failure: &Failure) -> Vec<Failed> {
        self.open = false;
        self.retry_at = None;
        let ended = core::mem::take(&mut self.line).into_iter().map(|mut upload| {
            upload.maybe_acted |= upload.under_way && upload.is_completing();
            upload.under_way = false;
            let failed = upload.fail(failure.clone());
            self.parked.insert(upload.key, upload);
            failed
        });
        ended.collect()
    }

    fn take(&mut self, key: MessageKey) -> Option<Upload<T>> {
        match self.line.iter().position(|upload| upload.key == key) {
            Some(0) => self.take_head(),
            Some(index) => self.line.remove(index),
            None => self.parked.remove(&key),
        }
    }

    /// The next file does not wait for what this one was to wait for, except where the server asked for it.
    fn take_head(&mut self) -> Option<Upload<T>> {
        self.retry_at = None;
        self.backoff.reset();
        self.line.pop_front()
    }

    fn park(&mut self, failure: Failure) -> Option<Failed> {
        let mut head = self.take_head()?;
        let failed = head.fail(failure);
        self.parked.insert(head.key, head);
        Some(failed)
    }

    /// Not every completed file is shown, as what was missed may be out of reach: the oldest are forgotten.
    fn forget_unshown(&mut self) {
        let is_here = |key: MessageKey| {
            self.parked.contains_key(&key) || self.line.iter().any(|upload| upload.key == key)
        };
        let unshown: BTreeSet<_> = self.announced.values().copied().filter(|key| !is_here(*key)).collect();
        if let Some(oldest) = unshown.first().filter(|_| unshown.len() > MOST_UNSHOWN) {
            self.announced.retain(|_, known| known != oldest);
        }
    }
}

impl<T> Upload<T> {
    fn advance(&mut self, stage: Stage<T>) {
        self.stage = stage;
        (self.tries, self.denials, self.under_way) = (0, 0, false);
    }

    const fn is_completing(&self) -> bool {
        matches!(self.stage, Stage::Complete { .. })
    }

    fn fail(&mut self, failure: Failure) -> Failed {
        Failed { key: self.key, command: self.command.take(), failure, uncertain: self.maybe_acted }
    }
}

impl<T> Alarms for Uploads<T> {
    fn alarms(&self, alarm: &mut dyn FnMut(Timestamp, DeadlineReason)) {
        if self.open
            && let Some(at) = self.retry_at
        {
            alarm(at, DeadlineReason::UploadRetry);
        }
    }
}

#[cfg(test)]
mod tests;
