//! What happens to messages, receipts and typing.

use helpline_emulator::amazon_connect::{AgentAction, ReceiptKind, ServerConfig};
use helpline_simulation::naive::Habits;
use helpline_simulation::{Latency, Weather};

use crate::rig::{Client, exhibit, same, show, that};

fn begin(chat: &mut dyn Client) {
    chat.connect();
    chat.run_for(2_000);
}

fn numbered(count: u64) -> Vec<String> {
    (1..=count).map(|number| format!("agent {number}")).collect()
}

#[test]
fn row_13_the_first_message_lands_between_the_fetch_and_the_first_frame() {
    // The history is asked for as soon as there is a token, and the socket takes its time.
    let latency = Latency { http: 10, socket: 500 };
    exhibit(Habits::default(), ServerConfig::default(), latency, |chat: &mut dyn Client| {
        chat.connect();
        chat.run_for(300);
        chat.agent_says("agent 1");
        chat.run_for(20_000);
        same("shown", chat.shown(), numbered(1))
    });
}

#[test]
fn row_16_five_messages_in_one_tick_keep_their_order() {
    show(|chat| {
        begin(chat);
        let now = chat.now();
        chat.provider().set_weather(now, Weather { jitter: 2_000, ..Weather::default() });
        let texts: Vec<String> = (1..=5).map(|number| format!("{number}: {}", "long ".repeat(100))).collect();
        for text in &texts {
            chat.say(text);
        }
        chat.run_for(60_000);
        same("arrived", chat.arrived(), texts)
    });
}

#[test]
fn row_17_a_send_that_timed_out_was_accepted() {
    show(|chat| {
        begin(chat);
        chat.fault("lost-answer=next:1,op=message");
        chat.say("once");
        chat.run_for(120_000);
        same("arrived", chat.arrived(), vec!["once".to_owned()])
    });
}

#[test]
fn row_18_the_first_message_is_rejected_for_good() {
    let habits = Habits { stubborn_queue: true, ..Habits::default() };
    exhibit(habits, ServerConfig::default(), Latency::default(), |chat: &mut dyn Client| {
        begin(chat);
        // More than any patience.
        chat.fault("status=400,op=message");
        chat.say("rejected");
        chat.run_for(10_000);
        that(chat.has_failed("rejected"), || "nobody is told that it was rejected".to_owned())?;
        chat.heal();
        chat.say("fine");
        chat.run_for(10_000);
        same("arrived", chat.arrived(), vec!["fine".to_owned()])
    });
}

#[test]
fn row_19_delivered_is_not_told_of_what_was_read_and_nothing_after_the_end() {
    show(|chat| {
        begin(chat);
        chat.agent_says("agent 1");
        chat.run_for(20_000);
        chat.agent_says("agent 2");
        chat.run_for(100);
        chat.end();
        chat.run_for(60_000);
        let receipts = chat.provider().server.stats().receipts.clone();
        for (place, receipt) in receipts.iter().enumerate() {
            let read = |earlier: &&helpline_emulator::amazon_connect::ReceiptSeen| {
                earlier.kind == ReceiptKind::Read && earlier.message_id == receipt.message_id
            };
            let late = receipt.kind == ReceiptKind::Delivered && receipts[..place].iter().any(|it| read(&it));
            that(!late, || "told as delivered, after it was told as read".to_owned())?;
        }
        let refused = chat.provider().server.stats().answers.get(&403).copied().unwrap_or(0);
        same("calls after the end", refused, 0)
    });
}

#[test]
fn row_20_typing_at_twenty_keys_a_second_for_a_minute() {
    show(|chat| {
        begin(chat);
        for _ in 0..1_200 {
            chat.key();
            chat.run_for(50);
        }
        let told = chat.provider().server.stats().typing;
        that(told > 0, || "nobody was told".to_owned())?;
        that(told <= 7, || format!("told {told} times in a minute"))
    });
}

#[test]
fn row_27_the_refetch_is_shorter_than_the_outage() {
    let habits = Habits { refetches: Some(20), ..Habits::default() };
    exhibit(habits, ServerConfig::default(), Latency::default(), |chat: &mut dyn Client| {
        begin(chat);
        let now = chat.now();
        chat.provider().set_weather(now, Weather { refusing: true, ..Weather::default() });
        chat.cut();
        let many = AgentAction::SayMany { prefix: "agent".to_owned(), count: 250, every_ms: 100 };
        let now = chat.now();
        chat.provider().agent(now, many);
        chat.run_for(30_000);
        let now = chat.now();
        chat.provider().set_weather(now, Weather::default());
        chat.run_for(60_000);
        same("shown", chat.shown(), numbered(250))
    });
}
