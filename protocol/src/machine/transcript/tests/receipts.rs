use super::*;
use crate::machine::transcript::early::MOST;
use proptest::prelude::*;

#[test]
fn marks_set_the_state_and_are_told_once() {
    let mut chat = Chat::new();
    let key = chat.push("hello");
    chat.confirm(key, taken("a", 1));
    let by = Some("agent-1".to_owned());
    let delivered = NewMark { message: key, kind: ReceiptKind::Delivered, by: by.clone(), at: at(2) };
    let read = NewMark { message: key, kind: ReceiptKind::Read, by, at: at(3) };
    assert_eq!(chat.mark("a", vec![receipt("agent-1", Some(2), None)]), [delivered]);
    assert_eq!(chat.item(key).status, Some(DeliveryStatus::Delivered));
    assert_eq!(chat.mark("a", vec![receipt("agent-1", Some(2), Some(3))]), [read]);
    assert_eq!(chat.item(key).status, Some(DeliveryStatus::Read));
    assert_eq!(chat.mark("a", vec![receipt("agent-1", Some(9), Some(9))]), []);
    assert_eq!(chat.item(key).receipts, [receipt("agent-1", Some(2), Some(3))]);
}

#[test]
fn a_late_delivered_does_not_unread() {
    let mut chat = Chat::new();
    let key = chat.push("hello");
    chat.confirm(key, taken("a", 1));
    let mark = |kind, by: &str, time| NewMark { message: key, kind, by: Some(by.to_owned()), at: at(time) };
    let read = mark(ReceiptKind::Read, "agent-1", 3);
    assert_eq!(chat.mark("a", vec![receipt("agent-1", None, Some(3))]), [read]);
    assert_eq!(chat.item(key).status, Some(DeliveryStatus::Read));
    // Who has read it has had it delivered: no news, but kept, and the change is told, once.
    let late = || vec![receipt("agent-1", Some(2), None)];
    let mut changes = Vec::new();
    assert_eq!(chat.clone().transcript.mark("a", late(), &mut changes), []);
    assert!(matches!(&changes[..], [TranscriptChange::Changed { .. }]), "{changes:?}");
    assert_eq!(chat.mark("a", late()), []);
    assert_eq!(chat.item(key).status, Some(DeliveryStatus::Read));
    assert_eq!(chat.item(key).receipts, [receipt("agent-1", Some(2), Some(3))]);
    changes.clear();
    assert_eq!(chat.clone().transcript.mark("a", late(), &mut changes), []);
    assert_eq!(changes, []);
    // Of another recipient it is news still.
    let news = mark(ReceiptKind::Delivered, "agent-2", 4);
    assert_eq!(chat.mark("a", vec![receipt("agent-2", Some(4), None)]), [news]);
    assert_eq!(chat.item(key).status, Some(DeliveryStatus::Read), "one of them has read it");
    assert_eq!(chat.item(key).receipts.len(), 2);
}

#[test]
fn a_late_delivered_is_no_news_by_whichever_way_it_comes() {
    let by = "agent-1";
    let late = || vec![receipt(by, Some(2), None)];
    // In one go both are news; the other way round only the first is.
    for (first, second, news) in [
        (receipt(by, Some(2), Some(3)), receipt(by, Some(9), None), [2, 0]),
        (receipt(by, None, Some(3)), receipt(by, Some(2), Some(3)), [1, 0]),
        (receipt(by, Some(2), None), receipt(by, Some(2), Some(3)), [1, 1]),
    ] {
        let mut chat = Chat::new();
        let key = chat.push("hello");
        chat.confirm(key, taken("a", 1));
        let told = [first, second].map(|one| chat.mark("a", vec![one]).len());
        assert_eq!(told, news);
        assert_eq!(chat.item(key).receipts, [receipt(by, Some(2), Some(3))]);
    }
    // Within an item.
    let mut chat = Chat::new();
    let key = chat.push("hello");
    chat.confirm(key, taken("a", 1));
    chat.mark("a", vec![receipt(by, None, Some(3))]);
    let page = WireItem { receipts: late(), ..echo("a", 1, "hello") };
    assert_eq!(chat.merge(page, US, None).expect("taken").marks, []);
    assert_eq!(chat.item(key).receipts, [receipt(by, Some(2), Some(3))]);
    // Of several at once, each by its own.
    let mut chat = Chat::new();
    let key = chat.hear(said("a", 1, "hi"));
    chat.mark("a", vec![receipt(by, None, Some(3))]);
    let marks = chat.mark("a", vec![receipt("agent-2", Some(2), None), receipt(by, Some(2), None)]);
    let told: Vec<_> = marks.iter().map(|mark| (mark.message, mark.kind, mark.by.as_deref())).collect();
    assert_eq!(told, [(key, ReceiptKind::Delivered, Some("agent-2"))]);
}

