use std::collections::BTreeSet;

use super::super::tests::{answer, json};
use super::*;
use crate::error::FaultKind;

/// What follows from each code of the catalogue, asked for a poll.
#[test]
fn every_code_of_the_service_has_its_row() {
    use RefusalClass::{Conflict, Invalid, TryAgain};
    use RefusalDetail::{Busy, Gone, Misconfigured};
    let table = [
        ("1000", Invalid, Some(Misconfigured), Retry::Never),
        ("2000", Invalid, Some(Misconfigured), Retry::Never),
        ("2001", Invalid, Some(Misconfigured), Retry::Never),
        ("2002", Invalid, Some(Misconfigured), Retry::Never),
        ("2003", Invalid, Some(Misconfigured), Retry::Never),
        ("2004", Invalid, Some(Misconfigured), Retry::Never),
        ("3000", Invalid, Some(Misconfigured), Retry::Never),
        ("5000", TryAgain, None, Retry::Manual),
        ("5001", TryAgain, None, Retry::Manual),
        ("5003", Invalid, None, Retry::Never),
        ("5004", TryAgain, None, Retry::Manual),
        ("5005", Conflict, Some(Gone), Retry::Never),
        ("5006", Invalid, Some(Misconfigured), Retry::Never),
        ("5500", TryAgain, None, Retry::Manual),
        ("5501", Invalid, None, Retry::Never),
        ("5502", Invalid, None, Retry::Never),
        ("5509", TryAgain, Some(Busy), Retry::Manual),
        ("5511", TryAgain, None, Retry::Manual),
        ("5558", Invalid, None, Retry::Manual),
        ("5601", Invalid, None, Retry::Never),
        ("5602", Invalid, None, Retry::Manual),
        ("5603", Invalid, None, Retry::Never),
        ("5955", TryAgain, None, Retry::Manual),
    ];
    let catalogue = json("http/error-catalogue.json");
    let catalogue = catalogue.as_array().unwrap();
    let codes: BTreeSet<_> =
        catalogue.iter().map(|row| row["body"]["error_code"].as_str().unwrap()).collect();
    assert_eq!(codes, table.iter().map(|(code, ..)| *code).collect());
    assert_eq!(codes, CODES.iter().map(|(code, _)| *code).collect());
    for row in catalogue {
        let (body, code) = (row["body"].to_string(), row["body"]["error_code"].as_str().unwrap());
        let (_, class, detail, retry) = *table.iter().find(|(known, ..)| *known == code).unwrap();
        let Some(status) = row["status"].as_u64().and_then(|status| u16::try_from(status).ok()) else {
            panic!("{row}")
        };
        // Asked for what has no rule of its own.
        let refusal = answer(Operation::CatchUp, status, body).unwrap_err();
        assert_eq!((refusal.class, refusal.detail, refusal.fault.retry), (class, detail, retry), "{code}");
        assert_eq!(refusal.fault.kind, FaultKind::Refused);
        assert_eq!(refusal.fault.code.as_deref(), Some(code));
        assert_eq!(refusal.fault.status, Some(status));
        assert_eq!(refusal.fault.message.as_deref(), row["body"]["error_message"].as_str(), "{code}");
    }
}

#[test]
fn the_code_counts_more_than_the_status() {
    for status in [400, 404, 429, 500, 503] {
        let of = |code| verdict(Operation::Poll, Some(code), status);
        assert_eq!(of("5005").detail, Some(RefusalDetail::Gone), "{status}");
        assert_eq!(of("5509").detail, Some(RefusalDetail::Busy), "{status}");
        assert_eq!(of("5001").class, RefusalClass::TryAgain, "{status}");
        assert!(of("5511").idle, "{status}");
    }
    // But for the codes that say nothing.
    assert_eq!(verdict(Operation::Notifications, Some("5955"), 406), NEVER);
    assert_eq!(verdict(Operation::Notifications, Some("5955"), 500).class, RefusalClass::TryAgain);
}

#[test]
fn without_a_code_the_status_decides() {
    use RefusalClass::{Conflict, Invalid, TryAgain};
    for (status, class, detail) in [
        (100, TryAgain, None),
        (302, TryAgain, None),
        (400, Invalid, None),
        (401, Invalid, Some(RefusalDetail::Misconfigured)),
        (403, Invalid, Some(RefusalDetail::Misconfigured)),
        (404, Conflict, Some(RefusalDetail::Missing)),
        (406, Invalid, None),
        (408, TryAgain, None),
        (413, Invalid, None),
        (429, TryAgain, None),
        (500, TryAgain, None),
        (502, TryAgain, None),
        (999, TryAgain, None),
    ] {
        for code in [None, Some("5777"), Some("")] {
            let verdict = verdict(Operation::Poll, code, status);
            assert_eq!((verdict.class, verdict.detail), (class, detail), "{status} {code:?}");
        }
    }
}

#[test]
fn some_operations_have_rules_of_their_own() {
    let of = |operation, code, status| verdict(operation, code, status);
    // A file that is not ready yet, and a link whose server knows nothing of the chat.
    assert_eq!(of(Operation::Download, Some("5502"), 404), LATER);
    assert_eq!(of(Operation::Download, None, 404), LATER);
    assert_eq!(of(Operation::Download, None, 403).detail, None);
    assert_eq!(of(Operation::SendReceipt, None, 400).class, RefusalClass::Conflict);
    assert_eq!(of(Operation::SendReceipt, Some("2000"), 403).class, RefusalClass::Invalid);
    assert_eq!(of(Operation::StartConversation, None, 404), GONE);
    assert_eq!(of(Operation::ServerVersion, None, 404), NEVER);
    assert_eq!(of(Operation::IceServers, None, 403), NEVER);
    assert_eq!(of(Operation::IceServers, Some("3000"), 403), FATAL);
    // What may have been done is not done again by itself; a message is looked for first.
    for operation in [Operation::SendEvent, Operation::CloseCase, Operation::RequestSms] {
        assert_eq!(of(operation, Some("5500"), 500), MAYBE);
        assert_eq!(of(operation, None, 502), MAYBE);
        assert_eq!(of(operation, Some("5001"), 503), LATER);
    }
    assert_eq!(of(Operation::SendMessage, Some("5500"), 500).class, RefusalClass::TryAgain);
}
