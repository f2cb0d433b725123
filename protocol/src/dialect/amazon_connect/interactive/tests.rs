use super::super::tests::{describe, fixture, fixtures};
use super::*;

fn described(content: &str) -> String {
    describe::question(&read_question(content, &Limits::default()))
}

#[test]
fn contents_are_read_as_their_frames_are() {
    for name in fixtures("content-interactive-", ".json") {
        if name.starts_with("content-interactive-response-") {
            continue;
        }
        let frame = name.replace("content-", "ws-server-chat-message-");
        let frame: serde_json::Value = serde_json::from_str(&fixture(&frame)).unwrap();
        let item: serde_json::Value = serde_json::from_str(frame["content"].as_str().unwrap()).unwrap();
        let (in_frame, alone) = (described(item["Content"].as_str().unwrap()), described(&fixture(&name)));
        if !alone.starts_with("unknown") {
            assert_eq!(in_frame, alone);
        }
    }
}

#[test]
fn what_lacks_a_part_stays_readable_with_the_reason() {
    for (content, reason) in [
        ("", "EOF while parsing a value at line 1 column 0"),
        ("hello", "expected value at line 1 column 1"),
        ("[]", "invalid type: sequence, expected an object at line 1 column 2"),
        ("{}", "it has no templateType"),
        (r#"{"templateType":"Panel"}"#, "it has no elements"),
        (r#"{"templateType":"Panel","data":{"content":{"elements":[]}}}"#, "it has no title"),
        (
            r#"{"templateType":"Panel","data":{"content":{"title":"t","elements":[{}]}}}"#,
            "an element has no title",
        ),
        (r#"{"templateType":"TimePicker","data":{"content":{"title":"t"}}}"#, "it has no timeslots"),
        (
            r#"{"templateType":"TimePicker","data":{"content":{"title":"t","timeslots":[{}]}}}"#,
            "a time slot has no date",
        ),
        (r#"{"templateType":"Carousel","data":{"content":{"title":"t"}}}"#, "it has no elements"),
        (r#"{"templateType":"ViewResource","data":{"content":{"viewId":"v"}}}"#, "it has no viewToken"),
        (r#"{"templateType":"ApplePay"}"#, "it is no template that is known"),
    ] {
        let Template::Unknown { raw, reason: found, .. } =
            read_question(content, &Limits::default()).template
        else {
            panic!("{content}")
        };
        assert_eq!((raw.as_str(), found.as_str()), (content, reason));
    }
}

#[test]
fn one_odd_card_leaves_the_others() {
    let content = r#"{"templateType":"Carousel","data":{"content":{"title":"t","elements":[
        {"templateIdentifier":"a","templateType":"Carousel","data":{}},
        {"templateIdentifier":7,"templateType":"ListPicker","data":{"content":{"title":"u","elements":[{"title":"v"}]}}},
        "x"]}}}"#;
    let found = described(content);
    assert!(
        found.contains("<a unknown Some(\"Carousel\") of 62 bytes: it is no template that a card may have>"),
        "{found}"
    );
    assert!(found.contains("<7 list \"u\" (\"v\") (None, None, None)>"), "{found}");
    assert!(found.contains("<- unknown None of 3 bytes: "), "{found}");
}

#[test]
fn numbers_stay_as_they_are_written() {
    let with = |place: &str| {
        let content = r#"{"title":"t","timeslots":[{"date":"d"}],"location":"#;
        described(&format!(r#"{{"templateType":"TimePicker","data":{{"content":{content}{place}}}}}}}"#))
    };
    let place = with(r#"{"latitude":52.520,"longitude":"13.40"}"#);
    assert!(place.contains(r#"latitude: "52.520", longitude: "13.40""#), "{place}");
    for place in ["null", "{}", r#"{"latitude":1}"#, r#"{"latitude":[1],"longitude":{}}"#] {
        assert!(with(place).starts_with("times \"t\" None None "), "{place}");
    }
}

#[test]
fn odd_actions_send_their_title() {
    let with = |element: &str| {
        let elements = format!(r#"{{"title":"t","elements":[{element}]}}"#);
        described(&format!(r#"{{"templateType":"Panel","data":{{"content":{elements}}}}}"#))
    };
    for element in [
        r#"{"title":"e","type":"action"}"#,
        r#"{"title":"e","type":"hyperlink"}"#,
        r#"{"title":"e","type":"x"}"#,
    ] {
        assert_eq!(with(element), "panel \"t\" (\"e\")");
    }
}

#[test]
fn a_views_data_may_be_an_object_or_a_text() {
    let with = |data: &str| {
        let content = format!(r#"{{"viewId":"v","viewToken":"k","viewData":{data}}}"#);
        described(&format!(r#"{{"templateType":"ViewResource","data":{{"content":{content}}}}}"#))
    };
    for data in [r#"{"a":[1]}"#, r#""{\"a\":[1]}""#] {
        assert_eq!(with(data), r#"view Some("v") token k Some("{\"a\":[1]}")"#);
    }
    assert_eq!(with("null"), r#"view Some("v") token k None"#);
    let long = described(&format!(
        r#"{{"templateType":"ViewResource","data":{{"content":{{"viewToken":"{}"}}}}}}"#,
        "k".repeat(2_001)
    ));
    assert!(long.ends_with("its viewToken has more than 2000 characters") && !long.contains("kk"), "{long}");
}
