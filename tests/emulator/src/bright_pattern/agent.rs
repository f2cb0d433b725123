//! What the agent, the scenario and the company can do in a chat.

use bytes::Bytes;
use serde_json::{Value, json};

use super::chat::Member;
use super::event::{Draft, Party, to_html, to_text};
use super::files::File;
use super::machine::{CaseSession, Server, Timer};
use super::notifications::Notice;
use super::receipts::Which;
use super::signals::CallSignal;
use super::stats::ReceiptKind;

/// One thing that happens in a chat on the company's side.
#[derive(Debug, Clone, PartialEq)]
pub enum AgentAction {
    /// The service tells its name.
    Info,
    /// The chat is in another state.
    Status {
        /// `queued`, `connecting`, `connected`, `ivr`, `failed`, `completed`; the last two end the chat.
        state: String,
        /// The estimated wait in seconds.
        ewt: Option<u32>,
    },
    /// The scenario's bot joins.
    BotJoin,
    /// The bot says something, as it stands: directives like `/buttons [Yes] [No]` are part of the text.
    BotSay(String),
    /// The bot leaves.
    BotLeave,
    /// The agent accepts the chat and joins.
    Join,
    /// The agent leaves; the chat goes on.
    Leave,
    /// Another agent joins, and the old one leaves.
    Transfer,
    /// Somebody else joins, of a type such as `external` or `msteams`.
    OtherJoin {
        /// The type.
        kind: String,
        /// What customers see.
        name: String,
    },
    /// The last of those leaves.
    OtherLeave,
    /// Plain text from the agent.
    Say(String),
    /// Rich text from the agent.
    SayHtml(String),
    /// `PREFIX 1`, `PREFIX 2`, ... from the agent.
    SayMany {
        /// What stands before the number.
        prefix: String,
        /// The first number.
        first: u64,
        /// The last number.
        last: u64,
        /// Milliseconds from one to the next; 0 means all at once.
        every_ms: u64,
    },
    /// A card from Teams as an attachment of a message.
    Card(String),
    /// The agent's last message has another text.
    Edit(String),
    /// The agent's last message is gone.
    Delete,
    /// The agent types.
    Typing,
    /// The agent has stopped.
    NotTyping,
    /// The agent's desk shows the messages.
    MarkDelivered(Which),
    /// The agent has read the messages.
    MarkRead(Which),
    /// The scenario asks for a form to be filled in; an empty name asks for any text.
    Form {
        /// Its name.
        name: String,
        /// How long it waits, in seconds.
        timeout_s: u32,
    },
    /// The scenario asks for a secure form.
    SecureForm {
        /// Which one.
        form_id: String,
    },
    /// The last secure form is not needed any more.
    CancelSecureForm,
    /// A file from the agent.
    SendFile {
        /// Its name.
        name: String,
        /// Its content type.
        content_type: String,
        /// What is in it.
        bytes: Bytes,
    },
    /// A file by its address.
    SendUrl(String),
    /// A place from the agent.
    Location {
        /// In degrees.
        latitude: String,
        /// In degrees.
        longitude: String,
        /// A map of it.
        url: Option<String>,
    },
    /// Co-browsing is `requested`, `rejected`, `started` or `ended`.
    Cobrowsing(String),
    /// Signalling of a call.
    Signal(CallSignal),
    /// The scenario attaches a case, or detaches it.
    SetCase(Option<String>),
    /// The customer is warned of inactivity.
    Warn,
    /// The customer is put out for inactivity, which ends the chat.
    InactivityTimeout,
    /// Any event just as it stands, for the polls and for the history.
    Raw(Value),
    /// The chat ends.
    End,
}

