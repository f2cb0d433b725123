//! Counts, as plain data.

use core::time::Duration;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::output::Operation;

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident,)+) => {
        /// What a session, or all sessions of a hub together, did since the start.
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default)]
        #[non_exhaustive]
        pub struct SessionStats {
            $($(#[$doc])* pub $name: u64,)+
            /// Requests, by what they were for.
            pub requests: BTreeMap<Operation, RequestStats>,
            /// Faults by kind: of the transport as [`TransportFault::kind`](crate::TransportFault::kind) has
            /// it, of the provider as [`FaultKind::name`](crate::FaultKind::name).
            pub faults: BTreeMap<String, u64>,
            /// Answers and frames that were late, foreign or repeated.
            pub stale_inputs: u64,
            /// How often the host's clock went back.
            pub clock_went_back: u64,
        }

        impl SessionStats {
            /// Adds another session's to these.
            pub fn add(&mut self, other: &Self) {
                $(self.$name = self.$name.saturating_add(other.$name);)+
                for (operation, stats) in &other.requests {
                    self.requests.entry(*operation).or_default().add(stats);
                }
                for (kind, count) in &other.faults {
                    *self.faults.entry(kind.clone()).or_default() += count;
                }
                self.stale_inputs = self.stale_inputs.saturating_add(other.stale_inputs);
                self.clock_went_back = self.clock_went_back.saturating_add(other.clock_went_back);
            }

            /// Every count that is one number, with its name: for an exporter that takes what there is.
            pub fn counters(&self) -> impl Iterator<Item = (&'static str, u64)> {
                [
                    $((stringify!($name), self.$name),)+
                    ("stale_inputs", self.stale_inputs),
                    ("clock_went_back", self.clock_went_back),
                ]
                .into_iter()
            }
        }

        /// The same while it is counted. What a session never did takes no room.
        #[derive(Default)]
        pub(super) struct Counts {
            $(pub(super) $name: u64,)+
            requests: Vec<(Operation, RequestStats)>,
            faults: Vec<(&'static str, u64)>,
        }

        impl Counts {
            pub(super) fn stats(&self) -> SessionStats {
                SessionStats {
                    $($name: self.$name,)+
                    requests: self.requests.iter().copied().collect(),
                    faults: self.faults.iter().map(|(kind, count)| ((*kind).to_owned(), *count)).collect(),
                    ..SessionStats::default()
                }
            }
        }
    };
}

counters! {
    /// Sockets that opened.
    connects,
    /// Sockets that were dialled and did not open.
    connects_failed,
    /// Open sockets that the other side closed, or that broke.
    sockets_lost,
    /// How often the link was live again after it had been lost.
    reconnects,
    /// Faults after which the session tried again by itself.
    retries,
    /// Frames that came.
    frames_received,
    /// Their bytes.
    bytes_received,
    /// Frames that were sent.
    frames_sent,
    /// Their bytes.
    bytes_sent,
    /// Messages that the user handed over.
    messages_queued,
    /// Messages that the provider took.
    messages_sent,
    /// Messages that failed.
    messages_failed,
    /// Messages of which it is not known whether they arrived.
    messages_uncertain,
    /// Messages of others, live or after they had been missed. Older ones that were fetched do not count.
    messages_received,
    /// How often all that was missed had been fetched.
    gaps_closed,
    /// What had been missed, in items.
    items_recovered,
    /// How often what was missed could not be fetched.
    histories_unavailable,
    /// Probes that were answered with a failure.
    probes_failed,
    /// Things of unknown kind that the provider sent.
    unrecognized,
}

impl Counts {
    pub(super) fn of(&mut self, operation: Operation) -> &mut RequestStats {
        let found = self.requests.iter().position(|(known, _)| *known == operation);
        let index = found.unwrap_or_else(|| {
            self.requests.push((operation, RequestStats::default()));
            self.requests.len() - 1
        });
        #[allow(clippy::indexing_slicing, reason = "it was found or made just now")]
        &mut self.requests[index].1
    }

    pub(super) fn fault(&mut self, kind: &'static str) {
        match self.faults.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, count)) => *count += 1,
            None => self.faults.push((kind, 1)),
        }
    }
}

/// Requests of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct RequestStats {
    /// How many the session made.
    pub sent: u64,
    /// How many were answered with a success.
    pub granted: u64,
    /// How many were answered with something else.
    pub refused: u64,
    /// How many found no answer.
    pub failed: u64,
    /// How many were taken back.
    pub cancelled: u64,
    /// How long those that came to an end took together, waits for the governor included, in microseconds.
    pub micros: u64,
}

impl RequestStats {
    pub(super) fn add_time(&mut self, took: Duration) {
        self.micros = self.micros.saturating_add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    }

    fn add(&mut self, other: &Self) {
        self.sent = self.sent.saturating_add(other.sent);
        self.granted = self.granted.saturating_add(other.granted);
        self.refused = self.refused.saturating_add(other.refused);
        self.failed = self.failed.saturating_add(other.failed);
        self.cancelled = self.cancelled.saturating_add(other.cancelled);
        self.micros = self.micros.saturating_add(other.micros);
    }
}
