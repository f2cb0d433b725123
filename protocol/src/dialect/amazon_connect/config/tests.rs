use super::super::AmazonConnect;
use super::*;
use crate::error::ConfigError;

fn config() -> Config {
    Config::new(ChatDetails::new("token-1").with_contact_id("c").with_participant_id("p"))
}

/// The field that is refused, and why.
fn refused(config: &Config) -> (&'static str, String) {
    match AmazonConnect::new(config) {
        Err(ConfigError::Field { field, problem }) => (field, problem),
        Ok(_) => panic!("{config:?} was taken"),
    }
}

#[test]
fn the_default_region_is_that_of_the_vendors_sdks() {
    let dialect = AmazonConnect::new(&config()).unwrap();
    assert_eq!(dialect.endpoint.to_string(), "https://participant.connect.us-west-2.amazonaws.com/");
}

#[test]
fn region_and_hosts_can_be_chosen() {
    let config = config().with_region("us-gov-west-1").with_fips(true).with_dual_stack(true);
    let dialect = AmazonConnect::new(&config).unwrap();
    assert_eq!(dialect.endpoint.to_string(), "https://participant.connect-fips.us-gov-west-1.api.aws/");
    let (field, problem) = refused(&config.with_region("Frankfurt"));
    assert_eq!(field, "with_region");
    assert!(problem.contains("us-west-2") && problem.contains("with_endpoint"), "{problem}");
}

#[test]
fn an_endpoint_must_be_safe_and_alone() {
    for url in [
        "https://h.example",
        "https://h.example:8443/stage/",
        "http://127.0.0.1:1",
        "http://localhost:1",
        "http://[::1]:1",
    ] {
        assert!(AmazonConnect::new(&config().with_endpoint(url).with_region("none")).is_ok(), "{url}");
    }
    for url in [
        "http://h.example",
        "wss://h.example",
        "h.example",
        "https://u@h.example",
        "https://h.example/?a",
        "https://h.example/#a",
    ] {
        assert_eq!(refused(&config().with_endpoint(url)).0, "with_endpoint", "{url}");
    }
    assert!(
        AmazonConnect::new(&config().with_endpoint("http://h.example").dangerous_allow_plaintext(true))
            .is_ok()
    );
    let endpoint = config().with_endpoint("https://h.example");
    assert_eq!(refused(&endpoint.clone().with_fips(true)).0, "with_fips");
    assert_eq!(refused(&endpoint.with_dual_stack(true)).0, "with_dual_stack");
}

#[test]
fn a_token_must_fit_its_header() {
    let with = |token: String| Config::new(ChatDetails::new(token));
    assert!(AmazonConnect::new(&with("t".repeat(1_000))).is_ok());
    for token in [String::new(), "t".repeat(1_001), "a\nb".to_owned(), "a\u{fc}\u{0}".to_owned()] {
        assert_eq!(refused(&with(token)).0, "participant_token");
    }
}

#[test]
fn details_are_read_in_every_form() {
    let details = ChatDetails::new("token-1").with_contact_id("c").with_participant_id("p");
    for text in [
        r#"{"ContactId":"c","ParticipantId":"p","ParticipantToken":"token-1","ContinuedFromContactId":"x"}"#,
        r#"{"contactId":"c","participantId":"p","participantToken":"token-1"}"#,
        r#"{"contact_id":"c","participant_id":"p","participant_token":"token-1"}"#,
        r#"{"data":{"startChatResult":{"ContactId":"c","ParticipantId":"p","ParticipantToken":"token-1"}}}"#,
        r#"{"startChatResult":{"contactId":"c","participantId":"p","participantToken":"token-1"}}"#,
        r#"{"data":{"contactId":"c","participantId":"p","participantToken":"token-1"}}"#,
    ] {
        assert_eq!(serde_json::from_str::<ChatDetails>(text).unwrap(), details, "{text}");
    }
    let bare = serde_json::from_str::<ChatDetails>(
        r#"{"ParticipantToken":"token-1","ContactId":"","ParticipantId":null}"#,
    );
    assert_eq!(bare.unwrap(), ChatDetails::new("token-1").with_contact_id(""));
}

#[test]
fn details_without_a_token_are_refused_and_errors_repeat_nothing() {
    for text in [
        "{}",
        r#"{"data":{}}"#,
        r#"{"token":"secret"}"#,
        r#""secret""#,
        r#"{"data":"secret"}"#,
        r#"{"ParticipantToken":["secret"]}"#,
    ] {
        let error = serde_json::from_str::<ChatDetails>(text).unwrap_err().to_string();
        assert!(!error.contains("secret"), "{error}");
    }
}

#[test]
fn what_is_shown_holds_no_secret() {
    let config = config().with_endpoint("https://u:secret@h.example");
    let shown = format!("{config:?} {:?}", refused(&config));
    assert!(!shown.contains("token-1") && !shown.contains("secret"), "{shown}");
    assert_eq!(config.chat().contact_id(), Some("c"));
    assert_eq!(config.chat().participant_id(), Some("p"));
    assert_eq!(config.chat().participant_token().expose(), "token-1");
}
