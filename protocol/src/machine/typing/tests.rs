use std::collections::BTreeSet;

use super::*;
use proptest::prelude::*;

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

fn at(secs: u64) -> Timestamp {
    Timestamp::from_secs(secs)
}

fn agent(id: &str) -> Participant {
    Participant { id: Some(id.to_owned()), role: Role::Agent, display_name: None }
}

fn nameless(role: Role) -> Participant {
    Participant { id: None, role, display_name: None }
}

fn typing() -> Typing {
    Typing::new(TypingPolicy::default(), 64)
}

fn with_stop() -> Typing {
    Typing::new(TypingPolicy { stop_after: Some(secs(5)), ..TypingPolicy::default() }, 64)
}

fn armed(typing: &Typing) -> Option<Timestamp> {
    typing.next_alarm().map(|alarm| {
        assert_eq!(alarm.why, DeadlineReason::TypingExpiry);
        alarm.at
    })
}

#[test]
fn the_first_key_is_told_at_once_and_the_next_after_the_throttle() {
    let mut typing = typing();
    assert_eq!(typing.typed(at(0)), Some(Outbound::Started));
    assert_eq!(typing.typed(at(1)), None);
    assert_eq!(typing.typed(at(9)), None);
    assert_eq!(typing.typed(at(10)), Some(Outbound::Started));
    assert_eq!(armed(&typing), None, "without a word for stopping nothing is timed");
}

#[test]
fn a_sent_message_lets_the_next_key_be_told_at_once() {
    let mut typing = with_stop();
    typing.typed(at(0));
    typing.sent_message();
    assert_eq!(armed(&typing), None, "the message says that the typing is over");
    assert_eq!(typing.typed(at(1)), Some(Outbound::Started));
}

#[test]
fn that_the_user_stopped_is_told_where_the_others_believe_that_they_type() {
    for mut typing in [typing(), with_stop()] {
        assert_eq!(typing.stopped(), None, "nobody was told of any typing");
        typing.typed(at(0));
        assert_eq!(typing.stopped(), Some(Outbound::Stopped));
        assert_eq!((typing.stopped(), armed(&typing)), (None, None));
        assert_eq!(typing.typed(at(1)), Some(Outbound::Started), "the next key begins anew");
    }
    // The last word of typing was lost, and one before it was not.
    let mut typing = with_stop();
    typing.typed(at(0));
    typing.typed(at(10));
    typing.failed();
    assert_eq!(typing.stopped(), Some(Outbound::Stopped));
}

#[test]
fn a_word_that_did_not_get_through_does_not_silence_the_next() {
    let mut typing = typing();
    typing.typed(at(0));
    typing.failed();
    assert_eq!(typing.typed(at(1)), Some(Outbound::Started));
}

#[test]
fn silence_is_told_once_where_the_provider_has_a_word_for_it() {
    let mut typing = with_stop();
    typing.typed(at(0));
    typing.typed(at(3));
    assert_eq!(armed(&typing), Some(at(8)));
    assert_eq!(typing.due(at(7)), Silence::default());
    assert_eq!(typing.due(at(8)).outbound, Some(Outbound::Stopped));
    assert_eq!((armed(&typing), typing.due(at(60))), (None, Silence::default()));
    assert_eq!(typing.typed(at(60)), Some(Outbound::Started));
}

#[test]
fn after_the_word_for_stopping_the_next_key_is_told_at_once() {
    let mut typing = with_stop();
    typing.typed(at(0));
    typing.due(at(5));
    assert_eq!(typing.typed(at(6)), Some(Outbound::Started));
}

#[test]
fn a_failure_leaves_the_end_of_an_earlier_word_to_be_told() {
    let mut typing = with_stop();
    typing.typed(at(0));
    typing.failed();
    assert_eq!(typing.due(at(5)).outbound, Some(Outbound::Stopped));
}

#[test]
fn only_the_first_word_of_a_participant_is_news() {
    let mut typing = typing();
    assert!(typing.heard(at(0), agent("a")));
    assert!(!typing.heard(at(5), agent("a")));
    assert!(typing.heard(at(5), agent("b")));
    assert_eq!(typing.len(), 2);
}

#[test]
fn typing_expires_some_time_after_the_last_word() {
    let mut typing = typing();
    typing.heard(at(0), agent("a"));
    typing.heard(at(10), agent("a"));
    assert_eq!(armed(&typing), Some(at(22)));
    assert_eq!(typing.due(at(21)), Silence::default());
    assert_eq!(typing.due(at(22)).stopped, [agent("a")]);
    assert_eq!((armed(&typing), typing.len()), (None, 0));
    assert!(typing.heard(at(23), agent("a")));
}

