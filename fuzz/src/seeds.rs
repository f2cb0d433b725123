//! What the targets begin with: the fixtures of the wire, each in the form that a target reads.

use std::fs;
use std::path::Path;

use helpline_protocol::{ConnectionState, Event, Operation};
use serde_json::Value;

use crate::amazon_connect::{STATUSES, busy, chat, live};
use crate::bright_pattern;
use crate::emulator::{PATHS, TARGETS};

/// An input to begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seed {
    /// A name for its file.
    pub name: String,
    /// The input.
    pub data: Vec<u8>,
}

impl Seed {
    fn new(name: impl Into<String>, data: impl Into<Vec<u8>>) -> Self {
        Self { name: name.into(), data: data.into() }
    }
}

/// The seeds of a target, by its name.
#[must_use]
pub fn seeds(target: &str) -> Vec<Seed> {
    match target {
        "amazon_connect_frames" => fixtures("ws-"),
        "amazon_connect_items" => fixtures("ws-server-chat").iter().filter_map(item).collect(),
        "amazon_connect_templates" => fixtures("content-interactive"),
        "amazon_connect_answers" => fixtures("").iter().filter_map(answer).collect(),
        "amazon_connect_details" => fixtures("startchat").iter().map(body).collect(),
        "bright_pattern_polls" => {
            let mut all: Vec<Seed> = exchanges("poll-").iter().map(answered).collect();
            all.extend(files("protocol/tests/fixtures/bright-pattern/malformed", ""));
            all
        }
        "bright_pattern_events" => {
            files("protocol/tests/fixtures/bright-pattern/events/server", "").iter().map(event).collect()
        }
        "bright_pattern_answers" => exchanges("").iter().filter_map(bright_pattern_answer).collect(),
        "bright_pattern_pushes" => files("protocol/tests/fixtures/bright-pattern/push", ""),
        "emulator_bright_pattern_requests" => {
            exchanges("").iter().filter_map(bright_pattern_request).collect()
        }
        "snapshots" => files("protocol/tests/snapshots", "").into_iter().filter(is_json).collect(),
        "journals" => files("tests/conformance/journals", "").into_iter().filter(is_json).collect(),
        "proxy_handshakes" => handshakes(),
        "proxy_addresses" => numbered(&PROXIES),
        "file_names" => numbered(&NAMES),
        "session_inputs" => stories(),
        "session_commands" => numbered(&COMMANDS),
        "session_events" => events(),
        "retry_after" => numbered(&WAITS),
        "timestamps" => numbered(&TIMES),
        "emulator_amazon_connect_requests" => fixtures("").iter().filter_map(request).collect(),
        "emulator_amazon_connect_frames" => fixtures("ws-client").iter().map(client_frame).collect(),
        _ => Vec::new(),
    }
}

/// The fixtures of Amazon Connect whose names begin so, as they are.
fn fixtures(prefix: &str) -> Vec<Seed> {
    files("protocol/tests/fixtures/amazon-connect", prefix)
}

/// The exchanges of Bright Pattern whose names begin so, as they are.
fn exchanges(prefix: &str) -> Vec<Seed> {
    files("protocol/tests/fixtures/bright-pattern/http", prefix)
}

/// The files of a folder of the workspace whose names begin so.
fn files(folder: &str, prefix: &str) -> Vec<Seed> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder);
    let mut found: Vec<Seed> = fs::read_dir(folder)
        .expect("the fixtures")
        .flatten()
        .filter(|file| file.path().is_file())
        .map(|file| {
            let name = file.file_name().to_string_lossy().into_owned();
            Seed::new(name, fs::read(file.path()).expect("a readable fixture"))
        })
        .filter(|seed| seed.name.starts_with(prefix))
        .collect();
    found.sort_by(|one, other| one.name.cmp(&other.name));
    found
}

fn json(seed: &Seed) -> Value {
    serde_json::from_slice(&seed.data).unwrap_or_default()
}

fn item(seed: &Seed) -> Option<Seed> {
    Some(Seed::new(seed.name.clone(), json(seed)["content"].as_str()?))
}

fn body(seed: &Seed) -> Seed {
    Seed::new(seed.name.clone(), json(seed)["body"].to_string())
}

