//! What happens to the link.

use helpline_emulator::amazon_connect::{Operation, ServerConfig};
use helpline_simulation::naive::Habits;
use helpline_simulation::{Flow, Latency, Weather};

use crate::rig::{Client, Verdict, exhibit, same, show, that};

fn begin(chat: &mut dyn Client) {
    chat.connect();
    chat.run_for(2_000);
}

fn weather(chat: &mut dyn Client, weather: Weather) {
    let now = chat.now();
    chat.provider().set_weather(now, weather);
}

#[test]
fn row_1_the_phone_is_locked_for_two_minutes_and_the_agent_goes_on() {
    show(|chat| {
        begin(chat);
        chat.foreground(false);
        chat.stand_still(120_000);
        chat.run_for(10_000);
        // Nobody hears a socket of a phone that sleeps.
        chat.cut();
        for number in 1..=3 {
            chat.agent_says(&format!("agent {number}"));
            chat.run_for(20_000);
        }
        chat.run_for(60_000);
        chat.foreground(true);
        chat.run_for(30_000);
        same("shown", chat.shown(), ["agent 1", "agent 2", "agent 3"].map(str::to_owned).to_vec())
    });
}

#[test]
fn row_2_the_network_is_lost_for_eleven_seconds() {
    show(|chat| {
        begin(chat);
        weather(chat, Weather::dead(true, true));
        chat.run_for(5_000);
        chat.agent_says("agent 1");
        chat.run_for(6_000);
        weather(chat, Weather::default());
        chat.run_for(60_000);
        chat.agent_says("agent 2");
        chat.run_for(5_000);
        same("shown", chat.shown(), vec!["agent 1".to_owned(), "agent 2".to_owned()])
    });
}

#[test]
fn row_3_connect_is_called_twice() {
    show(|chat| {
        chat.connect();
        chat.connect();
        chat.run_for(5_000);
        chat.agent_says("agent 1");
        chat.run_for(5_000);
        same("sockets", chat.sockets_opened(), 1)?;
        same("shown", chat.shown(), vec!["agent 1".to_owned()])
    });
}

#[test]
fn row_4_a_planned_rotation_while_a_message_arrives_on_each_socket() {
    let server = ServerConfig { socket_life_ms: 150_000, ..ServerConfig::default() };
    exhibit(Habits::default(), server, Latency::default(), |chat: &mut dyn Client| {
        begin(chat);
        // Once every 500 ms, over the whole rotation, wherever it falls.
        for number in 0..400 {
            chat.agent_says(&format!("agent {number}"));
            chat.run_for(500);
        }
        chat.run_for(30_000);
        that(chat.sockets_opened() > 1, || "there was no rotation".to_owned())?;
        same("times established", chat.established(), 1)?;
        same("shown", chat.shown(), (0..400).map(|number| format!("agent {number}")).collect())
    });
}

#[test]
fn row_5_the_socket_is_open_and_the_server_feeds_it_nothing() {
    show(|chat| {
        begin(chat);
        // The subscription of the next socket is refused once, and does not hold.
        chat.fault("ack-failure=1");
        chat.cut();
        chat.run_for(10_000);
        chat.agent_says("agent 1");
        chat.run_for(60_000);
        same("shown", chat.shown(), vec!["agent 1".to_owned()])
    });
}

#[test]
fn row_6_frozen_for_ninety_seconds_and_then_stale_answers_flush() {
    show(|chat| {
        begin(chat);
        chat.stand_still(90_000);
        chat.run_for(500);
        chat.agent_says("agent 1");
        chat.run_for(30_000);
        // The server has forgotten the socket, and tells nobody.
        let contact = chat.provider().chat.contact_id.clone();
        chat.provider().server.silence_sockets(&contact);
        chat.run_for(59_500);
        chat.agent_says("agent 2");
        chat.run_for(30_000);
        same("shown", chat.shown(), vec!["agent 1".to_owned(), "agent 2".to_owned()])
    });
}

