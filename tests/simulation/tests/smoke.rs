//! A chat under virtual time, from connect to end.

use helpline_emulator::amazon_connect::{AgentAction, AgentScript, ServerConfig};
use helpline_protocol::Command;
use helpline_simulation::{World, WorldConfig};

#[test]
fn a_whole_chat() {
    let server = ServerConfig::with_script(AgentScript::demo());
    let mut world = World::new(WorldConfig { server, ..WorldConfig::default() });
    world.execute(Command::Connect).unwrap();
    world.run_until(3_000);
    world.execute(Command::send_text("Where is my parcel?")).unwrap();
    world.run_until(8_000);
    world.cut();
    world.agent(AgentAction::Say("while you were away".into()));
    world.run_until(12_000);
    world.execute(Command::send_text("bye")).unwrap();
    world.run_until(60_000);
    for line in &world.lines {
        println!("{:>8} {}", line.at, line.event);
    }
    println!("{:?}", world.requests);
}
