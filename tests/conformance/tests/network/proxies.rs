//! Requests and sockets through proxies, and what comes of those that are not as they should be.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use futures_util::SinkExt as _;
use helpline_conformance::on_each_runtime;
use helpline_conformance::servers::{ServerSocket, get, open, recv, serve_http, serve_sockets};
use helpline_emulator::certificates::{Authority, Validity};
use helpline_emulator::front::Front;
use helpline_emulator::proxy::{Mood, ProxyConfig as Served, ProxyServer, Speaks};
use helpline_protocol::driver::adapter::proxy::{Proxy, ProxyConfig};
use helpline_protocol::driver::adapter::{Adapter, Builder, TlsConfig};
use helpline_protocol::{Frame, ProxyProblem, TransportFault};
use http::Response;
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite::Message;

const BOTH: [Speaks; 2] = [Speaks::Connect, Speaks::Socks5];

async fn requests() -> SocketAddr {
    serve_http(|request| async move { Response::new(Bytes::from(request.uri().to_string())) }).await
}

async fn sockets() -> SocketAddr {
    serve_sockets(|mut socket: ServerSocket| async move {
        drop(socket.send(Message::text("hello")).await);
        std::future::pending::<()>().await;
    })
    .await
}

/// The address of a proxy: by name and password, or without.
fn address(speaks: Speaks, port: u16, user_info: &str) -> Proxy {
    let scheme = if speaks == Speaks::Connect { "http" } else { "socks5h" };
    format!("{scheme}://{user_info}127.0.0.1:{port}").parse().unwrap()
}

/// With a proxy for what is on this machine too, and little patience with it.
fn through<A: Adapter>(proxy: Proxy) -> Builder<A> {
    let proxies = ProxyConfig::all(proxy).even_for_loopback();
    Builder::new().with_proxy(proxies).with_connect_timeout(Duration::from_millis(300))
}

async fn names_are_the_proxys_to_resolve<A: Adapter>() {
    let (requests, sockets) = (requests().await, sockets().await);
    for speaks in BOTH {
        let config = Served::new(speaks).with_name("api.invalid", requests).with_name("ws.invalid", sockets);
        let proxy = ProxyServer::start(config).await.unwrap();
        let runtime = through::<A>(address(speaks, proxy.port(), "")).build();
        let answer = get(&runtime, "http://api.invalid/path?query", 100).await.unwrap();
        assert_eq!(answer.body, "/path?query");
        let mut socket = open(&runtime, "ws://ws.invalid:8080/", 100).await.unwrap();
        assert_eq!(recv(&mut socket).await, Ok(Frame::Text("hello".to_owned())));
        assert_eq!(proxy.asked(), ["api.invalid:80", "ws.invalid:8080"]);
    }
}

async fn names_are_ours_to_resolve_where_the_proxy_is_to_have_addresses<A: Adapter>() {
    let requests = requests().await;
    let proxy = ProxyServer::start(Served::new(Speaks::Socks5)).await.unwrap();
    let resolved = format!("socks5://127.0.0.1:{}", proxy.port()).parse().unwrap();
    let runtime = through::<A>(resolved).build();
    get(&runtime, &format!("http://localhost:{}/", requests.port()), 100).await.unwrap();
    let asked = proxy.asked();
    assert_eq!(asked.len(), 1);
    assert!(["127.0.0.1", "::1"].contains(&asked[0].rsplit_once(':').unwrap().0), "{asked:?}");
    let nowhere = get(&runtime, "http://nowhere.invalid/", 100).await.unwrap_err();
    assert_eq!(nowhere, TransportFault::NameNotFound);
}

async fn tls_goes_through_to_the_server<A: Adapter>() {
    let authority = Authority::new("ours");
    let tls = TlsConfig::own_roots().with_root_pem(authority.pem().as_bytes()).unwrap();
    let identity = authority.server(Validity::Good);
    let requests = Front::start(identity.server_config(None), 0, requests().await).await.unwrap();
    let sockets = Front::start(identity.server_config(None), 0, sockets().await).await.unwrap();
    for speaks in BOTH {
        let config = Served::new(speaks).with_credentials("user", "pass word");
        let proxy = ProxyServer::start(config).await.unwrap();
        let proxies = address(speaks, proxy.port(), "user:pass%20word@");
        let runtime = through::<A>(proxies).with_tls(tls.clone()).build();
        get(&runtime, &format!("{}/", requests.endpoint()), 100).await.unwrap();
        let mut socket = open(&runtime, &format!("{}/", sockets.socket_base()), 100).await.unwrap();
        assert_eq!(recv(&mut socket).await, Ok(Frame::Text("hello".to_owned())));
        let expected = [requests.port(), sockets.port()].map(|port| format!("127.0.0.1:{port}"));
        assert_eq!(proxy.asked(), expected);
    }
}

