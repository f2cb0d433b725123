//! The order of telling, where times are no help: what comes live stands at the end, and a history that is walked has
//! the last word.

use super::*;

fn in_told_order(capacity: usize) -> Chat {
    Chat { transcript: Transcript::new(capacity).in_told_order(), ..Chat::with_room_for(capacity) }
}

impl Chat {
    /// Everything that the provider's history holds, from the oldest on. Returns what of it was taken.
    fn walk(&mut self, history: &[&str]) -> Vec<String> {
        self.transcript.begin_walk();
        let taken = |id: &&&str| self.merge(said(id, 1, id), THEM, None).is_some();
        let taken = history.iter().filter(taken).map(|id| (*id).to_owned()).collect();
        self.transcript.end_walk();
        taken
    }
}

/// These came live, one after the other.
fn heard(ids: &[&str]) -> Chat {
    let mut chat = in_told_order(1_000);
    for id in ids {
        chat.hear(said(id, 1, id));
    }
    chat
}

#[test]
fn what_comes_later_stands_later_whatever_its_time_says() {
    let mut chat = in_told_order(1_000);
    for (id, secs) in [("c", 3), ("a", 1), ("b", 2)] {
        chat.hear(said(id, secs, id));
    }
    assert_eq!(chat.ids(), ["c", "a", "b"]);
    chat.hear(said("c", 9, "said again"));
    assert_eq!(chat.ids(), ["c", "a", "b"], "what is said again stays where it is");
}

#[test]
fn an_own_message_stands_where_the_provider_took_it() {
    let mut chat = heard(&["a"]);
    let (ours, other) = (chat.push("ours"), chat.push("another"));
    chat.hear(said("b", 1, "b"));
    assert_eq!(chat.ids(), ["a", "b", "-", "-"]);
    chat.confirm(ours, taken("o", 1));
    chat.hear(said("c", 1, "c"));
    assert_eq!(chat.ids(), ["a", "b", "o", "c", "-"]);
    chat.status(other, DeliveryStatus::Failed { failure: Failure::from(TransportFault::TimedOut) });
    chat.hear(said("d", 1, "d"));
    assert_eq!(
        chat.ids(),
        ["a", "b", "o", "c", "-", "d"],
        "one that failed does not stay below all that follows"
    );
}

#[test]
fn what_was_missed_is_put_where_the_history_has_it() {
    let mut chat = heard(&["c", "f"]);
    let pending = chat.push("ours");
    chat.walk(&["a", "b", "c", "d", "e", "f", "g"]);
    assert_eq!(chat.ids(), ["a", "b", "c", "d", "e", "f", "g", "-"]);
    chat.hear(said("h", 1, "h"));
    chat.confirm(pending, taken("i", 1));
    assert_eq!(
        chat.ids(),
        ["a", "b", "c", "d", "e", "f", "g", "h", "i"],
        "and what comes now stands at the end"
    );
}

#[test]
fn a_history_without_news_moves_nothing() {
    let mut chat = heard(&["a", "b", "c"]);
    let before = chat.transcript.clone();
    chat.walk(&["a", "b", "c"]);
    assert_eq!(chat.transcript, before);
}

#[test]
fn what_stood_in_another_order_is_put_into_that_of_the_history() {
    let mut chat = heard(&["c", "b", "a"]);
    chat.walk(&["a", "b", "c"]);
    assert_eq!(chat.ids(), ["a", "b", "c"]);
}

#[test]
fn what_came_live_while_a_history_was_fetched_stands_behind_it() {
    let mut chat = heard(&["live"]);
    chat.walk(&["a", "b"]);
    assert_eq!(chat.ids(), ["a", "b", "live"]);
    chat.hear(said("c", 1, "c"));
    assert_eq!(chat.ids(), ["a", "b", "live", "c"]);
}

#[test]
fn there_is_room_for_what_turns_up_at_one_place_again_and_again() {
    let mut chat = heard(&["first", "last"]);
    let mut history = vec!["first".to_owned(), "last".to_owned()];
    for round in 0..20 {
        let stood: Vec<_> =
            chat.transcript.iter().map(|item| (item.key, chat.transcript.place(item.key))).collect();
        history.insert(1, format!("round {round}"));
        chat.walk(&history.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(chat.ids(), history);
        assert!(stood.iter().all(|(key, place)| chat.transcript.place(*key) == *place), "nothing else moves");
    }
    // Where there is none at all, nothing is lost, and what is at the ends stays there.
    for round in 20..40 {
        history.insert(1, format!("round {round}"));
        chat.walk(&history.iter().map(String::as_str).collect::<Vec<_>>());
    }
    let ids = chat.ids();
    assert_eq!((ids.len(), ids.first(), ids.last()), (42, Some(&"first"), Some(&"last")));
}

#[test]
fn older_items_of_every_history_have_room_before_the_first() {
    let mut chat = heard(&["z"]);
    let mut history = vec!["z".to_owned()];
    for round in 0..30 {
        history.insert(0, format!("round {round}"));
        chat.walk(&history.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(chat.ids(), history);
    }
}

#[test]
fn what_was_dropped_from_the_window_is_not_taken_for_new_when_the_history_has_it() {
    let mut chat = in_told_order(3);
    for id in ["a", "b", "c", "d", "e"] {
        chat.hear(said(id, 1, id));
    }
    assert_eq!(chat.trim().len(), 2);
    assert_eq!(chat.walk(&["a", "b", "c", "missed", "d", "e"]), ["c", "missed", "d", "e"]);
    assert_eq!(chat.ids(), ["c", "missed", "d", "e"]);
    chat.trim();
    chat.hear(said("a", 1, "live"));
    assert_eq!(chat.ids(), ["missed", "d", "e", "a"], "what comes live is news");
}

#[test]
fn what_is_older_than_all_is_taken_while_nothing_was_dropped() {
    let mut chat = in_told_order(3);
    for id in ["c", "d", "e"] {
        chat.hear(said(id, 1, id));
    }
    assert_eq!(chat.trim(), []);
    assert_eq!(chat.walk(&["b", "c", "d", "e"]), ["b", "c", "d", "e"]);
}

#[test]
fn a_walk_means_nothing_where_times_tell_the_order() {
    let mut chat = Chat::new();
    chat.transcript.begin_walk();
    for (id, secs) in [("c", 3), ("a", 1), ("b", 2)] {
        chat.hear(said(id, secs, id));
    }
    chat.transcript.end_walk();
    assert_eq!(chat.ids(), ["a", "b", "c"]);
}
