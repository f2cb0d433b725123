//! The vendor's default request rates, as token buckets.

use std::collections::BTreeMap;

use super::operation::Operation;

/// Buckets by operation. Kept in thousandths of a call.
#[derive(Debug, Default)]
pub(crate) struct Throttle(BTreeMap<Operation, Bucket>);

#[derive(Debug)]
struct Bucket {
    left: u64,
    filled_ms: u64,
}

impl Throttle {
    /// Whether a call still fits.
    pub(crate) fn admits(&mut self, operation: Operation, now_ms: u64) -> bool {
        let Some((per_second, burst)) = rate(operation) else {
            return true;
        };
        let full = burst * 1000;
        let bucket = self.0.entry(operation).or_insert(Bucket { left: full, filled_ms: now_ms });
        let gained = now_ms.saturating_sub(bucket.filled_ms).saturating_mul(per_second);
        bucket.left = bucket.left.saturating_add(gained).min(full);
        bucket.filled_ms = now_ms.max(bucket.filled_ms);
        let fits = bucket.left >= 1000;
        if fits {
            bucket.left -= 1000;
        }
        fits
    }
}

/// Calls a second, and how many at once.
const fn rate(operation: Operation) -> Option<(u64, u64)> {
    match operation {
        Operation::StartChat => Some((5, 8)),
        Operation::CreateConnection => Some((6, 9)),
        Operation::SendMessage | Operation::SendEvent => Some((10, 15)),
        Operation::GetTranscript => Some((8, 12)),
        Operation::Disconnect => Some((3, 5)),
        Operation::StartUpload | Operation::CompleteUpload => Some((2, 5)),
        Operation::GetAttachment => Some((8, 12)),
        // Nothing is written about these.
        Operation::DescribeView
        | Operation::AuthenticationUrl
        | Operation::CancelAuthentication
        | Operation::SignIn
        | Operation::Upload
        | Operation::Download
        | Operation::Options
        | Operation::Unknown => None,
    }
}
