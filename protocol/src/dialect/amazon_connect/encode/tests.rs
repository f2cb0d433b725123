use super::*;

fn socket_error(url: &str) -> String {
    socket(&Secret::new(url), false).unwrap_err().problem
}

#[test]
fn a_socket_is_opened_where_it_is_safe() {
    let request = socket(&Secret::new("wss://h.example/prod?ticket=a%2Fb"), false).unwrap();
    assert_eq!(
        (request.method, request.uri.to_string().as_str()),
        (Method::GET, "wss://h.example/prod?ticket=a%2Fb")
    );
    assert!(request.headers.is_empty() && request.body == Body::Empty);
    assert!(socket(&Secret::new("ws://127.0.0.1:8787/ws?ticket=a"), false).is_ok());
    assert!(socket(&Secret::new("ws://h.example/"), true).is_ok());
    for url in ["ws://h.example/?ticket=a", "https://h.example/", "wss://u:p@h.example/", "", "nonsense"] {
        assert!(socket_error(url).starts_with("the socket's address cannot be used: "), "{url}");
    }
}

#[test]
fn a_sockets_address_is_bounded() {
    let of = |length: usize| format!("wss://h.example/{}", "u".repeat(length - 16));
    assert!(socket(&Secret::new(of(2_000)), false).is_ok());
    assert!(socket_error(&of(2_001)).contains("2000"));
}

#[test]
fn messages_are_refused_only_where_no_server_could_take_them() {
    assert_eq!(check(&OutgoingContent::text("")), Err(CommandError::Empty));
    for text in ["x", " ", &"x".repeat(1_025), &"ü".repeat(16_384)] {
        assert_eq!(check(&OutgoingContent::text(text)), Ok(()));
    }
    let unit = "characters".to_owned();
    for content in [
        OutgoingContent::text("ü".repeat(16_385)),
        OutgoingContent::Json { text: "1".repeat(16_385) },
        OutgoingContent::Markdown { text: "👋".repeat(16_385) },
    ] {
        let refused = CommandError::TooLarge { size: 16_385, limit: 16_384, unit: unit.clone() };
        assert_eq!(check(&content), Err(refused));
    }
}
