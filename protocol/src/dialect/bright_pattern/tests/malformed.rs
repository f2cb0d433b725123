//! What no server should send: each such body has an outcome, and the good beside the bad survives.

use super::*;

/// As an answer to what each would be an answer to.
const BODIES: &str = include_str!("malformed.txt");

/// What the body of a fixture would be the answer to, with which status.
fn setting(name: &str) -> (Operation, u16) {
    match name.strip_prefix("malformed/").unwrap() {
        "error-code-only.txt" | "error-as-text.txt" | "error-nested.txt" => (Operation::Poll, 404),
        "request-chat-without-id.txt" | "request-chat-empty-id.txt" | "request-chat-id-with-slash.txt" => {
            (Operation::StartConversation, 200)
        }
        "case-history-session-without-id.txt" => (Operation::CaseHistory, 200),
        "iceservers-bad-base64.txt" | "iceservers-short.txt" => (Operation::IceServers, 200),
        "multipart-docs-missing-boundary.txt" => (Operation::Upload, 200),
        _ => (Operation::Poll, 200),
    }
}

/// The outcome, without what the JSON library says of it.
fn outcome(answer: &Result<Answer, Refusal>) -> String {
    match answer {
        Ok(Answer::Polled(facts)) => without_library(&describe::all(facts)),
        Ok(other) => format!("{other:?}"),
        Err(refusal) => {
            let text = describe::refusal(refusal);
            let cut = [" found ", "a JSON object: "].iter().filter_map(|mark| text.find(mark)).min();
            text.get(..cut.unwrap_or(text.len())).unwrap().to_owned()
        }
    }
}

/// A fault without what the JSON library says in it.
fn without_library(text: &str) -> String {
    let parts = text.split("; ").map(|part| match part.split_once("an event: ") {
        Some((before, rest)) => {
            let found = rest.find(", found ").and_then(|at| rest.get(at..)).unwrap_or_default();
            format!("{before}an event{found}")
        }
        None => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("; ")
}

#[test]
fn every_broken_body_has_an_outcome() {
    check_table(BODIES, &fixtures("malformed"), |name| {
        let (operation, status) = setting(name);
        outcome(&answer(operation, status, bytes_of(name)))
    });
}

/// Every body as the answer to everything: no panic, and never more than it says.
#[test]
fn no_body_is_taken_for_what_it_is_not() {
    for name in fixtures("malformed") {
        for operation in responses::ALL {
            for status in [200, 204, 301, 400, 404, 500, 999] {
                let answer = answer(operation, status, bytes_of(&name));
                let shown = format!("{answer:?}");
                assert!(shown.len() < 16 * 1024, "{name} {operation:?}: {} bytes", shown.len());
                // That there is no chat is what was asked.
                let says_none = operation == Operation::ActiveConversation;
                if !(200..300).contains(&status) && !says_none {
                    assert!(answer.is_err(), "{name} {operation:?} {status}: {shown}");
                }
            }
        }
    }
}

#[test]
fn a_member_of_another_type_costs_only_itself() {
    let event = |members: &str| format!(r#"{{"events":[{{"event":"chat_session_message",{members}}}]}}"#);
    for (members, expected) in [
        (r#""msg":"a","msg_id":{"x":1},"party_id":"p""#, r#"unknown p: text "a""#),
        (r#""msg":"a","timestamp":[1]"#, r#"system nobody: text "a""#),
        (r#""msg":true,"party_id":"p""#, r#"unknown p: text "true""#),
        (r#""msg":"a","msg_text":{},"party_id":"p""#, r#"unknown p: text "a""#),
        (r#""msg":"a","attachments":null,"party_id":"p""#, r#"unknown p: text "a""#),
        (r#""msg":"a","data":7,"state":{},"party_id":"p""#, r#"unknown p: text "a""#),
    ] {
        let found = describe::all(&facts(Operation::Poll, event(members)));
        assert!(found.starts_with(expected), "{members}: {found}");
    }
}

#[test]
fn an_id_longer_than_the_limit_is_a_fault_and_its_neighbours_are_told() {
    let long = "x".repeat(257);
    let body = format!(
        r#"{{"events":[{{"event":"chat_session_message","msg":"a","msg_id":"{long}","party_id":"p"}},
        {{"event":"chat_session_message","msg":"b","msg_id":"1","party_id":"p"}}]}}"#
    );
    let facts = facts(Operation::Poll, body);
    assert!(matches!(facts.as_slice(), [Fact::Fault(_), Fact::Item(_)]), "{facts:?}");
}

#[test]
fn what_a_secure_form_holds_is_shown_nowhere() {
    for body in [
        fixture("events/client/secure-form-data.json"),
        r#"{"event":"chat_session_secure_form_data","data":{"card_number":"4111111111111111"}}"#.to_owned(),
        r#"{"event":"chat_session_secure_form_x","data":{"card_number":"4111111111111111"}}"#.to_owned(),
    ] {
        for operation in [Operation::Poll, Operation::CatchUp] {
            let facts = facts(operation, format!(r#"{{"events":[{body}]}}"#));
            assert_eq!(facts.len(), 1);
            assert!(!format!("{facts:?}").contains("4111"), "{facts:?}");
        }
    }
}

#[test]
fn a_body_over_the_limit_is_not_read() {
    let limits = Limits::default().with_body_bytes(64);
    let body = format!(r#"{{"events":[],"x":"{}"}}"#, "y".repeat(64));
    let response = HttpResponse::new(StatusCode::OK, body);
    let refusal = dialect().answer(asked(Operation::Poll, &limits), &response).unwrap_err();
    assert!(refusal.fault.expected.unwrap().contains("64"));
}