#[test]
fn a_receipt_before_its_message_waits_for_it() {
    let mut chat = Chat::new();
    assert_eq!(chat.mark("a", vec![receipt("agent-1", Some(2), Some(3))]), []);
    assert_eq!(chat.transcript.len(), 0);
    let key = chat.push("hello");
    chat.confirm(key, taken("a", 1));
    assert_eq!(chat.item(key).status, Some(DeliveryStatus::Read));

    let mut chat = Chat::new();
    chat.mark("a", vec![receipt("agent-1", Some(2), None)]);
    let key = chat.merge(echo("a", 1, "hello"), US, None).expect("taken").key;
    assert_eq!(chat.item(key).status, Some(DeliveryStatus::Delivered));

    let mut chat = Chat::new();
    let key = chat.push("hello");
    chat.mark("a", vec![receipt("agent-1", Some(2), None)]);
    let merged = chat.merge(echo("a", 1, "hello"), US, Some(key)).expect("taken");
    assert_eq!(
        (merged.new, merged.marks.len()),
        (false, 0),
        "whether it is for that message is not certain yet"
    );
    assert_eq!(chat.confirm(key, taken("a", 1)).len(), 1, "it was here, and the mark is news");
    assert_eq!(chat.item(key).status, Some(DeliveryStatus::Delivered));
}

/// Of two messages with the same text the echo of one is first taken for the other's. A mark that was told cannot be
/// taken back.
#[test]
fn marks_of_an_echo_wait_until_it_is_certain_whose_it_is() {
    let read = || vec![receipt("agent-1", Some(2), Some(3))];
    let looks_like_it = || {
        let mut chat = Chat::new();
        let key = chat.push("hello");
        chat.merge(WireItem { receipts: read(), ..echo("a", 1, "hello") }, US, Some(key));
        assert_eq!(chat.mark("a", vec![receipt("agent-2", Some(4), None)]), []);
        assert_eq!(
            (chat.item(key).status.clone(), chat.item(key).receipts.len()),
            (Some(DeliveryStatus::Sent), 0)
        );
        (chat, key)
    };

    let (mut chat, key) = looks_like_it();
    assert_eq!(chat.confirm(key, taken("b", 2)), [], "it was another's");
    assert_eq!(chat.item(key).status, Some(DeliveryStatus::Sent));
    let other = chat.transcript.key_of("a").expect("an item of its own");
    assert_eq!(
        (chat.item(other).status.clone(), chat.item(other).receipts.len()),
        (Some(DeliveryStatus::Read), 2)
    );
    assert_eq!(chat.mark("b", read()).len(), 2, "news of this one");

    let (mut chat, key) = looks_like_it();
    assert_eq!(chat.confirm(key, taken("a", 1)).len(), 3);
    assert_eq!(chat.item(key).status, Some(DeliveryStatus::Read));

    let (mut chat, key) = looks_like_it();
    let mut changes = Vec::new();
    assert_eq!(chat.transcript.believe(key, &mut changes).len(), 3, "no answer will tell");
    assert_eq!((chat.item(key).status.clone(), changes.len()), (Some(DeliveryStatus::Read), 1));
    assert_eq!(chat.transcript.believe(key, &mut changes), [], "once");
}

#[test]
fn receipts_that_say_little_many_times_before_the_message_do_not_crowd_out_the_one_that_counts() {
    let mut chat = Chat::new();
    for _ in 0..RECIPIENTS * 2 {
        chat.mark("a", vec![receipt("agent-1", Some(2), None)]);
    }
    chat.mark("a", vec![receipt("agent-1", Some(2), Some(3))]);
    let key = chat.merge(echo("a", 1, "hello"), US, None).expect("taken").key;
    assert_eq!(chat.item(key).receipts, [receipt("agent-1", Some(2), Some(3))]);
}

#[test]
fn receipts_within_an_item_repair_what_was_missed() {
    let mut chat = Chat::new();
    let key = chat.push("hello");
    chat.confirm(key, taken("a", 1));
    let page = WireItem { receipts: vec![receipt("agent-1", Some(2), Some(3))], ..echo("a", 1, "hello") };
    let merged = chat.merge(page, US, None).expect("taken");
    assert_eq!(merged.marks.len(), 2);
    assert_eq!(chat.item(key).status, Some(DeliveryStatus::Read));
}

#[test]
fn receipts_for_what_others_said_are_kept_and_give_it_no_state() {
    let mut chat = Chat::new();
    let key = chat.hear(said("a", 1, "hi"));
    assert_eq!(chat.mark("a", vec![receipt("supervisor", None, Some(2))]).len(), 1);
    assert_eq!(chat.item(key).status, None);
    assert_eq!(chat.item(key).receipts.len(), 1);
}

#[test]
fn a_receipt_that_says_nothing_changes_nothing() {
    let mut chat = Chat::new();
    let key = chat.hear(said("a", 1, "hi"));
    assert_eq!(chat.mark("a", vec![receipt("agent-1", None, None)]), []);
    assert_eq!(chat.item(key).receipts, []);
}

