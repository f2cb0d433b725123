use super::*;
use crate::model::SourceKey;

fn file(name: &str, content_type: Option<&str>, size: u64) -> OutgoingAttachment {
    OutgoingAttachment {
        name: name.to_owned(),
        content_type: content_type.map(str::to_owned),
        size,
        source: SourceKey::new("file-1"),
    }
}

fn type_of(name: &str, content_type: Option<&str>) -> Result<String, CommandError> {
    check(&file(name, content_type, 1), &Limits::default())
}

fn hint(attachment: &OutgoingAttachment) -> String {
    match check(attachment, &Limits::default()) {
        Err(CommandError::InvalidAttachment { hint, .. }) => hint,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_type_is_that_of_the_extension() {
    for (extension, content_type) in RULES.types {
        for name in [format!("a.{extension}"), format!("A b.C.{}", extension.to_uppercase())] {
            assert_eq!(type_of(&name, None).as_deref(), Ok(*content_type), "{name}");
        }
    }
    assert_eq!(endings(), "csv doc docx heic jpeg jpg mov mp4 pdf png ppt pptx rtf txt wav xls xlsx");
    for name in ["a.exe", "a.pdf ", "a.tar.gz"] {
        assert!(hint(&file(name, None, 1)).contains("is none of csv doc"), "{name}");
    }
    for name in ["a", "pdf", "a.", "."] {
        assert!(hint(&file(name, None, 1)).contains("no extension and no content type"), "{name}");
    }
}

#[test]
fn a_type_that_is_given_is_the_services_to_judge() {
    for name in ["a.exe", "a", "a.pdf"] {
        assert_eq!(
            type_of(name, Some("application/x-thing; a=b")).as_deref(),
            Ok("application/x-thing; a=b")
        );
    }
    let long = "t".repeat(255);
    assert_eq!(type_of("a", Some(&long)).as_deref(), Ok(long.as_str()));
    for content_type in ["", " ", "a\nb", "é\u{0}", &"t".repeat(256)] {
        assert!(hint(&file("a.pdf", Some(content_type), 1)).contains("1 to 255"), "{content_type:?}");
    }
}

#[test]
fn a_name_is_a_name_and_no_path() {
    assert!(type_of(&format!("{}.pdf", "ü".repeat(252)), None).is_ok());
    assert!(type_of("reçu 2026 (1).pdf", None).is_ok());
    for (name, problem) in [
        ("", "no name"),
        (&*format!("{}.pdf", "ü".repeat(253)), "more than 256"),
        ("a/b.pdf", "path"),
        ("..\\b.pdf", "path"),
        ("a\nb.pdf", "control"),
        ("a\u{85}.pdf", "control"),
        ("a\0.pdf", "control"),
    ] {
        assert!(hint(&file(name, None, 1)).contains(problem), "{name:?}");
    }
    let error = check(&file(&"n".repeat(5_000), None, 1), &Limits::default()).unwrap_err();
    let CommandError::InvalidAttachment { name, .. } = error else { panic!("{error:?}") };
    assert_eq!(name.len(), 256);
}

#[test]
fn a_size_is_within_the_limit() {
    assert!(hint(&file("a.pdf", None, 0)).contains("empty"));
    assert!(check(&file("a.pdf", None, 20_000_000), &Limits::default()).is_ok());
    let refused = hint(&file("a.pdf", None, 20_000_001));
    assert!(refused.contains("20000001") && refused.contains(" 20000000 "), "{refused}");
    assert!(hint(&file("a.pdf", None, u64::MAX)).contains(&u64::MAX.to_string()));
    let limits = Limits::default().with_attachment_bytes(3);
    assert!(check(&file("a.pdf", None, 3), &limits).is_ok());
    assert!(check(&file("a.pdf", None, 4), &limits).is_err());
}
