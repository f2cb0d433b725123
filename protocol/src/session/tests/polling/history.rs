use super::*;

#[test]
fn a_lost_poll_is_mended_from_the_history() {
    let mut rig = Rig::begun();
    rig.poll_brings(&[agent_says("a1", "one")]);
    assert_eq!(rig.asked(Operation::Poll), 2);
    rig.poll_is_lost();
    assert_eq!(rig.told("connection lost"), 1);
    assert!(!rig.is_live());
    rig.wake();
    assert_eq!((rig.asked(Operation::CatchUp), rig.asked(Operation::Poll)), (1, 2));
    rig.history_brings(&[agent_says("a1", "one"), agent_says("a2", "two"), agent_says("a3", "three")]);
    assert_eq!(rig.told("gap closed: 2 recovered"), 1);
    assert!(rig.is_live());
    assert_eq!(rig.asked(Operation::Poll), 3);
    rig.poll_brings(&[agent_says("a4", "four")]);
    assert_eq!(rig.lines(), ["one", "two", "three", "four"]);
}

#[test]
fn the_history_says_where_own_messages_stand() {
    let mut rig = Rig::begun();
    rig.poll_brings(&[agent_says("a1", "one")]);
    rig.command(Command::send_text("mine")).unwrap();
    rig.answer(Operation::SendMessage, 200, "");
    // The answer that it is to is lost, and so is one that came before it.
    rig.poll_is_lost();
    rig.wake();
    rig.history_brings(&[
        agent_says("a1", "one"),
        agent_says("a2", "two"),
        own_said(1, "mine"),
        agent_says("a3", "three"),
    ]);
    assert_eq!(rig.lines(), ["one", "two", "mine", "three"]);
}

#[test]
fn what_was_known_in_another_order_takes_the_history_s() {
    let mut rig = Rig::begun();
    rig.command(Command::send_text("mine")).unwrap();
    // The poll overtakes the answer to the message.
    rig.poll_brings(&[agent_says("a1", "one")]);
    rig.answer(Operation::SendMessage, 200, "");
    assert_eq!(rig.lines(), ["one", "mine"]);
    let load = rig.command(Command::LoadHistory { conversation: None, limit: None }).unwrap();
    rig.pass(5_000);
    rig.poll_brings(&[]);
    rig.history_brings(&[own_said(1, "mine"), agent_says("a1", "one")]);
    assert_eq!(rig.finished(load), Some(CommandResult::Loaded { items: 0, complete: true }));
    assert_eq!(rig.lines(), ["mine", "one"]);
    // And that it was told so is not told again.
    let before = rig.told("~");
    rig.command(Command::LoadHistory { conversation: None, limit: None }).unwrap();
    rig.pass(5_000);
    rig.poll_brings(&[]);
    rig.history_brings(&[own_said(1, "mine"), agent_says("a1", "one")]);
    assert_eq!(rig.told("~"), before);
    assert_eq!(rig.told("gap closed"), 0, "there was none");
}

#[test]
fn a_message_that_the_history_has_twice_stands_where_it_stood_first() {
    let mut rig = Rig::begun();
    for (number, text) in [(1, "one"), (2, "two")] {
        rig.command(Command::send_text(text)).unwrap();
        rig.answer(Operation::SendMessage, 200, "");
        assert!(rig.said(Operation::SendMessage).contains(&format!("{CHAT}:{number}")));
    }
    let before = rig.told("~");
    // A try of the first one was still under way when the history was read without it.
    rig.poll_is_lost();
    rig.wake();
    rig.history_brings(&[own_said(1, "one"), own_said(2, "two"), own_said(1, "one")]);
    assert_eq!(rig.lines(), ["one", "two"]);
    rig.poll_is_lost();
    rig.wake();
    rig.history_brings(&[own_said(1, "one"), own_said(2, "two"), own_said(1, "one")]);
    assert_eq!(rig.lines(), ["one", "two"]);
    assert!(rig.told("~") <= before + 1, "that they stand as they stood is no news");
}

