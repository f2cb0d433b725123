use super::*;

fn read(text: &str) -> Result<(String, String), ErrorCode> {
    parse(Some(text)).map(|found| (found.app_id, found.client_id))
}

#[test]
fn quotes_blanks_and_order_are_free() {
    for text in [
        "MOBILE-API-140-327-PLAIN appId=A, clientId=C",
        "MOBILE-API-140-327-PLAIN appId=\"A\", clientId=\"C\"",
        "MOBILE-API-140-327-PLAIN clientId=C,appId=A",
        "MOBILE-API-140-327-PLAIN   clientId = \"C\" ,  appId = A ",
        "MOBILE-API-140-327-PLAIN appId=A, clientId=C, more=x",
    ] {
        assert_eq!(read(text), Ok(("A".to_owned(), "C".to_owned())), "{text}");
    }
    let comma = "MOBILE-API-140-327-PLAIN appId=\"A,B\", clientId=\"C=D\"";
    assert_eq!(read(comma), Ok(("A,B".to_owned(), "C=D".to_owned())));
}

#[test]
fn each_fault_has_its_code() {
    assert_eq!(parse(None), Err(ErrorCode::NoAuthorization));
    for (text, code) in [
        ("", ErrorCode::NoAuthorization),
        ("Bearer abc", ErrorCode::AuthorizationScheme),
        ("MOBILE-API-140-327-PLAIN appId:broken", ErrorCode::AuthorizationFormat),
        ("MOBILE-API-140-327-PLAIN appId=\"A, clientId=C", ErrorCode::AuthorizationFormat),
        ("MOBILE-API-140-327-PLAIN =A, clientId=C", ErrorCode::AuthorizationFormat),
        ("MOBILE-API-140-327-PLAIN", ErrorCode::NoAppId),
        ("MOBILE-API-140-327-PLAIN clientId=C", ErrorCode::NoAppId),
        ("MOBILE-API-140-327-PLAIN appId=, clientId=C", ErrorCode::NoAppId),
        ("MOBILE-API-140-327-PLAIN appId=A", ErrorCode::NoClientId),
        ("MOBILE-API-140-327-PLAIN appId=A, clientId=\"\"", ErrorCode::NoClientId),
    ] {
        assert_eq!(read(text), Err(code), "{text}");
    }
}

#[test]
fn the_cookie_is_found_among_others() {
    assert_eq!(session_cookie(Some("a=b; BPSESSION=f2c9; c=d")), Some("f2c9"));
    assert_eq!(session_cookie(Some("XBPSESSION=f2c9")), None);
    assert_eq!(session_cookie(Some("BPSESSION=")), None);
    assert_eq!(session_cookie(None), None);
}
