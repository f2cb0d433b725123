//! Own messages that the provider does not have, and that wait for the user.

use super::*;

fn failed() -> DeliveryStatus {
    DeliveryStatus::Failed { failure: Failure::from(TransportFault::TimedOut) }
}

/// Handed over at second 500, and not sent.
fn stuck(status: DeliveryStatus) -> (Chat, MessageKey) {
    let mut chat = Chat::new();
    chat.hear(said("early", 1, "early"));
    let ours = chat.push("ours");
    chat.status(ours, status);
    (chat, ours)
}

#[test]
fn one_that_failed_stands_where_it_was_handed_over_and_at_the_end_once_it_is_sent_again() {
    for status in [failed(), uncertain()] {
        let (mut chat, ours) = stuck(status);
        chat.hear(said("late", 600, "late"));
        chat.hear(said("between", 400, "between"));
        assert_eq!(chat.words(), ["early", "between", "ours", "late"]);
        chat.status(ours, DeliveryStatus::Queued);
        assert_eq!(chat.words(), ["early", "between", "late", "ours"]);
        chat.status(ours, DeliveryStatus::Sending);
        assert_eq!(chat.words(), ["early", "between", "late", "ours"]);
        chat.status(ours, failed());
        assert_eq!(chat.words(), ["early", "between", "ours", "late"]);
    }
}

#[test]
fn it_is_no_measure_of_what_the_provider_has() {
    let (chat, _) = stuck(failed());
    assert_eq!(chat.transcript.newest_settled(), Some(at(1)));
}

#[test]
fn what_says_the_same_at_the_same_time_is_not_it() {
    let (mut chat, ours) = stuck(failed());
    let merged = chat.merge(echo("other", 500, "ours"), US, None).expect("it is not too old");
    assert!(merged.new && merged.key != ours);
    assert_eq!(chat.item(ours).status, Some(failed()));
}

#[test]
fn one_that_was_shown_without_an_id_is_still_known_by_its_words_after_its_status_changed() {
    let mut chat = Chat::new();
    let ours = chat.push("ours");
    chat.merge(nameless(echo("", 2, "ours")), US, Some(ours));
    chat.status(ours, DeliveryStatus::Delivered);
    let merged = chat.merge(echo("id", 2, "ours"), US, None).expect("it is not too old");
    assert_eq!((merged.key, merged.new), (ours, false));
}
