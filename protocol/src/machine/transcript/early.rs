//! Receipts that came before the message they are for, or before its id was known.

use std::collections::BTreeMap;

use super::merge::merge_receipts;
use crate::model::Receipt;

/// How many messages are remembered. Of more, the one that has waited longest is forgotten: its receipts are in
/// the transcript's items too.
pub(super) const MOST: usize = 256;

/// The receipts that wait for their message.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct EarlyReceipts {
    by_id: BTreeMap<Box<str>, (u64, Vec<Receipt>)>,
    noted: u64,
}

impl EarlyReceipts {
    /// Remembers receipts for a message that is not here.
    pub(super) fn note(&mut self, server_id: &str, receipts: &[Receipt]) {
        if self.by_id.len() >= MOST && !self.by_id.contains_key(server_id) {
            let oldest = self.by_id.iter().min_by_key(|(_, (noted, _))| *noted);
            if let Some(oldest) = oldest.map(|(id, _)| id.clone()) {
                self.by_id.remove(&oldest);
            }
        }
        self.noted = self.noted.saturating_add(1);
        let noted = self.noted;
        let (_, waiting) = self.by_id.entry(server_id.into()).or_insert_with(|| (noted, Vec::new()));
        merge_receipts(waiting, receipts);
    }

    /// All of them, the one that has waited longest first.
    pub(super) fn save(&self) -> Vec<(String, Vec<Receipt>)> {
        let mut all: Vec<_> = self.by_id.iter().collect();
        all.sort_by_key(|(_, (noted, _))| *noted);
        all.into_iter().map(|(id, (_, receipts))| (String::from(&**id), receipts.clone())).collect()
    }

    /// As they were saved.
    pub(super) fn restore(saved: Vec<(String, Vec<Receipt>)>) -> Self {
        let mut early = Self::default();
        for (id, receipts) in saved {
            early.note(&id, &receipts);
        }
        early
    }

    /// How many messages are remembered.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// The message is here.
    pub(super) fn take(&mut self, server_id: Option<&str>) -> Vec<Receipt> {
        server_id.and_then(|id| self.by_id.remove(id)).map(|(_, receipts)| receipts).unwrap_or_default()
    }
}
