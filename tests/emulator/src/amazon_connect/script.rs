//! How the agent behaves by itself.

use super::agent::AgentAction;
use super::attachments::Scan;
use super::chat::Chat;
use super::item::{Author, Item, Role};
use super::machine::{Server, Timer};
use super::receipts::Which;
use super::replies;
use crate::io::Output;

/// A plan for one chat. Every delay is in milliseconds; `None` means: not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentScript {
    /// Names of the agents; the first one starts, each transfer goes to the next.
    pub names: Vec<String>,
    /// What the flow says when the customer is there.
    pub flow_message: Option<String>,
    /// When the agent joins, after the customer is there.
    pub join_after_ms: Option<u64>,
    /// What the agent says on joining.
    pub greeting: Option<String>,
    /// When a customer's message is confirmed as delivered.
    pub delivered_after_ms: Option<u64>,
    /// When it is confirmed as read.
    pub read_after_ms: Option<u64>,
    /// When the agent starts to type.
    pub typing_after_ms: Option<u64>,
    /// When the agent answers, counted from the message.
    pub reply_after_ms: u64,
    /// What the agent answers.
    pub reply: Reply,
    /// Messages that the agent sends without being asked.
    pub rate: Option<Rate>,
    /// How the customer's files are scanned.
    pub scan: Scan,
    /// When an authentication succeeds by itself, counted from the asking for its address.
    pub authenticated_after_ms: Option<u64>,
    /// The customer's name once authenticated; without it the name stays.
    pub authenticated_name: Option<String>,
}

/// What the agent answers to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// Nothing.
    Nothing,
    /// `echo: <text>`.
    Echo,
    /// Friendly words, and what the keywords ask for.
    Helpful,
}

/// Messages at a rate: `tick 1`, `tick 2`, ...
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Milliseconds from one to the next, 1 at least.
    pub every_ms: u64,
    /// How many.
    pub count: u64,
}

impl AgentScript {
    /// Does nothing at all: for tests that drive the agent by hand.
    #[must_use]
    pub fn silent() -> Self {
        Self {
            names: vec!["Tomasz".to_owned(), "Mara".to_owned(), "Jonas".to_owned()],
            flow_message: None,
            join_after_ms: None,
            greeting: None,
            delivered_after_ms: None,
            read_after_ms: None,
            typing_after_ms: None,
            reply_after_ms: 0,
            reply: Reply::Nothing,
            rate: None,
            scan: Scan::Off,
            authenticated_after_ms: None,
            authenticated_name: None,
        }
    }

    /// Answers each message with `echo: <text>` at once, and does nothing else.
    #[must_use]
    pub fn echo() -> Self {
        Self { reply: Reply::Echo, ..Self::silent() }
    }

    /// A chat as one would have it: greeting, typing, receipts, answers, and keywords that show every kind of message.
    #[must_use]
    pub fn demo() -> Self {
        Self {
            flow_message: Some("You are now being placed in queue.".to_owned()),
            join_after_ms: Some(1000),
            greeting: Some(
                "Hello, thanks for writing in. How can I help? (Say \"help\" to see what I can do.)"
                    .to_owned(),
            ),
            delivered_after_ms: Some(300),
            read_after_ms: Some(800),
            typing_after_ms: Some(900),
            reply_after_ms: 1500,
            reply: Reply::Helpful,
            scan: Scan::ByName { after_ms: 1200 },
            authenticated_after_ms: Some(4000),
            authenticated_name: Some("Ines Roth".to_owned()),
            ..Self::silent()
        }
    }

    /// The same with messages that nobody asked for.
    #[must_use]
    pub const fn with_rate(mut self, every_ms: u64, count: u64) -> Self {
        self.rate = Some(Rate { every_ms, count });
        self
    }

    pub(crate) fn agent_name(&self, index: usize) -> &str {
        let count = self.names.len().max(1);
        self.names.get(index % count).map_or("Tomasz", String::as_str)
    }
}

