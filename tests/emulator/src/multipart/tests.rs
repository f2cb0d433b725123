use super::*;

const TYPE: &str = "multipart/form-data; boundary=B-1";

fn read(body: &str) -> Result<(Part, String), &'static str> {
    let part = first_part(TYPE, body.as_bytes())?;
    let text = body[part.bytes.clone()].to_owned();
    Ok((part, text))
}

#[test]
fn a_part_is_read_with_its_names() {
    let body = "--B-1\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a b.txt\"\r\n\
                Content-Type: text/plain\r\n\r\nhello\r\n--B-1--\r\n";
    let (part, text) = read(body).unwrap();
    assert_eq!((part.field.as_str(), part.file_name.as_deref()), ("file", Some("a b.txt")));
    assert_eq!(part.content_type.as_deref(), Some("text/plain"));
    assert_eq!(text, "hello");
}

#[test]
fn a_preamble_and_missing_blanks_are_forgiven() {
    let body =
        "\r\n--B-1\r\nContent-Disposition:form-data;name=\"f\";filename=\"x\"\r\n\r\n\r\n--x\r\n--B-1--";
    let (part, text) = read(body).unwrap();
    assert_eq!((part.field.as_str(), part.file_name.as_deref()), ("f", Some("x")));
    assert_eq!(text, "\r\n--x");
}

#[test]
fn names_are_optional_and_quotes_too() {
    let body = "--B-1\r\nContent-Disposition: form-data; name=f\r\n\r\nx\r\n--B-1--";
    let (part, _) = read(body).unwrap();
    assert_eq!((part.field.as_str(), part.file_name), ("f", None));
    let quoted = "multipart/form-data; charset=utf-8; boundary=\"B-1\"";
    assert!(first_part(quoted, body.as_bytes()).is_ok());
}

#[test]
fn what_is_no_form_is_told() {
    for (kind, body) in [
        ("multipart/form-data", "--B-1\r\n\r\nx\r\n--B-1--"),
        ("multipart/form-data; boundary=", "--B-1\r\n\r\nx\r\n--B-1--"),
        ("application/json", "{}"),
        (TYPE, ""),
        (TYPE, "--B-2\r\n\r\nx"),
        (TYPE, "--B-1\r\nno end"),
        (TYPE, "--B-1\r\n\r\nno end"),
    ] {
        assert!(first_part(kind, body.as_bytes()).is_err(), "{kind} {body}");
    }
}
