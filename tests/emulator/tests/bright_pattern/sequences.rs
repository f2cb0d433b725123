//! The dossier's scripted sequences: what its client sends is sent, and what its server answers comes.

use std::collections::{BTreeMap, VecDeque};

use helpline_emulator::bright_pattern::{AgentAction, Client, HttpRequest, Output, STORIES, ServerConfig};
use serde_json::{Value, json};

use crate::rig::{Rig, fixture, list, members};

/// Longer than anything in a sequence takes.
const PATIENCE_MS: u64 = 700_000;

/// A sequence on its way.
struct Play {
    name: String,
    rig: Rig,
    /// The latest request of each side, and its poll that is not answered yet.
    latest: BTreeMap<String, u64>,
    polls: BTreeMap<String, u64>,
    /// Requests by their exchange, to poll again where nothing has come.
    paths: BTreeMap<String, String>,
    /// Events that came and were not looked at yet.
    came: BTreeMap<String, VecDeque<Value>>,
    last_poll: bool,
}

impl Play {
    fn new(name: &str) -> Self {
        let config = ServerConfig::story(name).expect("a story");
        Self {
            name: name.to_owned(),
            rig: Rig::seeded(config, 42),
            latest: BTreeMap::new(),
            polls: BTreeMap::new(),
            paths: BTreeMap::new(),
            came: BTreeMap::new(),
            last_poll: false,
        }
    }

    fn client(&self, who: &str) -> Client {
        Client::new(&format!("client-{who}"))
    }

    fn send(&mut self, who: &str, request: HttpRequest) -> u64 {
        let exchange = self.rig.send(request);
        self.latest.insert(who.to_owned(), exchange);
        exchange
    }

    fn client_step(&mut self, step: &Value) {
        let who = step["who"].as_str().unwrap_or("A").to_owned();
        let path = step["path"].as_str().unwrap().trim_start_matches('/').to_owned();
        let method = step["method"].as_str().unwrap();
        self.last_poll = method == "GET" && path.ends_with("/events");
        if self.last_poll {
            self.paths.insert(who.clone(), path);
            self.poll(&who);
            return;
        }
        let mut request = self.client(&who).request(method, &path, step["body"].to_string().as_bytes());
        if step["body"].is_null() {
            request.body.clear();
        }
        if step["multipart"] == true {
            let form =
                "--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"photo.jpg\"\r\n\r\nx\r\n--B--";
            request.body = form.as_bytes().to_vec();
            request.headers.retain(|(name, _)| name != "Content-Type");
            request.headers.push(("Content-Type".to_owned(), "multipart/form-data; boundary=B".to_owned()));
        }
        self.send(&who, request);
    }

    /// Polls, unless a poll is held already: the sequences do not tell of each.
    fn poll(&mut self, who: &str) {
        if self.polls.contains_key(who) {
            return;
        }
        let request = self.client(who).get(&self.paths[who]);
        let exchange = self.send(who, request);
        self.polls.insert(who.to_owned(), exchange);
    }

    /// Waits for the answer to an exchange; `None` if its connection was cut.
    fn settled(&mut self, exchange: u64) -> Option<(u16, Value)> {
        let until = self.rig.now + PATIENCE_MS;
        loop {
            if let Some((_, answer)) = self.rig.answer(exchange) {
                return Some((answer.status, answer.json()));
            }
            if self.rig.log.contains(&(self.rig.now, Output::NoAnswer { exchange })) {
                return None;
            }
            assert!(self.rig.now < until, "{}: no answer", self.name);
            let due = self.rig.server.next_wakeup().unwrap_or(self.rig.now + 1);
            self.rig.advance(due.saturating_sub(self.rig.now).max(1));
        }
    }

