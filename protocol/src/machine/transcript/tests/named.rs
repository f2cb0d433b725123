//! Items that are known by more than the provider's id, and what the provider says of them afterwards.

use super::*;

/// An item whose id alone does not tell it from those of others.
fn known_as(identity: &str, wire: WireItem) -> WireItem {
    WireItem { identity: Some(identity.to_owned()), ..wire }
}

impl Chat {
    fn edit(&mut self, name: &str, words: &str) -> bool {
        let edited = self.transcript.edit(name, text(words), &mut self.changes);
        assert_eq!(edited, !self.changes.is_empty(), "who has nothing to report has nothing to say");
        for change in core::mem::take(&mut self.changes) {
            self.apply(change);
        }
        edited
    }
}

#[test]
fn two_with_the_same_id_are_two_where_their_identities_differ() {
    let mut chat = Chat::new();
    for who in ["them:1", "us:1", "them:1"] {
        let keys = &mut chat.keys;
        let fresh = || {
            *keys += 1;
            m(*keys)
        };
        let wire = known_as(who, said("1", 1, who));
        chat.transcript.merge(wire, THEM, None, fresh, at(900), &mut chat.changes);
    }
    assert_eq!(chat.transcript.len(), 2);
    let (them, us) = (chat.transcript.key_of("them:1"), chat.transcript.key_of("us:1"));
    assert!(them.is_some() && us.is_some() && them != us);
    assert_eq!(chat.transcript.key_of("1"), None);
}

#[test]
fn a_message_is_known_by_the_name_that_it_goes_out_under() {
    let mut chat = Chat::new();
    let (ours, other) = (chat.push("ours"), chat.push("another"));
    chat.transcript.name(ours, "us:1".to_owned());
    chat.look();
    assert_eq!(chat.transcript.key_of("us:1"), Some(ours));
    assert_eq!(chat.words(), ["ours", "another"], "it stands where it stood");
    chat.mark("us:1", vec![receipt("agent-1", Some(2), None)]);
    assert_eq!(chat.item(ours).receipts.len(), 1);
    let keys = chat.keys;
    let fresh = || m(keys + 1);
    let wire = known_as("us:1", echo("1", 3, "ours"));
    let merged = chat.transcript.merge(wire, US, None, fresh, at(900), &mut chat.changes);
    assert_eq!(merged.map(|merged| (merged.key, merged.new)), Some((ours, false)));
    assert_eq!(chat.item(other).status, Some(DeliveryStatus::Queued));
}

#[test]
fn an_item_says_something_else_once_it_is_edited() {
    let mut chat = Chat::new();
    chat.hear(said("a", 1, "one"));
    chat.hear(said("b", 2, "two"));
    assert!(chat.edit("a", "another"));
    assert_eq!(chat.words(), ["another", "two"]);
    assert!(!chat.edit("a", "another"), "it says so already");
    assert!(!chat.edit("c", "unknown"));
    assert_eq!(chat.words(), ["another", "two"]);
    chat.look();
}
