//! Asking the customer to authenticate.

use helpline_emulator::amazon_connect::{AgentAction, AgentScript, AuthenticationResult};
use serde_json::{Value, json};

use crate::rig::{Rig, fixture_item, fixture_json, members, text};

const URL: &str = "/participant/authentication-url";
const CANCEL: &str = "/participant/cancel-authentication";

/// The id of a session that the flow has just begun.
fn begun(rig: &mut Rig, socket: u64) -> String {
    rig.agent(AgentAction::RequestAuthentication);
    let item = rig.items(socket).pop().unwrap();
    let expected = fixture_item("ws-server-chat-event-authentication-initiated.json");
    assert_eq!(members(&item), members(&expected));
    assert_eq!(item["ContentType"], expected["ContentType"]);
    let content: Value = serde_json::from_str(&text(&item, "/Content")).unwrap();
    text(&content, "/SessionId")
}

fn asked(id: &str) -> Value {
    json!({ "SessionId": id, "RedirectUri": "https://shop.example/signed-in?from=chat" })
}

fn last(rig: &Rig, socket: u64) -> String {
    rig.kinds(socket).pop().unwrap()
}

#[test]
fn an_address_is_handed_out_within_a_minute() {
    let (mut rig, socket) = Rig::connected();
    let id = begun(&mut rig, socket);
    assert_eq!(id.len(), 36);
    rig.advance(59_999);
    let (status, answer) = rig.call(URL, asked(&id));
    assert_eq!(status, 200, "{answer}");
    assert_eq!(members(&answer), members(&fixture_json("get-authentication-url.response.json")["body"]));
    assert!(text(&answer, "/AuthenticationUrl").contains(&id));
    rig.advance(1000);
    assert_eq!(rig.call(URL, asked(&id)).0, 200, "again, the same");
    assert_eq!(rig.server.stats().authentication_urls, 2);
}

#[test]
fn after_a_minute_the_session_has_expired() {
    let (mut rig, socket) = Rig::connected();
    let id = begun(&mut rig, socket);
    rig.advance(60_000);
    assert_eq!(last(&rig, socket), "event.authentication.expired");
    assert_eq!(rig.call(URL, asked(&id)).0, 400);
    assert_eq!(rig.call(CANCEL, json!({ "SessionId": id })).0, 400);
}

#[test]
fn a_second_session_takes_the_place_of_the_first_with_a_minute_of_its_own() {
    let (mut rig, socket) = Rig::connected();
    let first = begun(&mut rig, socket);
    rig.advance(30_000);
    let second = begun(&mut rig, socket);
    assert_eq!(rig.call(URL, asked(&first)).0, 400);
    rig.advance(59_999);
    assert_eq!(last(&rig, socket), "event.authentication.initiated");
    assert_eq!(rig.call(URL, asked(&second)).0, 200);
}

#[test]
fn an_authentication_that_takes_too_long_times_out() {
    let (mut rig, socket) = Rig::connected();
    let id = begun(&mut rig, socket);
    rig.call(URL, asked(&id));
    rig.advance(3 * 60_000);
    assert_eq!(last(&rig, socket), "event.authentication.timeout");
    assert_eq!(rig.kinds(socket).len(), 2);
}

#[test]
fn each_result_is_told_once() {
    for (result, name) in [
        (AuthenticationResult::Succeeded { display_name: None }, "succeeded"),
        (AuthenticationResult::Failed, "failed"),
        (AuthenticationResult::Timeout, "timeout"),
        (AuthenticationResult::Expired, "expired"),
    ] {
        let (mut rig, socket) = Rig::connected();
        rig.agent(AgentAction::AuthenticationResult(result.clone()));
        assert_eq!(rig.items(socket).len(), 0, "none has begun");
        let id = begun(&mut rig, socket);
        rig.agent(AgentAction::AuthenticationResult(result.clone()));
        rig.agent(AgentAction::AuthenticationResult(result));
        let item = rig.items(socket).pop().unwrap();
        let expected = fixture_item(&format!("ws-server-chat-event-authentication-{name}.json"));
        assert_eq!(members(&item), members(&expected));
        assert_eq!(item["ContentType"], expected["ContentType"]);
        assert_eq!(rig.items(socket).len(), 2);
        assert_eq!(rig.call(URL, asked(&id)).0, 400, "it is over");
        rig.advance(600_000);
        assert_eq!(rig.items(socket).len(), 2, "no other end follows");
        assert!(rig.transcript().is_empty(), "none of it is kept");
    }
}

