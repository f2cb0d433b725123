//! A session from a snapshot. First all of it is looked at, so that there is no half a session; then the session
//! stands as it did; then it is told what has happened since: its host is gone, with all that was under way.

use std::collections::{BTreeMap, BTreeSet};

use super::super::answers::Trouble;
use super::super::conversation::{Conversation, backoff_policy};
use super::super::ending::Leaving;
use super::super::purpose::UploadStage;
use super::check::check;
use super::parts::{SavedConversation, SavedSecrets, SavedSession, question};
use super::{Session, Snapshot, SnapshotError};
use crate::config::Config;
use crate::error::{Failure, TransportFault};
use crate::event::CommandResult;
use crate::id::{CommandId, ConversationKey, Counter};
use crate::machine::catch_up::CatchUp;
use crate::machine::credentials::Credentials;
use crate::machine::link::{Gates, Link};
use crate::machine::outbox::Outbox;
use crate::machine::receipts::{self, Receipts};
use crate::machine::requests::Requests;
use crate::machine::saved::Thaw;
use crate::machine::transcript::Transcript;
use crate::machine::uploads::{Stage, Uploads};
use crate::model::Origin;
use crate::output::Output;
use crate::session::emit::Emit;
use crate::time::Now;

impl Session {
    /// The session that a snapshot was taken of, in this process. What it causes is appended to `out`.
    ///
    /// It is as if the network had gone away when the snapshot was taken, and had come back now. Requests that
    /// were under way have an unknown outcome: a message is sent again under its token, or looked for in the
    /// transcript once the provider may have forgotten that. A link that was wanted is made again at once, unless the
    /// provider had asked for a longer wait, and what was missed is fetched; one that the user suspended stays so. The new host says itself whether there is a network, and where the app is.
    ///
    /// The first event tells the whole transcript, with [`Origin::Restored`]; commands that were open are open
    /// still and end as any other, but for typing. A session that had ended is restored as that.
    ///
    /// `config` is that of the same chat; timers and caps may be others, and a token that is not the old one's is
    /// used from now on. `seed` must be another one than any before: the tokens of what is sent from now on are
    /// drawn from it.
    ///
    /// # Errors
    /// When the snapshot contradicts itself, holds more than the configuration's limits, or is of another chat.
    /// Nothing was appended then.
    pub fn restore(
        config: impl Into<Config>,
        snapshot: &Snapshot,
        seed: [u8; 32],
        now: Now,
        out: &mut Vec<Output>,
    ) -> Result<Self, SnapshotError> {
        let saved = (*snapshot.0).clone();
        let mut session = Self::new(config, stirred(seed, &saved), now)?;
        if !saved.config.is_of(&session.dialect) {
            return Err(SnapshotError::OtherChat);
        }
        check(&saved, &session.limits)?;
        let (referred, thaw) = (referred_commands(&saved), Thaw::new(now, saved.taken_at));
        session.take_over(saved, now);
        let mut emit = Emit::new(out);
        session.tell_all(&mut emit);
        if session.ended.is_none() {
            session.host_is_gone(now, thaw, &referred, &mut emit);
        }
        session.conclude(now, emit);
        Ok(session)
    }

    /// Stands as the snapshot says.
    fn take_over(&mut self, saved: SavedSession, now: Now) {
        let thaw = Thaw::new(now, saved.taken_at);
        let policy = backoff_policy(&self.policy);
        let secrets = saved.secrets.unwrap_or_default();
        self.message_keys = Counter::from_last(saved.ids.messages);
        self.command_ids = Counter::from_last(saved.ids.commands);
        self.requests = Requests::after(saved.ids.requests);
        self.open_commands = saved.open_commands.into_iter().collect();
        self.awaiting_live = saved.awaiting_live;
        self.own_id = saved.own_id.or_else(|| self.own_id.take());
        let ended = saved.ended.is_some();
        self.link =
            Link::restore(super::super::link_policy(&self.policy), policy.clone(), &saved.link, ended, thaw);
        // With another token in the configuration, what the old one brought may be of no use.
        let same = self.dialect.get().credential().map(|it| it.expose()) == secrets.credential.as_deref();
        let token = secrets.token.as_ref().filter(|_| same && !ended);
        let credential_policy = super::super::credential_policy(&self.policy);
        self.credentials = Credentials::restore(credential_policy, saved.ids.credentials, token, thaw);
        if token.is_some() {
            self.expiries.0 = secrets.token_expires_at;
            self.credential_in_doubt = secrets.in_doubt;
        }
        self.leaving = saved.leaving.map(|leaving| Leaving::restore(leaving, policy.clone(), thaw));
        self.questions.restore(&policy, saved.questions, thaw, question);
        let mut conversations = BTreeMap::new();
        for (key, saved) in saved.conversations {
            conversations.insert(key, Box::new(self.conversation_from(saved, &secrets, thaw, ended)));
        }
        self.conversations = conversations;
        let newest = self.conversations.keys().next_back().copied();
        self.current = saved.current.or(newest).unwrap_or(self.current);
        self.conversation_ids = Counter::from_last(newest.map_or(0, ConversationKey::as_u64));
        let goes_on = self.conversations.iter().filter(|(_, it)| it.over.is_none());
        self.active = goes_on.map(|(key, _)| *key).collect();
        self.ended = saved.ended;
    }

