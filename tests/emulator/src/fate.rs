//! What can befall an answer on its way to the client, and an upload on its way to the server.

use std::collections::BTreeSet;

use crate::chance::{ChanceRule, strikes};
use crate::io::{HttpResponse, Output, Reception};
use crate::rng::Rng;

/// The rules of a provider.
pub(crate) struct Perils<'a, O> {
    /// Lost after acting.
    pub(crate) lost: &'a mut [ChanceRule<O>],
    /// Replaced by something that is no JSON.
    pub(crate) garbage: &'a mut [ChanceRule<O>],
    /// Never sent.
    pub(crate) hang: &'a mut [ChanceRule<O>],
    /// Cut when half of the body is out.
    pub(crate) cut_half: &'a mut [ChanceRule<O>],
}

/// What became of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Arrives,
    Lost,
    Hung,
    /// Replaced by something that is no JSON.
    Garbled,
    Cut,
}

impl<O: Copy + PartialEq> Perils<'_, O> {
    /// Decides about one answer. Of an upload it is the body that is cut, and not the answer: see [`Begun`].
    pub(crate) fn befall(
        self,
        operation: O,
        is_upload: bool,
        exchange: u64,
        response: HttpResponse,
        rng: &mut Rng,
    ) -> (Output, Fate) {
        if strikes(self.lost, operation, rng) {
            (Output::NoAnswer { exchange }, Fate::Lost)
        } else if strikes(self.garbage, operation, rng) {
            let response = HttpResponse { body: "<html>not what you think".into(), ..response };
            (Output::Answer { exchange, response }, Fate::Garbled)
        } else if strikes(self.hang, operation, rng) {
            (Output::Hang { exchange }, Fate::Hung)
        } else if !is_upload && strikes(self.cut_half, operation, rng) {
            let response = HttpResponse { cut_at: Some(response.body.len() / 2), ..response };
            (Output::Answer { exchange, response }, Fate::Cut)
        } else {
            (Output::Answer { exchange, response }, Fate::Arrives)
        }
    }
}

/// Uploads that the host has asked about before it read them. A host that hands in whole requests need not ask: an
/// upload that is to be cut is then not answered.
#[derive(Debug, Default)]
pub(crate) struct Begun(BTreeSet<u64>);

impl Begun {
    /// The host asks: how to take in the body.
    pub(crate) fn begin(&mut self, exchange: u64, cut: bool, bytes_per_second: Option<u64>) -> Reception {
        if !cut {
            self.0.insert(exchange);
        }
        Reception { cut_at_permille: cut.then_some(500), bytes_per_second }
    }

    /// Whether the host has asked about this one.
    pub(crate) fn take(&mut self, exchange: u64) -> bool {
        self.0.remove(&exchange)
    }
}
