use proptest::prelude::*;

use super::*;

object! {
    /// Some members.
    struct Sample<'a> {
        id: Text<'a> = "Id" | "id",
        count: Int = "Count",
        done: Flag = "Done",
        list: List<Text<'a>, 3> = "List",
        inner: Box<Sample<'a>> = "Inner",
        loose: Loose<'a> = "Loose",
    }
}

fn with<R>(text: &str, look: impl FnOnce(Sample<'_>) -> R) -> Result<R, String> {
    let mut spare = String::new();
    read::<Sample<'_>>(text, &mut spare, &Limits::default()).map(look).map_err(|problem| problem.to_string())
}

fn id(text: &str) -> Option<String> {
    with(text, |sample| sample.id.map(Text::into_owned)).unwrap()
}

#[test]
fn ids_may_be_numbers_and_nulls_are_absent() {
    assert_eq!(id(r#"{"Id":"a\n"}"#).as_deref(), Some("a\n"));
    assert_eq!(id(r#"{"id":12345}"#).as_deref(), Some("12345"));
    assert_eq!(id(r#"{"Id":-7}"#).as_deref(), Some("-7"));
    assert_eq!(id(r#"{"Id":1.5}"#).as_deref(), Some("1.5"));
    assert_eq!(id(r#"{"Id":true}"#).as_deref(), Some("true"));
    assert_eq!(id(r#"{"Id":null}"#), None);
    assert_eq!(id("{}"), None);
    assert_eq!(id(r#"{"Id":"a","Id":"b","Other":[{"x":1}]}"#).as_deref(), Some("b"));
}

#[test]
fn texts_without_escapes_are_borrowed() {
    let borrowed =
        |text: &str| with(text, |sample| matches!(sample.id.unwrap().into_cow(), Cow::Borrowed(_)));
    assert_eq!(borrowed(r#"{"Id":"plain ü"}"#), Ok(true));
    assert_eq!(borrowed(r#"{"Id":"with\tescape"}"#), Ok(false));
}

#[test]
fn numbers_and_truth_values_may_be_texts() {
    let count =
        |value: &str| with(&format!(r#"{{"Count":{value}}}"#), |sample| sample.count.and_then(|c| c.0));
    assert_eq!(count("3"), Ok(Some(3)));
    assert_eq!(count("\" -3 \""), Ok(Some(-3)));
    assert_eq!(count("3.0"), Ok(Some(3)));
    assert_eq!(count("3.5"), Ok(None));
    assert_eq!(count("\"three\""), Ok(None));
    assert_eq!(count("18446744073709551615"), Ok(None));
    assert!(count("[3]").is_err());
    let done = |value: &str| with(&format!(r#"{{"Done":{value}}}"#), |sample| sample.done.and_then(|d| d.0));
    assert_eq!(done("true"), Ok(Some(true)));
    assert_eq!(done("\"False\""), Ok(Some(false)));
    assert_eq!(done("1"), Ok(None));
}

#[test]
fn lists_are_bounded() {
    let list =
        |value: &str| with(&format!(r#"{{"List":{value}}}"#), |sample| sample.list.map(|list| list.0.len()));
    assert_eq!(list(r#"["a",null,2]"#), Ok(Some(2)));
    assert_eq!(list("[1,2,3]"), Ok(Some(3)));
    assert!(list("[1,2,3,4]").unwrap_err().contains("more than 3"));
    assert!(list("{}").unwrap_err().contains("a list of at most 3"));
}

#[test]
fn loose_values_never_fail() {
    let status = |value: &str| {
        with(&format!(r#"{{"Loose":{value}}}"#), |sample| match sample.loose {
            Some(Loose::Object { status }) => status.map(Cow::into_owned),
            Some(Loose::Text(text)) => Some(format!("text {text}")),
            Some(Loose::Other) => Some("other".to_owned()),
            None => Some("none".to_owned()),
        })
        .unwrap()
    };
    assert_eq!(status(r#"{"status":"ok","x":[1]}"#).as_deref(), Some("ok"));
    assert_eq!(status(r#"{"status":{"status":"ok"}}"#), None);
    assert_eq!(status(r#""a\"b""#).as_deref(), Some("text a\"b"));
    for other in ["1", "-1", "1.5", "true", "[[1],2]"] {
        assert_eq!(status(other).as_deref(), Some("other"));
    }
    assert_eq!(status("null").as_deref(), Some("none"));
}

#[test]
fn half_a_surrogate_pair_costs_one_character() {
    for (escaped, read) in [
        (r"cut \ud83d", "cut \u{fffd}"),
        (r"\uDC4B cut", "\u{fffd} cut"),
        (r"\ud83d\ud83d\udc4b", "\u{fffd}👋"),
        (r"\ud83d\udc4b\ud83d\n", "👋\u{fffd}\n"),
        (r"\\ud83d \ud83dx", "\\ud83d \u{fffd}x"),
        (r"\ud83d\\udc4b", "\u{fffd}\\udc4b"),
    ] {
        assert_eq!(id(&format!(r#"{{"Id":"{escaped}"}}"#)).as_deref(), Some(read), "{escaped}");
    }
    assert_eq!(with_whole_surrogates(r"\\ud83d \u+123 \"), None);
    assert_eq!(with_whole_surrogates("\\ü \\"), None);
    assert!(with(r#"{"Id":"\ud83d"#, |_| ()).is_err());
}

#[test]
fn deep_nesting_is_one_error() {
    let nested = |depth: usize| format!(r#"{{"Other":{}{}}}"#, "[".repeat(depth - 1), "]".repeat(depth - 1));
    assert!(with(&nested(64), |_| ()).is_ok());
    assert_eq!(with(&nested(65), |_| ()), Err("more than 64 levels of nesting".to_owned()));
    assert!(with(&nested(100_000), |_| ()).is_err());
    // Brackets in a text are text.
    assert!(with(&format!(r#"{{"Id":"\"{}"}}"#, "[".repeat(100)), |_| ()).is_ok());
    // The parser's own bound holds where ours was raised beyond it.
    let mut text = "{\"Inner\":".repeat(500);
    text.push_str("{}");
    text.push_str(&"}".repeat(500));
    let mut spare = String::new();
    assert!(read::<Sample<'_>>(&text, &mut spare, &Limits::default().with_json_depth(9_999)).is_err());
}

#[test]
fn errors_repeat_nothing() {
    for text in
        [r#""secret""#, r#"{"Inner":"secret"}"#, r#"{"List":"secret"}"#, r#"{"Id":["secret"]}"#, "secret"]
    {
        let error = with(text, |_| ()).unwrap_err();
        assert!(!error.contains("secret"), "{error}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC*") {
        let _ = with(&text, |_| ());
    }

    #[test]
    fn any_escapes_are_read(units in proptest::collection::vec(any::<u16>(), 0..20)) {
        let escaped: String = units.iter().map(|unit| format!("\\u{unit:04x}")).collect();
        let found = id(&format!(r#"{{"Id":"{escaped}"}}"#)).unwrap();
        prop_assert_eq!(found, String::from_utf16_lossy(&units));
    }
}
