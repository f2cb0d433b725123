use super::super::tests::fixture;
use super::*;

const CHAT: &str = "4d2f6a1e-9c3b-4e57-8a10-6b7f0c2d9e35";

#[test]
fn pushes_name_their_chat_wherever_it_stands() {
    for name in [
        "apns-new-message",
        "apns-new-file",
        "apns-inactivity-timeout",
        "firebase-data",
        "firebase-full-message",
    ] {
        let push = read_push(&fixture(&format!("push/{name}.json")));
        assert_eq!(push, Ok(Push::Chat { chat_id: CHAT.to_owned() }), "{name}");
    }
}

#[test]
fn other_apps_pushes_are_none_of_ours() {
    for payload in [
        &*fixture("push/apns-without-chat-id.json"),
        "{}",
        r#"{"chatID":null}"#,
        r#"{"data":"text"}"#,
        r#"{"data":[1]}"#,
        r#"{"data":{}}"#,
    ] {
        assert_eq!(read_push(payload), Ok(Push::Foreign), "{payload}");
    }
}

#[test]
fn what_cannot_be_read_is_told() {
    let long = format!(r#"{{"chatID":"{}"}}"#, "x".repeat(257));
    for payload in [
        &*fixture("push/firebase-chat-id-number.json"),
        r#"{"chatID":{}}"#,
        r#"{"chatID":""}"#,
        r#"{"data":{"chatID":7}}"#,
        &long,
    ] {
        let error = read_push(payload).unwrap_err();
        assert!(matches!(error, PushError::ChatId { .. }), "{payload}: {error}");
        assert!(error.to_string().contains("256"), "{error}");
    }
    for payload in ["", "null", "[]", "\"chatID\"", "{", &"[".repeat(3_000)] {
        assert!(matches!(read_push(payload), Err(PushError::NotJson { .. })), "{payload}");
    }
}
