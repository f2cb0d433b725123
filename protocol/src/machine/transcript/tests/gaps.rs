//! What proves that nothing is missing, and what has left the window.

use super::*;
use crate::model::Notice;

const LATE: WallTime = at(1_000);

/// Whole, with one item.
fn whole() -> Chat {
    let mut chat = Chat::new();
    chat.hear(said("known", 1, "known"));
    chat.transcript.close_gap();
    assert!(chat.transcript.is_whole());
    chat
}

#[test]
fn nothing_anchors_before_the_first_gap_is_closed() {
    let mut chat = Chat::new();
    chat.hear(said("a", 1, "a"));
    assert!(!chat.transcript.is_whole() && !chat.transcript.was_whole());
    assert!(!chat.transcript.anchors("a", LATE));
    assert_eq!(chat.transcript.newest_anchor(), None);
    chat.transcript.close_gap();
    chat.transcript.open_gap();
    assert!(!chat.transcript.is_whole() && chat.transcript.was_whole());
    assert!(chat.transcript.anchors("a", LATE));
    assert_eq!(chat.transcript.newest_anchor(), Some(at(1)));
}

#[test]
fn what_comes_while_whole_anchors_at_once() {
    let mut chat = whole();
    chat.hear(said("live", 2, "live"));
    assert!(chat.transcript.anchors("live", LATE));
    assert_eq!(chat.transcript.newest_anchor(), Some(at(2)));
}

#[test]
fn what_came_since_the_gap_opened_does_not_anchor_until_it_closes() {
    let mut chat = whole();
    chat.transcript.open_gap();
    chat.hear(said("after", 5, "after"));
    assert!(chat.transcript.anchors("known", LATE));
    assert!(!chat.transcript.anchors("after", LATE));
    assert_eq!(chat.transcript.newest_anchor(), Some(at(1)));
    chat.transcript.close_gap();
    assert!(chat.transcript.anchors("after", LATE));
}

#[test]
fn what_an_aborted_catch_up_brought_does_not_anchor_the_next() {
    let mut chat = whole();
    chat.transcript.open_gap();
    chat.hear(said("page", 9, "from a first page"));
    // The link goes again before the page reached back.
    chat.transcript.open_gap();
    chat.transcript.open_gap();
    assert!(!chat.transcript.anchors("page", LATE));
    chat.hear(said("page", 9, "from a first page"));
    assert!(!chat.transcript.anchors("page", LATE), "seeing it again in the same hole proves nothing");
    assert!(chat.transcript.anchors("known", LATE));
}

#[test]
fn what_was_known_before_stays_known_when_it_is_seen_again_in_a_gap() {
    let mut chat = whole();
    chat.transcript.open_gap();
    chat.hear(said("known", 1, "known"));
    assert!(chat.transcript.anchors("known", LATE));
}

#[test]
fn an_anchor_must_be_old_enough() {
    let mut chat = whole();
    assert!(chat.transcript.anchors("known", at(1)));
    assert!(!chat.transcript.anchors("known", at(0)));
    assert!(!chat.transcript.anchors("unheard of", LATE));
    let own = chat.push("pending");
    assert_eq!((chat.transcript.newest_anchor(), chat.transcript.get(own).is_some()), (Some(at(1)), true));
}

#[test]
fn an_own_message_of_which_only_the_answer_told_does_not_anchor() {
    let mut chat = whole();
    let key = chat.push("sent while the link was away");
    chat.confirm(key, taken("own", 7));
    assert!(!chat.transcript.anchors("own", LATE));
    assert_eq!(chat.transcript.newest_anchor(), Some(at(1)));
    // Its echo is seen while everything is here: now it does.
    chat.merge(echo("own", 7, "sent while the link was away"), US, None);
    assert!(chat.transcript.anchors("own", LATE));
}

#[test]
fn an_answer_does_not_take_from_an_echo_what_it_proves() {
    for bound in [false, true] {
        let mut chat = whole();
        let key = chat.push("hello");
        chat.merge(echo("own", 7, "hello"), US, bound.then_some(key));
        chat.confirm(key, taken("own", 7));
        assert!(chat.transcript.anchors("own", LATE), "bound: {bound}");
    }
}

#[test]
fn a_wrong_echo_leaves_the_message_without_an_anchor() {
    let mut chat = whole();
    let key = chat.push("ok");
    chat.merge(echo("foreign", 5, "ok"), US, Some(key));
    chat.confirm(key, taken("ours", 10));
    assert!(chat.transcript.anchors("foreign", LATE));
    assert!(!chat.transcript.anchors("ours", LATE));
}

