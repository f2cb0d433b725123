//! Ends, second chats, odd inputs, clocks.

use helpline_emulator::amazon_connect::AgentAction;
use helpline_protocol::{Command, Output};
use helpline_simulation::{World, WorldConfig, at};

use crate::rig::{Client, same, show, that};

fn begin(chat: &mut dyn Client) {
    chat.connect();
    chat.run_for(2_000);
}

#[test]
fn row_14_the_chat_ended_in_the_background() {
    show(|chat| {
        begin(chat);
        chat.foreground(false);
        chat.cut();
        chat.stand_still(60_000);
        chat.run_for(1_000);
        chat.end();
        chat.run_for(60_000);
        chat.foreground(true);
        chat.run_for(60_000);
        that(chat.is_over(), || "a minute later the user is not told that the chat is over".to_owned())
    });
}

#[test]
fn row_15_a_403_for_an_expired_token_is_not_the_end() {
    show(|chat| {
        begin(chat);
        let contact = chat.provider().chat.contact_id.clone();
        chat.provider().server.expire_tokens(&contact);
        chat.say("still there?");
        chat.run_for(60_000);
        that(!chat.is_over(), || "taken for the end".to_owned())?;
        same("arrived", chat.arrived(), vec!["still there?".to_owned()])
    });
}

#[test]
fn row_15_a_403_for_an_ended_chat_is_the_end() {
    show(|chat| {
        begin(chat);
        // The frame that tells of the end does not get through.
        chat.cut();
        chat.end();
        chat.run_for(60_000);
        that(chat.is_over(), || "still trying to get into a chat that is over".to_owned())
    });
}

#[test]
fn row_25_fields_missing_and_events_that_nobody_knows() {
    show(|chat| {
        begin(chat);
        for frame in [
            r#"{"topic":"aws/chat","contentType":"application/json","content":"{\"Type\":\"MESSAGE\",\"ContentType\":\"text/plain\"}"}"#,
            r#"{"topic":"aws/chat","contentType":"application/json","content":"{}"}"#,
            r#"{"topic":"aws/chat","content":7}"#,
            r#"{"topic":"aws/heartbeat"})"#,
        ] {
            let now = chat.now();
            chat.provider().agent(now, AgentAction::RawFrame(frame.to_owned()));
            chat.run_for(500);
        }
        let now = chat.now();
        let event = AgentAction::Event { name: "weather.changed".to_owned(), content: None };
        chat.provider().agent(now, event);
        chat.agent_says("agent 1");
        chat.run_for(10_000);
        that(chat.is_live(), || "it is gone".to_owned())?;
        same("the agent's words", chat.shown().contains(&"agent 1".to_owned()), true)
    });
}

#[test]
fn row_26_the_second_chat_sends_heartbeats() {
    show(|chat| {
        begin(chat);
        let now = chat.now();
        let second = chat.provider().server.start_chat(helpline_simulation::WALL_START + now, "Ines");
        chat.begin_anew(second);
        chat.run_for(5_000);
        let before = chat.provider().server.stats().received("aws/heartbeat");
        chat.run_for(60_000);
        let beats = chat.provider().server.stats().received("aws/heartbeat") - before;
        that(beats >= 5, || format!("{beats} heartbeats in a minute of the second chat"))
    });
}

#[test]
fn row_28_another_account_sees_nothing_of_the_first() {
    show(|chat| {
        begin(chat);
        chat.say("my card number is 4711");
        chat.agent_says("agent: thank you, Ines");
        chat.run_for(5_000);
        let now = chat.now();
        let second = chat.provider().server.start_chat(helpline_simulation::WALL_START + now, "Jonas");
        chat.begin_anew(second);
        chat.run_for(10_000);
        same("shown to another", chat.all_shown(), Vec::new())
    });
}

/// The naive client has no outputs that a host could forget; here they are complete when a call returns, and so it
/// makes no difference when a host looks at them.
#[test]
fn row_29_outputs_that_are_drained_late_are_the_same() {
    let outputs = |late: bool| {
        let mut session = World::new(WorldConfig::default()).session;
        let mut out = Vec::new();
        let mut all = Vec::new();
        session.execute(at(0), Command::Connect, &mut out).expect("it connects");
        for text in ["one", "two", "three"] {
            if !late {
                all.append(&mut out);
            }
            session.execute(at(5), Command::send_text(text), &mut out).expect("it is taken");
        }
        all.append(&mut out);
        // And nothing is left for later.
        session.handle(at(5), helpline_protocol::Input::Woke, &mut out);
        assert!(out.is_empty(), "{out:?}");
        all
    };
    let (early, late): (Vec<Output>, Vec<Output>) = (outputs(false), outputs(true));
    assert!(!early.is_empty() && early == late);
}

#[test]
fn row_30_the_clock_is_set_back_by_an_hour() {
    show(|chat| {
        begin(chat);
        chat.set_wall_clock(-3_600_000);
        let contact = chat.provider().chat.contact_id.clone();
        chat.provider().server.silence_sockets(&contact);
        chat.run_for(60_000);
        that(chat.sockets_opened() > 1, || "a dead link is not noticed within a minute".to_owned())
    });
}

#[test]
fn row_30_the_first_time_that_is_told_is_an_hour_before_the_birth() {
    let world = World::new(WorldConfig::default());
    let config = world.provider.session_config();
    let born = at(3_600_000);
    let mut session = helpline_protocol::Session::new(config, [7; 32], born).expect("it works");
    let mut out = Vec::new();
    session.execute(at(0), Command::Connect, &mut out).expect("it connects");
    let deadline = session.deadline().expect("it waits for credentials");
    assert!(deadline.at > born.at && deadline.at <= at(3_610_000).at, "{deadline}");
    assert_eq!(session.usage().clock_went_back, 1);
}
