use super::*;

fn reading(least: u64, most: u64) -> Reading {
    Reading { least: Duration::from_micros(least), most: Duration::from_micros(most) }
}

#[test]
fn a_thread_that_was_held_up_between_the_clocks_moves_no_time() {
    let suspended = Suspended::since(reading(1_000_000, 1_000_001));
    for slow in [0, 1, 1_000, 1_000_000] {
        assert_eq!(suspended.until(reading(1_000_001 - slow, 1_000_001 + slow)), Duration::ZERO);
    }
    let slow_at_first = Suspended::since(reading(0, 5_000_000));
    assert_eq!(slow_at_first.until(reading(4_000_000, 4_000_001)), Duration::ZERO);
}

#[test]
fn a_suspend_counts_and_never_less_later() {
    let suspended = Suspended::since(reading(10, 11));
    assert_eq!(suspended.until(reading(3_600_000_011, 3_600_000_012)), Duration::from_secs(3600));
    assert_eq!(suspended.until(reading(12, 7_000_000_000)), Duration::from_secs(3600));
    assert_eq!(suspended.so_far(), Duration::from_secs(3600));
}

#[test]
fn what_lies_between_two_readings_of_one_clock_may_be_suspend_or_not() {
    let micros = Duration::from_micros;
    assert_eq!(Reading::new(micros(10), micros(35), micros(12)), reading(23, 25));
    assert_eq!(Reading::new(micros(10), micros(11), micros(12)), reading(0, 1));
}

#[test]
fn a_time_after_a_suspend_comes_sooner_by_the_clock_of_the_runtime() {
    let clock = Clock::new(Duration::from_secs(1_000), reading(10, 10));
    let at = Timestamp::from_secs(60);
    assert_eq!(clock.elapsed_at(at), Duration::from_secs(60));
    let now = clock.now(Duration::from_secs(1), reading(20_000_010, 20_000_010));
    assert_eq!(now.at, Timestamp::from_secs(21));
    assert_eq!(now.wall, WallTime::EPOCH + Duration::from_secs(1_021));
    assert_eq!(clock.elapsed_at(at), Duration::from_secs(40));
}
