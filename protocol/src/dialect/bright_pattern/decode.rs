//! Events as facts, as they come in polls, in answers to what was sent, and in histories.

mod happening;

use core::time::Duration;
use std::borrow::Cow;
use std::collections::BTreeMap;

use super::body::{Written, linked};
use super::event::{Event, MessageCard};
use super::fields::Fields;
use super::identity::{Identity, usable};
use crate::dialect::{Extension, Fact, WireItem};
use crate::error::{FaultKind, ProviderFault, Retry};
use crate::limits::Limits;
use crate::model::{
    Attachment, AttachmentStatus, ConversationEnd, ConversationState, ItemBody, Notice, Participant,
    ReceiptKind, Role,
};
use crate::time::WallTime;
use crate::wire::json::{List, Scalar, object};
use crate::wire::text::{cut_bytes, cut_chars, has_more_chars};

/// Cards of one message.
const CARDS: usize = 64;

/// The last second that ten digits can write; beyond are milliseconds.
const LAST_SECOND: u64 = 9_999_999_999;

object! {
    /// Any event: the members of all of them. Nothing in it is certain to be there, not even its name.
    pub(super) struct WireEvent<'a> {
        name: Scalar<'a> = "event",
        party: Scalar<'a> = "party_id" | "session_id",
        id: Scalar<'a> = "msg_id",
        meant: Scalar<'a> = "ref_msg_id",
        at: Scalar<'a> = "timestamp",
        html: Scalar<'a> = "msg",
        text: Scalar<'a> = "msg_text",
        cards: List<WireCard<'a>, CARDS> = "attachments",
        state: Scalar<'a> = "state",
        wait: Scalar<'a> = "ewt",
        display_name: Scalar<'a> = "display_name",
        first_name: Scalar<'a> = "first_name",
        last_name: Scalar<'a> = "last_name",
        kind: Scalar<'a> = "type",
        service: Scalar<'a> = "service_name",
        case: Scalar<'a> = "case_id",
        file: Scalar<'a> = "file_id",
        file_name: Scalar<'a> = "file_name",
        file_type: Scalar<'a> = "file_type",
        file_url: Scalar<'a> = "file_url",
        latitude: Scalar<'a> = "latitude",
        longitude: Scalar<'a> = "longitude",
        url: Scalar<'a> = "url",
        title: Scalar<'a> = "title",
        page: Scalar<'a> = "page",
        form: Scalar<'a> = "form_request_id" | "req_id",
        form_name: Scalar<'a> = "form_name",
        form_id: Scalar<'a> = "form_id",
        form_timeout: Scalar<'a> = "form_timeout",
        data: Fields<'a> = "data" | "form_data",
        provider: Scalar<'a> = "provider_type",
        cobrowsing_url: Scalar<'a> = "cobrowsing_url",
        cobrowsing_id: Scalar<'a> = "cobrowsing_id",
    }
}

object! {
    /// What comes with a message.
    pub(super) struct WireCard<'a> {
        id: Scalar<'a> = "id",
        content_type: Scalar<'a> = "contentType",
        name: Scalar<'a> = "name",
        content: Scalar<'a> = "content",
    }
}

/// An event that cannot be read.
enum Unread {
    /// It has an id that is longer than the limit.
    TooLong,
    /// It lacks what it must have.
    Lacks(&'static str),
}

/// When what is read happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// Just now.
    Live,
    /// Before.
    Past,
}

/// Turns the events of one answer into facts, one after the other.
pub(super) struct Reader<'r> {
    limits: &'r Limits,
    /// The chat's id, which is the party id of the customer in it.
    chat: Option<&'r str>,
    when: When,
    /// Who joined before, in this answer.
    parties: BTreeMap<String, Participant>,
}

impl<'r> Reader<'r> {
    pub(super) const fn new(limits: &'r Limits, chat: Option<&'r str>, when: When) -> Self {
        Self { limits, chat, when, parties: BTreeMap::new() }
    }

    /// What an event says. `raw` is its text, to be shown where it is not understood.
    pub(super) fn read(&mut self, wire: WireEvent<'_>, raw: &str, facts: &mut Vec<Fact>) {
        if let Err(problem) = self.facts(wire, raw, facts) {
            let limit = self.limits.id_chars();
            let expected = match problem {
                Unread::TooLong => Cow::Owned(format!("ids of at most {limit} characters")),
                Unread::Lacks(what) => Cow::Borrowed(what),
            };
            facts.push(malformed(&expected, shown(raw, self.limits)));
        }
    }

