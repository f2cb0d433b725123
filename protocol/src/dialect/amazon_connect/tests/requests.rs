use super::*;
use crate::dialect::{FetchFrom, FetchQuery};
use crate::model::ReceiptKind;
use crate::wire::http::Body;

const CONNECTION_TOKEN: &str = "invented-connection-token-1-Zk81";

/// What the fixture's request is for us; none with the reason why we never send such a one.
fn intent_of<'a>(
    name: &str,
    body: &'a Value,
    content: &'a mut OutgoingContent,
) -> Result<Intent<'a>, &'static str> {
    let text = |member: &str| body[member].as_str().unwrap_or_default();
    let token = text("ClientToken");
    let text_of = |member: &str| text(member).to_owned();
    let limit = || u32::try_from(body["MaxResults"].as_u64().unwrap()).unwrap();
    *content = match text("ContentType") {
        "text/markdown" => OutgoingContent::Markdown { text: text_of("Content") },
        "application/json" => OutgoingContent::Json { text: text_of("Content") },
        "text/plain" => OutgoingContent::Text { text: text_of("Content") },
        _ => OutgoingContent::InteractiveResponse { text: text_of("Content") },
    };
    let id = text("Content").trim_start_matches(r#"{"messageId":""#).trim_end_matches(r#""}"#);
    match name {
        "create-participant-connection" => Ok(Intent::Authorise { socket: true }),
        "send-message-mobile-no-client-token" => Err("we always send a ClientToken"),
        name if name.starts_with("send-message-") => Ok(Intent::SendMessage { content, token }),
        "send-event-typing" => Ok(Intent::SendTyping { token }),
        "send-event-delivered" => {
            Ok(Intent::SendReceipt { kind: ReceiptKind::Delivered, server_id: leak(id), token })
        }
        "send-event-read" | "send-event-read-chatjs-constant-client-token" => {
            Ok(Intent::SendReceipt { kind: ReceiptKind::Read, server_id: leak(id), token })
        }
        "get-transcript-initial" => Ok(Intent::Fetch(FetchQuery { from: FetchFrom::Newest, limit: limit() })),
        "get-transcript-older-page" => Ok(Intent::Fetch(FetchQuery {
            from: FetchFrom::Cursor { cursor: leak(text("NextToken")), start: None },
            limit: limit(),
        })),
        "disconnect-participant" => Ok(Intent::Leave { token }),
        "create-participant-connection-connect-only" | "create-participant-connection-credentials-only" => {
            Err("we never send ConnectParticipant")
        }
        "send-event-typing-ios" => Err("we send no empty Content"),
        "send-event-connection-acknowledged" => Err("legacy"),
        "get-transcript-catch-up"
        | "get-transcript-chatjs"
        | "get-transcript-forward-without-start"
        | "get-transcript-from-time"
        | "get-transcript-most-recent" => Err("we page backwards from the newest"),
        "startchat-contact" | "startchat-persistent" => Err("the backend's"),
        "metrics-mobile" => Err("we send none"),
        "put-attachment"
        | "download-attachment"
        | "start-attachment-upload"
        | "start-attachment-upload-mobile"
        | "complete-attachment-upload"
        | "get-attachment"
        | "get-attachment-inline"
        | "describe-view"
        | "get-authentication-url"
        | "cancel-participant-authentication" => Err("not an operation of this dialect yet"),
        other => panic!("{other} is not in the list"),
    }
}

fn leak(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

fn body_of(request: &HttpRequest) -> Value {
    match &request.body {
        Body::Bytes(bytes) => serde_json::from_slice(bytes).unwrap(),
        Body::Empty => panic!("no body"),
    }
}

#[test]
fn requests_are_those_of_the_fixtures() {
    let token = Secret::new(CONNECTION_TOKEN);
    let mut sent = 0;
    for file in fixtures("", ".request.json") {
        let (fixture, name) = (json(&file), file.trim_end_matches(".request.json"));
        let mut content = OutgoingContent::text("");
        let Ok(intent) = intent_of(name, &fixture["body"], &mut content) else {
            continue;
        };
        let request = dialect().request(&intent, Some(&token)).unwrap();
        sent += 1;
        assert_eq!(request.method, fixture["method"].as_str().unwrap(), "{name}");
        let headers = fixture["headers"].as_object().unwrap();
        let base = format!("https://{}", headers["Host"].as_str().unwrap());
        assert_eq!(request.uri.to_string(), format!("{base}{}", fixture["path"].as_str().unwrap()), "{name}");
        assert_eq!(request.headers["x-amz-bearer"], headers["X-Amz-Bearer"].as_str().unwrap(), "{name}");
        assert!(request.headers["x-amz-bearer"].is_sensitive());
        assert_eq!(request.headers["content-type"], "application/json");
        assert_eq!(request.headers.len(), 2);
        let mut expected = fixture["body"].clone();
        if expected.get("SortOrder").is_some() {
            expected["SortOrder"] = "DESCENDING".into();
        }
        assert_eq!(body_of(&request), expected, "{name}");
        let shown = format!("{request:?} {:?}", dialect());
        assert!(!shown.contains(CONNECTION_TOKEN) && !shown.contains(TOKEN), "{shown}");
    }
    assert_eq!(sent, 16);
}

#[test]
fn frames_are_those_of_the_fixtures() {
    let text = |frame: Frame| match frame {
        Frame::Text(text) => text,
        Frame::Binary(_) => panic!("binary"),
    };
    let (dialect, dense) = (dialect(), |name: &str| fixture(name).split_whitespace().collect::<String>());
    assert_eq!(text(dialect.greeting()), dense("ws-client-subscribe.json"));
    assert_eq!(text(dialect.probe(0).unwrap()), dense("ws-client-heartbeat.json"));
    assert_eq!(text(dialect.probe(1).unwrap()), dense("ws-client-ping.json"));
    assert_eq!(dialect.probe(2), None);
}

#[test]
fn the_other_forms_of_requests() {
    let token = Secret::new(CONNECTION_TOKEN);
    let of = |intent: &Intent<'_>| body_of(&dialect().request(intent, Some(&token)).unwrap()).to_string();
    assert_eq!(of(&Intent::Authorise { socket: false }), r#"{"Type":["CONNECTION_CREDENTIALS"]}"#);
    let fetch = |from, limit| of(&Intent::Fetch(FetchQuery { from, limit }));
    let start = r#""ScanDirection":"BACKWARD","SortOrder":"DESCENDING""#;
    assert_eq!(fetch(FetchFrom::Newest, 1_000), format!(r#"{{"MaxResults":100,{start}}}"#));
    assert_eq!(
        fetch(FetchFrom::Item { server_id: "m\"1" }, 0),
        format!(r#"{{"MaxResults":1,{start},"StartPosition":{{"Id":"m\"1"}}}}"#)
    );
    let receipt = Intent::SendReceipt { kind: ReceiptKind::Read, server_id: "m\"1", token: "t" };
    assert!(of(&receipt).contains(r#""Content":"{\"messageId\":\"m\\\"1\"}""#));
}

#[test]
fn a_request_needs_a_token_that_a_header_can_carry() {
    let leave = Intent::Leave { token: "t" };
    assert!(dialect().request(&leave, None).is_err());
    let error = dialect().request(&leave, Some(&Secret::new("secret\n"))).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("secret"));
    // The participant token is the dialect's own.
    assert!(dialect().request(&Intent::Authorise { socket: true }, None).is_ok());
}
