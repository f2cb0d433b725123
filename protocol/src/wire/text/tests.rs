use super::*;

#[test]
fn characters_are_counted_not_bytes() {
    assert!(!has_more_chars("üüü", 3));
    assert!(has_more_chars("üüü", 2));
    assert!(!has_more_chars("", 0));
    assert!(has_more_chars("a", 0));
}

#[test]
fn a_cut_never_splits_a_character() {
    assert_eq!(cut_chars("aü👋b", 3), "aü👋");
    assert_eq!(cut_chars("aü", 9), "aü");
    let text = "aü👋b";
    for limit in 0..12 {
        let cut = cut_bytes(text, limit);
        assert!(text.starts_with(cut) && cut.len() <= limit && cut.len() + 4 > limit.min(text.len()));
    }
}
