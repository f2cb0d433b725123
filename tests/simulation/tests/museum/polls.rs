//! Polls.

use helpline_emulator::bright_pattern::{AgentAction, Chance, Operation, ServerConfig};
use helpline_protocol::model::Direction;
use helpline_protocol::{AppState, Command, Input};
use helpline_simulation::{BrightPattern, Latency, Provider, World};

use crate::naive_polls::Poller;
use crate::rig::{Verdict, same, that};

/// What a scenario needs of a client that polls.
pub(crate) trait Polling {
    fn provider(&mut self) -> &mut Provider<BrightPattern>;
    fn now(&self) -> u64;
    /// Asks for the chat.
    fn connect(&mut self);
    /// Takes up another chat of the same client, as a push names it.
    fn take_up(&mut self, chat: &str);
    fn foreground(&mut self, front: bool);
    fn run_for(&mut self, span: u64);
    /// What others said in all chats.
    fn shown(&self) -> Vec<String>;

    fn agent(&mut self, chat: &str, action: AgentAction) {
        let now = self.now();
        self.provider().act(now, |server, wall, out| server.machine.agent(wall, chat, action, out));
    }

    fn polls(&mut self) -> u64 {
        self.provider().server.machine.stats().calls_of(Operation::Poll)
    }
}

impl Polling for World<BrightPattern> {
    fn provider(&mut self) -> &mut Provider<BrightPattern> {
        &mut self.provider
    }

    fn now(&self) -> u64 {
        Self::now(self)
    }

    fn connect(&mut self) {
        // A second time it is refused, and that is the point.
        let _ = self.execute(Command::Connect);
    }

    fn take_up(&mut self, chat: &str) {
        let payload = format!(r#"{{"aps":{{"badge":1}},"chatID":"{chat}"}}"#);
        self.execute(Command::PushReceived { payload }).expect("a push that can be read");
    }

    fn foreground(&mut self, front: bool) {
        self.tell(Input::App(if front { AppState::Foreground } else { AppState::Background }));
    }

    fn run_for(&mut self, span: u64) {
        Self::run_for(self, span);
    }

    fn shown(&self) -> Vec<String> {
        let chats = self.session.conversations().flat_map(|chat| self.session.transcript(chat));
        let theirs = chats.filter(|item| item.direction == Direction::Incoming);
        theirs.filter_map(|item| item.body.text().map(str::to_owned)).collect()
    }
}

const CHAT: &str = "chat-one";
const OTHER: &str = "chat-two";

/// Puts both clients through a scenario: the naive one goes wrong, as the bug has it, and helpline does not.
fn show(scenario: impl Fn(&mut dyn Polling) -> Verdict) {
    let provider = || {
        let config = ServerConfig {
            chat_ids: vec![CHAT.to_owned(), OTHER.to_owned()],
            running: Some(Vec::new()),
            ..ServerConfig::default()
        };
        Provider::polled(1, config, Latency::default())
    };
    let bug = scenario(&mut Poller::new(provider()));
    println!("the naive client: {}", bug.as_ref().err().map_or("does well", String::as_str));
    let provider = provider();
    let config = provider.session_config().into();
    assert_eq!(scenario(&mut World::around(1, provider, config)), Ok(()), "helpline");
    assert!(bug.is_err(), "the scenario does not bite: the naive client does well");
}

#[test]
fn row_10_the_same_page_comes_from_a_cache_for_ever() {
    show(|client| {
        client.connect();
        client.run_for(1_000);
        client.agent(CHAT, AgentAction::Say("hello".to_owned()));
        client.run_for(1_000);
        let before = client.polls();
        client.provider().server.machine.faults_mut().cached_polls = Chance::Every(1);
        client.run_for(60_000);
        let polls = client.polls() - before;
        client.provider().server.machine.faults_mut().cached_polls = Chance::Never;
        client.agent(CHAT, AgentAction::Say("still here".to_owned()));
        client.run_for(30_000);
        same("the agent's words", client.shown(), vec!["hello".to_owned(), "still here".to_owned()])?;
        that(polls <= 20, || format!("{polls} polls in a minute"))
    });
}

#[test]
fn row_11_polling_is_started_twice() {
    show(|client| {
        client.connect();
        client.run_for(1_000);
        client.connect();
        client.foreground(true);
        client.run_for(60_000);
        let refused = client.provider().server.machine.stats().polls_refused;
        that(refused == 0, || format!("{refused} polls beside another"))
    });
}

#[test]
fn row_11_of_two_chats_one_is_forgotten_in_the_background() {
    show(|client| {
        client.connect();
        client.run_for(1_000);
        client.take_up(OTHER);
        client.run_for(1_000);
        client.foreground(false);
        client.run_for(60_000);
        client.foreground(true);
        client.agent(CHAT, AgentAction::Say("in the first".to_owned()));
        client.agent(OTHER, AgentAction::Say("in the second".to_owned()));
        client.run_for(60_000);
        let mut shown = client.shown();
        shown.sort();
        same("what was said", shown, vec!["in the first".to_owned(), "in the second".to_owned()])
    });
}

#[test]
fn row_12_the_chat_ends_while_a_poll_is_under_way() {
    show(|client| {
        client.connect();
        client.run_for(1_000);
        client.agent(CHAT, AgentAction::Say("goodbye".to_owned()));
        client.agent(CHAT, AgentAction::End);
        client.run_for(1_000);
        let before = client.polls();
        client.run_for(60_000);
        same("the agent's words", client.shown(), vec!["goodbye".to_owned()])?;
        same("polls after the end", client.polls() - before, 0)
    });
}
