//! What a hub can tell of itself.

use serde::{Deserialize, Serialize};

use crate::driver::watch::SessionStats;

/// What a hub and its sessions did since the start: plain data, to be exported in whatever form.
///
/// ```
/// use helpline_protocol::driver::HubStats;
/// use std::fmt::Write as _;
///
/// /// As Prometheus reads it.
/// fn prometheus(stats: &HubStats) -> String {
///     let mut text = String::new();
///     let mut line = |name: &str, labels: &str, value: u64| {
///         writeln!(text, "helpline_{name}{labels} {value}").expect("memory takes all");
///     };
///     line("sessions", "", stats.sessions);
///     for (name, value) in stats.totals.counters() {
///         line(&format!("{name}_total"), "", value);
///     }
///     for (operation, requests) in &stats.totals.requests {
///         let labels = format!("{{operation=\"{}\"}}", operation.name());
///         line("requests_total", &labels, requests.sent);
///         line("requests_failed_total", &labels, requests.failed);
///     }
///     for (kind, count) in &stats.totals.faults {
///         line("faults_total", &format!("{{kind=\"{kind}\"}}"), *count);
///     }
///     text
/// }
///
/// let mut stats = HubStats::default();
/// stats.totals.messages_sent = 3;
/// assert!(prometheus(&stats).contains("helpline_messages_sent_total 3\n"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct HubStats {
    /// Sessions that it has.
    pub sessions: u64,
    /// Sessions that it had in all.
    pub started: u64,
    /// How often a session was polled.
    pub polls: u64,
    /// What all of them did together, those that are gone included.
    pub totals: SessionStats,
}

impl HubStats {
    pub(super) fn add(&mut self, other: &Self) {
        self.sessions += other.sessions;
        self.started += other.started;
        self.polls += other.polls;
        self.totals.add(&other.totals);
    }
}
