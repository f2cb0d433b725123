//! WebSockets: pings, limits, faults, goodbyes.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use helpline_conformance::servers::{
    SOON, ServerSocket, open, recv, request, send, serve, serve_http, serve_sockets,
};
use helpline_conformance::{new, on_each_runtime};
use helpline_protocol::driver::adapter::{Adapter, Builder};
use helpline_protocol::driver::{Dial, Runtime as _, Socket as _};
use helpline_protocol::{Frame, SocketClosed, TransportFault};
use http::{HeaderValue, Method, Response};
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

async fn pings_are_answered_while_the_user_only_reads<A: Adapter>() {
    let address = serve_sockets(|mut socket: ServerSocket| async move {
        for number in 0..100_u8 {
            socket.send(Message::Ping(Bytes::from(vec![number]))).await.unwrap();
            // The next ping only comes once this one is answered.
            assert_eq!(socket.next().await.unwrap().unwrap(), Message::Pong(Bytes::from(vec![number])));
        }
        socket.send(Message::text("all answered")).await.unwrap();
        while socket.next().await.is_some() {}
    })
    .await;
    let mut socket = open(&new::<A>(), &format!("ws://{address}/"), 1000).await.unwrap();
    assert_eq!(recv(&mut socket).await, Ok(Frame::Text("all answered".to_owned())));
}

async fn reading_may_be_given_up_at_any_time<A: Adapter>() {
    let address = serve_sockets(|mut socket: ServerSocket| async move {
        for number in 0..200 {
            socket.send(Message::text(number.to_string())).await.unwrap();
            tokio::task::yield_now().await;
        }
        while socket.next().await.is_some() {}
    })
    .await;
    let mut socket = open(&new::<A>(), &format!("ws://{address}/"), 1000).await.unwrap();
    let mut expected = 0;
    while expected < 200 {
        tokio::select! {
            biased;
            frame = recv(&mut socket) => {
                assert_eq!(frame, Ok(Frame::Text(expected.to_string())));
                expected += 1;
            }
            () = tokio::task::yield_now() => {}
        }
    }
}

async fn frames_go_both_ways_up_to_the_limit<A: Adapter>() {
    let address = serve_sockets(|mut socket: ServerSocket| async move {
        while let Some(Ok(message)) = socket.next().await {
            if let Message::Text(text) = message {
                let size: usize = text.as_str().parse().unwrap();
                socket.send(Message::binary(vec![1; size])).await.unwrap();
            }
        }
    })
    .await;
    let mut socket = open(&new::<A>(), &format!("ws://{address}/"), 1000).await.unwrap();
    send(&mut socket, "1000").await.unwrap();
    assert_eq!(recv(&mut socket).await, Ok(Frame::Binary(Bytes::from(vec![1; 1000]))));
    send(&mut socket, "1001").await.unwrap();
    let too_large = SocketClosed::Failed(TransportFault::TooLarge { limit: 1000 });
    assert_eq!(recv(&mut socket).await, Err(too_large));
}

async fn a_goodbye_is_told_and_answered<A: Adapter>() {
    let (said, mut heard) = tokio::sync::mpsc::channel(8);
    let address = serve_sockets(move |mut socket: ServerSocket| {
        let said = said.clone();
        async move {
            let goodbye = CloseFrame { code: 4001.into(), reason: "over".into() };
            socket.send(Message::Close(Some(goodbye))).await.unwrap();
            while let Some(message) = socket.next().await {
                said.send(Some(message.unwrap())).await.unwrap();
            }
            said.send(None).await.unwrap();
        }
    })
    .await;
    let mut socket = open(&new::<A>(), &format!("ws://{address}/"), 1000).await.unwrap();
    let closed = SocketClosed::ByPeer { code: Some(4001), reason: "over".to_owned() };
    assert_eq!(recv(&mut socket).await, Err(closed));
    socket.close(1000, String::new()).await;
    assert!(matches!(heard.recv().await, Some(Some(Message::Close(_)))));
    assert_eq!(heard.recv().await, Some(None), "the connection ended in order");
}

