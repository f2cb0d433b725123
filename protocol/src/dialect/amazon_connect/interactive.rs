//! Questions with choices: the JSON in the content of an interactive message.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::decode::without_view_token;
use crate::limits::Limits;
use crate::model::{
    Card, Element, ElementAction, Heading, Image, Interactive, Location, ReplyMessage, Template, TimeSlot,
};
use crate::secret::Secret;
use crate::wire::json::{Int, List, Text, object, read};
use crate::wire::text::{cut_chars, has_more_chars};

/// Elements, slots or cards of one question. The documentation allows 20 at the most.
const ELEMENTS: usize = 256;

object! {
    /// What all templates have in common.
    struct Outline<'a> {
        name: Text<'a> = "templateType",
        id: Text<'a> = "templateIdentifier",
        data: Data<'a> = "data",
    }
}

object! {
    struct Data<'a> {
        reply: WireHeading<'a> = "replyMessage",
        content: &'a RawValue = "content",
    }
}

object! {
    struct WireHeading<'a> {
        title: Text<'a> = "title",
        subtitle: Text<'a> = "subtitle",
        image: Text<'a> = "imageData",
        description: Text<'a> = "imageDescription",
    }
}

object! {
    struct Reference<'a> {
        id: Text<'a> = "referenceId",
    }
}

object! {
    /// ListPicker, Panel, QuickReply.
    struct Choices<'a> {
        elements: List<WireElement<'a>, ELEMENTS> = "elements",
        list_id: Text<'a> = "listId",
        previous: Int = "preIndex",
        next: Int = "nextIndex",
    }
}

object! {
    struct WireElement<'a> {
        title: Text<'a> = "title",
        subtitle: Text<'a> = "subtitle",
        image: Text<'a> = "imageData",
        description: Text<'a> = "imageDescription",
        kind: Text<'a> = "type",
        detail: Text<'a> = "actionDetail",
        url: Text<'a> = "url",
    }
}

object! {
    struct Times<'a> {
        offset: Int = "timeZoneOffset",
        location: WireLocation<'a> = "location",
        slots: List<WireSlot<'a>, ELEMENTS> = "timeslots",
    }
}

object! {
    struct WireSlot<'a> {
        date: Text<'a> = "date",
        duration: Int = "duration",
    }
}

object! {
    struct WireLocation<'a> {
        title: Text<'a> = "title",
        latitude: &'a RawValue = "latitude",
        longitude: &'a RawValue = "longitude",
    }
}

object! {
    struct Cards<'a> {
        elements: List<&'a RawValue, ELEMENTS> = "elements",
    }
}

object! {
    struct View<'a> {
        id: Text<'a> = "viewId",
        token: Text<'a> = "viewToken",
        data: &'a RawValue = "viewData",
    }
}

/// The question in a message's content. What is no known template stays readable, with the reason.
pub(super) fn read_question(content: &str, limits: &Limits) -> Interactive {
    let mut spare = String::new();
    let outline = match read::<Outline<'_>>(content, &mut spare, limits) {
        Ok(outline) => outline,
        Err(problem) => {
            return Interactive::new(unknown(None, content, problem.to_string(), limits));
        }
    };
    let name = outline.name.map(Text::into_cow);
    let data = outline.data.unwrap_or_default();
    let inner = data.content.map_or("{}", RawValue::get);
    let template = template(name.as_deref(), inner, limits, Nesting::Whole)
        .unwrap_or_else(|reason| unknown(name.as_deref(), content, reason, limits));
    let mut spare = String::new();
    let reference = part::<Reference<'_>>(inner, &mut spare, limits).unwrap_or_default();
    Interactive {
        template,
        template_id: id(outline.id, limits),
        reference_id: id(reference.id, limits),
        reply: data.reply.and_then(|reply| heading(reply).ok()).map(|heading| ReplyMessage { heading }),
    }
}

