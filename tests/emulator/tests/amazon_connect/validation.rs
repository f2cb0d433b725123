//! What holds for every operation: credentials, headers, and the shape of errors.

use helpline_emulator::amazon_connect::HttpRequest;
use serde_json::{Value, json};

use crate::rig::Rig;

const OPERATIONS: [(&str, &str); 11] = [
    ("POST", "/participant/connection"),
    ("POST", "/participant/message"),
    ("POST", "/participant/event"),
    ("POST", "/participant/transcript"),
    ("POST", "/participant/disconnect"),
    ("POST", "/participant/start-attachment-upload"),
    ("POST", "/participant/complete-attachment-upload"),
    ("POST", "/participant/attachment"),
    ("POST", "/participant/authentication-url"),
    ("POST", "/participant/cancel-authentication"),
    ("GET", "/participant/views/token"),
];

fn status(rig: &mut Rig, (method, target): (&str, &str), name: &str, value: &str) -> (u16, String) {
    let response = rig.fetch(method, target, &[(name.to_owned(), value.to_owned())], b"{}");
    let name = response.header("x-amzn-ErrorType").unwrap_or("").to_owned();
    assert!(response.json()["message"].is_string() || response.json()["Message"].is_string());
    (response.status, name)
}

#[test]
fn no_operation_answers_without_its_own_token() {
    let (mut rig, _) = Rig::connected();
    let (participant, connection) = (rig.chat.participant_token.clone(), rig.token.clone());
    for operation in OPERATIONS {
        let wrong = if operation.1.ends_with("/connection") { &connection } else { &participant };
        for (name, value) in [
            ("X-Amz-Bearer", wrong.as_str()),
            ("X-Amz-Bearer", ""),
            ("X-Amz-Bearer", "nonsense"),
            ("Authorization", connection.as_str()),
            ("X-Amz-Bearer-Token", participant.as_str()),
        ] {
            let answer = status(&mut rig, operation, name, value);
            assert_eq!(answer, (403, "AccessDeniedException".to_owned()), "{operation:?} {name}");
        }
    }
}

#[test]
fn a_token_that_is_too_long_is_invalid() {
    let (mut rig, _) = Rig::connected();
    for operation in OPERATIONS {
        let answer = status(&mut rig, operation, "X-Amz-Bearer", &"x".repeat(1001));
        assert_eq!(answer, (400, "ValidationException".to_owned()), "{operation:?}");
        let answer = status(&mut rig, operation, "X-Amz-Bearer", &"x".repeat(1000));
        assert_eq!(answer.0, 403, "{operation:?}");
    }
}

#[test]
fn members_that_must_be_there_must_be_there() {
    let (mut rig, _) = Rig::connected();
    for (target, body) in [
        ("message", json!({ "Content": "x" })),
        ("message", json!({ "ContentType": "text/plain" })),
        ("event", json!({})),
        ("start-attachment-upload", json!({ "ContentType": "text/plain", "AttachmentName": "a.txt" })),
        ("complete-attachment-upload", json!({})),
        ("attachment", json!({})),
        ("authentication-url", json!({ "RedirectUri": "https://shop.example" })),
        ("cancel-authentication", json!({})),
    ] {
        let (status, answer) = rig.call(&format!("/participant/{target}"), body);
        assert_eq!(status, 400, "{target}");
        assert!(answer["message"].as_str().unwrap().contains("must not be null"), "{target}: {answer}");
    }
}

#[test]
fn unknown_members_null_members_and_any_content_type_are_fine() {
    let (mut rig, _) = Rig::connected();
    let token = rig.token.clone();
    let body = json!({
        "AttachmentName": "a.pdf",
        "ContentType": "application/pdf",
        "AttachmentSizeInBytes": 3,
        "ClientToken": Value::Null,
        "Colour": "blue",
    });
    let target = "/participant/start-attachment-upload";
    let mut request = HttpRequest::post(target, &token, &body.to_string());
    for content_type in ["application/json", "application/x-amz-json-1.1", "text/plain", ""] {
        request.headers[0].1 = content_type.to_owned();
        let exchange = rig.request(request.clone());
        assert_eq!(rig.answer(exchange).unwrap().1.status, 200, "{content_type}");
    }
}
