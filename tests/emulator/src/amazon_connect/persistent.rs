//! Chats that go on from chats that have ended.

use super::errors::Refusal;
use super::item::Item;
use super::machine::Server;
use super::validate::Body;

/// Contacts whose items can be had again.
const CONTACTS: usize = 100;
/// Bytes of content that can be had again.
const BYTES: usize = 5 * 1024 * 1024;

/// What a new chat goes on from.
pub(super) struct Continued {
    pub(super) from: String,
    pub(super) past: Vec<Item>,
}

impl Server {
    /// What StartChatContact asks to go on from.
    pub(super) fn continued(&self, body: &Body) -> Result<Option<Continued>, Refusal> {
        let related = body.optional_text("RelatedContactId", 1, 256)?;
        let Some(persistent) = body.object("PersistentChat")? else {
            // A relation brings nothing back; it only has to be to something.
            return match related {
                Some(contact) if !self.by_contact.contains_key(&contact) => Err(no_contact(contact)),
                _ => Ok(None),
            };
        };
        if related.is_some() {
            return Err(Refusal::validation("PersistentChat and RelatedContactId exclude each other"));
        }
        let kinds = ["ENTIRE_PAST_SESSION", "FROM_SEGMENT"];
        let kind = persistent.choice("RehydrationType", &kinds)?;
        let source = persistent.optional_text("SourceContactId", 1, 256)?;
        let (Some(kind), Some(source)) = (kind, source) else {
            return Err(Refusal::validation("PersistentChat needs RehydrationType and SourceContactId"));
        };
        let Some(old) = self.by_contact.get(&source).map(|chat| &self.chats[*chat]) else {
            return Err(no_contact(source));
        };
        if !old.ended {
            return Err(Refusal::validation("The source contact has not ended"));
        }
        let from = if kind == "FROM_SEGMENT" {
            source
        } else if *source == *old.initial_contact_id {
            old.contact_id.to_string()
        } else {
            return Err(Refusal::validation("The source contact is not the first one of its session"));
        };
        // A segment brings back what was said up to its end.
        let last = old.items.iter().rposition(|item| *item.contact_id == *from);
        let items = old.items.get(..last.map_or(0, |last| last + 1)).unwrap_or_default();
        let past = old.past.iter().chain(items).cloned().collect();
        Ok(Some(Continued { from, past: newest(past) }))
    }
}

fn no_contact(contact: String) -> Refusal {
    Refusal::resource_not_found("Contact not found", contact, "CONTACT")
}

/// The newest items, of as many contacts and as many bytes as can be had again.
fn newest(mut items: Vec<Item>) -> Vec<Item> {
    let (mut bytes, mut contacts) = (0, 0);
    let mut contact = None;
    let first = items.iter().rposition(|item| {
        bytes += item.content.as_ref().map_or(0, String::len);
        if contact != Some(&item.contact_id) {
            contact = Some(&item.contact_id);
            contacts += 1;
        }
        bytes > BYTES || contacts > CONTACTS
    });
    items.drain(..first.map_or(0, |first| first + 1));
    items
}

#[cfg(test)]
mod tests;