/// Whether a template stands alone or on a card, where only panels and lists may be.
#[derive(Clone, Copy)]
enum Nesting {
    Whole,
    Card,
}

fn template(
    name: Option<&str>,
    content: &str,
    limits: &Limits,
    nesting: Nesting,
) -> Result<Template, String> {
    match (name, nesting) {
        (Some("ListPicker"), _) => choices(content, limits, |heading, elements, list| Template::ListPicker {
            heading,
            elements,
            list_id: id(list.list_id, limits),
            previous_index: int(list.previous),
            next_index: int(list.next),
        }),
        (Some("Panel"), _) => {
            choices(content, limits, |heading, elements, _| Template::Panel { heading, elements })
        }
        (Some("QuickReply"), Nesting::Whole) => {
            choices(content, limits, |heading, elements, _| Template::QuickReply { heading, elements })
        }
        (Some("TimePicker"), Nesting::Whole) => time_picker(content, limits),
        (Some("Carousel"), Nesting::Whole) => carousel(content, limits),
        (Some("ViewResource"), Nesting::Whole) => view(content, limits),
        (Some(_), Nesting::Whole) => Err("it is no template that is known".to_owned()),
        (Some(_), Nesting::Card) => Err("it is no template that a card may have".to_owned()),
        (None, _) => Err("it has no templateType".to_owned()),
    }
}

/// Reads a part of a template.
fn part<'a, T: Deserialize<'a>>(text: &'a str, spare: &'a mut String, limits: &Limits) -> Result<T, String> {
    read(text, spare, limits).map_err(|problem| problem.to_string())
}

fn choices<'a>(
    content: &str,
    limits: &'a Limits,
    make: impl FnOnce(Heading, Vec<Element>, Choices<'_>) -> Template + 'a,
) -> Result<Template, String> {
    let mut spare = String::new();
    let mut list = part::<Choices<'_>>(content, &mut spare, limits)?;
    let elements = list.elements.take().ok_or("it has no elements")?.0;
    let elements = elements.into_iter().map(element).collect::<Result<_, _>>()?;
    Ok(make(read_heading(content, limits)?, elements, list))
}

fn time_picker(content: &str, limits: &Limits) -> Result<Template, String> {
    let mut spare = String::new();
    let times = part::<Times<'_>>(content, &mut spare, limits)?;
    let slot = |slot: WireSlot<'_>| {
        let date = slot.date.ok_or("a time slot has no date")?.into_owned();
        Ok(TimeSlot { date, duration_minutes: int(slot.duration) })
    };
    let slots = times.slots.ok_or("it has no timeslots")?.0;
    Ok(Template::TimePicker {
        heading: read_heading(content, limits)?,
        time_zone_offset_minutes: int(times.offset),
        location: times.location.and_then(|place| location(place, limits)),
        slots: slots.into_iter().map(slot).collect::<Result<_, String>>()?,
    })
}

/// A place without both coordinates is left out: the slots can be chosen without it.
fn location(wire: WireLocation<'_>, limits: &Limits) -> Option<Location> {
    Some(Location {
        latitude: scalar(wire.latitude?, limits)?,
        longitude: scalar(wire.longitude?, limits)?,
        title: wire.title.map(Text::into_owned),
    })
}

fn carousel(content: &str, limits: &Limits) -> Result<Template, String> {
    let mut spare = String::new();
    let cards = part::<Cards<'_>>(content, &mut spare, limits)?.elements.ok_or("it has no elements")?.0;
    let heading = read_heading(content, limits)?;
    Ok(Template::Carousel { heading, cards: cards.into_iter().map(|raw| card(raw.get(), limits)).collect() })
}

