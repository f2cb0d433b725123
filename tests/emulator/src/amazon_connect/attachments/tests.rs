use super::disposition;

#[test]
fn a_name_is_told_as_it_is_where_a_header_can_hold_it() {
    assert_eq!(
        disposition("attachment", "my receipt (1).pdf"),
        "attachment; filename=\"my receipt (1).pdf\""
    );
    assert_eq!(disposition("inline", "a\"b\\c\n.png"), "inline; filename=\"a%22b%5Cc%0A.png\"");
    assert_eq!(disposition("inline", "é.png"), "inline; filename=\"%C3%A9.png\"");
}

#[test]
fn a_long_name_is_cut_at_a_character() {
    for length in 200..256 {
        let told = disposition("attachment", &"é".repeat(length));
        assert!(told.len() <= 256, "{}", told.len());
        assert!(told.trim_end_matches('"').ends_with(|last: char| last.is_ascii_hexdigit()));
        assert_eq!(told.len() % 3, "attachment; filename=\"\"".len() % 3);
    }
}
