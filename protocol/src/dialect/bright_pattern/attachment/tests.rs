use super::*;
use crate::model::SourceKey;

fn file(name: &str, content_type: Option<&str>, size: u64) -> OutgoingAttachment {
    OutgoingAttachment {
        name: name.to_owned(),
        content_type: content_type.map(str::to_owned),
        size,
        source: SourceKey::new("disk"),
    }
}

#[test]
fn any_type_is_taken_and_known_ones_are_told_by_the_name() {
    let limits = Limits::default();
    for (name, given, expected) in [
        ("photo.JPG", None, "image/jpeg"),
        ("invoice.pdf", None, "application/pdf"),
        ("notes", None, "application/octet-stream"),
        ("a.unknown", None, "application/octet-stream"),
        ("photo.jpg", Some("image/x-own"), "image/x-own"),
    ] {
        assert_eq!(check(&file(name, given, 1), &limits).as_deref(), Ok(expected), "{name}");
    }
}

#[test]
fn what_cannot_be_sent_is_refused_with_a_hint() {
    let limits = Limits::default();
    let long = "n".repeat(257);
    for (file, hint) in [
        (file("", None, 1), "no name"),
        (file(&long, None, 1), "256"),
        (file("../a.pdf", None, 1), "path"),
        (file("a\r\nb.pdf", None, 1), "control"),
        (file("a.pdf", None, 0), "empty"),
        (file("a.pdf", None, 25 * 1024 * 1024 + 1), "are allowed"),
        (file("a.pdf", Some("pdf"), 1), "content type"),
        (file("a.pdf", Some("a/b\r\nX: y"), 1), "content type"),
    ] {
        let error = check(&file, &limits).unwrap_err();
        assert!(error.to_string().contains(hint), "{error}");
    }
    let larger = Limits::default().with_attachment_bytes(100 * 1024 * 1024);
    assert!(check(&file("a.pdf", None, 25 * 1024 * 1024), &larger).is_ok());
    assert!(check(&file("a.pdf", None, 25 * 1024 * 1024 + 1), &larger).is_err());
}
