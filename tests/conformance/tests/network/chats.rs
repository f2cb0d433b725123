//! Whole chats over TLS and through proxies, and sessions that get over what was in their way.

use std::time::Duration;

use helpline_conformance::on_each_runtime;
use helpline_conformance::servers::SOON;
use helpline_emulator::certificates::{Authority, Validity};
use helpline_emulator::proxy::{Mood, ProxyConfig as Served, ProxyServer, Speaks};
use helpline_protocol::driver::adapter::proxy::{Proxy, ProxyConfig};
use helpline_protocol::driver::adapter::{Adapter, Builder, Pin, TlsConfig};
use helpline_protocol::driver::{Chat, Events};
use helpline_protocol::{CertificateProblem, ConnectionState, Event, ProxyProblem, TransportFault};
use tokio::time::timeout;

use super::{Provider, fault_of, until};

fn believing(authority: &Authority) -> TlsConfig {
    TlsConfig::own_roots().with_root_pem(authority.pem().as_bytes()).unwrap()
}

fn through<A: Adapter>(proxy: &str) -> Builder<A> {
    let proxies = ProxyConfig::all(proxy.parse::<Proxy>().unwrap()).even_for_loopback();
    Builder::new().with_proxy(proxies).with_connect_timeout(Duration::from_millis(300))
}

/// Says something and hears the echo.
async fn talk(chat: &Chat, events: &mut Events, text: &str) {
    timeout(SOON, chat.send_text(text)).await.expect("in time").expect("it is sent");
    let echo = format!("echo: {text}");
    let heard = async {
        loop {
            let transcript = chat.transcript().await.unwrap();
            if transcript.iter().any(|item| item.body.text() == Some(&echo)) {
                return;
            }
            events.next().await.expect("the session goes on");
        }
    };
    timeout(SOON, heard).await.expect("the echo");
}

async fn leave(chat: &Chat) {
    timeout(SOON, chat.leave()).await.expect("in time").expect("it is left");
}

async fn a_chat_over_tls_with_a_pin_and_a_client_certificate<A: Adapter>() {
    let (authority, clients) = (Authority::new("servers"), Authority::new("clients"));
    let identity = authority.server(Validity::Good);
    let provider = Provider::start_secure(identity.server_config(Some(&clients))).await;
    let ours = clients.client("Ines");
    let tls = believing(&authority)
        .with_pin(Pin::of_public_key(&identity.public_key()))
        .with_client_certificate_pem(ours.pem().as_bytes(), ours.key_pem().as_bytes())
        .unwrap();
    let (chat, mut events) = provider.connect(Builder::<A>::new().with_tls(tls).build());
    talk(&chat, &mut events, "one").await;
    provider.host.cut_sockets();
    talk(&chat, &mut events, "two").await;
    leave(&chat).await;
    assert_eq!(provider.said(), ["one", "two"]);
}

async fn after_a_certificate_that_is_not_believed_a_session_tries_again<A: Adapter>() {
    let authority = Authority::new("servers");
    for (first, expected) in [
        (authority.server(Validity::Expired), CertificateProblem::Expired),
        (Authority::new("others").server(Validity::Good), CertificateProblem::UnknownAuthority),
    ] {
        let provider = Provider::start_secure(first.server_config(None)).await;
        let runtime = Builder::<A>::new().with_tls(believing(&authority)).build();
        let (chat, mut events) = provider.connect(runtime);
        let waiting = chat.queue_text("patience").await.unwrap();
        let fault = until(&mut events, fault_of).await;
        assert!(
            matches!(&fault, TransportFault::Certificate { problem, .. } if *problem == expected),
            "{fault:?}"
        );
        until(&mut events, |event| match event {
            Event::ConnectionChanged { state: ConnectionState::Reconnecting { attempt, .. } } => {
                (attempt >= 3).then_some(())
            }
            _ => None,
        })
        .await;
        assert_eq!(provider.said(), [""; 0]);
        let good = authority.server(Validity::Good);
        provider.front.as_ref().unwrap().set_identity(good.server_config(None));
        talk(&chat, &mut events, "here we are").await;
        assert_eq!(provider.said(), ["patience", "here we are"], "{waiting} waited");
        leave(&chat).await;
    }
}

async fn a_chat_through_each_kind_of_proxy<A: Adapter>() {
    let authority = Authority::new("servers");
    for (speaks, scheme) in
        [(Speaks::Connect, "http"), (Speaks::Socks5, "socks5h"), (Speaks::Socks5, "socks5")]
    {
        for secure in [false, true] {
            let identity = authority.server(Validity::Good);
            let provider = if secure {
                Provider::start_secure(identity.server_config(None)).await
            } else {
                Provider::start().await
            };
            let proxy =
                ProxyServer::start(Served::new(speaks).with_credentials("user", "pass")).await.unwrap();
            let builder = through::<A>(&format!("{scheme}://user:pass@127.0.0.1:{}", proxy.port()));
            let (chat, mut events) = provider.connect(builder.with_tls(believing(&authority)).build());
            talk(&chat, &mut events, "one").await;
            proxy.cut();
            talk(&chat, &mut events, "two").await;
            leave(&chat).await;
            assert_eq!(provider.said(), ["one", "two"]);
            let target = provider.endpoint.rsplit_once('/').unwrap().1;
            let asked = proxy.asked();
            assert!(asked.len() >= 4, "requests and sockets, before the cut and after: {asked:?}");
            assert!(asked.iter().all(|asked| asked == target), "{asked:?}");
        }
    }
}

async fn while_a_proxy_is_in_the_way_a_session_tries_again<A: Adapter>() {
    for (mood, expected) in [(Mood::Hangs, ProxyProblem::Silent), (Mood::Serves, ProxyProblem::Credentials)] {
        let provider = Provider::start().await;
        let config = Served::new(Speaks::Socks5).with_mood(mood).with_credentials("user", "right");
        let proxy = ProxyServer::start(config).await.unwrap();
        let runtime = through::<A>(&format!("socks5h://user:wrong@127.0.0.1:{}", proxy.port())).build();
        let (_chat, mut events) = provider.connect(runtime);
        for _ in 0..3 {
            let fault = until(&mut events, fault_of).await;
            assert!(
                matches!(&fault, TransportFault::Proxy { problem, .. } if *problem == expected),
                "{fault:?}"
            );
            assert!(!fault.to_string().contains("wrong"), "{fault}");
        }
    }
}

on_each_runtime!(
    a_chat_over_tls_with_a_pin_and_a_client_certificate,
    after_a_certificate_that_is_not_believed_a_session_tries_again,
    a_chat_through_each_kind_of_proxy,
    while_a_proxy_is_in_the_way_a_session_tries_again,
);
