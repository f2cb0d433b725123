//! What is wrong with what comes from outside: each time a typed error that says what is wrong and what to do,
//! nothing half done, and a session that lives on.

mod credentials;
mod fetching;
mod questions;
#[path = "../faults_of_the_field/rig.rs"]
mod rig;
mod sending;

use helpline_protocol::{Command, CommandError, CommandResult, Event, Failure};
use helpline_simulation::World;
use rig::Look as _;

/// Gives a command and waits for what becomes of it.
fn outcome(world: &mut World, command: Command) -> CommandResult {
    let id = world.execute(command).expect("it is accepted");
    world.run_for(300_000);
    let found = world.lines.iter().find_map(|line| match &line.event {
        Event::CommandFinished { command, result } if *command == id => Some(result.clone()),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("{id} has come to no end"))
}

fn failure(world: &mut World, command: Command) -> Failure {
    match outcome(world, command) {
        CommandResult::Failed { failure } => failure,
        other => panic!("it worked out: {other:?}"),
    }
}

/// A command that is refused leaves nothing behind.
fn refused(world: &mut World, command: Command) -> CommandError {
    let (before, lines, requests) = (world.session.clone(), world.lines.len(), world.requests.len());
    let refused = world.execute(command).expect_err("it makes no sense");
    assert!(*world.session == before, "it left something behind");
    assert_eq!((world.lines.len(), world.requests.len()), (lines, requests));
    refused
}

/// All goes on as before.
fn lives_on(world: &mut World) {
    world.heal();
    world.assert_live();
    assert!(world.lost().is_empty(), "{:?}", world.lost());
    world.send("and on");
    world.say("indeed");
    world.run_for(10_000);
    assert!(matches!(world.result_of("and on"), Some(CommandResult::Sent { .. })));
    assert!(world.texts().contains(&"indeed"));
    assert_eq!(world.session.usage().commands, 0, "no command is left open");
    assert_eq!(world.session.usage().requests, 0, "and no request");
    assert_eq!(world.mirror.difference(world.transcript().into_iter()), None);
}
