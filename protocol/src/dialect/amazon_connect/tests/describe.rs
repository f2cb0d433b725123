//! Facts in a line of text. Ids are shown by their first eight characters.

use super::*;
use crate::dialect::WireItem;
use crate::error::ProviderFault;
use crate::model::{AttachmentStatus, Element, ElementAction, Heading, ItemBody, Receipt, Template};

pub(super) fn fact(fact: &Fact) -> String {
    match fact {
        Fact::Greeted => "greeted".to_owned(),
        Fact::GreetingRefused => "greeting refused".to_owned(),
        Fact::ProbeAnswered { probe } => format!("probe {probe} answered"),
        Fact::ProbeRefused { probe, status, message } => {
            format!("probe {probe} refused {status:?} {message:?}")
        }
        Fact::Item(wire) => item(wire),
        Fact::Receipts { server_id, receipts } => {
            format!("receipts {}{}", short(server_id), receipt_list(receipts))
        }
        Fact::Typing { participant } => format!("typing {}", who(participant)),
        Fact::Unrecognized { what, raw } => format!("unrecognized <{what}> of {} bytes", raw.len()),
        Fact::Fault(found) => fault(found),
        other @ (Fact::Mark { .. }
        | Fact::StoppedTyping { .. }
        | Fact::Status { .. }
        | Fact::Edited { .. }
        | Fact::Deleted { .. }
        | Fact::Extension { .. }
        | Fact::Over { .. }) => panic!("the service does not say {other:?}"),
    }
}

pub(super) fn fault(fault: &ProviderFault) -> String {
    let mut text = format!("{:?}", fault.kind).to_lowercase();
    if let Some(status) = fault.status {
        text.push_str(&format!(" {status}"));
    }
    for (name, value) in [("code", &fault.code), ("message", &fault.message), ("expected", &fault.expected)] {
        if let Some(value) = value {
            text.push_str(&format!(" {name} <{value}>"));
        }
    }
    if let Some(found) = &fault.found {
        text.push_str(&format!(" found {} bytes", found.len()));
    }
    text
}

fn item(item: &WireItem) -> String {
    let at = item.at.map_or_else(|| "never".to_owned(), |at| at.to_string());
    let id = item.server_id.as_deref().map_or("no-id", short);
    let mut text = format!("{id} {at} {}: {}", who(&item.sender), body(&item.body));
    if let Some(chunk) = item.chunk {
        text.push_str(&format!(" chunk {}{}", chunk.number, if chunk.completed { " completed" } else { "" }));
    }
    if let Some(processing) = &item.processing {
        text.push_str(&format!(" {processing:?}"));
    }
    text.push_str(&receipt_list(&item.receipts));
    match item.segment.as_deref() {
        Some(CONTACT) => {}
        Some(other) => text.push_str(&format!(" in {}", short(other))),
        None => text.push_str(" in no contact"),
    }
    if item.from_past {
        text.push_str(" (past)");
    }
    text
}

fn short(id: &str) -> &str {
    cut_chars(id, 8)
}

fn who(participant: &Participant) -> String {
    let id = participant.id.as_deref().map_or("nobody", short);
    format!("{id} {:?} {}", participant.role, participant.display_name.as_deref().unwrap_or("-"))
}

fn receipt_list(receipts: &[Receipt]) -> String {
    let one = |receipt: &Receipt| {
        let time = |at: Option<crate::time::WallTime>| {
            at.map_or_else(|| "-".to_owned(), |at| at.to_string()[11..].to_owned())
        };
        let by = receipt.by.as_deref().map_or("nobody", short);
        format!(" [{by} delivered {} read {}]", time(receipt.delivered_at), time(receipt.read_at))
    };
    receipts.iter().map(one).collect()
}

fn body(body: &ItemBody) -> String {
    match body {
        ItemBody::Text { text } => format!("text {text:?}"),
        ItemBody::Html { html, .. } => format!("html {html:?}"),
        ItemBody::Markdown { text } => format!("markdown {text:?}"),
        ItemBody::Json { text } => format!("json {text}"),
        ItemBody::InteractiveResponse { text } => format!("response {text}"),
        ItemBody::Interactive { interactive } => question(interactive),
        ItemBody::Notice { notice } => format!("{notice:?}"),
        ItemBody::Other { content_type, content } => format!("other {content_type:?} {content:?}"),
        ItemBody::Attachments { attachments } => {
            let file = |file: &crate::model::Attachment| {
                let status: &AttachmentStatus = &file.status;
                let text = |text: &Option<String>| text.clone().unwrap_or_default();
                format!(" {} {:?} {} {status:?}", text(&file.id), text(&file.name), text(&file.content_type))
            };
            format!("files{}", attachments.iter().map(file).collect::<String>())
        }
    }
}

pub(crate) fn question(question: &Interactive) -> String {
    let mut text = template(&question.template);
    for (name, value) in [("id", &question.template_id), ("reference", &question.reference_id)] {
        if let Some(value) = value {
            text.push_str(&format!(" {name}={value}"));
        }
    }
    if let Some(reply) = &question.reply {
        text.push_str(&format!(" reply {}", heading(&reply.heading)));
    }
    text
}

fn template(template: &Template) -> String {
    match template {
        Template::ListPicker { heading: head, elements, list_id, previous_index, next_index } => {
            let around = (list_id, previous_index, next_index);
            format!("list {} {} {around:?}", heading(head), element_list(elements))
        }
        Template::Panel { heading: head, elements } => {
            format!("panel {} {}", heading(head), element_list(elements))
        }
        Template::QuickReply { heading: head, elements } => {
            format!("quick reply {} {}", heading(head), element_list(elements))
        }
        Template::TimePicker { heading: head, time_zone_offset_minutes, location, slots } => {
            let slots: Vec<_> =
                slots.iter().map(|slot| (slot.date.as_str(), slot.duration_minutes)).collect();
            format!("times {} {time_zone_offset_minutes:?} {location:?} {slots:?}", heading(head))
        }
        Template::Carousel { heading: head, cards } => {
            let card = |card: &crate::model::Card| {
                format!(" <{} {}>", card.id.as_deref().unwrap_or("-"), self::template(&card.template))
            };
            format!("carousel {}{}", heading(head), cards.iter().map(card).collect::<String>())
        }
        Template::View { id, token, data } => {
            format!("view {id:?} token {} {data:?}", token.expose())
        }
        Template::Unknown { name, raw, reason } => {
            format!("unknown {name:?} of {} bytes: {reason}", raw.len())
        }
    }
}

fn heading(heading: &Heading) -> String {
    let mut text = format!("{:?}", heading.title);
    if let Some(subtitle) = &heading.subtitle {
        text.push_str(&format!("/{subtitle:?}"));
    }
    if let Some(image) = &heading.image {
        text.push_str(&format!(" image {} {:?}", image.url, image.description));
    }
    text
}

fn element_list(elements: &[Element]) -> String {
    let one = |element: &Element| {
        let head = Heading {
            title: element.title.clone(),
            subtitle: element.subtitle.clone(),
            image: element.image.clone(),
        };
        let action = match &element.action {
            None => String::new(),
            Some(ElementAction::Ask { detail }) => format!(" asks {detail}"),
            Some(ElementAction::Open { url }) => format!(" opens {url}"),
        };
        format!("{}{action}", heading(&head))
    };
    format!("({})", elements.iter().map(one).collect::<Vec<_>>().join(", "))
}
