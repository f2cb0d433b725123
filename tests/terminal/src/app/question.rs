//! What can be chosen from an interactive message, in the order in which it is shown.

use helpline_protocol::WallTime;
use helpline_protocol::model::{Choice, Element, ElementAction, Heading, Interactive, Template, TimeSlot};

use crate::words::{Clock, clean, clean_line};

/// An interactive message, ready to be shown and answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Question {
    pub(crate) title: String,
    pub(crate) lines: Vec<String>,
    pub(crate) options: Vec<Opt>,
    /// What to say once something is chosen.
    pub(crate) reply: Option<String>,
}

/// One thing to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Opt {
    /// The card it is on, where it is the first on that card.
    pub(crate) card: Option<String>,
    pub(crate) label: String,
    pub(crate) detail: Option<String>,
    pub(crate) act: Act,
}

/// What choosing does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    Choose(Choice),
    Open(String),
}

/// The key that chooses the option at an index.
pub(crate) fn key(index: usize) -> Option<char> {
    let keys = ('1'..='9').chain('a'..='z');
    keys.into_iter().nth(index)
}

impl Question {
    pub(crate) fn new(interactive: &Interactive, clock: &Clock) -> Self {
        let reply = interactive.reply.as_ref().map(|reply| one_line(&reply.heading));
        let mut question = Self { title: String::new(), lines: Vec::new(), options: Vec::new(), reply };
        question.read(&interactive.template, clock);
        question
    }

    /// The option that a key chooses.
    pub(crate) fn option(&self, pressed: char) -> Option<&Opt> {
        let at = (0..self.options.len()).find(|index| key(*index) == Some(pressed))?;
        self.options.get(at)
    }

    /// `1-3`, or `1-9, a-c`; none where nothing can be chosen.
    pub(crate) fn keys(&self) -> Option<String> {
        let last = key(self.options.len().min(35).checked_sub(1)?)?;
        Some(match last {
            '1' => "1".to_owned(),
            '2'..='9' => format!("1-{last}"),
            'a' => "1-9, a".to_owned(),
            _ => format!("1-9, a-{last}"),
        })
    }

    fn read(&mut self, template: &Template, clock: &Clock) {
        match template {
            Template::ListPicker { heading, elements, .. }
            | Template::Panel { heading, elements }
            | Template::QuickReply { heading, elements } => {
                self.head(heading);
                for (index, element) in elements.iter().enumerate() {
                    self.options.push(option(element, Choice::Element { index }));
                }
            }
            Template::TimePicker { heading, time_zone_offset_minutes, location, slots } => {
                self.head(heading);
                if let Some(place) = location {
                    let name = place.title.as_deref().unwrap_or("at");
                    self.lines.push(clean_line(&format!("{name} ({}, {})", place.latitude, place.longitude)));
                }
                for (index, slot) in slots.iter().enumerate() {
                    self.options.push(slot_option(slot, index, *time_zone_offset_minutes, clock));
                }
            }
            Template::Carousel { heading, cards } => {
                self.head(heading);
                for (card, content) in cards.iter().enumerate() {
                    self.card(card, &content.template);
                }
            }
            Template::View { id, .. } => {
                self.title = "A form".to_owned();
                self.lines.push(
                    "This client cannot show forms: write what is asked for as a message instead.".to_owned(),
                );
                self.lines.extend(id.as_deref().map(clean_line));
            }
            Template::Unknown { name, reason, .. } => {
                self.title =
                    name.as_deref().map_or_else(|| "A message to choose from".to_owned(), clean_line);
                self.lines.push(clean_line(&format!("This client cannot show it: {reason}")));
            }
            _ => self.title = "A kind of question that this client does not know".to_owned(),
        }
    }

    fn head(&mut self, heading: &Heading) {
        self.title = clean_line(&heading.title);
        self.lines.extend(heading.subtitle.as_deref().map(clean));
        if let Some(image) = &heading.image {
            self.lines.push(clean_line(&format!(
                "[picture] {}",
                image.description.as_deref().unwrap_or(&image.url)
            )));
        }
    }

    fn card(&mut self, card: usize, template: &Template) {
        let (Template::Panel { heading, elements } | Template::ListPicker { heading, elements, .. }) =
            template
        else {
            return;
        };
        let title = one_line(heading);
        for (element, content) in elements.iter().enumerate() {
            let mut option = option(content, Choice::CardElement { card, element });
            option.card = (element == 0).then(|| title.clone());
            self.options.push(option);
        }
    }
}

/// Title and subtitle together.
fn one_line(heading: &Heading) -> String {
    let more = heading.subtitle.as_deref().map(|more| format!(" · {more}")).unwrap_or_default();
    clean_line(&format!("{}{more}", heading.title))
}

fn option(element: &Element, choice: Choice) -> Opt {
    let act = match &element.action {
        Some(ElementAction::Open { url }) => Act::Open(clean_line(url)),
        Some(ElementAction::Ask { .. }) | None | Some(_) => Act::Choose(choice),
    };
    let detail = match &act {
        Act::Open(url) => Some(url.clone()),
        Act::Choose(_) => element.subtitle.as_deref().map(clean_line),
    };
    Opt { card: None, label: clean_line(&element.title), detail, act }
}

fn slot_option(slot: &TimeSlot, index: usize, offset: Option<i64>, clock: &Clock) -> Opt {
    let time = WallTime::parse(&slot.date).ok().and_then(|at| clock.appointment(at, offset));
    let label = time.unwrap_or_else(|| clean_line(&slot.date));
    let detail = slot.duration_minutes.map(|minutes| format!("{minutes} min"));
    Opt { card: None, label, detail, act: Act::Choose(Choice::Element { index }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_go_on_with_letters() {
        assert_eq!(
            (key(0), key(8), key(9), key(34), key(35)),
            (Some('1'), Some('9'), Some('a'), Some('z'), None)
        );
    }

    #[test]
    fn a_time_picker_shows_times_in_its_own_zone() {
        let template = serde_json::from_str(
            r#"{"type":"time_picker","heading":{"title":"When?"},"time_zone_offset_minutes":60,
                "slots":[{"date":"2026-03-16T15:00+00:00","duration_minutes":30},{"date":"soon"}]}"#,
        );
        let question = Question::new(&Interactive::new(template.unwrap()), &Clock::utc());
        assert_eq!(question.options[0].label, "Mon 16 Mar 16:00");
        assert_eq!(question.options[0].detail.as_deref(), Some("30 min"));
        assert_eq!(question.options[1].label, "soon");
        assert_eq!(question.keys().as_deref(), Some("1-2"));
    }
}