impl Server {
    pub(super) fn act(&mut self, now: u64, chat: usize, action: AgentAction) {
        if !self.chats[chat].alive() {
            return;
        }
        match action {
            AgentAction::Info => {
                let owner = self.chats[chat].owner.clone();
                let name = self.entry(&owner).service_name.clone();
                let draft = Draft::of("chat_session_info", json!({ "service_name": name }));
                self.publish(now, chat, draft.untimed());
            }
            AgentAction::Status { state, ewt } => self.set_state(now, chat, &state, ewt),
            AgentAction::Say(text) => {
                self.say(now, chat, json!({ "msg": to_html(&text), "msg_text": text }), &text);
            }
            AgentAction::SayHtml(html) => {
                let text = to_text(&html);
                self.say(now, chat, json!({ "msg": html, "msg_text": text }), &text);
            }
            AgentAction::SayMany { prefix, first, last, every_ms } => {
                self.say_many(now, chat, (prefix, first, last, every_ms));
            }
            AgentAction::Card(text) => self.card(now, chat, &text),
            AgentAction::Edit(text) => self.edit(now, chat, Some(text)),
            AgentAction::Delete => self.edit(now, chat, None),
            AgentAction::Typing => self.by_agent(now, chat, "chat_session_typing"),
            AgentAction::NotTyping => self.by_agent(now, chat, "chat_session_not_typing"),
            AgentAction::MarkDelivered(which) => self.confirm(now, chat, ReceiptKind::Delivered, which),
            AgentAction::MarkRead(which) => self.confirm(now, chat, ReceiptKind::Read, which),
            AgentAction::Warn => self.warn(now, chat),
            AgentAction::InactivityTimeout => self.time_out(now, chat),
            AgentAction::SetCase(case_id) => self.set_case(now, chat, case_id),
            AgentAction::Signal(signal) => self.signal(now, chat, &signal),
            AgentAction::Raw(event) => {
                let name = event.get("event").and_then(Value::as_str).unwrap_or_default().to_owned();
                let mut draft = Draft::of(&name, event).untimed();
                draft.by = Party::Server;
                self.publish(now, chat, draft);
            }
            AgentAction::End => self.end(now, chat),
            action => self.act_on_people(now, chat, action),
        }
    }

    /// Comings and goings, and what is handed over.
    fn act_on_people(&mut self, now: u64, chat: usize, action: AgentAction) {
        match action {
            AgentAction::BotJoin => {
                let name = self.entry(&self.chats[chat].owner.clone()).service_name.clone();
                let bot = self.member(Party::Scenario, "", "", &name.replace("Support", "Assistant"));
                self.joined(now, chat, &bot, "scenario");
                self.chats[chat].bot = Some(bot);
            }
            AgentAction::BotSay(text) => self.bot_says(now, chat, &text),
            AgentAction::BotLeave => {
                if let Some(bot) = self.chats[chat].bot.take() {
                    let draft = Draft::of("chat_session_party_left", json!({}));
                    self.publish(now, chat, draft.by(Party::Scenario, &bot.party_id));
                }
            }
            AgentAction::Join => {
                self.set_state(now, chat, "connected", Some(0));
                self.next_agent(now, chat);
            }
            AgentAction::Leave => self.leave(now, chat),
            AgentAction::Transfer => {
                let old = self.chats[chat].agent.take();
                self.next_agent(now, chat);
                if let Some(old) = old {
                    let draft = Draft::of("chat_session_party_left", json!({}));
                    self.publish(now, chat, draft.by(Party::Agent, &old.party_id));
                }
            }
            AgentAction::OtherJoin { kind, name } => {
                let (first, last) = name.split_once(' ').unwrap_or((&name, ""));
                let other = self.member(Party::External, first, last, &name);
                self.joined(now, chat, &other, &kind);
            }
            AgentAction::OtherLeave => {
                let members = &self.chats[chat].members;
                let other = members.iter().rev().find(|(_, kind)| **kind == Party::External);
                if let Some(id) = other.map(|(id, _)| id.clone()) {
                    self.chats[chat].members.remove(&id);
                    let draft = Draft::of("chat_session_party_left", json!({}));
                    self.publish(now, chat, draft.by(Party::External, &id));
                }
            }
            AgentAction::Form { name, timeout_s } => self.show_form(now, chat, &name, timeout_s),
            AgentAction::SecureForm { form_id } => self.show_secure_form(now, chat, form_id),
            AgentAction::CancelSecureForm => self.cancel_secure_form(now, chat),
            AgentAction::SendFile { name, content_type, bytes } => {
                self.send_file(now, chat, &name, content_type, bytes);
            }
            AgentAction::SendUrl(url) => {
                let members = json!({ "file_url": url, "file_type": "attachment" });
                let draft = Draft::of("chat_session_file_url", members).saying(&url);
                self.publish_by_agent(now, chat, draft);
            }
            AgentAction::Location { latitude, longitude, url } => {
                let mut members = json!({
                    "latitude": latitude, "longitude": longitude, "msg_id": self.ids.uuid(),
                });
                if let Some(url) = url {
                    members["url"] = url.into();
                }
                self.publish_by_agent(now, chat, Draft::of("chat_session_location", members));
            }
            AgentAction::Cobrowsing(what) => self.cobrowse(now, chat, &what),
            _ => {}
        }
    }