/// State of the session, which request, status, headers; then the body.
fn answer(seed: &Seed) -> Option<Seed> {
    let fixture = json(seed);
    let status = u16::try_from(fixture["status"].as_u64()?).ok()?;
    let status = STATUSES.iter().position(|known| *known == status)?;
    let (state, request) = match fixture["operation"].as_str()? {
        "CreateParticipantConnection" => (0, 0),
        "GetTranscript" => (1, 0),
        operation => (2, place_of(operation)),
    };
    let body = match &fixture["body"] {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        body => body.to_string(),
    };
    let mut data = vec![state, request, u8::try_from(status).ok()?, 0];
    data.extend(body.bytes());
    Some(Seed::new(seed.name.clone(), data))
}

/// Where a busy session's requests have this operation.
fn place_of(operation: &str) -> u8 {
    let wanted = match operation {
        "SendMessage" => Operation::SendMessage,
        "SendEvent" => Operation::SendTyping,
        "StartAttachmentUpload" => Operation::StartUpload,
        "GetAttachment" => Operation::AttachmentUrl,
        _ => Operation::CancelAuthentication,
    };
    let place = busy().pending.values().position(|of| *of == wanted);
    place.and_then(|place| u8::try_from(place).ok()).unwrap_or(0)
}

/// Target, credential, body with its length, method.
fn request(seed: &Seed) -> Option<Seed> {
    let fixture = json(seed);
    let path = fixture["path"].as_str()?;
    let target = TARGETS.iter().position(|target| *target == path)?;
    let body = fixture["body"].to_string();
    let mut data = vec![u8::try_from(target).ok()?, 1];
    data.extend(u16::try_from(body.len()).ok()?.to_be_bytes());
    data.extend(body.bytes());
    data.push(0);
    Some(Seed::new(seed.name.clone(), data))
}

fn is_json(seed: &Seed) -> bool {
    Path::new(&seed.name).extension().is_some_and(|ending| ending == "json" || ending == "jsonl")
}

/// The body of an exchange's answer, as text.
fn body_of(answer: &Value) -> String {
    match &answer["body"] {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        body => body.to_string(),
    }
}

fn answered(seed: &Seed) -> Seed {
    Seed::new(seed.name.clone(), body_of(&json(seed)["response"]))
}

fn event(seed: &Seed) -> Seed {
    let fixture = json(seed);
    let event = if fixture["event"].is_string() { &fixture } else { &fixture["event"] };
    Seed::new(seed.name.clone(), event.to_string())
}

/// State of the session, which request, status, headers; then the body.
fn bright_pattern_answer(seed: &Seed) -> Option<Seed> {
    let fixture = json(seed);
    let status = u16::try_from(fixture["response"]["status"].as_u64()?).ok()?;
    let status = bright_pattern::STATUSES.iter().position(|known| *known == status)?;
    let starts = fixture["operation"].as_str()? == "RequestChat";
    let mut data = vec![u8::from(!starts), 0, u8::try_from(status).ok()?, 0];
    data.extend(body_of(&fixture["response"]).bytes());
    Some(Seed::new(seed.name.clone(), data))
}

/// Path, method, body with its length, no other headers.
fn bright_pattern_request(seed: &Seed) -> Option<Seed> {
    let fixture = json(seed);
    let url = fixture["request"]["url"].as_str()?;
    let (_, path) = url.split_once("/api/v2/")?;
    let place = PATHS.iter().position(|known| known.rsplit('/').next() == path.rsplit('/').next())?;
    let body = body_of(&fixture["request"]);
    let method = u8::from(fixture["request"]["method"].as_str()? == "POST");
    let mut data = vec![u8::try_from(place).ok()?, method];
    data.extend(u16::try_from(body.len()).ok()?.to_be_bytes());
    data.extend(body.bytes());
    data.push(0);
    Some(Seed::new(seed.name.clone(), data))
}

/// Which proxy, which host, in pieces of how many bytes; then what it says.
fn handshakes() -> Vec<Seed> {
    let all: [(&str, u8, &[u8]); 5] = [
        ("connected", 0, b"HTTP/1.1 200 Connection established\r\nVia: 1.1 proxy\r\n\r\n"),
        ("wants_credentials", 0, b"HTTP/1.1 407 Authenticate\r\nProxy-Authenticate: Basic realm=x\r\n\r\n"),
        ("socks_by_password", 1, b"\x05\x02\x01\x00\x05\x00\x00\x01\x7f\x00\x00\x01\x04\x38"),
        ("socks_refused", 1, b"\x05\x00\x05\x05\x00\x01\x00\x00\x00\x00\x00\x00"),
        ("socks_by_name", 2, b"\x05\x00\x05\x00\x00\x03\x05proxy\x01\xbb"),
    ];
    all.iter().map(|(name, proxy, says)| Seed::new(*name, [&[*proxy, 0, 7], *says].concat())).collect()
}

