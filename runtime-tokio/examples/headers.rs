//! Headers of your own on every request and every socket, reconnects included: an app's session, a signature.
//! `cargo run --example headers`
//!
//! What a request is for is in its extensions, as [`Operation`]. Uploads and downloads go to the provider's storage
//! at addresses that are signed with their headers: it refuses any others.

#![expect(clippy::print_stdout, reason = "a program speaks to its user")]

mod common;

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use common::{Error, Service as Emulator};
use helpline_tokio::helpline_protocol::Operation;
use helpline_tokio::{RequestBody, StreamingHttpClient, TokioRuntime};
use http::{HeaderValue, Request};
use tower_service::Service;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    println!("{}", run().await?);
    Ok(())
}

async fn run() -> Result<String, Error> {
    let service = Emulator::start().await?;
    let signer = Signer::default();
    let builder = TokioRuntime::builder();
    let client = builder.http_client().streaming();
    let for_sockets = signer.clone();
    let runtime = builder
        .with_streaming_http_service(Signing { client, signer: signer.clone() })
        .with_socket_rewrite(move |mut request| {
            for_sockets.sign(&mut request, "socket");
            request
        })
        .build();
    let transcript = service.converse(runtime, &service.endpoint()).await?;

    let (requests, sockets) = service.came();
    let signed = |what: &str| signer.count(|name| name == what);
    let all = signer.count(|name| name != "socket") + signer.passed_over();
    // Each call that came was made here; authorising and dialling happened again after the loss.
    if all < requests || signed("socket") < sockets || signed("authorise") < 2 || sockets < 2 {
        return Err(format!("{requests} requests came and {sockets} sockets: {signer:?}").into());
    }
    Ok(format!("{} items; {requests} requests, {sockets} sockets, all by {signer:?}", transcript.len()))
}

/// Puts headers on requests. A clone is the same one.
#[derive(Clone, Debug, Default)]
struct Signer(Arc<Mutex<Passed>>);

#[derive(Debug, Default)]
struct Passed {
    signed: Vec<&'static str>,
    passed_over: u64,
}

impl Signer {
    fn sign<B>(&self, request: &mut Request<B>, what: &'static str) {
        let signature = signature(request.method().as_str(), request.uri().path());
        request.headers_mut().insert("x-shop-session", HeaderValue::from_static("4711"));
        request.headers_mut().insert("x-shop-signature", HeaderValue::from(signature));
        self.passed().signed.push(what);
    }

    fn pass_over(&self) {
        self.passed().passed_over += 1;
    }

    fn count(&self, fits: impl Fn(&str) -> bool) -> u64 {
        self.passed().signed.iter().map(|name| u64::from(fits(name))).sum()
    }

    fn passed_over(&self) -> u64 {
        self.passed().passed_over
    }

    fn passed(&self) -> std::sync::MutexGuard<'_, Passed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Stands for what your gateway asks for: this one keeps nobody out.
fn signature(method: &str, path: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    ("a secret", method, path).hash(&mut hasher);
    hasher.finish()
}

/// Signs all but what goes to the storage, and passes it on to the client that would be used by default.
#[derive(Clone)]
struct Signing {
    client: StreamingHttpClient,
    signer: Signer,
}

impl Service<Request<RequestBody>> for Signing {
    type Response = <StreamingHttpClient as Service<Request<RequestBody>>>::Response;
    type Error = <StreamingHttpClient as Service<Request<RequestBody>>>::Error;
    type Future = <StreamingHttpClient as Service<Request<RequestBody>>>::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Service::<Request<RequestBody>>::poll_ready(&mut self.client, context)
    }

    fn call(&mut self, mut request: Request<RequestBody>) -> Self::Future {
        match request.extensions().get::<Operation>() {
            Some(Operation::Upload | Operation::Download) | None => self.signer.pass_over(),
            Some(operation) => {
                let name = operation.name();
                self.signer.sign(&mut request, name);
            }
        }
        self.client.call(request)
    }
}

#[cfg(test)]
mod tests {
    #[tokio::test]
    async fn every_request_and_socket_has_the_headers() {
        super::run().await.unwrap();
    }
}
