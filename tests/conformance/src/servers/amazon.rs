//! Just enough of Amazon Connect Chat to connect, send and receive.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use helpline_protocol::Config;
use helpline_protocol::amazon_connect;
use http::{Request, Response};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, broadcast, mpsc};
use tokio_tungstenite::tungstenite::Message;

use super::storage::{LARGE, body, closed, give, head, say};
use super::{ServerSocket, serve, serve_http, serve_sockets};

/// What the storage does with a request instead of what it should.
#[derive(Clone, Copy, Debug)]
pub enum Mishap {
    /// Breaks the connection after so many bytes.
    Cut(u64),
    /// Stops after so many bytes, and tells when the other side closes the connection.
    Halt(u64),
    /// Answers an upload before it reads it, then reads slowly, and tells whether the rest was kept back.
    Refuse,
}

/// A server, and the ends by which a test moves it.
pub struct Amazon {
    http: SocketAddr,
    /// Tells when the other side closed a connection that was halted.
    pub halted: mpsc::UnboundedReceiver<&'static str>,
    shared: Arc<Shared>,
    /// The close frames that came, and `None` where a connection ended.
    pub goodbyes: mpsc::UnboundedReceiver<Option<u16>>,
}

struct Shared {
    /// The texts of the messages that were posted.
    messages: Mutex<Vec<String>>,
    /// An answer to a message costs a permit.
    answers: Semaphore,
    answered: AtomicUsize,
    push: broadcast::Sender<String>,
    pushed: AtomicUsize,
    said_goodbye: mpsc::UnboundedSender<Option<u16>>,
    /// What was asked of it, besides messages and the transcript.
    asked: Mutex<Vec<(String, serde_json::Value)>>,
    /// The heads of uploads, with the bytes of each that were as they should be.
    stored: Mutex<Vec<(String, u64)>>,
    mishaps: Mutex<VecDeque<Mishap>>,
    told_halted: mpsc::UnboundedSender<&'static str>,
}

impl Amazon {
    pub async fn start() -> Self {
        let (said_goodbye, goodbyes) = mpsc::unbounded_channel();
        let (told_halted, halted) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            messages: Mutex::default(),
            answers: Semaphore::new(1000),
            answered: AtomicUsize::new(0),
            push: broadcast::channel(10_000).0,
            pushed: AtomicUsize::new(0),
            said_goodbye,
            asked: Mutex::default(),
            stored: Mutex::default(),
            mishaps: Mutex::default(),
            told_halted,
        });
        let (for_sockets, for_http, for_storage) = (shared.clone(), shared.clone(), shared.clone());
        let storage = serve(move |stream| store(stream, for_storage.clone())).await;
        let sockets = serve_sockets(move |socket| converse(socket, for_sockets.clone())).await;
        let http = serve_http(move |request| answer(request, sockets, storage, for_http.clone())).await;
        Self { http, halted, shared, goodbyes }
    }

    pub fn config(&self) -> Config {
        let chat = amazon_connect::ChatDetails::new("participant-token");
        amazon_connect::Config::new(chat).with_endpoint(format!("http://{}", self.http)).into()
    }

    /// The bodies that were posted to an address under `/participant/`.
    pub fn asked(&self, what: &str) -> Vec<serde_json::Value> {
        let asked = self.shared.asked.lock().unwrap();
        asked.iter().filter(|(path, _)| path == what).map(|(_, body)| body.clone()).collect()
    }

    /// The heads of uploads, with the bytes of each that were as they should be.
    pub fn stored(&self) -> Vec<(String, u64)> {
        self.shared.stored.lock().unwrap().clone()
    }

    /// The next request to the storage goes wrong.
    pub fn mishap(&self, mishap: Mishap) {
        self.shared.mishaps.lock().unwrap().push_back(mishap);
    }

    pub fn messages(&self) -> Vec<String> {
        self.shared.messages.lock().unwrap().clone()
    }

    /// From now on a message is answered only when [`Amazon::answer_one`] says so.
    pub async fn hold_answers(&self) {
        self.shared.answers.acquire_many(1000).await.unwrap().forget();
    }

    pub fn answer_one(&self) {
        self.shared.answers.add_permits(1);
    }

    /// How many messages were answered to a client that still waited.
    pub fn answered(&self) -> usize {
        self.shared.answered.load(Ordering::Relaxed)
    }

    /// An agent says something.
    pub fn say(&self, number: usize, text: &str) {
        let content = serde_json::json!({
            "Id": format!("id-{number}"), "Type": "MESSAGE", "ContentType": "text/plain", "Content": text,
            "ParticipantId": "agent-1", "ParticipantRole": "AGENT", "DisplayName": "Ann",
            "AbsoluteTime": time(number), "ContactId": "contact-1",
        });
        self.push(&content);
    }

    /// The chat is over.
    pub fn end(&self) {
        let content = serde_json::json!({
            "Id": "end", "Type": "EVENT", "ContentType": "application/vnd.amazonaws.connect.event.chat.ended",
            "AbsoluteTime": time(100_000), "ContactId": "contact-1",
        });
        self.push(&content);
    }

    /// How many frames have been given to the network.
    pub fn pushed(&self) -> usize {
        self.shared.pushed.load(Ordering::Relaxed)
    }

    fn push(&self, content: &serde_json::Value) {
        let frame = serde_json::json!({
            "topic": "aws/chat", "contentType": "application/json", "content": content.to_string(),
        });
        self.shared.push.send(frame.to_string()).unwrap();
    }
}