    fn conversation_from(
        &mut self,
        saved: SavedConversation,
        secrets: &SavedSecrets,
        thaw: Thaw,
        ended: bool,
    ) -> Conversation {
        let policy = backoff_policy(&self.policy);
        let blank = Conversation::new(self.dialect.get().shape(), &self.policy, &self.limits);
        let rng = &mut self.rng;
        let mut receipts = Receipts::restore(
            blank.receipts.policy().clone(),
            self.limits.pending_receipts(),
            saved.receipts,
            thaw,
        );
        let own = saved.own;
        if ended || own.over.is_some() {
            receipts.end();
        }
        let (mut poller, mut once) = (blank.poller, blank.once);
        if own.id.is_some() && own.over.is_none() && !ended {
            // What was missed is fetched first.
            poller.start(thaw.now(), true);
        }
        for told in own.told_once {
            once.note(told);
        }
        Conversation {
            remote: own.id,
            introduction: own.introduction,
            over: own.over,
            status: own.status,
            poller,
            poll_mark: 0,
            number: own.number,
            look_up_in: 0,
            once,
            participants: own.participants,
            transcript: Transcript::restore(blank.transcript, saved.transcript, &secrets.view_tokens),
            outbox: Outbox::restore(blank.outbox.policy().clone(), policy.clone(), saved.outbox, thaw),
            receipts,
            typing: blank.typing,
            catch_up: CatchUp::restore(blank.catch_up.policy().clone(), policy.clone(), saved.catch_up, thaw),
            history: saved.history.restore(),
            uploads: Uploads::restore(
                blank.uploads.policy().clone(),
                policy,
                saved.uploads,
                thaw,
                |attachment_id| secrets.ticket(attachment_id),
                || rng.uuid(),
            ),
        }
    }

    /// The user's list is empty: all that there is, at once.
    fn tell_all(&self, emit: &mut Emit<'_>) {
        for (key, conversation) in &self.conversations {
            conversation.transcript.tell(emit.changes(*key, Origin::Restored));
        }
    }

    /// What was under way is not any more, and nobody can tell how it ended.
    fn host_is_gone(&mut self, now: Now, thaw: Thaw, referred: &BTreeSet<CommandId>, emit: &mut Emit<'_>) {
        let lost = || Err(Trouble::Transport(TransportFault::ConnectionLost));
        let orphans: Vec<CommandId> = self.open_commands.difference(referred).copied().collect();
        for command in orphans {
            let failure = Failure::from(TransportFault::ConnectionLost);
            self.finish(command, CommandResult::Failed { failure }, emit);
        }
        for key in self.conversation_keys() {
            let Some(conversation) = self.conversations.get_mut(&key) else { continue };
            for sent in conversation.receipts.on_their_way() {
                conversation.receipts.settled(now.at, sent, receipts::Outcome::TryAgain { not_before: None });
            }
            let message = conversation.outbox.sending();
            let upload = conversation.uploads.under_way().map(|upload| (upload.key, stage_of(&upload.stage)));
            let history = conversation.history.run.as_ref().is_some_and(|run| !run.waiting);
            if let Some(message) = message {
                self.message_answered(now, key, message, lost(), emit);
                // The host did not live longer than the request would have, and the provider is not at work on it for
                // longer than after any other.
                let longest = self.policy.request_timeout + self.policy.doubt_wait;
                if let Some(conversation) = self.conversations.get_mut(&key) {
                    conversation.outbox.done_by(thaw.after(longest));
                }
            }
            if let Some((message, stage)) = upload {
                self.upload_answered(now, key, message, stage, lost(), emit);
            }
            if history {
                self.history_answered(now, key, lost(), emit);
            }
            if self.link.been_live() {
                self.abort_catch_up(now, key, emit);
            }
        }
        for command in self.questions.asked() {
            if let Some(operation) = self.questions.peek(command).map(|question| question.operation()) {
                self.question_answered(now, command, operation, lost(), emit);
            }
        }
        if self.leaving.as_ref().is_some_and(Leaving::is_asked) {
            self.leave_answered(now, lost(), emit);
        }
        if self.link.gates().offline {
            self.gate(now, Gates { offline: false, ..self.link.gates() }, emit);
            self.look_alive(now);
            self.link.dial_soonest(now.at);
        }
    }
}

/// Commands that something will finish. Those of typing are not among them: nobody waits to hear that a word of
/// somebody typing got through yesterday.
fn referred_commands(saved: &SavedSession) -> BTreeSet<CommandId> {
    let mut referred: BTreeSet<CommandId> = saved.awaiting_live.iter().copied().collect();
    referred.extend(saved.questions.iter().map(|question| question.command));
    referred.extend(saved.leaving.iter().map(|leaving| leaving.command));
    for conversation in saved.conversations.values() {
        referred.extend(conversation.outbox.commands());
        referred.extend(conversation.uploads.commands());
        referred.extend(conversation.history.command());
    }
    referred
}

const fn stage_of<T>(stage: &Stage<T>) -> UploadStage {
    match stage {
        Stage::Start => UploadStage::Start,
        Stage::Put { .. } => UploadStage::Put,
        Stage::Complete { .. } => UploadStage::Complete,
    }
}

/// A host that gives the same seed each time must not make two messages the same to the provider: the counters,
/// which only ever rise, go into it.
fn stirred(mut seed: [u8; 32], saved: &SavedSession) -> [u8; 32] {
    let ids = [saved.ids.messages, saved.ids.commands, saved.ids.requests, saved.ids.credentials];
    let stir = ids.iter().flat_map(|id| id.to_le_bytes());
    for (byte, stir) in seed.iter_mut().zip(stir) {
        *byte ^= stir;
    }
    seed
}
