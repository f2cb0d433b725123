//! The sixteen scripted sequences of the second provider, each played by the emulator against a session in virtual
//! time: what the user does, and what they are told, in this order. Other things may be told in between.

use std::collections::BTreeMap;

use helpline_emulator::bright_pattern::{Operation, STORIES, ServerConfig};
use helpline_protocol::bright_pattern::{CallSignal, Request};
use helpline_protocol::model::{ItemBody, Notice};
use helpline_protocol::{Command, CommandId, Event};
use helpline_simulation::{BrightPattern, Latency, ONLY, Provider, World};

const CHAT: &str = "4d2f6a1e-9c3b-4e57-8a10-6b7f0c2d9e35";
const OTHER_CHAT: &str = "b81c7f20-3d64-4c09-9f2a-51e0d7a6c843";

/// A session in one of the stories.
struct Chat {
    world: World<BrightPattern>,
}

impl Chat {
    fn new(story: &str) -> Self {
        let config = ServerConfig::story(story).unwrap_or_else(|| panic!("there is no story {story}"));
        let provider = Provider::polled(16, config, Latency::default());
        let config = provider.session_config().into();
        Self { world: World::around(16, provider, config) }
    }

    fn run(&mut self, command: Command) -> CommandId {
        self.world.execute(command).expect("it is taken")
    }

    fn connect(&mut self) {
        self.run(Command::Connect);
        self.wait(1_000);
    }

