//! How long a server wants to be left alone.

use core::time::Duration;

use http::HeaderMap;
use http::header::{DATE, HeaderName, RETRY_AFTER};

use crate::time::WallTime;

/// No server is obeyed for longer than this: a slip in a header must not silence a chat for a day.
const LONGEST: Duration = Duration::from_secs(15 * 60);

/// How long to wait at the least, from the header `Retry-After`: seconds, or a date. A date counts from
/// the answer's own `Date`, as our clock and the server's may differ; without that header it is ignored.
/// What cannot be read is no wait.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = text(headers, &RETRY_AFTER)?;
    if value.bytes().all(|byte| byte.is_ascii_digit()) && !value.is_empty() {
        // More digits than fit are a very long time, and so cut like one.
        let seconds = value.parse().unwrap_or(u64::MAX);
        return Some(Duration::from_secs(seconds).min(LONGEST));
    }
    let (until, now) = (date(value)?, date(text(headers, &DATE)?)?);
    Some(until.saturating_since(now).min(LONGEST))
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// An HTTP date in the one form that servers write today. The two obsolete forms are not worth a parser:
/// the wait is a courtesy, and there is one of our own without it.
fn date(text: &str) -> Option<WallTime> {
    let time = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(WallTime::from_unix_millis(time.as_millisecond()))
}

#[cfg(test)]
mod tests;
