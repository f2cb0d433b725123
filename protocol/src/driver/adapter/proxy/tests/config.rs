use std::collections::BTreeMap;

use super::*;

fn uri(text: &str) -> Uri {
    text.parse().unwrap()
}

fn from(variables: &[(&str, &str)]) -> Result<ProxyConfig, ProxyConfigError> {
    let variables: BTreeMap<_, _> = variables.iter().copied().collect();
    ProxyConfig::from_environment(|name| variables.get(name).map(|value| (*value).to_owned()))
}

fn chosen(config: &ProxyConfig, address: &str) -> Option<String> {
    config.proxy_for(&Origin::of(&uri(address)).unwrap()).map(|proxy| proxy.host().to_owned())
}

#[test]
fn an_address_of_a_proxy_is_read() {
    let cases = [
        ("http://proxy.example:3128", ProxyKind::Connect, "proxy.example", 3128),
        ("http://proxy.example", ProxyKind::Connect, "proxy.example", 80),
        ("proxy.example:8080", ProxyKind::Connect, "proxy.example", 8080),
        ("HTTP://proxy.example:3128/", ProxyKind::Connect, "proxy.example", 3128),
        ("socks5://192.0.2.1", ProxyKind::Socks5Resolved, "192.0.2.1", 1080),
        ("socks5h://u:p@[2001:db8::1]:9050", ProxyKind::Socks5, "2001:db8::1", 9050),
    ];
    for (text, kind, host, port) in cases {
        let proxy = proxy(text);
        assert_eq!((proxy.kind(), proxy.host(), proxy.port()), (kind, host, port), "{text}");
    }
    assert_eq!(proxy("socks5h://[2001:db8::1]:9050").uri(), uri("http://[2001:db8::1]:9050/"));
}

#[test]
fn credentials_are_decoded_and_never_shown() {
    let ours = proxy("http://user%40corp:p%3Aa%2Fss%25@proxy.example:3128");
    let credentials = ours.credentials.as_ref().unwrap();
    assert_eq!(credentials.user.expose(), "user@corp");
    assert_eq!(credentials.password.expose(), "p:a/ss%");
    let config = ProxyConfig::all(ours.clone());
    for shown in [format!("{ours:?}"), format!("{config:?}")] {
        assert!(!shown.contains("user") && !shown.contains("ss%"), "{shown}");
    }
    let at_sign = proxy("http://user:p@ss@proxy.example");
    assert_eq!(at_sign.credentials.unwrap().password.expose(), "p@ss", "people write it so");
}

#[test]
fn what_is_no_proxy_is_refused_without_showing_it() {
    let long = format!("http://{}:x@proxy.example", "u".repeat(256));
    let cases = [
        ("", ProxyConfigError::NoAddress),
        ("http://", ProxyConfigError::NoAddress),
        ("http://user:sesame@", ProxyConfigError::NoAddress),
        ("http://user:sesame@host:port", ProxyConfigError::NoAddress),
        ("http://user:sesame@host:99999", ProxyConfigError::NoAddress),
        ("http://user:sesame@a b", ProxyConfigError::NoAddress),
        ("user:sesame://x", ProxyConfigError::NoAddress),
        ("https://user:sesame@host", ProxyConfigError::UnknownScheme { scheme: "https".to_owned() }),
        ("socks4://user:sesame@host", ProxyConfigError::UnknownScheme { scheme: "socks4".to_owned() }),
        ("http://:sesame@host", ProxyConfigError::BadCredentials),
        ("http://user:sesame%zz@host", ProxyConfigError::BadCredentials),
        ("http://user:sesame%e@host", ProxyConfigError::BadCredentials),
        ("http://user:sesame%ff@host", ProxyConfigError::BadCredentials),
        ("http://us%3Aer:sesame@host", ProxyConfigError::BadCredentials),
        (&long, ProxyConfigError::BadCredentials),
    ];
    for (text, expected) in cases {
        let error = text.parse::<Proxy>().unwrap_err();
        assert_eq!(error, expected, "{text}");
        assert!(!format!("{error} {error:?}").contains("sesame"), "{error:?}");
    }
}