/// A card that cannot be read leaves the others as they are.
fn card(raw: &str, limits: &Limits) -> Card {
    let mut spare = String::new();
    let outline = match part::<Outline<'_>>(raw, &mut spare, limits) {
        Ok(outline) => outline,
        Err(problem) => {
            return Card { id: None, template: unknown(None, raw, problem, limits) };
        }
    };
    let name = outline.name.map(Text::into_cow);
    let inner = outline.data.and_then(|data| data.content).map_or("{}", RawValue::get);
    let template = template(name.as_deref(), inner, limits, Nesting::Card)
        .unwrap_or_else(|reason| unknown(name.as_deref(), raw, reason, limits));
    Card { id: id(outline.id, limits), template }
}

fn view(content: &str, limits: &Limits) -> Result<Template, String> {
    let mut spare = String::new();
    let view = part::<View<'_>>(content, &mut spare, limits)?;
    let long = |text: &Text<'_>| has_more_chars(text.as_str(), limits.token_chars());
    let token = view.token.filter(|token| !token.as_str().is_empty()).ok_or("it has no viewToken")?;
    if long(&token) {
        return Err(format!("its viewToken has more than {} characters", limits.token_chars()));
    }
    Ok(Template::View {
        // An ARN, and so longer than other ids.
        id: view.id.filter(|id| !long(id)).map(Text::into_owned),
        token: Secret::new(token.into_owned()),
        // An object, or a text that holds one.
        data: view.data.and_then(|data| match data.get().starts_with('"') {
            true => scalar(data, limits),
            false => Some(data.get().to_owned()),
        }),
    })
}

fn element(wire: WireElement<'_>) -> Result<Element, String> {
    let action = match wire.kind.as_ref().map(Text::as_str) {
        Some("action") => wire.detail.map(|detail| ElementAction::Ask { detail: detail.into_owned() }),
        Some("hyperlink") => wire.url.map(|url| ElementAction::Open { url: url.into_owned() }),
        // What else there may come to be is chosen by its title, like anything without a type.
        Some(_) | None => None,
    };
    Ok(Element {
        title: wire.title.ok_or("an element has no title")?.into_owned(),
        subtitle: wire.subtitle.map(Text::into_owned),
        image: image(wire.image, wire.description),
        action,
    })
}

fn read_heading(content: &str, limits: &Limits) -> Result<Heading, String> {
    let mut spare = String::new();
    heading(part(content, &mut spare, limits)?)
}

fn heading(wire: WireHeading<'_>) -> Result<Heading, String> {
    Ok(Heading {
        title: wire.title.ok_or("it has no title")?.into_owned(),
        subtitle: wire.subtitle.map(Text::into_owned),
        image: image(wire.image, wire.description),
    })
}

fn image(url: Option<Text<'_>>, description: Option<Text<'_>>) -> Option<Image> {
    let url = url.map(Text::into_owned).filter(|url| !url.is_empty())?;
    Some(Image { url, description: description.map(Text::into_owned) })
}

fn unknown(name: Option<&str>, raw: &str, reason: String, limits: &Limits) -> Template {
    let name = name.map(|name| cut_chars(name, limits.id_chars()).to_owned());
    Template::Unknown { name, raw: without_view_token(raw).into_owned(), reason }
}

/// An id of a template; one beyond the limit is none, since the question can be read without it.
fn id(id: Option<Text<'_>>, limits: &Limits) -> Option<String> {
    id.map(Text::into_cow)
        .filter(|id| !id.is_empty() && !has_more_chars(id, limits.id_chars()))
        .map(Cow::into_owned)
}

fn int(number: Option<Int>) -> Option<i64> {
    number.and_then(|number| number.0)
}

/// A number as it is written, or the text in a text.
fn scalar(raw: &RawValue, limits: &Limits) -> Option<String> {
    let raw = raw.get();
    if raw.starts_with('"') {
        let mut spare = String::new();
        return part::<Text<'_>>(raw, &mut spare, limits).ok().map(Text::into_owned);
    }
    raw.starts_with(|first: char| first == '-' || first.is_ascii_digit()).then(|| raw.to_owned())
}

#[cfg(test)]
mod tests;
