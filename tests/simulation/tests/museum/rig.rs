//! One scenario, two clients.

use helpline_emulator::amazon_connect::{AgentAction, ChatDetails, Operation, Role, ServerConfig};
use helpline_protocol::model::{Direction, ItemBody};
use helpline_protocol::{AppState, Command, ConnectionState, Event, Input};
use helpline_simulation::naive::{Habits, Naive};
use helpline_simulation::{Latency, Provider, World, WorldConfig};

/// What a scenario needs of a client and its world.
pub(crate) trait Client {
    fn provider(&mut self) -> &mut Provider;
    fn now(&self) -> u64;
    fn connect(&mut self);
    fn say(&mut self, text: &str);
    fn key(&mut self);
    /// The app is in front or not, and a naive client does not care.
    fn foreground(&mut self, front: bool);
    fn stand_still(&mut self, span: u64);
    fn set_wall_clock(&mut self, off: i64);
    fn run_for(&mut self, span: u64);
    fn begin_anew(&mut self, chat: ChatDetails);
    /// What others said, as it is shown.
    fn shown(&self) -> Vec<String>;
    /// All that is shown, the user's own included.
    fn all_shown(&self) -> Vec<String>;
    fn is_live(&self) -> bool;
    fn is_over(&self) -> bool;
    fn has_failed(&self, text: &str) -> bool;
    /// How often the user was told that the connection is there.
    fn established(&self) -> usize;

    fn agent_says(&mut self, text: &str) {
        let now = self.now();
        self.provider().agent(now, AgentAction::Say(text.to_owned()));
    }

    fn end(&mut self) {
        let now = self.now();
        self.provider().agent(now, AgentAction::End);
    }

    fn cut(&mut self) {
        let now = self.now();
        self.provider().cut(now);
    }

    fn fault(&mut self, switch: &str) {
        self.provider().server.faults_mut().set(switch).expect("a switch");
    }

    fn heal(&mut self) {
        self.provider().server.set_faults(Default::default());
    }

    /// What the customer said, in the server's order.
    fn arrived(&mut self) -> Vec<String> {
        let provider = self.provider();
        let truth = provider.server.transcript(&provider.chat.contact_id);
        let own =
            truth.into_iter().filter(|entry| entry.kind == "MESSAGE" && entry.role == Some(Role::Customer));
        own.filter_map(|entry| entry.content).collect()
    }

    fn sockets_opened(&mut self) -> u64 {
        self.provider().server.stats().sockets_opened
    }

    fn calls(&mut self, operation: Operation) -> u64 {
        self.provider().server.stats().calls_of(operation)
    }
}

impl Client for World {
    fn provider(&mut self) -> &mut Provider {
        &mut self.provider
    }

    fn now(&self) -> u64 {
        Self::now(self)
    }

    fn connect(&mut self) {
        // A second time it is refused, and that is the point.
        let _ = self.execute(Command::Connect);
    }

    fn say(&mut self, text: &str) {
        let _ = self.execute(Command::send_text(text));
    }

    fn key(&mut self) {
        let _ = self.execute(Command::SendTyping { conversation: None });
    }

    fn foreground(&mut self, front: bool) {
        self.tell(Input::App(if front { AppState::Foreground } else { AppState::Background }));
    }

    fn stand_still(&mut self, span: u64) {
        Self::stand_still(self, span);
    }

    fn set_wall_clock(&mut self, off: i64) {
        Self::set_wall_clock(self, off);
    }

    fn run_for(&mut self, span: u64) {
        Self::run_for(self, span);
    }

    fn begin_anew(&mut self, chat: ChatDetails) {
        Self::begin_anew(self, chat);
        self.connect();
    }

    fn shown(&self) -> Vec<String> {
        let theirs = self.transcript().into_iter().filter(|item| item.direction == Direction::Incoming);
        theirs.filter_map(|item| item.body.text().map(str::to_owned)).collect()
    }