    fn server_step(&mut self, step: &Value) {
        let who = step["to"].as_str().unwrap_or("A").to_owned();
        let held = step["answers"] == "held poll" || (self.last_poll && step.get("answers").is_none());
        let expected = step["status"].as_u64().unwrap();
        if held && step.get("fault").is_none() && expected == 200 {
            return self.events_step(&who, &list(&step["body"], "events"));
        }
        let exchange = if held { self.polls.remove(&who).unwrap() } else { self.latest[&who] };
        let answer = self.settled(exchange);
        let Some((status, body)) = answer else {
            assert!(step.get("fault").is_some(), "{}: cut at {step}", self.name);
            return;
        };
        assert!(step.get("fault").is_none(), "{}: {body} came, in spite of {step}", self.name);
        assert_eq!(u64::from(status), expected, "{}: {body} for {step}", self.name);
        if let Some(wanted) = step["body"].as_object() {
            let found = members(&body);
            for (name, value) in wanted {
                assert!(found.contains_key(name), "{}: {name} in {body}", self.name);
                if matches!(name.as_str(), "events" | "sessions") {
                    self.all_in(value.as_array().unwrap(), body[name].as_array().unwrap());
                }
            }
            for name in ["chat_id", "is_new_chat", "state", "error_code", "chat"] {
                let (found, wanted) = (body.get(name), wanted.get(name));
                assert!(wanted.is_none() || found == wanted, "{}: {name} in {body}", self.name);
            }
        }
    }

    /// Each of the wanted is there, in their order, with its members.
    fn all_in(&self, wanted: &[Value], found: &[Value]) {
        let mut rest = found.iter();
        for event in wanted {
            let same = |other: &&Value| {
                let has = |name: &String| other.get(name).is_some();
                other.get("event") == event.get("event") && members(event).keys().all(has)
            };
            assert!(rest.by_ref().any(|other| same(&other)), "{}: {event} is not in {found:?}", self.name);
        }
    }

    /// The polls bring these events in this order.
    fn events_step(&mut self, who: &str, wanted: &[Value]) {
        if wanted.is_empty() {
            let exchange = self.polls.remove(who).expect("a poll");
            let (status, body) = self.settled(exchange).expect("an answer");
            assert_eq!((status, &body), (200, &json!({ "events": [] })), "{}", self.name);
            return;
        }
        for event in wanted {
            let found = self.next_event(who);
            assert_eq!(found["event"], event["event"], "{}: {found}", self.name);
            for (name, kind) in members(event) {
                assert_eq!(members(&found).get(&name), Some(&kind), "{}: {name} in {found}", self.name);
            }
            for name in ["state", "ewt", "type", "display_name", "form_name", "case_id"] {
                let wanted = event.get(name);
                assert!(wanted.is_none() || found.get(name) == wanted, "{}: {name} in {found}", self.name);
            }
        }
    }

    /// The next event that the polls bring. Idle answers are polled over.
    fn next_event(&mut self, who: &str) -> Value {
        let until = self.rig.now + PATIENCE_MS;
        loop {
            if let Some(event) = self.came.get_mut(who).and_then(VecDeque::pop_front) {
                return event;
            }
            assert!(self.rig.now < until, "{}: nothing comes", self.name);
            self.poll(who);
            let exchange = self.polls.remove(who).expect("a poll");
            let (status, body) = self.settled(exchange).expect("an answer");
            assert_eq!(status, 200, "{}: {body}", self.name);
            self.came.entry(who.to_owned()).or_default().extend(list(&body, "events"));
        }
    }

    fn run(mut self) -> Rig {
        let sequence = fixture(&format!("sequences/{}.json", self.name));
        for step in list(&sequence, "steps") {
            if step["client"].is_object() {
                self.client_step(&step["client"]);
            } else if step["server"].is_object() {
                self.server_step(&step["server"]);
            } else {
                assert!(step["host"].is_object(), "{step}");
            }
        }
        self.rig
    }
}

fn play(name: &str) -> Rig {
    Play::new(name).run()
}

