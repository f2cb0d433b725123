//! Whom we believe, and as whom we come.

use std::net::SocketAddr;

use bytes::Bytes;
use futures_util::SinkExt as _;
use helpline_conformance::on_each_runtime;
use helpline_conformance::servers::{ServerSocket, get, open, recv, serve, serve_http, serve_sockets};
use helpline_emulator::certificates::{Authority, Identity, Validity};
use helpline_emulator::front::Front;
use helpline_protocol::driver::adapter::{Adapter, Builder, Pin, TlsConfig};
use helpline_protocol::{CertificateProblem, Frame, TransportFault};
use http::Response;
use rustls::ServerConfig;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_tungstenite::tungstenite::Message;

/// Requests and sockets behind TLS.
struct Secure {
    requests: Front,
    sockets: Front,
}

impl Secure {
    async fn start(identity: impl Fn() -> ServerConfig) -> Self {
        let requests = serve_http(|_| async { Response::new(Bytes::from_static(b"secret")) }).await;
        let sockets = serve_sockets(|mut socket: ServerSocket| async move {
            drop(socket.send(Message::text("secret")).await);
            std::future::pending::<()>().await;
        })
        .await;
        let requests = Front::start(identity(), 0, requests).await.unwrap();
        Self { requests, sockets: Front::start(identity(), 0, sockets).await.unwrap() }
    }

    fn set_identity(&self, identity: &Identity) {
        self.requests.set_identity(identity.server_config(None));
        self.sockets.set_identity(identity.server_config(None));
    }

    /// What a client that believes so gets of it, over HTTP and over a socket.
    async fn tried_by<A: Adapter>(&self, tls: TlsConfig) -> [Result<(), TransportFault>; 2] {
        let runtime = Builder::<A>::new().with_tls(tls).build();
        let request = get(&runtime, &format!("{}/", self.requests.endpoint()), 100).await;
        let request = request.map(|answer| assert_eq!(answer.body, "secret"));
        let socket = open(&runtime, &format!("{}/", self.sockets.socket_base()), 100).await;
        let socket = match socket {
            Ok(mut socket) => recv(&mut socket)
                .await
                .map(|frame| assert_eq!(frame, Frame::Text("secret".to_owned())))
                .map_err(|closed| match closed {
                    helpline_protocol::SocketClosed::Failed(fault) => fault,
                    closed => panic!("{closed:?}"),
                }),
            Err(fault) => Err(fault),
        };
        [request, socket]
    }
}

const BOTH_FINE: [Result<(), TransportFault>; 2] = [Ok(()), Ok(())];

fn believing(authority: &Authority) -> TlsConfig {
    TlsConfig::own_roots().with_root_pem(authority.pem().as_bytes()).unwrap()
}

#[track_caller]
fn assert_problem(tried: [Result<(), TransportFault>; 2], expected: CertificateProblem) {
    for outcome in tried {
        match outcome {
            Err(TransportFault::Certificate { problem, reason }) => {
                assert_eq!(problem, expected, "{reason}");
            }
            other => panic!("not {expected:?} but {other:?}"),
        }
    }
}

async fn roots_of_ones_own_are_pem_or_der_alone_or_beside_others<A: Adapter>() {
    let authority = Authority::new("ours");
    let identity = authority.server(Validity::Good);
    let server = Secure::start(|| identity.server_config(None)).await;
    let two = [Authority::new("another").pem(), authority.pem()].concat();
    for tls in [
        believing(&authority),
        TlsConfig::own_roots().with_root_der(&authority.der()).unwrap(),
        TlsConfig::own_roots().with_root_pem(two.as_bytes()).unwrap(),
        TlsConfig::platform().with_root_pem(authority.pem().as_bytes()).unwrap(),
    ] {
        assert_eq!(server.tried_by::<A>(tls).await, BOTH_FINE);
    }
}

