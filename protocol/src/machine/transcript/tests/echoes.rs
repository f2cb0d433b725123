//! An own message comes back over the link, before its answer or after it.

use super::*;
use crate::model::ProcessingStatus;

#[test]
fn the_answer_settles_a_message_at_the_providers_time() {
    let mut chat = Chat::new();
    let key = chat.push("hello");
    chat.hear(said("x", 20, "later"));
    chat.confirm(key, taken("a", 10));
    assert_eq!(chat.words(), ["hello", "later"]);
    let item = chat.item(key);
    assert_eq!((item.server_id.as_deref(), item.at), (Some("a"), at(10)));
    assert_eq!(item.status, Some(DeliveryStatus::Sent));
}

#[test]
fn the_key_that_the_user_knows_stays_whichever_comes_first() {
    let answer_first = {
        let mut chat = Chat::new();
        let key = chat.push("hello");
        chat.confirm(key, taken("a", 10));
        assert_eq!(chat.merge(echo("a", 10, "hello"), US, None).map(|merged| merged.key), Some(key));
        chat
    };
    for bound in [false, true] {
        let mut chat = Chat::new();
        let key = chat.push("hello");
        chat.merge(echo("a", 10, "hello"), US, bound.then_some(key));
        chat.confirm(key, taken("a", 10));
        assert_eq!(chat.mirror, answer_first.mirror, "bound: {bound}");
    }
}

/// One thing that happens to an own message after it was handed over.
#[derive(Clone, Copy, Debug)]
enum Step {
    Answer,
    Echo,
    History,
    Read,
    Other,
}

/// The provider trims what it shows, and writes another time than it answered with: what it shows counts.
#[test]
fn an_own_message_ends_the_same_in_every_order_of_answer_echo_and_receipt() {
    let mut first: Option<(Step, Vec<TranscriptItem>)> = None;
    let steps = [Step::Answer, Step::Echo, Step::History, Step::Read, Step::Other];
    for shown in ["hello", "hello "] {
        every_order(&steps, &mut |order| {
            let mut chat = Chat::new();
            let key = chat.push("hello ");
            chat.status(key, DeliveryStatus::Sending);
            let mut answered = false;
            for step in order {
                match step {
                    Step::Answer => {
                        answered = true;
                        chat.confirm(key, taken("a", 10));
                    }
                    Step::Echo | Step::History => {
                        // As the session does: only what says the same is taken for it.
                        let pending = chat.item(key).server_id.is_none();
                        let looks_so = !answered && pending && shown == "hello ";
                        chat.merge(echo("a", 11, shown), US, looks_so.then_some(key));
                    }
                    Step::Read => drop(chat.mark("a", vec![receipt("agent-1", Some(12), Some(13))])),
                    Step::Other => drop(chat.hear(said("x", 11, "hi"))),
                }
            }
            let mut items = chat.mirror;
            assert!(items.iter().any(|item| item.key == key), "{order:?}");
            for item in &mut items {
                item.key = m(0);
                // What was shown differs between the two rounds, and nothing else may.
                assert!(item.body.text().is_some_and(|words| words == shown || words == "hi"), "{order:?}");
                item.body = text("");
            }
            let (_, expected) = first.get_or_insert_with(|| (order[0], items.clone()));
            assert_eq!(&items, expected, "{order:?} showing {shown:?}");
        });
    }
}

#[test]
fn an_echo_that_merely_looked_like_the_message_becomes_an_item_of_its_own() {
    let mut chat = Chat::new();
    let key = chat.push("ok");
    chat.merge(echo("foreign", 5, "ok"), US, Some(key));
    assert_eq!(chat.ids(), ["foreign"]);
    chat.mark("foreign", vec![receipt("agent-1", Some(6), Some(6))]);
    chat.confirm(key, taken("ours", 10));
    assert_eq!(chat.ids(), ["foreign", "ours"]);
    let foreign = chat.transcript.key_of("foreign").expect("it is an item");
    assert_ne!(foreign, key);
    assert_eq!(chat.transcript.key_of("ours"), Some(key));
    assert_eq!(chat.item(foreign).receipts.len(), 1);
    assert_eq!(chat.item(foreign).status, Some(DeliveryStatus::Read));
    let ours = chat.item(key);
    assert_eq!(ours.receipts, [], "nobody has read ours");
    assert_eq!(ours.status, Some(DeliveryStatus::Sent));
}

