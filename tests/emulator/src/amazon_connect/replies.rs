//! What a helpful agent answers.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::Value;

use super::agent::AgentAction;
use super::interactive::InteractiveKind;
use super::item::INTERACTIVE_RESPONSE;
use crate::words;

/// What the customer said, and what was on offer.
pub(super) struct Said<'a> {
    /// Empty for a file.
    pub(super) content_type: &'a str,
    pub(super) text: &'a str,
    pub(super) offers: &'a BTreeMap<String, String>,
    /// Answers given so far, so that they vary.
    pub(super) count: u64,
}

const HELP: &str = "Try one of these words: menu, quick, time, panel, carousel, view, file, auth, bot, \
                    markdown, history, transfer, idle, help, bye. Anything else gets an answer too.";

/// What the agent does, each with a delay after the usual time for an answer.
pub(super) fn reply(said: &Said<'_>) -> Vec<(u64, AgentAction)> {
    if said.content_type.is_empty() {
        return say(format!("Thank you, I have your file {}.", said.text));
    }
    if said.content_type == INTERACTIVE_RESPONSE {
        return say(response(said.text));
    }
    if let Some(answer) = said.offers.get(said.text).cloned().or_else(|| carousel(said.text)) {
        return say(answer);
    }
    keyword(&words::keyword(said.text)).unwrap_or_else(|| say(friendly(said.text, said.count)))
}

fn say(text: impl Into<String>) -> Vec<(u64, AgentAction)> {
    vec![(0, AgentAction::Say(text.into()))]
}

fn show(kind: InteractiveKind) -> Vec<(u64, AgentAction)> {
    vec![(0, AgentAction::Interactive(kind))]
}

fn keyword(word: &str) -> Option<Vec<(u64, AgentAction)>> {
    Some(match word {
        "menu" | "list" => show(InteractiveKind::ListPicker),
        "stores" => show(InteractiveKind::ListPickerActions),
        "quick" => show(InteractiveKind::QuickReply),
        "time" => show(InteractiveKind::TimePicker),
        "panel" => show(InteractiveKind::Panel),
        "carousel" => show(InteractiveKind::Carousel),
        "view" => show(InteractiveKind::View),
        "file" => vec![(
            0,
            AgentAction::SendAttachment {
                name: "return-label.txt".to_owned(),
                content_type: "text/plain".to_owned(),
                bytes: Bytes::from_static(b"Return label\n\nOrder A-20417\nShop, 1 Harbour Road\n"),
            },
        )],
        "auth" => vec![
            (0, AgentAction::Say("Please sign in, so that I can see your orders.".to_owned())),
            (200, AgentAction::RequestAuthentication),
        ],
        "bot" => {
            let chunks = ["Your parcel ", "left the depot ", "at 06:10. ", "It should be with you today."];
            vec![(0, AgentAction::StreamBot(chunks.map(str::to_owned).to_vec()))]
        }
        "markdown" => vec![(
            0,
            AgentAction::SayMarkdown(
                "**Your order**\n\n- *one* lamp\n- two [bulbs](https://shop.example/bulbs)\n\n`A-20417`"
                    .to_owned(),
            ),
        )],
        "history" => vec![(0, AgentAction::SayMany { prefix: "line".to_owned(), count: 40, every_ms: 20 })],
        "transfer" => vec![
            (0, AgentAction::Say("One moment, I will pass you on to a colleague.".to_owned())),
            (600, AgentAction::Transfer),
            (1400, AgentAction::Say("Hello, I have read what you wrote. How can I help?".to_owned())),
        ],
        "idle" => vec![(0, AgentAction::Idle), (2000, AgentAction::Returned)],
        "help" => say(HELP),
        "bye" | "end" => vec![
            (0, AgentAction::Say("Thank you for your time. Goodbye!".to_owned())),
            (400, AgentAction::Leave),
            (600, AgentAction::End),
        ],
        _ => return None,
    })
}

/// The answer to a form that was filled in, or to a list's "show more".
fn response(content: &str) -> String {
    let content: Value = serde_json::from_str(content).unwrap_or_default();
    match content.get("action").and_then(Value::as_str) {
        Some("SHOW_MORE") => "Here are more: Hill store, Park store, Mill store.".to_owned(),
        Some(action) if content["templateType"] == "ViewResource" => {
            format!("Thank you, I have your form ({action}).")
        }
        Some(action) => format!("Understood: {action}."),
        None => "Thank you, I have your answer.".to_owned(),
    }
}

/// The answer to a choice from a carousel, which comes as JSON.
fn carousel(text: &str) -> Option<String> {
    let choice: Value = serde_json::from_str(text).ok()?;
    let (title, chosen) = (choice.get("listTitle")?, choice.get("selectionText")?);
    Some(format!("\"{}\" at \"{}\": noted.", chosen.as_str()?, title.as_str()?))
}

fn friendly(text: &str, count: u64) -> String {
    let quoted = words::quoted(text);
    match count % 5 {
        0 => format!("You wrote \"{quoted}\". Let me look into that for you."),
        1 => format!("Thanks. About \"{quoted}\": I can see it in your order, one moment please."),
        2 => format!("I understand: \"{quoted}\". I have made a note of it."),
        3 => format!("\"{quoted}\": good that you tell us. Is there anything else?"),
        _ => format!("Got it, \"{quoted}\". We will see to it today."),
    }
}
