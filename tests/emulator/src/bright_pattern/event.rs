//! Events: how they come into being, and how they are written.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::faults::{TimeForm, WaitForm};
use super::machine::Server;
use super::notifications::Notice;

/// Who made an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Party {
    /// The customer. On the wire their party id is the chat id.
    Customer,
    /// An agent.
    Agent,
    /// The bot that the entry's scenario runs.
    Scenario,
    /// Another customer or somebody from outside.
    External,
    /// Nobody in particular.
    Server,
}

/// One event as a test sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TranscriptEntry {
    /// Its name on the wire: `chat_session_message`, ...
    pub event: String,
    /// Who made it.
    pub by: Party,
    /// Who made it, by id.
    pub party_id: Option<String>,
    /// Its `msg_id`, or for a receipt the message that it names.
    pub message_id: Option<String>,
    /// The plain text of a message, or what else can be read: the name of a file or of a state.
    pub text: Option<String>,
    /// When the server had it.
    pub time_ms: u64,
    /// Whether the chat's history has it.
    pub in_history: bool,
    /// The event as it stands on the wire.
    pub json: Arc<str>,
}

/// An event that is to be made.
pub(crate) struct Draft {
    pub(crate) name: String,
    pub(crate) by: Party,
    pub(crate) party_id: Option<String>,
    pub(crate) members: Map<String, Value>,
    pub(crate) timed: bool,
    /// It is part of the history.
    pub(crate) stored: bool,
    /// The polls tell it.
    pub(crate) queued: bool,
    pub(crate) text: Option<String>,
    /// A device that has asked for it is told too.
    pub(crate) notice: Option<Notice>,
}

impl Draft {
    /// An event of the server: timed, stored and told.
    pub(crate) fn of(name: &str, members: Value) -> Self {
        let members = match members {
            Value::Object(members) => members,
            _ => Map::new(),
        };
        Self {
            name: name.to_owned(),
            by: Party::Server,
            party_id: None,
            members,
            timed: true,
            stored: true,
            queued: true,
            text: None,
            notice: None,
        }
    }

    pub(crate) fn by(mut self, by: Party, party_id: &str) -> Self {
        self.by = by;
        self.party_id = Some(party_id.to_owned());
        self.members.insert("party_id".to_owned(), party_id.into());
        self
    }

    pub(crate) fn untimed(self) -> Self {
        Self { timed: false, ..self }
    }

    pub(crate) fn unstored(self) -> Self {
        Self { stored: false, ..self }
    }

    pub(crate) fn saying(self, text: &str) -> Self {
        Self { text: Some(text.to_owned()), ..self }
    }

    pub(crate) fn noticed(self, notice: Notice) -> Self {
        Self { notice: Some(notice), ..self }
    }
}

impl Server {
    /// Makes an event: the history, the queue of the polls and the device get it.
    pub(super) fn publish(&mut self, now_ms: u64, chat: usize, draft: Draft) {
        let told = draft.queued.then(|| draft.notice.clone()).flatten();
        let queued = draft.queued;
        let entry = self.compose(now_ms, draft);
        if queued {
            self.count_strange(now_ms, chat);
            self.queue(chat, Arc::clone(&entry.json));
        }
        self.chats[chat].note(entry);
        if let Some(notice) = told {
            self.push(now_ms, chat, &notice);
        }
    }

    /// Puts an event behind those that wait for a poll.
    pub(super) fn queue(&mut self, chat: usize, json: Arc<str>) {
        self.chats[chat].pending.push(json);
        self.stirred.insert(chat);
    }

    fn count_strange(&mut self, now_ms: u64, chat: usize) {
        let every = self.config.faults.strange_every;
        self.queued_events += 1;
        if every > 0 && self.queued_events.is_multiple_of(every) {
            let strange = Draft::of("chat_session_hologram", json!({ "payload": { "a": [1, 2, 3] } }));
            let json = self.compose(now_ms, strange).json;
            self.queue(chat, json);
        }
    }

    /// Writes an event down.
    pub(super) fn compose(&mut self, now_ms: u64, draft: Draft) -> TranscriptEntry {
        let Draft { name, by, party_id, mut members, timed, stored, text, .. } = draft;
        members.insert("event".to_owned(), name.as_str().into());
        if let (true, Some(time)) = (timed, self.written_time(now_ms)) {
            members.insert("timestamp".to_owned(), time);
        }
        let id = |name: &str| members.get(name).and_then(Value::as_str).map(str::to_owned);
        let message_id = id("ref_msg_id").or_else(|| id("msg_id"));
        for name in &self.config.faults.omitted {
            members.remove(name);
        }
        let json = Value::Object(members).to_string().into();
        TranscriptEntry {
            event: name,
            by,
            party_id,
            message_id,
            text,
            time_ms: now_ms,
            in_history: stored,
            json,
        }
    }

    /// A time as the wire has it.
    fn written_time(&self, now_ms: u64) -> Option<Value> {
        let ms = now_ms.saturating_add_signed(self.config.faults.clock_skew_ms);
        let seconds = ms / 1000;
        Some(match self.config.faults.times {
            TimeForm::Seconds => seconds.to_string().into(),
            TimeForm::Milliseconds => ms.to_string().into(),
            TimeForm::Number => seconds.into(),
            TimeForm::NumberMilliseconds => ms.into(),
            TimeForm::Fraction => format!("{seconds}.{:03}", ms % 1000).into(),
            TimeForm::Garbage => "yesterday".into(),
            TimeForm::Absent => return None,
        })
    }

    /// An estimated wait as the wire has it.
    pub(super) fn written_wait(&self, seconds: u32) -> Option<Value> {
        Some(match self.config.faults.waits {
            WaitForm::Text => seconds.to_string().into(),
            WaitForm::Number => seconds.into(),
            WaitForm::Garbage => "soon".into(),
            WaitForm::Absent => return None,
        })
    }
}

/// Text as an agent's rich-text desk would send it.
pub(crate) fn to_html(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for symbol in text.chars() {
        match symbol {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\n' => html.push_str("<br>"),
            symbol => html.push(symbol),
        }
    }
    html
}

/// The plain text of an HTML fragment: tags fall away, breaks become lines, the five entities become characters.
pub(crate) fn to_text(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find(['<', '&']) {
        text.push_str(&rest[..at]);
        let tail = &rest[at..];
        let (from, to) = match tail.find(['>', ';']) {
            Some(end) => (&tail[..=end], &tail[end + 1..]),
            None => (tail, ""),
        };
        match from {
            "&amp;" => text.push('&'),
            "&lt;" => text.push('<'),
            "&gt;" => text.push('>'),
            "&quot;" => text.push('"'),
            "&#39;" | "&apos;" => text.push('\''),
            from if from.starts_with("<br") || from == "</p>" => text.push('\n'),
            from if from.starts_with('<') && from.ends_with('>') => {}
            // A lone sign.
            from => text.push_str(from),
        }
        rest = to;
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests;