    fn facts(&mut self, mut wire: WireEvent<'_>, raw: &str, facts: &mut Vec<Fact>) -> Result<(), Unread> {
        let name = wire.name.take().and_then(|name| name.0);
        let Some(name) = name.as_deref() else {
            let what = "event without a name".to_owned();
            facts.push(Fact::Unrecognized { what, raw: shown(raw, self.limits) });
            return Ok(());
        };
        match name.strip_prefix("chat_session_").unwrap_or(name) {
            "message" => return self.message(wire, facts),
            "status" | "message_status" => return self.status(&wire, facts),
            "inactivity_timeout" | "inactvity_timeout" => {
                let event = Event::InactivityTimeout { text: owned(&wire.html), at: time(&wire.at) };
                facts.push(extension(Identity::whole("inactivity_timeout", &[of(&wire.at)]), event));
                facts.push(Fact::Over { why: ConversationEnd::Inactivity });
            }
            "ended" => facts.push(Fact::Over { why: ConversationEnd::Ended }),
            "party_joined" => facts.push(self.joined(wire)?),
            "party_left" => facts.push(self.left(&wire)?),
            "message_delivered" => facts.push(self.mark(&wire, ReceiptKind::Delivered)?),
            "message_read" => facts.push(self.mark(&wire, ReceiptKind::Read)?),
            "message_edit" => {
                let identity = self.meant(&wire, "an edit with a ref_msg_id")?;
                let written = Written::new(&wire.html, &wire.text);
                let body = written.ok_or(Unread::Lacks("an edit with a msg"))?.into_body(None);
                facts.push(Fact::Edited { identity, body });
            }
            "message_delete" => {
                let identity = self.meant(&wire, "a deletion with a ref_msg_id")?;
                facts.push(Fact::Deleted { identity });
            }
            // Who typed then does not type now.
            "typing" | "not_typing" if self.when == When::Past => {}
            "typing" => facts.push(Fact::Typing { participant: self.sender(&wire)? }),
            "not_typing" => facts.push(Fact::StoppedTyping { participant: self.sender(&wire)? }),
            "file" => facts.push(self.file(wire)?),
            "file_url" => facts.push(self.file_url(wire)?),
            other => match self.happening(other, wire)? {
                Some((identity, event)) => facts.push(extension(identity, event)),
                None => {
                    let what = format!("event {}", cut_chars(name, self.limits.id_chars()));
                    facts.push(Fact::Unrecognized { what, raw: shown(raw, self.limits) });
                }
            },
        }
        Ok(())
    }

    fn message(&self, wire: WireEvent<'_>, facts: &mut Vec<Fact>) -> Result<(), Unread> {
        let id = self.id(&wire.id)?.filter(|id| usable(id));
        let sender = self.sender(&wire)?;
        let cards: Vec<_> = wire.cards.map_or_else(Vec::new, |list| list.0).into_iter().map(card).collect();
        let written = Written::new(&wire.html, &wire.text);
        let body = match (written, cards.first()) {
            (Some(written), first) if !written.is_empty() || first.is_none() => {
                written.into_body(id.as_deref())
            }
            (_, Some(first)) => {
                let (content_type, content) = (first.content_type.clone(), first.content.clone());
                ItemBody::Other { content_type, content }
            }
            (_, None) => return Err(Unread::Lacks("a message with a msg")),
        };
        let identity = match &id {
            Some(id) => Identity::of(self.is_foreign(&wire.party).then_some("message"), id),
            None => {
                Identity::whole("message", &[of(&wire.party), of(&wire.at), of(&wire.html), of(&wire.text)])
            }
        };
        if !cards.is_empty() {
            let event = Event::Cards { message: id.clone(), cards };
            facts.push(extension(format!("cards {identity}"), event));
        }
        facts.push(item(id, identity, time(&wire.at), sender, body));
        Ok(())
    }

    fn status(&self, wire: &WireEvent<'_>, facts: &mut Vec<Fact>) -> Result<(), Unread> {
        let state = wire.state.as_ref().and_then(Scalar::as_str);
        let state = state_of(state.ok_or(Unread::Lacks("a status with a state"))?, self.limits);
        let why = end_of(&state);
        facts.push(Fact::Status { state, wait: wait(&wire.wait) });
        facts.extend(why.map(|why| Fact::Over { why }));
        Ok(())
    }

    fn joined(&mut self, wire: WireEvent<'_>) -> Result<Fact, Unread> {
        let id = self.id(&wire.party)?.ok_or(Unread::Lacks("a party that joined with a party_id"))?;
        let role = self.role(&id, &wire);
        let identity = Identity::whole("party_joined", &[&id, of(&wire.at)]);
        let both = |first: &str, last: &str| format!("{first} {last}").trim().to_owned();
        let display_name = Some(owned(&wire.display_name))
            .filter(|name| !name.is_empty())
            .or_else(|| Some(both(of(&wire.first_name), of(&wire.last_name))))
            .filter(|name| !name.is_empty())
            .map(|name| cut_chars(&name, self.limits.id_chars()).to_owned());
        let sender = Participant { id: Some(id.clone()), role, display_name };
        if self.parties.len() < self.limits.participants() {
            self.parties.insert(id, sender.clone());
        }
        let body = ItemBody::Notice { notice: Notice::ParticipantJoined };
        Ok(item(None, identity, time(&wire.at), sender, body))
    }

