//! A whole chat through a gateway of your own: requests by the endpoint, sockets by a rewrite of their address,
//! which the provider chooses. Both hold for every reconnect. `cargo run --example gateway`
//!
//! Files are different: they go to addresses of the provider's storage that are signed for their host, so that
//! these are left alone here.

#![expect(clippy::print_stdout, reason = "a program speaks to its user")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use common::{Error, Service};
use helpline_tokio::TokioRuntime;
use http::uri::{Authority, Parts};
use http::{Request, Uri};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    println!("{}", run().await?);
    Ok(())
}

async fn run() -> Result<String, Error> {
    let service = Service::start().await?;
    let gateway = Gateway::start(service.endpoint().replace("http://", "")).await?;
    let dialled = Arc::new(AtomicU64::new(0));
    let (count, address) = (Arc::clone(&dialled), gateway.address.clone());
    let runtime = TokioRuntime::builder()
        .with_socket_rewrite(move |request| {
            count.fetch_add(1, Ordering::Relaxed);
            through(&address, request)
        })
        .build();
    let transcript = service.converse(runtime, &format!("http://{}", gateway.address)).await?;

    let (_, sockets) = service.came();
    let (dialled, passed) = (dialled.load(Ordering::Relaxed), gateway.passed.load(Ordering::Relaxed));
    // A socket is a connection of its own, and requests share at least one.
    if sockets < 2 || dialled < sockets || passed <= sockets {
        return Err(format!("{sockets} sockets, {dialled} rewritten, {passed} connections passed").into());
    }
    Ok(format!(
        "{} items; {passed} connections passed the gateway, {sockets} of them sockets",
        transcript.len()
    ))
}

/// The same request to another host.
fn through(gateway: &Authority, mut request: Request<()>) -> Request<()> {
    let mut parts = Parts::from(request.uri().clone());
    parts.authority = Some(gateway.clone());
    // The parts of an address that was one are one again.
    if let Ok(uri) = Uri::from_parts(parts) {
        *request.uri_mut() = uri;
    }
    request
}

/// Hands every connection on to the service, and counts them.
struct Gateway {
    address: Authority,
    passed: Arc<AtomicU64>,
}

impl Gateway {
    async fn start(service: String) -> Result<Self, Error> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string().parse()?;
        let passed = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&passed);
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::Relaxed);
                let service = service.clone();
                tokio::spawn(async move {
                    if let Ok(mut server) = TcpStream::connect(service).await {
                        // It ends as either side does.
                        _ = copy_bidirectional(&mut client, &mut server).await;
                    }
                });
            }
        });
        Ok(Self { address, passed })
    }
}

#[cfg(test)]
mod tests {
    #[tokio::test]
    async fn a_chat_goes_through_the_gateway() {
        super::run().await.unwrap();
    }
}
