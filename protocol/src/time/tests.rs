use super::*;
use proptest::prelude::*;

#[test]
fn a_session_time_prints_as_seconds() {
    assert_eq!(Timestamp::from_millis(12_345).to_string(), "12.345s");
    assert_eq!(Timestamp::ZERO.to_string(), "0.000s");
}

#[test]
fn arithmetic_saturates_at_both_ends() {
    assert_eq!(Timestamp::MAX + Duration::from_secs(1), Timestamp::MAX);
    assert_eq!(Timestamp::ZERO - Duration::MAX, Timestamp::ZERO);
    assert_eq!(Timestamp::ZERO.saturating_since(Timestamp::MAX), Duration::ZERO);
    assert_eq!(WallTime::from_unix_millis(i64::MAX) + Duration::MAX, WallTime::from_unix_millis(i64::MAX));
    let all = WallTime::from_unix_millis(i64::MAX).saturating_since(WallTime::from_unix_millis(i64::MIN));
    assert_eq!(all, Duration::from_millis(u64::MAX));
}

#[test]
fn provider_times_are_read_in_every_form_seen() {
    let expected = WallTime::parse("2026-03-14T09:50:13.000Z").unwrap();
    assert_eq!(WallTime::parse("2026-03-14T10:50:13.000+01:00").unwrap(), expected);
    assert_eq!(WallTime::parse("2026-03-14T09:50:13Z").unwrap(), expected);
    assert_eq!(expected.to_string(), "2026-03-14T09:50:13.000Z");
    assert!(WallTime::parse("yesterday").is_err());
    assert!(WallTime::parse("").is_err());
}

#[test]
fn the_two_clocks_convert_into_each_other() {
    let now = Now::new(Timestamp::from_secs(10), WallTime::from_unix_millis(1_000_000));
    assert_eq!(now.wall_at(Timestamp::from_secs(12)), WallTime::from_unix_millis(1_002_000));
    assert_eq!(now.at_wall(WallTime::from_unix_millis(1_003_000)), Timestamp::from_secs(13));
    assert_eq!(now.at_wall(WallTime::EPOCH), now.at);
}

proptest! {
    #[test]
    fn any_wall_time_survives_its_own_text(millis in any::<i64>()) {
        let time = WallTime::from_unix_millis(millis);
        let text = serde_json::to_string(&time).unwrap();
        prop_assert_eq!(serde_json::from_str::<WallTime>(&text).unwrap(), time);
    }
}
