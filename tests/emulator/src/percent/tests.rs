use super::{decode, encode};

#[test]
fn what_was_encoded_is_decoded_again() {
    for text in ["", "a b", "invented/view+token=1", "résumé 📄.pdf", "100%"] {
        assert_eq!(decode(&encode(text, "")).as_deref(), Some(text));
    }
    assert_eq!(encode("a/b é", "/"), "a/b%20%C3%A9");
}

#[test]
fn what_is_no_encoding_is_refused() {
    for text in ["%", "%2", "%zz", "%ff", "%+1"] {
        assert_eq!(decode(text), None, "{text}");
    }
}
