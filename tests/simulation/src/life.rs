//! One life: trouble, with safety held at every step; then healing, after which all must settle within a stated time;
//! then judgement; then the end.

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use helpline_protocol::{Command, ConnectionState, Secrets};

use crate::alphabet::{Act, Agent, User};
use crate::assertions::{
    both_sides_agree, no_secret_is_written, the_end_has_a_reason, the_end_is_the_end, the_end_is_told,
    the_journal_replays,
};
use crate::plan::{Ending, Plan};
use crate::rng::Rng;
use crate::run::last_place;
use crate::story::Story;
use crate::system::System;
use crate::vendor::Stage;
use crate::world::{Line, World};

/// Everything must have settled so long after the last trouble, in simulated milliseconds: longer than the longest
/// backoff, the window in which a message is repeated, and a request's timeout after each other.
pub const HEALING_MS: u64 = 240_000;

/// What a life was like.
#[derive(Clone, Debug, Default)]
pub struct Life {
    /// What the user was told.
    pub lines: Vec<Line>,
    /// What was done to it, by kind.
    pub tally: BTreeMap<&'static str, u64>,
    /// Messages and files that the user handed over.
    pub handed_over: u64,
    /// Items that the server's transcript had in the end.
    pub items: u64,
    /// Inputs and commands that the session was given.
    pub steps: u64,
    /// How long it took from healing until all was settled, in simulated milliseconds.
    pub settled_ms: u64,
    /// How long all of it took, likewise.
    pub lasted_ms: u64,
}

/// A life that went wrong.
#[derive(Clone, Debug)]
pub struct Violation {
    /// The plan's seed.
    pub seed: u64,
    /// The session's input or command at which it showed.
    pub step: u64,
    /// When, in simulated milliseconds.
    pub at: u64,
    /// What; begins with the property's number where one is broken.
    pub what: String,
    /// What happened until then, where it was wanted.
    pub story: Vec<String>,
    /// The session's journal until then, likewise.
    pub journal: Option<String>,
}

/// How a life is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Looks {
    /// The story is written.
    pub story: bool,
    /// The session is woken for nothing after every step.
    pub restless: bool,
    /// Everything that can be written is searched for secrets in the end.
    pub secrets: bool,
    /// A journal is written, and replayed in the end.
    pub journal: bool,
    /// The session's process dies now and then, and another takes it up.
    pub restarts: Restarts,
}

/// How a session goes on after its process died.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Restarts {
    /// It does not die.
    #[default]
    Never,
    /// From a snapshot of the very step at which it died.
    Here,
    /// From the snapshot of the last checkpoint before.
    FromCheckpoint,
}

impl Plan {
    /// Lives through it.
    ///
    /// # Errors
    /// When a property is broken, or anything panics.
    pub fn live<V: Stage>(&self, looks: Looks) -> Result<(Life, Story), Box<Violation>> {
        let story = if looks.story { Story::wanted() } else { Story::default() };
        let mut system = System::<V>::begin(self.seed, &self.setup, story, |world| {
            if looks.journal {
                world.write_journal(self.seed);
            }
            if looks.restarts == Restarts::FromCheckpoint {
                world.keep_checkpoints();
            }
        });
        system.world.set_restless(looks.restless);
        let mut life = Life::default();
        let end = catch_unwind(AssertUnwindSafe(|| self.live_in(&mut system, &mut life, looks)));
        let (steps, at) = (system.world.watch.steps(), system.world.now());
        match end {
            Ok(()) => {
                life.items = V::truth(&system.world.provider).len() as u64;
                life.handed_over = system.reference.len() as u64;
                (life.steps, life.lasted_ms) = (steps, at);
                for (what, times) in V::tally(&system.world.provider) {
                    *life.tally.entry(what).or_insert(0) += times;
                }
                for tally in [&system.tally, system.world.provider.network_tally()] {
                    for (what, times) in tally {
                        *life.tally.entry(what).or_insert(0) += times;
                    }
                }
                life.lines = system.world.lines;
                Ok((life, system.world.story))
            }
            Err(panic) => {
                let mut what = words_of(panic.as_ref());
                if let Some(place) = last_place() {
                    what.push_str(&format!(" [{place}]"));
                }
                let story = system.world.story.lines().to_vec();
                let journal = system.world.journal();
                Err(Box::new(Violation { seed: self.seed, step: steps, at, what, story, journal }))
            }
        }
    }

