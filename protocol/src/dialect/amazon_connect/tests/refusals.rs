use super::responses::describe_answer;
use super::*;
use crate::dialect::RefusalClass;
use crate::error::{FaultKind, Retry};

fn reply(status: u16, headers: &[(&'static str, &str)], body: &str) -> HttpResponse {
    let body = Bytes::from(body.to_owned());
    let mut response = HttpResponse::new(StatusCode::from_u16(status).unwrap(), body);
    for (name, value) in headers {
        response.headers.insert(*name, HeaderValue::from_str(value).unwrap());
    }
    response
}

/// What an answer to an operation says.
fn answer(
    operation: Operation,
    status: u16,
    headers: &[(&'static str, &str)],
    body: &str,
) -> Result<Answer, Refusal> {
    answer_of(&dialect(), operation, &reply(status, headers, body), &Limits::default())
}

/// What the storage answers.
pub(super) const STORAGE: [Operation; 2] = [Operation::Upload, Operation::Download];

/// What the chat service answers.
pub(super) const ALL: [Operation; 15] = [
    Operation::Authorise,
    Operation::SendMessage,
    Operation::SendTyping,
    Operation::SendReceipt,
    Operation::CatchUp,
    Operation::LoadHistory,
    Operation::Leave,
    Operation::LoadTranscript,
    Operation::StartUpload,
    Operation::CompleteUpload,
    Operation::AttachmentUrl,
    Operation::DescribeView,
    Operation::AuthenticationUrl,
    Operation::CancelAuthentication,
    Operation::SendEvent,
];

#[test]
fn the_table_of_refusals() {
    use RefusalClass::{Conflict, Credential, Invalid, TryAgain};
    for (status, class, retry) in [
        (100, TryAgain, Retry::Manual),
        (301, TryAgain, Retry::Manual),
        (307, TryAgain, Retry::Manual),
        (400, Invalid, Retry::Never),
        (401, Credential, Retry::AfterLogin),
        (402, Invalid, Retry::Never),
        (403, Credential, Retry::AfterLogin),
        (404, Invalid, Retry::Never),
        (408, TryAgain, Retry::Manual),
        (409, Conflict, Retry::Never),
        (413, Invalid, Retry::Never),
        (429, TryAgain, Retry::Manual),
        (500, TryAgain, Retry::Manual),
        (503, TryAgain, Retry::Manual),
        (599, TryAgain, Retry::Manual),
        (999, TryAgain, Retry::Manual),
    ] {
        for operation in ALL {
            let refusal = answer(operation, status, &[], "").unwrap_err();
            let class =
                if operation == Operation::SendReceipt && class == Invalid { Conflict } else { class };
            assert_eq!((refusal.class, refusal.fault.retry), (class, retry), "{operation:?} {status}");
            assert_eq!((refusal.fault.status, refusal.fault.operation), (Some(status), Some(operation)));
        }
    }
    // The name is worth more than the status.
    let named =
        |name| answer(Operation::SendMessage, 400, &[("x-amzn-errortype", name)], "{}").unwrap_err().class;
    assert_eq!(named("ThrottlingException:http://x/"), TryAgain);
    assert_eq!(named("AccessDeniedException"), Credential);
    assert_eq!(named("SomethingNewException"), Invalid);
    assert_eq!(named(""), Invalid);
}

/// The answer to an announcement with these headers.
fn ticket(headers: &str) -> String {
    format!(
        r#"{{"AttachmentId":"a","UploadMetadata":{{"Url":"https://h.example/?sig=1","HeadersToInclude":{headers}}}}}"#
    )
}

#[test]
fn what_was_granted_but_cannot_be_read_may_be_tried_again() {
    for operation in ALL {
        for body in ["", "null", "[]", "\"text\"", "<html>log in</html>", "{\"Id\":", "{} {}"] {
            let refusal = answer(operation, 200, &[("retry-after", "3")], body).unwrap_err();
            assert_eq!(refusal.class, RefusalClass::TryAgain, "{operation:?} {body}");
            assert_eq!(refusal.retry_after, Some(core::time::Duration::from_secs(3)));
            assert!(refusal.fault.expected.is_some() && refusal.fault.found.is_some());
        }
    }
    let long = |name: &str, length: usize| format!(r#"{{"{name}":"{}"}}"#, "u".repeat(length));
    let headers = |count: usize| {
        let list: Vec<_> = (0..count).map(|number| format!(r#""x-{number}":"v""#)).collect();
        ticket(&format!("{{{}}}", list.join(",")))
    };
    use Operation::{AttachmentUrl, AuthenticationUrl, Authorise, DescribeView, StartUpload};
    for (operation, body) in [
        (Authorise, "{}".to_owned()),
        (Authorise, r#"{"Websocket":{"Url":""},"ConnectionCredentials":null}"#.to_owned()),
        (Authorise, r#"{"ConnectionCredentials":{"ConnectionToken":"a\nb"}}"#.to_owned()),
        (Authorise, format!(r#"{{"ConnectionCredentials":{}}}"#, long("ConnectionToken", 2_001))),
        (Authorise, format!(r#"{{"Websocket":{}}}"#, long("Url", 2_001))),
        (StartUpload, "{}".to_owned()),
        (StartUpload, r#"{"AttachmentId":"a"}"#.to_owned()),
        (StartUpload, r#"{"AttachmentId":"a","UploadMetadata":{"Url":""}}"#.to_owned()),
        (StartUpload, r#"{"UploadMetadata":{"Url":"https://h.example/"}}"#.to_owned()),
        (StartUpload, format!(r#"{{"AttachmentId":"a","UploadMetadata":{}}}"#, long("Url", 2_001))),
        (StartUpload, ticket("[]")),
        (StartUpload, ticket("\"text\"")),
        (StartUpload, ticket(r#"{"a":{}}"#)),
        (StartUpload, ticket(&long("a", 2_001))),
        (StartUpload, ticket(&format!(r#"{{"{}":"v"}}"#, "n".repeat(257)))),
        (StartUpload, headers(65)),
        (AttachmentUrl, "{}".to_owned()),
        (AttachmentUrl, r#"{"Url":"https://h.example/\u0000"}"#.to_owned()),
        (AttachmentUrl, long("Url", 2_001)),
        (DescribeView, "{}".to_owned()),
        (DescribeView, r#"{"View":[]}"#.to_owned()),
        (DescribeView, format!(r#"{{"View":{}}}"#, long("Id", 501))),
        (DescribeView, format!(r#"{{"View":{}}}"#, long("Name", 256))),
        (DescribeView, format!(r#"{{"View":{{"Content":{{"Actions":["{}"]}}}}}}"#, "a".repeat(256))),
        (AuthenticationUrl, r#"{"AuthenticationUrl":null}"#.to_owned()),
        (AuthenticationUrl, long("AuthenticationUrl", 2_084)),
    ] {
        let refusal = answer(operation, 200, &[], &body).unwrap_err();
        assert_eq!(refusal.class, RefusalClass::TryAgain, "{operation:?} {body}");
    }
    assert!(answer(StartUpload, 200, &[], &headers(64)).is_ok());
    assert!(answer(AttachmentUrl, 200, &[], &long("Url", 2_000)).is_ok());
    assert!(answer(AuthenticationUrl, 200, &[], &long("AuthenticationUrl", 2_083)).is_ok());
    for operation in [Operation::SendMessage, Operation::SendEvent] {
        assert!(answer(operation, 200, &[], &long("Id", 257)).is_err());
    }
    assert!(answer(Operation::LoadHistory, 200, &[], &long("NextToken", 2_001)).is_err());
    let limits = Limits::default().with_body_bytes(1);
    let response = HttpResponse::new(StatusCode::OK, "{}");
    assert!(answer_of(&dialect(), Operation::Leave, &response, &limits).is_err());
}

#[test]
fn one_bad_item_does_not_cost_the_page() {
    let page = r#"{"Transcript":[{"Type":"MESSAGE","Id":"a"},{"Type":"MESSAGE","Id":{}},null,
        {"Type":"SURVEY"},{"Type":"MESSAGE","ContentType":"text/plain","Content":"\ud83d","Id":7}],"NextToken":"n"}"#;
    let found = describe_answer(&answer(Operation::CatchUp, 200, &[], page));
    let expected = "page of nothing, next Some(\"n\"), of 4: a never nobody Unknown -: other None None in no contact \
        | malformed expected <an item: invalid type: map, expected a text at line 1 column 25> found 26 bytes \
        | unrecognized <type SURVEY> of 17 bytes \
        | 7 never nobody Unknown -: text \"\u{fffd}\" in no contact";
    assert_eq!(found, expected);
    let long = format!("\"{}\"", "i".repeat(257));
    for initial in ["null", "{}", "[1]", "7", "\"\"", &long] {
        let page = format!(r#"{{"InitialContactId":{initial}}}"#);
        let found = describe_answer(&answer(Operation::LoadTranscript, 200, &[], &page));
        assert_eq!(found, "page of nothing, next None, of 0:", "{initial}");
    }
}

#[test]
fn errors_repeat_no_token() {
    let body = format!(r#"{{"ConnectionCredentials":"{TOKEN}","message":"bad token {TOKEN}"}}"#);
    for (status, body) in
        [(200, body.as_str()), (403, &body), (403, TOKEN), (200, TOKEN), (500, &format!("<p>{TOKEN}"))]
    {
        for operation in ALL {
            let padded = format!("{}{body}", " ".repeat(4 * 1024 - 10));
            for body in [body, padded.as_str()] {
                let said = answer(operation, status, &[("x-amzn-errortype", TOKEN)], body);
                assert!(!format!("{said:?}").contains(&TOKEN[..9]), "{operation:?} {status} {said:?}");
            }
        }
    }
    let grant =
        answer(Operation::Authorise, 200, &[], r#"{"ConnectionCredentials":{"ConnectionToken":"secret"}}"#);
    assert!(!format!("{grant:?}").contains("secret"));
}

/// What opens a file or a log-in is in no error, wherever the server puts it.
#[test]
fn errors_show_no_address() {
    let url = "https://h.example/file?X-Amz-Signature=secret";
    for operation in [Operation::StartUpload, Operation::AttachmentUrl, Operation::AuthenticationUrl] {
        for body in [
            format!(r#"{{"Url":"{url}","AttachmentId":"#),
            format!(r#"{{"Url":["{url}"],"AuthenticationUrl":["{url}"],"UploadMetadata":"{url}"}}"#),
            format!(r#"{{"AttachmentId":"a","UploadMetadata":{{"HeadersToInclude":"{url}"}}}}"#),
            url.to_owned(),
        ] {
            for status in [200, 403] {
                let said = format!("{:?}", answer(operation, status, &[], &body));
                assert!(!said.contains("secret"), "{said}");
            }
        }
    }
    let granted = [
        answer(Operation::StartUpload, 200, &[], &ticket(r#"{"x-amz-meta":"secret"}"#)),
        answer(Operation::AttachmentUrl, 200, &[], &format!(r#"{{"Url":"{url}"}}"#)),
        answer(Operation::AuthenticationUrl, 200, &[], &format!(r#"{{"AuthenticationUrl":"{url}"}}"#)),
    ];
    assert!(granted.iter().all(Result::is_ok));
    assert!(!format!("{granted:?}").contains("secret") && !format!("{granted:?}").contains("sig=1"));
    // A gateway repeats the path that it does not know, and with it the view's token.
    for body in [
        r#"{"message":"no method for /participant/views/secret"}"#,
        "<pre>Cannot GET /participant/views/secret</pre>",
    ] {
        let said = format!("{:?}", answer(Operation::DescribeView, 404, &[], body));
        assert!(!said.contains("secret"), "{said}");
    }
}

#[test]
fn a_ticket_keeps_every_header() {
    let headers =
        r#"{"B":"2","a":"1","gone":null,"empty":"","a":"3","n":5,"name":"filename=\"r\u00e9.pdf\""}"#;
    let Ok(Answer::Ticket(ticket)) = answer(Operation::StartUpload, 200, &[], &ticket(headers)) else {
        panic!()
    };
    let kept: Vec<_> = ticket.headers.iter().map(|(name, value)| (name.as_str(), value.expose())).collect();
    let name = "filename=\"ré.pdf\"";
    assert_eq!(kept, [("B", "2"), ("empty", ""), ("a", "3"), ("n", "5"), ("name", name)]);
    // Times that cannot be read are none, and so are sizes.
    assert_eq!(ticket.expires, None);
    let odd = r#"{"Url":"https://h.example/","UrlExpiry":"soon","AttachmentSizeInBytes":-1}"#;
    assert_eq!(
        describe_answer(&answer(
            Operation::AttachmentUrl,
            200,
            &[],
            &odd.replace("h.example/", &"h".repeat(40))
        )),
        "at https://hhhhhhhhhhhhhhhh…hhhhhhhhhhhhhhhhhhhhhhhh until None, None bytes"
    );
}

#[test]
fn views_are_read_with_patience() {
    let view = |body: &str| describe_answer(&answer(Operation::DescribeView, 200, &[], body));
    let nothing = "id: None, arn: None, name: None, version: None";
    assert_eq!(
        view(r#"{"View":{}}"#),
        format!("View {{ view: View {{ {nothing}, actions: [], input_schema: None, template: None }} }}")
    );
    assert_eq!(
        view(r#"{"View":{"Version":"x","Content":{"Actions":[null,"","Go"],"Template":"{}","More":1}}}"#),
        format!(
            "View {{ view: View {{ {nothing}, actions: [\"Go\"], input_schema: None, template: Some(\"{{}}\") }} }}"
        )
    );
}

#[test]
fn the_storage_grants_by_status_alone() {
    for operation in STORAGE {
        for status in [200, 201, 204, 299] {
            for body in ["", "{}", "<html>", "\u{0}"] {
                assert_eq!(answer(operation, status, &[], body), Ok(Answer::Done));
            }
        }
        let limits = Limits::default().with_body_bytes(1);
        assert_eq!(answer_of(&dialect(), operation, &reply(200, &[], "file"), &limits), Ok(Answer::Done));
    }
}

#[test]
fn the_table_of_the_storages_refusals() {
    use RefusalClass::{Invalid, TryAgain};
    for (status, class, retry) in [
        (100, TryAgain, Retry::Manual),
        (307, TryAgain, Retry::Manual),
        (400, Invalid, Retry::Never),
        (401, Invalid, Retry::Never),
        (403, Invalid, Retry::Never),
        (404, Invalid, Retry::Never),
        (408, TryAgain, Retry::Manual),
        (409, TryAgain, Retry::Manual),
        (411, Invalid, Retry::Never),
        (412, Invalid, Retry::Never),
        (413, Invalid, Retry::Never),
        (429, TryAgain, Retry::Manual),
        (500, TryAgain, Retry::Manual),
        (503, TryAgain, Retry::Manual),
    ] {
        for operation in STORAGE {
            let refusal = answer(operation, status, &[("retry-after", "3")], "").unwrap_err();
            assert_eq!((refusal.class, refusal.fault.retry), (class, retry), "{operation:?} {status}");
            assert_eq!((refusal.fault.status, refusal.fault.operation), (Some(status), Some(operation)));
            assert_eq!(refusal.retry_after, Some(core::time::Duration::from_secs(3)));
            let kind = if status < 400 { FaultKind::Unexpected } else { FaultKind::Refused };
            assert_eq!((refusal.fault.kind, refusal.fault.found), (kind, None));
        }
    }
    // The code is worth more than the status, and what the chat service would mean by one is not meant here.
    let coded = |status, code: &str| {
        let body = format!("<Error><Code>{code}</Code></Error>");
        answer(Operation::Upload, status, &[("x-amzn-errortype", "ThrottlingException")], &body).unwrap_err()
    };
    assert_eq!(coded(400, "RequestTimeout").class, TryAgain);
    assert_eq!(coded(403, "SlowDown").class, TryAgain);
    assert_eq!(coded(403, "AccessDeniedException").class, Invalid);
    assert_eq!(coded(503, "Anything").class, TryAgain);
}

#[test]
fn the_storages_words_are_read_whatever_is_around_them() {
    let said = |body: &str| {
        let fault = answer(Operation::Download, 403, &[], body).unwrap_err().fault;
        (fault.code.unwrap_or_default(), fault.message.unwrap_or_default(), fault.found.unwrap_or_default())
    };
    let of = |code: &str, message: &str| (code.to_owned(), message.to_owned(), String::new());
    assert_eq!(said("<Code>A</Code><Message>b</Message>"), of("A", "b"));
    assert_eq!(said("<E><Message> b &amp;lt; &quot;c&quot;\n</Message><Code>A"), of("A", "b &lt; \"c\""));
    assert_eq!(said("<Code></Code><Message/><Message>b"), of("", "b"));
    assert_eq!(said("<Code>A</Code><StringToSign>secret</StringToSign>"), of("A", ""));
    // Of what is not understood only the length is told.
    for body in ["<Error><StringToSign>secret", "<html>secret", r#"{"message":"secret"}"#] {
        let found = format!("a body of {} bytes", body.len());
        assert_eq!(said(body), (String::new(), String::new(), found));
    }
    let long = said(&format!("<Code>{}</Code><Message>{}", "c".repeat(300), "m".repeat(5_000)));
    assert_eq!((long.0.len(), long.1.len()), (256, 4 * 1024));
    assert_eq!(said(&format!("<Message>token {TOKEN}")), of("", "[redacted: it repeats the token]"));
}
