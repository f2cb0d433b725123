//! The receipts of one conversation in a snapshot: what is done, so that nothing is told twice, and what waits.

use serde::{Deserialize, Serialize};

use super::covered::Covered;
use super::{Flying, ReceiptPolicy, Receipts, Send, Waiting};
use crate::id::MessageKey;
use crate::machine::saved::{Left, Thaw};
use crate::model::ReceiptKind;
use crate::time::Timestamp;

/// Receipts as they are written. `K` is a place in the transcript.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SavedReceipts<K: Ord> {
    enabled: bool,
    automatic_delivered: bool,
    window_micros: u64,
    delivered_delay_micros: u64,
    covered: Covered<K>,
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    waiting: Vec<SavedMark<K>>,
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    on_their_way: Vec<SavedMark<K>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    window_in: Option<Left>,
    #[serde(default)]
    floor_in: Left,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct SavedMark<K> {
    place: K,
    message: MessageKey,
    kind: ReceiptKind,
    #[serde(default)]
    ready_in: Left,
}

impl<K: Ord> SavedReceipts<K> {
    /// How many wait or are on their way.
    pub(crate) fn len(&self) -> usize {
        self.waiting.len().saturating_add(self.on_their_way.len())
    }

    /// The messages they are for.
    pub(crate) fn keys(&self) -> impl Iterator<Item = MessageKey> {
        self.waiting.iter().chain(&self.on_their_way).map(|mark| mark.message)
    }
}

impl<K: Ord + Clone> Receipts<K> {
    pub(crate) fn save(&self, now: Timestamp) -> SavedReceipts<K> {
        let micros = |span: core::time::Duration| u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
        let waiting = self.waiting.iter().map(|(place, waiting)| SavedMark {
            place: place.clone(),
            message: waiting.message,
            kind: waiting.kind,
            ready_in: Left::until(now, waiting.ready),
        });
        let on_their_way = self.flight.iter().map(|flying| SavedMark {
            place: flying.position.clone(),
            message: flying.message,
            kind: flying.kind,
            ready_in: Left::default(),
        });
        SavedReceipts {
            enabled: self.policy.enabled,
            automatic_delivered: self.policy.automatic_delivered,
            window_micros: micros(self.policy.window),
            delivered_delay_micros: micros(self.policy.delivered_delay),
            covered: self.covered.clone(),
            waiting: waiting.collect(),
            on_their_way: on_their_way.collect(),
            window_in: self.window.map(|at| Left::until(now, at)),
            floor_in: Left::until(now, self.not_before),
        }
    }

    /// What the user had changed of the policy stays changed. Those that were on their way are so still: the
    /// caller settles them.
    pub(crate) fn restore(policy: ReceiptPolicy, cap: usize, saved: SavedReceipts<K>, thaw: Thaw) -> Self {
        let micros = core::time::Duration::from_micros;
        let policy = ReceiptPolicy {
            enabled: saved.enabled,
            automatic_delivered: saved.automatic_delivered,
            window: micros(saved.window_micros),
            delivered_delay: micros(saved.delivered_delay_micros),
            style: policy.style,
        };
        let mut receipts = Self::new(policy, cap);
        receipts.covered = saved.covered.with_cap(cap);
        let waiting = saved.waiting.into_iter().map(|mark| {
            let ready = thaw.timer(mark.ready_in);
            (mark.place, Waiting { kind: mark.kind, message: mark.message, ready })
        });
        receipts.waiting = waiting.collect();
        let flight = saved.on_their_way.into_iter().map(|mark| Flying {
            position: mark.place,
            kind: mark.kind,
            message: mark.message,
        });
        receipts.flight = flight.collect();
        receipts.window = saved.window_in.map(|left| thaw.timer(left));
        receipts.not_before = thaw.timer(saved.floor_in);
        receipts
    }

    /// What is on its way.
    pub(crate) fn on_their_way(&self) -> Vec<Send> {
        self.flight.iter().map(|flying| Send { kind: flying.kind, message: flying.message }).collect()
    }
}