async fn closing_says_goodbye_and_waits_for_the_answer<A: Adapter>() {
    let (said, mut heard) = tokio::sync::mpsc::channel(8);
    let address = serve_sockets(move |mut socket: ServerSocket| {
        let said = said.clone();
        async move {
            while let Some(message) = socket.next().await {
                said.send(Some(message.unwrap())).await.unwrap();
            }
            said.send(None).await.unwrap();
        }
    })
    .await;
    let socket = open(&new::<A>(), &format!("ws://{address}/"), 1000).await.unwrap();
    socket.close(1000, "ß".repeat(100)).await;
    let Some(Some(Message::Close(Some(frame)))) = heard.recv().await else { panic!("a close frame") };
    assert_eq!(u16::from(frame.code), 1000);
    assert_eq!(frame.reason.as_str(), "ß".repeat(61), "cut to what a close frame has room for");
    assert_eq!(heard.recv().await, Some(None));
}

async fn faults_say_what_happened<A: Adapter>() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let refusing =
        serve_http(|_| async { Response::builder().status(403).body(Bytes::from_static(b"no")).unwrap() })
            .await;
    let vanishing = serve_sockets(|socket: ServerSocket| async { drop(socket) }).await;
    let silent = serve(|stream| async move {
        std::future::pending::<()>().await;
        drop(stream);
    })
    .await;
    let runtime = new::<A>();
    let fault = async |uri: String| open(&runtime, &uri, 1000).await.unwrap_err();
    assert_eq!(fault(format!("ws://{free}/")).await, TransportFault::ConnectFailed);
    assert_eq!(
        fault(format!("ws://{refusing}/?ticket=1")).await,
        TransportFault::UpgradeRefused { status: 403 }
    );
    assert!(matches!(fault(format!("wss://{refusing}/")).await, TransportFault::Tls { .. }));
    let dial = Dial::new(request(Method::GET, &format!("ws://{silent}/")), Duration::from_millis(50), 1000);
    assert_eq!(runtime.open(dial).await.unwrap_err(), TransportFault::TimedOut);
    let mut socket = open(&runtime, &format!("ws://{vanishing}/"), 1000).await.unwrap();
    assert_eq!(recv(&mut socket).await, Err(SocketClosed::Failed(TransportFault::ConnectionLost)));
}

async fn the_upgrade_carries_our_headers_and_can_be_rewritten<A: Adapter>() {
    let refusing = serve_http(|request| async move {
        let mut expected =
            request.headers()["x-from-session"] == "1" && request.headers()["x-from-rewrite"] == "2";
        expected &= request.uri() == "/path?ticket=1" && request.headers().contains_key("sec-websocket-key");
        Response::builder().status(if expected { 418 } else { 400 }).body(Bytes::new()).unwrap()
    })
    .await;
    let address = refusing.to_string();
    let runtime = Builder::<A>::new()
        .with_socket_rewrite(move |mut request| {
            let uri = request.uri().to_string().replace("wss://provider.invalid", &format!("ws://{address}"));
            *request.uri_mut() = uri.parse().unwrap();
            request.headers_mut().insert("x-from-rewrite", HeaderValue::from_static("2"));
            request
        })
        .build();
    let mut upgrade = request(Method::GET, "wss://provider.invalid/path?ticket=1");
    upgrade.headers.insert("x-from-session", HeaderValue::from_static("1"));
    let refused = runtime.open(Dial::new(upgrade, SOON, 1000)).await.unwrap_err();
    assert_eq!(refused, TransportFault::UpgradeRefused { status: 418 });
}

async fn a_server_that_never_reads_does_not_block<A: Adapter>() {
    let address = serve_sockets(|socket: ServerSocket| async move {
        std::future::pending::<()>().await;
        drop(socket);
    })
    .await;
    let mut socket = open(&new::<A>(), &format!("ws://{address}/"), 1000).await.unwrap();
    let frame = "x".repeat(256 * 1024);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    for _ in 0..1000 {
        if socket.poll_ready(&mut context).is_pending() {
            return;
        }
        if socket.start_send(Frame::Text(frame.clone())).is_err() {
            return;
        }
    }
    panic!("256 MB were taken for a server that never reads");
}

on_each_runtime!(
    pings_are_answered_while_the_user_only_reads,
    reading_may_be_given_up_at_any_time,
    frames_go_both_ways_up_to_the_limit,
    a_goodbye_is_told_and_answered,
    closing_says_goodbye_and_waits_for_the_answer,
    faults_say_what_happened,
    the_upgrade_carries_our_headers_and_can_be_rewritten,
    a_server_that_never_reads_does_not_block,
);
