//! What clients of one's own are for: proxies, headers, pinning, rewriting.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use helpline_protocol::driver::{Exchange, Runtime as _};
use helpline_protocol::{HttpRequest, Operation, TransportFault};
use http::{HeaderValue, Method, Request, Response, StatusCode, Uri};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::Row;
use super::desk::{Desk, block_on, brisk, config, serve, soon};
use super::overrides::pass;
use crate::adapter::Builder;
use crate::adapter::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use crate::adapter::rustls::{ClientConfig, RootCertStore, ServerConfig, crypto::ring};

pub(crate) const ROWS: &[Row] = &[
    ("use: proxy routing", requests_are_routed_by_a_proxy),
    ("use: header injection", headers_are_added),
    ("use: certificate pinning", only_the_pinned_certificate_is_believed),
    ("use: transformation", answers_are_rewritten),
];

fn requests_are_routed_by_a_proxy() {
    block_on(async {
        let (server, details) = serve().await;
        let address = server.endpoint();
        let config = config(&server, &details).with_endpoint("https://chat.shop.example/connect");
        let build = move |builder: Builder| {
            let client = builder.http_client();
            builder.with_http_fn(move |mut request: Request<Bytes>| {
                let uri = request.uri().to_string().replace("https://chat.shop.example/connect", &address);
                *request.uri_mut() = uri.parse().expect("an address");
                pass(client.clone(), request)
            })
        };
        let desk = Desk::with(server, details, config, build).await;
        soon(desk.chat.send_text("through the proxy")).await.expect("it is sent");
        assert_eq!(desk.arrived(), ["through the proxy"]);
    });
}

fn headers_are_added() {
    block_on(async {
        let build = |builder: Builder| {
            let client = builder.http_client();
            // In front of the service stands one that lets nothing pass without its header.
            let guarded = move |request: Request<Bytes>| {
                let client = client.clone();
                async move {
                    if request.headers().contains_key("x-waf-token") {
                        return pass(client, request).await;
                    }
                    let mut refused = Response::new(Bytes::new());
                    *refused.status_mut() = StatusCode::FORBIDDEN;
                    Ok::<_, TransportFault>(refused)
                }
            };
            builder.with_http_fn(move |mut request: Request<Bytes>| {
                request.headers_mut().insert("x-waf-token", HeaderValue::from_static("1"));
                guarded(request)
            })
        };
        let desk = Desk::open_by(build).await;
        soon(desk.chat.send_text("hi")).await.expect("it is sent");
        assert_eq!(desk.arrived(), ["hi"]);
    });
}

/// A server that takes the TLS off and passes the rest on, and its certificate.
async fn encrypted(to: u16) -> (SocketAddr, CertificateDer<'static>) {
    let own = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
    let certificate = own.cert.der().clone();
    let key = PrivateKeyDer::try_from(own.signing_key.serialize_der()).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .expect("a server");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port is free");
    let address = listener.local_addr().expect("its address");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut near) = acceptor.accept(stream).await else { return };
                let Ok(mut far) = TcpStream::connect(("127.0.0.1", to)).await else { return };
                drop(copy_bidirectional(&mut near, &mut far).await);
            });
        }
    });
    (address, certificate)
}

/// Believes one certificate, and nobody who vouches for any other.
fn pinned(certificate: CertificateDer<'static>) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(certificate).expect("a root");
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth()
}

fn only_the_pinned_certificate_is_believed() {
    block_on(async {
        let (server, details) = serve().await;
        let (address, ours) = encrypted(server.port()).await;
        let (other_address, _) = encrypted(server.port()).await;
        let config = config(&server, &details).with_endpoint(format!("https://{address}"));
        let pins = pinned(ours.clone());
        let desk = Desk::with(server, details, config, |builder| builder.with_tls_config(pins)).await;
        soon(desk.chat.send_text("in private")).await.expect("it is sent");
        assert_eq!(desk.arrived(), ["in private"]);

        let runtime = Builder::new().with_tls_config(pinned(ours)).build();
        let uri: Uri = format!("https://{other_address}/").parse().expect("an address");
        let request = HttpRequest::new(Method::GET, uri);
        let wait = brisk().request_timeout();
        let exchange = Exchange::new(request, Operation::Authorise, wait, 1_000);
        let refused = soon(runtime.exchange(exchange)).await.unwrap_err();
        assert!(matches!(refused, TransportFault::Certificate { .. }), "{refused:?}");
    });
}

fn answers_are_rewritten() {
    block_on(async {
        let build = |builder: Builder| {
            let client = builder.http_client();
            builder.with_http_fn(move |request: Request<Bytes>| {
                let own = request.extensions().get() == Some(&Operation::LoadTranscript);
                let client = client.clone();
                async move {
                    let answer = pass(client, request).await?;
                    let mask = |body: Bytes| {
                        let text = String::from_utf8_lossy(&body).replace("4111-1111", "****-****");
                        Bytes::from(text)
                    };
                    Ok::<_, TransportFault>(if own { answer.map(mask) } else { answer })
                }
            })
        };
        let desk = Desk::open_by(build).await;
        desk.say("your card is 4111-1111");
        let page = soon(desk.chat.load_transcript(Default::default())).await.expect("a page");
        let texts: Vec<_> = page.items.iter().filter_map(|item| item.body.text()).collect();
        assert_eq!(texts, ["your card is ****-****"]);
    });
}
