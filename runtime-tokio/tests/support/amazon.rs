//! Just enough of Amazon Connect Chat to connect, send and receive.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use helpline_protocol::Config;
use helpline_protocol::amazon_connect;
use http::{Request, Response};
use tokio::sync::{Semaphore, broadcast, mpsc};
use tokio_tungstenite::tungstenite::Message;

use super::{ServerSocket, serve_http, serve_sockets};

/// A server, and the ends by which a test moves it.
pub(crate) struct Amazon {
    http: SocketAddr,
    shared: Arc<Shared>,
    /// The close frames that came, and `None` where a connection ended.
    pub(crate) goodbyes: mpsc::UnboundedReceiver<Option<u16>>,
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
}

impl Amazon {
    pub(crate) async fn start() -> Self {
        let (said_goodbye, goodbyes) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            messages: Mutex::default(),
            answers: Semaphore::new(1000),
            answered: AtomicUsize::new(0),
            push: broadcast::channel(10_000).0,
            pushed: AtomicUsize::new(0),
            said_goodbye,
        });
        let (for_sockets, for_http) = (shared.clone(), shared.clone());
        let sockets = serve_sockets(move |socket| converse(socket, for_sockets.clone())).await;
        let http = serve_http(move |request| answer(request, sockets, for_http.clone())).await;
        Self { http, shared, goodbyes }
    }

    pub(crate) fn config(&self) -> Config {
        let chat = amazon_connect::ChatDetails::new("participant-token");
        amazon_connect::Config::new(chat).with_endpoint(format!("http://{}", self.http)).into()
    }

    pub(crate) fn messages(&self) -> Vec<String> {
        self.shared.messages.lock().unwrap().clone()
    }

    /// From now on a message is answered only when [`Amazon::answer_one`] says so.
    pub(crate) async fn hold_answers(&self) {
        self.shared.answers.acquire_many(1000).await.unwrap().forget();
    }

    pub(crate) fn answer_one(&self) {
        self.shared.answers.add_permits(1);
    }

    /// How many messages were answered to a client that still waited.
    pub(crate) fn answered(&self) -> usize {
        self.shared.answered.load(Ordering::Relaxed)
    }

    /// An agent says something.
    pub(crate) fn say(&self, number: usize, text: &str) {
        let content = serde_json::json!({
            "Id": format!("id-{number}"), "Type": "MESSAGE", "ContentType": "text/plain", "Content": text,
            "ParticipantId": "agent-1", "ParticipantRole": "AGENT", "DisplayName": "Ann",
            "AbsoluteTime": time(number), "ContactId": "contact-1",
        });
        self.push(&content);
    }

    /// The chat is over.
    pub(crate) fn end(&self) {
        let content = serde_json::json!({
            "Id": "end", "Type": "EVENT", "ContentType": "application/vnd.amazonaws.connect.event.chat.ended",
            "AbsoluteTime": time(100_000), "ContactId": "contact-1",
        });
        self.push(&content);
    }

    /// How many frames have been given to the network.
    pub(crate) fn pushed(&self) -> usize {
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

async fn answer(request: Request<Bytes>, sockets: SocketAddr, shared: Arc<Shared>) -> Response<Bytes> {
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
