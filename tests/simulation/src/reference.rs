//! What the transcript must be: what the user handed over, by hand and apart from the session, and what became of it
//! by the session's own words.

use std::collections::{BTreeMap, BTreeSet};

use helpline_protocol::{CommandId, CommandResult, Event, Failure, MessageKey};

use crate::world::Line;

/// One thing that the user handed over.
#[derive(Clone, Debug)]
struct HandedOver {
    command: CommandId,
    message: MessageKey,
    /// What stands in the transcript for it: a text, or the name of a file.
    what: What,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Text(String),
    File(String),
}

/// What the user handed over, in order.
#[derive(Clone, Debug, Default)]
pub struct Reference {
    all: Vec<HandedOver>,
    discarded: BTreeSet<MessageKey>,
}

/// What the session said of the things handed over.
#[derive(Clone, Debug, Default)]
struct Said {
    withdrawn: BTreeSet<CommandId>,
    /// Something failed on the way, so that later ones may have gone before it.
    out_of_order: bool,
}

impl Reference {
    /// A message was accepted.
    pub fn wrote(&mut self, command: CommandId, message: MessageKey, text: &str) {
        self.all.push(HandedOver { command, message, what: What::Text(text.to_owned()) });
    }

    /// A file was accepted.
    pub fn sent_file(&mut self, command: CommandId, message: MessageKey, name: &str) {
        self.all.push(HandedOver { command, message, what: What::File(name.to_owned()) });
    }

    /// A message was taken back.
    pub fn discarded(&mut self, message: MessageKey) {
        self.discarded.insert(message);
    }

    /// How many messages and files were handed over.
    #[must_use]
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether nothing was handed over.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Compares what arrived at the server, in its order, with what was handed over. With `all`, everything that was
    /// not taken back must be there; without, each thing at most once.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn check(&self, texts: &[&str], files: &[&str], lines: &[Line], all: bool) -> Result<(), String> {
        let said = self.said(lines);
        let mut arrived = BTreeMap::new();
        for text in texts {
            *arrived.entry(What::Text((*text).to_owned())).or_insert(0_usize) += 1;
        }
        for file in files {
            *arrived.entry(What::File((*file).to_owned())).or_insert(0) += 1;
        }
        let mut handed = BTreeMap::new();
        for one in &self.all {
            let (most, withdrawn) = handed.entry(&one.what).or_insert((0_usize, 0_usize));
            *most += 1;
            *withdrawn += usize::from(self.is_withdrawn(one, &said));
        }
        for (what, (most, withdrawn)) in &handed {
            let there = arrived.get(what).copied().unwrap_or(0);
            if there > *most {
                return Err(format!("{what:?} was handed over {most} times and arrived {there} times"));
            }
            if all && there + withdrawn < *most {
                return Err(format!(
                    "{what:?} was handed over {most} times, taken back {withdrawn} times, and arrived {there} times"
                ));
            }
        }
        if let Some(stranger) = arrived.keys().find(|what| !handed.contains_key(what)) {
            return Err(format!("{stranger:?} arrived, and was never handed over"));
        }
        if said.out_of_order { Ok(()) } else { self.in_order(texts) }
    }

    /// How many messages with this text were taken back.
    #[must_use]
    pub fn withdrawn(&self, text: &str, lines: &[Line]) -> usize {
        let said = self.said(lines);
        let same = |one: &&HandedOver| matches!(&one.what, What::Text(own) if own == text);
        self.all.iter().filter(same).filter(|one| self.is_withdrawn(one, &said)).count()
    }

    fn is_withdrawn(&self, one: &HandedOver, said: &Said) -> bool {
        said.withdrawn.contains(&one.command) || self.discarded.contains(&one.message)
    }

    /// What arrived stands in the order in which it was handed over.
    fn in_order(&self, texts: &[&str]) -> Result<(), String> {
        let mut handed = self.all.iter().filter_map(|one| match &one.what {
            What::Text(text) => Some(text.as_str()),
            What::File(_) => None,
        });
        for text in texts {
            if !handed.any(|next| next == *text) {
                return Err(format!("{text:?} arrived out of order"));
            }
        }
        Ok(())
    }

    fn said(&self, lines: &[Line]) -> Said {
        let mut said = Said::default();
        let own: BTreeSet<CommandId> = self.all.iter().map(|one| one.command).collect();
        for line in lines {
            match &line.event {
                Event::CommandFinished { command, result: CommandResult::Withdrawn } => {
                    said.withdrawn.insert(*command);
                }
                Event::CommandFinished { command, result: CommandResult::Failed { failure } }
                    if own.contains(command) && !matches!(failure, Failure::Ended { .. }) =>
                {
                    said.out_of_order = true;
                }
                _ => {}
            }
        }
        said
    }
}
