//! What goes away without a word: the handles, the runtime. The server sees every socket's end, nobody waits for
//! ever, and no memory is left behind.

use std::sync::Arc;
use std::time::Duration;

use helpline_emulator::amazon_connect::ServerConfig;
use helpline_emulator::loopback::Loopback;
use helpline_protocol::driver::{self, Chat, ChatError, Closed, Events, Hub};
use helpline_tokio::TokioRuntime;

use super::scene::{config_at, soon};

/// A server in threads of its own, which outlives the runtimes of its clients.
struct Server {
    loopback: Arc<Loopback>,
    _tokio: tokio::runtime::Runtime,
}

impl Server {
    fn start() -> Self {
        let tokio = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let loopback = tokio.block_on(Loopback::start(ServerConfig::default())).expect("a port is free");
        Self { loopback: Arc::new(loopback), _tokio: tokio }
    }

    fn open(&self) -> u64 {
        self.loopback.with(|server, _, _| server.stats().sockets_open)
    }

    fn sees_all_closed(&self) {
        for _ in 0..2_000 {
            if self.open() == 0 {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("{} sockets are open", self.open());
    }
}

fn client() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

async fn live(chat: &Chat) {
    soon(chat.send_text("Hello")).await.expect("it is sent");
}

#[test]
fn a_runtime_that_is_dropped_ends_sessions_and_calls() {
    let server = Server::start();
    let tokio = client();
    let (alone, hub, in_hub) = tokio.block_on(async {
        let runtime = TokioRuntime::new();
        let alone: (Chat, Events) =
            driver::connect(runtime.clone(), config_at(&server.loopback).1).expect("it works");
        let hub = Hub::new(runtime);
        let in_hub = hub.connect(config_at(&server.loopback).1).expect("it works");
        live(&alone.0).await;
        live(&in_hub.0).await;
        (alone, hub, in_hub)
    });
    assert_eq!(server.open(), 2);
    drop(tokio);
    server.sees_all_closed();
    client().block_on(async {
        for (chat, mut events) in [alone, in_hub] {
            assert_eq!(soon(chat.send_text("too late")).await, Err(ChatError::Closed(Closed::default())));
            while soon(events.next()).await.is_some() {}
        }
        assert_eq!(soon(hub.stats()).await, Err(Closed::default()));
        soon(hub.close()).await;
    });
}

#[test]
fn a_call_under_way_ends_with_the_runtime() {
    let server = Server::start();
    let tokio = client();
    let chat = tokio.block_on(async {
        let (chat, _events) =
            driver::connect(TokioRuntime::new(), config_at(&server.loopback).1).expect("it works");
        live(&chat).await;
        soon(chat.suspend()).await.expect("the link is closed");
        chat
    });
    let waiting = std::thread::spawn({
        let chat = chat.clone();
        move || client().block_on(async move { soon(chat.send_text("while the link is away")).await })
    });
    // It is handed over, and waits.
    let handed_over = async { while chat.usage().await.is_ok_and(|usage| usage.outbox_items == 0) {} };
    tokio.block_on(soon(handed_over));
    drop(tokio);
    assert_eq!(waiting.join().expect("it ends"), Err(ChatError::Closed(Closed::default())));
    server.sees_all_closed();
}

#[test]
fn sessions_that_are_dropped_leave_no_memory_behind() {
    const SESSIONS: i64 = 50;
    let server = Server::start();
    let tokio = client();
    let hub = tokio.block_on(async { Hub::new(TokioRuntime::new()) });
    // The chats are the server's, and stay there.
    let chats: Vec<_> = (0..3 * SESSIONS).map(|_| config_at(&server.loopback).1).collect();
    let mut rounds = chats.chunks(usize::try_from(SESSIONS).expect("a few"));
    let mut round = || {
        tokio.block_on(async {
            for config in rounds.next().expect("three") {
                let (chat, _events) = hub.connect(config.clone()).expect("it works");
                live(&chat).await;
            }
            while !hub.is_empty() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        });
    };
    // Pools and buffers find their size.
    round();
    round();
    let info = allocation_counter::measure(round);
    server.sees_all_closed();
    // The size of one session in a hub is about 7 KB, and a socket has some more. A connection that a pool has still
    // open in the end, in one round and not in another, is a few hundred bytes over all of them.
    let left = info.bytes_current / SESSIONS;
    println!("{left} bytes a session are left, {} were allocated", info.bytes_total / SESSIONS as u64);
    assert!(left < 1_000, "{left} bytes a session are left");
}