    fn left(&self, wire: &WireEvent<'_>) -> Result<Fact, Unread> {
        let id = self.id(&wire.party)?.ok_or(Unread::Lacks("a party that left with a party_id"))?;
        let identity = Identity::whole("party_left", &[&id, of(&wire.at)]);
        let body = ItemBody::Notice { notice: Notice::ParticipantLeft };
        let mut sender = self.sender(wire)?;
        if sender.role == Role::Unknown {
            sender.role = self.role(&id, wire);
        }
        Ok(item(None, identity, time(&wire.at), sender, body))
    }

    /// What part somebody plays who joined or left.
    fn role(&self, id: &str, wire: &WireEvent<'_>) -> Role {
        match of(&wire.kind) {
            "internal" => Role::Agent,
            "scenario" => Role::Bot,
            "external" if self.chat == Some(id) => Role::Customer,
            "" => Role::Unknown,
            other => Role::Other(cut_chars(other, self.limits.id_chars()).to_owned()),
        }
    }

    fn mark(&self, wire: &WireEvent<'_>, kind: ReceiptKind) -> Result<Fact, Unread> {
        // Older servers, and the fixture of the iOS SDK's own tests, have it under the other name.
        let meant = self.id(&wire.meant)?.or(self.id(&wire.id)?);
        let meant = meant.filter(|id| usable(id)).ok_or(Unread::Lacks("a receipt with a ref_msg_id"))?;
        let by = self.id(&wire.party)?;
        // One of our own, which the history may repeat, marks what somebody else said.
        let is_own = by.is_some() && by.as_deref() == self.chat;
        let identity = Identity::of(is_own.then_some("message"), &meant);
        Ok(Fact::Mark { identity, kind, by, at: time(&wire.at) })
    }

    /// The message that an edit or a deletion is about. What the customer said is not edited by others.
    fn meant(&self, wire: &WireEvent<'_>, expected: &'static str) -> Result<String, Unread> {
        let meant = self.id(&wire.meant)?.filter(|id| usable(id)).ok_or(Unread::Lacks(expected))?;
        let is_own = self.chat.is_some() && self.id(&wire.party)?.as_deref() == self.chat;
        Ok(Identity::of((!is_own).then_some("message"), &meant))
    }

    fn file(&self, wire: WireEvent<'_>) -> Result<Fact, Unread> {
        let file = self.id(&wire.file)?.ok_or(Unread::Lacks("a file with a file_id"))?;
        let id = self.id(&wire.id)?.filter(|id| usable(id));
        let identity = match &id {
            Some(id) => Identity::of(self.is_foreign(&wire.party).then_some("file"), id),
            None => Identity::whole("file", &[of(&wire.party), &file, of(&wire.at)]),
        };
        let is_image = of(&wire.file_type) == "image";
        let attachment = Attachment {
            id: Some(file),
            name: Some(owned(&wire.file_name)).filter(|name| !name.is_empty()),
            content_type: is_image.then(|| "image/*".to_owned()),
            status: AttachmentStatus::Approved,
        };
        let body = ItemBody::Attachments { attachments: vec![attachment] };
        Ok(item(id, identity, time(&wire.at), self.sender(&wire)?, body))
    }

    fn file_url(&self, wire: WireEvent<'_>) -> Result<Fact, Unread> {
        let url = owned(&wire.file_url);
        if url.is_empty() || url.len() > self.limits.raw_bytes() {
            return Err(Unread::Lacks("a file with a file_url"));
        }
        let identity = Identity::whole("file_url", &[of(&wire.party), &url, of(&wire.at)]);
        let kind = Some(of(&wire.file_type).to_owned()).filter(|kind| kind == "image");
        let body = ItemBody::Attachments { attachments: vec![linked((url, kind))] };
        Ok(item(None, identity, time(&wire.at), self.sender(&wire)?, body))
    }