    fn all_shown(&self) -> Vec<String> {
        self.transcript().into_iter().filter_map(|item| item.body.text().map(str::to_owned)).collect()
    }

    fn is_live(&self) -> bool {
        self.session.state() == ConnectionState::Live
    }

    fn is_over(&self) -> bool {
        matches!(self.session.state(), ConnectionState::Ended { .. })
    }

    fn has_failed(&self, text: &str) -> bool {
        self.transcript().iter().any(|item| {
            matches!(&item.body, ItemBody::Text { text: said } if said == text)
                && matches!(item.status, Some(helpline_protocol::model::DeliveryStatus::Failed { .. }))
        })
    }

    fn established(&self) -> usize {
        let live = |event: &Event| matches!(event, Event::ConnectionChanged { state: ConnectionState::Live });
        self.lines.iter().filter(|line| live(&line.event)).count()
    }
}

impl Client for Naive {
    fn provider(&mut self) -> &mut Provider {
        &mut self.provider
    }

    fn now(&self) -> u64 {
        Self::now(self)
    }

    fn connect(&mut self) {
        Self::connect(self);
    }

    fn say(&mut self, text: &str) {
        Self::say(self, text);
    }

    fn key(&mut self) {
        Self::key(self);
    }

    fn foreground(&mut self, _front: bool) {}

    fn stand_still(&mut self, span: u64) {
        Self::stand_still(self, span);
    }

    fn set_wall_clock(&mut self, off: i64) {
        Self::set_wall_clock(self, off);
    }

    fn run_for(&mut self, span: u64) {
        Self::run_for(self, span);
    }

    fn begin_anew(&mut self, chat: ChatDetails) {
        Self::begin_anew(self, chat);
    }

    fn shown(&self) -> Vec<String> {
        // Its list is one for all: what the scenarios' agents say begins so.
        self.shown.iter().filter(|text| text.starts_with("agent")).cloned().collect()
    }

    fn all_shown(&self) -> Vec<String> {
        self.shown.clone()
    }

    fn is_live(&self) -> bool {
        Self::is_live(self) && !self.crashed
    }

    fn is_over(&self) -> bool {
        self.over
    }

    fn has_failed(&self, text: &str) -> bool {
        self.failed.iter().any(|failed| failed == text)
    }

    fn established(&self) -> usize {
        self.established as usize
    }
}

/// What went wrong, as a user would say it.
pub(crate) type Verdict = Result<(), String>;

/// That something is as it must be.
pub(crate) fn that(holds: bool, else_what: impl FnOnce() -> String) -> Verdict {
    if holds { Ok(()) } else { Err(else_what()) }
}

/// That two things are the same.
pub(crate) fn same<T: PartialEq + std::fmt::Debug>(what: &str, is: T, must: T) -> Verdict {
    that(is == must, || format!("{what}: {is:?}, and not {must:?}"))
}

/// Puts both clients through a scenario: the naive one goes wrong, as the bug has it, and helpline does not.
pub(crate) fn exhibit<Body>(habits: Habits, server: ServerConfig, latency: Latency, scenario: Body)
where
    Body: Fn(&mut dyn Client) -> Verdict,
{
    let provider = Provider::new(1, server.clone(), latency);
    let bug = scenario(&mut Naive::new(provider, habits));
    println!("the naive client: {}", bug.as_ref().err().map_or("does well", String::as_str));
    let mut world = World::new(WorldConfig { server, latency, ..WorldConfig::default() });
    let verdict = scenario(&mut world);
    assert_eq!(verdict, Ok(()), "helpline");
    assert!(bug.is_err(), "the scenario does not bite: the naive client does well");
}

/// As [`exhibit`], with a server and a network as they are.
pub(crate) fn show(scenario: impl Fn(&mut dyn Client) -> Verdict) {
    exhibit(Habits::default(), ServerConfig::default(), Latency::default(), scenario);
}
