//! Who is typing in one conversation, both ways. Outbound, keys come far faster than anyone needs to know: the
//! first is told at once and the rest are held back for a while, counted for each conversation by itself, so
//! that two chats do not silence each other. Where the provider has a way to say so, silence is told too.
//! Inbound, providers tell that somebody types and never that they stopped: the end is by silence, by their
//! message, by their leaving, or by the loss of the link, whichever is first, and it is told exactly once.

use core::time::Duration;
use std::collections::BTreeMap;

use crate::machine::Alarms;
use crate::model::{Participant, Role};
use crate::output::DeadlineReason;
use crate::time::Timestamp;

/// How typing is told and how long it is believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TypingPolicy {
    /// The user's typing is told at most once in this time. Default 10 s.
    pub(crate) throttle: Duration,
    /// Others type until this long after they were last heard to. Default 12 s, a little above the throttle
    /// that the other side is likely to have.
    pub(crate) expiry: Duration,
    /// After how much silence to tell that the user stopped; none where the provider has no word for it.
    /// Default none.
    pub(crate) stop_after: Option<Duration>,
}

impl Default for TypingPolicy {
    fn default() -> Self {
        Self { throttle: Duration::from_secs(10), expiry: Duration::from_secs(12), stop_after: None }
    }
}

/// What to tell the others about the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outbound {
    /// The user types.
    Started,
    /// The user has stopped.
    Stopped,
}

/// What silence has brought about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Silence {
    /// To be told to the others.
    pub(crate) outbound: Option<Outbound>,
    /// Who does not type any more.
    pub(crate) stopped: Vec<Participant>,
}

/// The typing of one conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Typing {
    policy: TypingPolicy,
    /// The most participants that are followed.
    cap: usize,
    /// When the user's typing was last told; none where the next key is to be told at once.
    told: Option<Timestamp>,
    /// When it is to be told that the user stopped.
    stop: Option<Timestamp>,
    typists: BTreeMap<Typist, Heard>,
}

/// Who types: by id, or by role where the provider gives none.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Typist {
    Id(String),
    Role(Role),
}

impl Typist {
    fn of(participant: &Participant) -> Self {
        participant
            .id
            .as_ref()
            .map_or_else(|| Self::Role(participant.role.clone()), |id| Self::Id(id.clone()))
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Heard {
    participant: Participant,
    expires: Timestamp,
}

impl Typing {
    /// Nobody types. Of the others at most `cap` are followed; later ones are not told of.
    pub(crate) const fn new(policy: TypingPolicy, cap: usize) -> Self {
        Self { policy, cap, told: None, stop: None, typists: BTreeMap::new() }
    }

    /// The user pressed a key.
    pub(crate) fn typed(&mut self, now: Timestamp) -> Option<Outbound> {
        self.stop = self.policy.stop_after.map(|silence| now + silence);
        if self.told.is_some_and(|told| now < told + self.policy.throttle) {
            return None;
        }
        self.told = Some(now);
        Some(Outbound::Started)
    }

    /// The user has stopped, as they say themselves. Something comes back if the others believe that they type.
    pub(crate) const fn stopped(&mut self) -> Option<Outbound> {
        let told = self.told.is_some() || self.stop.is_some();
        self.rest();
        if told { Some(Outbound::Stopped) } else { None }
    }

    /// The user sent a message, which tells the others that the typing is over; the next key begins anew.
    pub(crate) const fn sent_message(&mut self) {
        self.rest();
    }

    /// The word did not get through: the next key tries again. If there was one before that did, the others
    /// still need to hear of the end, so that stays.
    pub(crate) const fn failed(&mut self) {
        self.told = None;
    }

    /// Somebody types. True if that is news.
    pub(crate) fn heard(&mut self, now: Timestamp, participant: Participant) -> bool {
        let typist = Typist::of(&participant);
        let heard = Heard { participant, expires: now + self.policy.expiry };
        if let Some(known) = self.typists.get_mut(&typist) {
            *known = heard;
            return false;
        }
        let room = self.typists.len() < self.cap;
        if room {
            self.typists.insert(typist, heard);
        }
        room
    }

    /// Somebody sent a message. Who it was, if they were typing until then.
    pub(crate) fn message_from(&mut self, participant: &Participant) -> Option<Participant> {
        self.remove(participant)
    }

    /// The link was lost or the chat is over: nothing is known of anybody, and nothing is to be told. Who was
    /// typing until then.
    pub(crate) fn clear(&mut self) -> Vec<Participant> {
        self.rest();
        core::mem::take(&mut self.typists).into_values().map(|heard| heard.participant).collect()
    }

    /// What silence has brought about by now.
    pub(crate) fn due(&mut self, now: Timestamp) -> Silence {
        let mut silence = Silence::default();
        if self.stop.is_some_and(|at| at <= now) {
            self.rest();
            silence.outbound = Some(Outbound::Stopped);
        }
        self.typists.retain(|_, heard| {
            let types = now < heard.expires;
            if !types {
                silence.stopped.push(heard.participant.clone());
            }
            types
        });
        silence
    }

    /// How many of the others type.
    pub(crate) fn len(&self) -> usize {
        self.typists.len()
    }

    /// The user does not type, as far as the others know.
    const fn rest(&mut self) {
        self.told = None;
        self.stop = None;
    }

    fn remove(&mut self, participant: &Participant) -> Option<Participant> {
        // A provider that gives an id with messages may not give one with typing.
        let by_role = Typist::Role(participant.role.clone());
        let heard =
            self.typists.remove(&Typist::of(participant)).or_else(|| self.typists.remove(&by_role))?;
        Some(heard.participant)
    }
}

impl Alarms for Typing {
    /// The first only. One reason serves both ways: to the host either is somebody's typing that ends.
    fn alarms(&self, alarm: &mut dyn FnMut(Timestamp, DeadlineReason)) {
        let expiries = self.typists.values().map(|heard| heard.expires);
        if let Some(at) = expiries.chain(self.stop).min() {
            alarm(at, DeadlineReason::TypingExpiry);
        }
    }
}

#[cfg(test)]
mod tests;
