use std::time::Duration;

use super::*;

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

#[cfg(target_os = "linux")]
#[test]
fn the_system_says_for_how_long_it_was_suspended() {
    let reading = system::reading();
    let (least, most) = (reading.least, reading.most);
    assert!(least <= most, "{least:?} {most:?}");
    assert!(most - least < Duration::from_secs(1), "{least:?} {most:?}");
}
