use super::*;
use crate::id::MessageKey;

fn body(query: &TranscriptQuery, start: Option<&str>) -> Result<String, EncodeError> {
    part(query, start).map(|body| serde_json::to_string(&body).unwrap())
}

fn from(from: StartPosition) -> TranscriptQuery {
    TranscriptQuery { from: Some(from), ..TranscriptQuery::default() }
}

#[test]
fn every_option_is_said() {
    let usual = r#""ScanDirection":"BACKWARD","SortOrder":"ASCENDING","MaxResults":15"#;
    assert_eq!(body(&TranscriptQuery::default(), None), Ok(format!("{{{usual}}}")));
    let query = TranscriptQuery {
        direction: ScanDirection::Forward,
        order: SortOrder::Descending,
        limit: Some(7),
        cursor: Some("c\"1".to_owned()),
        from: Some(StartPosition::Item { message: MessageKey::from_u64(1) }),
        segment: Some("s".to_owned()),
    };
    let all = r#"{"ScanDirection":"FORWARD","SortOrder":"DESCENDING","MaxResults":7,"NextToken":"c\"1","ContactId":"s","StartPosition":{"Id":"m"}}"#;
    assert_eq!(body(&query, Some("m")), Ok(all.to_owned()));
    let start = |position| body(&from(position), Some("not used"));
    let time = StartPosition::Time { time: WallTime::parse("2026-03-14T10:27:30.4+01:00").unwrap() };
    assert_eq!(
        start(time),
        Ok(format!(r#"{{{usual},"StartPosition":{{"AbsoluteTime":"2026-03-14T09:27:30.400Z"}}}}"#))
    );
    assert_eq!(
        start(StartPosition::MostRecent { count: 100 }),
        Ok(format!(r#"{{{usual},"StartPosition":{{"MostRecent":100}}}}"#))
    );
}

#[test]
fn a_page_has_1_to_100_items() {
    for (limit, sent) in [(0, 1), (1, 1), (100, 100), (101, 100), (u32::MAX, 100)] {
        let query = TranscriptQuery { limit: Some(limit), ..TranscriptQuery::default() };
        assert!(body(&query, None).unwrap().contains(&format!("\"MaxResults\":{sent}}}")));
    }
}

#[test]
fn what_the_service_would_refuse_is_refused_with_a_word_of_why() {
    let forward = TranscriptQuery { direction: ScanDirection::Forward, ..TranscriptQuery::default() };
    let later = WallTime::from_unix_millis(i64::MAX);
    for (query, problem) in [
        (forward.clone(), "`forward` needs a place to begin"),
        (TranscriptQuery { cursor: Some("c".to_owned()), ..forward }, "with each cursor too"),
        (TranscriptQuery { cursor: Some(String::new()), ..TranscriptQuery::default() }, "cursor is empty"),
        (TranscriptQuery { segment: Some(String::new()), ..TranscriptQuery::default() }, "ContactId"),
        (TranscriptQuery { segment: Some("s".repeat(257)), ..TranscriptQuery::default() }, "ContactId"),
        (from(StartPosition::MostRecent { count: 0 }), "1 to 100, not 0"),
        (from(StartPosition::MostRecent { count: 101 }), "1 to 100, not 101"),
        (from(StartPosition::Time { time: later }), "as a date"),
    ] {
        let refused = check_query(&query).unwrap_err();
        assert!(refused.problem.contains(problem), "{refused}");
        assert_eq!(body(&query, Some("m")), Err(refused));
    }
    // Which item the key stands for is told when the request is made.
    let item = from(StartPosition::Item { message: MessageKey::from_u64(1) });
    assert_eq!(check_query(&item), Ok(()));
    for start in [None, Some("")] {
        assert!(body(&item, start).unwrap_err().problem.contains("does not know the message"));
    }
}
