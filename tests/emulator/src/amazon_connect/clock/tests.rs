//! Tests of the module above.

#[test]
fn milliseconds_are_always_written() {
    assert_eq!(super::instant(1_773_480_450_410), "2026-03-14T09:27:30.410Z");
    assert_eq!(super::instant(1_773_480_450_000), "2026-03-14T09:27:30.000Z");
}

#[test]
fn offsets_and_missing_fractions_are_read() {
    assert_eq!(super::parse("2026-03-14T10:27:30+01:00"), Some(1_773_480_450_000));
    assert_eq!(super::parse("2026-03-14T09:27:30.410Z"), Some(1_773_480_450_410));
    assert_eq!(super::parse("yesterday"), None);
}