    fn set_state(&mut self, now: u64, chat: usize, state: &str, ewt: Option<u32>) {
        let mut members = json!({ "state": state });
        if let Some(wait) = ewt.and_then(|wait| self.written_wait(wait)) {
            members["ewt"] = wait;
        }
        let known = &mut self.chats[chat];
        state.clone_into(&mut known.state);
        known.ewt = ewt;
        self.publish(now, chat, Draft::of("chat_session_status", members).untimed().saying(state));
        if matches!(state, "failed" | "completed") {
            self.chats[chat].ended_ms = Some(now);
        }
    }

    fn member(&mut self, kind: Party, first: &str, last: &str, display: &str) -> Member {
        Member {
            party_id: self.ids.uuid(),
            kind,
            first_name: first.to_owned(),
            last_name: last.to_owned(),
            display_name: display.to_owned(),
        }
    }

    fn joined(&mut self, now: u64, chat: usize, member: &Member, kind: &str) {
        let members = json!({
            "first_name": member.first_name,
            "last_name": member.last_name,
            "display_name": member.display_name,
            "type": kind,
        });
        self.chats[chat].members.insert(member.party_id.clone(), member.kind);
        let draft = Draft::of("chat_session_party_joined", members).by(member.kind, &member.party_id);
        self.publish(now, chat, draft.saying(&member.display_name));
    }

    /// A new agent: a new party id, even if it is one who was there before.
    fn next_agent(&mut self, now: u64, chat: usize) {
        let state = &mut self.chats[chat];
        let names = &state.script.agents;
        let name = names.get(state.next_agent % names.len().max(1)).cloned();
        state.next_agent += 1;
        let name = name.unwrap_or_else(|| super::script::AgentName::new("Marek", "Nowak", "Marek N."));
        let agent = self.member(Party::Agent, &name.first, &name.last, &name.display);
        self.joined(now, chat, &agent, "internal");
        self.chats[chat].agent = Some(agent);
    }

    /// The party id and the name of the agent; of one who speaks without having joined if need be.
    fn speaker(&mut self, chat: usize) -> (String, String) {
        if self.chats[chat].agent.is_none() {
            let agent = self.member(Party::Agent, "Marek", "Nowak", "Marek N.");
            self.chats[chat].agent = Some(agent);
        }
        let agent = self.chats[chat].agent.as_ref();
        agent.map(|agent| (agent.party_id.clone(), agent.display_name.clone())).unwrap_or_default()
    }

    pub(super) fn publish_by_agent(&mut self, now: u64, chat: usize, draft: Draft) {
        let (party_id, _) = self.speaker(chat);
        self.publish(now, chat, draft.by(Party::Agent, &party_id));
    }

    /// Typing and its end are no part of the history.
    fn by_agent(&mut self, now: u64, chat: usize, name: &str) {
        self.publish_by_agent(now, chat, Draft::of(name, json!({})).unstored());
    }

    fn say(&mut self, now: u64, chat: usize, mut members: Value, text: &str) {
        let id = self.ids.uuid().to_uppercase();
        members["msg_id"] = id.as_str().into();
        self.chats[chat].last_agent_message = Some(id);
        let (_, from) = self.speaker(chat);
        let notice = Notice::Message { from, text: text.to_owned() };
        let draft = Draft::of("chat_session_message", members).saying(text).noticed(notice);
        self.publish_by_agent(now, chat, draft);
    }

