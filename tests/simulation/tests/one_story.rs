//! P20: one scenario, two providers, the same story, as far as both have the thing.
//!
//! The one pushes frames over a socket, the other is polled; the one acknowledges, the other does not. What the user is
//! told is the same, in the same order, but for what only one of them has.

use helpline_protocol::model::{Direction, TranscriptChange, TranscriptItem};
use helpline_protocol::{CommandResult, ConnectionState, Event};
use helpline_simulation::alphabet::{Act, Agent, User};
use helpline_simulation::vendor::Stage;
use helpline_simulation::{AmazonConnect, BrightPattern, Setup, Story, System, Weather};

/// A chat with everything in it that both providers have.
fn tell<V: Stage>() -> Vec<String> {
    let setup = Setup::default();
    let mut system = System::<V>::begin(20, &setup, Story::default(), |_| {});
    let mut after = |span: u64, act: Act| {
        system.world.run_for(span);
        system.act(&act);
    };
    after(3_000, Act::User(User::Say(vec!["hello".to_owned(), "is anybody there?".to_owned()])));
    after(2_000, Act::Agent(Agent::Deliver));
    after(2_000, Act::Agent(Agent::Read));
    after(1_000, Act::Agent(Agent::Type));
    after(2_000, Act::Agent(Agent::Say("what can I do for you?".to_owned())));
    after(2_000, Act::User(User::Type(3)));
    after(1_000, Act::User(User::Read(0)));
    // The line is dead for longer than either takes to notice it, and both sides go on talking.
    after(2_000, Act::Weather(Weather::dead(true, true)));
    after(500, Act::Agent(Agent::Say("one moment".to_owned())));
    after(50_000, Act::User(User::Say(vec!["are you still there?".to_owned()])));
    after(5_000, Act::Agent(Agent::Say("here it is".to_owned())));
    after(1_000, Act::Weather(Weather::default()));
    after(60_000, Act::User(User::Say(vec!["thank you".to_owned()])));
    after(20_000, Act::User(User::LoadHistory(50)));
    after(60_000, Act::Agent(Agent::Say("goodbye".to_owned())));
    after(5_000, Act::Agent(Agent::End));
    system.world.run_for(60_000);
    assert!(system.world.is_over(), "the chat is over: {}", system.world.session.state());
    let lines = system.world.lines.iter();
    when_caught_up(lines.filter_map(|line| normal(&line.event, &system)).flatten().collect())
}

/// A socket is connected and then catches up; a chat that is polled is connected once it has. Where that stands beside
/// what was missed is no part of the story.
fn when_caught_up(mut story: Vec<String>) -> Vec<String> {
    let find = |what: &str, from: usize, story: &[String]| {
        story.iter().skip(from).position(|line| line.starts_with(what)).map(|at| at + from)
    };
    let lost = find("connection lost", 0, &story).expect("the link was lost");
    let connected = find("connected", lost, &story).expect("it came back");
    let line = story.remove(connected);
    let closed = find("gap closed", lost, &story).expect("what was missed came");
    story.insert(closed + 1, line);
    story
}

/// What a user would say of an event, in words that fit both; none where only one has it.
fn normal<V: Stage>(event: &Event, system: &System<V>) -> Option<Vec<String>> {
    let one = |text: &str| Some(vec![text.to_owned()]);
    match event {
        Event::ConnectionChanged { state: ConnectionState::Live } => one("connected"),
        Event::ConnectionLost { .. } => one("connection lost"),
        Event::MessageQueued { .. } => one("handed over"),
        Event::TranscriptChanged { changes, .. } => Some(changes.iter().filter_map(added).collect()),
        Event::CommandFinished { result: CommandResult::Sent { message }, .. } => {
            Some(vec![format!("sent: {}", said(system.world.session.item(*message)?))])
        }
        Event::CommandFinished { result: CommandResult::Loaded { items, complete }, .. } => {
            Some(vec![format!("{items} older ones, all there are: {complete}")])
        }
        Event::CommandFinished { result: CommandResult::Failed { .. }, .. } => one("failed"),
        Event::ReceiptReceived { message, receipt, .. } => {
            Some(vec![format!("{receipt:?}: {}", said(system.world.session.item(*message)?))])
        }
        Event::TypingStarted { .. } => one("types"),
        Event::TypingStopped { .. } => one("does not type"),
        Event::GapClosed { recovered, .. } => Some(vec![format!("gap closed: {recovered} recovered")]),
        Event::ConversationEnded { .. } => one("over"),
        _ => None,
    }
}

/// A message as it was added; comings and goings are kept differently.
fn added(change: &TranscriptChange) -> Option<String> {
    let TranscriptChange::Added { item, .. } = change else { return None };
    let who = if item.direction == Direction::Outgoing { "me" } else { "they" };
    item.body.is_message().then(|| format!("{who}: {}", said(item)))
}

fn said(item: &TranscriptItem) -> &str {
    item.body.text().unwrap_or("[something else]")
}

#[test]
fn two_providers_tell_the_same_story() {
    let (sockets, polls) = (tell::<AmazonConnect>(), tell::<BrightPattern>());
    println!("{}", sockets.join("\n"));
    assert_eq!(sockets, polls);
    for told in [
        "connected",
        "sent: hello",
        "Read: is anybody there?",
        "types",
        "they: what can I do for you?",
        "connection lost",
        "gap closed: 2 recovered",
        "they: one moment",
        "sent: are you still there?",
        "over",
    ] {
        assert!(sockets.iter().any(|line| line == told), "nobody told {told:?}");
    }
}
