use super::*;
use crate::event::{Event, LostReason};

fn certificate() -> TransportFault {
    TransportFault::Certificate { problem: CertificateProblem::WrongHost, reason: "for another".to_owned() }
}

fn proxy() -> TransportFault {
    TransportFault::Proxy { problem: ProxyProblem::Credentials, reason: "it wants some".to_owned() }
}

/// The same as JSON, and back from it.
fn json(value: &(impl Serialize + for<'de> Deserialize<'de> + PartialEq + core::fmt::Debug)) -> String {
    let text = serde_json::to_string(value).unwrap();
    let back = serde_json::from_str(&text).map_err(|error| error.to_string());
    assert_eq!(back.as_ref(), Ok(value), "{text}");
    text
}

#[test]
fn faults_of_certificates_and_proxies_are_json() {
    assert_eq!(
        json(&certificate()),
        r#"{"fault":"certificate","problem":"wrong_host","reason":"for another"}"#
    );
    assert_eq!(json(&proxy()), r#"{"fault":"proxy","problem":"credentials","reason":"it wants some"}"#);
    let ours = TransportFault::ClientCertificate { reason: "r".to_owned() };
    assert_eq!(json(&ours), r#"{"fault":"client_certificate","reason":"r"}"#);
    let failure = Failure::from(proxy());
    assert_eq!(
        json(&failure),
        r#"{"by":"transport","fault":"proxy","problem":"credentials","reason":"it wants some"}"#
    );
    let lost = Event::ConnectionLost { reason: LostReason::Transport { fault: certificate() } };
    let lost = json(&lost);
    assert!(lost.contains(r#""fault":"certificate","problem":"wrong_host""#), "{lost}");
}

#[test]
fn faults_say_what_is_the_matter_and_in_whose_words() {
    assert_eq!(certificate().to_string(), "the server's certificate is for another host: for another");
    assert_eq!(proxy().to_string(), "the proxy does not take the credentials: it wants some");
}
