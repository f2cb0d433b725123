use super::*;

mod runs;
mod snapshot;

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

fn at(secs: u64) -> Timestamp {
    Timestamp::from_secs(secs)
}

const fn m(number: u64) -> Mark<u64> {
    Mark { position: number, message: MessageKey::from_u64(number) }
}

const fn send(kind: ReceiptKind, number: u64) -> Send {
    Send { kind, message: MessageKey::from_u64(number) }
}

const fn read(number: u64) -> Send {
    send(ReceiptKind::Read, number)
}

const fn delivered(number: u64) -> Send {
    send(ReceiptKind::Delivered, number)
}

const AGAIN: Outcome = Outcome::TryAgain { not_before: None };

fn latest() -> Receipts<u64> {
    Receipts::new(ReceiptPolicy::default(), 1_000)
}

fn each(cap: usize) -> Receipts<u64> {
    Receipts::new(ReceiptPolicy { style: ReceiptStyle::Each, ..ReceiptPolicy::default() }, cap)
}

fn armed(receipts: &Receipts<u64>) -> Option<Timestamp> {
    receipts.next_alarm().map(|alarm| {
        assert_eq!(alarm.why, DeadlineReason::ReceiptFlush);
        alarm.at
    })
}

#[test]
fn nothing_is_armed_while_nothing_is_marked() {
    let mut receipts = latest();
    assert_eq!((armed(&receipts), receipts.len()), (None, 0));
    assert_eq!(receipts.due(at(100)), []);
}

#[test]
fn of_several_reads_in_a_window_only_the_latest_goes() {
    let mut receipts = latest();
    assert!(receipts.read(at(0), m(1)));
    assert!(receipts.read(at(2), m(2)));
    assert!(receipts.read(at(4), m(3)));
    assert_eq!(armed(&receipts), Some(at(5)), "the window does not slide");
    assert_eq!(receipts.due(at(4)), []);
    assert_eq!(receipts.due(at(5)), [read(3)]);
    assert!(receipts.settled(at(6), read(3), Outcome::Sent));
    assert_eq!((armed(&receipts), receipts.len()), (None, 0));
}

#[test]
fn latest_is_by_the_transcript_and_not_by_the_calls() {
    let mut receipts = latest();
    assert!(receipts.read(at(0), m(9)));
    assert!(!receipts.read(at(1), m(3)));
    assert!(!receipts.delivered(at(1), m(9)));
    assert_eq!(receipts.due(at(5)), [read(9)]);
}

#[test]
fn read_implies_delivered() {
    let mut receipts = latest();
    assert!(receipts.delivered(at(0), m(1)));
    assert!(receipts.read(at(1), m(2)));
    assert!(!receipts.delivered(at(1), m(2)));
    assert_eq!(receipts.due(at(5)), [read(2)]);
    assert!(!receipts.delivered(at(6), m(1)), "covered by one on its way");
    receipts.settled(at(6), read(2), Outcome::Sent);
    assert!(!receipts.delivered(at(7), m(2)), "covered by one that is done");
    assert!(receipts.delivered(at(7), m(3)));
}

#[test]
fn read_goes_before_a_delivered_that_is_further() {
    let mut receipts = latest();
    assert!(receipts.delivered(at(0), m(2)));
    assert!(receipts.read(at(0), m(1)));
    assert_eq!(receipts.due(at(5)), [read(1), delivered(2)]);
}

#[test]
fn a_delivered_too_late_for_its_window_gets_one_of_its_own() {
    let mut receipts = latest();
    assert!(receipts.read(at(0), m(1)));
    assert!(receipts.delivered(at(4), m(2)));
    assert_eq!(receipts.due(at(5)), [read(1)]);
    assert_eq!((armed(&receipts), receipts.len()), (None, 2), "one flight at a time");
    receipts.settled(at(6), read(1), Outcome::Sent);
    assert_eq!(armed(&receipts), Some(at(10)));
    assert_eq!(receipts.due(at(10)), [delivered(2)]);
}

#[test]
fn a_delay_longer_than_the_window_moves_the_alarm_and_does_not_wake_for_nothing() {
    let policy = ReceiptPolicy { delivered_delay: secs(20), ..ReceiptPolicy::default() };
    let mut receipts = Receipts::new(policy, 1_000);
    receipts.delivered(at(0), m(1));
    assert_eq!(armed(&receipts), Some(at(20)));
    receipts.read(at(1), m(1));
    assert_eq!(armed(&receipts), Some(at(5)));
}

