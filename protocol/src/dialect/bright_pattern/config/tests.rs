use super::super::BrightPattern;
use super::*;

fn config() -> Config {
    Config::new("acme.brightpattern.example", "7f3c1e52", "0B9D1C3E-52F7")
}

/// The field that is refused, and why.
fn refused(config: &Config) -> (&'static str, String) {
    match BrightPattern::new(config) {
        Err(ConfigError::Field { field, problem }) => (field, problem),
        Ok(_) => panic!("{config:?} was taken"),
    }
}

#[test]
fn the_tenants_domain_is_the_server_unless_said_otherwise() {
    let dialect = BrightPattern::new(&config()).unwrap();
    assert_eq!(dialect.endpoint.to_string(), "https://acme.brightpattern.example/");
    let config = config().with_endpoint("https://chat.example:9443/gateway/");
    assert_eq!(
        BrightPattern::new(&config).unwrap().endpoint.to_string(),
        "https://chat.example:9443/gateway/"
    );
}

#[test]
fn a_tenant_that_is_no_bare_domain_is_refused() {
    for tenant in [
        "",
        "https://acme.example",
        "acme.example/",
        "acme.example:443",
        "acme.example?x=1",
        "acme.example&nonce=1",
        "acme.example#a",
        "acme example",
        "acme.example\r\nX: y",
        "user@acme.example",
        "acme%2eexample",
        "äcme.example",
    ] {
        let (field, problem) = refused(&Config::new(tenant, "a", "c"));
        assert_eq!(field, "tenant", "{tenant:?}");
        assert!(problem.contains("bare domain"), "{problem}");
    }
    assert_eq!(refused(&Config::new("a".repeat(257), "a", "c")).0, "tenant");
}

#[test]
fn an_id_that_would_change_the_header_is_refused() {
    let long = "x".repeat(257);
    for id in ["", "a b", "a,clientId=b", "a\"b", "a;b", "a\\b", "a=b", "a\r\nX: y", "a\u{0}", "é", &long] {
        assert_eq!(refused(&Config::new("acme.example", id, "c")).0, "app_id", "{id:?}");
        assert_eq!(refused(&Config::new("acme.example", "a", id)).0, "client_id", "{id:?}");
    }
    let (field, problem) = refused(&Config::new("acme.example", "a", "WebChat"));
    assert_eq!(field, "client_id");
    assert!(problem.contains("web page"), "{problem}");
    assert!(BrightPattern::new(&Config::new("acme.example", "a:b.c_d-e/f+g@h", "user|7@shop")).is_ok());
}

#[test]
fn an_endpoint_must_be_safe() {
    for url in ["http://127.0.0.1:8080", "http://localhost:1", "http://[::1]:1", "https://h.example"] {
        assert!(BrightPattern::new(&config().with_endpoint(url)).is_ok(), "{url}");
    }
    for url in [
        "http://h.example",
        "ws://127.0.0.1",
        "h.example",
        "https://u@h.example",
        "https://h.example/?a",
        "https://h.example/#a",
    ] {
        assert_eq!(refused(&config().with_endpoint(url)).0, "with_endpoint", "{url}");
    }
    let plain = config().with_endpoint("http://h.example").dangerous_allow_plaintext(true);
    assert!(BrightPattern::new(&plain).is_ok());
}

#[test]
fn an_introduction_leaves_the_places_of_others_alone() {
    for (name, hint) in [("", "no name"), ("user_platform", "setter"), ("location", "setter")] {
        let attributes = BTreeMap::from([(name.to_owned(), "v".to_owned())]);
        let introduction = Introduction { attributes, ..Introduction::default() };
        let (field, problem) = refused(&config().with_introduction(introduction));
        assert_eq!(field, "with_introduction");
        assert!(problem.contains(hint), "{problem}");
    }
}

#[test]
fn debug_shows_nothing_about_a_person() {
    let introduction = Introduction {
        name: Some("Dana".to_owned()),
        phone_number: Some("+15555550142".to_owned()),
        attributes: BTreeMap::from([("email".to_owned(), "dana@example.com".to_owned())]),
    };
    let config = config()
        .with_introduction(introduction)
        .with_endpoint("https://h.example/secret")
        .with_initial_message("parcel")
        .with_location(Coordinates { latitude: "52.37".to_owned(), longitude: "4.89".to_owned() });
    let shown = format!("{config:?} {:?}", BrightPattern::new(&config).unwrap());
    assert!(shown.contains("email"), "{shown}");
    for secret in ["Dana", "5555", "dana@", "parcel", "52.37", "0B9D1C3E"] {
        assert!(!shown.contains(secret), "{secret}: {shown}");
    }
}
