//! What the agent, the flow and the instance can do in a chat.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::json;

use super::authentication::AuthenticationResult;
use super::chat::Chat;
use super::interactive::{InteractiveKind, content};
use super::item::{Author, INTERACTIVE, Kind, Role, chat_frame};
use super::machine::{Server, Timer};
use super::post::Draft;
use super::receipts::Which;
use super::stats::ReceiptKind;
use crate::io::Output;

/// One thing that happens in a chat on the company's side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AgentAction {
    /// The agent joins.
    Join,
    /// The agent leaves; the chat goes on.
    Leave,
    /// Plain text from the agent.
    Say(String),
    /// Markdown from the agent.
    SayMarkdown(String),
    /// Any message from the agent.
    SayAs {
        /// Its content type.
        content_type: String,
        /// Its content.
        content: String,
    },
    /// `PREFIX 1`, `PREFIX 2`, ... from the agent.
    SayMany {
        /// What stands before the number.
        prefix: String,
        /// How many.
        count: u64,
        /// Milliseconds from one to the next; 0 means all at once.
        every_ms: u64,
    },
    /// Plain text from the flow.
    System(String),
    /// Plain text from a bot of a third party.
    CustomBot(String),
    /// The agent types.
    Typing,
    /// An interactive message.
    Interactive(InteractiveKind),
    /// A file from the agent; nobody scans it.
    SendAttachment {
        /// Its name.
        name: String,
        /// Its content type.
        content_type: String,
        /// What is in it.
        bytes: Bytes,
    },
    /// The flow asks the customer to authenticate.
    RequestAuthentication,
    /// The authentication that has begun ends so; left alone if none has.
    AuthenticationResult(AuthenticationResult),
    /// A bot's answer in growing pieces under one id, 150 ms apart, and then as a whole.
    StreamBot(Vec<String>),
    /// The agent's device has the messages.
    MarkDelivered(Which),
    /// The agent has read the messages.
    MarkRead(Which),
    /// Another agent takes over, under a new contact of the same chain.
    Transfer,
    /// A transfer that came to nothing.
    TransferFailed,
    /// A supervisor is invited and joins: a third participant, with whom receipts are refused.
    SupervisorJoin,
    /// The supervisor leaves.
    SupervisorLeave,
    /// Plain text from the supervisor.
    SupervisorSay(String),
    /// The customer counts as idle.
    Idle,
    /// The customer counts as back.
    Returned,
    /// The customer is put out for idleness, which ends the chat.
    AutoDisconnect,
    /// The customer has another name from now on.
    Rename(String),
    /// Any event by its short name, by the agent: `participant.active`, or one that nobody knows.
    Event {
        /// What stands behind `application/vnd.amazonaws.connect.event.`.
        name: String,
        /// Its content.
        content: Option<String>,
    },
    /// A frame just as it stands, on every subscribed socket. Nothing is stored.
    RawFrame(String),
    /// The chat ends.
    End,
}

const CHUNK_GAP_MS: u64 = 150;

/// The rest of something that takes more than one moment.
#[derive(Debug)]
pub(super) enum Step {
    /// Of [`AgentAction::SayMany`].
    Say { prefix: String, next: u64, last: u64, every_ms: u64 },
    /// Of [`AgentAction::StreamBot`].
    Stream { id: String, chunks: Vec<String>, next: usize },
}

