//! A provider that does not exist: requests are answered and sockets opened by a few lines of your own, and nothing
//! leaves the process. For demos, and tests of an app. `cargo run --example fake`

#![expect(clippy::print_stdout, reason = "a program speaks to its user")]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use helpline_tokio::TokioRuntime;
use helpline_tokio::helpline_protocol::driver::{self, Socket};
use helpline_tokio::helpline_protocol::model::TranscriptChange;
use helpline_tokio::helpline_protocol::{
    Event, Frame, Operation, SocketClosed, TransportFault, amazon_connect,
};
use http::{Request, Response};
use serde_json::json;

type Error = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    println!("{}", run().await?);
    Ok(())
}

/// Says something to nobody, and hears that it was wise. Returns the answer.
async fn run() -> Result<String, Error> {
    let fake = Fake::default();
    let (for_requests, for_sockets) = (fake.clone(), fake);
    let runtime = TokioRuntime::builder()
        .with_http_fn(move |request| std::future::ready(for_requests.answer(&request)))
        .with_socket_fn(move |_| std::future::ready(Ok::<_, TransportFault>(for_sockets.clone())))
        .build();
    let details = amazon_connect::ChatDetails::new("nobody-checks-it");
    let (chat, mut events) = driver::connect(runtime, amazon_connect::Config::new(details))?;
    chat.send_text("I shall look out of the window.").await?;
    while let Some(event) = events.next().await {
        let Event::TranscriptChanged { changes, .. } = event else { continue };
        for change in changes {
            if let TranscriptChange::Added { item, .. } = change
                && let Some(text) = item.body.text().filter(|text| text.ends_with("is wise."))
            {
                return Ok(text.to_owned());
            }
        }
    }
    Err("the session ended first".into())
}

/// A provider in this process. A clone is the same one; it has room for one chat and one socket.
#[derive(Clone, Default)]
struct Fake(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// What the socket has to say.
    frames: VecDeque<String>,
    reader: Option<Waker>,
}

impl Fake {
    fn answer(&self, request: &Request<Bytes>) -> Result<Response<Bytes>, TransportFault> {
        let body = match request.extensions().get::<Operation>() {
            Some(Operation::Authorise) => json!({
                "ConnectionCredentials": { "ConnectionToken": "t", "Expiry": "2099-01-01T00:00:00.000Z" },
                "Websocket": { "Url": "wss://fake.example/", "ConnectionExpiry": "2099-01-01T00:00:00.000Z" },
            }),
            Some(Operation::SendMessage) => {
                let said: serde_json::Value = serde_json::from_slice(request.body()).unwrap_or_default();
                self.say(&format!("To say {} is wise.", said["Content"]));
                json!({ "Id": "1", "AbsoluteTime": "2026-01-01T00:00:01.000Z" })
            }
            Some(Operation::CatchUp | Operation::LoadHistory) => json!({ "Transcript": [] }),
            _ => json!({}),
        };
        Ok(Response::new(body.to_string().into()))
    }

    /// Something from the agent.
    fn say(&self, text: &str) {
        let item = json!({
            "Type": "MESSAGE", "Id": "2", "AbsoluteTime": "2026-01-01T00:00:02.000Z",
            "ContentType": "text/plain", "Content": text, "ParticipantRole": "AGENT", "DisplayName": "Oracle",
        });
        self.frame(&json!({ "topic": "aws/chat", "content": item.to_string() }));
    }

    fn frame(&self, frame: &serde_json::Value) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.frames.push_back(frame.to_string());
        state.reader.take().into_iter().for_each(Waker::wake);
    }
}

impl Socket for Fake {
    fn poll_recv(&mut self, context: &mut Context<'_>) -> Poll<Result<Frame, SocketClosed>> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(frame) = state.frames.pop_front() {
            return Poll::Ready(Ok(Frame::Text(frame)));
        }
        state.reader = Some(context.waker().clone());
        Poll::Pending
    }

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportFault>> {
        Poll::Ready(Ok(()))
    }

    /// A greeting is acknowledged, and a probe answered with itself.
    fn start_send(&mut self, frame: Frame) -> Result<(), TransportFault> {
        if let Frame::Text(text) = frame {
            let sent: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
            let content = match sent["topic"].as_str() {
                Some("aws/subscribe") => json!({ "status": "success", "topics": ["aws/chat"] }),
                _ => json!({ "statusCode": 200 }),
            };
            self.frame(&json!({ "topic": sent["topic"], "content": content, "statusCode": 200 }));
        }
        Ok(())
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportFault>> {
        Poll::Ready(Ok(()))
    }

    async fn close(self, _: u16, _: String) {}
}

#[cfg(test)]
mod tests {
    #[tokio::test]
    async fn a_chat_is_held_with_nobody() {
        let answer = super::run().await.unwrap();
        assert_eq!(answer, "To say \"I shall look out of the window.\" is wise.");
    }
}
