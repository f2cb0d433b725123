//! A transcript in a snapshot: its items in order, each with its key and the gap that it was seen in. Where an
//! item stands follows from what it says, and so is not written; but for items that stand in the order of telling.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::chunks::Chunks;
use super::early::EarlyReceipts;
use super::{Entry, Place, Section, Transcript};
use crate::id::MessageKey;
use crate::model::{ItemBody, Receipt, Template, TranscriptChange, TranscriptItem};
use crate::secret::Secret;
use crate::time::WallTime;

/// A transcript as it is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SavedTranscript {
    items: Vec<SavedItem>,
    /// Receipts for what is not here, the one that has waited longest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    early_receipts: Vec<(String, Vec<Receipt>)>,
    gap: u32,
    closed: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dropped_through: Option<Place>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct SavedItem {
    item: TranscriptItem,
    /// What it is known by, where that is not its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    identity: Option<Box<str>>,
    /// Where it stands in the order of telling.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    told: Option<Place>,
    /// It is not the provider's yet, and stands at the end.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pending: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seen_in: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    chunks: Option<Box<Chunks>>,
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    tentative: bool,
    /// Marks of an echo that merely looks like it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    withheld: Vec<Receipt>,
    /// It came without an id.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    nameless: bool,
}

impl SavedTranscript {
    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = MessageKey> {
        self.items.iter().map(|saved| saved.item.key)
    }

    /// Whether items were dropped, and so may be missing that something else still names.
    pub(crate) const fn has_dropped(&self) -> bool {
        self.dropped_through.is_some()
    }

    /// What cannot be, if anything.
    pub(crate) fn contradiction(&self) -> Option<&'static str> {
        let (mut keys, mut ids) = (BTreeSet::new(), BTreeSet::new());
        if !self.keys().all(|key| keys.insert(key)) {
            return Some("a key stands in the transcript twice");
        }
        let names = self.items.iter();
        let mut names = names.filter_map(|it| it.identity.as_deref().or(it.item.server_id.as_deref()));
        if !names.all(|name| ids.insert(name)) {
            return Some("two items have the same id of the provider's");
        }
        let gaps = self.items.iter().filter_map(|saved| saved.seen_in);
        if self.gap == 0 || self.closed > self.gap || gaps.into_iter().any(|gap| gap > self.gap) {
            return Some("a gap is closed, or an item was seen in it, before it was opened");
        }
        None
    }
}

impl Transcript {
    pub(crate) fn save(&self) -> SavedTranscript {
        let items = self.entries.iter().map(|(place, entry)| SavedItem {
            item: entry.item.clone(),
            identity: entry.identity.clone(),
            told: self.told.as_ref().and(Some(*place)).filter(|place| place.section == Section::Settled),
            pending: place.section == Section::Pending,
            seen_in: entry.seen_in,
            chunks: entry.chunks.clone(),
            tentative: entry.tentative.is_some(),
            withheld: entry.tentative.clone().unwrap_or_default(),
            nameless: self.nameless.contains_key(&place.key),
        });
        SavedTranscript {
            items: items.collect(),
            early_receipts: self.early_receipts.save(),
            gap: self.gap,
            closed: self.closed,
            dropped_through: self.dropped_through,
        }
    }

    /// `view_tokens` has the tokens of forms that were written, which the items are without.
    pub(crate) fn restore(
        blank: Self,
        saved: SavedTranscript,
        view_tokens: &BTreeMap<MessageKey, String>,
    ) -> Self {
        let mut transcript = blank;
        for saved in saved.items {
            let SavedItem { mut item, identity, told, pending, seen_in, chunks, .. } = saved;
            let (tentative, nameless) = (saved.tentative.then_some(saved.withheld), saved.nameless);
            if let Some(token) = view_tokens.get(&item.key)
                && let Some(slot) = view_token(&mut item)
            {
                *slot = Secret::new(token.as_str());
            }
            let key = item.key;
            let entry = Entry { item, identity, seen_in, chunks, tentative };
            let place = if pending {
                Place { section: Section::Pending, at: WallTime::EPOCH, tie: 0, key }
            } else {
                transcript.place_again(&entry, told)
            };
            transcript.insert(place, entry);
            if nameless {
                transcript.nameless.insert(place.key, ());
            }
        }
        transcript.early_receipts = EarlyReceipts::restore(saved.early_receipts);
        (transcript.gap, transcript.closed) = (saved.gap, saved.closed);
        transcript.dropped_through = saved.dropped_through;
        transcript
    }

    /// The tokens of the forms in it.
    pub(crate) fn view_tokens(&self) -> BTreeMap<MessageKey, String> {
        let forms = self.iter().filter_map(|item| {
            let ItemBody::Interactive { interactive } = &item.body else { return None };
            let Template::View { token, .. } = &interactive.template else { return None };
            (!token.is_empty()).then(|| (item.key, token.expose().to_owned()))
        });
        forms.collect()
    }

    /// All of it, as one who knows nothing is told.
    pub(crate) fn tell(&self, changes: &mut Vec<TranscriptChange>) {
        for place in self.places_in_order() {
            self.report_added(place.key, changes);
        }
    }

    fn places_in_order(&self) -> impl Iterator<Item = &Place> {
        self.entries.keys()
    }
}

fn view_token(item: &mut TranscriptItem) -> Option<&mut Secret> {
    let ItemBody::Interactive { interactive } = &mut item.body else { return None };
    let Template::View { token, .. } = &mut interactive.template else { return None };
    Some(token)
}

/// A place among others, for those that outlive their item. The tie is written in hexadecimal, as not every
/// reader of JSON has whole numbers of 64 bits.
#[derive(Serialize, Deserialize)]
struct SavedPlace {
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pending: bool,
    at: WallTime,
    tie: String,
    key: MessageKey,
}

impl Serialize for Place {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { section, at, tie, key } = *self;
        let saved = SavedPlace { pending: section == Section::Pending, at, tie: format!("{tie:x}"), key };
        saved.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Place {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let SavedPlace { pending, at, tie, key } = SavedPlace::deserialize(deserializer)?;
        let tie = u64::from_str_radix(&tie, 16)
            .map_err(|_| serde::de::Error::custom("a tie is a hexadecimal number"))?;
        let section = if pending { Section::Pending } else { Section::Settled };
        Ok(Self { section, at, tie, key })
    }
}
