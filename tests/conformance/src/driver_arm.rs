//! The arms over the async driver: it, and an adapter's clock, sleep, timeouts and HTTP seam, under that adapter's
//! paused clock, with sockets in memory. Tokio's clock is tokio's own, paused; smol's is the adapter's
//! [`PausedClock`], as async-io's timers cannot be held.
//!
//! Everything runs in one task, so that what happens in one millisecond happens in one order: first the
//! network hands over one thing, then the driver does all it can, and so on.

mod runtime;

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use helpline_protocol::driver::Driver;
use helpline_protocol::driver::adapter::{Adapter, Builder};
use helpline_protocol::{
    Command, CommandError, CommandId, Config, Event, Input, Session, Timestamp, WallTime,
};
use helpline_simulation::Provider;
use helpline_smol::{PausedClock, Smol};
use helpline_tokio::Tokio;
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
    tokio.block_on(tokio::task::unconstrained(run::<Tokio>(scenario)))
}

/// Plays a scenario with the async driver on smol. Its transcript.
#[must_use]
pub fn play_on_smol(scenario: &Scenario) -> String {
    smol::block_on(run::<Smol>(scenario))
}

/// An adapter whose time passes as the arm wants it.
trait Paused: Adapter<Runtime: Unpin> {
    /// What lets it pass.
    type Time;

    /// A runtime at the beginning of time.
    fn pause(builder: Builder<Self>) -> (Self::Runtime, Self::Time);

    /// Lets time pass up to a millisecond, or to where somebody is to be woken before that.
    fn poll_pass(time: &mut Self::Time, context: &mut Context<'_>, millis: u64) -> Poll<()>;
}

impl Paused for Tokio {
    /// The beginning, and until when it is slept.
    type Time = (Instant, Option<(u64, Pin<Box<Sleep>>)>);

    fn pause(builder: Builder<Self>) -> (Self::Runtime, Self::Time) {
        (builder.build(), (Instant::now(), None))
    }

    /// Tokio's clock moves by itself while nothing can be done, to the first of all times that are slept to.
    fn poll_pass((origin, sleep): &mut Self::Time, context: &mut Context<'_>, millis: u64) -> Poll<()> {
        if sleep.as_ref().is_none_or(|(at, _)| *at != millis) {
            *sleep = Some((millis, Box::pin(sleep_until(*origin + Duration::from_millis(millis)))));
        }
        sleep.as_mut().map_or(Poll::Ready(()), |(_, sleep)| sleep.as_mut().poll(context))
    }
}

impl Paused for Smol {
    type Time = PausedClock;

    fn pause(builder: Builder<Self>) -> (Self::Runtime, Self::Time) {
        let clock = PausedClock::new(WallTime::EPOCH);
        (builder.build().with_clock(clock.clone()), clock)
    }

    fn poll_pass(clock: &mut PausedClock, _: &mut Context<'_>, millis: u64) -> Poll<()> {
        let at = Timestamp::ZERO + Duration::from_millis(millis);
        clock.advance_to(clock.next().map_or(at, |next| next.min(at)));
        Poll::Ready(())
    }
}

async fn run<A: Paused>(scenario: &Scenario) -> String {
    let provider = Provider::new(scenario.seed, scenario.server.clone(), scenario.latency);
    let config = Config::from(provider.session_config())
        .with_policy(scenario.policy.clone())
        .with_limits(scenario.limits.clone());
    let (runtime, time) = InMemory::<A>::new(Far::new(provider), scenario.seed);
    let driver = Driver::new(runtime.clone(), config).expect("the configuration works");
    let mut stage = Stage { driver, runtime, time, told: Vec::new() };
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

struct Stage<A: Paused> {
    driver: Driver<InMemory<A>>,
    runtime: InMemory<A>,
    time: A::Time,
    told: Vec<(u64, Event)>,
}

impl<A: Paused> Stage<A> {
    async fn run_until(&mut self, end: u64) {
        poll_fn(|context| {
            loop {
                self.turn(context);
                let now = self.runtime.millis();
                let next = self.runtime.far().provider.next();
                if now >= end && next.is_none_or(|next| next > now) {
                    return Poll::Ready(());
                }
                let wake = next.map_or(end, |next| next.min(end));
                if A::poll_pass(&mut self.time, context, wake).is_pending() {
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

impl<A: Paused> Arm for Stage<A> {
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