#[test]
fn the_window_drops_the_oldest_and_never_what_waits() {
    let mut chat = Chat::with_room_for(3);
    let first = chat.hear(said("a", 1, "a"));
    chat.hear(said("b", 2, "b"));
    chat.push("waits");
    assert_eq!(chat.trim(), []);
    chat.push("waits too");
    assert_eq!(chat.trim(), [first]);
    assert_eq!(chat.words(), ["b", "waits", "waits too"]);
    for _ in 0..3 {
        chat.push("more");
    }
    chat.trim();
    assert_eq!(chat.transcript.len(), 5, "only what waits is left, and it stays");
    assert_eq!(chat.transcript.oldest_addressable(), None);
}

#[test]
fn what_left_the_window_does_not_come_back_as_new() {
    let mut chat = Chat::with_room_for(2);
    for (number, id) in ["a", "b", "c"].into_iter().enumerate() {
        chat.hear(said(id, i64::try_from(number).unwrap(), id));
    }
    chat.trim();
    assert_eq!(chat.ids(), ["b", "c"]);
    assert_eq!(chat.merge(said("a", 0, "a"), THEM, None), None);
    assert_eq!(chat.merge(said("older", -5, "older"), THEM, None), None);
    assert_eq!(chat.transcript.key_of("a"), None);
    // What is younger is taken, though it is not the newest.
    assert!(chat.merge(said("between", 1, "between"), THEM, None).is_some());
    chat.trim();
    assert_eq!(chat.transcript.len(), 2);
}

#[test]
fn what_left_the_window_can_be_had_again_while_there_is_room() {
    let mut chat = Chat::with_room_for(2);
    for (number, id) in ["a", "b", "c", "d"].into_iter().enumerate() {
        chat.hear(said(id, i64::try_from(number).unwrap(), id));
    }
    chat.trim();
    let d = chat.transcript.key_of("d").expect("kept");
    chat.remove(d);
    assert!(chat.merge(said("a", 0, "a"), THEM, None).is_some());
    chat.hear(said("e", 4, "e"));
    chat.trim();
    assert_eq!(chat.ids(), ["c", "e"]);
    // That the older one went again does not make the younger one new.
    assert_eq!(chat.merge(said("b", 1, "b"), THEM, None), None);
}

#[test]
fn a_window_of_none_holds_one() {
    let mut chat = Chat::with_room_for(0);
    chat.hear(said("a", 1, "a"));
    chat.hear(said("b", 2, "b"));
    chat.trim();
    assert_eq!(chat.ids(), ["b"]);
}

#[test]
fn older_items_are_asked_for_from_the_oldest_of_this_conversation() {
    let mut chat = Chat::new();
    chat.hear(WireItem { from_past: true, ..said("past", 1, "past") });
    chat.hear(nameless(said("", 2, "nameless")));
    // The provider need not keep what merely happened.
    let notice = Notice::ConversationRehydrated { content: None };
    chat.hear(WireItem { body: ItemBody::Notice { notice }, ..said("happened", 2, "") });
    // Nobody knows what stands between a part that was asked for by itself and the rest.
    chat.transcript.begin_part();
    chat.hear(said("part", 2, "part"));
    chat.transcript.end_part();
    chat.hear(said("here", 3, "here"));
    chat.push("waits");
    let oldest = chat.transcript.oldest_addressable().and_then(|item| item.server_id.clone());
    assert_eq!(oldest.as_deref(), Some("here"));
}

#[test]
fn a_part_that_was_asked_for_by_itself_does_not_anchor_until_it_comes_by_itself() {
    let mut chat = whole();
    chat.transcript.begin_part();
    chat.hear(said("part", 7, "part"));
    let known = chat.transcript.newest_anchor();
    chat.transcript.end_part();
    assert!(!chat.transcript.anchors("part", LATE));
    assert_ne!(known, Some(at(7)));
    chat.hear(said("part", 7, "part"));
    assert!(chat.transcript.anchors("part", LATE));
    // And what is known stays so.
    chat.transcript.begin_part();
    chat.hear(said("part", 7, "part"));
    chat.transcript.end_part();
    assert!(chat.transcript.anchors("part", LATE));
}

#[test]
fn what_came_since_something_unreadable_does_not_anchor_though_a_gap_is_closed() {
    let mut chat = whole();
    chat.transcript.open_gap();
    // While what was missed is fetched, something comes that cannot be read, and then something that can.
    chat.transcript.doubt();
    chat.hear(said("after", 9, "after"));
    chat.transcript.close_gap();
    assert!(chat.transcript.anchors("known", LATE));
    assert!(!chat.transcript.anchors("after", LATE), "there may be a hole before it");
    chat.transcript.look_again();
    chat.transcript.close_gap();
    assert!(chat.transcript.anchors("after", LATE));
}
