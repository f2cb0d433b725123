use super::*;
use crate::model::SourceKey;
use crate::secret::Secret;

fn file() -> OutgoingAttachment {
    OutgoingAttachment {
        name: "r.PDF".to_owned(),
        content_type: None,
        size: 12,
        source: SourceKey::new("file-1"),
    }
}

fn ticket(url: &str, headers: &[(&str, &str)]) -> UploadTicket {
    let header = |(name, value): &(&str, &str)| ((*name).to_owned(), Secret::new(*value));
    let headers = headers.iter().map(header).collect();
    UploadTicket { attachment_id: "a".to_owned(), url: Secret::new(url), expires: None, headers }
}

fn upload_with(headers: &[(&str, &str)]) -> Result<HttpRequest, EncodeError> {
    upload(&file(), &ticket("https://h.example/f?sig=secret", headers), false)
}

#[test]
fn an_upload_has_the_headers_of_its_ticket_and_no_other() {
    let headers = [
        ("Content-Disposition", "attachment; filename=\"réçu.pdf\""),
        ("X-Amz-Meta-A", "1"),
        ("x-amz-meta-a", "2"),
        ("Empty", ""),
        ("Content-Length", "12"),
    ];
    let request = upload_with(&headers).unwrap();
    assert_eq!((request.method.as_str(), request.headers.len()), ("PUT", 5));
    assert_eq!(request.uri.to_string(), "https://h.example/f?sig=secret");
    assert_eq!(request.headers["content-disposition"].as_bytes(), headers[0].1.as_bytes());
    let both: Vec<_> = request.headers.get_all("x-amz-meta-a").iter().collect();
    assert_eq!(both, ["1", "2"]);
    assert!(request.headers.values().all(HeaderValue::is_sensitive));
    assert_eq!(request.body, Body::Source { source: SourceKey::new("file-1"), size: 12 });
    assert!(!format!("{request:?}").contains("secret"));
}

#[test]
fn a_ticket_that_cannot_be_used_is_refused() {
    for (name, value, problem) in [
        ("", "v", "no name of a header"),
        ("a b", "v", "no name of a header"),
        ("a\r\nb", "v", "no name of a header"),
        ("a", "secret\r\nb: c", "no header can carry"),
        ("a", "secret\0", "no header can carry"),
        ("Transfer-Encoding", "chunked", "sent as it is"),
        ("content-length", "13", "not the size"),
        ("content-length", "secret", "not the size"),
    ] {
        let refused = upload_with(&[(name, value)]).unwrap_err();
        assert!(refused.problem.contains(problem), "{refused}");
        assert!(!format!("{refused} {refused:?}").contains("secret"), "{refused}");
    }
    let long = "n".repeat(300) + " ";
    assert!(upload_with(&[(&long, "v")]).unwrap_err().problem.len() < 150);
}

#[test]
fn files_go_to_and_come_from_safe_addresses_only() {
    let long = format!("https://h.example/{}", "u".repeat(2_001 - 18));
    for (url, plain, taken) in [
        ("https://h.example/f?sig=secret", false, true),
        (&long[..2_000], false, true),
        ("http://127.0.0.1:8080/f?sig=secret", false, true),
        ("http://localhost/f?sig=secret", false, true),
        ("http://h.example/f?sig=secret", false, false),
        ("http://h.example/f?sig=secret", true, true),
        ("https://u:secret@h.example/f", true, false),
        ("ftp://h.example/secret", true, false),
        ("wss://h.example/secret", true, false),
        ("/secret", true, false),
        ("secret", true, false),
        ("", true, false),
        (&long, true, false),
    ] {
        let (up, down) = (upload(&file(), &ticket(url, &[]), plain), download(url, plain));
        assert_eq!((up.is_ok(), down.is_ok()), (taken, taken), "{url}");
        assert!(!format!("{up:?} {down:?}").contains("secret"), "{url}");
    }
    let request = download("https://h.example/f?sig=secret", false).unwrap();
    assert_eq!((request.method.as_str(), request.headers.len(), request.body), ("GET", 0, Body::Empty));
    let refused = download("http://h.example/", false).unwrap_err().problem;
    assert!(refused.starts_with("the file's address cannot be used: "), "{refused}");
    let refused = upload(&file(), &ticket(&long, &[]), false).unwrap_err().problem;
    assert_eq!(refused, "the upload's address has more than 2000 characters");
}

#[test]
fn an_announcement_has_a_type() {
    let body = |file: &OutgoingAttachment| start(file, "t").map(|body| serde_json::to_value(&body).unwrap());
    assert_eq!(body(&file()).unwrap()["ContentType"], "application/pdf");
    let unknown = OutgoingAttachment { name: "a.exe".to_owned(), ..file() };
    assert!(body(&unknown).is_err());
    let given = OutgoingAttachment { content_type: Some("a/b".to_owned()), ..unknown };
    assert_eq!(body(&given).unwrap()["ContentType"], "a/b");
}

#[test]
fn an_address_is_good_for_5_to_300_seconds() {
    let of = |id: &str, seconds| address(id, seconds).map(|body| serde_json::to_string(&body).unwrap());
    assert_eq!(of("a", None).unwrap(), r#"{"AttachmentId":"a"}"#);
    for seconds in [5, 60, 300] {
        let body = format!(r#"{{"AttachmentId":"a","UrlExpiryInSeconds":{seconds}}}"#);
        assert_eq!(of("a", Some(seconds)).unwrap(), body);
    }
    for seconds in [0, 4, 301, u32::MAX] {
        let refused = of("a", Some(seconds)).unwrap_err().problem;
        assert_eq!(refused, format!("an address can be good for 5 to 300 seconds, not for {seconds}"));
    }
    assert!(of(&"ü".repeat(256), None).is_ok());
    for id in ["", &"a".repeat(257)] {
        assert!(of(id, None).unwrap_err().problem.contains("1 to 256"));
    }
}