#[test]
fn the_next_window_waits_for_the_flight() {
    let mut receipts = latest();
    receipts.read(at(0), m(1));
    assert_eq!(receipts.due(at(5)), [read(1)]);
    assert!(receipts.read(at(6), m(2)));
    assert_eq!((armed(&receipts), receipts.due(at(60))), (None, vec![]));
    receipts.settled(at(70), read(1), Outcome::Sent);
    assert_eq!(armed(&receipts), Some(at(11)));
    assert_eq!(receipts.due(at(70)), [read(2)]);
}

#[test]
fn a_failed_receipt_goes_with_the_next_window_unless_covered() {
    let mut receipts = latest();
    receipts.read(at(0), m(1));
    receipts.due(at(5));
    receipts.settled(at(6), read(1), AGAIN);
    assert_eq!(armed(&receipts), Some(at(11)));
    assert_eq!(receipts.due(at(11)), [read(1)]);
    receipts.read(at(12), m(2));
    receipts.settled(at(13), read(1), AGAIN);
    assert_eq!(receipts.len(), 1);
    assert_eq!(receipts.due(at(17)), [read(2)]);
}

#[test]
fn a_failed_receipt_waits_for_the_time_the_server_asked_for() {
    let mut receipts = latest();
    receipts.read(at(0), m(1));
    receipts.due(at(5));
    receipts.settled(at(6), read(1), Outcome::TryAgain { not_before: Some(at(60)) });
    assert_eq!(armed(&receipts), Some(at(60)));
    receipts.read(at(7), m(2));
    assert_eq!(armed(&receipts), Some(at(60)), "that is for all, not for this one");
    receipts.delivered(at(8), m(3));
    assert_eq!(receipts.due(at(60)), [read(2), delivered(3)]);
    receipts.settled(at(61), read(2), Outcome::TryAgain { not_before: Some(at(120)) });
    receipts.settled(at(62), delivered(3), Outcome::TryAgain { not_before: Some(at(90)) });
    assert_eq!(armed(&receipts), Some(at(120)), "of two times the later");
}

#[test]
fn a_failed_receipt_is_not_repeated_without_end_when_the_window_is_zero() {
    let policy =
        ReceiptPolicy { window: Duration::ZERO, delivered_delay: Duration::ZERO, ..ReceiptPolicy::default() };
    let mut receipts = Receipts::new(policy, 1_000);
    receipts.delivered(at(0), m(1));
    assert_eq!(receipts.due(at(0)), [delivered(1)]);
    receipts.settled(at(0), delivered(1), AGAIN);
    assert_eq!(armed(&receipts), Some(at(1)));
}

#[test]
fn a_receipt_that_would_never_work_is_dropped_and_done() {
    let mut receipts = latest();
    receipts.read(at(0), m(1));
    receipts.due(at(5));
    assert!(receipts.settled(at(6), read(1), Outcome::Drop));
    assert!(!receipts.read(at(7), m(1)));
    assert_eq!((armed(&receipts), receipts.len()), (None, 0));
}

#[test]
fn an_outcome_of_nothing_on_its_way_changes_nothing() {
    let mut receipts = latest();
    receipts.read(at(0), m(1));
    let before = receipts.clone();
    assert!(!receipts.settled(at(1), read(1), Outcome::Sent));
    assert_eq!(receipts, before);
}

#[test]
fn while_held_nothing_is_due_and_all_is_kept() {
    let mut receipts = latest();
    receipts.hold();
    assert!(receipts.read(at(0), m(1)));
    assert!(receipts.delivered(at(0), m(2)));
    assert_eq!((armed(&receipts), receipts.due(at(100))), (None, vec![]));
    receipts.release();
    assert_eq!(receipts.due(at(100)), [read(1), delivered(2)]);
}

#[test]
fn after_the_end_there_is_nothing() {
    let mut receipts = latest();
    receipts.read(at(0), m(1));
    receipts.due(at(5));
    receipts.read(at(6), m(2));
    receipts.end();
    assert!(!receipts.settled(at(7), read(1), AGAIN));
    assert!(!receipts.read(at(7), m(3)));
    receipts.release();
    assert_eq!((armed(&receipts), receipts.due(at(100)), receipts.len()), (None, vec![], 0));
}

#[test]
fn off_means_off_and_on_again_takes_up_what_was_not_sent() {
    let off = ReceiptPolicy { enabled: false, ..ReceiptPolicy::default() };
    let mut receipts = latest();
    receipts.read(at(0), m(1));
    receipts.set_policy(off);
    assert_eq!((armed(&receipts), receipts.len()), (None, 0));
    assert!(!receipts.read(at(1), m(1)));
    receipts.set_policy(ReceiptPolicy::default());
    assert!(receipts.read(at(2), m(1)));
}