async fn a_server_that_speaks_tls_1_2_only_will_do<A: Adapter>() {
    let authority = Authority::new("ours");
    let identity = authority.server(Validity::Good);
    let server = Secure::start(|| identity.server_config_of(&[&rustls::version::TLS12], None)).await;
    assert_eq!(server.tried_by::<A>(believing(&authority)).await, BOTH_FINE);
}

async fn what_is_the_matter_with_a_certificate_is_told<A: Adapter>() {
    let authority = Authority::new("ours");
    for (validity, expected) in [
        (Validity::WrongHost, CertificateProblem::WrongHost),
        (Validity::Expired, CertificateProblem::Expired),
        (Validity::NotYetValid, CertificateProblem::NotYetValid),
    ] {
        let identity = authority.server(validity);
        let server = Secure::start(|| identity.server_config(None)).await;
        assert_problem(server.tried_by::<A>(believing(&authority)).await, expected);
    }
    // One that calls itself as ours does is an impostor, and not unknown.
    for (name, expected) in
        [("ours", CertificateProblem::Invalid), ("theirs", CertificateProblem::UnknownAuthority)]
    {
        let identity = Authority::new(name).server(Validity::Good);
        let server = Secure::start(|| identity.server_config(None)).await;
        assert_problem(server.tried_by::<A>(believing(&authority)).await, expected);
    }
    let identity = authority.server(Validity::Good);
    let server = Secure::start(|| identity.server_config(None)).await;
    let tried = server.tried_by::<A>(TlsConfig::own_roots()).await;
    for outcome in tried {
        assert!(matches!(outcome, Err(TransportFault::Tls { .. })), "nobody is believed: {outcome:?}");
    }
}

async fn a_pin_comes_on_top_of_all_else<A: Adapter>() {
    let authority = Authority::new("ours");
    let identity = authority.server(Validity::Good);
    let server = Secure::start(|| identity.server_config(None)).await;
    let (pin, wrong) = (Pin::of_public_key(&identity.public_key()), Pin::of_public_key(b"another"));
    assert_eq!(Pin::of_certificate(identity.der()), Ok(pin));
    for tls in [
        believing(&authority).with_pin(pin),
        believing(&authority).with_pin(wrong).with_pin(pin),
        believing(&authority).with_pin(wrong).with_pin_for("127.0.0.1", pin),
        believing(&authority).with_pin_for("elsewhere.example", wrong),
    ] {
        assert_eq!(server.tried_by::<A>(tls).await, BOTH_FINE);
    }
    for tls in [
        believing(&authority).with_pin(wrong),
        believing(&authority).with_pin(pin).with_pin_for("127.0.0.1", wrong),
        believing(&authority).with_pin(Pin::of_certificate(&authority.der()).unwrap()),
    ] {
        assert_problem(server.tried_by::<A>(tls).await, CertificateProblem::NotPinned);
    }
    let stranger = believing(&Authority::new("theirs")).with_pin(pin);
    let tried = server.tried_by::<A>(stranger).await;
    assert_problem(tried, CertificateProblem::UnknownAuthority);
}

async fn a_key_is_replaced_by_one_that_was_pinned_before<A: Adapter>() {
    let authority = Authority::new("ours");
    let (first, second) = (authority.server(Validity::Good), authority.server(Validity::Good));
    let pin = |identity: &Identity| Pin::of_public_key(&identity.public_key());
    let (far_sighted, other) = (
        believing(&authority).with_pin(pin(&first)).with_pin(pin(&second)),
        believing(&authority).with_pin(pin(&first)),
    );
    let server = Secure::start(|| first.server_config(None)).await;
    assert_eq!(server.tried_by::<A>(far_sighted.clone()).await, BOTH_FINE);
    server.set_identity(&authority.renewed(&first));
    assert_eq!(server.tried_by::<A>(other.clone()).await, BOTH_FINE, "the same key, another certificate");
    server.set_identity(&second);
    assert_eq!(server.tried_by::<A>(far_sighted).await, BOTH_FINE);
    assert_problem(server.tried_by::<A>(other).await, CertificateProblem::NotPinned);
}