#[test]
fn the_latest_name_is_the_one_told() {
    let mut typing = typing();
    let named = Participant { display_name: Some("Ada".to_owned()), ..agent("a") };
    typing.heard(at(0), agent("a"));
    typing.heard(at(1), named.clone());
    assert_eq!(typing.clear(), [named]);
}

#[test]
fn a_message_ends_the_typing_of_its_sender_only() {
    let mut typing = typing();
    typing.heard(at(0), agent("a"));
    typing.heard(at(0), agent("b"));
    assert_eq!(typing.message_from(&agent("a")), Some(agent("a")));
    assert_eq!(typing.message_from(&agent("a")), None);
    assert_eq!(typing.len(), 1);
}

#[test]
fn who_has_no_id_is_known_by_role() {
    let mut typing = typing();
    assert!(typing.heard(at(0), nameless(Role::Agent)));
    assert!(!typing.heard(at(0), nameless(Role::Agent)));
    assert!(typing.heard(at(0), nameless(Role::Bot)));
    assert_eq!(typing.message_from(&agent("a")), Some(nameless(Role::Agent)));
    assert_eq!(typing.message_from(&nameless(Role::Bot)), Some(nameless(Role::Bot)));
}

#[test]
fn who_leaves_types_no_more() {
    let mut typing = typing();
    typing.heard(at(0), agent("a"));
    assert_eq!(typing.message_from(&agent("a")), Some(agent("a")));
    assert_eq!(typing.message_from(&agent("b")), None);
}

#[test]
fn clearing_ends_all_of_it_both_ways() {
    let mut typing = with_stop();
    typing.typed(at(0));
    typing.heard(at(0), agent("b"));
    typing.heard(at(0), agent("a"));
    assert_eq!(typing.clear(), [agent("a"), agent("b")]);
    assert_eq!((armed(&typing), typing.clear()), (None, vec![]));
    assert_eq!(typing.typed(at(1)), Some(Outbound::Started));
}

#[test]
fn beyond_the_cap_nobody_is_followed_until_there_is_room() {
    let mut typing = Typing::new(TypingPolicy::default(), 2);
    assert!(typing.heard(at(0), agent("a")) && typing.heard(at(1), agent("b")));
    assert!(!typing.heard(at(2), agent("c")));
    typing.due(at(12));
    assert!(typing.heard(at(12), agent("c")));
}

proptest! {
    /// Starts and ends alternate for each participant, the cap holds, words are spaced by the throttle, and
    /// (P3, P5) nothing is armed in the past whatever the times.
    #[test]
    fn every_start_has_exactly_one_end(
        throttle in 0..20_000_u64,
        expiry in 0..20_000_u64,
        stop_after in prop::option::of(0..20_000_u64),
        cap in 0..4_usize,
        steps in prop::collection::vec((0..7_u8, 0..5_u8, prop_oneof![0..15_000_u64, Just(u64::MAX)]), 0..100),
    ) {
        let policy = TypingPolicy {
            throttle: Duration::from_millis(throttle),
            expiry: Duration::from_millis(expiry),
            stop_after: stop_after.map(Duration::from_millis),
        };
        let mut typing = Typing::new(policy.clone(), cap);
        let mut typists = BTreeSet::new();
        let mut told: Option<Timestamp> = None;
        let mut started = false;
        let mut now = Timestamp::ZERO;
        for (step, who, span) in steps {
            now = now + Duration::from_millis(span);
            let id = who.to_string();
            let mut ended = vec![];
            match step {
                0 | 1 => if let Some(outbound) = typing.typed(now) {
                    prop_assert_eq!(outbound, Outbound::Started);
                    prop_assert!(told.is_none_or(|told| now >= told + policy.throttle));
                    told = Some(now);
                    started = true;
                },
                2 => { typing.sent_message(); told = None; started = false; }
                3 => { typing.failed(); told = None; }
                4 => if typing.heard(now, agent(&id)) {
                    prop_assert!(typists.insert(id));
                },
                5 => ended.extend(typing.message_from(&agent(&id))),
                _ => if who == 0 { ended = typing.clear(); told = None; started = false; },
            }
            let silence = typing.due(now);
            if silence.outbound == Some(Outbound::Stopped) {
                prop_assert!(started && policy.stop_after.is_some());
                told = None;
                started = false;
            }
            for participant in ended.into_iter().chain(silence.stopped) {
                prop_assert!(typists.remove(&participant.id.unwrap()));
            }
            prop_assert_eq!(typing.len(), typists.len());
            prop_assert!(typing.len() <= cap);
            prop_assert!(typing.next_alarm().is_none_or(|alarm| alarm.at > now));
        }
        for participant in typing.due(Timestamp::MAX).stopped {
            prop_assert!(typists.remove(&participant.id.unwrap()));
        }
        prop_assert!(typists.is_empty());
        prop_assert!(typing.next_alarm().is_none());
    }
}