#[test]
fn an_arrival_is_marked_only_where_the_policy_says_so() {
    let mut receipts = latest();
    assert!(receipts.arrived(at(0), m(1)));
    let policy = ReceiptPolicy { automatic_delivered: false, ..ReceiptPolicy::default() };
    receipts.set_policy(policy.clone());
    assert_eq!(receipts.policy(), &policy);
    assert!(!receipts.arrived(at(0), m(2)));
    assert!(receipts.delivered(at(0), m(2)));
}

#[test]
fn a_flood_of_deliveries_neither_grows_nor_postpones() {
    let mut receipts = latest();
    let mut sent = Vec::new();
    for number in 1..=10_000 {
        let now = Timestamp::from_millis(number * 10);
        receipts.delivered(now, m(number));
        assert!(receipts.len() <= STEPS + 2);
        for receipt in receipts.due(now) {
            sent.push(now);
            receipts.settled(now, receipt, Outcome::Sent);
        }
    }
    assert!((15..=21).contains(&sent.len()), "{} in 100 s", sent.len());
}

#[test]
fn where_each_is_wanted_each_goes_in_the_transcripts_order() {
    let mut receipts = each(1_000);
    for number in [3, 1, 2] {
        assert!(receipts.read(at(0), m(number)));
    }
    assert!(receipts.delivered(at(0), m(4)));
    assert!(!receipts.delivered(at(0), m(2)), "read implies delivered for the same message");
    assert_eq!(receipts.due(at(5)), [read(1), read(2), read(3), delivered(4)]);
    assert!(receipts.read(at(5), m(4)));
}

#[test]
fn where_each_is_wanted_a_delivered_waits_for_its_delay_too() {
    let mut receipts = each(1_000);
    assert!(receipts.delivered(at(4), m(1)) && receipts.read(at(4), m(2)));
    assert_eq!(receipts.due(at(6)), []);
    assert!(receipts.delivered(at(8), m(3)));
    assert_eq!(receipts.due(at(9)), [delivered(1), read(2)]);
}

#[test]
fn the_style_is_the_providers_and_stays() {
    let mut receipts = each(1_000);
    receipts.set_policy(ReceiptPolicy::default());
    assert_eq!(receipts.policy().style, ReceiptStyle::Each);
}

#[test]
fn where_each_is_wanted_a_long_queue_goes_flight_by_flight() {
    let mut receipts = each(1_000);
    for number in 1..=20 {
        receipts.read(at(0), m(number));
    }
    let mut sizes = Vec::new();
    for _ in 0..3 {
        let flight = receipts.due(at(5));
        sizes.push(flight.len());
        for receipt in flight {
            assert!(receipts.settled(at(5), receipt, Outcome::Sent));
        }
    }
    assert_eq!((sizes, armed(&receipts)), (vec![8, 8, 4], None));
}

#[test]
fn where_each_is_wanted_the_oldest_are_dropped_beyond_the_cap() {
    let mut receipts = each(3);
    for number in 2..=5 {
        assert!(receipts.read(at(0), m(number)));
    }
    assert!(!receipts.read(at(0), m(1)), "older than all that wait");
    assert_eq!(receipts.due(at(5)), [read(3), read(4), read(5)]);
    assert!(!each(0).read(at(0), m(1)));
}

#[test]
fn where_each_is_wanted_what_is_forgotten_counts_as_done() {
    let mut receipts = each(2);
    for number in 1..=6 {
        receipts.read(at(number), m(number));
        for receipt in receipts.due(at(number) + secs(60)) {
            receipts.settled(at(number), receipt, Outcome::Sent);
        }
    }
    for number in 1..=6 {
        assert!(!receipts.read(at(100), m(number)), "m{number}");
    }
}

#[test]
fn what_the_provider_has_already_is_not_sent_and_a_higher_mark_still_is() {
    for mut receipts in [latest(), each(10)] {
        receipts.read(at(0), m(1));
        receipts.delivered(at(0), m(2));
        assert!(receipts.is_set(ReceiptKind::Delivered, 1), "it is news");
        assert!(!receipts.is_set(ReceiptKind::Delivered, 1));
        assert!(receipts.is_set(ReceiptKind::Delivered, 2));
        assert_eq!(receipts.due(at(5)), [read(1)]);
    }
}

#[test]
fn an_outcome_is_that_of_its_own_message() {
    let mut receipts = each(10);
    receipts.read(at(0), m(1));
    receipts.read(at(0), m(2));
    assert_eq!(receipts.due(at(5)), [read(1), read(2)]);
    assert!(receipts.settled(at(6), read(2), AGAIN));
    assert!(!receipts.settled(at(6), read(2), Outcome::Sent), "it is not on its way any more");
    assert!(receipts.settled(at(6), read(1), Outcome::Sent));
    assert_eq!(receipts.due(at(11)), [read(2)]);
}