async fn servers_may_ask_who_we_are<A: Adapter>() {
    let (authority, clients) = (Authority::new("servers"), Authority::new("clients"));
    let identity = authority.server(Validity::Good);
    let ours = clients.client("Ines");
    let as_client = |client: &Identity| {
        let (chain, key) = (client.pem().as_bytes(), client.key_pem());
        believing(&authority).with_client_certificate_pem(chain, key.as_bytes()).unwrap()
    };
    for versions in [&[&rustls::version::TLS13], &[&rustls::version::TLS12]] {
        let server = Secure::start(|| identity.server_config_of(versions, Some(&clients))).await;
        assert_eq!(server.tried_by::<A>(as_client(&ours)).await, BOTH_FINE);
        for tls in [believing(&authority), as_client(&Authority::new("others").client("Ines"))] {
            for outcome in server.tried_by::<A>(tls).await {
                assert!(matches!(outcome, Err(TransportFault::ClientCertificate { .. })), "{outcome:?}");
            }
        }
    }
    let open_to_all = Secure::start(|| identity.server_config(None)).await;
    assert_eq!(open_to_all.tried_by::<A>(as_client(&ours)).await, BOTH_FINE, "nobody asked");
    let other = clients.client("Noor");
    let mismatch = believing(&authority)
        .with_client_certificate_pem(ours.pem().as_bytes(), other.key_pem().as_bytes())
        .unwrap_err();
    assert!(mismatch.to_string().starts_with("it is no private key for this certificate"), "{mismatch}");
    let shown = format!("{:?}", as_client(&ours));
    assert!(shown.contains("client_certificate: true") && shown.len() < 200, "{shown}");
}

/// A server that answers a greeting of TLS with these bytes, and waits until it is left.
async fn answering(bytes: &'static [u8]) -> SocketAddr {
    serve(move |mut stream| async move {
        drop(stream.read(&mut [0; 4096]).await);
        drop(stream.write_all(bytes).await);
        drop(stream.read_to_end(&mut Vec::new()).await);
    })
    .await
}

async fn what_is_no_tls_that_is_new_enough_is_none<A: Adapter>() {
    // A server's greeting of TLS 1.1, with a random number and the cipher suite that all had.
    const TLS_1_1: &[u8] = b"\x16\x03\x02\x00\x2a\x02\x00\x00\x26\x03\x02\
        0123456789abcdef0123456789abcdef\x00\x00\x2f\x00";
    let answers: [(&str, &[u8]); 4] = [
        ("an alert that it knows none of ours", b"\x15\x03\x01\x00\x02\x02\x46"),
        ("TLS 1.1", TLS_1_1),
        ("HTTP", b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n"),
        ("nonsense", &[0xa5; 300]),
    ];
    let runtime = Builder::<A>::new().with_tls(believing(&Authority::new("ours"))).build();
    for (what, bytes) in answers {
        let address = answering(bytes).await;
        let request = get(&runtime, &format!("https://{address}/"), 100).await.unwrap_err();
        let socket = open(&runtime, &format!("wss://{address}/"), 100).await.unwrap_err();
        for fault in [request, socket] {
            assert!(matches!(fault, TransportFault::Tls { .. }), "{what}: {fault:?}");
        }
    }
}

on_each_runtime!(
    roots_of_ones_own_are_pem_or_der_alone_or_beside_others,
    a_server_that_speaks_tls_1_2_only_will_do,
    what_is_the_matter_with_a_certificate_is_told,
    a_pin_comes_on_top_of_all_else,
    a_key_is_replaced_by_one_that_was_pinned_before,
    servers_may_ask_who_we_are,
    what_is_no_tls_that_is_new_enough_is_none,
);
