//! Every exchange of the dossier: its request, and an answer of the status and the shape that it has there.

use helpline_emulator::bright_pattern::{AgentAction, HttpRequest, HttpResponse, IceForm, ServerConfig};
use serde_json::{Value, json};

use crate::rig::{Rig, fixture, list, members, text};

const CHAT: &str = "4d2f6a1e-9c3b-4e57-8a10-6b7f0c2d9e35";
const FILE: &str = "c70a4e19-2d5b-4f86-b3a1-98e6d0f7c254";

/// A server in the state that an exchange needs.
fn server(name: &str) -> Rig {
    let mut config = ServerConfig { chat_ids: vec![CHAT.to_owned()], ..ServerConfig::default() };
    let entry = &mut config.tenants[0].entries[0];
    match name {
        "availability-android-nonce" => entry.ewt = Some(0),
        "availability-numeric-ewt" => entry.ewt = Some(12),
        "availability-no-ewt" => entry.ewt = None,
        "availability-not-available" => entry.open = false,
        "notifications-406-not-configured" => entry.firebase = false,
        "request-chat-404-entry" => entry.launch_point = false,
        "request-chat-variant-types" => "establishing".clone_into(&mut config.initial_state),
        "request-chat-ios-no-phone" => "queued".clone_into(&mut config.initial_state),
        "iceservers-encrypted" => config.ice = IceForm::Encrypted,
        "upload-400-too-large" => config.file_bytes = 4,
        "case-history-ok" => {
            let sessions = list(&fixture("http/case-history-ok.json")["response"]["body"], "sessions");
            config.cases = vec![("5001".to_owned(), sessions[0].clone())];
        }
        _ => {}
    }
    for fault in faults(name) {
        config.faults.set(fault).unwrap();
    }
    let fresh = [
        "active-chat-none",
        "active-chat-ok",
        "history-404",
        "poll-404-gone",
        "send-events-404-gone",
        "poll-403-auth",
    ];
    if !name.starts_with("request-chat") && !fresh.contains(&name) {
        let past = if name == "history-empty" { Value::Null } else { fixture("http/history-ok.json") };
        config.running = Some(past["response"]["body"]["events"].as_array().cloned().unwrap_or_default());
    }
    Rig::new(config)
}

/// What has to go wrong, or to be written in another way.
fn faults(name: &str) -> Vec<&'static str> {
    match name {
        "availability-503" | "request-chat-503-no-server" => vec!["error=5001"],
        "availability-numeric-ewt" => vec!["ewt=number"],
        "case-history-numeric-created-time" => vec!["times=number"],
        "close-case-500-crm" => vec!["error=5602,op=close-case"],
        "error-extra-fields" => vec!["error=5500", "errors=extra"],
        "error-numeric-code" => vec!["error=3000", "errors=number"],
        "error-unknown-code" => vec!["error=5500", "errors=unknown"],
        "poll-400-concurrent" => vec!["concurrent-status=400"],
        "poll-403-auth" => vec!["error=3000,op=poll"],
        "poll-500-disconnected" => vec!["error=5004,op=poll"],
        "poll-500-server-timeout" => vec!["error=5000,op=poll"],
        "poll-502-proxy-html" => vec!["status=502,op=poll"],
        "poll-503-retry-after" => vec!["error=5001,op=poll,retry-after=7"],
        "poll-idle-5511" => vec!["no-hold", "idle=5511"],
        "poll-idle-empty-array" | "poll-web-timestamp-param" => vec!["no-hold"],
        "poll-idle-empty-body" => vec!["no-hold", "idle=empty"],
        "request-chat-variant-types" => vec!["ewt=number", "word-booleans"],
        "request-chat-ios-no-phone" => vec!["ewt=absent"],
        "upload-500-io" => vec!["error=5558,op=upload"],
        _ => Vec::new(),
    }
}

