//! The arm on tokio: the driver and helpline-tokio's clock, sleep and HTTP seam under a paused tokio clock, with
//! sockets in memory.
//!
//! Everything runs in one task, so that what happens in one millisecond happens in one order: first the
//! network hands over one thing, then the driver does all it can, and so on.

mod runtime;

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use helpline_protocol::driver::Driver;
use helpline_protocol::{Command, CommandError, CommandId, Config, Event, Input, Session};
use helpline_simulation::Provider;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::play::{Arm, play};
use crate::report::Report;
use crate::scenario::Scenario;
use runtime::{Far, InMemory};

/// Plays a scenario with the async driver on tokio. Its transcript.
///
/// # Panics
/// When no runtime can be built.
#[must_use]
pub fn play_on_tokio(scenario: &Scenario) -> String {
    let tokio = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    // Tokio's budget for one poll would cut a millisecond short.
    tokio.block_on(tokio::task::unconstrained(run(scenario)))
}

async fn run(scenario: &Scenario) -> String {
    let provider = Provider::new(scenario.seed, scenario.server.clone(), scenario.latency);
    let config = Config::from(provider.session_config())
        .with_policy(scenario.policy.clone())
        .with_limits(scenario.limits.clone());
    let runtime = InMemory::new(Far::new(provider), scenario.seed);
    let driver = Driver::new(runtime.clone(), config).expect("the configuration works");
    let mut stage = Stage { driver, runtime, origin: Instant::now(), told: Vec::new() };
    let mut report = Report::default();
    for step in &scenario.steps {
        stage.run_until(step.at).await;
        stage.tell_all(&mut report);
        report.step(step.at, &step.text);
        if let Err(why) = play(&mut stage, &step.act) {
            report.refused(step.at, &why);
        }
    }
    stage.run_until(scenario.until).await;
    stage.tell_all(&mut report);
    let far = stage.runtime.far();
    report.finish(stage.driver.session(), &far.provider)
}

struct Stage {
    driver: Driver<InMemory>,
    runtime: InMemory,
    origin: Instant,
    told: Vec<(u64, Event)>,
}

impl Stage {
    async fn run_until(&mut self, end: u64) {
        let mut sleep: Option<(u64, Pin<Box<Sleep>>)> = None;
        poll_fn(|context| {
            loop {
                self.turn(context);
                let now = self.runtime.millis();
                let next = self.runtime.far().provider.next();
                if now >= end && next.is_none_or(|next| next > now) {
                    return Poll::Ready(());
                }
                let wake = next.map_or(end, |next| next.min(end));
                if sleep.as_ref().is_none_or(|(at, _)| *at != wake) {
                    let at = self.origin + Duration::from_millis(wake);
                    sleep = Some((wake, Box::pin(sleep_until(at))));
                }
                if let Some((_, sleep)) = &mut sleep
                    && sleep.as_mut().poll(context).is_pending()
                {
                    return Poll::Pending;
                }
            }
        })
        .await;
    }

    /// All that is due at this moment.
    fn turn(&mut self, context: &mut Context<'_>) {
        loop {
            let arrived = self.runtime.arrive();
            self.drive(context);
            if !arrived {
                return;
            }
        }
    }

    /// Lets the driver do all that it can.
    fn drive(&mut self, context: &mut Context<'_>) {
        let mut idle = 0;
        // A driver yields after a number of steps, and then has more to do.
        while idle < 2 {
            match pin!(self.driver.next_event()).poll(context) {
                Poll::Ready(Some(event)) => {
                    self.told.push((self.runtime.millis(), event));
                    idle = 0;
                }
                Poll::Ready(None) => return,
                Poll::Pending => idle += 1,
            }
        }
    }

    fn tell_all(&mut self, report: &mut Report) {
        for (at, event) in self.told.drain(..) {
            report.event(at, &event);
        }
    }
}

impl Arm for Stage {
    fn session(&self) -> &Session {
        self.driver.session()
    }

    fn execute(&mut self, command: Command) -> Result<CommandId, CommandError> {
        self.driver.execute(command)
    }

    fn tell(&mut self, input: Input) {
        match input {
            Input::Network(network) => self.driver.network(network),
            Input::App(app) => self.driver.app(app),
            other => panic!("a host of the driver does not say {other:?}"),
        }
    }

    fn far(&mut self, act: impl FnOnce(&mut Provider, u64)) {
        let now = self.runtime.millis();
        act(&mut self.runtime.far().provider, now);
    }
}
