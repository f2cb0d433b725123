//! The scripted stories of the wire's dossier, told by the server itself: a client that does its part is given the rest.

use serde_json::{Value, json};

use super::agent::AgentAction;
use super::config::ServerConfig;
use super::faults::{ChanceRule, StatusRule};
use super::operation::Operation;
use super::receipts::Which;
use super::script::{AgentScript, Rule, Trigger};
use super::signals::CallSignal;
use crate::chance::{Chance, Span};

/// The names of all stories that [`ServerConfig::story`] knows.
pub const STORIES: [&str; 16] = [
    "ios-example-app",
    "android-demo-app",
    "sample-scenario-case",
    "queue-ewt-updates",
    "transfer-between-agents",
    "inactivity",
    "resume-after-restart",
    "lost-poll-response",
    "duplicate-post-after-timeout",
    "poll-failures-backoff",
    "server-init-video-call",
    "client-requests-call",
    "forms-and-survey",
    "two-chats-one-process",
    "push-wakes-chat",
    "session-failed",
];

/// The chats of the dossier.
const CHAT: &str = "4d2f6a1e-9c3b-4e57-8a10-6b7f0c2d9e35";
const OTHER_CHAT: &str = "b81c7f20-3d64-4c09-9f2a-51e0d7a6c843";
/// The case of the dossier.
const CASE: &str = "5001x00000Ab12";

type Plan = Vec<(u64, AgentAction)>;

fn say(text: &str) -> AgentAction {
    AgentAction::Say(text.to_owned())
}

fn bot(text: &str) -> AgentAction {
    AgentAction::BotSay(text.to_owned())
}

fn status(state: &str, ewt: u32) -> AgentAction {
    AgentAction::Status { state: state.to_owned(), ewt: Some(ewt) }
}

/// An agent who does this when the chat begins.
fn starting(plan: Plan) -> AgentScript {
    AgentScript::silent().with_rule(Rule::once(Trigger::Started, plan))
}

impl ServerConfig {
    /// The settings of one of the [`STORIES`]: script, faults, and the chat's id.
    #[must_use]
    pub fn story(name: &str) -> Option<Self> {
        let mut config = Self {
            chat_ids: vec![CHAT.to_owned()],
            hold: Span::fixed(12_000),
            script: script(name)?,
            ..Self::default()
        };
        let faults = &mut config.faults;
        let poll = Some(Operation::Poll);
        match name {
            "sample-scenario-case" => {
                let past = json!({ "chat_id": OTHER_CHAT, "created_time": "1767088800", "events": [] });
                config.cases = vec![(CASE.to_owned(), past)];
            }
            "resume-after-restart" | "push-wakes-chat" => config.running = Some(past()),
            "two-chats-one-process" => {
                config.running = Some(Vec::new());
                config.chat_ids.push(OTHER_CHAT.to_owned());
                let other = Rule::once(Trigger::Found, vec![(200, say("for B"))]);
                config.scripts = vec![(OTHER_CHAT.to_owned(), AgentScript::silent().with_rule(other))];
            }
            // The first batch is the agent's joining, the second the first message.
            "lost-poll-response" => faults.lost_polls = Chance::Only(2),
            "duplicate-post-after-timeout" => {
                faults.lost_answers = vec![ChanceRule::new(Some(Operation::SendEvents), Chance::Next(1))];
            }
            "poll-failures-backoff" => {
                faults.statuses = vec![StatusRule::next(Operation::Poll, 502, 1)];
                faults.lost_requests = vec![ChanceRule::new(poll, Chance::Only(2))];
                // Counted among those that reach the server, which is the third.
                faults.refused_polls = Chance::Only(1);
            }
            _ => {}
        }
        Some(config)
    }
}

