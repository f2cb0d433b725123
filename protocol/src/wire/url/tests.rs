use super::*;

fn http(text: &str) -> Result<Uri, UrlError> {
    check(text, UrlKind::Http, false)
}

fn socket(text: &str) -> Result<Uri, UrlError> {
    check(text, UrlKind::Socket, false)
}

#[test]
fn encrypted_addresses_pass() {
    assert!(http("https://host.example").is_ok());
    assert!(http("HTTPS://host.example:8443/path").is_ok());
    assert!(socket("wss://host.example/prod?ticket=a").is_ok());
}

#[test]
fn plain_text_passes_on_this_machine_only() {
    for host in
        ["127.0.0.1", "127.9.9.9:80", "localhost", "LocalHost:1", "[::1]", "[::1]:80", "[0:0:0:0:0:0:0:1]"]
    {
        assert!(http(&format!("http://{host}/")).is_ok(), "{host}");
        assert!(socket(&format!("ws://{host}/")).is_ok(), "{host}");
    }
    for host in [
        "host.example",
        "localhost.example",
        "127.0.0.1.example",
        "128.0.0.1",
        "0.0.0.0",
        "127.1",
        "2130706433",
        "[::2]",
        "[::ffff:127.0.0.1]",
        "localhost.",
    ] {
        let text = format!("ws://{host}/?ticket=secret");
        assert_eq!(socket(&text), Err(UrlError::Insecure("wss")), "{host}");
        assert!(check(&text, UrlKind::Socket, true).is_ok(), "{host}");
    }
}

#[test]
fn odd_addresses_are_refused_without_being_repeated() {
    for (text, error) in [
        ("", UrlError::NotAbsolute("https")),
        ("/path?secret", UrlError::NotAbsolute("https")),
        ("host.example:443", UrlError::Scheme("https")),
        ("https://", UrlError::NotAbsolute("https")),
        ("https://user:secret@host.example", UrlError::UserInfo),
        ("http://secret@127.0.0.1", UrlError::UserInfo),
        ("ftp://127.0.0.1/secret", UrlError::Scheme("https")),
        ("wss://host.example/secret", UrlError::Scheme("https")),
        ("https://host.example/a b?secret", UrlError::NotAbsolute("https")),
    ] {
        let found = http(text).unwrap_err();
        assert_eq!(found, error, "{text}");
        assert!(!format!("{found} {found:?}").contains("secret"));
    }
    assert_eq!(check("gopher://host.example", UrlKind::Http, true), Err(UrlError::Scheme("https")));
}

#[test]
fn a_path_is_joined_to_a_base() {
    for (base, whole) in [
        ("https://host.example", "https://host.example/a/b"),
        ("https://host.example/", "https://host.example/a/b"),
        ("http://127.0.0.1:99/stage//", "http://127.0.0.1:99/stage/a/b"),
        ("https://host.example/x?y=z", "https://host.example/x/a/b"),
    ] {
        assert_eq!(join(&base.parse().unwrap(), "/a/b").unwrap().to_string(), whole);
    }
}
