//! What is written of questions under way, and how they come back in another process.

use super::*;
use crate::machine::saved::Thaw;
use crate::time::{Now, WallTime};

const TAKEN: WallTime = WallTime::from_unix_millis(1_000_000);

/// Written now, read by a host whose time has just begun, `away` seconds later. Questions are written as text.
fn restored(desk: &Desk, away: u64) -> Desk {
    let saved = desk.queries.save(desk.now, |question| question.to_string());
    let text = serde_json::to_string(&saved).unwrap();
    let saved: Vec<SavedQuery<String>> = serde_json::from_str(&text).unwrap();
    let thaw = Thaw::new(Now::new(Timestamp::ZERO, TAKEN + secs(away)), TAKEN);
    let mut back = Desk { now: Timestamp::ZERO, ..Desk::new() };
    back.queries.restore(&BackoffPolicy::default(), saved, thaw, |text: String| text.parse().unwrap());
    back
}

#[test]
fn questions_come_back_as_they_stood() {
    let mut desk = Desk::asked(&[1, 2]);
    desk.queries.put(c(3), 3);
    desk.settle(2, try_after(secs(90)));
    let mut back = restored(&desk, 30);
    assert_eq!(back.queries.iter().collect::<Vec<_>>(), [(c(1), &1), (c(2), &2), (c(3), &3)]);
    assert_eq!(back.queries.asked(), [c(1)]);
    assert_eq!((back.next(), back.next()), (Some(3), None), "what was wanted still is");
    assert_eq!(back.armed(), Some(Timestamp::from_secs(60)), "less the time away");
    assert_eq!(back.queries.asked(), [c(1), c(3)]);
    assert_eq!(back.queries.answered(c(1)), Some(1));
}

#[test]
fn tries_and_denials_count_on() {
    let mut desk = Desk::asked(&[1]);
    for _ in 1..TRIES {
        assert_eq!(desk.settle(1, try_again()), None);
        desk.wake();
        assert_eq!(desk.next(), Some(1));
    }
    assert_eq!(restored(&desk, 0).settle(1, try_again()), Some(failure()), "that was the last");

    let mut desk = Desk::asked(&[1]);
    for _ in 0..MOST_DENIALS {
        assert_eq!(desk.settle(1, denied()), None);
        assert_eq!(desk.next(), Some(1));
    }
    assert_eq!(restored(&desk, 0).settle(1, denied()), Some(failure()));
}