    fn say_many(&mut self, now: u64, chat: usize, (prefix, first, last, every_ms): (String, u64, u64, u64)) {
        // With no time between them, all in one go.
        let until = if every_ms == 0 { last } else { first.min(last) };
        for number in first..=until {
            self.act(now, chat, AgentAction::Say(format!("{prefix} {number}")));
        }
        if until < last {
            let action = AgentAction::SayMany { prefix, first: until + 1, last, every_ms };
            self.after(now + every_ms, Timer::Act { chat, action });
        }
    }

    fn bot_says(&mut self, now: u64, chat: usize, text: &str) {
        let bot = match &self.chats[chat].bot {
            Some(bot) => bot.clone(),
            None => self.member(Party::Scenario, "", "", "Acme Assistant"),
        };
        let members = json!({ "msg": text, "msg_id": self.ids.uuid() });
        let notice = Notice::Message { from: bot.display_name.clone(), text: text.to_owned() };
        let draft = Draft::of("chat_session_message", members).by(Party::Scenario, &bot.party_id);
        self.chats[chat].bot = Some(bot);
        self.publish(now, chat, draft.saying(text).noticed(notice));
    }

    fn card(&mut self, now: u64, chat: usize, text: &str) {
        let card = json!({
            "type": "AdaptiveCard",
            "version": "1.4",
            "body": [{ "type": "TextBlock", "text": text }],
        });
        let attachment = json!({
            "id": self.ids.uuid(),
            "contentType": "application/vnd.microsoft.card.adaptive",
            "name": "card",
            "content": card.to_string(),
        });
        self.say(now, chat, json!({ "msg": "", "attachments": [attachment] }), "");
    }

    fn edit(&mut self, now: u64, chat: usize, text: Option<String>) {
        let Some(id) = self.chats[chat].last_agent_message.clone() else {
            return;
        };
        match text {
            Some(text) => {
                let members = json!({ "ref_msg_id": id, "msg": to_html(&text) });
                let draft = Draft::of("chat_session_message_edit", members).saying(&text);
                self.publish_by_agent(now, chat, draft);
            }
            None => {
                let draft = Draft::of("chat_session_message_delete", json!({ "ref_msg_id": id }));
                self.publish(now, chat, draft.untimed());
            }
        }
    }

    fn send_file(&mut self, now: u64, chat: usize, name: &str, content_type: String, bytes: Bytes) {
        let kind = if content_type.starts_with("image/") { "image" } else { "attachment" };
        let file_id = self.store_file(File { content_type, bytes, ready_ms: now });
        let members = json!({
            "msg_id": self.ids.uuid(),
            "file_id": file_id,
            "file_type": kind,
            "file_name": name,
        });
        let (_, from) = self.speaker(chat);
        let notice = Notice::File { from, name: name.to_owned() };
        let draft = Draft::of("chat_session_file", members).saying(name).noticed(notice);
        self.publish_by_agent(now, chat, draft);
    }

    fn cobrowse(&mut self, now: u64, chat: usize, what: &str) {
        let members = match what {
            "requested" => json!({ "msg_id": self.ids.uuid() }),
            "started" => json!({
                "provider_type": "SURFLY",
                "cobrowsing_url": "https://surfly.example/s/abc",
                "cobrowsing_id": "abc",
            }),
            _ => json!({}),
        };
        let draft = Draft::of(&format!("chat_session_cobrowsing_{what}"), members);
        self.publish(now, chat, draft.untimed());
    }

    fn set_case(&mut self, now: u64, chat: usize, case_id: Option<String>) {
        let members = json!({ "case_id": case_id.as_deref().unwrap_or_default() });
        let text = case_id.clone().unwrap_or_default();
        if let Some(case_id) = &case_id {
            let sessions = self.cases.entry((self.chats[chat].owner.0, case_id.clone())).or_default();
            if !sessions.iter().any(|known| matches!(known, CaseSession::Chat(known) if *known == chat)) {
                sessions.push(CaseSession::Chat(chat));
            }
        }
        let state = &mut self.chats[chat];
        state.case_closed = false;
        state.case_id = case_id;
        self.publish(now, chat, Draft::of("chat_session_case_set", members).saying(&text));
    }
}