    fn push(&mut self, chat: &str) {
        self.run(Command::PushReceived { payload: format!(r#"{{"aps":{{"badge":1}},"chatID":"{chat}"}}"#) });
    }

    fn say(&mut self, text: &str) {
        self.run(Command::send_text(text));
    }

    fn ask(&mut self, request: Request) {
        self.run(Command::BrightPattern { conversation: None, request });
    }

    fn wait(&mut self, millis: u64) {
        self.world.run_for(millis);
    }

    /// The first agent who joined, by id.
    fn agent(&self) -> String {
        let joined = |item: &&helpline_protocol::model::TranscriptItem| {
            item.body == ItemBody::Notice { notice: Notice::ParticipantJoined }
        };
        let agent = self.world.session.transcript(ONLY).find(joined);
        agent.and_then(|item| item.sender.id.clone()).expect("an agent is there")
    }

    fn calls(&self, operation: Operation) -> u64 {
        self.world.provider.server.machine.stats().calls_of(operation)
    }

    fn told(&self) -> Vec<String> {
        let told = self.world.lines.iter().map(|line| line.event.to_string());
        // What changes in the transcript at once is told in one line.
        told.flat_map(|line| line.split(" | ").map(str::to_owned).collect::<Vec<_>>()).collect()
    }

    /// That the user was told these, in this order.
    fn tells(&self, expected: &[&str]) {
        let told = self.told();
        let mut rest = told.iter();
        for wanted in expected {
            let found = rest.any(|line| line.contains(wanted));
            assert!(found, "{wanted:?} is not told, or too early, in\n{}", told.join("\n"));
        }
    }

    fn times_told(&self, what: &str) -> usize {
        self.told().iter().filter(|line| line.contains(what)).count()
    }

    /// After the end nothing is asked, and nothing is due.
    fn is_over(&mut self) {
        assert!(self.world.is_over(), "{}", self.told().join("\n"));
        let before = self.calls(Operation::Poll);
        self.wait(600_000);
        assert_eq!((self.calls(Operation::Poll), self.world.session.deadline()), (before, None));
    }
}

#[test]
fn ios_example_app() {
    let mut chat = Chat::new("ios-example-app");
    chat.connect();
    chat.wait(1_000);
    chat.say("Hello");
    chat.wait(5_000);
    chat.tells(&[
        "conversation v1 begins as 4d2f6a1e",
        "connection live",
        "conversation v1 queued, about 42 s to wait",
        "conversation v1 connected",
        "Marek N. * ParticipantJoined",
        r#"Marek N.: "Hi Dana""#,
        r#"me: "Hello""#,
        "delivered by",
        "read by",
    ]);
    assert_eq!(
        chat.world.provider.server.machine.stats().receipts.len(),
        1,
        "the agent's message is confirmed"
    );
}

#[test]
fn android_demo_app() {
    let mut chat = Chat::new("android-demo-app");
    chat.connect();
    chat.wait(2_000);
    chat.say("Hello");
    chat.wait(20_000);
    chat.tells(&["conversation v1 begins", "Marek N. * ParticipantJoined", "Hi Dana", "c2 sent m"]);
    assert_eq!(chat.calls(Operation::SendEvents), 2, "the message, and the receipt");
}

#[test]
fn sample_scenario_case() {
    let mut chat = Chat::new("sample-scenario-case");
    chat.connect();
    chat.say("1042");
    chat.wait(5_000);
    chat.ask(Request::CloseCase);
    chat.wait(5_000);
    chat.tells(&[
        "service info: Acme Support",
        "Acme Assistant * ParticipantJoined",
        "What is your case number? Type NEW for a new case.",
        r#"form requested: """#,
        "Case 1042 has been found.",
        "case set: 5001x00000Ab12",
        "queued, about 42 s to wait",
        "conversation v1 connecting",
        "Marek N. * ParticipantJoined",
        "Marek N. * ParticipantLeft",
        "Good bye",
        "conversation v1 ended: the other side ended it",
    ]);
    chat.is_over();
}

#[test]
fn queue_ewt_updates() {
    let mut chat = Chat::new("queue-ewt-updates");
    chat.connect();
    chat.wait(40_000);
    chat.tells(&[
        "queued, about 90 s to wait",
        "queued, about 45 s to wait",
        "conversation v1 connecting",
        "conversation v1 connected",
        "Marek N. * ParticipantJoined",
    ]);
}

#[test]
fn transfer_between_agents() {
    let mut chat = Chat::new("transfer-between-agents");
    chat.connect();
    chat.say("Hello");
    chat.wait(5_000);
    chat.tells(&[
        "Marek N. * ParticipantJoined",
        "delivered by",
        "Lea Kim * ParticipantJoined",
        "Marek N. * ParticipantLeft",
        "delivered by",
        "read by",
    ]);
    assert_eq!(chat.times_told("delivered by"), 2, "once for each agent");
    assert_eq!(chat.times_told("read by"), 1);
}

#[test]
fn inactivity() {
    let mut chat = Chat::new("inactivity");
    chat.connect();
    chat.wait(305_000);
    chat.tells(&["inactivity warning: Are you still there?"]);
    chat.wait(305_000);
    chat.tells(&[
        "inactivity warning",
        "inactivity timeout: Closed because there was no reply.",
        "conversation v1 ended",
    ]);
    chat.is_over();
}

#[test]
fn resume_after_restart() {
    let mut chat = Chat::new("resume-after-restart");
    chat.connect();
    let before = chat.world.provider.server.machine.stats().receipts.len();
    chat.wait(10_000);
    chat.tells(&["goes on as 4d2f6a1e", "connection live", "Are you back?"]);
    let receipts = chat.world.provider.server.machine.stats().receipts.len();
    assert_eq!((before, receipts), (0, 1), "what was read long ago is not confirmed again");
}

#[test]
fn lost_poll_response() {
    let mut chat = Chat::new("lost-poll-response");
    chat.connect();
    chat.wait(20_000);
    chat.tells(&[
        "Marek N. * ParticipantJoined",
        "connection lost",
        "This answer never arrives",
        "gap closed: 1 recovered",
        "connection live",
        "Did you see that?",
    ]);
    assert_eq!(chat.calls(Operation::History), 1);
}

#[test]
fn duplicate_post_after_timeout() {
    let mut chat = Chat::new("duplicate-post-after-timeout");
    chat.connect();
    chat.say("only once");
    chat.wait(60_000);
    chat.tells(&[r#"me: "only once" [sending]"#, r#"me: "only once" [sent]"#, "c2 sent m1"]);
    let stats = chat.world.provider.server.machine.stats();
    assert_eq!((stats.messages, stats.doubled_messages), (1, 0));
    assert_eq!(chat.calls(Operation::History), 1, "the history is asked before it would be sent again");
}

#[test]
fn poll_failures_backoff() {
    let mut chat = Chat::new("poll-failures-backoff");
    chat.connect();
    chat.wait(60_000);
    chat.tells(&["fault: ", "connection lost", "Marek N. * ParticipantJoined", "connection live"]);
    let stats = chat.world.provider.server.machine.stats();
    assert_eq!(stats.errors_of(5509), 1);
    assert_eq!(stats.polls_refused, 0, "none of ours was beside another");
    assert!(chat.calls(Operation::Poll) < 12, "{} polls in a minute", chat.calls(Operation::Poll));
}

#[test]
fn server_init_video_call() {
    let mut chat = Chat::new("server-init-video-call");
    chat.connect();
    chat.wait(3_000);
    let (to, sdp) = (chat.agent(), "v=0\r\n".to_owned());
    chat.ask(Request::Signal { to, signal: CallSignal::Answer { sdp } });
    chat.wait(5_000);
    chat.tells(&["Marek N. * ParticipantJoined", "signal: offer", "signal: candidate"]);
    let offers_video = chat.world.lines.iter().any(|line| {
        matches!(
            &line.event,
            Event::BrightPattern {
                event: helpline_protocol::bright_pattern::Event::Signal {
                    signal: CallSignal::Offer { video: true, .. },
                    ..
                },
                ..
            }
        )
    });
    assert!(offers_video, "though the wire has it as a word");
    let signals = &chat.world.provider.server.machine.stats().signals;
    assert!(signals.iter().any(|signal| signal["data"]["type"] == "ANSWER_CALL"), "{signals:?}");
}

#[test]
fn client_requests_call() {
    let mut chat = Chat::new("client-requests-call");
    chat.connect();
    let to = chat.agent();
    chat.ask(Request::Signal { to, signal: CallSignal::RequestCall { video: false } });
    chat.wait(5_000);
    chat.tells(&["Marek N. * ParticipantJoined", "signal: rejected"]);
}

#[test]
fn forms_and_survey() {
    let mut chat = Chat::new("forms-and-survey");
    chat.connect();
    chat.ask(Request::Disconnect);
    chat.wait(3_000);
    chat.tells(&["Marek N. * ParticipantLeft", r#"form requested: "Survey""#]);
    let id = chat.world.lines.iter().find_map(|line| match &line.event {
        Event::BrightPattern {
            event: helpline_protocol::bright_pattern::Event::FormRequested { id, .. },
            ..
        } => Some(id.clone()),
        _ => None,
    });
    let id = id.expect("a form was asked for");
    let data = BTreeMap::from([("csat".to_owned(), "5".to_owned())]);
    chat.ask(Request::SubmitForm { id, name: "Survey".to_owned(), data });
    chat.wait(3_000);
    chat.tells(&[r#"form requested: "Survey""#, "conversation v1 ended: the other side ended it"]);
    assert_eq!(chat.world.provider.server.machine.stats().forms.len(), 1);
    chat.is_over();
}

#[test]
fn two_chats_one_process() {
    let mut chat = Chat::new("two-chats-one-process");
    chat.connect();
    let held = chat.calls(Operation::Poll);
    chat.push(OTHER_CHAT);
    chat.wait(2_000);
    chat.tells(&["conversation v1 goes on as 4d2f6a1e", "conversation v2 goes on as b81c7f20", "for B"]);
    assert_eq!(
        chat.calls(Operation::Poll),
        held + 2,
        "the second chat is polled again while the first is held"
    );
    chat.wait(60_000);
    assert_eq!(chat.world.provider.server.machine.stats().polls_refused, 0);
}

#[test]
fn push_wakes_chat() {
    let mut chat = Chat::new("push-wakes-chat");
    chat.push(CHAT);
    chat.wait(5_000);
    chat.tells(&["conversation v1 goes on as 4d2f6a1e", "connection live", "You were away"]);
    assert_eq!(chat.calls(Operation::RequestChat), 0, "no other chat is begun");
}

#[test]
fn session_failed() {
    let mut chat = Chat::new("session-failed");
    chat.connect();
    chat.wait(5_000);
    chat.tells(&["conversation v1 failed", "conversation v1 ended"]);
    chat.is_over();
}

#[test]
fn each_of_the_stories_is_told_here() {
    let source = include_str!("stories.rs");
    for story in STORIES {
        let test = format!("fn {}()", story.replace('-', "_"));
        assert!(source.contains(&test), "{story} is not played");
    }
}
