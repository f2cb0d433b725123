use super::*;
use crate::dialect::RefusalClass;
use crate::error::Retry;

/// The operation of a fixture, as we call it; that of a message where we do not have it, as errors are the same.
fn operation(fixture: &Value) -> Operation {
    match fixture["operation"].as_str().unwrap() {
        "CreateParticipantConnection" => Operation::Authorise,
        "SendEvent" => Operation::SendReceipt,
        "GetTranscript" => Operation::LoadHistory,
        "DisconnectParticipant" => Operation::Leave,
        _ => Operation::SendMessage,
    }
}

fn answered(fixture: &Value) -> Result<Answer, Refusal> {
    dialect().answer(operation(fixture), &response(fixture), &Limits::default())
}

fn describe_answer(answer: &Result<Answer, Refusal>) -> String {
    match answer {
        Ok(Answer::Granted(grant)) => {
            let secret = |secret: &Option<Secret>| secret.as_ref().map(|secret| secret.expose().to_owned());
            let (url, token) = (secret(&grant.socket_url), secret(&grant.token));
            format!(
                "granted {url:?} until {:?}, {token:?} until {:?}",
                grant.socket_expires, grant.token_expires
            )
        }
        Ok(Answer::Accepted(accepted)) => {
            format!("accepted {:?} {:?} {:?}", accepted.server_id, accepted.at, accepted.processing)
        }
        Ok(Answer::Page(page)) => {
            let facts: Vec<_> = page.facts.iter().map(describe::fact).collect();
            format!("page, next {:?}, of {}: {}", page.next, facts.len(), facts.join(" | "))
                .trim_end()
                .to_owned()
        }
        Ok(Answer::Done) => "done".to_owned(),
        Err(refusal) => {
            let Refusal { fault, class, retry_after } = refusal;
            let retry = fault.retry;
            format!("{class:?} {retry:?} after {retry_after:?}: {}", describe::fault(fault))
        }
    }
}

#[test]
fn every_response_says_what_it_should() {
    let names = fixtures("", ".response.json")
        .into_iter()
        .filter(|name| {
            let fixture = json(name);
            let ours = [
                "CreateParticipantConnection",
                "SendMessage",
                "SendEvent",
                "GetTranscript",
                "DisconnectParticipant",
            ];
            fixture["status"] != 200 || ours.contains(&fixture["operation"].as_str().unwrap())
        })
        .collect();
    check_table(include_str!("responses.txt"), &names, |name| describe_answer(&answered(&json(name))));
}

/// The responses that `every_response_says_what_it_should` leaves out, so that none is forgotten.
#[test]
fn the_other_responses_are_known() {
    let ours = include_str!("responses.txt");
    let mut others: Vec<_> = fixtures("", ".response.json").into_iter().collect();
    others.retain(|name| !ours.contains(&format!("{name}:")));
    let expected = [
        "cancel-participant-authentication",
        "complete-attachment-upload",
        "describe-view",
        "download-attachment",
        "get-attachment",
        "get-authentication-url",
        "metrics-mobile",
        "put-attachment",
        "start-attachment-upload",
        "startchat-backend-wrapped",
        "startchat-contact",
        "startchat-persistent",
    ];
    assert_eq!(others, expected.map(|name| format!("{name}.response.json")));
}

#[test]
fn every_form_of_chat_details_is_read() {
    for name in ["startchat-contact", "startchat-persistent", "startchat-backend-wrapped"] {
        let body = body(&json(&format!("{name}.response.json")));
        assert_eq!(serde_json::from_str::<ChatDetails>(&body).unwrap(), details(), "{name}");
        let value: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(serde_json::from_value::<ChatDetails>(value).unwrap(), details(), "{name}");
        assert_eq!(serde_json::from_reader::<_, ChatDetails>(body.as_bytes()).unwrap(), details(), "{name}");
    }
}

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
    dialect().answer(operation, &reply(status, headers, body), &Limits::default())
}

const ALL: [Operation; 7] = [
    Operation::Authorise,
    Operation::SendMessage,
    Operation::SendTyping,
    Operation::SendReceipt,
    Operation::CatchUp,
    Operation::LoadHistory,
    Operation::Leave,
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
    for body in [
        "{}",
        r#"{"Websocket":{"Url":""},"ConnectionCredentials":null}"#,
        r#"{"ConnectionCredentials":{"ConnectionToken":"a\nb"}}"#,
        &format!(r#"{{"ConnectionCredentials":{{"ConnectionToken":"{}"}}}}"#, "t".repeat(2_001)),
        &format!(r#"{{"Websocket":{{"Url":"wss://h.example/{}"}}}}"#, "u".repeat(2_000)),
    ] {
        assert_eq!(
            answer(Operation::Authorise, 200, &[], body).unwrap_err().class,
            RefusalClass::TryAgain,
            "{body}"
        );
    }
    let long = format!(r#"{{"Id":"{0}","NextToken":"{0}"}}"#, "i".repeat(2_001));
    for operation in [Operation::SendMessage, Operation::LoadHistory] {
        assert!(answer(operation, 200, &[], &long).is_err());
    }
    let limits = Limits::default().with_body_bytes(1);
    let response = HttpResponse::new(StatusCode::OK, "{}");
    assert!(dialect().answer(Operation::Leave, &response, &limits).is_err());
}

#[test]
fn one_bad_item_does_not_cost_the_page() {
    let page = r#"{"Transcript":[{"Type":"MESSAGE","Id":"a"},{"Type":"MESSAGE","Id":{}},null,
        {"Type":"SURVEY"},{"Type":"MESSAGE","ContentType":"text/plain","Content":"\ud83d","Id":7}],"NextToken":"n"}"#;
    let found = describe_answer(&answer(Operation::CatchUp, 200, &[], page));
    let expected = "page, next Some(\"n\"), of 4: a never nobody Unknown -: other None None in no contact \
        | malformed expected <an item: invalid type: map, expected a text at line 1 column 25> found 26 bytes \
        | unrecognized <type SURVEY> of 17 bytes \
        | 7 never nobody Unknown -: text \"\u{fffd}\" in no contact";
    assert_eq!(found, expected);
    assert_eq!(describe_answer(&answer(Operation::CatchUp, 200, &[], "{}")), "page, next None, of 0:");
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
