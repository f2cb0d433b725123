//! Sessions that are connected and at rest.

use helpline_protocol::{Command, Event, Frame, Input, Now, Output, Session, SocketId, Timestamp, WallTime};
use helpline_simulation::{World, WorldConfig};

/// A session that went live on its first socket a moment ago, and has nothing to do.
///
/// # Panics
/// When it does not go live.
#[must_use]
pub fn session(seed: u64) -> Session {
    let mut world = World::new(WorldConfig { seed, ..WorldConfig::default() });
    world.execute(Command::Connect).expect("a new session connects");
    world.run_for(500);
    let live = |event: &Event| event.to_string() == "connection live";
    assert!(world.lines.iter().any(|line| live(&line.event)), "the session is live");
    world.session.session().clone()
}

/// Hands a frame to a session as its host would.
pub fn receive(session: &mut Session, frame: String, out: &mut Vec<Output>) {
    let now = Now::new(Timestamp::from_millis(600), WallTime::from_unix_millis(1_773_480_400_600));
    session.handle(now, Input::Frame { socket: SocketId::from_u64(1), frame: Frame::Text(frame) }, out);
}