#[test]
fn row_7_the_link_is_dead_in_one_direction_only() {
    show(|chat| {
        begin(chat);
        // What goes up on this socket is lost from here on. What comes down goes on coming.
        weather(chat, Weather { up: Flow::Dead, ..Weather::default() });
        for number in 0..4 {
            chat.agent_says(&format!("agent {number}"));
            chat.run_for(5_000);
        }
        weather(chat, Weather::default());
        for number in 4..8 {
            chat.agent_says(&format!("agent {number}"));
            chat.run_for(5_000);
        }
        that(chat.sockets_opened() > 1, || "the dead socket is still in use after 40 s".to_owned())?;
        chat.run_for(10_000);
        same("shown", chat.shown(), (0..8).map(|number| format!("agent {number}")).collect())
    });
}

#[test]
fn row_8_garbage_keeps_arriving_on_an_otherwise_dead_link() {
    show(|chat| {
        begin(chat);
        chat.fault("no-heartbeat");
        chat.fault("no-ping");
        for _ in 0..30 {
            let now = chat.now();
            let garbage = helpline_emulator::amazon_connect::AgentAction::RawFrame("{{{".to_owned());
            chat.provider().agent(now, garbage);
            chat.run_for(1_000);
        }
        that(chat.sockets_opened() > 1, || {
            "30 s without an answer, and the socket is still in use".to_owned()
        })
    });
}

#[test]
fn row_9_five_close_and_open_cycles() {
    let habits = Habits { handlers_pile_up: true, ..Habits::default() };
    exhibit(habits, ServerConfig::default(), Latency::default(), |chat: &mut dyn Client| {
        begin(chat);
        for _ in 0..5 {
            chat.cut();
            chat.run_for(40_000);
        }
        chat.agent_says("agent 1");
        chat.run_for(5_000);
        let contact = chat.provider().chat.contact_id.clone();
        same("open sockets", chat.provider().server.open_sockets(&contact).len(), 1)?;
        same("shown", chat.shown(), vec!["agent 1".to_owned()])
    });
}

#[test]
fn row_21_connect_succeeds_and_drops_at_once() {
    show(|chat| {
        chat.fault("drop-after=1");
        chat.connect();
        chat.run_for(1_000_000);
        let opened = chat.sockets_opened();
        // At the cap of 30 s, with the waits drawn evenly up to it, about 67 on the average.
        that(opened < 100, || format!("{opened} sockets in 1,000 s"))?;
        chat.heal();
        chat.run_for(60_000);
        that(chat.is_live(), || "it has given up".to_owned())
    });
}

#[test]
fn row_22_too_many_requests_with_a_hint() {
    show(|chat| {
        begin(chat);
        chat.fault("status=429,op=connection,retry-after=30");
        chat.cut();
        chat.run_for(2_000);
        let asked = chat.calls(Operation::CreateConnection);
        chat.run_for(26_000);
        same(
            "calls before the time that the server asked for",
            chat.calls(Operation::CreateConnection),
            asked,
        )?;
        chat.heal();
        chat.run_for(60_000);
        that(chat.is_live(), || "it has given up".to_owned())
    });
}

#[test]
fn row_22_too_many_requests_without_a_hint() {
    show(|chat| {
        begin(chat);
        chat.fault("status=429,op=connection");
        chat.cut();
        chat.run_for(300_000);
        let calls = chat.calls(Operation::CreateConnection);
        that(calls < 40, || format!("{calls} calls in 300 s"))?;
        chat.heal();
        chat.run_for(60_000);
        that(chat.is_live(), || "throttling was taken for the end".to_owned())
    });
}

/// What is said of both, to be read by a person: `cargo test --test museum row_ -- --nocapture`.
#[test]
fn a_scenario_in_which_nothing_happens_goes_right_with_both() {
    let scenario = |chat: &mut dyn Client| -> Verdict {
        begin(chat);
        chat.agent_says("agent 1");
        chat.say("thanks");
        chat.run_for(5_000);
        same("shown", chat.shown(), vec!["agent 1".to_owned()])?;
        same("arrived", chat.arrived(), vec!["thanks".to_owned()])?;
        same("failed", chat.has_failed("thanks"), false)
    };
    let provider = helpline_simulation::Provider::new(1, ServerConfig::default(), Latency::default());
    let mut naive = helpline_simulation::naive::Naive::new(provider, Habits::default());
    assert_eq!(scenario(&mut naive), Ok(()), "the naive client is no strawman: it can chat");
    let mut world = helpline_simulation::World::new(helpline_simulation::WorldConfig::default());
    assert_eq!(scenario(&mut world), Ok(()));
}
