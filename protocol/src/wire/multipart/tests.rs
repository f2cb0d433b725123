use super::*;

#[test]
fn a_form_stands_around_the_file() {
    let part = FilePart { field: "file", name: "a \"b\"\r\nX: y.jpg", content_type: "image/jpeg\r\nX: y" };
    let (content_type, body) = form("b-1", &part, SourceKey::new("disk"), 7);
    assert_eq!(content_type, "multipart/form-data; boundary=b-1");
    let Body::Framed { before, source, size, after } = &body else { panic!("{body:?}") };
    assert_eq!((source.as_str(), *size), ("disk", 7));
    let head = "--b-1\r\nContent-Disposition: form-data; name=\"file\"; \
                filename=\"a %22b%22%0D%0AX: y.jpg\"\r\nContent-Type: image/jpeg  X: y\r\n\r\n";
    assert_eq!(before, head);
    assert_eq!(after, "\r\n--b-1--\r\n");
    assert_eq!(usize::try_from(body.size()).unwrap(), before.len() + 7 + after.len());
}
