//! What a plan's words mean on Bright Pattern.

use std::collections::BTreeMap;

use helpline_emulator::bright_pattern::{
    AgentAction, AgentScript, Chance, ChanceRule, DelayRule, ErrorCode, ErrorRule, Faults, IdleForm,
    Operation, Reply, ServerConfig, Span, StatusRule, Which,
};
use helpline_protocol::{Body, Config, HttpRequest, Policy};
use serde_json::json;

use super::{BrightPattern, Entry};
use crate::alphabet::{Agent, Mixture, ServerFault};
use crate::provider::Provider;
use crate::rng::Rng;
use crate::setup::Setup;
use crate::vendor::Stage;
use crate::watch::Watch;

impl Stage for BrightPattern {
    type Entry = Entry;

    fn begin(seed: u64, setup: &Setup) -> Provider<Self> {
        let mut rng = Rng::new(seed ^ 0xb419_4700);
        let script = AgentScript {
            join_after_ms: Some(100),
            delivered_after_ms: setup.confirms_after_ms,
            read_after_ms: setup.confirms_after_ms.map(|after| after * 3),
            reply: if setup.echoes { Reply::Echo } else { Reply::Nothing },
            reply_after_ms: 400,
            ..AgentScript::silent()
        };
        let mut config = ServerConfig::with_script(script);
        let shortest = rng.within(1, 5) * 1_000;
        config.hold = Span { from: shortest, to: shortest * 3 };
        config.notices_hangup = rng.percent(50);
        config.history_after_end_ms = if rng.percent(50) { 120_000 } else { 0 };
        config.inactivity_ms = None;
        let mut provider = Provider::polled(seed, config, setup.latency);
        if setup.before > 0 {
            provider.begin_before(0);
        }
        provider
    }

    fn config(provider: &Provider<Self>) -> Config {
        Config::from(provider.session_config()).with_policy(Policy::bright_pattern())
    }

    /// A poll takes so long at most, and then an earlier one may be waited out.
    fn watch(config: &Config) -> Watch {
        let policy = config.policy();
        Watch::of_polls(policy.poll_timeout() + policy.poll_busy_wait() * 3)
    }

    fn act(provider: &mut Provider<Self>, now: u64, agent: &Agent) {
        let times = if let Agent::Garbage(count) = agent { *count } else { 1 };
        for _ in 0..times {
            provider.agent(now, action(agent.clone()));
        }
    }

    fn name_of(fault: &ServerFault) -> &'static str {
        match fault {
            ServerFault::Cut => "requests cut",
            ServerFault::Close(_) => "polls told that another is held",
            ServerFault::HalfOpen => "polls that are never answered",
            ServerFault::Expire => "pages that come again from a cache",
            ServerFault::Mixture(_) => "mixtures of server faults",
        }
    }

    fn strike(provider: &mut Provider<Self>, now: u64, fault: &ServerFault) {
        let polls = |chance| vec![ChanceRule::new(Some(Operation::Poll), chance)];
        match fault {
            ServerFault::Cut => provider.cut_requests(now),
            ServerFault::Close(_) => provider.server.machine.faults_mut().refused_polls = Chance::Next(1),
            ServerFault::HalfOpen => provider.server.machine.faults_mut().hang = polls(Chance::Next(1)),
            ServerFault::Expire => provider.server.machine.faults_mut().cached_polls = Chance::Next(5),
            ServerFault::Mixture(mixture) => provider.server.machine.set_faults(faults(mixture)),
        }
    }

    fn heal(provider: &mut Provider<Self>) {
        provider.server.machine.set_faults(Faults::default());
    }

    fn truth(provider: &Provider<Self>) -> Vec<Entry> {
        provider.server.transcript()
    }

    fn has_ended(provider: &Provider<Self>) -> bool {
        provider.chat_id().and_then(|chat| provider.server.machine.has_ended(chat)).unwrap_or(false)
    }

    fn tally(provider: &Provider<Self>) -> BTreeMap<&'static str, u64> {
        let stats = provider.server.machine.stats();
        let refused =
            stats.answers.iter().filter(|(status, _)| **status >= 400).map(|(_, times)| times).sum();
        BTreeMap::from([
            ("answers lost after acting, or never sent", stats.lost_answers + stats.hung),
            ("statuses of 400 and more", refused),
            ("answers cut in the middle", stats.cut_halves),
            ("events lost with the poll that drained them", stats.events_lost),
            ("events repeated", stats.events_repeated),
            ("polls answered by a cache", stats.polls_cached),
            ("polls refused as another was held", stats.errors_of(5509)),
            ("polls whose client went away", stats.polls_abandoned),
            ("messages twice by no fault of the client's", provider.server.excused()),
        ])
    }

    fn message_of(request: &HttpRequest) -> Option<(String, String)> {
        let Body::Bytes(body) = &request.body else { return None };
        let body: serde_json::Value = serde_json::from_slice(body).ok()?;
        let events = body["events"].as_array()?;
        let message = events.iter().find(|event| event["event"] == "chat_session_message")?;
        let text = |name: &str| message[name].as_str().map(str::to_owned);
        Some((text("msg_id")?, text("msg")?))
    }
}

