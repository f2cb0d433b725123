//! What a message says: HTML, perhaps with its text beside it, perhaps with directives in it.

use super::directive::{Choices, Directed, directed};
use crate::model::{Attachment, AttachmentStatus, Element, Heading, Interactive, ItemBody, Template};
use crate::wire::html::{to_html, to_text};
use crate::wire::json::Scalar;

/// What a message or an edit says.
pub(super) struct Written {
    html: String,
    text: String,
}

impl Written {
    /// From `msg` and `msg_text`; none where neither is there.
    pub(super) fn new(html: &Option<Scalar<'_>>, text: &Option<Scalar<'_>>) -> Option<Self> {
        let html = html.as_ref().and_then(Scalar::as_str);
        // The iOS SDK writes an empty text beside HTML.
        let text = text.as_ref().and_then(Scalar::as_str).filter(|text| !text.is_empty());
        let html = html.or(text)?.to_owned();
        let text = text.map_or_else(|| to_text(&html).into_owned(), str::to_owned);
        Some(Self { html, text })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.html.is_empty() && self.text.is_empty()
    }

    /// As what it is shown. `id` is that of the message, which an answer to a question names.
    pub(super) fn into_body(self, id: Option<&str>) -> ItemBody {
        let is_plain = self.html == self.text || self.html == to_html(&self.text);
        let Some(Directed { text, choices, files }) = directed(&self.text) else {
            let Self { html, text } = self;
            return if is_plain { ItemBody::Text { text } } else { ItemBody::Html { html, text } };
        };
        if let Some(choices) = choices {
            return ItemBody::Interactive { interactive: question(text, choices, id) };
        }
        if let [(url, _)] = files.as_slice()
            && *url == text
        {
            return ItemBody::Attachments { attachments: files.into_iter().map(linked).collect() };
        }
        if is_plain { ItemBody::Text { text } } else { ItemBody::Html { html: self.html, text } }
    }
}

fn question(title: String, choices: Choices, id: Option<&str>) -> Interactive {
    let heading = Heading { title, subtitle: None, image: None };
    let element = |title| Element { title, subtitle: None, image: None, action: None };
    let elements = choices.titles.into_iter().map(element).collect();
    let template = if choices.column {
        Template::Panel { heading, elements }
    } else {
        Template::QuickReply { heading, elements }
    };
    Interactive { template_id: id.map(str::to_owned), ..Interactive::new(template) }
}

/// A file by its address. It is no secret: anybody who is told it can fetch it, and no credential of ours goes there.
pub(super) fn linked((url, kind): (String, Option<String>)) -> Attachment {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let name = path.rsplit('/').next().filter(|name| !name.is_empty()).map(str::to_owned);
    let content_type = kind.map(|kind| format!("{kind}/*"));
    Attachment { id: Some(url), name, content_type, status: AttachmentStatus::Approved }
}
