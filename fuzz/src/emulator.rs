//! The emulators: users point their own clients at them, so they must stand anything too.

use helpline_emulator::amazon_connect::{HttpRequest, Input, Output, Server, ServerConfig};
use helpline_emulator::bright_pattern;

use crate::choices::{Choices, text};

pub(crate) const TARGETS: [&str; 14] = [
    "/participant/connection",
    "/participant/message",
    "/participant/event",
    "/participant/transcript",
    "/participant/disconnect",
    "/participant/start-attachment-upload",
    "/participant/complete-attachment-upload",
    "/participant/attachment",
    "/participant/views/v",
    "/participant/authentication-url",
    "/participant/cancel-authentication",
    "/contact/chat",
    "/attachments/x",
    "/",
];

/// Requests one after another, each of a target, a method, a credential and a body of the input's choosing. Each is
/// answered, hung up on or left hanging, once.
pub(crate) fn amazon_connect_requests(data: &[u8]) {
    let mut choices = Choices::new(data);
    let mut server = Server::new(ServerConfig::default(), 1);
    let details = server.start_chat(0, "Ines");
    let mut tokens = vec![String::new(), details.participant_token, "wrong".to_owned()];
    for exchange in 0..20 {
        if choices.is_empty() {
            break;
        }
        let target = choices.one_of(&TARGETS).copied().unwrap_or("/").to_owned();
        let bearer = choices.one_of(&tokens).cloned().unwrap_or_default();
        let mut request = HttpRequest::post(&target, &bearer, &text(choices.many()));
        request.method = choices.one_of(&["POST", "GET", "PUT"]).copied().unwrap_or("POST").to_owned();
        let mut out = Vec::new();
        server.handle(exchange * 1_000, Input::Http { exchange, request }, &mut out);
        wake_until(&mut server, exchange * 1_000 + 900, &mut out);
        let answers = out.iter().filter(|output| is_answer(output, exchange)).count();
        assert!(answers <= 1, "{answers} answers to one request");
        tokens.extend(out.iter().filter_map(token));
    }
}

fn is_answer(output: &Output, to: u64) -> bool {
    matches!(output, Output::Answer { exchange, .. } | Output::NoAnswer { exchange } | Output::Hang { exchange } if *exchange == to)
}

/// The token of a connection that was granted.
fn token(output: &Output) -> Option<String> {
    let Output::Answer { response, .. } = output else { return None };
    Some(response.json()["ConnectionCredentials"]["ConnectionToken"].as_str()?.to_owned())
}

/// Frames on a socket that was asked for by a connected chat.
pub(crate) fn amazon_connect_frames(data: &[u8]) {
    let mut server = Server::new(ServerConfig::default(), 1);
    let details = server.start_chat(0, "Ines");
    let body = r#"{"Type":["WEBSOCKET","CONNECTION_CREDENTIALS"],"ConnectParticipant":true}"#;
    let request = HttpRequest::post("/participant/connection", &details.participant_token, body);
    let mut out = Vec::new();
    server.handle(0, Input::Http { exchange: 1, request }, &mut out);
    let granted = out.iter().find_map(|output| {
        let Output::Answer { response, .. } = output else { return None };
        Some(response.json()["Websocket"]["Url"].as_str()?.to_owned())
    });
    let target = granted.expect("a connection is granted");
    server.handle(1, Input::SocketRequested { socket: 1, target }, &mut out);
    assert!(out.contains(&Output::AcceptSocket { socket: 1 }), "a granted socket is accepted");
    let mut choices = Choices::new(data);
    for step in 0..20 {
        if choices.is_empty() {
            break;
        }
        let binary = choices.byte() & 7 == 7;
        let bytes = choices.many();
        let input = if binary {
            Input::Binary { socket: 1, bytes: bytes.to_vec() }
        } else {
            Input::Frame { socket: 1, text: text(bytes) }
        };
        out.clear();
        server.handle(2 + step, input, &mut out);
        assert!(out.len() < 100, "{} outputs of one frame", out.len());
    }
    wake_until(&mut server, 60_000, &mut out);
}

pub(crate) const PATHS: [&str; 14] = [
    "version",
    "availability",
    "parameters",
    "chats",
    "chats/active",
    "chats/CHAT/events",
    "chats/CHAT/history",
    "chats/CHAT/casehistory",
    "chats/CHAT/closecase",
    "chats/CHAT/notifications",
    "files",
    "iceservers",
    "configuration",
    "chats/../events",
];

/// Requests of a client one after another, in a chat of its own, each of a path, a method and a body of the input's
/// choosing. Each is answered, hung up on or held, once.
pub(crate) fn bright_pattern_requests(data: &[u8]) {
    let mut choices = Choices::new(data);
    let mut server = bright_pattern::Server::new(bright_pattern::ServerConfig::default(), 1);
    let client = bright_pattern::Client::new("client-1");
    let mut out = Vec::new();
    let request = client.post("chats", "{}");
    server.handle(0, Input::Http { exchange: 0, request }, &mut out);
    let chat = server.chat_of_client("client-1").expect("a chat was begun").to_owned();
    for exchange in 1..20 {
        if choices.is_empty() {
            break;
        }
        let path = choices.one_of(&PATHS).copied().unwrap_or("version").replace("CHAT", &chat);
        let method = choices.one_of(&["GET", "POST", "PUT"]).copied().unwrap_or("GET");
        let mut request = client.request(method, &path, choices.many());
        if choices.byte() & 7 == 7 {
            let value = text(choices.some());
            request.headers.push(("Content-Type".to_owned(), value));
        }
        out.clear();
        server.handle(exchange * 1_000, Input::Http { exchange, request }, &mut out);
        let answers = out.iter().filter(|output| is_answer(output, exchange)).count();
        assert!(answers <= 1, "{answers} answers to one request");
        assert!(out.len() < 100, "{} outputs of one request", out.len());
    }
    for _ in 0..1_000 {
        match server.next_wakeup() {
            Some(at) if at <= 60_000 => server.handle(at, Input::Wakeup, &mut out),
            _ => return,
        }
    }
    panic!("the emulator wakes without end");
}

fn wake_until(server: &mut Server, until: u64, out: &mut Vec<Output>) {
    for _ in 0..1_000 {
        match server.next_wakeup() {
            Some(at) if at <= until => server.handle(at, Input::Wakeup, out),
            _ => return,
        }
    }
    panic!("the emulator wakes without end");
}
