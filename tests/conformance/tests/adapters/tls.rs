//! TLS: whom we believe is the user's choice, for requests and sockets alike.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use futures_util::SinkExt as _;
use helpline_conformance::servers::{get, open, recv, serve};
use helpline_conformance::{new, on_each_runtime};
use helpline_protocol::driver::adapter::{Adapter, Builder};
use helpline_protocol::{Frame, TransportFault};
use helpline_tokio::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use helpline_tokio::rustls::{ClientConfig, RootCertStore, ServerConfig, crypto::ring};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::tungstenite::Message;

/// A server with a certificate of its own for 127.0.0.1, and the application protocols it was asked for.
struct Secure {
    address: SocketAddr,
    certificate: CertificateDer<'static>,
    protocols: Arc<Mutex<Vec<Option<Vec<u8>>>>>,
}

async fn secure(sockets: bool) -> Secure {
    let own = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
    let certificate = own.cert.der().clone();
    let key = PrivateKeyDer::try_from(own.signing_key.serialize_der()).expect("a key");
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .expect("a server");
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let protocols: Arc<Mutex<Vec<_>>> = Arc::default();
    let seen = protocols.clone();
    let address = serve(move |stream| {
        let (acceptor, seen) = (acceptor.clone(), seen.clone());
        async move {
            let Ok(mut stream) = acceptor.accept(stream).await else { return };
            seen.lock().expect("no panic").push(stream.get_ref().1.alpn_protocol().map(<[u8]>::to_vec));
            if sockets {
                let mut socket = tokio_tungstenite::accept_async(stream).await.expect("an upgrade");
                drop(socket.send(Message::text("secret")).await);
                std::future::pending::<()>().await;
            } else {
                drop(stream.read(&mut [0; 4096]).await);
                drop(stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nsecret").await);
                drop(stream.shutdown().await);
            }
        }
    })
    .await;
    Secure { address, certificate, protocols }
}

impl Secure {
    fn believed<A: Adapter>(&self) -> A::Runtime {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).expect("a root");
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Builder::<A>::new().with_tls_config(config).build()
    }

    fn protocols(&self) -> Vec<Option<Vec<u8>>> {
        self.protocols.lock().expect("no panic").clone()
    }
}

async fn a_request_goes_to_a_server_that_the_user_believes<A: Adapter>() {
    let server = secure(false).await;
    let answer = get(&server.believed::<A>(), &format!("https://{}/", server.address), 100).await.unwrap();
    assert_eq!(answer.body, "secret");
    assert_eq!(server.protocols(), [Some(b"http/1.1".to_vec())], "and not HTTP/2, which we do not speak");
}

async fn a_socket_goes_to_a_server_that_the_user_believes<A: Adapter>() {
    let server = secure(true).await;
    let mut socket = open(&server.believed::<A>(), &format!("wss://{}/", server.address), 100).await.unwrap();
    assert_eq!(recv(&mut socket).await, Ok(Frame::Text("secret".to_owned())));
    assert_eq!(server.protocols(), [Some(b"http/1.1".to_vec())], "an upgrade exists in HTTP/1.1 only");
}

async fn strangers_are_not_believed<A: Adapter>() {
    let (one, other) = (secure(false).await, secure(true).await);
    for runtime in [new::<A>(), other.believed::<A>()] {
        let fault = get(&runtime, &format!("https://{}/", one.address), 100).await.unwrap_err();
        // A machine without roots of its own has nobody to believe at all.
        let untrusted = matches!(fault, TransportFault::Certificate { .. } | TransportFault::Tls { .. });
        assert!(untrusted, "{fault:?}");
    }
    let fault = open(&one.believed::<A>(), &format!("wss://{}/", other.address), 100).await.unwrap_err();
    assert!(matches!(fault, TransportFault::Certificate { .. }), "{fault:?}");
    assert_eq!(one.protocols(), []);
}

on_each_runtime!(
    a_request_goes_to_a_server_that_the_user_believes,
    a_socket_goes_to_a_server_that_the_user_believes,
    strangers_are_not_believed,
);
