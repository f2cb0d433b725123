//! The arm without I/O: the core under virtual time.

use helpline_protocol::{Command, CommandError, CommandId, Input, Session};
use helpline_simulation::{Provider, World, WorldConfig};

use crate::play::{Arm, play};
use crate::report::Report;
use crate::scenario::Scenario;

/// Plays a scenario in the simulation. Its transcript.
#[must_use]
pub fn simulate(scenario: &Scenario) -> String {
    let mut world = World::new(WorldConfig {
        seed: scenario.seed,
        server: scenario.server.clone(),
        policy: scenario.policy.clone(),
        limits: scenario.limits.clone(),
        latency: scenario.latency,
        keep_outputs: false,
    });
    let mut report = Report::default();
    for step in &scenario.steps {
        world.run_until(step.at);
        tell(&mut report, &mut world);
        report.step(step.at, &step.text);
        if let Err(why) = play(&mut world, &step.act) {
            report.refused(step.at, &why);
        }
        tell(&mut report, &mut world);
    }
    world.run_until(scenario.until);
    tell(&mut report, &mut world);
    report.finish(&world.session, &world.provider)
}

fn tell(report: &mut Report, world: &mut World) {
    for line in world.lines.drain(..) {
        report.event(line.at, &line.event);
    }
}

impl Arm for World {
    fn session(&self) -> &Session {
        &self.session
    }

    fn execute(&mut self, command: Command) -> Result<CommandId, CommandError> {
        Self::execute(self, command)
    }

    fn tell(&mut self, input: Input) {
        Self::tell(self, input);
    }

    fn far(&mut self, act: impl FnOnce(&mut Provider, u64)) {
        let now = self.now();
        act(&mut self.provider, now);
    }
}