    /// Who an event is from. Without a party it is the customer's, such as what a form before the chat said; but a
    /// text with neither party nor id is the system's.
    fn sender(&self, wire: &WireEvent<'_>) -> Result<Participant, Unread> {
        let Some(id) = self.id(&wire.party)? else {
            if self.id(&wire.id)?.is_none() {
                return Ok(Participant { id: None, role: Role::System, display_name: None });
            }
            let id = self.chat.map(str::to_owned);
            return Ok(Participant { id, role: Role::Customer, display_name: None });
        };
        if let Some(known) = self.parties.get(&id) {
            return Ok(known.clone());
        }
        let role = if self.chat == Some(id.as_str()) { Role::Customer } else { Role::Unknown };
        Ok(Participant { id: Some(id), role, display_name: None })
    }

    /// Whether an event is somebody else's.
    fn is_foreign(&self, party: &Option<Scalar<'_>>) -> bool {
        let party = of(party);
        !party.is_empty() && self.chat != Some(party)
    }

    /// An id; an empty one is none.
    fn id(&self, id: &Option<Scalar<'_>>) -> Result<Option<String>, Unread> {
        match of(id) {
            "" => Ok(None),
            id if has_more_chars(id, self.limits.id_chars()) => Err(Unread::TooLong),
            id => Ok(Some(id.to_owned())),
        }
    }
}

fn item(
    server_id: Option<String>,
    identity: String,
    at: Option<WallTime>,
    sender: Participant,
    body: ItemBody,
) -> Fact {
    Fact::Item(Box::new(WireItem {
        server_id,
        identity: Some(identity),
        at,
        sender,
        body,
        receipts: Vec::new(),
        chunk: None,
        processing: None,
        segment: None,
        from_past: false,
    }))
}

fn card(wire: WireCard<'_>) -> MessageCard {
    let text = |value: Option<Scalar<'_>>| value.and_then(|value| value.0).map(Cow::into_owned);
    MessageCard {
        id: text(wire.id),
        content_type: text(wire.content_type),
        name: text(wire.name),
        content: text(wire.content),
    }
}

fn extension(identity: String, event: Event) -> Fact {
    Fact::Extension { identity: Some(identity), event: Box::new(Extension::BrightPattern(event)) }
}

/// A text; empty where there is none.
fn of<'v>(value: &'v Option<Scalar<'_>>) -> &'v str {
    value.as_ref().and_then(Scalar::as_str).unwrap_or_default()
}

fn owned(value: &Option<Scalar<'_>>) -> String {
    of(value).to_owned()
}

/// The state that a word means.
pub(super) fn state_of(word: &str, limits: &Limits) -> ConversationState {
    match word {
        "queued" => ConversationState::Queued,
        "connecting" => ConversationState::Connecting,
        "connected" => ConversationState::Connected,
        "ivr" => ConversationState::Automated,
        "failed" => ConversationState::Failed,
        "completed" => ConversationState::Completed,
        other => ConversationState::Other(cut_chars(other, limits.id_chars()).to_owned()),
    }
}

/// The end that a state is.
pub(super) const fn end_of(state: &ConversationState) -> Option<ConversationEnd> {
    match state {
        ConversationState::Failed => Some(ConversationEnd::Failed),
        ConversationState::Completed => Some(ConversationEnd::Completed),
        ConversationState::Queued
        | ConversationState::Connecting
        | ConversationState::Connected
        | ConversationState::Automated
        | ConversationState::Other(_) => None,
    }
}

/// An estimated wait, in seconds. One that cannot be read is none.
pub(super) fn wait(value: &Option<Scalar<'_>>) -> Option<Duration> {
    let seconds = value.as_ref().and_then(Scalar::int)?;
    u64::try_from(seconds).ok().map(Duration::from_secs)
}

/// A time: seconds or, with more than ten digits, milliseconds; with a fraction or without, as a number or a text.
/// One that cannot be read is none, as an event says more than its time.
pub(super) fn time(value: &Option<Scalar<'_>>) -> Option<WallTime> {
    let text = of(value).trim();
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let whole: u64 = whole.parse().ok()?;
    let millis = if whole <= LAST_SECOND {
        let digits: String = fraction.chars().chain("000".chars()).take(3).collect();
        whole.checked_mul(1_000)?.checked_add(digits.parse().ok()?)?
    } else {
        whole
    };
    i64::try_from(millis).ok().map(WallTime::from_unix_millis)
}

/// The fault of something that cannot be read. It came by itself, so there is nothing to try again.
pub(super) fn malformed(expected: &str, found: String) -> Fact {
    let mut fault = ProviderFault::new(FaultKind::Malformed, Retry::Never);
    (fault.expected, fault.found) = (Some(expected.to_owned()), Some(found));
    Fact::Fault(fault)
}

/// What came, for the user to see: cut to the limit, and not what a secure form holds.
pub(super) fn shown(text: &str, limits: &Limits) -> String {
    if text.contains("secure_form") {
        return format!("[{} bytes of a secure form]", text.len());
    }
    cut_bytes(text, limits.raw_bytes()).to_owned()
}