fn action(agent: Agent) -> AgentAction {
    match agent {
        Agent::Join => AgentAction::Join,
        Agent::Leave => AgentAction::Leave,
        Agent::Say(text) => AgentAction::Say(text),
        Agent::SayRich(text) => AgentAction::SayHtml(format!("<b>{text}</b>")),
        Agent::SayMany { prefix, count, every_ms } => {
            AgentAction::SayMany { prefix, first: 1, last: count, every_ms }
        }
        Agent::System(text) | Agent::SupervisorSay(text) => AgentAction::BotSay(text),
        // There are no pieces here.
        Agent::Stream(pieces) => AgentAction::BotSay(pieces.concat().trim().to_owned()),
        Agent::Ask(number) => {
            let directive = if number.is_multiple_of(2) { "/buttons" } else { "/buttons-column" };
            AgentAction::BotSay(format!("Question {number}? {directive} [Yes] [No]"))
        }
        Agent::SendFile { name, size } => AgentAction::SendFile {
            name,
            content_type: "text/plain".to_owned(),
            bytes: vec![b'a'; size].into(),
        },
        Agent::Type => AgentAction::Typing,
        Agent::Deliver => AgentAction::MarkDelivered(Which::All),
        Agent::Read => AgentAction::MarkRead(Which::All),
        Agent::Transfer => AgentAction::Transfer,
        Agent::TransferFailed => AgentAction::NotTyping,
        Agent::SupervisorJoin => {
            AgentAction::OtherJoin { kind: "msteams".to_owned(), name: "Ana Ruiz".to_owned() }
        }
        Agent::SupervisorLeave => AgentAction::OtherLeave,
        Agent::Idle(true) => AgentAction::Warn,
        Agent::Idle(false) => AgentAction::Info,
        Agent::Rename(name) => AgentAction::SetCase(Some(name)),
        Agent::Unknown => AgentAction::Raw(json!({ "event": "chat_session_weather", "sky": "clear" })),
        Agent::Garbage(_) => AgentAction::Raw(json!({ "event": 7, "msg": ["nothing", 1] })),
        Agent::End => AgentAction::End,
    }
}

/// What a mixture comes to without sockets: what befalls frames there befalls polls here.
fn faults(mixture: &Mixture) -> Faults {
    let rule = |share: u16, operation: Option<Operation>| match share {
        0 => Vec::new(),
        share => vec![ChanceRule::new(operation, Chance::PerMille(share))],
    };
    let per_mille = |on: bool, share: u16| if on { Chance::PerMille(share) } else { Chance::Never };
    let delay = |to: u64, operation| (to > 0).then_some(DelayRule { operation, delay: Span { from: 0, to } });
    let statuses = mixture.status.into_iter().map(|(status, times, retry_after)| StatusRule {
        operation: None,
        status,
        times: Some(times),
        retry_after,
    });
    let own = [(mixture.refuse.is_some(), Operation::Poll), (mixture.sick, Operation::History)];
    let times = mixture.refuse.map_or(4, |(_, times)| times);
    let own = own.into_iter().filter(|(on, _)| *on);
    Faults {
        lost_requests: rule(mixture.lost_requests, None),
        lost_answers: rule(mixture.lost_answers, None),
        hang: rule(mixture.hung, None),
        garbage_answers: rule(mixture.garbled, None),
        cut_half: rule(if mixture.truncate_every > 0 { 300 } else { mixture.halved }, None),
        statuses: statuses.collect(),
        errors: own
            .map(|(_, operation)| ErrorRule::next(operation, ErrorCode::ServerDisconnected, times))
            .collect(),
        answer_delays: delay(mixture.answer_delay, None)
            .into_iter()
            .chain(delay(mixture.frame_delay, Some(Operation::Poll)))
            .collect(),
        lost_polls: per_mille(mixture.cut_after.is_some(), 300),
        refused_polls: per_mille(mixture.no_ack, 200),
        cached_polls: match mixture.foreign_every {
            0 => Chance::Never,
            every => Chance::Every(every),
        },
        repeated_batches: per_mille(mixture.doubled > 0, mixture.doubled),
        strange_every: mixture.garbage_every,
        read_first: mixture.reorder > 0,
        idle: if mixture.throttle { IdleForm::Code } else { IdleForm::EmptyArray },
        echo_own: mixture.echo != Some(0),
        doubled_receipts: mixture.echo.is_none(),
        no_hold: mixture.deaf_after.is_some(),
        ..Faults::default()
    }
}
