use super::*;

const PIN: &str = "sha256/n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=";

#[test]
fn a_pin_is_its_text_and_back() {
    let pin: Pin = PIN.parse().unwrap();
    assert_eq!(pin.to_string(), PIN);
    assert_eq!(pin, Pin::of_public_key(b"test"));
}

#[test]
fn what_is_no_pin_is_refused_and_shown() {
    let cases = [
        "",
        "sha256/",
        "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=",
        "sha1/n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=",
        "sha256/n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg",
        "sha256/n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg=",
        "sha256/AAAA",
    ];
    for text in cases {
        let error = text.parse::<Pin>().unwrap_err();
        assert_eq!(error, TlsConfigError::BadPin { found: text.to_owned() });
    }
    let long = "x".repeat(10_000).parse::<Pin>().unwrap_err().to_string();
    assert!(long.len() < 200, "{long}");
}

#[test]
fn what_is_no_certificate_is_refused() {
    let no_pem = TlsConfig::own_roots().with_root_pem(b"hello").unwrap_err();
    assert_eq!(no_pem, TlsConfigError::NoCertificate);
    let cut = TlsConfig::own_roots().with_root_pem(b"-----BEGIN CERTIFICATE-----\nAAAA\n").unwrap_err();
    assert!(matches!(cut, TlsConfigError::BadPem { .. }), "{cut:?}");
    let text = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let bad = TlsConfig::own_roots().with_root_pem(text).unwrap_err();
    assert!(matches!(bad, TlsConfigError::BadCertificate { .. }), "{bad:?}");
    assert!(matches!(Pin::of_certificate(b"x"), Err(TlsConfigError::BadCertificate { .. })));
}

#[test]
fn alerts_about_our_certificate_are_told_from_others() {
    let alert = |alert| fault(&rustls::Error::AlertReceived(alert));
    assert!(matches!(alert(AlertDescription::CertificateRequired), TransportFault::ClientCertificate { .. }));
    assert!(matches!(alert(AlertDescription::UnknownCA), TransportFault::ClientCertificate { .. }));
    assert!(matches!(alert(AlertDescription::HandshakeFailure), TransportFault::Tls { .. }));
    assert!(matches!(alert(AlertDescription::ProtocolVersion), TransportFault::Tls { .. }));
}

#[test]
fn each_problem_of_a_certificate_has_its_name() {
    use rustls::CertificateError as E;
    let cases = [
        (E::NotValidForName, CertificateProblem::WrongHost),
        (E::Expired, CertificateProblem::Expired),
        (E::NotValidYet, CertificateProblem::NotYetValid),
        (E::UnknownIssuer, CertificateProblem::UnknownAuthority),
        (E::Revoked, CertificateProblem::Revoked),
        (E::BadSignature, CertificateProblem::Invalid),
    ];
    for (error, expected) in cases {
        let fault = fault(&error.into());
        assert!(
            matches!(&fault, TransportFault::Certificate { problem, .. } if *problem == expected),
            "{fault:?}"
        );
    }
}