#[test]
fn a_flood_of_recipients_and_of_strange_ids_is_bounded() {
    let mut chat = Chat::new();
    let key = chat.hear(said("a", 1, "hi"));
    for number in 0..RECIPIENTS * 3 {
        let flood = vec![receipt(&format!("r{number}"), Some(1), None)];
        chat.mark("a", flood.clone());
        chat.mark("early", flood);
    }
    assert_eq!(chat.item(key).receipts.len(), RECIPIENTS);
    let early = chat.hear(said("early", 2, "hi"));
    assert_eq!(chat.item(early).receipts.len(), RECIPIENTS);
    for number in 0..MOST * 2 {
        chat.transcript.mark(&format!("stray-{number}"), vec![receipt("r", Some(1), None)], &mut Vec::new());
    }
    assert_eq!(chat.transcript.early_receipts.len(), MOST);
    // The latest to come are remembered, however many strays there were before.
    chat.mark("late", vec![receipt("r", Some(1), None)]);
    let late = chat.hear(said("late", 3, "hi"));
    assert_eq!(chat.item(late).receipts.len(), 1);
    // A recipient who is followed already is still heard.
    assert_eq!(chat.mark("a", vec![receipt("r0", Some(1), Some(2))]).len(), 1);
}

const fn rank_by_hand(status: &DeliveryStatus) -> u8 {
    match status {
        DeliveryStatus::Queued
        | DeliveryStatus::Sending
        | DeliveryStatus::Failed { .. }
        | DeliveryStatus::Uncertain { .. } => 0,
        DeliveryStatus::Sent => 1,
        DeliveryStatus::Delivered => 2,
        DeliveryStatus::Read => 3,
    }
}

fn receipts() -> impl Strategy<Value = Vec<Receipt>> {
    let one = (0..3_u8, prop::option::of(0..9_i64), prop::option::of(0..9_i64))
        .prop_map(|(by, delivered, read)| receipt(&format!("r{by}"), delivered, read));
    prop::collection::vec(one, 0..4)
}

proptest! {
    /// P8: whatever comes, and in whatever form, marks and states of a message only ever rise, and each mark
    /// is told once: every one that is news, and no delivery to one who had read it.
    #[test]
    fn marks_and_states_only_rise(
        steps in prop::collection::vec((0..5_u8, receipts(), 0..7_usize), 0..40),
    ) {
        use DeliveryStatus::{Delivered, Queued, Read, Sending, Sent};
        let mut chat = Chat::new();
        let key = chat.push("hello");
        let mut told: Vec<(ReceiptKind, Option<String>)> = Vec::new();
        for (step, receipts, status) in steps {
            let before = chat.item(key).clone();
            let marks = match step {
                0 => {
                    chat.confirm(key, taken("a", 1));
                    Vec::new()
                }
                1 => {
                    let bound = before.server_id.is_none().then_some(key);
                    let wire = WireItem { receipts, ..echo("a", 1, "hello") };
                    chat.merge(wire, US, bound).expect("taken").marks
                }
                2 => {
                    let failed = DeliveryStatus::Failed { failure: Failure::from(TransportFault::TimedOut) };
                    let all = [Queued, Sending, failed, uncertain(), Sent, Delivered, Read];
                    chat.status(key, all[status].clone());
                    Vec::new()
                }
                _ => chat.mark("a", receipts),
            };
            let after = chat.item(key);
            // A confirmation's marks are not looked at here.
            for receipt in after.receipts.iter().filter(|_| step != 0) {
                let known = before.receipts.iter().find(|known| known.by == receipt.by);
                let read_before = known.and_then(|known| known.read_at);
                let delivered_before = known.and_then(|known| known.delivered_at);
                let times = |kind| -> Vec<_> {
                    let of = marks.iter().filter(|mark| mark.kind == kind && mark.by == receipt.by);
                    of.map(|mark| Some(mark.at)).collect()
                };
                let new = |now, before| if now == before { Vec::new() } else { vec![now] };
                let read = new(receipt.read_at, read_before);
                let delivered = new(receipt.delivered_at, delivered_before);
                let told_now = times(ReceiptKind::Delivered);
                prop_assert_eq!(times(ReceiptKind::Read), read.clone());
                if read_before.is_some() {
                    prop_assert_eq!(told_now, [], "delivered to one who has read it");
                } else if read.is_empty() {
                    prop_assert_eq!(told_now, delivered);
                } else {
                    // Both at once: it depends on which was said first.
                    prop_assert!(told_now.is_empty() || told_now == delivered);
                }
            }
            for mark in marks {
                prop_assert_eq!(mark.message, key);
                prop_assert!(!told.contains(&(mark.kind, mark.by.clone())));
                told.push((mark.kind, mark.by));
            }
            let rank = |item: &TranscriptItem| item.status.as_ref().map(rank_by_hand);
            prop_assert!(rank(after) >= rank(&before), "{:?} to {:?}", before.status, after.status);
            for known in &before.receipts {
                let now = after.receipts.iter().find(|receipt| receipt.by == known.by).expect("still there");
                prop_assert!(known.delivered_at.is_none() || now.delivered_at == known.delivered_at);
                prop_assert!(known.read_at.is_none() || now.read_at == known.read_at);
            }
            let read = after.receipts.iter().any(|receipt| receipt.read_at.is_some());
            prop_assert!(!read || after.status == Some(Read));
        }
    }
}