impl Server {
    pub(super) fn act(&mut self, now: u64, chat: usize, action: AgentAction, out: &mut Vec<Output>) {
        let state = &mut self.chats[chat];
        if state.ended {
            return;
        }
        let (agent, customer) = (Arc::clone(&state.agent), Arc::clone(&state.customer));
        let system = Arc::clone(&state.system);
        let bot = Arc::clone(&state.bot);
        match action {
            AgentAction::Say(text) => self.publish(now, chat, message(agent, PLAIN, text), out),
            AgentAction::SayMarkdown(text) => {
                self.publish(now, chat, message(agent, "text/markdown", text), out);
            }
            AgentAction::SayAs { content_type, content } => {
                self.publish(now, chat, message(agent, &content_type, content), out)
            }
            AgentAction::System(text) => {
                self.publish(now, chat, message(system, PLAIN, text), out);
            }
            AgentAction::CustomBot(text) => {
                let mut bot = Author::clone(&bot);
                bot.role = Role::CustomBot;
                self.publish(now, chat, message(Arc::new(bot), PLAIN, text), out);
            }
            AgentAction::Interactive(kind) => self.interactive(now, chat, kind, out),
            AgentAction::SendAttachment { name, content_type, bytes } => {
                self.send_file(now, chat, (name, content_type, bytes), out);
            }
            AgentAction::RequestAuthentication => self.request_authentication(now, chat, out),
            AgentAction::AuthenticationResult(result) => self.authenticated(now, chat, result, out),
            AgentAction::MarkDelivered(which) => {
                self.agent_receipts(now, chat, ReceiptKind::Delivered, which, out);
            }
            AgentAction::MarkRead(which) => {
                self.agent_receipts(now, chat, ReceiptKind::Read, which, out);
            }
            AgentAction::Typing => self.publish_event(now, chat, Some(agent), "typing", None, out),
            AgentAction::Idle => {
                self.publish_event(now, chat, Some(customer), "participant.idle", None, out);
            }
            AgentAction::Returned => {
                self.publish_event(now, chat, Some(customer), "participant.returned", None, out);
            }
            AgentAction::AutoDisconnect => {
                let event = "participant.autodisconnection";
                self.publish_event(now, chat, Some(customer), event, None, out);
                self.end(now, chat, out);
            }
            AgentAction::Event { name, content } => {
                self.publish_event(now, chat, Some(agent), &name, content, out);
            }
            AgentAction::RawFrame(text) => self.broadcast(now, now, chat, &text, out),
            AgentAction::End => self.end(now, chat, out),
            action => self.act_on_people(now, chat, action, out),
        }
    }

    /// Comings and goings.
    fn act_on_people(&mut self, now: u64, chat: usize, action: AgentAction, out: &mut Vec<Output>) {
        let state = &mut self.chats[chat];
        match action {
            AgentAction::Join => {
                state.agent_joined = true;
                let agent = Arc::clone(&state.agent);
                self.publish_event(now, chat, Some(agent), "participant.joined", None, out);
            }
            AgentAction::Leave => {
                state.agent_joined = false;
                let agent = Arc::clone(&state.agent);
                self.publish_event(now, chat, Some(agent), "participant.left", None, out);
            }
            AgentAction::Transfer => self.transfer(now, chat, out),
            AgentAction::TransferFailed => {
                self.publish_event(now, chat, None, "transfer.failed", None, out);
            }
            AgentAction::Rename(name) => {
                let mut customer = Author::clone(&state.customer);
                customer.display_name = name;
                state.customer = Arc::new(customer);
                let customer = Arc::clone(&state.customer);
                let event = "participant.displayname.updated";
                self.publish_event(now, chat, Some(customer), event, None, out);
            }
            AgentAction::SupervisorJoin => {
                let supervisor = Arc::new(Author {
                    participant_id: self.ids.uuid(),
                    display_name: "Mara".to_owned(),
                    role: Role::Supervisor,
                });
                state.supervisor = Some(Arc::clone(&supervisor));
                for event in ["participant.invited", "participant.joined"] {
                    self.publish_event(now, chat, Some(supervisor.clone()), event, None, out);
                }
            }
            AgentAction::SupervisorLeave => {
                if let Some(supervisor) = state.supervisor.take() {
                    self.publish_event(now, chat, Some(supervisor), "participant.left", None, out);
                }
            }
            AgentAction::SupervisorSay(text) => {
                if let Some(supervisor) = state.supervisor.clone() {
                    self.publish(now, chat, message(supervisor, PLAIN, text), out);
                }
            }
            AgentAction::SayMany { prefix, count, every_ms } => {
                let (next, last) = (1, count);
                let step = Step::Say { prefix, next, last, every_ms };
                self.step(now, chat, step, out);
            }
            AgentAction::StreamBot(chunks) => {
                let id = self.ids.uuid();
                let step = Step::Stream { id, chunks, next: 0 };
                self.step(now, chat, step, out);
            }
            _ => {}
        }
    }

