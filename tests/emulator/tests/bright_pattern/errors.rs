//! Every error code, by itself and by a fault.

use std::collections::BTreeSet;

use helpline_emulator::bright_pattern::{
    AgentAction, Api, ErrorCode, ErrorForm, ErrorRule, HttpRequest, Operation, ServerConfig,
};
use serde_json::{Value, json};

use crate::rig::{Rig, code, fixture};

/// A request with one header changed, or left out.
fn with_authorization(request: HttpRequest, value: Option<&str>) -> HttpRequest {
    let mut request = request;
    request.headers.retain(|(name, _)| name != "Authorization");
    if let Some(value) = value {
        request.headers.push(("Authorization".to_owned(), value.to_owned()));
    }
    request
}

#[test]
fn codes_and_texts_are_those_of_the_dossier() {
    let catalogue = fixture("http/error-catalogue.json");
    let rows = catalogue.as_array().unwrap();
    assert_eq!(rows.len(), ErrorCode::ALL.len());
    for row in rows {
        let number: u16 = row["body"]["error_code"].as_str().unwrap().parse().unwrap();
        let code = ErrorCode::of(number).unwrap_or_else(|| panic!("{row}"));
        assert_eq!(code.number(), number);
        let text = row["body"]["error_message"].as_str().unwrap();
        // Three texts are filled in by the server.
        assert_eq!(code.status(Api::V2), row["status"], "{row}");
        assert!(code.text() == text || [5003, 5500, 5558].contains(&number), "{row}");
    }
    assert_eq!(ErrorCode::of(4711), None);
}

#[test]
fn every_code_can_be_asked_for() {
    for wanted in ErrorCode::ALL {
        let mut rig = Rig::new(ServerConfig::default());
        rig.server.faults_mut().errors = vec![ErrorRule::next(Operation::Availability, wanted, 1)];
        let number = wanted.number().to_string();
        assert_eq!(code(&rig.get("availability")), (wanted.status(Api::V2), number));
        assert_eq!(rig.get("availability").status, 200, "once only");
        assert_eq!(rig.server.stats().errors_of(wanted.number()), 1);
    }
}

#[test]
fn errors_look_like_the_dossiers() {
    for name in [
        "error-1000-bad-tenant",
        "error-2000-no-auth-header",
        "error-2001-auth-format",
        "error-2002-auth-scheme",
        "error-2003-no-app-id",
        "error-2004-no-client-id",
        "error-3000-bad-app-id",
        "error-401-v1-auth",
        "version-on-v1-404",
        "active-chat-none",
        "history-404",
        "poll-404-gone",
        "send-events-404-gone",
    ] {
        let fixture = fixture(&format!("http/{name}.json"));
        let mut rig = Rig::new(ServerConfig::default());
        let answer = rig.call(request_of(&fixture));
        assert_eq!(answer.status, fixture["response"]["status"], "{name}");
        assert_eq!(answer.json(), fixture["response"]["body"], "{name}");
    }
}

/// The request of a fixture.
pub(crate) fn request_of(fixture: &Value) -> HttpRequest {
    let request = &fixture["request"];
    let mut target = request["url"].as_str().unwrap().to_owned();
    for (at, (name, value)) in request["query"].as_object().unwrap().iter().enumerate() {
        target.push(if at == 0 { '?' } else { '&' });
        target.push_str(&format!("{name}={}", value.as_str().unwrap()));
    }
    let headers = request["headers"].as_object().unwrap();
    let headers = headers.iter().map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()));
    let body = match (&request["body"], &request["body_text"], &request["body_base64"]) {
        (Value::Null, Value::Null, Value::Null) => Vec::new(),
        (Value::Null, Value::String(text), _) => text.clone().into_bytes(),
        (Value::Null, _, Value::String(encoded)) => base64_of(encoded),
        (body, ..) => body.to_string().into_bytes(),
    };
    HttpRequest {
        method: request["method"].as_str().unwrap().to_owned(),
        target,
        headers: headers.collect(),
        body,
    }
}

fn base64_of(text: &str) -> Vec<u8> {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.decode(text).unwrap()
}

#[test]
fn a_tenant_is_known_with_and_without_its_scheme() {
    let mut rig = Rig::new(ServerConfig::default());
    let domain = "acme.brightpattern.example";
    for (tenant, status) in [
        (domain, 200),
        ("https%3A%2F%2Facme.brightpattern.example%2F", 200),
        ("http://acme.brightpattern.example", 200),
        ("ACME.brightpattern.example", 200),
        ("other.brightpattern.example", 403),
        ("", 403),
    ] {
        let mut request = rig.client.get("availability");
        request.target = format!("/clientweb/api/v2/availability?nonce=17&tenantUrl={tenant}&timestamp=1");
        let answer = rig.call(request);
        assert_eq!(answer.status, status, "{tenant}");
        if status == 403 {
            assert_eq!(code(&answer).1, "1000");
        }
    }
}

