//! Files on their way, in a snapshot. What the host knows their bytes by goes with them; the provider's ticket is
//! a secret, and a file whose ticket is not written is announced anew.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Stage, Upload, UploadPolicy, Uploads};
use crate::id::{CommandId, MessageKey};
use crate::machine::backoff::{Backoff, BackoffPolicy};
use crate::machine::saved::{Left, SavedBackoff, Thaw};
use crate::model::OutgoingAttachment;
use crate::time::{Timestamp, WallTime};

/// Files as they are written.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct SavedUploads {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    line: Vec<SavedUpload>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parked: Vec<SavedUpload>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    announced: BTreeMap<String, MessageKey>,
    backoff: SavedBackoff,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_in: Option<Left>,
    floor_in: Left,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct SavedUpload {
    key: MessageKey,
    attachment: OutgoingAttachment,
    token: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    command: Option<CommandId>,
    stage: SavedStage,
    #[serde(default)]
    tries: u32,
    #[serde(default)]
    denials: u32,
    #[serde(default)]
    restarts: u32,
    #[serde(default)]
    under_way: bool,
    #[serde(default)]
    maybe_acted: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "snake_case")]
enum SavedStage {
    Start,
    Put {
        attachment_id: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires_at: Option<WallTime>,
    },
    Complete {
        attachment_id: String,
    },
}

impl SavedUploads {
    /// The files that wait or are on their way.
    pub(crate) fn line(&self) -> impl Iterator<Item = MessageKey> {
        self.line.iter().map(|upload| upload.key)
    }

    /// All files.
    pub(crate) fn keys(&self) -> impl Iterator<Item = MessageKey> {
        self.line().chain(self.parked.iter().map(|upload| upload.key))
    }

    /// The commands that wait for one.
    pub(crate) fn commands(&self) -> impl Iterator<Item = CommandId> {
        self.line.iter().chain(&self.parked).filter_map(|upload| upload.command)
    }

    /// What cannot be, if anything.
    pub(crate) fn contradiction(&self) -> Option<&'static str> {
        let mut seen = BTreeSet::new();
        if !self.keys().all(|key| seen.insert(key)) {
            return Some("a file is sent twice");
        }
        let on_their_way = self.line.iter().skip(1).any(|upload| upload.under_way);
        on_their_way.then_some("a file is on its way that is not the first in its line")
    }
}

impl<T: Clone> Uploads<T> {
    pub(crate) fn save(&self, now: Timestamp) -> SavedUploads {
        SavedUploads {
            line: self.line.iter().map(save_upload).collect(),
            parked: self.parked.values().map(save_upload).collect(),
            announced: self.announced.clone(),
            backoff: self.backoff.save(now),
            retry_in: self.retry_at.map(|at| Left::until(now, at)),
            floor_in: Left::until(now, self.floor),
        }
    }

    /// The tickets in hand.
    pub(crate) fn tickets(&self) -> impl Iterator<Item = &T> {
        self.line.iter().chain(self.parked.values()).filter_map(|upload| match &upload.stage {
            Stage::Put { ticket, .. } => Some(ticket),
            Stage::Start | Stage::Complete { .. } => None,
        })
    }

    /// `ticket` has what was written of a file's ticket; `fresh` makes the token of one that starts over.
    pub(crate) fn restore(
        policy: UploadPolicy,
        backoff: BackoffPolicy,
        saved: SavedUploads,
        thaw: Thaw,
        ticket: impl Fn(&str) -> Option<T>,
        mut fresh: impl FnMut() -> String,
    ) -> Self {
        let mut uploads = Self::new(policy, Backoff::restore(backoff, saved.backoff, thaw));
        uploads.announced = saved.announced;
        let mut lost = Vec::new();
        let mut restore = |saved: SavedUpload| saved.upload(&ticket, &mut fresh, &mut lost);
        uploads.line = saved.line.into_iter().map(&mut restore).collect();
        let parked = saved.parked.into_iter().map(&mut restore).map(|upload| (upload.key, upload));
        uploads.parked = parked.collect();
        uploads.announced.retain(|_, key| !lost.contains(key));
        uploads.retry_at = saved.retry_in.map(|left| thaw.timer(left));
        uploads.floor = thaw.timer(saved.floor_in);
        uploads
    }

    pub(crate) const fn policy(&self) -> &UploadPolicy {
        &self.policy
    }

    /// The file whose stage is on its way, if there is one.
    pub(crate) fn under_way(&self) -> Option<&Upload<T>> {
        self.line.front().filter(|head| head.under_way)
    }
}

fn save_upload<T>(upload: &Upload<T>) -> SavedUpload {
    SavedUpload {
        key: upload.key,
        attachment: upload.attachment.clone(),
        token: upload.token.clone(),
        command: upload.command,
        stage: match &upload.stage {
            Stage::Start => SavedStage::Start,
            Stage::Put { attachment_id, expires, .. } => {
                SavedStage::Put { attachment_id: attachment_id.clone(), expires_at: *expires }
            }
            Stage::Complete { attachment_id } => {
                SavedStage::Complete { attachment_id: attachment_id.clone() }
            }
        },
        tries: upload.tries,
        denials: upload.denials,
        restarts: upload.restarts,
        under_way: upload.under_way,
        maybe_acted: upload.maybe_acted,
    }
}

impl SavedUpload {
    fn upload<T>(
        self,
        ticket: impl Fn(&str) -> Option<T>,
        fresh: &mut impl FnMut() -> String,
        lost: &mut Vec<MessageKey>,
    ) -> Upload<T> {
        let mut upload = Upload {
            key: self.key,
            attachment: self.attachment,
            token: self.token,
            command: self.command,
            stage: Stage::Start,
            tries: self.tries,
            denials: self.denials,
            restarts: self.restarts,
            under_way: self.under_way,
            maybe_acted: self.maybe_acted,
        };
        match self.stage {
            SavedStage::Start => {}
            SavedStage::Complete { attachment_id } => upload.stage = Stage::Complete { attachment_id },
            SavedStage::Put { attachment_id, expires_at: expires } => match ticket(&attachment_id) {
                Some(ticket) => upload.stage = Stage::Put { ticket, attachment_id, expires },
                None => {
                    // It was announced, and cannot be uploaded without the ticket.
                    lost.push(upload.key);
                    upload.under_way = false;
                    upload.token = fresh();
                }
            },
        }
        upload
    }
}
