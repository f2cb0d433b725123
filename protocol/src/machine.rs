//! Vendor-neutral state machines. Each takes the time and facts, and returns decisions; none knows a
//! vendor, JSON or an output. Together they own every timer and queue of a session.

pub(crate) mod backoff;
pub(crate) mod catch_up;
pub(crate) mod credentials;
pub(crate) mod heartbeat;
pub(crate) mod link;
pub(crate) mod outbox;
pub(crate) mod poller;
pub(crate) mod queries;
pub(crate) mod receipts;
pub(crate) mod requests;
pub(crate) mod saved;
pub(crate) mod transcript;
pub(crate) mod typing;
pub(crate) mod uploads;

use crate::output::{Deadline, DeadlineReason};
use crate::time::Timestamp;

/// Who has alarms tells them here, so that "when next?" is answered in one place.
pub(crate) trait Alarms {
    /// Calls `alarm` for each that is armed.
    fn alarms(&self, alarm: &mut dyn FnMut(Timestamp, DeadlineReason));

    /// The first that is armed; of two at the same time, the one whose reason comes first.
    fn next_alarm(&self) -> Option<Deadline> {
        let mut first: Option<Deadline> = None;
        self.alarms(&mut |at, why| {
            if first.is_none_or(|known| (at, why) < (known.at, known.why)) {
                first = Some(Deadline::new(at, why));
            }
        });
        first
    }
}