fn script(name: &str) -> Option<AgentScript> {
    let joins = |then: Plan| {
        let mut plan = vec![(500, AgentAction::Join)];
        plan.extend(then);
        starting(plan)
    };
    Some(match name {
        "ios-example-app" => AgentScript {
            delivered_after_ms: Some(300),
            read_after_ms: Some(800),
            ..starting(vec![(500, status("queued", 42)), (1500, AgentAction::Join), (1500, say("Hi Dana"))])
        },
        "android-demo-app" => joins(vec![(500, say("Hi Dana"))]),
        "sample-scenario-case" => sample_scenario(),
        "queue-ewt-updates" => starting(vec![
            (500, status("queued", 90)),
            (20_000, status("queued", 45)),
            (30_000, status("connecting", 0)),
            (30_000, AgentAction::Join),
        ]),
        "transfer-between-agents" => joins(Vec::new()).with_rule(Rule::once(
            Trigger::Message,
            vec![
                (100, AgentAction::MarkDelivered(Which::All)),
                (500, AgentAction::Transfer),
                (600, AgentAction::MarkDelivered(Which::Every)),
                (700, AgentAction::MarkRead(Which::Every)),
            ],
        )),
        "resume-after-restart" => found("Are you back?"),
        "push-wakes-chat" => found("You were away"),
        "lost-poll-response" => {
            joins(vec![(2000, say("This answer never arrives")), (9000, say("Did you see that?"))])
        }
        "poll-failures-backoff" => starting(vec![(0, AgentAction::Join)]),
        "server-init-video-call" => {
            let offer = AgentAction::Signal(CallSignal::Offer { video: true, word: true });
            let candidate = AgentAction::Signal(CallSignal::Candidate { number: false });
            let answered = Trigger::Signal("ANSWER_CALL".to_owned());
            joins(vec![(2000, offer)]).with_rule(Rule::once(answered, vec![(100, candidate)]))
        }
        "client-requests-call" => {
            let asked = Trigger::Signal("REQUEST_CALL".to_owned());
            let refusal = AgentAction::Signal(CallSignal::Reject);
            joins(Vec::new()).with_rule(Rule::once(asked, vec![(300, refusal)]))
        }
        "forms-and-survey" => {
            let survey = AgentAction::Form { name: "Survey".to_owned(), timeout_s: 120 };
            joins(Vec::new())
                .with_rule(Rule::once(Trigger::Disconnected, vec![(100, survey)]))
                .with_rule(Rule::once(Trigger::Form, vec![(100, AgentAction::End)]))
        }
        "session-failed" => starting(vec![(1000, status("failed", 0))]),
        "inactivity" | "duplicate-post-after-timeout" | "two-chats-one-process" => AgentScript::silent(),
        _ => return None,
    })
}

/// The agent of a chat that ran already.
fn found(text: &str) -> AgentScript {
    AgentScript::silent().with_rule(Rule::once(Trigger::Found, vec![(1000, say(text))]))
}

/// The vendor's own sample: a bot asks for a case, finds or makes it, and hands over to an agent.
fn sample_scenario() -> AgentScript {
    let ask = AgentAction::Form { name: String::new(), timeout_s: 60 };
    let connected = |told: &str| {
        vec![
            (200, bot(told)),
            (200, AgentAction::SetCase(Some(CASE.to_owned()))),
            (200, status("queued", 42)),
            (3000, status("connecting", 0)),
            (3000, AgentAction::Join),
        ]
    };
    let good_bye = || vec![(500, AgentAction::Leave), (500, bot("Good bye")), (500, AgentAction::End)];
    starting(vec![
        (100, AgentAction::Info),
        (100, AgentAction::BotJoin),
        (100, status("ivr", 0)),
        (100, bot("What is your case number? Type NEW for a new case.")),
        (100, ask),
    ])
    .with_rule(Rule::once(Trigger::Said("1042".to_owned()), connected("Case 1042 has been found.")))
    .with_rule(Rule::once(Trigger::Said("new".to_owned()), connected("A case has been made for you.")))
    .with_rule(Rule::once(Trigger::FormTimedOut, {
        let mut plan = vec![(0, bot("There was no answer."))];
        plan.extend(good_bye());
        plan
    }))
    .with_rule(Rule::once(Trigger::CaseClosed, good_bye()))
}

/// What was said before, in a chat that ran already.
fn past() -> Vec<Value> {
    let text = include_str!("../../fixtures/bright-pattern/http/history-ok.json");
    let fixture: Value = serde_json::from_str(text).unwrap_or_default();
    fixture["response"]["body"]["events"].as_array().cloned().unwrap_or_default()
}