async fn this_machine_is_reached_without_a_proxy_unless_it_is_said<A: Adapter>() {
    let (requests, sockets) = (requests().await, sockets().await);
    let proxy = ProxyServer::start(Served::new(Speaks::Connect)).await.unwrap();
    let runtime = Builder::<A>::new().with_proxy(address(Speaks::Connect, proxy.port(), "")).build();
    get(&runtime, &format!("http://{requests}/"), 100).await.unwrap();
    open(&runtime, &format!("ws://{sockets}/"), 100).await.unwrap();
    assert!(proxy.asked().is_empty());
    get(&runtime, "http://api.invalid/", 100).await.unwrap_err();
    assert_eq!(proxy.asked(), ["api.invalid:80"]);
}

/// What becomes of a request and of a socket: the same.
async fn fault<A: Adapter>(builder: Builder<A>, server: SocketAddr) -> (ProxyProblem, String) {
    let runtime = builder.build();
    let request = get(&runtime, &format!("http://{server}/"), 100).await.unwrap_err();
    let socket = open(&runtime, &format!("ws://{server}/"), 100).await.unwrap_err();
    assert_eq!(request, socket);
    match request {
        TransportFault::Proxy { problem, reason } => (problem, reason),
        fault => panic!("no fault of a proxy: {fault:?}"),
    }
}

async fn credentials_that_will_not_do_are_told_and_not_shown<A: Adapter>() {
    let server = requests().await;
    for speaks in BOTH {
        let proxy = ProxyServer::start(Served::new(speaks).with_credentials("user", "right")).await.unwrap();
        for user_info in ["", "user:wrong@", "somebody:right@"] {
            let (problem, reason) =
                fault::<A>(through(address(speaks, proxy.port(), user_info)), server).await;
            assert_eq!(problem, ProxyProblem::Credentials, "{speaks:?} {user_info}");
            let shown =
                ["wrong", "somebody", "right", "d3Jvbmc"].iter().any(|secret| reason.contains(secret));
            assert!(!shown, "{reason}");
        }
        assert!(proxy.asked().is_empty(), "it knows what we want from those it knows");
    }
}

async fn a_proxy_that_is_none_says_what_it_does<A: Adapter>() {
    let server = requests().await;
    for speaks in BOTH {
        for (mood, expected) in [
            (Mood::Hangs, ProxyProblem::Silent),
            (Mood::HangsWhenAsked, ProxyProblem::Silent),
            (Mood::Refuses, ProxyProblem::Refused),
            (Mood::Babbles, ProxyProblem::Broken),
            (Mood::NeverStops, ProxyProblem::Broken),
            (Mood::HangsUp, ProxyProblem::Broken),
        ] {
            let proxy = ProxyServer::start(Served::new(speaks).with_mood(mood)).await.unwrap();
            let (problem, reason) = fault::<A>(through(address(speaks, proxy.port(), "")), server).await;
            assert_eq!(problem, expected, "{speaks:?} {mood:?}: {reason}");
        }
        let nowhere = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let (problem, _) = fault::<A>(through(address(speaks, nowhere.port(), "")), server).await;
        assert_eq!(problem, ProxyProblem::Unreachable);
        let proxy = ProxyServer::start(Served::new(speaks)).await.unwrap();
        let (problem, _) = fault::<A>(through(address(speaks, proxy.port(), "")), nowhere).await;
        assert_eq!(problem, ProxyProblem::Refused, "the server is not there, and the proxy says so");
    }
}

async fn a_proxy_without_a_name_is_no_server_without_one<A: Adapter>() {
    let proxy = "http://proxy.invalid:3128".parse::<Proxy>().unwrap();
    let (problem, reason) = fault::<A>(through(proxy), requests().await).await;
    assert_eq!(problem, ProxyProblem::Unreachable);
    assert_eq!(reason, TransportFault::NameNotFound.to_string());
}

on_each_runtime!(
    names_are_the_proxys_to_resolve,
    names_are_ours_to_resolve_where_the_proxy_is_to_have_addresses,
    tls_goes_through_to_the_server,
    this_machine_is_reached_without_a_proxy_unless_it_is_said,
    credentials_that_will_not_do_are_told_and_not_shown,
    a_proxy_that_is_none_says_what_it_does,
    a_proxy_without_a_name_is_no_server_without_one,
);
