//! What a seed makes of a life: configuration, faults, workload.

use std::collections::BTreeMap;
use std::time::Duration;

use helpline_emulator::amazon_connect::{
    AgentAction, Chance, ChanceRule, EchoOrder, Faults, ServerConfig, Span, StatusRule, Which,
};
use helpline_protocol::model::Direction;
use helpline_protocol::{AppState, Command, CommandError, CommandId, Event, Failure, Input, Network, Policy};
use helpline_simulation::{Rng, World, WorldConfig};

/// How long the trouble lasts.
pub(crate) const TROUBLE_MS: u64 = 120_000;

/// What a seed makes of a life.
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) rng: Rng,
    /// Messages that were handed over, in order.
    pub(crate) sent: Vec<(CommandId, String)>,
    pub(crate) suspended: bool,
    pub(crate) injected: BTreeMap<&'static str, u64>,
    said: u64,
    line_down: bool,
    tokens_last_until: u64,
}

impl Plan {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            seed,
            rng: Rng::new(seed ^ 0xc0ff_ee00),
            sent: Vec::new(),
            suspended: false,
            injected: BTreeMap::new(),
            said: 0,
            line_down: false,
            tokens_last_until: 0,
        }
    }

    fn count(&mut self, what: &'static str) {
        *self.injected.entry(what).or_insert(0) += 1;
    }

    /// Whether a message failed for good, so that those after it may have gone before it.
    pub(crate) fn resent(&self, world: &World) -> bool {
        world.lines.iter().any(|line| {
            matches!(
                &line.event,
                Event::CommandFinished {
                    command,
                    result: helpline_protocol::CommandResult::Failed {
                        failure: Failure::Provider { .. } | Failure::Transport { .. } | Failure::Blocked { .. }
                    }
                } if self.sent.iter().any(|(sent, _)| sent == command)
            )
        })
    }
}

/// The world of a seed, with a session that connects.
pub(crate) fn begin(plan: &Plan) -> World {
    let mut rng = Rng::new(plan.seed ^ 0xbe91);
    let mut policy = Policy::amazon_connect()
        .with_reorder_slack(Duration::from_secs(5))
        .with_catch_up_page(u32::try_from(rng.within(3, 100)).unwrap_or(100))
        .with_first_page(100);
    if rng.percent(50) {
        policy = policy
            .with_heartbeat_interval(Duration::from_secs(2))
            .with_heartbeat_wait(Duration::from_secs(2))
            .with_request_timeout(Duration::from_secs(4));
    }
    let mut server = ServerConfig::default();
    if rng.percent(30) {
        server.socket_life_ms = rng.within(90, 120) * 1_000;
    }
    let mut world = World::new(WorldConfig { seed: plan.seed, server, policy, ..WorldConfig::default() });
    world.execute(Command::Connect).expect("a new session connects");
    world
}

/// One thing that happens.
pub(crate) fn disturb(world: &mut World, plan: &mut Plan) {
    match plan.rng.below(100) {
        0..=24 => hand_over(world, plan),
        25..=44 => {
            plan.said += 1;
            world.agent(AgentAction::Say(format!("agent {}", plan.said)));
        }
        45..=48 => {
            let count = plan.rng.within(2, 20);
            let every_ms = plan.rng.within(0, 1) * 150;
            plan.said += 1;
            let prefix = format!("burst {} no.", plan.said);
            world.agent(AgentAction::SayMany { prefix, count, every_ms });
        }
        49..=54 => world.agent(AgentAction::MarkDelivered(Which::All)),
        55..=58 => world.agent(AgentAction::MarkRead(Which::All)),
        59..=61 => world.agent(AgentAction::Typing),
        62..=64 => drop(world.execute(Command::SendTyping { conversation: None })),
        65..=69 => mark_read(world),
        70..=74 => {
            plan.count("cuts");
            world.cut();
        }
        75..=76 => {
            plan.count("silences");
            let contact = world.provider.chat.contact_id.clone();
            let now = world.now();
            world.provider.act(now, |server, _, _| server.silence_sockets(&contact));
        }
        77..=79 => {
            plan.line_down = !plan.line_down;
            plan.count("frozen lines");
            world.set_line_down(plan.line_down);
        }
        80..=82 => toggle_host(world, plan),
        83..=84 => toggle_suspension(world, plan),
        // A token that is refused as soon as it was renewed is the end by the vendor's rule (wire 6.2), so none
        // runs out that soon.
        85 if world.now() >= plan.tokens_last_until => {
            plan.tokens_last_until = world.now() + 30_000;
            plan.count("expired tokens");
            let contact = world.provider.chat.contact_id.clone();
            world.provider.server.expire_tokens(&contact);
        }
        _ => {
            let faults = draw_faults(&mut plan.rng);
            world.provider.server.set_faults(faults);
        }
    }
}

