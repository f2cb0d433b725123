//! The chats of a case.

use serde_json::value::RawValue;

use super::{EVENTS, Events, Reader};
use crate::dialect::bright_pattern::Reply;
use crate::dialect::bright_pattern::decode::{When, WireEvent, malformed, shown, time};
use crate::dialect::bright_pattern::extension::{CaseEntry, CaseSession};
use crate::dialect::{Answer, Extension, Fact, Refusal};
use crate::model::{Receipt, ReceiptKind};
use crate::wire::json::{List, Scalar, object, read};
use crate::wire::text::has_more_chars;

/// Chats of one case.
const SESSIONS: usize = 10_000;

object! {
    struct WireCase<'a> {
        sessions: List<&'a RawValue, SESSIONS> = "sessions",
    }
}

object! {
    struct WireSession<'a> {
        id: Scalar<'a> = "chat_id",
        created: Scalar<'a> = "created_time",
        events: List<&'a RawValue, EVENTS> = "events",
    }
}

impl Reader<'_> {
    /// Each chat for itself, and each event: one that cannot be read costs no other. A case is asked for rarely, so
    /// one more pass over the text does not matter.
    pub(super) fn case_history(self, body: &str) -> Result<Answer, Refusal> {
        let mut spare = String::new();
        let case: WireCase<'_> = self.read(body, &mut spare)?;
        let sessions = case.sessions.map_or_else(Vec::new, |list| list.0);
        let sessions = sessions.into_iter().map(|raw| self.session(raw.get())).collect();
        Ok(Answer::BrightPattern(Reply::CaseHistory { sessions }))
    }

    fn session(self, raw: &str) -> CaseSession {
        let limits = self.asked.limits;
        let mut spare = String::new();
        let wire = match read::<WireSession<'_>>(raw, &mut spare, limits) {
            Ok(wire) => wire,
            Err(problem) => {
                let what = format!("chat of a case: {problem}");
                let entry = CaseEntry::Unrecognized { what, raw: shown(raw, limits) };
                return CaseSession { chat_id: None, created_at: None, entries: vec![entry] };
            }
        };
        let id = wire.id.as_ref().and_then(Scalar::as_str);
        let id = id.filter(|id| !id.is_empty() && !has_more_chars(id, limits.id_chars()));
        let mut facts = Vec::new();
        let mut events = Events::new(limits, id, When::Past);
        for raw in wire.events.map_or_else(Vec::new, |list| list.0) {
            let mut spare = String::new();
            match read::<WireEvent<'_>>(raw.get(), &mut spare, limits) {
                Ok(event) => events.read(event, raw.get(), &mut facts),
                Err(problem) => {
                    facts.push(malformed(&format!("an event: {problem}"), shown(raw.get(), limits)));
                }
            }
        }
        CaseSession {
            chat_id: id.map(str::to_owned),
            created_at: time(&wire.created),
            entries: facts.into_iter().filter_map(entry).collect(),
        }
    }
}

/// What a fact is in a chat that is over; none for what was true only then.
fn entry(fact: Fact) -> Option<CaseEntry> {
    Some(match fact {
        Fact::Item(item) => {
            let item = *item;
            CaseEntry::Item {
                server_id: item.server_id,
                at: item.at,
                sender: item.sender,
                body: Box::new(item.body),
            }
        }
        Fact::Mark { identity, kind, by, at } => {
            let is_read = kind == ReceiptKind::Read;
            let (delivered_at, read_at) = (at.filter(|_| !is_read), at.filter(|_| is_read));
            CaseEntry::Receipt {
                message: id_of(&identity),
                kind,
                receipt: Receipt { by, delivered_at, read_at },
            }
        }
        Fact::Edited { identity, body } => {
            CaseEntry::Changed { message: id_of(&identity), body: Some(Box::new(body)) }
        }
        Fact::Deleted { identity } => CaseEntry::Changed { message: id_of(&identity), body: None },
        Fact::Extension { event, .. } => match *event {
            Extension::BrightPattern(event) => CaseEntry::Event { event: Box::new(event) },
        },
        Fact::Unrecognized { what, raw } => CaseEntry::Unrecognized { what, raw },
        Fact::Fault(fault) => {
            let raw = fault.found.clone().unwrap_or_default();
            CaseEntry::Unrecognized { what: fault.to_string(), raw }
        }
        Fact::Status { .. }
        | Fact::Over { .. }
        | Fact::Typing { .. }
        | Fact::StoppedTyping { .. }
        | Fact::Receipts { .. }
        | Fact::Greeted
        | Fact::GreetingRefused
        | Fact::ProbeAnswered { .. }
        | Fact::ProbeRefused { .. } => return None,
    })
}

/// The provider's id in an identity.
fn id_of(identity: &str) -> String {
    identity.split_once(':').map_or(identity, |(_, id)| id).to_owned()
}
