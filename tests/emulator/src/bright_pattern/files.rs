//! Files up and down, and the small pictures.

use bytes::Bytes;
use serde_json::json;

use super::chat::ClientKey;
use super::codes::{ErrorCode, Refusal};
use super::event::Party;
use super::http::Reply;
use super::machine::Server;
use super::operation::Route;
use crate::io::HttpRequest;
use crate::multipart;

/// A file that somebody has put into a chat, or will.
#[derive(Debug)]
pub(super) struct File {
    pub(super) content_type: String,
    pub(super) bytes: Bytes,
    /// When it can be fetched.
    pub(super) ready_ms: u64,
}

/// The smallest picture that is one.
const PHOTO: &[u8] =
    &[0xff, 0xd8, 0xff, 0xe0, 0x00, 0x10, b'J', b'F', b'I', b'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0, 0xff, 0xd9];
const ICON: &[u8] = b"\x89PNG\r\n\x1a\n";

impl Server {
    pub(super) fn upload(&mut self, now_ms: u64, request: &HttpRequest) -> Result<Reply, Refusal> {
        let content_type = request.header("Content-Type").unwrap_or_default();
        let part = multipart::first_part(content_type, &request.body).map_err(|reason| Refusal {
            detail: Some(reason.to_owned()),
            ..Refusal::with_status(ErrorCode::FileError, 400)
        })?;
        if part.bytes.len() > self.config.file_bytes {
            return Err(ErrorCode::UploadTooLarge.into());
        }
        let bytes = Bytes::copy_from_slice(&request.body[part.bytes.clone()]);
        self.stats.uploads += 1;
        self.stats.upload_bytes += bytes.len() as u64;
        let content_type = part.content_type.unwrap_or_else(|| "application/octet-stream".to_owned());
        let ready_ms = now_ms + self.config.faults.file_delay_ms;
        let id = self.store_file(File { content_type, bytes, ready_ms });
        let mut answer = json!({ "file_id": id });
        if let Some(name) = part.file_name {
            answer["file_name"] = name.into();
        }
        Ok(Reply::json(&answer))
    }

    /// Keeps a file; the oldest goes when there are too many.
    pub(super) fn store_file(&mut self, file: File) -> String {
        let id = self.ids.uuid();
        self.files.insert(id.clone(), file);
        self.file_order.push_back(id.clone());
        while self.file_order.len() > self.config.files_kept {
            if let Some(oldest) = self.file_order.pop_front() {
                self.files.remove(&oldest);
            }
        }
        id
    }

    pub(super) fn download(&mut self, now_ms: u64, route: &Route) -> Result<Reply, Refusal> {
        let file = route.id.as_ref().and_then(|id| self.files.get(id));
        let file = file.filter(|file| now_ms >= file.ready_ms).ok_or(ErrorCode::FileNotFound)?;
        self.stats.downloads += 1;
        self.stats.download_bytes += file.bytes.len() as u64;
        let mut reply = Reply::text("", file.bytes.clone());
        reply.headers.push(("Content-Type".to_owned(), file.content_type.clone()));
        Ok(reply)
    }

    /// The bytes of a file, while they are kept.
    #[must_use]
    pub fn file_bytes(&self, file_id: &str) -> Option<Bytes> {
        self.files.get(file_id).map(|file| file.bytes.clone())
    }

    pub(super) fn photo(&self, route: &Route, key: &ClientKey) -> Result<Reply, Refusal> {
        let chat = self.live(route, key)?;
        let party = route.id.as_ref().and_then(|id| self.chats[chat].members.get(id));
        match party {
            Some(Party::Agent) => Ok(Reply::text("image/jpeg", PHOTO)),
            _ => Err(ErrorCode::FileNotFound.into()),
        }
    }

    pub(super) fn icon(&self, route: &Route, key: &ClientKey) -> Result<Reply, Refusal> {
        self.live(route, key)?;
        Ok(Reply::text("image/png", ICON))
    }
}
