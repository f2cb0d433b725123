//! Servers that help a call through firewalls: in clear, or encrypted with the chat id.

use std::num::NonZeroU32;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::pbkdf2;
use serde_json::{Value, json};

use super::codes::{ErrorCode, Refusal};
use super::config::IceForm;
use super::http::{Reply, query};
use super::machine::Server;
use crate::io::HttpRequest;

/// Rounds of the derivation of the key, as the widget has them.
const ROUNDS: NonZeroU32 = NonZeroU32::new(65_536).unwrap();
const SALT: usize = 16;
const NONCE: usize = 12;

impl Server {
    pub(super) fn ice_servers(&mut self, request: &HttpRequest) -> Result<Reply, Refusal> {
        let servers = servers();
        match self.config.ice {
            IceForm::Clear => Ok(Reply::json(&json!({ "servers": servers }))),
            IceForm::Encrypted => {
                let chat_id = query(&request.target, "sessionId").filter(|id| self.by_id.contains_key(id));
                let chat_id = chat_id.ok_or(ErrorCode::ChatNotFound)?;
                let mut front = [0; SALT + NONCE];
                for piece in front.chunks_mut(8) {
                    let drawn = self.ids.next().to_le_bytes();
                    piece.copy_from_slice(&drawn[..piece.len()]);
                }
                let sealed = seal(&chat_id, front, servers.to_string().into_bytes());
                let text = sealed.ok_or(ErrorCode::Internal)?;
                Ok(Reply::text("text/plain", text))
            }
        }
    }
}

fn servers() -> Value {
    json!([
        { "url": "stun:stun.acme.example:3478" },
        {
            "url": "turn:turn.acme.example:3478?transport=udp",
            "username": "1767265200:dana",
            "credential": "q7Zr1mXw",
        },
    ])
}

/// Base64 of salt, nonce, and the text under AES-256-GCM with a key made from the chat id.
fn seal(chat_id: &str, front: [u8; SALT + NONCE], mut text: Vec<u8>) -> Option<String> {
    let (salt, nonce) = front.split_at(SALT);
    let mut key = [0; 32];
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, ROUNDS, salt, chat_id.as_bytes(), &mut key);
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key).ok()?);
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    key.seal_in_place_append_tag(nonce, Aad::empty(), &mut text).ok()?;
    Some(STANDARD.encode([&front[..], &text].concat()))
}

#[cfg(test)]
mod tests;
