//! What failed or is uncertain, and what it holds up: out of the line, until its sender decides.

use super::{Fate, Outbox, Parked, Progress};
use crate::error::Failure;
use crate::id::{CommandId, MessageKey};

impl Outbox {
    /// Puts a parked message back into the line, and behind it what it held up. Returns their keys.
    pub(crate) fn resend(&mut self, key: MessageKey, command: CommandId) -> Vec<MessageKey> {
        let Some(mut first) = self.parked.remove(&key) else {
            return Vec::new();
        };
        first.entry.command = Some(command);
        let mut back = vec![first.entry];
        let followers: Vec<MessageKey> = self
            .parked
            .iter()
            .filter(|(_, parked)| parked.behind == Some(key))
            .map(|(key, _)| *key)
            .collect();
        back.extend(followers.iter().filter_map(|key| self.parked.remove(key)).map(|parked| parked.entry));
        let keys = back.iter().map(|entry| entry.key).collect();
        for mut entry in back {
            (entry.tries, entry.denials, entry.given_up) = (0, 0, None);
            // What cannot be looked for goes out at once, as if for the first time.
            entry.replay_until = entry.replay_until.filter(|_| !core::mem::take(&mut entry.out_of_sight));
            self.line.push_back(entry);
        }
        keys
    }

    /// No try is left. Where one may have been acted on, the transcript is asked before the message is called
    /// failed.
    pub(super) fn give_up(&mut self, failure: Failure, fates: &mut Vec<Fate>) {
        let Some(head) = self.line.front_mut() else { return };
        if head.unknown {
            head.given_up = Some(failure);
            fates.push(Fate::Waits(head.key));
        } else {
            self.park_head(failure, false, fates);
        }
    }

    pub(super) fn park_head(&mut self, failure: Failure, uncertain: bool, fates: &mut Vec<Fate>) {
        let Some(mut head) = self.line.pop_front() else {
            return;
        };
        self.retry_at = None;
        self.backoff.reset();
        let (key, command) = (head.key, head.command.take());
        // Sent again, it begins as any other.
        head.progress = Progress::Waiting;
        self.parked.insert(key, Parked { entry: head, behind: None });
        fates.push(if uncertain {
            Fate::Uncertain { key, command, failure }
        } else {
            Fate::Failed { key, command, failure }
        });
        let behind = Some(key);
        for mut entry in core::mem::take(&mut self.line) {
            let failure = Failure::Blocked { blocked_by: key };
            let (key, command) = (entry.key, entry.command.take());
            // One that is sent again may have arrived before: that is not called failed.
            fates.push(if entry.unknown {
                Fate::Uncertain { key, command, failure }
            } else {
                Fate::Failed { key, command, failure }
            });
            self.parked.insert(entry.key, Parked { entry, behind });
        }
    }
}
