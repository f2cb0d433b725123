//! Which marks are done, in memory that does not grow with the conversation.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::ReceiptKind;

use super::ReceiptStyle;

/// The marks that are done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", bound(deserialize = "K: Ord + Deserialize<'de>"))]
pub(crate) enum Covered<K> {
    /// Up to the latest of each kind, all are.
    UpTo {
        /// The latest delivered one.
        delivered: Option<K>,
        /// The latest read one.
        read: Option<K>,
    },
    /// Each message for itself.
    Each {
        /// The highest mark of each message that is remembered.
        #[serde(with = "pairs", bound(deserialize = "K: Ord + Deserialize<'de>"))]
        done: BTreeMap<K, ReceiptKind>,
        /// Up to here messages are forgotten, and count as done: twice is worse than never, so far back.
        forgotten: Option<K>,
        /// The most that is remembered.
        #[serde(skip)]
        cap: usize,
    },
}

impl<K: Ord> Covered<K> {
    /// Nothing is done.
    pub(super) const fn new(style: ReceiptStyle, cap: usize) -> Self {
        match style {
            ReceiptStyle::LatestOfKind => Self::UpTo { delivered: None, read: None },
            ReceiptStyle::Each => Self::Each { done: BTreeMap::new(), forgotten: None, cap },
        }
    }

    /// The same, remembered within this cap.
    pub(super) fn with_cap(mut self, most: usize) -> Self {
        if let Self::Each { cap, .. } = &mut self {
            *cap = most;
        }
        self
    }

    /// Whether a mark says nothing that is not done.
    pub(super) fn contains(&self, kind: ReceiptKind, position: &K) -> bool {
        match self {
            Self::UpTo { delivered, read } => {
                let reaches = |latest: &Option<K>| latest.as_ref().is_some_and(|latest| latest >= position);
                reaches(read) || (kind == ReceiptKind::Delivered && reaches(delivered))
            }
            Self::Each { done, forgotten, .. } => {
                forgotten.as_ref().is_some_and(|forgotten| forgotten >= position)
                    || done.get(position).is_some_and(|highest| *highest >= kind)
            }
        }
    }

    /// A mark is done.
    pub(super) fn insert(&mut self, kind: ReceiptKind, position: K) {
        if self.contains(kind, &position) {
            return;
        }
        match self {
            Self::UpTo { delivered, read } => match kind {
                ReceiptKind::Delivered => *delivered = Some(position),
                ReceiptKind::Read => *read = Some(position),
            },
            Self::Each { done, forgotten, cap } => {
                done.insert(position, kind);
                while done.len() > *cap {
                    if let Some((oldest, _)) = done.pop_first() {
                        *forgotten = Some(oldest);
                    }
                }
            }
        }
    }
}

/// A map whose keys are no text, as a list of pairs.
mod pairs {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::model::ReceiptKind;

    pub(super) fn serialize<K: Serialize, S: Serializer>(
        map: &BTreeMap<K, ReceiptKind>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(map)
    }

    pub(super) fn deserialize<'de, K: Ord + Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<K, ReceiptKind>, D::Error> {
        Vec::<(K, ReceiptKind)>::deserialize(deserializer).map(|pairs| pairs.into_iter().collect())
    }
}
