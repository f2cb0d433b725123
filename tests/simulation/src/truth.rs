//! Compares what a session shows with what the server has.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use helpline_protocol::model::{Direction, TranscriptItem};

/// One item of a transcript as a server has it.
pub trait Truth {
    /// The server's id of it.
    fn id(&self) -> &str;
    /// What it says, where it says something.
    fn text(&self) -> Option<&str>;
    /// The name of the file, where it is one.
    fn file(&self) -> Option<&str>;
    /// Whether someone said it, as opposed to something having happened.
    fn is_message(&self) -> bool;
    /// Whether the customer said it.
    fn is_own(&self) -> bool;
    /// The id that an item of a session's has here: the server's own, or what else tells it from all others.
    fn id_of(item: &TranscriptItem) -> Option<Cow<'_, str>> {
        item.server_id.as_deref().map(Cow::Borrowed)
    }
    /// All of it in words.
    fn words(&self) -> String;
}

/// How a session's transcript stands to the server's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Items on both sides.
    pub shared: usize,
    /// Items of the server older than the oldest that is shown; they were never asked for.
    pub older: usize,
    /// Notices that were told and that the server does not keep.
    pub passing: usize,
    /// Messages that only the session has, with their state.
    pub only_here: Vec<String>,
    /// What is wrong, in words.
    pub differences: Vec<String>,
}

impl Verdict {
    /// Nothing is missing, doubled, out of order or altered, and nothing waits.
    #[must_use]
    pub fn is_equal(&self) -> bool {
        self.differences.is_empty() && self.only_here.is_empty()
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.differences.is_empty() {
            write!(f, "{} items, equal to the server's", self.shared)?;
        } else {
            write!(f, "{} items, NOT equal to the server's", self.shared)?;
        }
        if self.older > 0 {
            write!(f, ", which has {} older ones", self.older)?;
        }
        if self.passing > 0 {
            write!(f, ", and {} notices that it does not keep", self.passing)?;
        }
        for item in &self.only_here {
            write!(f, "\n  only here: {item}")?;
        }
        for difference in &self.differences {
            write!(f, "\n  {difference}")?;
        }
        Ok(())
    }
}

/// Compares a session's transcript with the server's: ids, order, content, and whose they are.
#[must_use]
pub fn compare<'a, T: Truth>(shown: impl Iterator<Item = &'a TranscriptItem>, server: &[T]) -> Verdict {
    let mut only_here = Vec::new();
    let mut here = Vec::new();
    let mut passing = 0;
    let ids: BTreeSet<&str> = server.iter().map(Truth::id).collect();
    for item in shown {
        match T::id_of(item) {
            None => only_here.push(item.to_string()),
            Some(id) if !item.body.is_message() && !ids.contains(&*id) => passing += 1,
            Some(_) => here.push(item),
        }
    }
    let oldest = here.first().and_then(|item| T::id_of(item));
    let older = oldest.and_then(|id| server.iter().position(|entry| entry.id() == id)).unwrap_or(0);
    let mut differences = Vec::new();
    let truth = &server[older..];
    for place in 0..truth.len().max(here.len()) {
        if let Some(difference) = differs(here.get(place).copied(), truth.get(place)) {
            differences.push(difference);
        }
        if differences.len() >= 3 {
            differences.push("and so on".to_owned());
            break;
        }
    }
    Verdict { shared: here.len(), older, passing, only_here, differences }
}

fn differs<T: Truth>(item: Option<&TranscriptItem>, entry: Option<&T>) -> Option<String> {
    let (item, entry) = match (item, entry) {
        (None, None) => return None,
        (Some(item), None) => return Some(format!("too much: {item}")),
        (None, Some(entry)) => return Some(format!("missing: {}", entry.words())),
        (Some(item), Some(entry)) => (item, entry),
    };
    let same_id = T::id_of(item).as_deref() == Some(entry.id());
    let same_text = match item.body.text() {
        Some(text) => entry.text() == Some(text),
        None => true,
    };
    let same_side = entry.is_own() == (item.direction == Direction::Outgoing);
    if same_id && same_text && same_side {
        return None;
    }
    Some(format!("shown as {item} ({:?}), at the server {}", item.direction, entry.words()))
}
