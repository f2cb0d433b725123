//! What a plan's words mean on Amazon Connect.

use std::collections::BTreeMap;

use helpline_emulator::amazon_connect::{
    AgentAction, AgentScript, Chance, ChanceRule, EchoOrder, Faults, InteractiveKind, Reply, ServerConfig,
    Span, StatusRule, TranscriptEntry, Which,
};
use helpline_protocol::{Body, Config, HttpRequest, Policy};

use super::AmazonConnect;
use crate::alphabet::{Agent, Mixture, ServerFault};
use crate::provider::Provider;
use crate::setup::Setup;
use crate::vendor::Stage;
use crate::watch::Watch;

impl Stage for AmazonConnect {
    type Entry = TranscriptEntry;

    fn begin(seed: u64, setup: &Setup) -> Provider<Self> {
        let script = AgentScript {
            delivered_after_ms: setup.confirms_after_ms,
            read_after_ms: setup.confirms_after_ms.map(|after| after * 3),
            reply: if setup.echoes { Reply::Echo } else { Reply::Nothing },
            reply_after_ms: 400,
            ..AgentScript::silent()
        };
        let mut config = ServerConfig::with_script(script);
        config.socket_life_ms = setup.socket_life_ms.unwrap_or(config.socket_life_ms);
        config.token_life_ms = setup.token_life_ms.unwrap_or(config.token_life_ms);
        Provider::new(seed, config, setup.latency)
    }

    fn config(provider: &Provider<Self>) -> Config {
        Config::from(provider.session_config()).with_policy(Policy::amazon_connect())
    }

    fn watch(config: &Config) -> Watch {
        let policy = config.policy();
        Watch::new(policy.heartbeat_interval() + policy.heartbeat_wait(), policy.backoff_reset_after())
    }

    fn act(provider: &mut Provider<Self>, now: u64, agent: &Agent) {
        let times = if let Agent::Garbage(count) = agent { *count } else { 1 };
        for _ in 0..times {
            provider.agent(now, action(agent.clone()));
        }
    }

    fn name_of(fault: &ServerFault) -> &'static str {
        match fault {
            ServerFault::Cut => "sockets cut",
            ServerFault::Close(_) => "sockets closed",
            ServerFault::HalfOpen => "sockets half open",
            ServerFault::Expire => "credentials expired",
            ServerFault::Mixture(_) => "mixtures of server faults",
        }
    }

    fn strike(provider: &mut Provider<Self>, now: u64, fault: &ServerFault) {
        let contact = provider.chat.contact_id.clone();
        match fault {
            ServerFault::Cut => provider.cut(now),
            ServerFault::Close(code) => provider.act(now, |server, wall, out| {
                server.close_sockets(wall, &contact, *code, "Fault", out);
            }),
            ServerFault::HalfOpen => provider.act(now, |server, _, _| server.silence_sockets(&contact)),
            ServerFault::Expire => provider.server.expire_tokens(&contact),
            ServerFault::Mixture(mixture) => provider.server.set_faults(faults(mixture)),
        }
    }

    fn heal(provider: &mut Provider<Self>) {
        provider.server.set_faults(Faults::default());
    }

    fn truth(provider: &Provider<Self>) -> Vec<TranscriptEntry> {
        provider.server.transcript(&provider.chat.contact_id)
    }

    fn has_ended(provider: &Provider<Self>) -> bool {
        provider.server.has_ended(&provider.chat.contact_id).unwrap_or(true)
    }

    fn tally(provider: &Provider<Self>) -> BTreeMap<&'static str, u64> {
        let stats = provider.server.stats();
        let refused =
            stats.answers.iter().filter(|(status, _)| **status >= 400).map(|(_, times)| times).sum();
        BTreeMap::from([
            ("answers lost after acting, or never sent", stats.lost_answers + stats.hung),
            ("statuses of 400 and more", refused),
            ("repetitions known by their token", stats.duplicates),
            ("answers cut in the middle", stats.cut_halves),
            ("sockets refused", stats.sockets_refused),
            ("frames withheld or unheard", stats.frames_withheld + stats.frames_unheard),
        ])
    }

    fn message_of(request: &HttpRequest) -> Option<(String, String)> {
        let Body::Bytes(body) = &request.body else { return None };
        let body: serde_json::Value = serde_json::from_slice(body).ok()?;
        let text = |name: &str| body[name].as_str().map(str::to_owned);
        Some((text("ClientToken")?, text("Content")?))
    }
}

