//! A message that comes in parts, as a bot writes it.

use super::super::chunks::MOST_BYTES;
use super::*;

/// A part, and the whole where it has no number.
fn part(number: u64, words: &str) -> WireItem {
    WireItem {
        chunk: Some(Chunk { number, completed: false }),
        ..said("bot", 10 + number.cast_signed(), words)
    }
}

fn whole(words: &str) -> WireItem {
    WireItem { chunk: Some(Chunk { number: 4, completed: true }), ..said("bot", 14, words) }
}

fn shown(chat: &Chat) -> (&str, bool) {
    let key = chat.transcript.key_of("bot").expect("it is here");
    let item = chat.item(key);
    (item.body.text().expect("text"), item.partial)
}

#[test]
fn parts_grow_into_the_whole() {
    let mut chat = Chat::new();
    let key = chat.hear(part(1, "Your "));
    assert_eq!(shown(&chat), ("Your ", true));
    assert_eq!(chat.hear(part(2, "parcel ")), key);
    assert_eq!(shown(&chat), ("Your parcel ", true));
    assert_eq!(chat.hear(whole("Your parcel left.")), key);
    assert_eq!(shown(&chat), ("Your parcel left.", false));
}

#[test]
fn parts_are_shown_as_far_as_they_are_without_a_hole() {
    let mut chat = Chat::new();
    chat.hear(part(2, "parcel "));
    assert_eq!(shown(&chat), ("", true));
    chat.hear(part(1, "Your "));
    assert_eq!(shown(&chat), ("Your parcel ", true));
    chat.hear(part(4, "today"));
    assert_eq!(shown(&chat), ("Your parcel ", true));
    chat.hear(part(3, "left "));
    assert_eq!(shown(&chat), ("Your parcel left today", true));
}

#[test]
fn a_part_that_comes_twice_counts_once() {
    let mut chat = Chat::new();
    chat.hear(part(1, "Your "));
    chat.hear(part(1, "Your "));
    chat.hear(part(1, "other"));
    assert_eq!(shown(&chat), ("Your ", true));
}

#[test]
fn what_comes_after_the_whole_is_late() {
    let mut chat = Chat::new();
    chat.hear(whole("Your parcel left."));
    chat.hear(part(1, "Your "));
    chat.hear(part(5, "late"));
    chat.hear(whole("second whole"));
    assert_eq!(shown(&chat), ("Your parcel left.", false));
}

#[test]
fn parts_that_were_held_back_do_not_undo_the_whole_from_the_history() {
    // A page of the history has the text as a plain message, without a word of parts.
    let plain = said("bot", 11, "Your parcel left.");
    let mut chat = Chat::new();
    chat.hear(plain.clone());
    chat.hear(part(1, "Your "));
    chat.hear(part(2, "parcel "));
    assert_eq!(shown(&chat), ("Your parcel left.", false));

    let mut chat = Chat::new();
    chat.hear(part(1, "Your "));
    chat.hear(plain);
    assert_eq!(shown(&chat), ("Your parcel left.", false));
    chat.hear(part(2, "parcel "));
    assert_eq!(shown(&chat), ("Your parcel left.", false));
}

#[test]
fn every_order_of_parts_and_whole_ends_with_the_whole_at_the_first_time() {
    let pieces = [
        part(1, "Your "),
        part(2, "parcel "),
        part(3, "left."),
        whole("Your parcel left."),
        said("x", 12, "hm?"),
    ];
    every_order(&pieces, &mut |order| {
        let mut chat = Chat::new();
        for piece in order {
            chat.hear(piece.clone());
        }
        assert_eq!(shown(&chat), ("Your parcel left.", false));
        assert_eq!(chat.words(), ["Your parcel left.", "hm?"]);
    });
}

#[test]
fn a_growing_message_does_not_move_behind_what_was_said_meanwhile() {
    let mut chat = Chat::new();
    chat.hear(part(1, "Your "));
    chat.hear(said("x", 12, "hm?"));
    chat.hear(part(4, "today"));
    assert_eq!(chat.words(), ["Your ", "hm?"]);
    chat.hear(whole("Your parcel left."));
    assert_eq!(chat.words(), ["Your parcel left.", "hm?"]);
}

#[test]
fn a_flood_of_parts_is_bounded_and_the_whole_still_comes() {
    let mut chat = Chat::new();
    let kibibyte = "x".repeat(1_024);
    for number in 1..=200 {
        chat.hear(part(number, &kibibyte));
    }
    let (text, partial) = shown(&chat);
    assert!(partial && text.len() <= MOST_BYTES && text.len() > MOST_BYTES / 2);
    chat.hear(whole("that was all"));
    assert_eq!(shown(&chat), ("that was all", false));
}

#[test]
fn a_flood_of_empty_parts_is_bounded() {
    let mut chunks = Chunks::default();
    for number in 0..MOST_BYTES as u64 {
        chunks.take(Chunk { number: number * 2, completed: false }, String::new());
    }
    assert!(chunks.len() < MOST_BYTES / 8, "{}", chunks.len());
}

#[test]
fn parts_of_what_is_no_text_replace_each_other() {
    let mut chat = Chat::new();
    let json = ItemBody::Json { text: "{}".to_owned() };
    chat.hear(WireItem { body: json.clone(), ..part(1, "") });
    let key = chat.transcript.key_of("bot").expect("it is here");
    assert_eq!((&chat.item(key).body, chat.item(key).partial), (&json, false));
}

#[test]
fn the_whole_of_a_message_that_came_without_parts_still_counts() {
    let mut chat = Chat::new();
    let key = chat.hear(said("bot", 11, "from the history"));
    chat.hear(part(2, "late"));
    assert_eq!(shown(&chat), ("from the history", false));
    chat.hear(whole("as it was written in the end"));
    assert_eq!(shown(&chat), ("as it was written in the end", false));
    assert_eq!(chat.transcript.len(), 1);
    assert!(!chat.item(key).partial);
}

#[test]
fn as_much_as_is_kept_is_kept_to_the_byte() {
    const BESIDE: usize = 16;
    let first = |bytes: usize| {
        let part = Chunk { number: 1, completed: false };
        Chunks::default().take(part, "x".repeat(bytes)).map(|shown| shown.len())
    };
    let most = 65_536 - BESIDE;
    assert_eq!(first(most), Some(most), "64 KiB");
    assert_eq!(first(most + 1), None);
}
