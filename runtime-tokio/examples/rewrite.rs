//! Requests and answers changed on their way, each operation in its own manner: digits of a card never leave the
//! house, agents have another name, and that somebody types is told to nobody. `cargo run --example rewrite`
//!
//! The service carries what has whole bodies; files pass beside it, as they come.

#![expect(clippy::print_stdout, reason = "a program speaks to its user")]

mod common;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use common::{Error, Service as Emulator};
use helpline_tokio::helpline_protocol::model::Direction;
use helpline_tokio::helpline_protocol::{Operation, TransportFault};
use helpline_tokio::{HttpClient, TokioRuntime};
use http::{Request, Response};
use serde_json::{Value, json};
use tower_service::Service;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    println!("{}", run().await?);
    Ok(())
}

async fn run() -> Result<String, Error> {
    let service = Emulator::start().await?;
    let builder = TokioRuntime::builder();
    let client = builder.http_client();
    let (files, passed) = (client.streaming(), Arc::new(AtomicU64::new(0)));
    let rewriting = Rewriting { client, passed: Arc::clone(&passed) };
    let runtime = builder
        .with_http_service(rewriting)
        .with_streaming_http_service(files)
        // Of a socket its request can be changed, but not what it brings.
        .with_socket_rewrite(|mut request| {
            request.headers_mut().remove(http::header::USER_AGENT);
            request
        })
        .build();
    let transcript = service.converse(runtime, &service.endpoint()).await?;

    let texts = service.texts();
    let (requests, _) = service.came();
    let shown: Vec<String> = transcript.iter().map(ToString::to_string).collect();
    let masked = texts.iter().any(|text| text == "My card is **** **** **** ****.");
    let fetched =
        transcript.iter().find(|item| item.body.text().is_some_and(|text| text.starts_with("You were")));
    let renamed = fetched.is_some_and(|item| item.sender.display_name.as_deref() == Some("Your assistant"));
    let sent = transcript.iter().filter(|item| item.direction == Direction::Outgoing).count();
    // All but an upload and a download passed here, and the typing did not get further: one less than came.
    if !masked || !renamed || sent != 2 || passed.load(Ordering::Relaxed) + 1 < requests {
        return Err(format!("{texts:?} at the service, and here {shown:#?}").into());
    }
    Ok(format!("the service has {texts:?}"))
}

/// What is changed on the way out. A whole answer is given where there is nothing to ask.
fn outgoing(operation: Operation, body: &mut Value) -> Option<Value> {
    if operation == Operation::SendMessage {
        let text = body["Content"].as_str().unwrap_or_default();
        let masked: String = text.chars().map(|c| if c.is_ascii_digit() { '*' } else { c }).collect();
        body["Content"] = masked.into();
    }
    (operation == Operation::SendTyping).then(|| json!({}))
}

/// What is changed on the way in.
fn incoming(operation: Operation, body: &mut Value) {
    if let Operation::CatchUp | Operation::LoadHistory | Operation::LoadTranscript = operation {
        for item in body["Transcript"].as_array_mut().into_iter().flatten() {
            if item["ParticipantRole"] == "AGENT" {
                item["DisplayName"] = "Your assistant".into();
            }
        }
    }
}

/// Changes what goes through the client that would be used by default.
#[derive(Clone)]
struct Rewriting {
    client: HttpClient,
    passed: Arc<AtomicU64>,
}

type Answer = Pin<Box<dyn Future<Output = Result<Response<Bytes>, TransportFault>> + Send>>;

impl Service<Request<Bytes>> for Rewriting {
    type Response = Response<Bytes>;
    type Error = TransportFault;
    type Future = Answer;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), TransportFault>> {
        Service::<Request<Bytes>>::poll_ready(&mut self.client, context)
    }

    fn call(&mut self, request: Request<Bytes>) -> Answer {
        self.passed.fetch_add(1, Ordering::Relaxed);
        let Some(operation) = request.extensions().get::<Operation>().copied() else {
            return self.client.call(request);
        };
        let mut here = None;
        let request = request.map(|bytes| edit(bytes, |body| here = outgoing(operation, body)));
        if let Some(answer) = here {
            return Box::pin(async move { Ok(Response::new(answer.to_string().into())) });
        }
        let answer = self.client.call(request);
        Box::pin(async move { Ok(answer.await?.map(|bytes| edit(bytes, |body| incoming(operation, body)))) })
    }
}

/// Changes a body that is JSON, and leaves any other as it is.
fn edit(bytes: Bytes, change: impl FnOnce(&mut Value)) -> Bytes {
    let Ok(mut body) = serde_json::from_slice(&bytes) else { return bytes };
    change(&mut body);
    body.to_string().into()
}

#[cfg(test)]
mod tests {
    #[tokio::test]
    async fn each_operation_is_changed_in_its_own_manner() {
        super::run().await.unwrap();
    }
}
