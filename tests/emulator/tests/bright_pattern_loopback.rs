//! Bright Pattern over real connections, with a raw client.

use std::time::{Duration, Instant};

use helpline_emulator::bright_pattern::{
    AgentAction, AgentScript, Client, Faults, HttpRequest, Server, ServerConfig, Span,
};
use helpline_emulator::loopback::Host;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

const SOON: Duration = Duration::from_secs(10);

type Answer = (u16, Vec<u8>);

fn config(script: AgentScript, hold_ms: u64) -> ServerConfig {
    ServerConfig { hold: Span::fixed(hold_ms), ..ServerConfig::with_script(script) }
}

async fn start(config: ServerConfig) -> Host<Server> {
    Host::start(config).await.unwrap()
}

/// One request on a connection of its own; `None` if the connection ends without a whole answer.
async fn send(host: &Host<Server>, request: HttpRequest) -> Option<Answer> {
    let mut stream = TcpStream::connect(("127.0.0.1", host.port())).await.ok()?;
    let mut head = format!("{} {} HTTP/1.1\r\nHost: 127.0.0.1\r\n", request.method, request.target);
    for (name, value) in &request.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("Content-Length: {}\r\nConnection: close\r\n\r\n", request.body.len()));
    stream.write_all(head.as_bytes()).await.ok()?;
    stream.write_all(&request.body).await.ok()?;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    let split = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&answer[..split]).to_lowercase();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let length = head.split("content-length: ").nth(1)?.split("\r\n").next()?.parse::<usize>().ok()?;
    let body = answer[split + 4..].to_vec();
    (body.len() == length).then_some((status, body))
}

