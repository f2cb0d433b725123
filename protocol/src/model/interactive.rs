use serde::{Deserialize, Serialize};

use crate::secret::Secret;

/// A message that asks for a choice (Amazon Connect `…message.interactive`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Interactive {
    /// What is asked.
    pub template: Template,
    /// The provider's id of the template (`templateIdentifier`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template_id: Option<String>,
    /// A later message with the same reference replaces this one on screen (`referenceId`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference_id: Option<String>,
    /// What to show once the user has chosen, without asking the provider (`replyMessage`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<ReplyMessage>,
}

impl Interactive {
    /// A template that stands alone, with no reference and no reply.
    #[must_use]
    pub const fn new(template: Template) -> Self {
        Self { template, template_id: None, reference_id: None, reply: None }
    }
}

/// The forms that a question can take. What no form fits stays readable as [`Template::Unknown`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Template {
    /// A list with details (`ListPicker`).
    ListPicker {
        /// What stands above the list.
        heading: Heading,
        /// What can be chosen.
        elements: Vec<Element>,
        /// Where the list can be paged: its id and the indices of the pages around.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        list_id: Option<String>,
        /// `preIndex`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        previous_index: Option<i64>,
        /// `nextIndex`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next_index: Option<i64>,
    },
    /// Points in time (`TimePicker`).
    TimePicker {
        /// What stands above the slots.
        heading: Heading,
        /// Minutes between UTC and the place's time, as the sender wrote them (`timeZoneOffset`); the vendor does not
        /// say which way they count.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        time_zone_offset_minutes: Option<i64>,
        /// Where it will take place.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        location: Option<Location>,
        /// What can be chosen.
        slots: Vec<TimeSlot>,
    },
    /// Buttons under a picture (`Panel`).
    Panel {
        /// What stands above the buttons.
        heading: Heading,
        /// What can be chosen.
        elements: Vec<Element>,
    },
    /// Short answers in a row (`QuickReply`).
    QuickReply {
        /// What stands above the answers.
        heading: Heading,
        /// What can be chosen.
        elements: Vec<Element>,
    },
    /// Panels or lists side by side (`Carousel`).
    Carousel {
        /// What stands above the cards.
        heading: Heading,
        /// The cards.
        cards: Vec<Card>,
    },
    /// A form whose description is fetched by its token (`ViewResource`).
    View {
        /// The provider's id of the view (`viewId`).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        /// What the description is fetched with (`viewToken`); never written out.
        #[serde(skip)]
        token: Secret,
        /// Values to put into the form, as JSON text (`viewData`).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        data: Option<String>,
    },
    /// A template that we do not know, or one that lacks what it must have.
    Unknown {
        /// What it calls itself, where it says.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// The whole template as it came.
        raw: String,
        /// Why it could not be read as a known one.
        reason: String,
    },
}

/// What stands above the choices.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "tests and hosts build it")]
pub struct Heading {
    /// The question.
    pub title: String,
    /// More about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subtitle: Option<String>,
    /// A picture to show with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<Image>,
}

/// A picture, by its address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "tests and hosts build it")]
pub struct Image {
    /// Where it is (`imageData`). From the provider, unchecked: the host decides whether to fetch it.
    pub url: String,
    /// What to say where it cannot be shown (`imageDescription`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// One choice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "tests and hosts build it")]
pub struct Element {
    /// Its text; also what is sent when it is chosen.
    pub title: String,
    /// More about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subtitle: Option<String>,
    /// A picture to show with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<Image>,
    /// What choosing it does, where that is not "send its title".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<ElementAction>,
}

/// What choosing an element does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ElementAction {
    /// Tells the provider to do something with the list (`type: "action"`, e.g. `SHOW_MORE`).
    Ask {
        /// `actionDetail`.
        detail: String,
    },
    /// Opens an address on the user's side and sends nothing (`type: "hyperlink"`).
    Open {
        /// The address, unchecked.
        url: String,
    },
}

/// A point in time that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "tests and hosts build it")]
pub struct TimeSlot {
    /// The provider's text for it, such as `2026-03-16T15:00+00:00`; also what is sent when it is chosen.
    pub date: String,
    /// How long it takes, in minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_minutes: Option<i64>,
}

/// Where something takes place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "tests and hosts build it")]
pub struct Location {
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Degrees north, as the provider wrote the number.
    pub latitude: String,
    /// Degrees east, as the provider wrote the number.
    pub longitude: String,
}

/// One card of a carousel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "tests and hosts build it")]
pub struct Card {
    /// `templateIdentifier`, which the answer names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// A panel or a list.
    pub template: Template,
}

/// What to show after a choice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "tests and hosts build it")]
pub struct ReplyMessage {
    /// What it says.
    pub heading: Heading,
}

/// What the user chose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Choice {
    /// An element of a list, panel or quick reply, or a slot of a time picker, counted from 0.
    Element {
        /// Which one.
        index: usize,
    },
    /// An element on a card of a carousel, both counted from 0.
    CardElement {
        /// Which card.
        card: usize,
        /// Which of its elements.
        element: usize,
    },
    /// A form that was filled in.
    Form {
        /// One of the view's actions, such as `Submit`.
        action: String,
        /// The values, as JSON text.
        data: String,
    },
}
