//! What the emulator cannot know by itself: which of the things that a customer said twice the client could not help.
//!
//! The service recognises no ids, so a message that is sent again stands there twice. The client asks the history
//! before it sends one again. What is left is out of its power: a request that the network brings twice, and one that
//! was still under way, and is acted upon after the history was read. Only these are excused.

use std::collections::BTreeMap;

use helpline_emulator::bright_pattern::{Party, Server, TranscriptEntry};
use helpline_emulator::io::{Input, Output};

use super::Entry;
use crate::network::original;

/// The emulator's machine, and what was seen of requests to it.
#[derive(Debug)]
pub struct Witness {
    /// The machine.
    pub machine: Server,
    client_id: String,
    /// Requests so far.
    steps: u64,
    /// Requests that led to something which the customer said, by its id, in the order of their acting.
    said: BTreeMap<String, Vec<Seen>>,
    histories: Vec<Seen>,
}

/// A request that the server acted upon.
#[derive(Clone, Copy, Debug)]
struct Seen {
    /// The client's number of it: the greater, the later it was made.
    exchange: u64,
    /// The network made it of another, whose answer alone the client hears: that one may have been refused.
    copy: bool,
    /// Which request it was at the server.
    step: u64,
}

impl Witness {
    pub(super) const fn new(machine: Server, client_id: String) -> Self {
        Self { machine, client_id, steps: 0, said: BTreeMap::new(), histories: Vec::new() }
    }

    pub(super) fn handle(&mut self, wall: u64, input: Input, out: &mut Vec<Output>) {
        let Input::Http { exchange, request } = &input else {
            self.machine.handle(wall, input, out);
            return;
        };
        self.steps += 1;
        let (exchange, copy) = original(*exchange);
        let seen = Seen { exchange, copy, step: self.steps };
        if request.path().ends_with("/history") {
            self.histories.push(seen);
        }
        let before = self.events().len();
        self.machine.handle(wall, input, out);
        let own = |event: &&TranscriptEntry| event.by == Party::Customer;
        let new: Vec<Entry> =
            self.events().iter().skip(before).filter(own).cloned().filter_map(Entry::new).collect();
        for entry in new {
            self.said.entry(entry.id).or_default().push(seen);
        }
    }

    fn events(&self) -> &[TranscriptEntry] {
        let chat = self.machine.chat_of_client(&self.client_id);
        chat.map(|chat| self.machine.transcript(chat)).unwrap_or_default()
    }

    /// The transcript, without what stands there twice by no fault of the client's.
    pub(super) fn transcript(&self) -> Vec<Entry> {
        let mut copies = BTreeMap::<String, usize>::new();
        let mut all = Vec::new();
        for entry in self.events().iter().cloned().filter_map(Entry::new) {
            if entry.event.by == Party::Customer {
                let copy = copies.entry(entry.id.clone()).or_default();
                *copy += 1;
                if *copy > 1 && self.is_excused(&entry.id, *copy - 1) {
                    continue;
                }
            }
            all.push(entry);
        }
        all
    }

    /// How many things stand there twice by no fault of the client's.
    pub(super) fn excused(&self) -> u64 {
        let twice = |(id, seen): (&String, &Vec<Seen>)| {
            (1..seen.len()).filter(|copy| self.is_excused(id, *copy)).count() as u64
        };
        self.said.iter().map(twice).sum()
    }

    /// Whether the client could not help it that this stands there once more; `copy` counts from 0.
    fn is_excused(&self, id: &str, copy: usize) -> bool {
        let Some(all) = self.said.get(id) else { return false };
        let Some((one, earlier)) = all.get(copy).zip(all.get(..copy)) else { return false };
        earlier.iter().any(|other| {
            let (first, again) = if one.exchange < other.exchange { (one, other) } else { (other, one) };
            let read_before_it_acted = |history: &Seen| {
                (first.exchange..again.exchange).contains(&history.exchange) && history.step < first.step
            };
            one.copy || other.copy || self.histories.iter().any(read_before_it_acted)
        })
    }
}