/// What has to happen before the request comes.
fn prepare(rig: &mut Rig, name: &str, fixture: &Value, request: &mut HttpRequest) {
    rig.chat = CHAT.to_owned();
    rig.client.client_id = "0B9D1C3E-52F7-4A86-9E41-3C7D8A5F2B10".to_owned();
    let status = |state: &str| AgentAction::Status { state: state.to_owned(), ewt: Some(42) };
    match name {
        "active-chat-ok" => {
            rig.post("chats", &json!({ "phone_number": "12345" }));
            rig.agent(status("queued"));
        }
        "request-chat-existing-session" => {
            rig.call(request.clone());
            rig.agent(status("connected"));
        }
        "poll-400-concurrent" | "poll-429-concurrent" => {
            rig.poll();
        }
        "poll-events" | "poll-ended" | "send-message-v1-returns-events" => {
            rig.history();
            for event in list(&fixture["response"]["body"], "events") {
                rig.agent(AgentAction::Raw(event));
            }
        }
        "download-file-api" | "download-file-short" => {
            let upload = self::fixture("http/upload-ios.json");
            let answer = rig.call(request_of(&upload)).json();
            request.target = request.target.replace(FILE, &text(&answer, "/file_id"));
        }
        "iceservers-encrypted" => {
            request.headers.retain(|(name, _)| name != "Authorization");
            request.headers.extend(rig.client.get("").headers.into_iter().take(1));
            rig.history();
        }
        _ if name.starts_with("close-case") || name.starts_with("case-history") => {
            rig.history();
            if !name.contains("406") {
                rig.agent(AgentAction::SetCase(Some("5001".to_owned())));
            }
        }
        _ => {}
    }
}

/// Members whose values are the dossier's own.
const SAME: [&str; 13] = [
    "error_code",
    "error_message",
    "state",
    "is_new_chat",
    "phone_number",
    "chat",
    "chat_id",
    "ewt",
    "server_version",
    "parameters",
    "servers",
    "sms_error_code",
    "events",
];

/// Answers in which some of those are not: a wait, a text that the server fills in, a history.
fn differs(name: &str, member: &str) -> bool {
    matches!(
        (name, member),
        ("request-chat-variant-types", "ewt")
            | ("request-chat-existing-session", "ewt")
            | ("error-extra-fields" | "send-events-400-bad-json", "error_message")
    )
}

fn compare(name: &str, answer: &HttpResponse, expected: &Value) {
    assert_eq!(answer.status, expected["status"], "{name}: {answer:?}");
    for (header, value) in expected["headers"].as_object().into_iter().flatten() {
        let told = answer.header(header);
        match header.as_str() {
            "Content-Length" => {}
            "Set-Cookie" => assert!(told.is_some_and(|told| told.starts_with("BPSESSION=")), "{name}"),
            _ => assert_eq!(told, value.as_str(), "{name}: {header}"),
        }
    }
    let Some(wanted) = expected["body"].as_object() else {
        let nothing = expected.get("body_text").is_none() && expected.get("body_base64").is_none();
        assert_eq!(answer.body.is_empty(), nothing, "{name}: {answer:?}");
        return;
    };
    let body = answer.json();
    let found = members(&body);
    for (member, kind) in members(&expected["body"]) {
        assert_eq!(found.get(&member), Some(&kind), "{name}: {member} in {body}");
        if SAME.contains(&member.as_str()) && !differs(name, &member) {
            assert_eq!(body[&member], wanted[&member], "{name}: {member}");
        }
    }
    // Documents leave the name of a file out, clients need it.
    let more = found.keys().filter(|member| !wanted.contains_key(*member));
    assert!(more.clone().all(|member| name == "upload-docs" && member == "file_name"), "{name}: {body}");
    for (at, session) in wanted.get("sessions").and_then(Value::as_array).into_iter().flatten().enumerate() {
        assert_eq!(members(&body["sessions"][at]), members(session), "{name}");
    }
}

#[test]
fn every_exchange_of_the_dossier() {
    let folder = format!("{}/fixtures/bright-pattern/http", env!("CARGO_MANIFEST_DIR"));
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().replace(".json", ""))
        .filter(|name| name != "error-catalogue")
        .collect();
    names.sort();
    assert_eq!(names.len(), 91);
    for name in names {
        let fixture = fixture(&format!("http/{name}.json"));
        let mut rig = server(&name);
        let mut request = request_of(&fixture);
        prepare(&mut rig, &name, &fixture, &mut request);
        let answer = rig.call(request);
        compare(&name, &answer, &fixture["response"]);
    }
}

/// The request of a fixture.
fn request_of(fixture: &Value) -> HttpRequest {
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
