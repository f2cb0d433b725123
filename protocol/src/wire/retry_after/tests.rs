use http::HeaderValue;

use super::*;

fn with(value: &'static str, date: Option<&'static str>) -> Option<Duration> {
    let mut headers = HeaderMap::new();
    headers.insert(RETRY_AFTER, HeaderValue::from_static(value));
    if let Some(date) = date {
        headers.insert(DATE, HeaderValue::from_static(date));
    }
    retry_after(&headers)
}

#[test]
fn seconds_are_read_and_capped() {
    assert_eq!(with("2", None), Some(Duration::from_secs(2)));
    assert_eq!(with(" 0 ", None), Some(Duration::ZERO));
    assert_eq!(with("86400", None), Some(LONGEST));
    assert_eq!(with("99999999999999999999999", None), Some(LONGEST));
}

#[test]
fn a_date_counts_from_the_servers_own() {
    let (now, later) = ("Sat, 14 Mar 2026 09:26:53 GMT", "Sat, 14 Mar 2026 09:27:23 GMT");
    assert_eq!(with(later, Some(now)), Some(Duration::from_secs(30)));
    assert_eq!(with(now, Some(later)), Some(Duration::ZERO));
    assert_eq!(with(later, None), None);
}

#[test]
fn nonsense_is_no_wait() {
    for value in ["", "-1", "soon", "1.5", "Sat, 99 Mar 2026 09:26:53 GMT"] {
        assert_eq!(with(value, Some("Sat, 14 Mar 2026 09:26:53 GMT")), None, "{value}");
    }
    assert_eq!(retry_after(&HeaderMap::new()), None);
}
