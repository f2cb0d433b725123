use super::*;
use crate::dialect::amazon_connect::{ChatDetails, Config};
use crate::id::MessageKey;
use crate::wire::http::Body;

const ATTEMPT: &str = "4f7d2a90-6b1e-4c83-9d05-e2a8c7f13b64";

fn dialect() -> AmazonConnect {
    AmazonConnect::new(&Config::new(ChatDetails::new("t"))).unwrap()
}

fn asked(what: &Request, view_token: Option<&str>) -> Result<HttpRequest, EncodeError> {
    let view_token = view_token.map(Secret::new);
    request(&dialect(), what, view_token.as_ref(), "token-1", &Secret::new("bearer"))
}

fn view(token: &str) -> Result<String, EncodeError> {
    let what = Request::DescribeView { message: MessageKey::from_u64(1) };
    asked(&what, Some(token)).map(|request| request.uri.path().to_owned())
}

fn problem(what: &Request) -> String {
    asked(what, None).unwrap_err().problem
}

#[test]
fn a_views_token_is_one_segment_of_the_path() {
    for (token, segment) in [
        ("Az09-._~", "Az09-._~"),
        ("a/b?c#d%e f+g=h&i", "a%2Fb%3Fc%23d%25e%20f%2Bg%3Dh%26i"),
        ("é\u{0}\r\n", "%C3%A9%00%0D%0A"),
    ] {
        assert_eq!(view(token), Ok(format!("/participant/views/{segment}")));
    }
    assert!(view(&"/".repeat(1_000)).is_ok());
    let refused = view(&"s".repeat(1_001)).unwrap_err();
    assert!(refused.problem.contains("1000") && !refused.problem.contains("ss"), "{refused}");
    let what = Request::DescribeView { message: MessageKey::from_u64(1) };
    for token in [None, Some("")] {
        assert!(asked(&what, token).unwrap_err().problem.contains("its token is gone"));
    }
    let request = asked(&what, Some("v")).unwrap();
    assert_eq!((request.method.as_str(), request.headers.len()), ("GET", 1));
    assert_eq!((&request.headers["x-amz-bearer"], request.body), (&"bearer".parse().unwrap(), Body::Empty));
}

#[test]
fn a_log_in_is_that_of_the_notice() {
    let of = |attempt: &str, redirect_uri: &str| Request::AuthenticationUrl {
        attempt: attempt.to_owned(),
        redirect_uri: redirect_uri.to_owned(),
    };
    assert!(asked(&of(ATTEMPT, &"u".repeat(1_024)), None).is_ok());
    for redirect_uri in ["", &"u".repeat(1_025)] {
        assert!(problem(&of(ATTEMPT, redirect_uri)).contains("`redirect_uri` has 1 to 1024"));
    }
    for attempt in ["", &ATTEMPT[1..], &format!("{ATTEMPT}0")] {
        let cancel = Request::CancelAuthentication { attempt: attempt.to_owned() };
        for what in [of(attempt, "app:/back"), cancel] {
            assert!(problem(&what).starts_with("`attempt` has 36 characters"), "{what:?}");
        }
    }
}

#[test]
fn an_event_may_be_of_any_type() {
    let of = |content_type: &str, content: Option<&str>| Request::SendEvent {
        content_type: content_type.to_owned(),
        content: content.map(str::to_owned),
    };
    let body = |what: &Request| {
        let request = asked(what, None).unwrap();
        assert_eq!(request.uri.path(), "/participant/event");
        let Body::Bytes(bytes) = request.body else { panic!("no body") };
        String::from_utf8(bytes.to_vec()).unwrap()
    };
    let bare = r#"{"ContentType":"a/b","ClientToken":"token-1"}"#;
    assert_eq!(body(&of("a/b", None)), bare);
    // The vendor's own apps send empty content; the model has none shorter than a character.
    assert_eq!(body(&of("a/b", Some(""))), bare);
    assert_eq!(
        body(&of("a/b", Some("{\"a\":1}"))),
        r#"{"ContentType":"a/b","Content":"{\"a\":1}","ClientToken":"token-1"}"#
    );
    assert!(asked(&of("a/b", Some(&"ü".repeat(16_384))), None).is_ok());
    assert!(problem(&of("a/b", Some(&"ü".repeat(16_385)))).contains("16384"));
    for content_type in ["", &"t".repeat(101)] {
        assert!(problem(&of(content_type, None)).starts_with("`content_type` has 1 to 100"));
    }
}