#[test]
fn each_scheme_has_its_variable_and_lower_case_comes_first() {
    let config = from(&[
        ("HTTPS_PROXY", "http://upper"),
        ("https_proxy", "http://secure"),
        ("HTTP_PROXY", "http://plain"),
        ("ALL_PROXY", "http://all"),
    ])
    .unwrap();
    for (address, host) in [
        ("https://a.example/", "secure"),
        ("wss://a.example/", "secure"),
        ("http://a.example/", "plain"),
        ("ws://a.example/", "plain"),
    ] {
        assert_eq!(chosen(&config, address).as_deref(), Some(host), "{address}");
    }
    let config = from(&[("all_proxy", "socks5h://all"), ("https_proxy", "  ")]).unwrap();
    assert_eq!(chosen(&config, "https://a.example/").as_deref(), Some("all"), "an empty one is none");
    assert_eq!(chosen(&config, "ws://a.example/").as_deref(), Some("all"));
    assert_eq!(from(&[]).unwrap(), ProxyConfig::none());
}

#[test]
fn a_header_of_a_request_is_no_proxy() {
    let variables = [("HTTP_PROXY", "http://attacker"), ("REQUEST_METHOD", "GET")];
    assert_eq!(chosen(&from(&variables).unwrap(), "http://a.example/"), None);
    let config = from(&[variables[1], ("http_proxy", "http://ours")]).unwrap();
    assert_eq!(chosen(&config, "http://a.example/").as_deref(), Some("ours"));
}

#[test]
fn a_variable_that_is_wrong_is_named_and_not_passed_over() {
    let error = from(&[("HTTPS_PROXY", "ftp://user:sesame@x")]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "HTTPS_PROXY: a proxy cannot be reached by \"ftp\" here: give `http`, `socks5` or `socks5h`"
    );
}

#[test]
fn this_machine_is_reached_without_a_proxy_unless_it_is_said() {
    let config = ProxyConfig::all(proxy("http://proxy.example"));
    let local = ["http://localhost:1/", "ws://127.0.0.1:1/", "https://127.8.9.10/", "wss://[::1]:1/"];
    for address in local {
        assert_eq!(chosen(&config, address), None, "{address}");
        assert!(chosen(&config.clone().even_for_loopback(), address).is_some(), "{address}");
    }
    assert!(chosen(&config, "https://128.0.0.1/").is_some());
    assert!(chosen(&config, "https://localhost.example/").is_some());
}

#[test]
fn exceptions_are_names_addresses_networks_and_ports() {
    let config = ProxyConfig::all(proxy("http://proxy.example")).with_exceptions(
        "corp.example, .Sub.Example *.star.example,10.0.0.0/8,192.0.2.7:8443,[2001:db8::7]:1,2001:db8:1::/48,only.example:80,x/y,300.0.0.0/8",
    );
    let straight = [
        "https://corp.example/",
        "https://CORP.example./",
        "https://a.b.corp.example/",
        "https://sub.example/",
        "https://x.sub.example/",
        "https://x.star.example/",
        "https://10.200.3.4/",
        "https://192.0.2.7:8443/",
        "https://[2001:db8::7]:1/",
        "https://[2001:db8:1::9]/",
        "http://only.example/",
    ];
    for address in straight {
        assert_eq!(chosen(&config, address), None, "{address}");
    }
    let through = [
        "https://notcorp.example/",
        "https://example/",
        "https://11.0.0.1/",
        "https://192.0.2.7/",
        "https://[2001:db8::7]/",
        "https://[2001:db8:2::9]/",
        "https://only.example/",
    ];
    for address in through {
        assert!(chosen(&config, address).is_some(), "{address}");
    }
    let all = ProxyConfig::all(proxy("http://proxy.example")).with_exceptions("*");
    assert_eq!(chosen(&all, "https://a.example/"), None);
}
