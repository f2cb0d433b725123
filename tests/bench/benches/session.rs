//! What a session weighs, and what a frame costs: `cargo bench -p helpline-bench`.
//!
//! Times are of this machine and this minute, so each is shown beside the floor measured in the same run: reading
//! the same frames once with serde_json into borrowed fields. Allocations are counted, and the same every time.

use std::hint::black_box;
use std::time::Instant;

use helpline_bench::{floor, frames, live};

const FRAMES: u64 = 5_000;
const ROUNDS: usize = 9;

fn main() {
    weight();
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