#[test]
fn credentials_are_checked_before_anything_else() {
    let mut rig = Rig::chatting();
    for path in ["version", "availability", "chats/active", "chats/{}/events", "chats/{}/files/x"] {
        let request = with_authorization(rig.client.get(&rig.path(path)), None);
        assert_eq!(code(&rig.call(request)), (403, "2000".to_owned()), "{path}");
    }
    let quoted = "MOBILE-API-140-327-PLAIN clientId=\"0B9D1C3E\",appId=\"7f3c1e52a9b04d6c8e15d2a7c0b94f61\"";
    let request = with_authorization(rig.client.get("chats/active"), Some(quoted));
    assert_eq!(rig.call(request).status, 200, "quotes do not make another client");
}

#[test]
fn a_client_called_web_chat_is_told_apart_by_its_cookie() {
    let mut rig = Rig::new(ServerConfig::default());
    rig.client.client_id = "WebChat".to_owned();
    let first = rig.post("chats", &json!({}));
    let cookie = first.header("Set-Cookie").expect("a cookie").split(';').next().unwrap().to_owned();
    let second = rig.post("chats", &json!({}));
    assert_ne!(first.json()["chat_id"], second.json()["chat_id"], "two browsers");
    let mut request = rig.client.post("chats", "{}");
    request.headers.push(("Cookie".to_owned(), cookie));
    let again = rig.call(request);
    assert_eq!((again.header("Set-Cookie"), &again.json()["is_new_chat"]), (None, &json!(false)));
    assert_eq!(again.json()["chat_id"], first.json()["chat_id"]);
}

#[test]
fn bodies_that_are_no_json_are_refused() {
    let mut rig = Rig::chatting();
    for body in [
        "",
        "{",
        "[]",
        "null",
        "{\"events\":null}",
        "{\"events\":{}}",
        "{\"events\":[7]}",
        "{\"events\":[{}]}",
        "{\"events\":[{\"event\":7}]}",
        "{\u{201c}events\u{201d}: []}",
    ] {
        let request = rig.client.post(&rig.path("chats/{}/events"), body);
        assert_eq!(code(&rig.call(request)), (400, "5003".to_owned()), "{body}");
    }
    let deep = format!("{{\"events\":{}1{}}}", "[".repeat(3000), "]".repeat(3000));
    let request = rig.client.post(&rig.path("chats/{}/events"), &deep);
    assert_eq!(code(&rig.call(request)).1, "5003");
    for body in ["{", "[]", "{\"parameters\":[]}"] {
        let request = rig.client.post("chats", body);
        assert_eq!(code(&rig.call(request)), (400, "5003".to_owned()), "{body}");
    }
    assert!(rig.history().is_empty(), "nothing of it is kept");
}

#[test]
fn an_entry_without_a_launch_point_takes_no_chats() {
    let mut rig = Rig::new(ServerConfig::default());
    rig.server.config_mut().tenants[0].entries[0].launch_point = false;
    assert_eq!(code(&rig.post("chats", &json!({}))), (404, "5006".to_owned()));
    assert_eq!(rig.get("availability").status, 200);
}

#[test]
fn errors_are_written_in_every_form() {
    let mut forms = BTreeSet::new();
    for (name, form) in ErrorForm::ALL {
        let mut rig = Rig::new(ServerConfig::default());
        rig.server.faults_mut().error_form = form;
        let answer = rig.get("chats/active");
        assert_eq!(answer.status, 404, "{name}");
        let body = answer.json();
        match form {
            ErrorForm::Json | ErrorForm::CodeOnly | ErrorForm::Extra => {
                assert_eq!(body["error_code"], "5005")
            }
            ErrorForm::Number => assert_eq!(body["error_code"], 5005),
            ErrorForm::Unknown => assert_eq!(body["error_code"], "5777"),
            ErrorForm::Nested => assert_eq!(body["error"]["code"], "5005"),
            ErrorForm::Text | ErrorForm::Html | ErrorForm::Empty => assert!(body.is_null()),
        }
        forms.insert(answer.body);
    }
    assert_eq!(forms.len(), ErrorForm::ALL.len(), "no two are the same");
}

#[test]
fn what_is_no_part_of_the_api_is_a_bare_404() {
    let mut rig = Rig::chatting();
    for (method, path) in [
        ("GET", "elsewhere"),
        ("DELETE", "chats/{}/events"),
        ("GET", "chats"),
        ("GET", "chats/{}/events/more"),
        ("POST", "requestsms"),
        ("GET", "chats//events"),
    ] {
        let request = rig.client.request(method, &rig.path(path), b"");
        let answer = rig.call(request);
        assert_eq!(answer.status, 404, "{method} {path}");
    }
    let request = rig.client.request("OPTIONS", "chats", b"");
    let answer = rig.call(request);
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (204, Some("*")));
    rig.agent(AgentAction::End);
}