impl Server {
    fn plan(&mut self, due_ms: u64, chat: usize, action: AgentAction) {
        self.after(due_ms, Timer::Act { chat, action });
    }

    /// The customer is there: the first subscribed socket, or connected without one.
    pub(super) fn on_customer_present(&mut self, now_ms: u64, chat: usize, out: &mut Vec<Output>) {
        let state = &mut self.chats[chat];
        if state.present || state.ended {
            return;
        }
        state.present = true;
        let initial = state.initial.take();
        let rehydrated = !state.past.is_empty();
        let script = state.script.clone();
        if rehydrated {
            // By nobody in particular: it has a name and a role, and no id.
            let nobody = Author {
                participant_id: String::new(),
                display_name: "SYSTEM_MESSAGE".to_owned(),
                role: Role::System,
            };
            self.publish_event(now_ms, chat, Some(nobody.into()), "chat.rehydrated", None, out);
        }
        let mut ready_ms = now_ms;
        if let Some(text) = script.flow_message {
            let customer = self.chats[chat].customer.clone();
            self.publish_event(now_ms, chat, Some(customer), "participant.joined", None, out);
            ready_ms = now_ms + 200;
            self.plan(ready_ms, chat, AgentAction::System(text));
        }
        if let Some(wait) = script.join_after_ms {
            ready_ms = ready_ms.max(now_ms + wait);
            self.plan(ready_ms, chat, AgentAction::Join);
        }
        if let Some(text) = script.greeting {
            ready_ms += 400;
            self.plan(ready_ms, chat, AgentAction::Say(text));
        }
        if let Some(position) = initial {
            self.react(ready_ms, chat, position);
        }
        if let Some(rate) = script.rate {
            let many = AgentAction::SayMany {
                prefix: "tick".to_owned(),
                count: rate.count,
                every_ms: rate.every_ms,
            };
            self.plan(ready_ms + rate.every_ms.max(1), chat, many);
        }
    }

    /// The customer has written.
    pub(super) fn react(&mut self, now_ms: u64, chat: usize, position: usize) {
        let state = &mut self.chats[chat];
        let Some(item) = state.items.get(position) else {
            return;
        };
        let which = || Which::Ids(vec![item.id.clone()]);
        let script = &state.script;
        let mut plan = Vec::new();
        if let Some(wait) = script.delivered_after_ms {
            plan.push((wait, AgentAction::MarkDelivered(which())));
        }
        if let Some(wait) = script.read_after_ms {
            plan.push((wait, AgentAction::MarkRead(which())));
        }
        let wait = script.reply_after_ms;
        let typing = script.typing_after_ms.filter(|typing| *typing < wait);
        let answers = match script.reply {
            Reply::Nothing => Vec::new(),
            Reply::Echo => vec![(0, AgentAction::Say(format!("echo: {}", text_of(item))))],
            Reply::Helpful => {
                let reply = replies::reply(&replies::Said {
                    content_type: &item.content_type,
                    text: &text_of(item),
                    offers: &state.offers,
                    count: state.replies,
                });
                state.replies += 1;
                reply
            }
        };
        if let (Some(typing), false) = (typing, answers.is_empty()) {
            plan.push((typing, AgentAction::Typing));
        }
        plan.extend(answers.into_iter().map(|(more, action)| (wait + more, action)));
        for (wait, action) in plan {
            self.plan(now_ms + wait, chat, action);
        }
    }
}

/// What an item says: its content, or the name of its file.
fn text_of(item: &Item) -> String {
    let name = item.attachment.as_ref().map(|attachment| attachment.name.clone());
    item.content.clone().or(name).unwrap_or_default()
}

impl Chat {
    /// Hands the chat over to the next agent of the script, under a new contact.
    pub(super) fn next_agent_name(&mut self) -> String {
        let name = self.script.agent_name(self.next_agent).to_owned();
        self.next_agent += 1;
        name
    }
}
