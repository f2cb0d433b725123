//! What a session weighs, and what a frame costs: `cargo bench -p helpline-bench`.
//!
//! Times are of this machine and this minute, so each is shown beside the floor measured in the same run: reading
//! the same frames once with serde_json into borrowed fields. Allocations are counted, and the same every time.

use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use helpline_bench::quiet::Quiet;
use helpline_bench::{floor, frames, live};
use helpline_protocol::driver::{self, Chat, Events, Hub};
use helpline_protocol::{Event, amazon_connect};

const FRAMES: u64 = 5_000;
const ROUNDS: usize = 9;

fn main() {
    weight();
    weight_in_a_hub();
    weight_in_tasks();
    println!();
    for already in [0, 4_000] {
        frame_cost(already);
    }
}

/// Memory of a session that is connected and at rest.
fn weight() {
    let mut kept = None;
    let session = live::session(1);
    // A copy holds what is in use, not what growing left behind.
    let info = allocation_counter::measure(|| kept = Some(session.clone()));
    let session = kept.expect("a session");
    println!("an idle connected session");
    println!("  size of the struct      {:>8} bytes", size_of_val(&session));
    println!(
        "  allocated beside it     {:>8} bytes in {} allocations",
        info.bytes_current, info.count_current
    );
    println!("  {:?}", session.usage());
}

/// Sessions that are measured together.
const SESSIONS: u64 = 10_000;

/// Memory of connected sessions at rest in a hub, handles included, sockets not: those are the runtime's.
fn weight_in_a_hub() {
    let runtime = Quiet::default();
    let hub = Hub::new(runtime.clone());
    let connect = || hub.connect(configuration()).expect("the configuration works");
    weight_of("a hub", &runtime, connect);
    assert_eq!(hub.len(), 0);
}

/// The same with a task for each of them; what the runtime adds for a task and its timer is not counted.
fn weight_in_tasks() {
    let runtime = Quiet::default();
    let connect = || driver::connect(runtime.clone(), configuration()).expect("the configuration works");
    weight_of("tasks of their own", &runtime, connect);
}

fn weight_of(place: &str, runtime: &Quiet, connect: impl Fn() -> (Chat, Events)) {
    // What is made once, and what growing leaves behind, is there before.
    let warm = connect();
    runtime.run(100);
    drop(warm);
    runtime.run(100);
    let mut kept = Vec::with_capacity(SESSIONS as usize);
    let info = allocation_counter::measure(|| {
        for _ in 0..SESSIONS {
            kept.push(connect());
        }
        runtime.run(if place == "a hub" { SESSIONS as usize } else { 20 });
        for (chat, events) in &mut kept {
            let live = |event: &Event| event.to_string() == "connection live";
            let told = std::iter::from_fn(|| poll_once(events.next()).flatten());
            assert!(told.collect::<Vec<_>>().iter().any(live), "the session is live");
            black_box(chat);
        }
        runtime.run(if place == "a hub" { SESSIONS as usize } else { 20 });
    });
    println!("an idle connected session in {place}");
    println!(
        "  allocated, all in all   {:>8} bytes in {:.1} allocations",
        info.bytes_current / SESSIONS as i64,
        info.count_current as f64 / SESSIONS as f64
    );
    println!("  the most on the way     {:>8} bytes", info.bytes_max / SESSIONS);
    drop(kept);
    runtime.run(SESSIONS as usize / 16);
}

fn poll_once<T>(call: impl Future<Output = T>) -> Option<T> {
    match pin!(call).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => Some(result),
        Poll::Pending => None,
    }
}

fn configuration() -> amazon_connect::Config {
    amazon_connect::Config::new(amazon_connect::ChatDetails::new("participant-token"))
}

/// Nanoseconds a frame, in a session that has seen `already` items.
fn frame_cost(already: u64) {
    let (mut ours, mut least) = (Vec::new(), Vec::new());
    let mut allocations = 0;
    for _ in 0..ROUNDS {
        let mut session = live::session(1);
        let mut out = Vec::new();
        for number in 0..already {
            live::receive(&mut session, frames::agent_message(number), &mut out);
            out.clear();
        }
        let texts: Vec<String> = (already..already + FRAMES).map(frames::agent_message).collect();
        let start = Instant::now();
        for text in &texts {
            black_box(floor::read(black_box(text)));
        }
        least.push(per_frame(start));
        let info = allocation_counter::measure(|| {
            let start = Instant::now();
            for text in texts {
                live::receive(&mut session, black_box(text), &mut out);
                black_box(&out);
                out.clear();
            }
            ours.push(per_frame(start));
        });
        allocations = info.count_total;
    }
    let (ours, least) = (median(&mut ours), median(&mut least));
    let ratio = ours / least;
    let size = frames::agent_message(already).len();
    println!("a chat frame of {size} bytes, with {already} items in the transcript");
    println!("  session.handle          {ours:>8.0} ns");
    println!("  floor: serde_json alone {least:>8.0} ns, so a frame costs {ratio:.1} times the floor");
    println!("  allocations             {:>8.1} a frame", allocations as f64 / FRAMES as f64);
}

fn per_frame(start: Instant) -> f64 {
    start.elapsed().as_nanos() as f64 / FRAMES as f64
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
