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

#[tokio::test(start_paused = true)]
async fn a_paused_clock_stands_still_and_moves_exactly() {
    let clock = Clock::new();
    let start = clock.now();
    std::thread::sleep(Duration::from_millis(5));
    for second in 1..100 {
        assert_eq!(clock.now(), Now::new(start.at + Duration::from_secs(second - 1), clock.now().wall));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(clock.now().at.saturating_since(start.at), Duration::from_secs(second));
    }
}

#[tokio::test(start_paused = true)]
async fn a_time_after_a_suspend_comes_sooner_by_tokios_clock() {
    let clock = Clock::new();
    let at = Timestamp::from_secs(60);
    let before = clock.instant(at).unwrap();
    clock.suspended.micros.store(20_000_000, Ordering::Relaxed);
    assert_eq!(before.duration_since(clock.instant(at).unwrap()), Duration::from_secs(20));
    assert_eq!(clock.now().at, Timestamp::from_secs(20));
}

#[cfg(target_os = "linux")]
#[test]
fn the_system_says_for_how_long_it_was_suspended() {
    let Reading { least, most } = system::reading();
    assert!(least <= most, "{least:?} {most:?}");
    assert!(most - least < Duration::from_secs(1), "{least:?} {most:?}");
}