    /// Does the next part of something, and plans the one after it.
    pub(super) fn step(&mut self, now: u64, chat: usize, step: Step, out: &mut Vec<Output>) {
        if self.chats[chat].ended {
            return;
        }
        match step {
            Step::Say { prefix, next, last, every_ms } => {
                // With no time between them, all in one go.
                let until = if every_ms == 0 { last } else { next.min(last) };
                for number in next..=until {
                    let agent = Arc::clone(&self.chats[chat].agent);
                    let text = format!("{prefix} {number}");
                    self.publish(now, chat, message(agent, PLAIN, text), out);
                }
                let next = until + 1;
                if next <= last {
                    let step = Step::Say { prefix, next, last, every_ms };
                    self.after(now + every_ms, Timer::Step { chat, step });
                }
            }
            Step::Stream { id, chunks, next } => self.stream(now, chat, (id, chunks, next), out),
        }
    }

    fn interactive(&mut self, now: u64, chat: usize, kind: InteractiveKind, out: &mut Vec<Output>) {
        let token = match kind {
            InteractiveKind::View => self.view_token(now, chat),
            _ => String::new(),
        };
        let made = content(kind, now, &token);
        let state = &mut self.chats[chat];
        state.offers.extend(made.offers);
        let author = Arc::clone(&state.agent);
        self.publish(now, chat, message(author, INTERACTIVE, made.content), out);
    }

    /// The old agent hands over and leaves, the chat gets a new contact, the next agent joins.
    fn transfer(&mut self, now: u64, chat: usize, out: &mut Vec<Output>) {
        let old = Arc::clone(&self.chats[chat].agent);
        self.publish_event(now, chat, Some(Arc::clone(&old)), "transfer.succeeded", None, out);
        self.publish_event(now, chat, Some(old), "participant.left", None, out);
        let (participant_id, contact_id) = (self.ids.uuid(), self.ids.uuid());
        let state = &mut self.chats[chat];
        let next =
            Arc::new(Author { participant_id, display_name: state.next_agent_name(), role: Role::Agent });
        state.agent = Arc::clone(&next);
        state.agent_joined = true;
        state.enter(&contact_id);
        self.by_contact.insert(contact_id, chat);
        self.publish_event(now, chat, Some(next), "participant.joined", None, out);
    }

    /// The next piece of a streamed answer; after the last one, the whole, which is what the transcript keeps.
    fn stream(
        &mut self,
        now: u64,
        chat: usize,
        (id, chunks, next): (String, Vec<String>, usize),
        out: &mut Vec<Output>,
    ) {
        let piece = chunks.get(next).cloned();
        let whole = piece.is_none();
        let bot = Arc::clone(&self.chats[chat].bot);
        let text = piece.unwrap_or_else(|| chunks.concat());
        let mut item = self.draw(now, chat, message(bot, PLAIN, text));
        item.id.clone_from(&id);
        let mut frame = item.live(&self.chats[chat].initial_contact_id);
        let metadata = json!({
            "MessageId": id,
            "MessageCompleted": whole,
            "ChunkNumber": next + 1,
        });
        frame.insert("MessageMetadata".to_owned(), metadata);
        self.broadcast(now, now, chat, &chat_frame(frame), out);
        if whole {
            self.chats[chat].store(item);
        } else {
            let next = next + 1;
            let step = Step::Stream { id, chunks, next };
            self.after(now + CHUNK_GAP_MS, Timer::Step { chat, step });
        }
    }
}

const PLAIN: &str = "text/plain";

fn message(author: Arc<Author>, content_type: &str, content: String) -> Draft {
    Draft {
        author: Some(author),
        kind: Kind::Message,
        content_type: content_type.to_owned(),
        content: Some(content),
        stored: true,
    }
}

impl Chat {
    /// Goes on under another contact of the same chain.
    fn enter(&mut self, contact_id: &str) {
        self.contact_id = contact_id.into();
        self.contacts.insert(contact_id.to_owned());
    }
}