    fn live_in<V: Stage>(&self, system: &mut System<V>, life: &mut Life, looks: Looks) {
        let mut fate = Rng::new(self.seed ^ 0xdead);
        for (wait, act) in &self.acts {
            let moment = fate.within(0, *wait);
            system.world.run_for(moment);
            if looks.restarts != Restarts::Never && fate.percent(15) {
                system
                    .restart(looks.restarts, if fate.percent(50) { Secrets::Omit } else { Secrets::Include });
            }
            system.world.run_for(wait - moment);
            system.act(act);
        }
        settle(system, life);
        if !ended(system) {
            mend(system);
            if !ended(system) {
                both_sides_agree(&system.world, &system.reference);
                self.finish(system);
            }
        }
        if ended(system) {
            the_end_has_a_reason(&system.world, system.left);
            the_end_is_told(&system.world, &system.reference);
            the_end_is_the_end(&mut system.world);
        }
        if looks.secrets {
            no_secret_is_written(&system.world);
        }
        if looks.journal {
            the_journal_replays(&system.world);
        }
    }

    fn finish<V: Stage>(&self, system: &mut System<V>) {
        match self.ending {
            Ending::Open => return,
            Ending::ByAgent => system.act(&Act::Agent(Agent::End)),
            Ending::ByUser => system.act(&Act::User(User::Leave)),
        }
        let end = system.world.now() + HEALING_MS;
        let over = system.world.run_until_holds(end, World::is_over_and_done);
        assert!(over, "P19: the chat is over, and the session does not know");
    }
}

/// Everything heals, and settles in time.
fn settle<V: Stage>(system: &mut System<V>, life: &mut Life) {
    system.heal();
    let from = system.world.now();
    let settled = system.world.run_until_holds(from + HEALING_MS, |world| match world.session.state() {
        _ if world.is_over() => world.is_over_and_done(),
        ConnectionState::Live => world.session.is_settled() && !V::has_ended(&world.provider),
        _ => false,
    });
    assert!(
        settled,
        "P19: not settled {HEALING_MS} ms after healing: {}, {:?}",
        system.world.session.state(),
        system.world.session.usage()
    );
    life.settled_ms = system.world.now() - from;
    // What follows from the last that was settled, as echoes and receipts do.
    system.world.run_for(10_000);
}

/// What failed or is uncertain may be sent again; the first one takes those behind it along. And what was said before
/// the first page is fetched on request only.
fn mend<V: Stage>(system: &mut System<V>) {
    for _ in 0..=system.reference.len() {
        let Some(message) = system.stuck() else { break };
        system.world.execute(Command::Resend { message }).expect("what has failed can be sent again");
        system.world.run_for(10_000);
    }
    assert!(system.stuck().is_none() || ended(system), "P7: {:?} cannot be sent", system.stuck());
    for _ in 0..100 {
        let load = Command::LoadHistory { conversation: None, limit: Some(100) };
        let Ok(command) = system.world.execute(load) else { break };
        system.world.run_for(5_000);
        // Where one thing is asked at a time, it comes after what is held.
        let end = system.world.now() + HEALING_MS;
        system.world.run_until_holds(end, |world| world.has_finished(command));
        if system.world.is_complete_after(command) {
            break;
        }
    }
    // A socket that was to be cut after so many frames may have been, long after everything healed.
    let end = system.world.now() + HEALING_MS;
    system.world.run_for(10_000);
    let settled = system.world.run_until_holds(end, |world| world.is_at_rest());
    assert!(settled || ended(system), "P19: not at rest in the end: {}", system.world.session.state());
}

fn ended<V: Stage>(system: &System<V>) -> bool {
    system.world.is_over()
}

fn words_of(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_else(|| "a panic without words".to_owned())
}