fn time(number: usize) -> String {
    let (minutes, millis) = (number / 60_000, number % 60_000);
    format!("2026-03-14T10:{minutes:02}:{:02}.{:03}Z", millis / 1000, millis % 1000)
}

/// Takes an upload, or gives a file of [`LARGE`] bytes.
async fn store(mut stream: TcpStream, shared: Arc<Shared>) {
    let (head, begun) = head(&mut stream).await;
    let mishap = shared.mishaps.lock().unwrap().pop_front();
    if let Some(Mishap::Refuse) = mishap {
        drop(say(&mut stream, "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await);
        let good = slow_body(&mut stream, begun).await;
        _ = shared.told_halted.send(if good < LARGE { "kept back" } else { "sent all the same" });
        return;
    }
    let most = match mishap {
        Some(Mishap::Cut(bytes) | Mishap::Halt(bytes)) => bytes,
        Some(Mishap::Refuse) | None => LARGE,
    };
    if head.starts_with("put") {
        let good = body(&mut stream, begun, most).await;
        shared.stored.lock().unwrap().push((head, good));
        if mishap.is_none() {
            drop(say(&mut stream, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await);
        }
    } else {
        drop(say(&mut stream, &format!("HTTP/1.1 200 OK\r\ncontent-length: {LARGE}\r\n\r\n")).await);
        drop(give(&mut stream, most).await);
    }
    if let Some(Mishap::Halt(_)) = mishap {
        _ = shared.told_halted.send("halted");
        _ = shared.told_halted.send(if closed(&mut stream).await { "closed" } else { "open" });
    }
}

async fn slow_body(stream: &mut TcpStream, begun: Vec<u8>) -> u64 {
    let mut count = begun.len() as u64;
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
        count += read as u64;
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    count
}

async fn answer(
    request: Request<Bytes>,
    sockets: SocketAddr,
    storage: SocketAddr,
    shared: Arc<Shared>,
) -> Response<Bytes> {
    if let Some(what) = request.uri().path().strip_prefix("/participant/") {
        let body = serde_json::from_slice(request.body()).unwrap_or_default();
        shared.asked.lock().unwrap().push((what.to_owned(), body));
    }
    let answer = match request.uri().path() {
        "/participant/connection" => serde_json::json!({
            "ConnectionCredentials": { "ConnectionToken": "token", "Expiry": "2099-01-01T00:00:00.000Z" },
            "Websocket": { "Url": format!("ws://{sockets}/?ticket=1"), "ConnectionExpiry": "2099-01-01T00:00:00.000Z" },
        }),
        "/participant/transcript" => serde_json::json!({ "InitialContactId": "contact-1", "Transcript": [] }),
        "/participant/message" => {
            let body: serde_json::Value = serde_json::from_slice(request.body()).unwrap();
            let number = {
                let mut messages = shared.messages.lock().unwrap();
                messages.push(body["Content"].as_str().unwrap().to_owned());
                messages.len()
            };
            shared.answers.acquire().await.unwrap().forget();
            shared.answered.fetch_add(1, Ordering::Relaxed);
            serde_json::json!({ "Id": format!("own-{number}"), "AbsoluteTime": time(50_000 + number) })
        }
        "/participant/event" => serde_json::json!({ "Id": "event", "AbsoluteTime": time(0) }),
        "/participant/start-attachment-upload" => serde_json::json!({
            "AttachmentId": "file-1",
            "UploadMetadata": {
                "Url": format!("http://{storage}/put?signature=1"), "UrlExpiry": "2099-01-01T00:00:00.000Z",
                "HeadersToInclude": { "content-type": "application/pdf", "content-length": LARGE.to_string() },
            },
        }),
        "/participant/attachment" => serde_json::json!({
            "Url": format!("http://{storage}/get?signature=1"), "UrlExpiry": "2099-01-01T00:00:00.000Z",
            "AttachmentSizeInBytes": LARGE,
        }),
        "/participant/authentication-url" => {
            serde_json::json!({ "AuthenticationUrl": "https://login.example/?state=1" })
        }
        _ => serde_json::json!({}),
    };
    Response::new(Bytes::from(answer.to_string()))
}

async fn converse(mut socket: ServerSocket, shared: Arc<Shared>) {
    let mut pushes = shared.push.subscribe();
    let mut greeted = false;
    loop {
        tokio::select! {
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) => {
                    let text = text.as_str();
                    greeted |= text.contains("aws/subscribe");
                    let answer = if text.contains("aws/subscribe") {
                        r#"{"topic":"aws/subscribe","content":{"status":"success","topics":["aws/chat"]}}"#
                    } else if text.contains("aws/ping") {
                        r#"{"topic":"aws/ping","statusCode":200,"statusContent":"OK"}"#
                    } else {
                        r#"{"topic":"aws/heartbeat"}"#
                    };
                    drop(socket.send(Message::text(answer)).await);
                }
                Some(Ok(Message::Close(frame))) => {
                    _ = shared.said_goodbye.send(frame.map(|frame| frame.code.into()));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => break,
            },
            frame = pushes.recv(), if greeted => {
                drop(socket.send(Message::text(frame.unwrap())).await);
                shared.pushed.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
    _ = shared.said_goodbye.send(None);
}