fn client_frame(seed: &Seed) -> Seed {
    let length = u16::try_from(seed.data.len()).unwrap_or(u16::MAX);
    let mut data = vec![0];
    data.extend(length.to_be_bytes());
    data.extend(&seed.data);
    Seed::new(seed.name.clone(), data)
}

fn numbered(texts: &[&str]) -> Vec<Seed> {
    texts.iter().enumerate().map(|(at, text)| Seed::new(format!("{at:02}"), *text)).collect()
}

/// Byte stories, by the alphabet of `session_inputs`.
fn stories() -> Vec<Seed> {
    let connect: &[u8] = &[0, 19, 0, 0, 4, 8, 9, 4];
    let more: [(&str, &[u8]); 6] = [
        ("connects", &[]),
        ("says something", &[19, 0, 1, 2, b'h', b'i', 4, 10, 1]),
        ("loses the line", &[14, 0, 1, 4, 8, 9, 4, 10, 7]),
        ("loses answers", &[19, 0, 1, 1, b'x', 7, 0, 3, 1, 1, 1]),
        ("sleeps and wakes", &[2, 255, 255, 0, 15, 16, 2, 16, 3, 1, 1]),
        ("leaves", &[19, 0, 11, 4, 1]),
    ];
    more.iter().map(|(name, steps)| Seed::new(name.replace(' ', "_"), [connect, steps].concat())).collect()
}

/// Events that a session told, and some that it seldom tells.
fn events() -> Vec<Seed> {
    let mut told = live().events;
    for fixture in fixtures("ws-server-chat-").iter().filter_map(item).take(20) {
        let mut bench = live();
        bench.frame(chat(&String::from_utf8_lossy(&fixture.data)));
        told.append(&mut bench.events);
    }
    told.push(Event::ConnectionChanged {
        state: ConnectionState::Reconnecting { attempt: 3, retry_at: None },
    });
    let written = told.iter().filter_map(|event| serde_json::to_string(event).ok());
    written.enumerate().map(|(at, text)| Seed::new(format!("{at:02}"), text)).collect()
}

const COMMANDS: [&str; 12] = [
    r#"{"type":"send_message","content":{"kind":"text","text":"Where is my parcel?"}}"#,
    r#"{"type":"mark_read","message":"m1"}"#,
    r#"{"type":"load_history","limit":20}"#,
    r#"{"type":"send_attachment","attachment":{"name":"a.pdf","size":48300,"source":"x"}}"#,
    r#"{"type":"download_attachment","attachment":"ID","sink":"y"}"#,
    r#"{"type":"load_transcript","direction":"forward","from":{"at":"time","time":"2026-03-14T09:27:30.410Z"}}"#,
    r#"{"type":"amazon_connect","request":"send_event","content_type":"text/plain"}"#,
    r#"{"type":"answer","message":"m1","choice":{"kind":"element","index":0}}"#,
    r#"{"type":"attachment_url","attachment":"ID","expires_in":30}"#,
    r#"{"type":"configure_receipts","read":false}"#,
    "{\"type\":\"suspend\"}\n{\"type\":\"resume\"}",
    "{\"type\":\"send_typing\",\"conversation\":\"v1\"}\n{\"type\":\"leave\"}",
];

const WAITS: [&str; 7] = [
    "05",
    "010",
    "0-1",
    "018446744073709551616",
    "0Sat, 14 Mar 2026 09:27:40 GMT",
    "1Sat, 14 Mar 2026 09:26:40 GMT",
    "1Fri, 31 Dec 9999 23:59:59 GMT",
];

const TIMES: [&str; 7] = [
    "2026-03-14T09:27:30.410Z",
    "2026-03-14T09:27:30Z",
    "2026-03-14T14:57:30.410+05:30",
    "1970-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999999Z",
    "-009999-01-02T01:59:59Z",
    "1773480450410",
];

const PROXIES: [&str; 8] = [
    "http://proxy.example:8080",
    "http://user:a-long-password@proxy.example:8080",
    "socks5://192.0.2.7:1080",
    "socks5h://user:p%40ss@[2001:db8::1]:1080",
    "https://proxy.example",
    "proxy.example:3128",
    "*.example,10.0.0.0/8,localhost",
    "http://user@:0",
];

const NAMES: [&str; 8] = [
    "receipt.pdf",
    "../../.ssh/config",
    "nul.txt",
    " ... ",
    "a\u{202e}fdp.exe",
    "C:\\temp\\x",
    "ünïcödé – 東京.tar.gz",
    "COM1",
];