fn action(agent: Agent) -> AgentAction {
    match agent {
        Agent::Join => AgentAction::Join,
        Agent::Leave => AgentAction::Leave,
        Agent::Say(text) => AgentAction::Say(text),
        Agent::SayRich(text) => AgentAction::SayMarkdown(text),
        Agent::SayMany { prefix, count, every_ms } => AgentAction::SayMany { prefix, count, every_ms },
        Agent::System(text) => AgentAction::System(text),
        Agent::Stream(pieces) => AgentAction::StreamBot(pieces),
        Agent::Ask(number) => AgentAction::Interactive(match number % 6 {
            0 => InteractiveKind::ListPicker,
            1 => InteractiveKind::TimePicker,
            2 => InteractiveKind::Panel,
            3 => InteractiveKind::QuickReply,
            4 => InteractiveKind::Carousel,
            _ => InteractiveKind::Unknown,
        }),
        Agent::SendFile { name, size } => AgentAction::SendAttachment {
            name,
            content_type: "text/plain".to_owned(),
            bytes: vec![b'a'; size].into(),
        },
        Agent::Type => AgentAction::Typing,
        Agent::Deliver => AgentAction::MarkDelivered(Which::All),
        Agent::Read => AgentAction::MarkRead(Which::All),
        Agent::Transfer => AgentAction::Transfer,
        Agent::TransferFailed => AgentAction::TransferFailed,
        Agent::SupervisorJoin => AgentAction::SupervisorJoin,
        Agent::SupervisorLeave => AgentAction::SupervisorLeave,
        Agent::SupervisorSay(text) => AgentAction::SupervisorSay(text),
        Agent::Idle(true) => AgentAction::Idle,
        Agent::Idle(false) => AgentAction::Returned,
        Agent::Rename(name) => AgentAction::Rename(name),
        Agent::Unknown => AgentAction::Event { name: "weather.changed".to_owned(), content: None },
        Agent::Garbage(_) => AgentAction::RawFrame("\u{feff}{\"topic\":7,".to_owned()),
        Agent::End => AgentAction::End,
    }
}

fn faults(mixture: &Mixture) -> Faults {
    let rule = |share: u16| match share {
        0 => Vec::new(),
        share => vec![ChanceRule::new(None, Chance::PerMille(share))],
    };
    let span = |to: u64| (to > 0).then_some(Span { from: 0, to });
    let between = |span: Option<(u64, u64)>| span.map(|(from, to)| Span { from, to });
    let statuses = mixture.status.into_iter().map(|(status, times, retry_after)| StatusRule {
        operation: None,
        status,
        times: Some(times),
        retry_after,
    });
    Faults {
        lost_requests: rule(mixture.lost_requests),
        lost_answers: rule(mixture.lost_answers),
        hang: rule(mixture.hung),
        garbage_answers: rule(mixture.garbled),
        cut_half: rule(mixture.halved),
        statuses: statuses.collect(),
        answer_delay: span(mixture.answer_delay),
        frame_delay: span(mixture.frame_delay),
        duplicate: if mixture.doubled > 0 { Chance::PerMille(mixture.doubled) } else { Chance::Never },
        reorder_ms: mixture.reorder,
        drop_after: between(mixture.cut_after),
        silent_after: between(mixture.deaf_after),
        garbage_every: mixture.garbage_every,
        truncate_every: mixture.truncate_every,
        foreign_every: mixture.foreign_every,
        refuse_upgrade: mixture.refuse.map(|(status, _)| status),
        refuse_times: mixture.refuse.map(|(_, times)| times),
        no_ack: mixture.no_ack,
        ping_status: mixture.sick.then_some(500),
        echo: match mixture.echo {
            None => EchoOrder::Never,
            Some(0) => EchoOrder::Natural,
            Some(gap) if gap > 0 => EchoOrder::After { gap_ms: gap.unsigned_abs() },
            Some(gap) => EchoOrder::Before { gap_ms: gap.unsigned_abs() },
        },
        throttle: mixture.throttle,
        ..Faults::default()
    }
}
