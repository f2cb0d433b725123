//! A thousand chats through one hub in one process, over real TCP: behind a governor, with a tenth of their sockets
//! cut, nothing is lost or doubled, and the server sees no more connects than the governor allows.
//!
//! What talks here knows the runtime only as a [`Runtime`], so that every adapter can stand in for it.

mod cast;

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use helpline_emulator::amazon_connect::ServerConfig;
use helpline_emulator::loopback::{Loopback, LoopbackConfig};
use helpline_protocol::driver::{Governor, Hub, Rates, Runtime};
use helpline_protocol::{Operation, Rate};
use helpline_simulation::Rng;
use helpline_tokio::TokioRuntime;

use cast::Customer;

const CHATS: u64 = 1_000;
/// Messages each way in each of them.
const MESSAGES: usize = 20;
/// How many of a hundred sockets are cut in mid-talk.
const CUT_PERCENT: u64 = 10;
/// More than enough on a slow machine; in practice it takes a tenth.
const PATIENCE: Duration = Duration::from_secs(240);
/// Sockets a second, and at once.
const DIALS: Rate = Rate::per_second(250, 50);
/// The same for what is sent.
const SENDS: Rate = Rate::per_second(4_000, 500);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_chats_in_one_hub_on_tokio() {
    room_for_sockets();
    let config = LoopbackConfig { server: ServerConfig::default(), seed: 23, ..LoopbackConfig::default() };
    let server = Arc::new(Loopback::start(config).await.expect("a port is free"));
    let all = a_thousand_chats(TokioRuntime::new(), server);
    tokio::time::timeout(PATIENCE, all).await.expect("all come to an end");
}

async fn a_thousand_chats<R: Runtime>(runtime: R, server: Arc<Loopback>) {
    let (began, before) = (Instant::now(), resident());
    let began_ms = server.with(|_, now_ms, _| now_ms);
    let sends = [Operation::SendMessage, Operation::SendReceipt, Operation::SendTyping];
    let rates = Rates::unlimited()
        .with_rate(&[Operation::Authorise], DIALS)
        .with_dials(DIALS)
        .with_rate(&sends, SENDS);
    let governor = Arc::new(Governor::new(rates));
    let shards = NonZeroUsize::new(2).expect("two");
    let hub = Hub::with_shards(runtime.clone(), shards).with_governor(governor.clone());
    let mut rng = Rng::new(7);
    let mut customers: Vec<Customer> =
        (0..CHATS).map(|number| Customer::join(&hub, &server, number)).collect();
    let cut: Vec<bool> = customers.iter().map(|_| rng.percent(CUT_PERCENT)).collect();
    let talks: FuturesUnordered<_> = customers
        .iter_mut()
        .zip(&cut)
        .map(|(customer, cut)| {
            customer.talk(&runtime, &server, cut.then(|| rng.below(MESSAGES as u64) as usize))
        })
        .collect();
    talks.collect::<Vec<()>>().await;
    let took = began.elapsed();
    let (stats, grown) = (hub.stats().await.expect("the hub is open"), resident().saturating_sub(before));
    for customer in &mut customers {
        customer.judge(&server).await;
    }
    connects_were_within(&server, began_ms, DIALS);
    let totals = &stats.totals;
    let cuts = cut.iter().filter(|cut| **cut).count() as u64;
    assert_eq!(totals.messages_sent, CHATS * MESSAGES as u64);
    assert_eq!(totals.messages_received, CHATS * MESSAGES as u64);
    assert_eq!((totals.messages_failed, totals.messages_uncertain), (0, 0));
    assert!(totals.reconnects >= cuts && totals.gaps_closed >= cuts, "{cuts} cuts: {totals:?}");
    let waits = governor.stats();
    assert!(waits.delayed > CHATS / 2, "the governor had work: {waits:?}");
    println!(
        "{CHATS} chats, {MESSAGES} messages each way in {:.1} s, {cuts} sockets cut, {} gaps closed, {waits:?}",
        took.as_secs_f64(),
        totals.gaps_closed,
    );
    println!("resident memory grew by {} KiB a chat, the server's half included", grown / 1024 / CHATS);
    hub.close().await;
    assert_eq!(hub.len(), 0);
    all_sockets_are_closed(&runtime, &server).await;
}

/// What the server's own clock says of the sockets it accepted. A socket arrives after the governor let it go, so
/// up to any time no more can have arrived than it let go by then; and over any later span no more than in that
/// span and in the time that an arrival may have taken.
fn connects_were_within(server: &Loopback, began_ms: u64, rate: Rate) {
    let arrivals = server.with(|server, _, _| server.stats().sockets_opened_ms.clone());
    let (count, burst) = (u64::from(rate.count), u64::from(rate.burst));
    let allowed = |span_ms: u64| burst + count * (span_ms + 1) / 1_000;
    for (index, at) in arrivals.iter().enumerate() {
        let arrived = index as u64 + 1;
        assert!(arrived <= allowed(at - began_ms), "{arrived} after {} ms", at - began_ms);
    }
    const TRAVEL_MS: u64 = 1_000;
    for (first, from) in arrivals.iter().enumerate() {
        let second = arrivals.iter().skip(first).take_while(|at| **at - from < 1_000).count() as u64;
        assert!(second <= allowed(1_000 + TRAVEL_MS), "{second} within a second");
    }
    let busiest = arrivals
        .iter()
        .enumerate()
        .map(|(first, from)| arrivals.iter().skip(first).take_while(|at| **at - from < 1_000).count());
    println!("{} sockets, {} in the busiest second", arrivals.len(), busiest.max().unwrap_or_default());
}

async fn all_sockets_are_closed<R: Runtime>(runtime: &R, server: &Loopback) {
    for _ in 0..500 {
        if server.with(|server, _, _| server.stats().sockets_open) == 0 {
            return;
        }
        runtime.sleep_until(runtime.now().at + Duration::from_millis(10)).await;
    }
    panic!("{} sockets are open", server.with(|server, _, _| server.stats().sockets_open));
}

/// Resident memory of this process in bytes; 0 where the system does not tell.
fn resident() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    pages.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * 4_096
}

/// A thousand chats are some thousand sockets at both ends: more than a process may have by default.
fn room_for_sockets() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).expect("up to the hard limit anybody may go");
}
