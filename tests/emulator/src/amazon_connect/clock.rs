//! Times as the wire writes them.

use jiff::{Timestamp, fmt::temporal::DateTimePrinter};

const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(3));

/// `yyyy-MM-ddTHH:mm:ss.SSSZ`.
pub(crate) fn instant(ms: u64) -> String {
    let ms = i64::try_from(ms).unwrap_or(i64::MAX);
    let time = Timestamp::from_millisecond(ms).unwrap_or(Timestamp::MAX);
    PRINTER.timestamp_to_string(&time)
}

/// Reads any ISO 8601 time with an offset; `None` if it is none, or before 1970.
pub(crate) fn parse(text: &str) -> Option<u64> {
    let time: Timestamp = text.parse().ok()?;
    u64::try_from(time.as_millisecond()).ok()
}

/// The time that clients are told: the server's clock may be wrong by `skew`.
pub(crate) const fn skewed(now_ms: u64, skew_ms: i64) -> u64 {
    now_ms.saturating_add_signed(skew_ms)
}

#[cfg(test)]
mod tests;
