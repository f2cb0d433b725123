use super::*;
use crate::dialect::{FetchFrom, FetchQuery, OutgoingReceipt, UploadTicket};
use crate::id::MessageKey;
use crate::model::{ReceiptKind, ScanDirection, SortOrder, SourceKey, StartPosition};
use crate::time::WallTime;
use crate::wire::http::Body;

const CONNECTION_TOKEN: &str = "invented-connection-token-1-Zk81";

/// What a fixture's request is for us; an error with the reason why we never send such a one.
fn intent_of(name: &str, fixture: &Value) -> Result<Intent<'static>, &'static str> {
    let text = |member: &str| leak(fixture["body"][member].as_str().unwrap_or_default().to_owned()).as_str();
    let token = text("ClientToken");
    let limit = || u32::try_from(fixture["body"]["MaxResults"].as_u64().unwrap()).unwrap();
    let id = text("Content").trim_start_matches(r#"{"messageId":""#).trim_end_matches(r#""}"#);
    let own = |request| {
        Ok(Intent::AmazonConnect {
            request: leak(request),
            view_token: Some(leak(Secret::new("invented/view+token=1"))),
            token,
        })
    };
    let attempt = text("SessionId").to_owned();
    match name {
        "create-participant-connection" => Ok(Intent::Authorise { socket: true }),
        "send-message-mobile-no-client-token" | "start-attachment-upload-mobile" => {
            Err("we always send a ClientToken")
        }
        name if name.starts_with("send-message-") => {
            Ok(Intent::SendMessage { content: leak(content_of(text("ContentType"), text("Content"))), token })
        }
        "send-event-typing" => Ok(Intent::SendTyping { typing: true, token }),
        "send-event-delivered" => {
            Ok(Intent::SendReceipts { receipts: leak(marked(ReceiptKind::Delivered, id)), token })
        }
        "send-event-read" | "send-event-read-chatjs-constant-client-token" => {
            Ok(Intent::SendReceipts { receipts: leak(marked(ReceiptKind::Read, id)), token })
        }
        "send-event-connection-acknowledged" => {
            own(Request::SendEvent { content_type: text("ContentType").to_owned(), content: None })
        }
        "get-transcript-initial" => Ok(Intent::Fetch(FetchQuery { from: FetchFrom::Newest, limit: limit() })),
        "get-transcript-older-page" => Ok(Intent::Fetch(FetchQuery {
            from: FetchFrom::Cursor { cursor: text("NextToken"), start: None },
            limit: limit(),
        })),
        "get-transcript-catch-up" | "get-transcript-from-time" | "get-transcript-most-recent" => {
            let (query, start) = query_of(&fixture["body"]);
            Ok(Intent::Query { query: leak(query), start: start.map(|start| leak(start).as_str()) })
        }
        "disconnect-participant" => Ok(Intent::Leave { token }),
        "start-attachment-upload" => Ok(Intent::StartUpload { attachment: leak(receipt()), token }),
        "put-attachment" => Ok(Intent::Upload {
            attachment: leak(receipt()),
            ticket: Some(leak(ticket_of(fixture))),
            token: "",
        }),
        "complete-attachment-upload" => Ok(Intent::CompleteUpload {
            attachment: leak(receipt()),
            attachment_id: leak(fixture["body"]["AttachmentIds"][0].as_str().unwrap().to_owned()),
            token,
        }),
        "get-attachment" => Ok(Intent::AttachmentUrl { attachment: text("AttachmentId"), expires_in: None }),
        "download-attachment" => Ok(Intent::Download { url: leak(url_of(fixture)) }),
        "describe-view" => own(Request::DescribeView { message: message() }),
        "get-authentication-url" => {
            own(Request::AuthenticationUrl { attempt, redirect_uri: text("RedirectUri").to_owned() })
        }
        "cancel-participant-authentication" => own(Request::CancelAuthentication { attempt }),
        "create-participant-connection-connect-only" | "create-participant-connection-credentials-only" => {
            Err("we never send ConnectParticipant")
        }
        "send-event-typing-ios" => Err("we send no empty Content"),
        "get-transcript-chatjs" => Err("we send no empty StartPosition"),
        "get-transcript-forward-without-start" => Err("we refuse it, as the service does"),
        "get-attachment-inline" => Err("we send no UrlContentDisposition"),
        "startchat-contact" | "startchat-persistent" => Err("the backend's"),
        "metrics-mobile" => Err("we send none"),
        other => panic!("{other} is not in the list"),
    }
}

fn content_of(content_type: &str, text: &str) -> OutgoingContent {
    let text = text.to_owned();
    match content_type {
        "text/markdown" => OutgoingContent::Markdown { text },
        "application/json" => OutgoingContent::Json { text },
        "text/plain" => OutgoingContent::Text { text },
        _ => OutgoingContent::InteractiveResponse { text },
    }
}

/// The query that a GetTranscript is, and the id it starts at.
fn query_of(body: &Value) -> (TranscriptQuery, Option<String>) {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let number = |value: &Value| value.as_u64().map(|number| u32::try_from(number).unwrap());
    let start = &body["StartPosition"];
    let from = match (text(&start["Id"]), text(&start["AbsoluteTime"]), number(&start["MostRecent"])) {
        (Some(_), ..) => Some(StartPosition::Item { message: message() }),
        (_, Some(time), _) => Some(StartPosition::Time { time: WallTime::parse(&time).unwrap() }),
        (.., Some(count)) => Some(StartPosition::MostRecent { count }),
        (None, None, None) => None,
    };
    let query = TranscriptQuery {
        direction: if body["ScanDirection"] == "FORWARD" {
            ScanDirection::Forward
        } else {
            ScanDirection::Backward
        },
        order: if body["SortOrder"] == "DESCENDING" { SortOrder::Descending } else { SortOrder::Ascending },
        limit: number(&body["MaxResults"]),
        cursor: text(&body["NextToken"]),
        from,
        segment: text(&body["ContactId"]),
    };
    (query, text(&start["Id"]))
}

/// The file of the fixtures.
fn receipt() -> OutgoingAttachment {
    OutgoingAttachment {
        name: "receipt.pdf".to_owned(),
        content_type: Some("application/pdf".to_owned()),
        size: 48_213,
        source: SourceKey::new("file-1"),
    }
}

fn message() -> MessageKey {
    MessageKey::from_u64(1)
}

/// The whole address of a fixture's request.
fn url_of(fixture: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    format!("https://{}{}", text(&fixture["headers"]["Host"]), text(&fixture["path"]))
}

fn ticket_of(fixture: &Value) -> UploadTicket {
    let mut headers = fixture["headers"].as_object().unwrap().clone();
    headers.remove("Host");
    let header = |(name, value): (String, Value)| (name, Secret::new(value.as_str().unwrap()));
    UploadTicket {
        attachment_id: "8c41e0d7".to_owned(),
        url: Secret::new(url_of(fixture)),
        expires: None,
        headers: headers.into_iter().map(header).collect(),
    }
}

fn leak<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

fn body_of(request: &HttpRequest) -> Value {
    match &request.body {
        Body::Bytes(bytes) => serde_json::from_slice(bytes).unwrap(),
        Body::Empty => Value::Null,
        Body::Framed { .. } => panic!("{request:?}"),
        Body::Source { source, size } => format!("{} ({size} bytes)", source.as_str()).into(),
    }
}

/// The body of a fixture as `body_of` would have it. Where we ask on purpose for more than the fixture does, that
/// stands here.
fn expected_body(name: &str, fixture: &Value) -> Value {
    let mut body = fixture["body"].clone();
    match name {
        "put-attachment" => return "file-1 (48213 bytes)".into(),
        // The session walks from the newest.
        "get-transcript-initial" | "get-transcript-older-page" => body["SortOrder"] = "DESCENDING".into(),
        "get-transcript-most-recent" => body["MaxResults"] = 15.into(),
        _ => {}
    }
    body
}

#[test]
fn requests_are_those_of_the_fixtures() {
    let mut sent = 0;
    for file in fixtures("", ".request.json") {
        let (fixture, name) = (json(&file), file.trim_end_matches(".request.json"));
        let Ok(intent) = intent_of(name, &fixture) else { continue };
        sent += 1;
        let mut headers = fixture["headers"].as_object().unwrap().clone();
        headers.remove("Host");
        // The bytes of a file go to another server, which no token of ours may reach.
        let bearer = headers.get("X-Amz-Bearer").map(|token| token.as_str().unwrap().to_owned());
        let token = Secret::new(bearer.as_deref().unwrap_or(CONNECTION_TOKEN));
        let request = request_of(&dialect(), &intent, Some(&token)).unwrap();
        assert_eq!(request.method, fixture["method"].as_str().unwrap(), "{name}");
        assert_eq!(request.uri.to_string(), url_of(&fixture), "{name}");
        for (header, value) in &headers {
            assert_eq!(request.headers[header.as_str()], value.as_str().unwrap(), "{name} {header}");
            let is_public = header == "Content-Type" && bearer.is_some();
            assert_eq!(request.headers[header.as_str()].is_sensitive(), !is_public, "{name} {header}");
        }
        assert_eq!(request.headers.len(), headers.len(), "{name}");
        assert_eq!(body_of(&request), expected_body(name, &fixture), "{name}");
        let shown = format!("{request:?} {:?} {intent:?}", dialect());
        for secret in [token.expose(), TOKEN, "X-Amz-Signature", "111122223333"] {
            // An address that is asked for by the user stands in the intent, which nobody prints.
            assert!(!shown.contains(secret) || name == "download-attachment", "{shown}");
        }
    }
    assert_eq!(sent, 28);
}

/// With every option that the operation has, and in the fixture's own order.
#[test]
fn every_part_of_a_transcript_can_be_asked_for() {
    for file in fixtures("get-transcript-", ".request.json") {
        let body = json(&file)["body"].clone();
        let (query, start) = query_of(&body);
        let checked = dialect().check_query(&query);
        if file == "get-transcript-forward-without-start.request.json" {
            assert!(checked.unwrap_err().problem.contains("give `from`"));
            continue;
        }
        assert_eq!(checked, Ok(()), "{file}");
        let intent = Intent::Query { query: &query, start: start.as_deref() };
        let request = request_of(&dialect(), &intent, Some(&Secret::new("t"))).unwrap();
        let mut expected = body;
        if expected["StartPosition"] == serde_json::json!({}) {
            expected.as_object_mut().unwrap().remove("StartPosition");
        }
        if expected.get("MaxResults").is_none() {
            expected["MaxResults"] = 15.into();
        }
        assert_eq!(body_of(&request), expected, "{file}");
    }
}

/// What the announcement answered is what the upload carries: no header more, none less, none changed.
#[test]
fn a_ticket_is_used_as_it_came() {
    let fixture = json("start-attachment-upload.response.json");
    let answer =
        answer_of(&dialect(), Operation::StartUpload, &response(&fixture), &Limits::default()).unwrap();
    let Answer::Ticket(ticket) = answer else { panic!("{answer:?}") };
    let intent = Intent::Upload { attachment: &receipt(), ticket: Some(&ticket), token: "" };
    let request = request_of(&dialect(), &intent, None).unwrap();
    let metadata = &fixture["body"]["UploadMetadata"];
    assert_eq!(request.uri.to_string(), metadata["Url"].as_str().unwrap());
    let headers = metadata["HeadersToInclude"].as_object().unwrap();
    assert_eq!(request.headers.len(), headers.len());
    for (name, value) in headers {
        assert_eq!(request.headers[name.as_str()], value.as_str().unwrap());
    }
    assert!(!format!("{ticket:?} {request:?} {intent:?}").contains("X-Amz"), "{request:?}");
}

#[test]
fn frames_are_those_of_the_fixtures() {
    let text = |frame: Frame| match frame {
        Frame::Text(text) => text,
        Frame::Binary(_) => panic!("binary"),
    };
    let (dialect, dense) = (dialect(), |name: &str| fixture(name).split_whitespace().collect::<String>());
    assert_eq!(text(dialect.greeting().unwrap()), dense("ws-client-subscribe.json"));
    assert_eq!(text(dialect.probe(0).unwrap()), dense("ws-client-heartbeat.json"));
    assert_eq!(text(dialect.probe(1).unwrap()), dense("ws-client-ping.json"));
    assert_eq!(dialect.probe(2), None);
}

#[test]
fn the_other_forms_of_requests() {
    let token = Secret::new(CONNECTION_TOKEN);
    let of =
        |intent: &Intent<'_>| body_of(&request_of(&dialect(), intent, Some(&token)).unwrap()).to_string();
    assert_eq!(of(&Intent::Authorise { socket: false }), r#"{"Type":["CONNECTION_CREDENTIALS"]}"#);
    let fetch = |from, limit| of(&Intent::Fetch(FetchQuery { from, limit }));
    let start = r#""ScanDirection":"BACKWARD","SortOrder":"DESCENDING""#;
    assert_eq!(fetch(FetchFrom::Newest, 1_000), format!(r#"{{"MaxResults":100,{start}}}"#));
    assert_eq!(
        fetch(FetchFrom::Item { server_id: "m\"1" }, 0),
        format!(r#"{{"MaxResults":1,{start},"StartPosition":{{"Id":"m\"1"}}}}"#)
    );
    let receipt = Intent::SendReceipts { receipts: &marked(ReceiptKind::Read, "m\"1"), token: "t" };
    assert!(of(&receipt).contains(r#""Content":"{\"messageId\":\"m\\\"1\"}""#));
}

#[test]
fn a_request_needs_a_token_that_a_header_can_carry() {
    let leave = Intent::Leave { token: "t" };
    for file in fixtures("", ".request.json") {
        let name = file.trim_end_matches(".request.json");
        let Ok(intent) = intent_of(name, &json(&file)) else { continue };
        let free = ["create-participant-connection", "put-attachment", "download-attachment"].contains(&name);
        assert_eq!(request_of(&dialect(), &intent, None).is_ok(), free, "{name}");
    }
    let error = request_of(&dialect(), &leave, Some(&Secret::new("secret\n"))).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("secret"));
    // The participant token is the dialect's own.
    assert!(request_of(&dialect(), &Intent::Authorise { socket: true }, None).is_ok());
}

fn marked(kind: ReceiptKind, id: &str) -> Vec<OutgoingReceipt> {
    vec![OutgoingReceipt { kind, server_id: id.to_owned() }]
}