#[test]
fn a_conversation_that_goes_on_shows_what_was_said_before_anything_else() {
    let mut rig = Rig::resumed();
    assert!(!rig.is_live());
    rig.command(Command::send_text("new")).unwrap();
    assert_eq!((rig.asked(Operation::SendMessage), rig.asked(Operation::Poll)), (0, 0));
    rig.history_brings(&[own_said(1, "old"), agent_says("a1", "answer"), own_said(6, "older than new")]);
    assert!(rig.is_live());
    assert!(rig.said(Operation::SendMessage).contains(&format!(r#""msg_id":"{CHAT}:7""#)));
    rig.answer(Operation::SendMessage, 200, "");
    assert_eq!(rig.lines(), ["old", "answer", "older than new", "new"]);
    rig.pass(10_000);
    assert_eq!(rig.asked(Operation::SendReceipt), 0, "what was read long ago is not acknowledged again");
}

#[test]
fn what_is_older_than_a_conversation_that_just_began_is_nothing() {
    let mut rig = Rig::polling();
    rig.command(Command::Connect).unwrap();
    let load = rig.command(Command::LoadHistory { conversation: None, limit: None }).unwrap();
    rig.start(CHAT, true);
    assert_eq!(rig.finished(load), Some(CommandResult::Loaded { items: 0, complete: true }));
    assert_eq!(rig.asked(Operation::CatchUp), 0);
}

#[test]
fn a_history_that_cannot_be_had_does_not_stop_the_chat_nor_doubles_an_id() {
    let mut rig = Rig::resumed();
    for _ in 0..6 {
        rig.answer(Operation::CatchUp, 503, "");
        if rig.told("history unavailable") == 0 {
            rig.wake();
        }
    }
    assert_eq!((rig.told("history unavailable"), rig.asked(Operation::CatchUp)), (1, 6));
    rig.wake();
    rig.poll_brings(&[agent_says("a9", "hello")]);
    assert!(rig.is_live());
    rig.command(Command::send_text("mine")).unwrap();
    let said = rig.said(Operation::SendMessage);
    let id = said.split(&format!("{CHAT}:")).nth(1).unwrap().split('"').next().unwrap();
    assert!(id.parse::<u64>().unwrap() > 1_000_000, "{id} is above all that can have been given");
}

#[test]
fn the_same_batch_again_and_again_is_told_once_and_polled_with_a_distance() {
    let mut rig = Rig::begun();
    let batch = [agent_says("a1", "one"), event("typing")];
    rig.poll_brings(&batch);
    for _ in 0..60 {
        rig.pass(5);
        let polls = rig.asked(Operation::Poll);
        rig.poll_brings(&batch);
        while rig.asked(Operation::Poll) == polls {
            rig.wake();
        }
    }
    assert_eq!(rig.lines(), ["one"]);
    assert!(rig.at > 250_000, "60 polls within {} ms", rig.at);
}

#[test]
fn an_item_without_an_id_is_known_again_by_all_that_it_says() {
    let nameless = |text: &str| {
        format!(
            r#"{{"event":"chat_session_message","party_id":"{AGENT}","msg":"{text}","timestamp":"1773480401"}}"#
        )
    };
    let mut rig = Rig::begun();
    rig.poll_brings(&[nameless("one")]);
    rig.poll_is_lost();
    rig.wake();
    rig.history_brings(&[nameless("one"), nameless("two")]);
    assert_eq!(rig.lines(), ["one", "two"]);
}

#[test]
fn a_history_as_long_as_the_window_and_longer_does_not_bring_back_what_was_dropped() {
    let limits = crate::Limits::default().with_transcript_items(4);
    let config = crate::Config::from(Config::new("acme.example", "app", "client")).with_limits(limits);
    let mut rig = Rig::polling_with(config);
    rig.command(Command::Connect).unwrap();
    rig.start(CHAT, true);
    let all: Vec<String> =
        (0..9).map(|number| agent_says(&format!("a{number}"), &number.to_string())).collect();
    rig.poll_brings(&all[..8]);
    assert_eq!(rig.lines(), ["4", "5", "6", "7"]);
    rig.poll_is_lost();
    rig.wake();
    rig.history_brings(&all);
    assert_eq!(rig.lines(), ["5", "6", "7", "8"]);
    assert_eq!(rig.told("recovered"), rig.told("gap closed: 1 recovered"));
}
