//! Choices as messages.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::dialect::EncodeError;
use crate::model::{Card, Choice, Element, ElementAction, Heading, Interactive, OutgoingContent, Template};

/// What the answer to a carousel says, as JSON in a plain text.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CardChoice<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    template_identifier: Option<&'a str>,
    list_title: &'a str,
    selection_text: &'a str,
}

/// An answer in the provider's own form.
#[derive(Serialize)]
struct ActionAnswer<'a> {
    version: &'static str,
    data: ActionData<'a>,
    action: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ActionData<'a> {
    action_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pre_index: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_index: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    list_id: Option<&'a str>,
    template_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference_id: Option<&'a str>,
}

/// A form that was filled in.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FormAnswer<'a> {
    version: &'static str,
    template_type: &'static str,
    action: &'a str,
    data: &'a RawValue,
}

/// The message that answers a question: the chosen title or date as text; for a card, the element and its card;
/// for an action or a form, a response in the provider's own form.
pub(super) fn choose(question: &Interactive, choice: &Choice) -> Result<OutgoingContent, EncodeError> {
    match choice {
        Choice::Element { index } => element(question, *index),
        Choice::CardElement { card, element } => card_element(question, *card, *element),
        Choice::Form { action, data } => form(&question.template, action, data),
    }
}

fn element(question: &Interactive, index: usize) -> Result<OutgoingContent, EncodeError> {
    let elements = match &question.template {
        Template::ListPicker { elements, .. }
        | Template::Panel { elements, .. }
        | Template::QuickReply { elements, .. } => elements,
        Template::TimePicker { slots, .. } => {
            let slot = slots.get(index).ok_or_else(|| none_such("time slot", index, slots.len()))?;
            return Ok(OutgoingContent::text(&slot.date));
        }
        Template::Carousel { .. } => return Err(error("it is a carousel: choose a card_element")),
        Template::View { .. } => return Err(error("it is a form: choose form")),
        Template::Unknown { .. } => return Err(unknown()),
    };
    let element = pick(elements, index)?;
    match &element.action {
        None => Ok(OutgoingContent::text(&element.title)),
        Some(action) => ask(&question.template, question.reference_id.as_deref(), action),
    }
}

fn card_element(question: &Interactive, card: usize, element: usize) -> Result<OutgoingContent, EncodeError> {
    let Template::Carousel { cards, .. } = &question.template else {
        return Err(error("it is no carousel: choose element or form"));
    };
    let Card { id, template } = cards.get(card).ok_or_else(|| none_such("card", card, cards.len()))?;
    let (Template::ListPicker { heading, elements, .. } | Template::Panel { heading, elements }) = template
    else {
        return Err(unknown());
    };
    let element = pick(elements, element)?;
    match &element.action {
        None => card_text(id.as_deref(), heading, element),
        Some(action) => ask(template, question.reference_id.as_deref(), action),
    }
}

fn card_text(id: Option<&str>, heading: &Heading, element: &Element) -> Result<OutgoingContent, EncodeError> {
    let choice =
        CardChoice { template_identifier: id, list_title: &heading.title, selection_text: &element.title };
    json(&choice).map(OutgoingContent::text)
}

fn pick(elements: &[Element], index: usize) -> Result<&Element, EncodeError> {
    elements.get(index).ok_or_else(|| none_such("element", index, elements.len()))
}

/// Tells the provider to do something with the list.
fn ask(
    template: &Template,
    reference_id: Option<&str>,
    action: &ElementAction,
) -> Result<OutgoingContent, EncodeError> {
    let detail = match action {
        ElementAction::Ask { detail } => detail,
        ElementAction::Open { .. } => {
            return Err(error("it is a link: open its address, nothing is sent"));
        }
    };
    let mut data = ActionData {
        action_name: detail,
        pre_index: None,
        next_index: None,
        list_id: None,
        template_type: "ListPicker",
        reference_id,
    };
    match template {
        Template::ListPicker { list_id, previous_index, next_index, .. } => {
            (data.pre_index, data.next_index, data.list_id) =
                (*previous_index, *next_index, list_id.as_deref());
        }
        Template::Panel { .. } => data.template_type = "Panel",
        Template::QuickReply { .. } => data.template_type = "QuickReply",
        Template::TimePicker { .. }
        | Template::Carousel { .. }
        | Template::View { .. }
        | Template::Unknown { .. } => {
            return Err(unknown());
        }
    }
    let text = json(&ActionAnswer { version: "1.0", data, action: detail })?;
    Ok(OutgoingContent::InteractiveResponse { text })
}

fn form(template: &Template, action: &str, data: &str) -> Result<OutgoingContent, EncodeError> {
    let Template::View { .. } = template else {
        return Err(error("it is no form: choose element or card_element"));
    };
    let data = if data.trim().is_empty() { "{}" } else { data };
    let data: &RawValue = serde_json::from_str(data).map_err(|_| error("the form's data is no JSON"))?;
    let text = json(&FormAnswer { version: "1.0", template_type: "ViewResource", action, data })?;
    Ok(OutgoingContent::InteractiveResponse { text })
}

fn json(value: &impl Serialize) -> Result<String, EncodeError> {
    serde_json::to_string(value).map_err(|problem| error(&format!("it cannot be written as JSON: {problem}")))
}

fn none_such(what: &str, index: usize, count: usize) -> EncodeError {
    error(&format!("there is no {what} {index}: there are {count}, counted from 0"))
}

fn unknown() -> EncodeError {
    error("its template is not known, so neither is the form of an answer: send a message instead")
}

fn error(problem: &str) -> EncodeError {
    EncodeError { problem: problem.to_owned() }
}

#[cfg(test)]
mod tests;
