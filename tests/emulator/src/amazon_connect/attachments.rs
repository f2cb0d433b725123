//! Files: the calls that announce, complete and ask for them, their scan, and the agent's own.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::json;

use super::calls::key;
use super::chat::Chat;
use super::clock::{instant, skewed};
use super::errors::Refusal;
use super::http::{Done, Then};
use super::item::{AttachmentEntry, AttachmentStatus, Author, Item, Kind, chat_frame};
use super::machine::{Server, Timer};
use super::operation::Operation;
use super::post::Draft;
use super::storage::{Download, Upload};
use super::validate::{Body, constraint};
use crate::io::Output;
use crate::percent;

/// How files are scanned before others get them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scan {
    /// Not at all: a file is approved at once.
    #[default]
    Off,
    /// Every file is found good, after so many milliseconds.
    Approve {
        /// Milliseconds.
        after_ms: u64,
    },
    /// Every file is found bad, after so many milliseconds.
    Reject {
        /// Milliseconds.
        after_ms: u64,
    },
    /// Files with `virus` in their names are found bad, all others good.
    ByName {
        /// Milliseconds.
        after_ms: u64,
    },
}

impl Scan {
    /// What it finds in a file of this name, and when; `None` without a scan.
    fn verdict(self, name: &str) -> Option<(u64, AttachmentStatus)> {
        let (after_ms, good) = match self {
            Self::Off => return None,
            Self::Approve { after_ms } => (after_ms, true),
            Self::Reject { after_ms } => (after_ms, false),
            Self::ByName { after_ms } => (after_ms, !name.to_lowercase().contains("virus")),
        };
        Some((after_ms, if good { AttachmentStatus::Approved } else { AttachmentStatus::Rejected }))
    }
}

/// A file, announced or there.
#[derive(Debug)]
pub(super) struct File {
    pub(super) chat: usize,
    pub(super) entry: AttachmentEntry,
    pub(super) size: u64,
    pub(super) bytes: Option<Bytes>,
    pub(super) etag: String,
    /// The permission to put it; the agent's files have none.
    pub(super) upload: Option<Upload>,
    /// It is an item of the chat.
    pub(super) completed: bool,
    item: String,
}

const ACCOUNT: &str = "111122223333";
const ORGANIZATION: &str = "3f1c9d52-0a77-4c1e-8a55-61b8f4e0c7d1";
const DOWNLOAD_SECONDS: u64 = 300;

impl Server {
    pub(super) fn start_upload(&mut self, now_ms: u64, chat: usize, body: &Body) -> Result<Done, Refusal> {
        let content_type = body.text("ContentType", 1, 255)?;
        let size = body.required_integer("AttachmentSizeInBytes", 1, i64::MAX.unsigned_abs())?;
        let name = body.text("AttachmentName", 1, 256)?;
        let token = body.upload_token()?;
        let known = [content_type.as_str(), &name, &size.to_string()].join("\n");
        let key = key(chat, Operation::StartUpload, token, &known, None);
        if let Some(known) = self.known_answer(key.as_ref()) {
            return Ok(known);
        }
        self.check_file(now_ms, chat, &name, size)?;
        let id = self.ids.uuid();
        let life_ms = self.config.faults.upload_life_ms.unwrap_or(self.config.upload_life_ms);
        let headers = self.headers_to_include(chat, &content_type, size, &name);
        let (query, url) = self.presigned(now_ms, &id, life_ms, "content-disposition;content-length;content-type;host;x-amz-acl;x-amz-meta-account_id;x-amz-meta-contact_id;x-amz-meta-initial_contact_id;x-amz-meta-organization_id");
        let included: serde_json::Map<_, _> =
            headers.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
        let answer = json!({
            "AttachmentId": id,
            "UploadMetadata": {
                "Url": url,
                "UrlExpiry": instant(skewed(now_ms + life_ms, self.config.faults.clock_skew_ms)),
                "HeadersToInclude": included,
            },
        });
        let file = File {
            chat,
            entry: AttachmentEntry {
                id: id.clone(),
                name,
                content_type,
                status: AttachmentStatus::InProgress,
            },
            size,
            bytes: None,
            etag: String::new(),
            upload: Some(Upload { query, expires_ms: now_ms + life_ms, headers }),
            completed: false,
            item: String::new(),
        };
        self.files.insert(id, file);
        self.stats.uploads_started += 1;
        self.remember(key, &answer);
        Ok(Done::with(answer))
    }

