//! A session in virtual time, brought to where an exercise begins.

use helpline_emulator::amazon_connect::{AgentAction, ServerConfig};
use helpline_protocol::model::{ItemBody, Notice, TranscriptItem};
use helpline_protocol::{Command, CommandId, CommandResult, ConnectionState, Event, Policy};
use helpline_simulation::{World, WorldConfig};

/// A session that is live, and has read what there is.
pub(crate) fn live() -> World {
    live_in(WorldConfig::default())
}

pub(crate) fn live_with(policy: Policy) -> World {
    live_in(WorldConfig { policy, ..WorldConfig::default() })
}

pub(crate) fn live_at(server: ServerConfig) -> World {
    live_in(WorldConfig { server, ..WorldConfig::default() })
}

pub(crate) fn live_in(config: WorldConfig) -> World {
    let mut world = World::new(config);
    let connect = run(&mut world, Command::Connect);
    assert_eq!(connect, CommandResult::Done);
    assert_eq!(world.session.state(), ConnectionState::Live);
    world.run_for(1_000);
    world
}

/// Gives a command, and lets ten seconds pass at the most until it has finished.
pub(crate) fn run(world: &mut World, command: Command) -> CommandResult {
    let id = world.execute(command).expect("the command is taken");
    for _ in 0..100 {
        if let Some(result) = result_of(world, id) {
            return result;
        }
        world.run_for(100);
    }
    panic!("{id} has not finished");
}

pub(crate) fn result_of(world: &World, id: CommandId) -> Option<CommandResult> {
    events(world).into_iter().find_map(|event| match event {
        Event::CommandFinished { command, result } if *command == id => Some(result.clone()),
        _ => None,
    })
}

pub(crate) fn events(world: &World) -> Vec<&Event> {
    world.lines.iter().map(|line| &line.event).collect()
}

pub(crate) fn count(world: &World, wanted: impl Fn(&Event) -> bool) -> usize {
    events(world).into_iter().filter(|event| wanted(event)).count()
}

pub(crate) fn say(world: &mut World, text: &str) {
    act(world, AgentAction::Say(text.to_owned()));
}

/// The agent does something, and a second passes.
pub(crate) fn act(world: &mut World, action: AgentAction) {
    world.agent(action);
    world.run_for(1_000);
}

/// Something happens in the agent's name, by its name on the wire.
pub(crate) fn happen(world: &mut World, name: &str, content: Option<&str>) {
    let content = content.map(str::to_owned);
    act(world, AgentAction::Event { name: name.to_owned(), content });
}

pub(crate) fn newest(world: &World) -> TranscriptItem {
    world.transcript().last().map(|item| (*item).clone()).expect("an item")
}

/// The notices of the transcript, as the user's own list has them, in their order.
pub(crate) fn notices(world: &World) -> Vec<Notice> {
    let notice = |item: &TranscriptItem| match &item.body {
        ItemBody::Notice { notice } => Some(notice.clone()),
        _ => None,
    };
    world.mirror.items().iter().filter_map(notice).collect()
}

/// Texts of the transcript.
pub(crate) fn texts(world: &World) -> Vec<String> {
    world.transcript().iter().filter_map(|item| item.body.text().map(str::to_owned)).collect()
}

/// Whether all changes that were told make up the transcript that there is.
pub(crate) fn assert_told(world: &World) {
    assert_eq!(world.mirror.difference(world.transcript().into_iter()), None, "the user's own list");
}
