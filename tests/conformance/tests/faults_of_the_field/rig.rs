//! A world to look at.

#![allow(dead_code, reason = "each test program uses its own part of it")]

use helpline_emulator::amazon_connect::{AgentAction, Operation as Call, ServerConfig};
use helpline_protocol::model::{Direction, TranscriptItem};
use helpline_protocol::{
    Body, Command, CommandResult, ConnectionState, Event, LostReason, MessageKey, Operation, Output, Policy,
};
use helpline_simulation::{World, WorldConfig, compare};
use serde_json::Value;

/// A chat that was just started, with faults by the emulator's names for them.
pub(crate) fn world(faults: &[&str]) -> World {
    with_policy(faults, Policy::amazon_connect())
}

pub(crate) fn with_policy(faults: &[&str], policy: Policy) -> World {
    of(WorldConfig { server: server(faults), policy, ..WorldConfig::default() })
}

pub(crate) fn server(faults: &[&str]) -> ServerConfig {
    let mut server = ServerConfig::default();
    for fault in faults {
        server.faults.set(fault).expect("the emulator knows it");
    }
    server
}

pub(crate) fn of(config: WorldConfig) -> World {
    World::new(WorldConfig { keep_outputs: true, ..config })
}

/// The same, connected, after a second.
pub(crate) fn connected(faults: &[&str]) -> World {
    let mut world = world(faults);
    world.execute(Command::Connect).expect("it is new");
    world.run_until(1_000);
    assert_eq!(world.session.state(), ConnectionState::Live);
    world
}

/// What can be seen of a world.
pub(crate) trait Look {
    fn fault(&mut self, text: &str);
    fn heal(&mut self);
    fn say(&mut self, text: &str);
    fn send(&mut self, text: &str);
    fn events(&self) -> Vec<&Event>;
    fn lost(&self) -> Vec<(u64, &LostReason)>;
    /// The bodies of requests for something, with their times.
    fn asked(&self, what: Operation) -> Vec<(u64, Value)>;
    fn calls(&self, call: Call) -> u64;
    fn texts(&self) -> Vec<&str>;
    /// How the command came out that handed over this text.
    fn result_of(&self, text: &str) -> Option<&CommandResult>;
    fn key_of(&self, text: &str) -> MessageKey;
    fn own(&self) -> Vec<&TranscriptItem>;
    /// Both sides have the same, and so has the user's own list.
    fn assert_equal(&self);
    fn assert_live(&self);
}

impl Look for World {
    fn fault(&mut self, text: &str) {
        self.provider.server.faults_mut().set(text).expect("the emulator knows it");
    }

    fn heal(&mut self) {
        self.provider.server.set_faults(Default::default());
    }

    fn say(&mut self, text: &str) {
        self.agent(AgentAction::Say(text.to_owned()));
    }

    fn send(&mut self, text: &str) {
        self.execute(Command::send_text(text)).expect("it can be sent");
    }

    fn events(&self) -> Vec<&Event> {
        self.lines.iter().map(|line| &line.event).collect()
    }

    fn lost(&self) -> Vec<(u64, &LostReason)> {
        let lost = self.lines.iter().filter_map(|line| match &line.event {
            Event::ConnectionLost { reason } => Some((line.at, reason)),
            _ => None,
        });
        lost.collect()
    }

    fn asked(&self, what: Operation) -> Vec<(u64, Value)> {
        let of = self.outputs.iter().filter_map(|(at, output)| match output {
            Output::Request { request, operation, .. } if *operation == what => {
                let Body::Bytes(bytes) = &request.body else { return Some((*at, Value::Null)) };
                Some((*at, serde_json::from_slice(bytes).unwrap_or_default()))
            }
            _ => None,
        });
        of.collect()
    }

    fn calls(&self, call: Call) -> u64 {
        self.provider.server.stats().calls_of(call)
    }

    fn texts(&self) -> Vec<&str> {
        self.transcript().into_iter().filter_map(|item| item.body.text()).collect()
    }

    fn result_of(&self, text: &str) -> Option<&CommandResult> {
        let key = self.key_of(text);
        let of = self.lines.iter().find_map(|line| match &line.event {
            Event::MessageQueued { command, message, .. } if *message == key => Some(*command),
            _ => None,
        })?;
        self.lines.iter().find_map(|line| match &line.event {
            Event::CommandFinished { command, result } if *command == of => Some(result),
            _ => None,
        })
    }

    fn key_of(&self, text: &str) -> MessageKey {
        let found = self.transcript().into_iter().find(|item| item.body.text() == Some(text));
        found.unwrap_or_else(|| panic!("{text:?} is not in the transcript")).key
    }

    fn own(&self) -> Vec<&TranscriptItem> {
        self.transcript().into_iter().filter(|item| item.direction == Direction::Outgoing).collect()
    }

    fn assert_equal(&self) {
        let truth = self.provider.server.transcript(&self.provider.chat.contact_id);
        let verdict = compare(self.transcript().into_iter(), &truth);
        assert!(verdict.is_equal(), "{verdict}");
        assert_eq!(self.mirror.difference(self.transcript().into_iter()), None, "the user's own list");
    }

    fn assert_live(&self) {
        assert_eq!(self.session.state(), ConnectionState::Live);
    }
}