#[test]
fn success_brings_the_name_that_the_provider_knows() {
    let (mut rig, socket) = Rig::connected();
    begun(&mut rig, socket);
    let display_name = Some("Ines Roth".to_owned());
    rig.agent(AgentAction::AuthenticationResult(AuthenticationResult::Succeeded { display_name }));
    assert_eq!(
        rig.kinds(socket)[1..],
        ["event.authentication.succeeded", "event.participant.displayname.updated"]
    );
    let item = rig.items(socket).pop().unwrap();
    assert_eq!(
        members(&item),
        members(&fixture_item("ws-server-chat-event-participant-displayname-updated.json"))
    );
    assert_eq!(item["DisplayName"], "Ines Roth");
    rig.say("it is me");
    assert_eq!(rig.items(socket).pop().unwrap()["DisplayName"], "Ines Roth");
}

#[test]
fn the_customer_cancels() {
    let (mut rig, socket) = Rig::connected();
    let id = begun(&mut rig, socket);
    assert_eq!(rig.call(CANCEL, json!({ "SessionId": id })), (200, json!({})));
    let item = rig.items(socket).pop().unwrap();
    let expected = fixture_item("ws-server-chat-event-authentication-cancelled.json");
    assert_eq!(members(&item), members(&expected));
    assert_eq!(last(&rig, socket), "event.authentication.cancelled");
    assert_eq!(rig.call(CANCEL, json!({ "SessionId": id })).0, 400);
    rig.advance(600_000);
    assert_eq!(rig.items(socket).len(), 2, "no other end follows");
}

#[test]
fn a_browser_that_opens_the_address_is_sent_on_and_authenticated() {
    let script = AgentScript { authenticated_name: Some("Ines Roth".to_owned()), ..AgentScript::silent() };
    let (mut rig, socket) = Rig::connected_with(script);
    let id = begun(&mut rig, socket);
    let early = format!("/oauth2/authorize?state={id}");
    assert_eq!(rig.fetch("GET", &early, &[], b"").status, 410, "not before the address was asked for");
    let (_, answer) = rig.call(URL, asked(&id));
    let page = rig.fetch("GET", &text(&answer, "/AuthenticationUrl"), &[], b"");
    assert_eq!(page.status, 302);
    let location = page.header("Location").unwrap();
    assert_eq!(location, format!("https://shop.example/signed-in?from=chat&code=emulated&state={id}"));
    assert_eq!(rig.kinds(socket)[1], "event.authentication.succeeded");
    assert_eq!(rig.fetch("GET", &text(&answer, "/AuthenticationUrl"), &[], b"").status, 410);
}

#[test]
fn the_script_asks_at_a_word_and_is_satisfied_after_a_while() {
    let (mut rig, socket) = Rig::connected_with(AgentScript::demo());
    rig.advance(5000);
    rig.say("auth");
    rig.advance(5000);
    let items = rig.items(socket);
    let asks = |item: &&Value| text(item, "/ContentType").ends_with("authentication.initiated");
    let content: Value = serde_json::from_str(&text(items.iter().find(asks).unwrap(), "/Content")).unwrap();
    assert_eq!(rig.call(URL, asked(&text(&content, "/SessionId"))).0, 200);
    rig.advance(4000);
    assert!(rig.kinds(socket).contains(&"event.authentication.succeeded".to_owned()));
}

#[test]
fn both_calls_are_validated_as_the_model_has_them() {
    let (mut rig, socket) = Rig::connected();
    let id = begun(&mut rig, socket);
    for (session, redirect, named) in [
        (Value::Null, "https://shop.example".into(), "sessionId"),
        (id[1..].into(), "https://shop.example".into(), "sessionId"),
        (format!("{id}x").into(), "https://shop.example".into(), "sessionId"),
        (id.clone().into(), Value::Null, "redirectUri"),
        (id.clone().into(), "".into(), "redirectUri"),
        (id.clone().into(), "x".repeat(1025).into(), "redirectUri"),
        (id.replace(&id[..8], "00000000").into(), "https://shop.example".into(), "session"),
    ] {
        let (status, answer) = rig.call(URL, json!({ "SessionId": session, "RedirectUri": redirect }));
        assert_eq!(status, 400);
        assert!(text(&answer, "/message").contains(named), "{answer}");
    }
    assert_eq!(rig.call(CANCEL, json!({})).0, 400);
    assert_eq!(rig.call(CANCEL, json!({ "SessionId": "short" })).0, 400);
}