#[test]
fn a_wrong_echo_gives_way_to_the_right_one_that_came_as_well() {
    let mut chat = Chat::new();
    let key = chat.push("ok");
    chat.merge(echo("foreign", 5, "ok"), US, Some(key));
    chat.merge(echo("ours", 6, "ok"), US, None);
    chat.mark("ours", vec![receipt("agent-1", Some(7), None)]);
    chat.confirm(key, taken("ours", 6));
    assert_eq!(chat.ids(), ["foreign", "ours"]);
    assert_eq!(chat.transcript.key_of("ours"), Some(key));
    assert_eq!(chat.item(key).status, Some(DeliveryStatus::Delivered));
    assert_eq!(chat.item(key).receipts, [receipt("agent-1", Some(7), None)]);
}

#[test]
fn an_echo_proven_right_is_never_split_off_again() {
    let mut chat = Chat::new();
    let key = chat.push("ok");
    chat.merge(echo("a", 5, "ok"), US, Some(key));
    chat.confirm(key, taken("a", 5));
    chat.confirm(key, taken("a", 5));
    assert_eq!(chat.ids(), ["a"]);
}

#[test]
fn an_answer_without_an_id_settles_it_and_its_echo_is_still_known() {
    let mut chat = Chat::new();
    let key = chat.push("hello");
    chat.confirm(key, Acceptance { server_id: None, at: Some(at(10)), ..Acceptance::default() });
    assert_eq!(chat.item(key).status, Some(DeliveryStatus::Sent));
    assert_eq!(chat.transcript.newest_settled(), Some(at(10)));
    chat.merge(echo("a", 10, "hello"), US, None);
    assert_eq!(chat.ids(), ["a"]);
    assert_eq!(chat.transcript.key_of("a"), Some(key));
}

#[test]
fn what_the_providers_processing_makes_of_it_is_kept() {
    let mut chat = Chat::new();
    let key = chat.push("hello");
    chat.confirm(key, Acceptance { processing: Some(ProcessingStatus::Processing), ..taken("a", 1) });
    assert_eq!(chat.item(key).processing, Some(ProcessingStatus::Processing));
    chat.merge(echo("a", 1, "hello"), US, None);
    assert_eq!(chat.item(key).processing, Some(ProcessingStatus::Processing));
    let refused = WireItem { processing: Some(ProcessingStatus::Rejected), ..echo("a", 1, "hello") };
    chat.merge(refused, US, None);
    assert_eq!(chat.item(key).processing, Some(ProcessingStatus::Rejected));
}

#[test]
fn messages_of_ours_that_we_did_not_send_here_are_sent() {
    let mut chat = Chat::new();
    let key = chat.merge(echo("a", 1, "from another device"), US, None).expect("taken").key;
    assert_eq!(chat.item(key).status, Some(DeliveryStatus::Sent));
    let theirs = chat.hear(said("b", 2, "hi"));
    assert_eq!(chat.item(theirs).status, None);
}

#[test]
fn an_echo_that_merely_looked_like_it_is_an_item_of_its_own_however_often_it_came() {
    let mut chat = Chat::new();
    let ours = chat.push("ok");
    chat.merge(echo("another-device", 1, "ok"), US, Some(ours));
    chat.merge(echo("another-device", 1, "ok"), US, None);
    chat.confirm(ours, taken("ours", 2));
    assert_eq!(chat.ids(), ["another-device", "ours"]);
    assert_eq!(chat.transcript.key_of("ours"), Some(ours));
}

#[test]
fn an_answer_after_the_echo_reports_what_it_adds_and_nothing_where_it_adds_nothing() {
    let mut chat = Chat::new();
    let ours = chat.push("ok");
    chat.merge(echo("a", 1, "ok"), US, Some(ours));
    let answer = Acceptance { processing: Some(ProcessingStatus::Processing), ..taken("a", 1) };
    for changes in [1, 0] {
        chat.transcript.confirm(ours, answer.clone(), || m(9), &mut chat.changes);
        assert_eq!(chat.changes.len(), changes);
        chat.look();
    }
    assert_eq!(chat.item(ours).processing, Some(ProcessingStatus::Processing));
}
