//! What is written of receipts, and how they come back in another process: nothing that is done is told twice, and
//! nothing that waits is lost.

use super::*;
use crate::machine::saved::Thaw;
use crate::time::{Now, WallTime};

/// Written at `now`, read by a host whose time has just begun, `away` seconds later.
fn restored(receipts: &Receipts<u64>, now: u64, away: u64, cap: usize) -> Receipts<u64> {
    let text = serde_json::to_string(&receipts.save(at(now))).unwrap();
    let saved: SavedReceipts<u64> = serde_json::from_str(&text).unwrap();
    assert_eq!(saved.len(), receipts.len());
    let taken = WallTime::from_unix_millis(1_000_000);
    let thaw = Thaw::new(Now::new(Timestamp::ZERO, taken + secs(away)), taken);
    let style = receipts.policy().style;
    Receipts::restore(ReceiptPolicy { style, ..ReceiptPolicy::default() }, cap, saved, thaw)
}

#[test]
fn it_says_what_is_in_it() {
    let mut receipts = latest();
    receipts.read(at(0), m(1));
    receipts.due(at(5));
    receipts.delivered(at(6), m(2));
    receipts.read(at(6), m(3));
    receipts.delivered(at(6), m(4));
    let saved = receipts.save(at(6));
    let keys: Vec<_> = saved.keys().map(MessageKey::as_u64).collect();
    assert_eq!((saved.len(), keys), (3, vec![3, 4, 1]), "those that wait, and the one on its way");
}

#[test]
fn what_is_done_stays_done() {
    for mut receipts in [latest(), each(10)] {
        receipts.read(at(0), m(2));
        receipts.due(at(5));
        receipts.settled(at(5), read(2), Outcome::Sent);
        let mut back = restored(&receipts, 6, 0, 10);
        assert!(!back.read(at(0), m(2)) && !back.delivered(at(0), m(2)));
        assert!(back.read(at(0), m(3)));
    }
}

#[test]
fn what_waits_goes_when_it_would_have_gone_less_the_time_away() {
    let mut receipts = latest();
    receipts.read(at(0), m(1));
    receipts.delivered(at(4), m(2));
    let mut back = restored(&receipts, 4, 0, 10);
    assert_eq!(armed(&back), Some(at(1)));
    assert_eq!(back.due(at(1)), [read(1)], "the other is not ready yet");
    assert_eq!(restored(&receipts, 4, 60, 10).due(at(0)), [read(1), delivered(2)]);
}

#[test]
fn what_is_on_its_way_is_so_still_until_it_is_settled() {
    let mut receipts = latest();
    receipts.read(at(0), m(1));
    receipts.due(at(5));
    assert_eq!(receipts.on_their_way(), [read(1)]);
    let mut back = restored(&receipts, 6, 0, 10);
    assert_eq!(back.on_their_way(), [read(1)]);
    assert_eq!((armed(&back), back.due(at(100))), (None, vec![]));
    assert!(back.settled(at(100), read(1), AGAIN));
    assert_eq!(back.due(at(105)), [read(1)]);
}

#[test]
fn the_servers_word_on_when_to_come_back_is_kept() {
    let mut receipts = latest();
    receipts.read(at(0), m(1));
    receipts.due(at(5));
    receipts.settled(at(6), read(1), Outcome::TryAgain { not_before: Some(at(66)) });
    assert_eq!(armed(&restored(&receipts, 6, 0, 10)), Some(at(60)));
    assert_eq!(armed(&restored(&receipts, 6, 45, 10)), Some(at(15)));
}

#[test]
fn what_the_user_changed_of_the_policy_stays_changed() {
    let mut receipts = latest();
    let changed = ReceiptPolicy {
        enabled: false,
        automatic_delivered: false,
        window: secs(9),
        delivered_delay: Duration::from_micros(1),
        style: ReceiptStyle::LatestOfKind,
    };
    receipts.set_policy(changed.clone());
    assert_eq!(restored(&receipts, 0, 0, 10).policy(), &changed);
}

#[test]
fn what_is_remembered_keeps_within_the_cap_of_the_new_configuration() {
    let mut receipts = each(10);
    for number in 1..=4 {
        receipts.is_set(ReceiptKind::Read, number);
    }
    let mut back = restored(&receipts, 0, 0, 2);
    back.is_set(ReceiptKind::Read, 9);
    assert!(!back.read(at(0), m(2)), "forgotten, and so counted as done");
    assert!(back.read(at(0), m(5)));
    let written = serde_json::to_value(back.save(at(0))).unwrap();
    assert_eq!(written["covered"]["each"]["done"], serde_json::json!([[4, "read"], [9, "read"]]));
}
