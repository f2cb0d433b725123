//! The poll: held, drained at most once, one at a time.

use helpline_emulator::bright_pattern::{AgentAction, Input, ServerConfig};
use serde_json::{Value, json};

use crate::rig::{HOLD_MS, Rig, code, messages, names};

#[test]
fn waiting_events_are_answered_at_once_and_only_once() {
    let mut rig = Rig::chatting();
    rig.say("one");
    rig.say("two");
    assert_eq!(messages(&rig.fetch()), ["one", "two"]);
    let poll = rig.poll();
    assert!(rig.answer(poll).is_none());
    rig.advance(HOLD_MS - 1);
    assert!(rig.answer(poll).is_none());
    rig.advance(1);
    assert_eq!(rig.events(poll), Vec::<Value>::new());
    let stats = rig.server.stats();
    assert_eq!((stats.polls_with_events, stats.polls_idle, stats.events_delivered), (1, 1, 2));
}

#[test]
fn a_held_poll_is_answered_when_something_happens() {
    let mut rig = Rig::chatting();
    let poll = rig.poll();
    rig.advance(4000);
    assert!(rig.server.is_polled(&rig.chat));
    rig.agent(AgentAction::Join);
    assert_eq!(names(&rig.events(poll)), ["status", "party_joined"], "what happens at once comes at once");
    rig.advance(HOLD_MS);
    assert_eq!(rig.server.next_wakeup().map(|due| due > rig.now), Some(true));
}

#[test]
fn the_second_poll_is_refused_and_the_first_stays() {
    let mut rig = Rig::chatting();
    let first = rig.poll();
    assert_eq!(code(&rig.get("chats/{}/events")), (429, "5509".to_owned()));
    rig.client.version = "v1".to_owned();
    assert_eq!(code(&rig.get("chats/{}/events")), (400, "5509".to_owned()));
    rig.client.version = "v2".to_owned();
    rig.server.faults_mut().concurrent_status = Some(400);
    assert_eq!(code(&rig.get("chats/{}/events")), (400, "5509".to_owned()));
    rig.say("hello");
    assert_eq!(messages(&rig.events(first)), ["hello"]);
    assert_eq!(rig.server.stats().polls_refused, 3);
}

#[test]
fn a_poll_that_is_left_takes_its_events_along() {
    let mut rig = Rig::chatting();
    let left = rig.poll();
    rig.input(Input::Gone { exchange: left });
    assert_eq!(code(&rig.get("chats/{}/events")).1, "5509", "the server has not noticed");
    rig.say("lost");
    assert!(rig.answer(left).is_none());
    rig.say("found");
    assert_eq!(messages(&rig.fetch()), ["found"]);
    assert_eq!(messages(&rig.history()), ["lost", "found"]);
    let stats = rig.server.stats();
    assert_eq!((stats.polls_abandoned, stats.events_lost), (1, 1));
    assert!(rig.server.journal().any(|seen| seen.abandoned));

    let left = rig.poll();
    rig.input(Input::Gone { exchange: left });
    rig.advance(HOLD_MS);
    assert!(!rig.server.is_polled(&rig.chat), "it is over when its time is");
}

#[test]
fn a_server_that_notices_keeps_the_events() {
    let config = ServerConfig { notices_hangup: true, ..ServerConfig::default() };
    let mut rig = Rig::chatting_at(config);
    let left = rig.poll();
    rig.input(Input::Gone { exchange: left });
    rig.say("kept");
    assert_eq!(messages(&rig.fetch()), ["kept"]);
    assert_eq!(rig.server.stats().events_lost, 0);
}

#[test]
fn chats_do_not_wait_for_each_other() {
    let mut rig = Rig::chatting();
    let slow = rig.poll();
    let (first, first_client) = (rig.chat.clone(), rig.client.clone());
    rig.client.client_id = "B".to_owned();
    rig.start();
    let quick = rig.poll();
    rig.advance(200);
    rig.say("for B");
    assert_eq!(messages(&rig.events(quick)), ["for B"]);
    let again = rig.poll();
    assert!(rig.answer(slow).is_none() && rig.answer(again).is_none());
    rig.chat = first;
    rig.client = first_client;
    rig.say("for A");
    assert_eq!(messages(&rig.events(slow)), ["for A"]);
    assert_eq!(rig.server.stats().polls_refused, 0);
}

#[test]
fn a_chat_without_polls_is_gone() {
    let config = ServerConfig { absence_ms: Some(60_000), inactivity_ms: None, ..ServerConfig::default() };
    let mut rig = Rig::chatting_at(config);
    rig.advance(59_000);
    let poll = rig.poll();
    rig.advance(HOLD_MS);
    assert!(rig.events(poll).is_empty());
    rig.say("nobody fetches this");
    rig.advance(59_999);
    assert_eq!(rig.server.has_ended(&rig.chat), Some(false));
    rig.advance(1);
    assert_eq!(rig.server.has_ended(&rig.chat), Some(true));
    assert_eq!(code(&rig.get("chats/{}/events")), (404, "5005".to_owned()));
    assert_eq!(rig.server.pending(&rig.chat), 0);
    rig.advance(600_000);
    assert_eq!(rig.server.next_wakeup(), None, "nothing is left to wait for");
}

#[test]
fn silence_is_warned_of_and_then_ends_the_chat() {
    let mut rig = Rig::chatting_at(ServerConfig { absence_ms: None, ..ServerConfig::default() });
    rig.advance(200_000);
    rig.message("x:1", "I am here");
    rig.post_events(json!([{ "event": "chat_session_typing" }]));
    rig.advance(299_999);
    assert_eq!(rig.server.pending(&rig.chat), 0);
    rig.advance(1);
    assert_eq!(names(&rig.fetch()), ["timeout_warning"]);
    rig.say("the agent's words do not count");
    rig.advance(300_000);
    let events = rig.fetch();
    assert_eq!(names(&events), ["message", "inactivity_timeout"]);
    assert_eq!(code(&rig.post("chats/{}/events", &json!({ "events": [] }))), (404, "5005".to_owned()));
    rig.advance(3_600_000);
    assert_eq!(rig.server.next_wakeup(), None);
}

#[test]
fn a_word_after_the_warning_starts_anew() {
    let mut rig = Rig::chatting_at(ServerConfig { absence_ms: None, ..ServerConfig::default() });
    rig.advance(300_000);
    assert_eq!(names(&rig.fetch()), ["timeout_warning"]);
    rig.message("x:1", "here");
    rig.advance(300_000);
    assert_eq!(names(&rig.fetch()), ["timeout_warning"]);
    rig.advance(300_000);
    assert_eq!(names(&rig.fetch()), ["inactivity_timeout"]);
}

#[test]
fn the_journal_tells_of_gaps_and_concurrency() {
    let mut rig = Rig::chatting();
    let poll = rig.poll();
    rig.advance(1000);
    rig.say("x");
    rig.poll();
    assert!(rig.answer(poll).is_some());
    let seen: Vec<_> = rig.server.journal().cloned().collect();
    assert_eq!(seen.len(), 3);
    assert_eq!(seen[1].answered_ms, Some(seen[1].time_ms + 1000));
    assert_eq!((seen[1].status, seen[2].status), (Some(200), None));
    assert_eq!(seen[1].chat_id.as_deref(), Some(rig.chat.as_str()));
    rig.server.config_mut().journal = 2;
    rig.get("version");
    assert_eq!(rig.server.journal().count(), 2);
    assert!(!format!("{seen:?}").contains("0B9D1C3E"), "no credentials in the journal");
}
