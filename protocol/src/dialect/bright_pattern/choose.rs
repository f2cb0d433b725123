//! Choices as messages.

use crate::dialect::EncodeError;
use crate::model::{Choice, Interactive, OutgoingContent, Template};

/// The message that answers a question: the chosen text, with the question that it answers.
pub(super) fn choose(question: &Interactive, choice: &Choice) -> Result<OutgoingContent, EncodeError> {
    let error = |problem: String| EncodeError { problem };
    let Choice::Element { index } = choice else {
        return Err(error("it is a row of short answers: choose element".to_owned()));
    };
    let (Template::QuickReply { elements, .. } | Template::Panel { elements, .. }) = &question.template
    else {
        return Err(error("it is no row of short answers".to_owned()));
    };
    let element = elements.get(*index).ok_or_else(|| {
        error(format!("there is no element {index}: there are {}, counted from 0", elements.len()))
    })?;
    // A question without an id cannot be named; its answer is a message like any other.
    Ok(match &question.template_id {
        Some(id) => OutgoingContent::Reply { text: element.title.clone(), question: id.clone() },
        None => OutgoingContent::text(&element.title),
    })
}

#[cfg(test)]
mod tests;