fn hand_over(world: &mut World, plan: &mut Plan) {
    // Some say the same twice, as people do.
    let text = match plan.sent.last() {
        Some((_, last)) if plan.rng.percent(20) => last.clone(),
        _ => format!("message {}", plan.sent.len()),
    };
    match world.execute(Command::send_text(&text)) {
        Ok(command) => plan.sent.push((command, text)),
        Err(CommandError::LimitReached { .. }) => {}
        Err(other) => panic!("refused: {other}"),
    }
}

fn mark_read(world: &mut World) {
    let transcript = world.transcript();
    let newest =
        transcript.iter().rev().find(|item| item.direction == Direction::Incoming && item.body.is_message());
    if let Some(message) = newest.map(|item| item.key) {
        world.execute(Command::MarkRead { message }).expect("it can be marked");
    }
}

fn toggle_host(world: &mut World, plan: &mut Plan) {
    plan.count("words of the host");
    let input = match plan.rng.below(4) {
        0 => Input::Network(Network::Offline),
        1 => Input::Network(Network::Online),
        2 => Input::App(AppState::Background),
        _ => Input::App(AppState::Foreground),
    };
    world.tell(input);
}

fn toggle_suspension(world: &mut World, plan: &mut Plan) {
    let command = if plan.suspended { Command::Resume } else { Command::Suspend };
    world.execute(command).expect("the plan knows the state");
    plan.suspended = !plan.suspended;
}

/// A mixture that leaves some traffic through.
fn draw_faults(rng: &mut Rng) -> Faults {
    let mut faults = Faults::default();
    if rng.percent(30) {
        return faults;
    }
    let rule = |rng: &mut Rng| {
        ChanceRule::new(None, Chance::PerMille(u16::try_from(rng.within(50, 400)).unwrap_or(0)))
    };
    if rng.percent(40) {
        faults.lost_requests.push(rule(rng));
    }
    if rng.percent(40) {
        faults.lost_answers.push(rule(rng));
    }
    if rng.percent(15) {
        faults.hang.push(rule(rng));
    }
    if rng.percent(15) {
        faults.garbage_answers.push(rule(rng));
    }
    if rng.percent(30) {
        let status = [429, 500, 503][usize::try_from(rng.below(3)).unwrap_or(0)];
        let retry_after = rng.percent(50).then(|| u32::try_from(rng.within(1, 5)).unwrap_or(1));
        let times = Some(u32::try_from(rng.within(1, 6)).unwrap_or(1));
        faults.statuses.push(StatusRule { operation: None, status, times, retry_after });
    }
    if rng.percent(30) {
        faults.answer_delay = Some(Span { from: 0, to: rng.within(1, 3_000) });
    }
    if rng.percent(30) {
        faults.frame_delay = Some(Span { from: 0, to: rng.within(1, 2_000) });
    }
    if rng.percent(30) {
        faults.duplicate = Chance::PerMille(300);
    }
    if rng.percent(30) {
        faults.reorder_ms = rng.within(1, 1_500);
    }
    if rng.percent(20) {
        faults.drop_after = Some(Span { from: 5, to: 40 });
    }
    if rng.percent(15) {
        faults.garbage_every = rng.within(2, 9);
        faults.foreign_every = rng.within(2, 9);
    }
    if rng.percent(10) {
        faults.refuse_upgrade = Some(503);
        faults.refuse_times = Some(u32::try_from(rng.within(1, 4)).unwrap_or(1));
    }
    if rng.percent(10) {
        faults.no_ack = true;
    }
    if rng.percent(10) {
        faults.ping_status = Some(500);
    }
    faults.echo = match rng.below(5) {
        0 => EchoOrder::Before { gap_ms: rng.within(1, 2_000) },
        1 => EchoOrder::After { gap_ms: rng.within(1, 2_000) },
        2 => EchoOrder::Never,
        _ => EchoOrder::Natural,
    };
    faults
}
