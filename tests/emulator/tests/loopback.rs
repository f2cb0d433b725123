//! The host, over real connections, with a raw client.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use helpline_emulator::amazon_connect::{
    AgentAction, AgentScript, Chance, ChanceRule, ChatDetails, Operation, ServerConfig,
};
use helpline_emulator::loopback::Loopback;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{Error, Message, client::IntoClientRequest};
use tokio_tungstenite::{WebSocketStream, client_async};

const SUBSCRIBE: &str = r#"{"topic":"aws/subscribe","content":{"topics":["aws/chat"]}}"#;
const SOON: Duration = Duration::from_secs(10);

type Socket = WebSocketStream<TcpStream>;

/// One request on a connection of its own; `None` if the connection ends without an answer.
async fn request(host: &Loopback, head: &str, token: &str, body: &Value) -> Option<(u16, Value)> {
    let body = body.to_string();
    let mut stream = TcpStream::connect(("127.0.0.1", host.port())).await.ok()?;
    let text = format!(
        "{head} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Amz-Bearer: {token}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(text.as_bytes()).await.ok()?;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some((status, serde_json::from_str(body).unwrap_or_default()))
}

async fn post(host: &Loopback, path: &str, token: &str, body: Value) -> Option<(u16, Value)> {
    request(host, &format!("POST {path}"), token, &body).await
}

async fn connection(host: &Loopback, chat: &ChatDetails) -> (String, String) {
    let body = json!({ "Type": ["WEBSOCKET", "CONNECTION_CREDENTIALS"] });
    let (status, answer) =
        post(host, "/participant/connection", &chat.participant_token, body).await.unwrap();
    assert_eq!(status, 200, "{answer}");
    let text = |pointer: &str| answer.pointer(pointer).unwrap().as_str().unwrap().to_owned();
    (text("/Websocket/Url"), text("/ConnectionCredentials/ConnectionToken"))
}

async fn dial(host: &Loopback, url: &str) -> Result<Socket, Error> {
    let stream = TcpStream::connect(("127.0.0.1", host.port())).await?;
    let (socket, _) = client_async(url.into_client_request()?, stream).await?;
    Ok(socket)
}

async fn connect(host: &Loopback, chat: &ChatDetails) -> (Socket, String) {
    let (url, token) = connection(host, chat).await;
    let mut socket = dial(host, &url).await.unwrap();
    socket.send(Message::text(SUBSCRIBE)).await.unwrap();
    assert_eq!(next(&mut socket).await["content"]["status"], "success");
    (socket, token)
}

async fn next(socket: &mut Socket) -> Value {
    loop {
        match timeout(SOON, socket.next()).await.expect("a frame in time") {
            Some(Ok(Message::Text(text))) => return serde_json::from_str(&text).unwrap(),
            Some(Ok(Message::Pong(_))) => {}
            other => panic!("{other:?}"),
        }
    }
}

async fn item(socket: &mut Socket) -> Value {
    let frame = next(socket).await;
    assert_eq!(frame["topic"], "aws/chat");
    serde_json::from_str(frame["content"].as_str().unwrap()).unwrap()
}

fn message(text: &str) -> Value {
    json!({ "ContentType": "text/plain", "Content": text })
}

async fn start(script: AgentScript) -> (Loopback, ChatDetails) {
    let host = Loopback::start(ServerConfig::with_script(script)).await.unwrap();
    let chat = host.start_chat("Ines");
    (host, chat)
}

#[tokio::test]
async fn a_whole_chat() {
    let (host, chat) = start(AgentScript::silent()).await;
    let (mut socket, token) = connect(&host, &chat).await;
    socket.send(Message::text(r#"{"topic":"aws/ping"}"#)).await.unwrap();
    assert_eq!(
        next(&mut socket).await,
        json!({ "topic": "aws/ping", "statusCode": 200, "statusContent": "OK" })
    );
    socket.send(Message::Ping(vec![1, 2, 3].into())).await.unwrap();
    let pong = timeout(SOON, socket.next()).await.unwrap().unwrap().unwrap();
    assert_eq!(pong, Message::Pong(vec![1, 2, 3].into()));

    let (status, answer) = post(&host, "/participant/message", &token, message("hello")).await.unwrap();
    assert_eq!(status, 200);
    assert_eq!(item(&mut socket).await["Id"], answer["Id"]);

    host.with(|server, now, out| {
        server.agent(now, &chat.contact_id, AgentAction::Say("hi".to_owned()), out);
    });
    assert_eq!(item(&mut socket).await["Content"], "hi");
    assert_eq!(host.with(|server, _, _| server.transcript(&chat.contact_id).len()), 2);

    let (status, answer) = post(&host, "/participant/disconnect", &token, json!({})).await.unwrap();
    assert_eq!((status, answer), (200, json!({})));
    assert_eq!(item(&mut socket).await["Type"], "EVENT");
    let close = timeout(SOON, socket.next()).await.unwrap().unwrap().unwrap();
    let Message::Close(Some(frame)) = close else { panic!("{close:?}") };
    assert_eq!(u16::from(frame.code), 1000);
    host.stop();
}

#[tokio::test]
async fn the_script_runs_on_real_time() {
    let mut script = AgentScript::echo();
    script.reply_after_ms = 50;
    let (host, chat) = start(script).await;
    let (mut socket, token) = connect(&host, &chat).await;
    let asked = std::time::Instant::now();
    post(&host, "/participant/message", &token, message("x")).await.unwrap();
    assert_eq!(item(&mut socket).await["Content"], "x");
    assert_eq!(item(&mut socket).await["Content"], "echo: x");
    assert!(asked.elapsed() >= Duration::from_millis(49));
}

#[tokio::test]
async fn a_lost_answer_is_a_connection_that_ends() {
    let (host, chat) = start(AgentScript::silent()).await;
    let (_, token) = connection(&host, &chat).await;
    host.with(|server, _, _| {
        let rule = ChanceRule::new(Some(Operation::SendMessage), Chance::Next(1));
        server.faults_mut().lost_answers.push(rule);
    });
    assert_eq!(post(&host, "/participant/message", &token, message("x")).await, None);
    assert_eq!(host.with(|server, _, _| server.transcript(&chat.contact_id).len()), 1);
    assert!(post(&host, "/participant/message", &token, message("y")).await.is_some());
}

#[tokio::test]
async fn a_hanging_call_is_never_answered() {
    let (host, chat) = start(AgentScript::silent()).await;
    let (_, token) = connection(&host, &chat).await;
    host.with(|server, _, _| {
        server.faults_mut().hang.push(ChanceRule::new(None, Chance::Next(1)));
    });
    let call = post(&host, "/participant/message", &token, message("x"));
    assert!(timeout(Duration::from_millis(300), call).await.is_err());
    assert!(post(&host, "/participant/message", &token, message("y")).await.is_some());
}

#[tokio::test]
async fn cut_sockets_end_without_a_close_frame() {
    let (host, chat) = start(AgentScript::silent()).await;
    let (mut socket, _) = connect(&host, &chat).await;
    host.cut_sockets();
    let end = timeout(SOON, socket.next()).await.unwrap();
    assert!(matches!(end, Some(Err(_)) | None), "{end:?}");
    assert_eq!(host.with(|server, _, _| server.stats().sockets_open), 0);
    connect(&host, &chat).await;
}

#[tokio::test]
async fn offline_cuts_and_refuses_until_online() {
    let (host, chat) = start(AgentScript::silent()).await;
    let (mut socket, token) = connect(&host, &chat).await;
    host.set_online(false);
    let end = timeout(SOON, socket.next()).await.unwrap();
    assert!(matches!(end, Some(Err(_)) | None), "{end:?}");
    assert_eq!(post(&host, "/participant/message", &token, message("x")).await, None);
    host.set_online(true);
    assert!(post(&host, "/participant/message", &token, message("y")).await.is_some());
    let (mut socket, _) = connect(&host, &chat).await;
    socket.send(Message::text(r#"{"topic":"aws/heartbeat"}"#)).await.unwrap();
    assert_eq!(next(&mut socket).await["topic"], "aws/heartbeat");
}

#[tokio::test]
async fn a_bad_ticket_is_an_http_error() {
    let (host, chat) = start(AgentScript::silent()).await;
    let (url, _) = connection(&host, &chat).await;
    drop(dial(&host, &url).await.unwrap());
    match dial(&host, &url).await {
        Err(Error::Http(response)) => assert_eq!(response.status().as_u16(), 403),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_close_code_reaches_the_machine() {
    let (host, chat) = start(AgentScript::silent()).await;
    let (mut socket, _) = connect(&host, &chat).await;
    let frame =
        tokio_tungstenite::tungstenite::protocol::CloseFrame { code: 4000.into(), reason: "App".into() };
    socket.close(Some(frame)).await.unwrap();
    while let Some(Ok(_)) = socket.next().await {}
    let mut codes = std::collections::BTreeMap::new();
    for _ in 0..100 {
        codes = host.with(|server, _, _| server.stats().client_close_codes.clone());
        if !codes.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(codes.get(&4000), Some(&1), "{codes:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_chats_at_once() {
    let host = Loopback::start(ServerConfig::with_script(AgentScript::echo())).await.unwrap();
    let run = async |number: u32| {
        let chat = host.start_chat(&format!("c{number}"));
        let (mut socket, token) = connect(&host, &chat).await;
        for round in 0..10 {
            let text = format!("{number}/{round}");
            post(&host, "/participant/message", &token, message(&text)).await.unwrap();
            assert_eq!(item(&mut socket).await["Content"], text);
            assert_eq!(item(&mut socket).await["Content"], format!("echo: {text}"));
        }
    };
    let all = (0..40).map(run);
    futures_util::future::join_all(all).await;
    assert_eq!(host.with(|server, _, _| server.stats().messages), 400);
}

#[tokio::test]
async fn a_backend_can_start_a_chat_over_http() {
    let (host, _) = start(AgentScript::silent()).await;
    let body = json!({
        "InstanceId": "i", "ContactFlowId": "f", "ParticipantDetails": { "DisplayName": "Ines" },
    });
    let (status, answer) = request(&host, "PUT /contact/chat", "", &body).await.unwrap();
    assert_eq!(status, 200);
    let chat = ChatDetails {
        contact_id: answer["ContactId"].as_str().unwrap().to_owned(),
        participant_id: answer["ParticipantId"].as_str().unwrap().to_owned(),
        participant_token: answer["ParticipantToken"].as_str().unwrap().to_owned(),
    };
    connect(&host, &chat).await;
}
