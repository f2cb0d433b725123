//! What is smol's alone: the executor of one's choice, a clock that stands still, and a tree without tokio. All else
//! that an adapter does is tested in `tests/conformance/tests/adapters`, on every runtime.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use helpline_protocol::{Config, Timestamp, TransportFault, WallTime, amazon_connect, driver};
use helpline_smol::{Builder, Chat, ChatError, Closed, Events, PausedClock, SmolRuntime};
use http::{Request, Response};
use smol::Executor;

/// All requests are refused for now; none gets as far as a socket.
fn refusing(asked: Arc<AtomicUsize>) -> Builder {
    SmolRuntime::builder().with_http_fn(move |_: Request<Bytes>| {
        asked.fetch_add(1, Ordering::Relaxed);
        let answer = Response::builder().status(503).body(Bytes::new()).unwrap();
        async move { Ok::<_, TransportFault>(answer) }
    })
}

fn connect(runtime: SmolRuntime) -> (Chat, Events) {
    let details = amazon_connect::ChatDetails::new("participant-token");
    driver::connect(runtime, Config::from(amazon_connect::Config::new(details))).unwrap()
}

#[test]
fn a_paused_clock_works() {
    let asked = Arc::new(AtomicUsize::new(0));
    let executor = Arc::new(Executor::new());
    let (tasks, clock) = (executor.clone(), PausedClock::new(WallTime::EPOCH));
    let runtime = refusing(asked.clone()).build().with_clock(clock.clone());
    let (_chat, _events) = connect(runtime.with_spawner(move |task| tasks.spawn(task).detach()));
    let end = Timestamp::from_secs(600);
    while clock.now().at < end {
        while executor.try_tick() {}
        clock.advance_to(clock.next().unwrap_or(end).min(end));
    }
    // Waits are drawn from zero to 30 s: some forty tries in ten minutes, and no storm.
    let tries = asked.load(Ordering::Relaxed);
    assert!((20..200).contains(&tries), "{tries} tries");
}

#[test]
fn with_the_executor_gone_calls_say_so() {
    let executor = Arc::new(Executor::new());
    let tasks = Arc::downgrade(&executor);
    let spawn = move |task| tasks.upgrade().unwrap().spawn(task).detach();
    let (chat, _events) = connect(refusing(Arc::default()).build().with_spawner(spawn));
    drop(executor);
    assert_eq!(smol::block_on(chat.state()), Err(Closed::default()));
    assert_eq!(smol::block_on(chat.send_text("hello")), Err(ChatError::Closed(Closed::default())));
}

#[test]
fn a_session_runs_by_itself_where_nothing_is_set_up() {
    let asked = Arc::new(AtomicUsize::new(0));
    let (_chat, mut events) = connect(refusing(asked.clone()).build());
    // This thread is no executor; it only waits.
    smol::block_on(async {
        while asked.load(Ordering::Relaxed) == 0 {
            smol::Timer::after(Duration::from_millis(1)).await;
        }
        assert!(events.next().await.is_some());
    });
}

/// What the library is built of.
#[test]
fn there_is_no_tokio_in_the_tree() {
    let cargo = option_env!("CARGO").unwrap_or("cargo");
    let mut tree = Command::new(cargo);
    tree.args(["tree", "--package", "helpline-smol", "--edges", "normal,build"]);
    tree.args(["--prefix", "none", "--offline", "--locked"]);
    tree.current_dir(env!("CARGO_MANIFEST_DIR"));
    let out = match tree.output() {
        Ok(out) => out,
        Err(error) => {
            eprintln!("SKIPPED, nothing was tested: there is no cargo to ask for the tree: {error}");
            return;
        }
    };
    let (packages, says) = (String::from_utf8(out.stdout).unwrap(), String::from_utf8_lossy(&out.stderr));
    assert!(out.status.success(), "{says}");
    for wanted in ["helpline-protocol ", "smol ", "ureq-proto ", "async-tungstenite "] {
        assert!(packages.lines().any(|package| package.starts_with(wanted)), "{wanted}in {packages}");
    }
    let tokio: Vec<_> = packages.lines().filter(|package| package.contains("tokio")).collect();
    assert!(tokio.is_empty(), "{tokio:#?}");
}
