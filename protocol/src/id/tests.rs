use super::*;

#[test]
fn an_id_prints_as_its_letter_and_number_and_reads_back() {
    assert_eq!(MessageKey::from_u64(12).to_string(), "m12");
    assert_eq!("m12".parse(), Ok(MessageKey::from_u64(12)));
    assert_eq!(serde_json::to_string(&RequestId::from_u64(7)).unwrap(), "\"r7\"");
    assert_eq!(serde_json::from_str::<SocketId>("\"s2\"").unwrap(), SocketId::from_u64(2));
}

#[test]
fn an_id_of_another_kind_or_of_none_is_refused() {
    for text in ["", "m", "12", "c12", "m-1", "m+1", "m 1", "m99999999999999999999999"] {
        assert!(text.parse::<MessageKey>().is_err(), "{text}");
    }
    let error = "c4".parse::<MessageKey>().unwrap_err();
    assert_eq!(error.to_string(), "\"c4\" is not an id such as \"m12\"");
}
