//! Facts as short lines.

use crate::dialect::{Extension, Fact, Refusal};
use crate::model::{ItemBody, Notice, Participant, Role, Template};

fn who(participant: &Participant) -> String {
    let role = if let Role::Other(other) = &participant.role {
        format!("other {other}")
    } else {
        format!("{:?}", participant.role).to_lowercase()
    };
    let id = participant.id.as_deref().map_or("nobody", |id| id.get(..4).unwrap_or(id));
    match &participant.display_name {
        Some(name) => format!("{role} {id} ({name})"),
        None => format!("{role} {id}"),
    }
}

pub(super) fn body(body: &ItemBody) -> String {
    match body {
        ItemBody::Text { text } => format!("text {text:?}"),
        ItemBody::Html { html, text } => format!("html {html:?} {text:?}"),
        ItemBody::Attachments { attachments } => attachments
            .iter()
            .map(|file| {
                let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
                format!("file {} {} {}", text(&file.id), text(&file.name), text(&file.content_type))
            })
            .collect(),
        ItemBody::Interactive { interactive } => {
            let (Template::QuickReply { heading, elements } | Template::Panel { heading, elements }) =
                &interactive.template
            else {
                return format!("{interactive:?}");
            };
            let titles: Vec<_> = elements.iter().map(|element| element.title.as_str()).collect();
            format!("question {:?} {titles:?} of {:?}", heading.title, interactive.template_id)
        }
        ItemBody::Notice { notice: Notice::ParticipantJoined } => "joined".to_owned(),
        ItemBody::Notice { notice: Notice::ParticipantLeft } => "left".to_owned(),
        ItemBody::Markdown { .. }
        | ItemBody::Json { .. }
        | ItemBody::InteractiveResponse { .. }
        | ItemBody::Notice { .. }
        | ItemBody::Other { .. } => format!("{body:?}"),
    }
}

pub(super) fn fact(fact: &Fact) -> String {
    match fact {
        Fact::Item(item) => {
            let at = item.at.map_or_else(|| "no time".to_owned(), |at| at.to_string());
            let id = item.server_id.as_deref().unwrap_or("no id");
            let identity = item.identity.as_deref().unwrap_or("no identity");
            format!("{}: {} [{id}; {identity}; {at}]", who(&item.sender), body(&item.body))
        }
        Fact::Mark { identity, kind, by, at } => {
            let at = at.map_or_else(|| "no time".to_owned(), |at| at.to_string());
            format!("{kind:?} {identity} by {} [{at}]", by.as_deref().unwrap_or("-"))
        }
        Fact::Typing { participant } => format!("{} types", who(participant)),
        Fact::StoppedTyping { participant } => format!("{} stopped typing", who(participant)),
        Fact::Status { state, wait } => match wait {
            Some(wait) => format!("status {state}, {} s", wait.as_secs()),
            None => format!("status {state}"),
        },
        Fact::Edited { identity, body: edited } => format!("edited {identity}: {}", body(edited)),
        Fact::Deleted { identity } => format!("deleted {identity}"),
        Fact::Extension { identity, event } => {
            let Extension::BrightPattern(event) = &**event;
            let json = serde_json::to_string(event).unwrap();
            let json = if json.len() > 200 { format!("{}…", json.get(..200).unwrap()) } else { json };
            let identity = identity.as_deref().unwrap_or("-");
            format!("{json} [{}]", identity.get(..60).unwrap_or(identity))
        }
        Fact::Over { why } => format!("over: {why}"),
        Fact::Unrecognized { what, raw } => format!("unrecognized {what}: {raw}"),
        Fact::Fault(fault) => {
            let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
            format!("fault: expected {}, found {}", text(&fault.expected), text(&fault.found))
        }
        Fact::Greeted
        | Fact::GreetingRefused
        | Fact::ProbeAnswered { .. }
        | Fact::ProbeRefused { .. }
        | Fact::Receipts { .. } => format!("{fact:?}"),
    }
}

pub(super) fn all(facts: &[Fact]) -> String {
    if facts.is_empty() {
        return "nothing".to_owned();
    }
    facts.iter().map(fact).collect::<Vec<_>>().join("; ")
}

pub(super) fn refusal(refusal: &Refusal) -> String {
    let Refusal { fault, class, detail, retry_after } = refusal;
    let mut text = format!("{class:?}");
    if let Some(detail) = detail {
        text.push_str(&format!(" {detail:?}"));
    }
    text.push_str(&format!(" {:?} {:?}", fault.kind, fault.retry));
    for (name, value) in [
        ("code", &fault.code),
        ("message", &fault.message),
        ("expected", &fault.expected),
        ("found", &fault.found),
    ] {
        if let Some(value) = value {
            text.push_str(&format!(" {name} {value:?}"));
        }
    }
    if let Some(retry_after) = retry_after {
        text.push_str(&format!(" after {} s", retry_after.as_secs()));
    }
    text
}