fn json_of(answer: Option<Answer>) -> (u16, Value) {
    let (status, body) = answer.expect("an answer");
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

async fn chat(host: &Host<Server>, client: &Client) -> String {
    let (status, answer) = json_of(send(host, client.post("chats", "{\"from\":\"Dana\"}")).await);
    assert_eq!(status, 200, "{answer}");
    answer["chat_id"].as_str().unwrap().to_owned()
}

async fn poll(host: &Host<Server>, client: &Client, chat: &str) -> Vec<Value> {
    let (status, answer) = json_of(send(host, client.get(&format!("chats/{chat}/events"))).await);
    assert_eq!(status, 200, "{answer}");
    answer["events"].as_array().unwrap().clone()
}

async fn post(host: &Host<Server>, client: &Client, chat: &str, id: &str, text: &str) -> Option<Answer> {
    let body = json!({ "events": [{ "event": "chat_session_message", "msg_id": id, "msg": text }] });
    send(host, client.post(&format!("chats/{chat}/events"), &body.to_string())).await
}

fn texts(events: &[Value]) -> Vec<String> {
    let messages = events.iter().filter_map(|event| event["msg"].as_str());
    messages.map(str::to_owned).collect()
}

#[tokio::test]
async fn a_poll_is_held_until_something_happens() {
    let host = start(config(AgentScript::silent(), 60_000)).await;
    let client = Client::new("A");
    let chat = chat(&host, &client).await;
    let waiting = poll(&host, &client, &chat);
    let speak = async {
        while !host.with(|server, _, _| server.is_polled(&chat)) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        host.with(|server, now, out| server.agent(now, &chat, AgentAction::Say("Hello".to_owned()), out));
    };
    let (events, ()) = timeout(SOON, futures_util::future::join(waiting, speak)).await.unwrap();
    assert_eq!(texts(&events), ["Hello"]);
}

#[tokio::test]
async fn an_idle_poll_ends_by_itself() {
    let host = start(config(AgentScript::silent(), 50)).await;
    let client = Client::new("A");
    let chat = chat(&host, &client).await;
    assert!(timeout(SOON, poll(&host, &client, &chat)).await.unwrap().is_empty());
    let (status, body) = send(&host, client.get("version")).await.unwrap();
    assert_eq!((status, body.is_empty()), (200, false));
}

#[tokio::test]
async fn an_echo_over_polls() {
    let host = start(config(AgentScript::echo(), 2000)).await;
    let client = Client::new("A");
    let chat = chat(&host, &client).await;
    let mut heard = texts(&poll(&host, &client, &chat).await);
    for number in 0..20 {
        let (status, body) =
            post(&host, &client, &chat, &format!("{chat}:{number}"), &format!("m{number}")).await.unwrap();
        assert_eq!((status, body.len()), (200, 0));
        while heard.len() <= number {
            heard.extend(texts(&timeout(SOON, poll(&host, &client, &chat)).await.unwrap()));
        }
    }
    assert_eq!(heard, (0..20).map(|number| format!("echo: m{number}")).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_chats_poll_at_once() {
    let host = start(config(AgentScript::echo(), 5000)).await;
    let run = async |name: usize| {
        let client = Client::new(&format!("client {name}"));
        let chat = chat(&host, &client).await;
        let mut heard = Vec::new();
        for round in 0..5 {
            post(&host, &client, &chat, &round.to_string(), &format!("{name}/{round}")).await.unwrap();
            while heard.len() <= round {
                heard.extend(texts(&timeout(SOON, poll(&host, &client, &chat)).await.unwrap()));
            }
        }
        assert_eq!(heard, (0..5).map(|round| format!("echo: {name}/{round}")).collect::<Vec<_>>());
    };
    futures_util::future::join_all((0..40).map(run)).await;
    let (messages, refused) =
        host.with(|server, _, _| (server.stats().messages, server.stats().polls_refused));
    assert_eq!((messages, refused), (200, 0));
}

#[tokio::test]
async fn a_client_that_hangs_up_is_missed_or_not() {
    for notices in [false, true] {
        let config = ServerConfig { notices_hangup: notices, ..config(AgentScript::silent(), 60_000) };
        let host = start(config).await;
        let client = Client::new("A");
        let chat = chat(&host, &client).await;
        let left = timeout(Duration::from_millis(200), poll(&host, &client, &chat)).await;
        assert!(left.is_err(), "it is held");
        let started = Instant::now();
        while host.with(|server, _, _| server.stats().polls_abandoned) == 0 {
            assert!(started.elapsed() < SOON, "the host has to notice");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        host.with(|server, now, out| server.agent(now, &chat, AgentAction::Say("x".to_owned()), out));
        let (lost, pending) = host.with(|server, _, _| (server.stats().events_lost, server.pending(&chat)));
        assert_eq!((lost, pending), if notices { (0, 1) } else { (1, 0) });
    }
}

#[tokio::test]
async fn answers_are_lost_and_cut_on_the_wire() {
    let mut faults = Faults::default();
    faults.set("lost-poll=only:1").unwrap();
    faults.set("lost-answer=only:1,op=events").unwrap();
    faults.set("cut-half=only:1,op=history").unwrap();
    let host = start(ServerConfig { faults, ..config(AgentScript::echo(), 2000) }).await;
    let client = Client::new("A");
    let chat = chat(&host, &client).await;
    let lost = send(&host, client.get(&format!("chats/{chat}/events"))).await;
    assert_eq!(lost, None, "drained and gone");
    assert_eq!(post(&host, &client, &chat, "1", "hi").await, None, "taken, and not answered");
    assert_eq!(send(&host, client.get(&format!("chats/{chat}/history"))).await, None, "cut in the middle");
    let (_, history) = json_of(send(&host, client.get(&format!("chats/{chat}/history"))).await);
    assert_eq!(texts(history["events"].as_array().unwrap()), ["hi", "echo: hi"]);
}

#[tokio::test]
async fn a_large_file_goes_up_and_down_and_a_larger_one_does_not() {
    let host = start(config(AgentScript::silent(), 2000)).await;
    let client = Client::new("A");
    let upload = |size: usize| {
        let head = "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"big.bin\"\r\n\r\n";
        let mut body = head.as_bytes().to_vec();
        body.resize(head.len() + size, b'x');
        body.extend_from_slice(b"\r\n--B--\r\n");
        let mut request = client.request("POST", "files", &body);
        request.headers.retain(|(name, _)| name != "Content-Type");
        request.headers.push(("Content-Type".to_owned(), "multipart/form-data; boundary=B".to_owned()));
        request
    };
    let (status, answer) = json_of(send(&host, upload(20 << 20)).await);
    assert_eq!(status, 200, "{answer}");
    let path = format!("/clientweb/file/{}", answer["file_id"].as_str().unwrap());
    let request = HttpRequest { method: "GET".to_owned(), target: path, ..HttpRequest::default() };
    let (status, body) = send(&host, request).await.unwrap();
    assert_eq!((status, body.len()), (200, 20 << 20));
    let (status, answer) = json_of(send(&host, upload((25 << 20) + 1)).await);
    assert_eq!((status, &answer["error_code"]), (400, &json!("5501")));
}

#[tokio::test]
async fn offline_cuts_held_polls() {
    let host = start(config(AgentScript::silent(), 60_000)).await;
    let client = Client::new("A");
    let chat = chat(&host, &client).await;
    let held = send(&host, client.get(&format!("chats/{chat}/events")));
    let cut = async {
        while !host.with(|server, _, _| server.is_polled(&chat)) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        host.set_online(false);
    };
    let (answer, ()) = timeout(SOON, futures_util::future::join(held, cut)).await.unwrap();
    assert_eq!(answer, None);
    assert_eq!(send(&host, client.get("version")).await, None);
    host.set_online(true);
    assert!(send(&host, client.get("version")).await.is_some());
}
