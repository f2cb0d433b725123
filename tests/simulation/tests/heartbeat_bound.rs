//! A dead line is noticed within interval + wait, whenever it dies.

use std::time::Duration;

use helpline_protocol::{Command, Event, LostReason, Policy};
use helpline_simulation::{World, WorldConfig};

/// How long after its death at `died` the session says that the line is dead.
fn noticed_after(policy: Policy, died: u64) -> u64 {
    let mut world = World::new(WorldConfig { policy, ..WorldConfig::default() });
    world.execute(Command::Connect).unwrap();
    world.run_until(died);
    world.set_line_down(true);
    world.run_for(60_000);
    let silent = |event: &Event| matches!(event, Event::ConnectionLost { reason: LostReason::Silent { .. } });
    let line = world.lines.iter().find(|line| silent(&line.event));
    line.unwrap_or_else(|| panic!("a line that died at {died} was never noticed")).at - died
}

fn worst(policy: &Policy, bound: u64) -> u64 {
    (0..200).map(|step| noticed_after(policy.clone(), 5_000 + step * bound / 100)).max().unwrap()
}

#[test]
fn with_the_vendors_numbers_within_twenty_seconds() {
    let worst = worst(&Policy::amazon_connect(), 20_000);
    println!("noticed after {worst} ms at the latest");
    assert!(worst <= 20_000, "{worst} ms");
}

#[test]
fn with_one_second_each_within_two_seconds() {
    let second = Duration::from_secs(1);
    let policy = Policy::amazon_connect().with_heartbeat_interval(second).with_heartbeat_wait(second);
    let worst = worst(&policy, 2_000);
    println!("noticed after {worst} ms at the latest");
    assert!(worst <= 2_000, "{worst} ms");
}

#[test]
fn a_line_that_answers_is_never_declared_dead() {
    let second = Duration::from_secs(1);
    for latency in [0, 1, 100, 480] {
        let mut world = World::new(WorldConfig {
            policy: Policy::amazon_connect().with_heartbeat_interval(second).with_heartbeat_wait(second),
            latency: helpline_simulation::Latency { http: latency, socket: latency },
            ..WorldConfig::default()
        });
        world.execute(Command::Connect).unwrap();
        world.run_until(600_000);
        let lost = world.lines.iter().find(|line| matches!(line.event, Event::ConnectionLost { .. }));
        assert_eq!(lost, None, "with {latency} ms each way");
    }
}