    /// Whether a chat may have one more file, of this name and size.
    fn check_file(&self, now_ms: u64, chat: usize, name: &str, size: u64) -> Result<(), Refusal> {
        let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_lowercase());
        let known = &self.config.attachment_extensions;
        if !extension.is_some_and(|extension| known.contains(&extension)) {
            return Err(Refusal::validation("Attachment file type is not supported"));
        }
        if size > self.config.attachment_bytes {
            return Err(Refusal::quota("Attachment size exceeds the limit"));
        }
        let counts = |file: &&File| {
            let live = file.upload.as_ref().is_some_and(|upload| now_ms < upload.expires_ms);
            file.chat == chat && (file.completed || live)
        };
        if self.files.values().filter(counts).count() >= self.config.attachments_per_chat {
            return Err(Refusal::quota("Attachment quota exceeded"));
        }
        Ok(())
    }

    /// What the signature of an upload covers.
    fn headers_to_include(
        &self,
        chat: usize,
        content_type: &str,
        size: u64,
        name: &str,
    ) -> Vec<(String, String)> {
        let chat = &self.chats[chat];
        let disposition = disposition("attachment", name);
        let headers = [
            ("Content-Type", content_type),
            ("Content-Length", &size.to_string()),
            ("Content-Disposition", &disposition),
            ("x-amz-acl", "bucket-owner-full-control"),
            ("x-amz-meta-account_id", ACCOUNT),
            ("x-amz-meta-organization_id", ORGANIZATION),
            ("x-amz-meta-initial_contact_id", &chat.initial_contact_id),
            ("x-amz-meta-contact_id", &chat.contact_id),
        ];
        headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
    }

    pub(super) fn complete_upload(&mut self, now_ms: u64, chat: usize, body: &Body) -> Result<Done, Refusal> {
        let ids = body.list("AttachmentIds")?;
        let ids = ids.ok_or_else(|| constraint("AttachmentIds", "Member must not be null"))?;
        let token = body.upload_token()?;
        let [id] = &ids[..] else {
            return Err(constraint("AttachmentIds", "Member must have length equal to 1"));
        };
        let key = key(chat, Operation::CompleteUpload, token, id, None);
        if let Some(known) = self.known_answer(key.as_ref()) {
            return Ok(known);
        }
        let own = |file: &&mut File| file.chat == chat && file.upload.is_some();
        let file = self.files.get_mut(id).filter(own);
        let file = file.ok_or_else(|| Refusal::validation("Unknown attachment id"))?;
        if file.completed || file.bytes.is_none() {
            return Err(Refusal::conflict());
        }
        file.completed = true;
        self.stats.uploads_completed += 1;
        let name = file.entry.name.clone();
        let verdict = self.chats[chat].script.scan.verdict(&name);
        let author = Arc::clone(&self.chats[chat].customer);
        let status = verdict.map_or(AttachmentStatus::Approved, |_| AttachmentStatus::InProgress);
        let frame = self.post_file(now_ms, chat, author, id, status);
        let mut then = Then::React { chat, position: self.chats[chat].items.len() - 1 };
        if let Some((after_ms, status)) = verdict {
            self.after(now_ms + after_ms, Timer::Scanned { id: id.clone(), status });
            then = Then::Nothing;
        }
        let answer = json!({});
        self.remember(key, &answer);
        Ok(Done { body: answer, echo: Some((chat, frame)), then })
    }

    /// Makes a file an item of its chat; gives the frame that tells of it.
    fn post_file(
        &mut self,
        now_ms: u64,
        chat: usize,
        author: Arc<Author>,
        id: &str,
        status: AttachmentStatus,
    ) -> String {
        let draft = Draft {
            author: Some(author),
            kind: Kind::Attachment,
            content_type: String::new(),
            content: None,
            stored: true,
        };
        let mut item = self.draw(now_ms, chat, draft);
        if let Some(file) = self.files.get_mut(id) {
            file.entry.status = status;
            file.item.clone_from(&item.id);
            item.attachment = Some(file.entry.clone());
        }
        let frame = chat_frame(item.live(&self.chats[chat].initial_contact_id));
        self.chats[chat].store(item);
        frame
    }

    /// A scan has come to its end: the item has another status, and is told again under its id.
    pub(super) fn on_scanned(
        &mut self,
        now_ms: u64,
        id: &str,
        status: AttachmentStatus,
        out: &mut Vec<Output>,
    ) {
        let Some(file) = self.files.get_mut(id) else {
            return;
        };
        file.entry.status = status;
        let chat = file.chat;
        let state = &mut self.chats[chat];
        let Some(position) = state.position(&file.item) else {
            return;
        };
        let item = &mut state.items[position];
        if let Some(attachment) = &mut item.attachment {
            attachment.status = status;
        }
        if state.ended {
            return;
        }
        let frame = chat_frame(item.live(&state.initial_contact_id));
        self.broadcast(now_ms, now_ms, chat, &frame, out);
        if status == AttachmentStatus::Approved {
            self.react(now_ms, chat, position);
        }
    }

    /// The agent sends a file, which nobody scans.
    pub(super) fn send_file(
        &mut self,
        now_ms: u64,
        chat: usize,
        (name, content_type, bytes): (String, String, Bytes),
        out: &mut Vec<Output>,
    ) {
        let id = self.ids.uuid();
        let status = AttachmentStatus::Approved;
        let file = File {
            chat,
            entry: AttachmentEntry { id: id.clone(), name, content_type, status },
            size: bytes.len() as u64,
            bytes: Some(bytes),
            etag: self.etag(),
            upload: None,
            completed: true,
            item: String::new(),
        };
        self.files.insert(id.clone(), file);
        let agent = Arc::clone(&self.chats[chat].agent);
        let frame = self.post_file(now_ms, chat, agent, &id, status);
        self.broadcast(now_ms, now_ms, chat, &frame, out);
    }

    pub(super) fn get_attachment(&mut self, now_ms: u64, chat: usize, body: &Body) -> Result<Done, Refusal> {
        let id = body.text("AttachmentId", 1, 256)?;
        let seconds = body.integer("UrlExpiryInSeconds", 5, 300)?.unwrap_or(DOWNLOAD_SECONDS);
        let shown = body.choice("UrlContentDisposition", &["INLINE", "ATTACHMENT"])?;
        let theirs = |file: &&File| file.chat == chat || self.chats[chat].has_past_file(&id);
        let file = self.files.get(&id).filter(theirs);
        let file = file.ok_or_else(|| Refusal::validation("Unknown attachment id"))?;
        if file.entry.status != AttachmentStatus::Approved {
            return Err(Refusal::validation("Attachment is not available"));
        }
        let kind = if shown.as_deref() == Some("INLINE") { "inline" } else { "attachment" };
        let (size, disposition) = (file.size, disposition(kind, &file.entry.name));
        let life_ms = self.config.faults.download_life_ms.unwrap_or(seconds * 1000);
        let (query, url) = self.presigned(now_ms, &id, life_ms, "host");
        let expires_ms = now_ms + life_ms;
        self.downloads.insert((id, query), Download { expires_ms, disposition });
        Ok(Done::with(json!({
            "Url": url,
            "UrlExpiry": instant(skewed(expires_ms, self.config.faults.clock_skew_ms)),
            "AttachmentSizeInBytes": size,
        })))
    }

    /// The bytes of a file, once they are there.
    #[must_use]
    pub fn attachment_bytes(&self, attachment_id: &str) -> Option<Bytes> {
        self.files.get(attachment_id)?.bytes.clone()
    }

    /// What the storage calls a content. Not made from it: twenty megabytes would take their time.
    pub(super) fn etag(&mut self) -> String {
        format!("\"{}\"", self.ids.uuid().replace('-', ""))
    }
}

impl Chat {
    fn has_past_file(&self, id: &str) -> bool {
        let is_it = |item: &Item| item.attachment.as_ref().is_some_and(|attachment| attachment.id == id);
        self.past.iter().any(is_it)
    }
}

/// `attachment; filename="..."`, with what a header cannot hold encoded, in 256 characters at most.
fn disposition(kind: &str, name: &str) -> String {
    let encoded = percent::encode(name, " !#$&'()+,-.;=@[]^_`{}~");
    let room = 256 - kind.len() - "; filename=\"\"".len();
    let mut end = encoded.len().min(room);
    // An encoded character is not cut in two.
    if let Some(at) = encoded[..end].rfind('%').filter(|at| at + 3 > end) {
        end = at;
    }
    format!("{kind}; filename=\"{}\"", &encoded[..end])
}

#[cfg(test)]
mod tests;