#[test]
fn every_sequence_of_the_dossier_has_its_story() {
    let folder = format!("{}/fixtures/bright-pattern/sequences", env!("CARGO_MANIFEST_DIR"));
    let names = std::fs::read_dir(folder).unwrap().flatten();
    let names = names.map(|entry| entry.file_name().to_string_lossy().replace(".json", ""));
    let (mut names, mut known) = (names.collect::<Vec<_>>(), STORIES.to_vec());
    names.sort();
    known.sort_unstable();
    assert_eq!(names, known);
    assert!(ServerConfig::story("elsewhere").is_none());
}

#[test]
fn ios_example_app() {
    let rig = play("ios-example-app");
    let stats = rig.server.stats();
    assert_eq!((stats.messages, stats.typing, stats.receipts.len(), stats.subscriptions), (1, 1, 2, 1));
    let chat = rig.server.chat_ids().next().unwrap().to_owned();
    assert_eq!(rig.server.has_ended(&chat), Some(true));
    assert_eq!(rig.server.request_of(&chat).unwrap().parameters["caseNumber"], "1042");
}

#[test]
fn android_demo_app() {
    let rig = play("android-demo-app");
    assert_eq!((rig.server.stats().uploads, rig.server.stats().receipts.len()), (1, 2));
}

#[test]
fn sample_scenario_case() {
    let rig = play("sample-scenario-case");
    assert_eq!((rig.server.stats().cases_closed, rig.server.stats().messages), (1, 1));
}

#[test]
fn the_sample_scenario_says_good_bye_to_the_silent() {
    let mut play = Play::new("sample-scenario-case");
    play.rig.start();
    play.rig.advance(61_000);
    let events = play.rig.fetch();
    let ends: Vec<_> = events.iter().rev().take(3).map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!(ends, ["chat_session_ended", "chat_session_message", "chat_session_message"]);
}

#[test]
fn queue_ewt_updates() {
    let rig = play("queue-ewt-updates");
    assert!(rig.server.stats().polls_idle >= 1);
}

#[test]
fn transfer_between_agents() {
    play("transfer-between-agents");
}

#[test]
fn inactivity() {
    let rig = play("inactivity");
    assert_eq!(rig.server.stats().errors_of(5005), 1);
}

#[test]
fn resume_after_restart() {
    let rig = play("resume-after-restart");
    assert_eq!((rig.server.stats().chats_started, rig.server.stats().chats_resumed), (0, 1));
}

#[test]
fn lost_poll_response() {
    let rig = play("lost-poll-response");
    assert_eq!(rig.server.stats().events_lost, 1);
}

#[test]
fn duplicate_post_after_timeout() {
    let rig = play("duplicate-post-after-timeout");
    let stats = rig.server.stats();
    assert_eq!((stats.messages, stats.doubled_messages, stats.lost_answers), (1, 0, 1));
}

#[test]
fn poll_failures_backoff() {
    let rig = play("poll-failures-backoff");
    let stats = rig.server.stats();
    assert_eq!((stats.answers[&502], stats.errors_of(5509), stats.polls_refused), (1, 1, 0));
}

#[test]
fn server_init_video_call() {
    let rig = play("server-init-video-call");
    let signals = &rig.server.stats().signals;
    let kinds: Vec<_> = signals.iter().map(|signal| signal["data"]["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["ANSWER_CALL", "ICE_CANDIDATE", "END_CALL"]);
}

#[test]
fn client_requests_call() {
    play("client-requests-call");
}

#[test]
fn forms_and_survey() {
    let rig = play("forms-and-survey");
    assert_eq!(rig.server.stats().forms[0].data["rating"], "5");
}

#[test]
fn two_chats_one_process() {
    let rig = play("two-chats-one-process");
    assert_eq!(rig.server.stats().polls_refused, 0);
}

#[test]
fn push_wakes_chat() {
    play("push-wakes-chat");
}

#[test]
fn session_failed() {
    let mut rig = play("session-failed");
    rig.chat = rig.server.chat_ids().next().unwrap().to_owned();
    rig.agent(AgentAction::Say("too late".to_owned()));
    assert_eq!(rig.server.pending(&rig.chat), 0);
}
