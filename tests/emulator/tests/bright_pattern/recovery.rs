//! Whatever gets lost on the way, the history has it: a client that reads it after each failure misses nothing, and one
//! that does not misses much.

use std::collections::BTreeSet;

use helpline_emulator::bright_pattern::{AgentAction, AgentScript, Faults, Output, ServerConfig, Span};
use serde_json::Value;

use crate::rig::{Rig, list};

const MESSAGES: u64 = 60;

/// Reads until nothing new comes; gives the agent's messages in the order in which it learned of them.
struct Reader {
    rig: Rig,
    known: BTreeSet<String>,
    heard: Vec<String>,
    /// Answers that told nothing new of what they held.
    again: u64,
}

impl Reader {
    fn new(faults: &[&str], seed: u64) -> Self {
        let every_ms = 900;
        let script = AgentScript { join_after_ms: Some(0), ..AgentScript::silent() };
        let mut config = ServerConfig::with_script(script.with_rate(every_ms, MESSAGES));
        for text in faults {
            config.faults.set(text).unwrap();
        }
        let mut rig = Rig::seeded(ServerConfig { hold: Span::fixed(2000), ..config }, seed);
        loop {
            let request = rig.client.post("chats", "{}");
            rig.send(request);
            rig.advance(500);
            if let Some(chat) = rig.server.chat_of_client(&rig.client.client_id.clone()) {
                rig.chat = chat.to_owned();
                return Self { rig, known: BTreeSet::new(), heard: Vec::new(), again: 0 };
            }
        }
    }

    fn take(&mut self, events: &[Value]) {
        for event in events.iter().filter(|event| event["event"] == "chat_session_message") {
            let id = event["msg_id"].as_str().expect("an id").to_owned();
            if self.known.insert(id) {
                self.heard.push(event["msg_text"].as_str().expect("a text").to_owned());
            } else {
                self.again += 1;
            }
        }
    }

    /// The events of an answer, if it is one.
    fn events(&mut self, path: &str) -> Option<Vec<Value>> {
        let request = self.rig.client.get(&self.rig.path(path));
        let exchange = self.rig.send(request);
        for _ in 0..60 {
            if let Some((_, answer)) = self.rig.answer(exchange) {
                let whole = answer.status == 200 && answer.cut_at.is_none();
                let body = answer.json();
                return (whole && body["events"].is_array()).then(|| list(&body, "events"));
            }
            let ended = |(_, output): &(u64, Output)| *output == Output::NoAnswer { exchange };
            if self.rig.log.iter().any(ended) {
                return None;
            }
            self.rig.advance(100);
        }
        None
    }

    fn run(mut self, reads_history: bool) -> Self {
        while self.rig.now < crate::rig::START_MS + 120_000 {
            match self.events("chats/{}/events") {
                Some(events) => self.take(&events),
                None => {
                    self.rig.advance(300);
                    // Not before it is there: what the next poll brings comes after what was lost.
                    while reads_history {
                        if let Some(events) = self.events("chats/{}/history") {
                            self.take(&events);
                            break;
                        }
                        self.rig.advance(300);
                    }
                }
            }
        }
        self.rig.server.set_faults(Faults::default());
        self.rig.advance(20_000);
        if reads_history {
            let events = self.events("chats/{}/history").expect("a history");
            self.take(&events);
        }
        self
    }
}

const WEATHER: [&str; 9] = [
    "lost-poll=200",
    "lost-request=60",
    "lost-answer=60",
    "status=502,op=poll,times=3",
    "garbage-answer=60,op=poll",
    "cut-half=60",
    "refused-poll=60",
    "repeated-batch=100",
    "malformed=truncated-events,chance=60",
];

#[test]
fn a_client_that_reads_the_history_hears_each_message_once_and_in_order() {
    let expected: Vec<String> = (1..=MESSAGES).map(|number| format!("tick {number}")).collect();
    let mut lost = 0;
    for seed in 0..40 {
        let reader = Reader::new(&WEATHER, seed).run(true);
        assert_eq!(reader.heard, expected, "seed {seed}");
        lost += reader.rig.server.stats().events_lost;
    }
    assert!(lost > 200, "there was something to recover from: {lost}");
}

#[test]
fn a_client_that_does_not_misses_some_or_hears_them_twice() {
    let (mut missing, mut again) = (0, 0);
    for seed in 0..40 {
        let reader = Reader::new(&WEATHER, seed).run(false);
        missing += usize::try_from(MESSAGES).unwrap() - reader.heard.len();
        again += reader.again;
    }
    assert!(missing > 100 && again > 20, "{missing} missing, {again} again");
}

#[test]
fn what_has_ended_can_be_read_for_as_long_as_it_is_kept() {
    let config = ServerConfig { history_after_end_ms: 5000, ..ServerConfig::default() };
    let mut rig = Rig::chatting_at(config);
    rig.server.faults_mut().set("lost-poll=1/1").unwrap();
    rig.say("Good bye");
    rig.agent(AgentAction::End);
    let lost = rig.poll();
    assert!(rig.was_cut(lost));
    assert_eq!(rig.get("chats/{}/events").status, 404, "the end was told, and got lost");
    assert_eq!(crate::rig::names(&rig.history()), ["message", "party_left", "ended"]);
}
